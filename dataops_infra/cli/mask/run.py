"""``dataops mask run``: make a masked copy by a plan, and publish it if the gate passes it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dataops_infra.cli.days import AsOf, today
from dataops_infra.cli.interruption import interruptible
from dataops_infra.cli.mask.changing import Change
from dataops_infra.cli.mask.subset import (
    DryRun,
    Fraction,
    KeepValues,
    Root,
    Rows,
    Where,
    draw_subset,
    subset_json,
    subset_line,
    subset_request,
)
from dataops_infra.cli.mask.summary import draw_preview, draw_summary, run_json
from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.background import in_background
from dataops_infra.masking.engines.cores import cores
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.manifest import manifest_path
from dataops_infra.masking.moving import AtHand, deliver, ends_of_run, fetched, former_key_id
from dataops_infra.masking.places import Place, open_place
from dataops_infra.masking.progress import LOADING, PUBLISHING, QUIET
from dataops_infra.masking.progress import Progress as RunProgress
from dataops_infra.masking.run import RunRequest, RunResult, look_at_subset, preview
from dataops_infra.masking.run import run as mask
from dataops_infra.masking.stores import StorePath
from dataops_infra.masking.subset.planning import Subset
from dataops_infra.masking.subset.request import FEW_VALUES, SubsetRequest
from dataops_infra.reporting.replacing import is_report
from dataops_infra.reporting.writing import check_writable, write_report

HELP = """\
Make a masked copy of SOURCE at TARGET, and publish it only if the gate passes it.

The copy has the tables, files, rows, columns and types of the source. It appears at TARGET in one step, with a
manifest: a run that fails, is refused or is killed leaves TARGET as it was.

\b
Exit code 0: the copy is published
          1: the gate refused it; nothing is published
          2: the copy could not be made

\b
Examples:
  dataops mask run plan.yaml --source data/ --target masked/ --key-file mask.key
  dataops mask run plan.yaml -s customers.csv -t test/customers.csv --key-env MASK_KEY
  dataops mask run plan.yaml -s data/ -t masked/ --key-file mask.key --preview 5
  dataops mask run plan.yaml -s data/ -t masked/ --key-file mask.key --root customers --rows 1000
  dataops mask run plan.yaml -s postgresql://reader@shop/prod -t postgresql://owner@test/shop --key-file mask.key
"""


class RunFormat(StrEnum):
    """The forms of the summary."""

    text = "text"
    json = "json"


PlanFile = Annotated[Path, typer.Argument(metavar="PLAN.yaml", help="What is done with each column.")]
SourcePlace = Annotated[
    str, typer.Option("--source", "-s", help="A file, a folder with one file or sub-folder per table, or a URI.")
]
TargetPlace = Annotated[
    str, typer.Option("--target", "-t", help="Where the copy goes: like the source a file or folder, or a URI.")
]
WorkDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where tables of a URI lie during the run, private; the system's place for it."),
]
KeyFile = Annotated[Path | None, typer.Option(metavar="FILE", help="The masking key: 32 bytes, raw, hex or base64.")]
KeyVariable = Annotated[str | None, typer.Option("--key-env", metavar="NAME", help="The variable that holds the key.")]
Threads = Annotated[int | None, typer.Option(min=1, max=256, help="One per core unless given.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a former masked copy at TARGET.")]
PreviewRows = Annotated[
    int | None,
    typer.Option("--preview", min=1, max=100, metavar="ROWS", help="Show the first rows before and after; no copy."),
]
Format = Annotated[RunFormat, typer.Option("--format", help="The form of the summary.")]
ReportFile = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the HTML report here.")]
ApprovalFile = Annotated[Path | None, typer.Option("--approval", metavar="FILE", help="Who approved external sharing.")]

Result = TypeVar("Result")
Between = Callable[[RunProgress], AbstractContextManager[AtHand]]
"""Brings source and target to hand for as long as its context lasts."""
Request = Callable[[AtHand], RunRequest]


def register(app: typer.Typer) -> None:
    """Add the command ``run`` to the group ``mask``."""
    app.command("run", help=HELP)(run)


def run(
    plan: PlanFile,
    source: SourcePlace,
    target: TargetPlace,
    key_file: KeyFile = None,
    key_env: KeyVariable = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    preview_rows: PreviewRows = None,
    output_format: Format = RunFormat.text,
    report: ReportFile = None,
    approval: ApprovalFile = None,
    as_of: AsOf = None,
    work_dir: WorkDir = None,
    root: Root = None,
    rows: Rows = None,
    fraction: Fraction = None,
    where: Where = None,
    keep_values: KeepValues = FEW_VALUES,
    dry_run: DryRun = False,
) -> None:
    """What the command line says becomes a request; exits with the result's exit code."""
    _check_preview(preview_rows, output_format, report)
    subset = subset_request(root, rows, fraction, where, keep_values)
    source_place, target_place = open_place(source), open_place(target)
    if report is not None:
        _check_report(report, source_place, target_place, plan, key_file, approval)
    if dry_run:
        _show_dry_run(plan, source_place, subset, work_dir, output_format)
        return
    asked = partial(
        RunRequest,
        plan=plan,
        key=_key(key_file, key_env),
        threads=threads or cores(),
        is_overwritten=overwrite,
        approval=approval,
        as_of=as_of or today(),
        subset=subset,
        is_loaded=target_place.path is None,
    )
    request = partial(_request, asked)
    between = partial(ends_of_run, source_place, target_place, work_dir)
    if preview_rows is not None:
        _show_preview(between, request, preview_rows)
        return
    result = _copied(between, request, target_place, overwrite, _teller(output_format))
    _tell(result, report, output_format)
    raise typer.Exit(result.exit_code)


def _request(asked: Callable[..., RunRequest], ends: AtHand) -> RunRequest:
    return asked(source=ends.source, target=ends.target, names=ends.names, loaded=ends.tables, try_out=ends.try_out)


def _tell(result: RunResult, report: Path | None, output_format: RunFormat) -> None:
    if report is not None:
        write_report(report, _html(result), "--report")
    sys.stdout.write(run_json(result) if output_format is RunFormat.json else draw_summary(result))
    if result.has_other_key:
        sys.stderr.write(
            f"dataops: the former copy was made with another key ({result.former_key_id}): copies that joined with it "
            "do not join with this one; mask them anew with this key\n"
        )


def _copied(
    between: Between, request: Request, target: Place, overwrite: bool, tell: Callable[[Subset], None]
) -> RunResult:
    """Make the copy, and bring it to its place where the gate passed it."""
    change = _change_of(target)
    with interruptible(MaskingError, "the run", change.told) as stop_if_interrupted:

        def work(progress: RunProgress) -> RunResult:
            change.followed = progress
            with between(change) as ends:
                result = mask(request(ends), change, on_subset=tell)
                if result.is_published:
                    stop_if_interrupted()
                    former = former_key_id(target) if overwrite else None
                    result = result if former is None else replace(result, former_key_id=former)
                    deliver(ends, target, change, is_overwritten=overwrite)
                return result

        in_background(partial(target.check_target, is_overwritten=overwrite))
        return watched(work)


def _change_of(target: Place) -> Change:
    """A folder, a file and a database are replaced in one step; a prefix in a store object by object."""
    by_then = f"{target.shown} is as it was, or holds the copy already: judge it by `dataops mask verify`"
    if isinstance(target.path, StorePath):
        by_then = (
            f"{target.shown} is incomplete, or holds the copy already: run again, or judge it by `dataops mask verify`"
        )
    return Change(PUBLISHING if target.path is not None else LOADING, "nothing was published", by_then)


def _show_dry_run(
    plan: Path, source: Place, request: SubsetRequest | None, work_dir: Path | None, output_format: RunFormat
) -> None:
    if request is None:
        raise InvalidInputError("--dry-run", "options that ask for a subset, such as --root and --rows", "none")

    def look(progress: RunProgress) -> Subset:
        with fetched(source, work_dir, progress) as path:
            return look_at_subset(plan, path, request, progress)

    with interruptible(MaskingError, "the run", "nothing was published"):
        subset = watched(look)
    sys.stdout.write(subset_json(subset) if output_format is RunFormat.json else draw_subset(subset))


def _teller(output_format: RunFormat) -> Callable[[Subset], None]:
    """Tells of a subset before anything is masked; where JSON goes to standard output, beside it."""
    stream = sys.stderr if output_format is RunFormat.json else sys.stdout

    def tell(subset: Subset) -> None:
        stream.write(draw_subset(subset))
        stream.flush()

    return tell


def _check_report(report: Path, source: Place, target: Place, *inputs: Path | None) -> None:
    data = [place.path for place in (source, target) if place.path is not None]
    manifests = [manifest_path(target.path)] if target.path is not None else []
    given = [*(path for path in inputs if path is not None), *manifests]
    check_writable(report, given, option="--report", data=data, replaces=is_report)


def _check_preview(preview_rows: int | None, output_format: RunFormat, report: Path | None) -> None:
    if preview_rows is not None and os.environ.get("CI"):
        raise InvalidInputError("--preview", "a person's own terminal: it shows originals, and CI keeps its logs", "CI")
    if preview_rows is not None and output_format is not RunFormat.text:
        raise InvalidInputError("--format", "text with --preview, which is for people to look at", output_format.value)
    if preview_rows is not None and report is not None:
        raise InvalidInputError("--report", "a run without --preview, which makes no copy to report on", str(report))


def _key(key_file: Path | None, key_env: str | None) -> MasterKey:
    if key_file is not None and key_env is None:
        return MasterKey.from_file(key_file)
    if key_env is not None and key_file is None:
        return MasterKey.from_environment(key_env)
    raise InvalidInputError("--key-file or --key-env", "one of the two", "both" if key_file else "neither")


def _show_preview(between: Between, request: Request, rows: int) -> None:
    def work(progress: RunProgress) -> None:
        with between(progress) as ends:
            console = Console()
            for table in preview(request(ends), rows):
                console.print(draw_preview(table, console.width))

    with interruptible(MaskingError, "the run", "nothing was published"):
        watched(work)


def _html(result: RunResult) -> str:
    from dataops_infra.masking.reports.html_report import html_report

    request = result.request
    source, target = request.shown
    facts = [f"{source} → {target}", f"as of {request.as_of}"]
    if result.subset is not None:
        facts.append(subset_line(result.subset))
    return html_report(result.plan, result.gate, f"Masked copy {target}", facts)


def watched(work: Callable[[RunProgress], Result]) -> Result:
    """``work`` with a bar on a terminal and nothing in CI."""
    console = Console(stderr=True)
    if not console.is_terminal or os.environ.get("CI"):
        return work(QUIET)
    with _bar(console) as progress:
        return work(progress)


@contextmanager
def _bar(console: Console) -> Iterator["Bar"]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]}"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)


class Bar:
    """A bar of rows, with rows per second and the time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, step: str, rows: int | None) -> None:
        """A new bar takes the place of the last one."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(step, total=rows, done="", speed="")

    def advance(self, rows: int) -> None:
        """So many more rows are done."""
        if self._task is None:
            return
        self._progress.advance(self._task, rows)
        task = self._progress.tasks[-1]
        speed = f"{task.speed:,.0f} rows/s" if task.speed else ""
        self._progress.update(self._task, done=f"{task.completed:,.0f} rows", speed=speed)
