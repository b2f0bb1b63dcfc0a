"""One run from start to end: open, check, learn, mask into a staging folder, judge, publish."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.listing import listed
from dataops_infra.errors import FileProblem, MaskingError, PlanError
from dataops_infra.masking.anonymity.approval import read_approval
from dataops_infra.masking.background import in_background
from dataops_infra.masking.binding import bind, open_with_plan
from dataops_infra.masking.destinations import destination_of
from dataops_infra.masking.engines.base import Engine, Work
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.fitting import check_fit
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import GateReport, Verdict
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.manifest import fingerprint, make_manifest, manifest_text
from dataops_infra.masking.manifest_checks import key_id_in
from dataops_infra.masking.masker import TableMasker, mask_batch
from dataops_infra.masking.partitions import check_partitions
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.preparing import begin_learning, learn
from dataops_infra.masking.progress import PUBLISHING, QUIET, Progress
from dataops_infra.masking.sources import Source, open_source
from dataops_infra.masking.stated_limits import check_stated
from dataops_infra.masking.subset.planning import Subset, make_subset
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.masking.trial import first_rows, write_first_rows


@dataclass(frozen=True)
class RunRequest:
    """What to mask, by which plan and key, and where to.

    :param plan: the plan's file.
    :param source: a file, or a folder with one file or sub-folder per table.
    :param target: where the copy goes; of the same kind as the source.
    :param threads: how many threads mask side by side; the copy does not hang on it.
    :param is_overwritten: whether a former masked copy at ``target`` is replaced.
    :param approval: the record of who approved that the copy is given away.
    :param as_of: the day by which the approval's expiry is judged.
    :param staging: of a target in an object store, where the copy is made; None = below the target.
    :param names: how reports call source and target, where these are only the working folder's.
    :param subset: which rows are masked; None = all.
    :param is_loaded: whether a database takes the copy in, so that replacements must be values of its columns.
    :param loaded: the tables that it takes in; None = all. All are masked and judged: texts name people of any table.
    :param try_out: refuses masked rows, the first of each table, in a folder; None = only loading tells.
    """

    plan: Path
    source: Path
    target: Path
    key: MasterKey
    threads: int = 1
    is_overwritten: bool = False
    approval: Path | None = None
    as_of: date = field(default_factory=lambda: datetime.now(UTC).date())
    names: tuple[str, str] | None = None
    staging: Path | None = None
    subset: SubsetRequest | None = None
    is_loaded: bool = False
    loaded: frozenset[str] | None = None
    try_out: Callable[[Path], None] | None = None

    @property
    def shown(self) -> tuple[str, str]:
        """Source and target as reports call them."""
        return self.names or (shown_path(self.source), shown_path(self.target))


@dataclass(frozen=True)
class RunResult:
    """What became of a run."""

    request: RunRequest
    plan: Plan
    rows: Mapping[str, int]
    """Table -> its rows."""
    gate: GateReport
    manifest: Mapping[str, Any]
    masking_seconds: float
    seconds: float
    subset: Subset | None = None
    former_key_id: str | None = None
    """Which key a copy was made with that stood at the target before; None = there was none."""

    @property
    def has_other_key(self) -> bool:
        """Whether the copy took the place of one made with another key, whose joins with further copies it ends."""
        return self.is_published and self.former_key_id not in (None, self.request.key.key_id)

    @property
    def is_published(self) -> bool:
        """Whether the copy is at the target; a refused one is nowhere."""
        return self.gate.verdict is Verdict.PASS

    @property
    def exit_code(self) -> int:
        """0 = published, 1 = the gate refused."""
        return 0 if self.is_published else 1


@dataclass(frozen=True)
class Preview:
    """The first rows of one table, before and after. Holds originals: for the eyes of who may see them."""

    table: str
    before: pa.Table
    after: pa.Table


def run(
    request: RunRequest,
    progress: Progress = QUIET,
    engine: Engine | None = None,
    on_subset: Callable[[Subset], None] | None = None,
) -> RunResult:
    """Mask ``request.source`` and publish the copy if the gate passes it.

    :param engine: what masks the rows; None = ``request.threads`` threads of this process.
    :param on_subset: told which rows were chosen, before anything is masked.
    :raises PlanError: the plan is wrong, or the data is not what it describes.
    :raises MaskingError: source, target or key cannot be used; nothing is published.
    """
    started = time.monotonic()
    destination = destination_of(request.target, request.staging, is_passing=request.is_loaded)
    plan, whole = _opened(request.plan, request.source, is_loaded=request.is_loaded)
    _check_loaded(request, whole)
    in_background(partial(destination.check, whole, is_overwritten=request.is_overwritten))
    former = in_background(partial(key_id_in, destination.manifest)) if request.is_overwritten else None
    approval = read_approval(request.approval) if request.approval is not None else None
    subset = None if request.subset is None else _selected(whole, plan, request.subset, progress, on_subset)
    source = whole if subset is None else subset.source
    with destination.staging() as folder:
        with source.held_still():
            progress.begin("Learning", None)
            learning = in_background(partial(begin_learning, plan, source, request.key, whole, request.threads))
            if request.try_out is not None:
                _try_out(request, request.try_out, plan, source, learning.so_far, folder)
            work = Work(plan, source, request.key, learning)
            copy = folder / "copy"
            copy.mkdir()
            progress.begin("Masking", _known_rows(source))
            masking = time.monotonic()
            rows = (engine or LocalEngine(request.threads)).mask(work, copy, progress.advance)
            masking = time.monotonic() - masking
            progress.begin("Judging", sum(rows.values()))
            staged = destination.staged(copy, source)
            sides = source, open_source(staged, like=source)
            told = partial(
                judge, progress=lambda _table, judged: progress.advance(judged), recodings=learning.recodings
            )
            people = None if subset is None else whole
            gate = in_background(partial(told, plan, *sides, approval, request.as_of, people=people))
        file = fingerprint(staged) if staged.is_file() else None
        recorded = None if subset is None else subset.recorded()
        manifest = make_manifest(plan, request.key.key_id, rows, gate, file, recorded, request.loaded)
        if gate.verdict is Verdict.PASS:
            progress.begin(PUBLISHING, None)
            destination.publish(staged, folder, manifest_text(manifest))
        return RunResult(request, plan, rows, gate, manifest, masking, time.monotonic() - started, subset, former)


def preview(request: RunRequest, rows: int) -> list[Preview]:
    """The first ``rows`` rows of each table with their replacements; nothing is written.

    :raises PlanError: the plan is wrong, or the data is not what it describes.
    :raises MaskingError: source or key cannot be used.
    """
    plan, whole = _opened(request.plan, request.source, is_loaded=request.is_loaded)
    source = whole if request.subset is None else _selected(whole, plan, request.subset, QUIET).source
    maskers = bind(plan, source.schemas, request.key, learn(plan, source, request.key, whole))
    return [_preview(source, maskers[name], name, rows) for name in source.tables]


def look_at_subset(plan: Path, source: Path, request: SubsetRequest, progress: Progress = QUIET) -> Subset:
    """The rows that a run would mask; nothing is masked and no key is needed.

    :raises PlanError: the plan is wrong, or the data is not what it describes.
    :raises InvalidInputError: the request is wrong, or does not fit the source.
    :raises MaskingError: the source cannot be used.
    """
    read, whole = _opened(plan, source)
    return _selected(whole, read, request, progress)


def _try_out(
    request: RunRequest, try_out: Callable[[Path], None], plan: Plan, source: Source, learned: Learned, folder: Path
) -> None:
    with TemporaryDirectory(dir=folder) as rows:
        write_first_rows(plan, source, request.key, learned, Path(rows))
        try_out(Path(rows))


def _selected(
    whole: Source,
    plan: Plan,
    request: SubsetRequest,
    progress: Progress,
    on_subset: Callable[[Subset], None] | None = None,
) -> Subset:
    progress.begin("Selecting", None)
    subset = in_background(partial(make_subset, whole, plan, request))
    if on_subset is not None:
        on_subset(subset)
    return subset


def _preview(source: Source, masker: TableMasker, name: str, rows: int) -> Preview:
    table = source.tables[name]
    before = pa.Table.from_batches(list(first_rows(source, name, rows)), table.schema).combine_chunks()
    after = pa.Table.from_batches([mask_batch(batch, masker) for batch in before.to_batches()], table.schema)
    return Preview(name, before, after)


def _opened(path: Path, data: Path, *, is_loaded: bool = False) -> tuple[Plan, Source]:
    """Plan and source, which fit; a store that does not answer keeps no signal waiting."""
    return in_background(partial(_open, path, data, is_loaded=is_loaded))


def _open(path: Path, data: Path, *, is_loaded: bool) -> tuple[Plan, Source]:
    plan, source = open_with_plan(path, data)
    check_partitions(plan, source.file_names, shown_path(path))
    _check_nullability(plan, source, path)
    check_fit(plan, source, path)
    if is_loaded:
        check_stated(plan, source, path)
    return plan, source


def _check_loaded(request: RunRequest, source: Source) -> None:
    unknown = sorted((request.loaded or frozenset()) - source.tables.keys())
    if unknown:
        raise MaskingError(
            f"{request.shown[1]}: tables= names {listed(unknown)}, which the source does not have: take "
            f"{'it' if len(unknown) == 1 else 'them'} out"
        )


def _check_nullability(plan: Plan, source: Source, path: Path) -> None:
    problems = [
        FileProblem(
            0,
            f"{name}.{field.name} must not be null, and drop leaves nothing in it",
            "choose redact, or declare the column nullable",
        )
        for name, table in source.tables.items()
        for field in table.schema
        if not field.nullable
        and field.name in plan.tables[name].columns
        and plan.tables[name].columns[field.name].operator == "drop"
    ]
    if problems:
        raise PlanError(shown_path(path), problems)


def _known_rows(source: Source) -> int | None:
    counts = [table.rows for table in source.tables.values()]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
