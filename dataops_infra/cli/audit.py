"""``dataops audit``: policy packs over exported stacks, many at a time, in one report."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dataops_infra.audit.model import AuditResult
from dataops_infra.audit.reports import FORMATS, tree
from dataops_infra.audit.run import MAXIMUM_MEBIBYTES, AuditRequest, audit
from dataops_infra.cli.days import AsOf, today
from dataops_infra.cli.interruption import interruptible
from dataops_infra.cli.preview import (
    ConventionsFile,
    FormatOption,
    OutputFile,
    PackConfigs,
    PackNames,
    ReportFormat,
    print_text,
    show_tree,
)
from dataops_infra.errors import PreviewError
from dataops_infra.pack_folders import PACKS, pack_folder
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.writing import check_writable, write_report

HELP = """\
Judge exported stacks by policy packs: what a preview had to defer, and what nobody previewed.

Each STATE.json is the output of `pulumi stack export`, or a checkpoint of a file backend; a folder stands for the
JSON files in it and below (of `.pulumi`, those of its stacks), `-` for standard input. No program is run, and no
cloud, credentials or Pulumi CLI are needed.

Secrets are never shown. Encrypted ones are opened with PULUMI_CONFIG_PASSPHRASE, else what hangs on them is deferred.

\b
Exit code 0: fine (advisories are allowed)
          1: a mandatory rule is broken
          2: an export could not be judged, or nothing could; the other
             exports are judged and reported all the same

\b
Examples:
  pulumi stack export | dataops audit - --policy-pack tagging
  dataops audit exports/ --policy-pack tagging --format html -o audit.html
  dataops audit 'exports/*/prod.json' --policy-pack tagging --jobs 4
"""


States = Annotated[list[str] | None, typer.Argument(metavar="STATE.json…", help="Files, folders, globs, or - .")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Exports judged side by side; one per core unless given.")]
MaxSize = Annotated[float, typer.Option(min=0.001, metavar="MIB", help="Refuse larger exports.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, metavar="SECONDS", help="Give up on an export after this.")]


def register(app: typer.Typer) -> None:
    """Add the command ``audit`` to ``app``."""
    app.command("audit", help=HELP)(run)


def run(
    states: States = None,
    policy_pack: PackNames = None,
    policy_pack_config: PackConfigs = None,
    conventions: ConventionsFile = None,
    report: FormatOption = ReportFormat.tree,
    output: OutputFile = None,
    as_of: AsOf = None,
    jobs: Jobs = None,
    max_size: MaxSize = MAXIMUM_MEBIBYTES,
    timeout: Timeout = None,
) -> None:
    """What the command line says becomes a request; exits with the result's exit code."""
    if output is not None:
        check_writable(output)
    request = AuditRequest(
        arguments=tuple(states or ()),
        packs=tuple(policy_pack or ()),
        pack_configs=tuple(policy_pack_config or ()),
        known_packs={name: partial(pack_folder, name) for name in PACKS},
        conventions=conventions,
        as_of=as_of or today(),
        jobs=jobs,
        maximum_mebibytes=max_size,
        timeout=timeout,
        output=output,
    )
    result = _run_with_progress(request)
    _deliver(result, report, output)
    raise typer.Exit(result.exit_code)


def _run_with_progress(request: AuditRequest) -> AuditResult:
    """The audit, with a bar on a terminal and nothing in CI."""
    console = Console(stderr=True)
    with interruptible(PreviewError, "the audit", "nothing was written"):
        if not console.is_terminal or os.environ.get("CI"):
            return audit(request)
        columns = (TextColumn("Auditing"), BarColumn(), MofNCompleteColumn(), TextColumn("exports"))
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=None)
            return audit(request, lambda done, number: progress.update(task, completed=done, total=number))


def _deliver(result: AuditResult, report: ReportFormat, output: Path | None) -> None:
    if output is not None:
        write_report(output, FORMATS[report](result))
        show_tree(partial(tree.draw, result), sys.stderr)
    elif report is ReportFormat.tree:
        show_tree(partial(tree.draw, result), sys.stdout)
    else:
        print_text(FORMATS[report](result), sys.stdout)
        for stack in result.failed:
            if stack.error is not None:
                print_text(f"dataops: {one_line(stack.error.message)}\n", sys.stderr)
