"""``dataops mask verify``: judge a masked copy that is already there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from dataops_infra.cli.days import AsOf, today
from dataops_infra.cli.mask.installed import check_installed
from dataops_infra.reporting.replacing import is_report
from dataops_infra.reporting.symbols import ASCII, UNICODE
from dataops_infra.reporting.writing import check_writable, write_report

if TYPE_CHECKING:
    from dataops_infra.masking.gate.judging import Progress as GateProgress
    from dataops_infra.masking.verify import Verification

HELP = """\
Judge the masked copy at TARGET against its SOURCE: whether anybody can be found in it, and whether joins still work.

Needs no key, and no manifest: where one stands beside the copy it is held against it. Nothing is written but the
report, and no report holds a value of the source.

\b
Exit code 0: every check holds
          1: the gate refuses the copy
          2: the copy could not be judged

\b
Examples:
  dataops mask verify plan.yaml --source data/ --target masked/
  dataops mask verify plan.yaml -s data/ -t masked/ --format html -o gate.html
  dataops mask verify plan.yaml -s data/ -t masked/ --approval approval.yaml
"""


class GateFormat(StrEnum):
    """The forms of the report."""

    text = "text"
    json = "json"
    html = "html"


PlanFile = Annotated[Path, typer.Argument(metavar="PLAN.yaml", help="The plan that the copy was made by.")]
SourcePlace = Annotated[
    str, typer.Option("--source", "-s", help="A file, a folder with one file or sub-folder per table, or a URI.")
]
TargetPlace = Annotated[
    str, typer.Option("--target", "-t", help="The copy: like the source a file or folder, or a URI.")
]
WorkDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where tables of a URI lie meanwhile, private; the system's place for it."),
]
FormatOption = Annotated[GateFormat, typer.Option("--format", help="The form of the report.")]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the report here; the text is shown all the same.")
]
ApprovalFile = Annotated[
    Path | None, typer.Option("--approval", metavar="FILE", help="Who answers for sharing it externally.")
]

Where = Annotated[
    str | None,
    typer.Option(
        "--where", metavar="SQL", help="Of a subset: the condition it was made by, where its manifest withholds it."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command ``verify`` to the group ``mask``."""
    app.command("verify", help=HELP)(run)


def run(
    plan: PlanFile,
    source: SourcePlace,
    target: TargetPlace,
    report: FormatOption = GateFormat.text,
    output: OutputFile = None,
    approval: ApprovalFile = None,
    as_of: AsOf = None,
    work_dir: WorkDir = None,
    where: Where = None,
) -> None:
    """What the command line says becomes a request; exits with the verdict's exit code."""
    check_installed()
    from dataops_infra.masking.manifest import manifest_path
    from dataops_infra.masking.moving import both_fetched
    from dataops_infra.masking.places import open_place
    from dataops_infra.masking.verify import VerifyRequest, verify

    places = open_place(source), open_place(target)
    if output is not None:
        data = [place.path for place in places if place.path is not None]
        manifests = [manifest_path(path) for path in data[-1:] if places[1].path is not None]
        given = [path for path in (plan, approval, *manifests) if path is not None]
        check_writable(output, given, data=data, replaces=is_report)
    with both_fetched(*places, work_dir) as ends, _progress() as progress:
        day = as_of or today()
        asked = VerifyRequest(plan, ends.source, ends.target, day, approval, ends.names, where, ends.tables)
        verification = verify(asked, progress)
        record = verification.approval_to_fill_in
    _deliver(verification, report, output)
    if record is not None:
        typer.echo(
            f"\nWhoever answers for this copy fills in this record and passes it with --approval:\n\n{record}", err=True
        )
    raise typer.Exit(verification.exit_code)


@contextmanager
def _progress() -> Iterator["GateProgress | None"]:
    """The rows that were judged, on a terminal; nothing in CI."""
    console = Console(stderr=True)
    if not console.is_terminal or os.environ.get("CI"):
        yield None
        return
    columns = (TextColumn("Judging {task.description}"), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def told(table: str, rows: int) -> None:
            progress.update(task, description=table)
            progress.advance(task, rows)

        yield told


def _deliver(verification: "Verification", report: GateFormat, output: Path | None) -> None:
    if output is not None:
        write_report(output, rendered(verification, report))
        _show_text(verification)
    elif report is GateFormat.text:
        _show_text(verification)
    else:
        sys.stdout.write(rendered(verification, report))


def rendered(verification: "Verification", report: GateFormat) -> str:
    """The report in one of its forms."""
    if report is GateFormat.json:
        from dataops_infra.masking.reports.json_report import json_report

        return json_report(verification)
    if report is GateFormat.html:
        from dataops_infra.masking.reports.html_report import html_report

        request = verification.request
        source, target = request.shown
        facts = [f"{source} → {target}", f"as of {request.as_of}"]
        return html_report(verification.plan, verification.gate, f"Gate of {target}", facts)
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        _print(console, verification)
    return capture.get()


def _show_text(verification: "Verification") -> None:
    _print(Console(soft_wrap=False, highlight=False), verification)


def _print(console: Console, verification: "Verification") -> None:
    from dataops_infra.masking.reports.text_report import draw

    symbols = UNICODE if console.encoding.lower().startswith("utf") else ASCII
    for line in draw(verification, symbols):
        console.print(line, highlight=False)
