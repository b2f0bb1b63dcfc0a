"""Masks on the executors of a Spark application.

Spark hands out the work, and files do not pass through its types: a task is a whole source file, or a run of a Parquet
file's row groups, which the executor reads, masks by :func:`.masker.mask_batch` and writes with the code that the local
engine uses. So the values are those of the local engine, in every type that files can hold, and rows keep their order.

What was learned and the key travel in one broadcast. It is in no configuration, plan, event log or message of Spark; on
the disks of driver and executors it lies encrypted, which :func:`check_session` sees to.
"""

import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyarrow as pa
from polars.exceptions import PanicException

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.listing import clauses
from dataops_infra.errors import DataopsError, MaskingError
from dataops_infra.masking.background import in_background
from dataops_infra.masking.binding import bind
from dataops_infra.masking.engines.base import OnRows, Work
from dataops_infra.masking.engines.local import Lane, writing
from dataops_infra.masking.formats.one_layout import parts, stored_bytes
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import known_operators
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import TableMasker
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source, SourceFile, table_name
from dataops_infra.masking.stores import StorePath

if TYPE_CHECKING:
    from pyspark.core.broadcast import Broadcast
    from pyspark.sql import Row, SparkSession

TASK_BYTES = 128 * 1024 * 1024
"""Stored bytes of a Parquet file that one task masks, about: as much as Spark itself gives one
(``spark.sql.files.maxPartitionBytes``)."""
ENCRYPTION = "spark.io.encryption.enabled"
_Work = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_RESULT = "task long, rows long, problem string"
_MOST_PROBLEMS = 5
_TEXT_WEIGHT = 8
"""A byte of a table with free text costs about as much as so many of others (the benchmark's tickets and orders)."""


@dataclass(frozen=True)
class SparkEngine:
    """The executors of a session's application.

    :param session: one that :func:`check_session` accepts.
    :param task_bytes: stored bytes of a Parquet file from which on its row groups are masked by several tasks.
    """

    session: "SparkSession"
    task_bytes: int = TASK_BYTES

    def mask(self, work: Work, folder: Path, on_rows: OnRows) -> dict[str, int]:
        """As :meth:`.engines.base.Engine.mask`; large Parquet files of a folder become folders of part files.

        :param folder: driver and executors must reach it by the same path.
        """
        check_session(self.session)
        tasks = longest_first(split(work.source, folder, self.task_bytes), work.plan)
        attempts = folder.with_name(f"{folder.name}.attempts")
        shared = self.session.sparkContext.broadcast(Parcel.of(Shared.of(work, tasks, attempts)))
        try:
            found = _collected(self.session, len(tasks), _masking(shared))
        finally:
            shared.destroy()
            if not isinstance(attempts, StorePath):
                shutil.rmtree(attempts, ignore_errors=True)
        problems = [row["problem"] for row in sorted(found, key=lambda row: row["task"]) if row["problem"] is not None]
        if problems:
            raise MaskingError(clauses(list(dict.fromkeys(problems)), _MOST_PROBLEMS))
        rows = dict.fromkeys(work.source.tables, 0)
        for row in found:
            rows[tasks[row["task"]].table] += row["rows"]
            on_rows(row["rows"])
        return rows


@dataclass(frozen=True)
class Task:
    """What one task masks: a file, or some row groups of one."""

    table: str
    file: SourceFile
    target: Path


class CarriedKey:
    """The key on its way to the executors: the one form of it that can be pickled; ``repr`` hides it."""

    __slots__ = ("__raw",)

    def __init__(self, raw: bytes) -> None:
        self.__raw = raw

    def unpacked(self) -> MasterKey:
        """The key."""
        return MasterKey(self.__raw)

    def __reduce__(self) -> tuple[type["CarriedKey"], tuple[bytes]]:
        return type(self), (self.__raw,)

    def __repr__(self) -> str:
        return "CarriedKey()"


@dataclass(frozen=True, repr=False)
class Shared:
    """What all tasks of a run share. Holds values of the data and the key: it is never shown."""

    plan: Plan
    schemas: Mapping[str, pa.Schema]
    key: CarriedKey
    learned: Learned
    """Without operators, which know keys."""
    tasks: tuple[Task, ...]
    attempts: Path

    @classmethod
    def of(cls, work: Work, tasks: tuple[Task, ...], attempts: Path) -> "Shared":
        """What the executors need of ``work``."""
        carried = CarriedKey(work.key.reveal())
        return cls(
            work.plan,
            work.source.schemas,
            carried,
            without_operators(in_background(work.learning.finished)),
            tasks,
            attempts,
        )

    @cached_property
    def maskers(self) -> dict[str, TableMasker]:
        """Table -> its masker; made once in each process of an executor."""
        key = self.key.unpacked()
        return bind(self.plan, self.schemas, key, with_operators(self.learned, self.plan, self.schemas, key))


class Parcel:
    """A :class:`Shared` as bytes, opened once in each process of an executor.

    As bytes because what pickle hands on without copying, such as columns, breaks pyspark's encrypted channel. Spark
    pickles broadcasts anyway, and none but the application's own processes send or open one.
    """

    __slots__ = ("__content", "__opened")

    def __init__(self, content: bytes) -> None:
        self.__content = content
        self.__opened: Shared | None = None

    @classmethod
    def of(cls, shared: Shared) -> "Parcel":
        """The parcel for ``shared``."""
        return cls(pickle.dumps(shared, pickle.HIGHEST_PROTOCOL))

    def opened(self) -> Shared:
        """What is in it."""
        if self.__opened is None:
            self.__opened = pickle.loads(self.__content)  # noqa: S301 - packed by the driver of this application
        return self.__opened

    def __reduce__(self) -> tuple[type["Parcel"], tuple[bytes]]:
        return type(self), (self.__content,)

    def __repr__(self) -> str:
        return f"Parcel({len(self.__content):,} bytes)"


def start_session(settings: Mapping[str, str] = MappingProxyType({})) -> "SparkSession":
    """The session of this application, made if there is none.

    :param settings: more of Spark's settings, for one that is made.
    :raises MaskingError: Spark or Java is not there, or the session is one that would write the key to disks.
    """
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise MaskingError(
            "the Spark engine needs pyspark: pip install 'dataops-infra[masking,spark]', or choose --engine local"
        ) from None
    # The workers of a local master; a cluster states its own.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("dataops mask").config(ENCRYPTION, "true")
    # One thread a task is what Spark counts with.
    for name, value in {"spark.executorEnv.POLARS_MAX_THREADS": "1", **settings}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError:
        raise MaskingError("Spark does not start: it needs Java 17 or newer, or choose --engine local") from None
    check_session(session)
    return session


def check_session(session: "SparkSession") -> None:
    """Refuse a session whose application would write broadcasts to disks as they are.

    :raises MaskingError: it says which setting is needed.
    """
    if session.sparkContext.getConf().get(ENCRYPTION, "false") != "true":
        raise MaskingError(
            f"this Spark application writes broadcasts, and with them the key, to local disks in plain: start it with "
            f"--conf {ENCRYPTION}=true"
        )


def split(source: Source, folder: Path, task_bytes: int = TASK_BYTES) -> tuple[Task, ...]:
    """The tasks of a source, and where below ``folder`` each writes.

    A file's twin has its place and name. A Parquet file of more than ``task_bytes`` becomes a folder of that name with
    part files, so that the order of a table's rows stays what it is: ``orders/b.parquet/part-00000.parquet``; of a
    table that is one file, ``orders/part-00000.parquet``. A source that is one file stays one.
    """
    tasks: list[Task] = []
    for table in source.tables.values():
        for file in table.files:
            target = folder / file.relative
            pieces = parts(file.data, task_bytes)
            if len(pieces) == 1 or source.path.is_file():
                tasks.append(Task(table.name, file, target))
                continue
            below = target if len(file.relative.parts) > 1 else target.with_name(table_name(file.path))
            for number, part in enumerate(pieces):
                name = f"part-{number:05}{file.path.suffix}"
                tasks.append(Task(table.name, replace(file, data=part), below / name))
    return tuple(tasks)


def longest_first(tasks: Sequence[Task], plan: Plan) -> tuple[Task, ...]:
    """The tasks so ordered that executors end at about one time: what takes long begins first (Graham 1969)."""

    def cost(task: Task) -> int:
        columns = plan.tables[task.table].columns.values()
        size = stored_bytes(task.file.data) or task.file.stamp[1]
        return size * (_TEXT_WEIGHT if any(column.operator == "text" for column in columns) else 1)

    return tuple(sorted(tasks, key=cost, reverse=True))


def without_operators(learned: Learned) -> Learned:
    """What was learned, without what knows keys."""
    known = learned.known
    if known is None:
        return learned
    names = known.names and replace(known.names, operators=())
    wholes = known.wholes and replace(known.wholes, operators=())
    return replace(learned, known=replace(known, names=names, wholes=wholes))


def with_operators(learned: Learned, plan: Plan, schemas: Mapping[str, pa.Schema], key: MasterKey) -> Learned:
    """What was learned, with the operators that :func:`without_operators` left out."""
    known = learned.known
    if known is None:
        return learned
    of_names, of_wholes = known_operators(plan, schemas, key)
    names = known.names and replace(known.names, operators=of_names)
    wholes = known.wholes and replace(known.wholes, operators=of_wholes)
    return replace(learned, known=replace(known, names=names, wholes=wholes))


def mask_task(shared: Shared, number: int, attempt: int) -> int:
    """Do one task; returns its rows. An attempt that is cut off leaves nothing under the task's name.

    :raises MaskingError: the file is damaged, cannot be masked or cannot be written.
    """
    task = shared.tasks[number]
    is_local = not isinstance(task.target, StorePath)
    written = shared.attempts / f"{number}-{attempt}" if is_local else task.target
    lane = Lane(task.file, shared.maskers[task.table], written, 1)
    rows = 0
    try:
        while (batch := lane.read()) is not None:
            lane.write(lane.mask(batch))
            rows += batch.num_rows
        lane.write(None)
        lane.is_done = True
    finally:
        lane.abandon()
    if is_local:
        with writing(task.target):
            task.target.parent.mkdir(parents=True, exist_ok=True)
            written.replace(task.target)
    return rows


def _masking(shared: "Broadcast[Parcel]") -> _Work:
    def mask_tasks(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        attempt = 0 if context is None else context.taskAttemptId()
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                rows, problem = outcome(shared.value.opened(), number, attempt)
                yield pa.RecordBatch.from_pydict(
                    {"task": [number], "rows": [rows], "problem": pa.array([problem], pa.string())}
                )

    return mask_tasks


def _collected(session: "SparkSession", tasks: int, work: _Work) -> "list[Row]":
    """The results of all tasks, one in each partition.

    :raises MaskingError: executors were lost, or cannot run this package.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return session.range(0, tasks, 1, tasks).mapInArrow(work, _RESULT).collect()
    except (PySparkException, Py4JError) as error:
        raise MaskingError(
            f"Spark could not finish ({type(error).__name__}): its own log says why; executors need the same "
            "dataops-infra[masking,spark] as the driver, and memory for what was learned of the data"
        ) from None


def outcome(shared: Shared, number: int, attempt: int) -> tuple[int, str | None]:
    """Rows of a task, and what went wrong. An exception would go through Spark's logs, with whatever its text says."""
    try:
        return mask_task(shared, number, attempt), None
    except DataopsError as error:
        return 0, str(error)
    except (Exception, PanicException) as error:  # noqa: BLE001 - whatever a library says, its text may repeat values
        path = shown_path(shared.tasks[number].file.path)
        return 0, f"{path} cannot be masked ({type(error).__name__}); try --engine local, and report this"
