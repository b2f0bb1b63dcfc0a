"""Masks on this machine: N threads that decode, mask and encode batches of a few files side by side.

Every file has a lane: its batches are decoded in order by whichever thread is free, masked by several threads at a time
and written in order again. A thread takes the work that is farthest along, so that little waits in memory. What is
written hangs on the source's file alone, never on the number of threads.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from polars.exceptions import PanicException

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import DataopsError, MaskingError
from dataops_infra.masking.background import PATIENCE, THREADS, in_background
from dataops_infra.masking.binding import bind
from dataops_infra.masking.engines.base import OnRows, Work
from dataops_infra.masking.formats.base import Writer, check_texts
from dataops_infra.masking.known_collecting import Watch
from dataops_infra.masking.masker import TableMasker, mask_batch
from dataops_infra.masking.places.working import remedy, why_unwritten
from dataops_infra.masking.sources import Source, SourceFile
from dataops_infra.masking.unused_memory import give_back, without_huge_pages

GRACE = 0.3
"""Seconds that an interrupted run waits for batches that are under way."""
GIVEN_BACK_ROWS = 1 << 20
"""Rows after which memory that lies unused is given back: holes add up, the more the longer a run takes. Runs of fewer
are short."""


@dataclass(frozen=True)
class LocalEngine:
    """So many threads of this process."""

    threads: int

    def mask(self, work: Work, folder: Path, on_rows: OnRows) -> dict[str, int]:
        """As :func:`mask_source` does; tables with free text come last, after what is learned of the others."""
        counts = [table.rows for table in work.source.tables.values()]
        is_long = any(count is None or count >= GIVEN_BACK_ROWS for count in counts)
        with without_huge_pages() if is_long else nullcontext():
            return self._mask(work, folder, on_rows)

    def _mask(self, work: Work, folder: Path, on_rows: OnRows) -> dict[str, int]:
        learning, schemas = work.learning, work.source.schemas
        early = {name: schema for name, schema in schemas.items() if name not in learning.waiting}
        late = {name: schema for name, schema in schemas.items() if name in learning.waiting}
        maskers = bind(work.plan, early, work.key, learning.so_far)
        rows = mask_source(work.source, maskers, folder, self.threads, on_rows, learning.watch)
        if late:
            maskers = bind(work.plan, late, work.key, in_background(learning.finished))
            rows |= mask_source(work.source, maskers, folder, self.threads, on_rows)
        return {name: rows[name] for name in schemas}


def mask_source(
    source: Source,
    maskers: Mapping[str, TableMasker],
    folder: Path,
    threads: int,
    on_rows: OnRows,
    watch: Callable[[str], Watch | None] | None = None,
) -> dict[str, int]:
    """Write the masked twin of every file of ``source`` below ``folder``, at the same relative path.

    :param maskers: of the tables that are masked.
    :param watch: table -> who is told what it holds.
    :returns: table -> its rows.
    :raises MaskingError: a file is damaged, cannot be masked or cannot be written; the folder then holds a part.
    """
    lanes = [
        Lane(file, maskers[name], folder / file.relative, threads + 1, None if watch is None else watch(name))
        for name, table in source.tables.items()
        if name in maskers
        for file in table.files
    ]
    pool = _Pool(lanes, threads, on_rows)
    pool.run()
    rows = dict.fromkeys(maskers, 0)
    for lane in lanes:
        rows[lane.masker.table] += lane.rows
    return rows


class Lane:
    """One file on its way: what is read, what waits to be written in order.

    Its flags are changed under the pool's lock; reading and writing are done by one thread at a time each.
    """

    def __init__(
        self, file: SourceFile, masker: TableMasker, target: Path, at_most: int, watch: Watch | None = None
    ) -> None:
        self.file, self.masker, self.target = file, masker, target
        self.rows = 0
        self.is_reading = self.is_writing = self.is_read = self.is_done = False
        self._at_most, self._watch = at_most, watch
        self._batches: Generator[pa.RecordBatch, None, None] | None = None
        self._writer: Writer | None = None
        self._order: deque[_Slot] = deque()

    @property
    def can_write(self) -> bool:
        """Whether there is something to write now, or the file can be finished."""
        if self.is_writing or self.is_done:
            return False
        return bool(self._order and self._order[0].masked is not None) or (self.is_read and not self._order)

    @property
    def can_read(self) -> bool:
        """Whether one more batch may be decoded."""
        return not (self.is_reading or self.is_read) and len(self._order) < self._at_most

    def next_slot(self) -> "_Slot":
        """The place in the order of the batch that is decoded now."""
        self._order.append(_Slot())
        return self._order[-1]

    def take_first(self) -> "_Slot | None":
        """What is written next; None = the file is to be finished."""
        return self._order.popleft() if self._order else None

    def forget(self, slot: "_Slot") -> None:
        """Take back the place of a batch that there is not."""
        self._order.remove(slot)

    def read(self) -> pa.RecordBatch | None:
        """Decode one batch; None = the file is at its end.

        :raises MaskingError: the file is damaged.
        """
        if self._batches is None:
            self._batches = (batch for batch in self.file.data.encoded_batches())
        return next(self._batches, None)

    def mask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The masked twin of ``batch``, after what is learned from it; several threads may be at it.

        :raises MaskingError: it holds texts that are not UTF-8; an operator failed, or did not keep to its contract.
        """
        check_texts(batch, self.file.path)
        with self._without_values():
            if self._watch is not None:
                self._watch.add(batch)
            masked = mask_batch(batch, self.masker)
        _check_twin(batch, masked, self)
        return masked

    @contextmanager
    def _without_values(self) -> Iterator[None]:
        """Turn what a library says into a sentence of ours: its text may repeat values."""
        try:
            yield
        except DataopsError:
            raise
        except (Exception, PanicException) as error:  # noqa: BLE001 - whatever it is
            raise MaskingError(
                f"{shown_path(self.file.path)}: a batch cannot be masked ({type(error).__name__}); run it with "
                "--preview 1 to see whether the first rows can be, and report this"
            ) from None

    def write(self, masked: pa.RecordBatch | None) -> None:
        """Encode ``masked``, or finish the file.

        :raises MaskingError: the disk is full, or the place cannot be written.
        """
        with writing(self.target):
            if self._writer is None:
                self.target.parent.mkdir(parents=True, exist_ok=True)
                self._writer = self.file.data.writer(self.target)
            if masked is None:
                self._writer.close()
            else:
                self._writer.write(masked)

    def abandon(self) -> None:
        """Let go of what is open."""
        if self._batches is not None:
            self._batches.close()
        if self._writer is not None and not self.is_done:
            try:
                self._writer.abort()
            except (OSError, pa.ArrowException):
                return  # what made the run fail makes this fail too


class _Slot:
    """The place of one batch in the order of its file."""

    masked: pa.RecordBatch | None = None


class _Pool:
    """The threads and what they share."""

    def __init__(self, lanes: Sequence[Lane], threads: int, on_rows: OnRows) -> None:
        self._waiting = deque(lanes)
        self._active: list[Lane] = []
        self._threads, self._on_rows = threads, on_rows
        self._running = self._working = 0
        """Threads that have not ended, and those of them that may still read or write."""
        self._rows = 0
        """Written since memory was given back, or was to be."""
        self._changed = threading.Condition()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Mask all files; the first failure, or an interruption of this thread, ends all threads.

        What interrupts this thread goes up after a moment, also while others finish the batch that they have begun.
        """
        workers = [threading.Thread(target=self._work, name=f"{THREADS}-{n}") for n in range(self._threads)]
        try:
            for worker in workers:
                with self._changed:
                    self._running += 1
                    self._working += 1
                worker.start()
            self._wait()
        except BaseException as interruption:
            self._fail(interruption)
            self._wait(at_most=GRACE)
            raise
        if self._failure is not None:
            raise self._failure

    def _wait(self, at_most: float = math.inf) -> None:
        """Until all threads have ended, or for so many seconds.

        Not by joining them: a join that a signal interrupts takes its thread for dead (Python 3.11), and a wait without
        end would keep signals from being handled.
        """
        end = time.monotonic() + at_most
        with self._changed:
            while self._running and time.monotonic() < end:
                self._changed.wait(PATIENCE)

    def _fail(self, failure: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while (task := self._next_task()) is not None:
                task()
        except BaseException as failure:  # noqa: BLE001 - told by the thread that waits
            self._fail(failure)
        finally:
            self._end()

    def _end(self) -> None:
        """Let go of what is open, once nobody reads or writes it any more.

        Not under the lock: closing may wait for a library, and nobody else may wait for that.
        """
        with self._changed:
            self._working -= 1
            is_last = not self._working
        try:
            for lane in self._active if is_last else ():
                lane.abandon()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _next_task(self) -> Callable[[], None] | None:
        with self._changed:
            while True:
                if self._failure is not None or not (self._active or self._waiting):
                    return None
                for lane in self._active:
                    if lane.can_write:
                        lane.is_writing = True
                        return _bound(self._write, lane)
                for lane in self._active:
                    if lane.can_read:
                        lane.is_reading = True
                        return _bound(self._read_and_mask, lane)
                if self._waiting and self._may_begin():
                    self._active.append(self._waiting.popleft())
                    continue
                self._changed.wait()

    def _may_begin(self) -> bool:
        """Whether one more file may be opened: one keeps two threads busy, and what waits of each takes memory."""
        unread = sum(not lane.is_read for lane in self._active)
        return len(self._active) < self._threads and 2 * unread < self._threads

    def _read_and_mask(self, lane: Lane) -> None:
        with self._changed:
            slot = lane.next_slot()
        batch = lane.read()
        with self._changed:
            lane.is_reading = False
            if batch is None:
                lane.is_read = True
                lane.forget(slot)
            self._changed.notify_all()
        if batch is None:
            return
        masked = lane.mask(batch)
        with self._changed:
            slot.masked = masked
            lane.rows += batch.num_rows
            self._on_rows(batch.num_rows)
            self._changed.notify_all()

    def _write(self, lane: Lane) -> None:
        with self._changed:
            slot = lane.take_first()
        masked = None if slot is None else slot.masked
        lane.write(masked)
        with self._changed:
            lane.is_writing = False
            if masked is None:
                lane.is_done = True
                self._active.remove(lane)
            self._changed.notify_all()
        if masked is not None:
            self._give_back_after(masked.num_rows)

    def _give_back_after(self, rows: int) -> None:
        """Give memory back once so many rows were written."""
        with self._changed:
            rows += self._rows
            self._rows = rows % GIVEN_BACK_ROWS
        if rows >= GIVEN_BACK_ROWS:
            give_back()


def _bound(work: Callable[[Lane], None], lane: Lane) -> Callable[[], None]:
    return lambda: work(lane)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into one sentence.

    :raises MaskingError: the disk is full, or the place cannot be written.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise MaskingError(
            f"{path.name} cannot be written ({why_unwritten(error)}); {remedy(path)}; nothing was published"
        ) from None


def _check_twin(batch: pa.RecordBatch, masked: pa.RecordBatch, lane: Lane) -> None:
    where = shown_path(lane.file.path)
    if masked.num_rows != batch.num_rows or not masked.schema.equals(batch.schema):
        raise MaskingError(f"{where}: masking changed the rows or types of a batch")
    for field, column in zip(masked.schema, masked.columns, strict=True):
        if not field.nullable and column.null_count:
            raise MaskingError(
                f"{where}: column {field.name} must not be null, and its operator left nothing; choose one that "
                "replaces its values, such as redact"
            )
