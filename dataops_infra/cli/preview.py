"""``dataops preview``: run a Pulumi program without a cloud and show what it would make and every rule it breaks."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console

from dataops_infra.cli.days import AsOf, today
from dataops_infra.errors import PreviewError
from dataops_infra.pack_folders import PACKS, bound_pack, pack_folder
from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports import FORMATS, tree
from dataops_infra.preview.reports.naming import counted, failure_details, failure_message
from dataops_infra.preview.run import PreviewRequest, preview
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.writing import check_writable, write_report

WIDEST = 160
"""Columns beyond which a report on a wide terminal is harder to read, not easier."""


class EngineName(StrEnum):
    """Who runs the program."""

    embedded = "embedded"
    pulumi = "pulumi"


class ReportFormat(StrEnum):
    """The forms of a report."""

    tree = "tree"
    json = "json"
    sarif = "sarif"
    junit = "junit"
    github = "github"
    html = "html"


HELP = """\
Show what a Pulumi program would deploy and every rule it breaks, with file, line and fix.

No cloud, no credentials and no Pulumi CLI are needed.

\b
Exit code 0: fine (advisories are allowed)
          1: a mandatory rule is broken
          2: the preview could not be made

\b
Examples:
  dataops preview --stack dev --policy-pack tagging
  dataops preview infra -s prod --format sarif --output preview.sarif
  dataops preview -s dev --policy-pack ./rules --policy-pack-config r.json
  dataops preview -s dev --config size=3 --answers answers.yaml
  dataops preview -s dev --policy-pack tagging --engine pulumi
"""

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A folder at or below Pulumi.yaml.")]
StackName = Annotated[
    str | None, typer.Option("--stack", "-s", help="The stack; may be left out where there is only one.")
]
PackNames = Annotated[
    list[str] | None, typer.Option(help="A pack of ours by name, or the folder of any pack. Repeatable.")
]
PackConfigs = Annotated[
    list[str] | None, typer.Option(help='A JSON or YAML file per --policy-pack, in their order; "" for none.')
]
ConfigValues = Annotated[
    list[str] | None, typer.Option("--config", "-c", metavar="KEY=VALUE", help="Stack configuration. Repeatable.")
]
EngineOption = Annotated[
    EngineName, typer.Option(help="embedded needs neither CLI nor cloud; pulumi runs the real CLI.")
]
FormatOption = Annotated[ReportFormat, typer.Option("--format", help="The form of the report.")]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the report here; the tree is shown all the same.")
]
AnswersFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Answers to provider functions that only a cloud knows.")
]
StackOutputsFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Outputs of the stacks that this one refers to.")
]
ConventionsFile = Annotated[Path | None, typer.Option(metavar="FILE", help="This file, not the nearest dataops.yaml.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, metavar="SECONDS", help="Stop a preview that takes longer.")]
Organization = Annotated[str | None, typer.Option(help="The organization that the stack belongs to.")]


def register(app: typer.Typer) -> None:
    """Add the command ``preview`` to ``app``."""
    app.command("preview", help=HELP)(run)


def run(
    directory: Directory = Path(),
    stack: StackName = None,
    policy_pack: PackNames = None,
    policy_pack_config: PackConfigs = None,
    config: ConfigValues = None,
    engine: EngineOption = EngineName.embedded,
    report: FormatOption = ReportFormat.tree,
    output: OutputFile = None,
    answers: AnswersFile = None,
    stack_outputs: StackOutputsFile = None,
    conventions: ConventionsFile = None,
    as_of: AsOf = None,
    timeout: Timeout = None,
    organization: Organization = None,
) -> None:
    """What the command line says becomes a request; exits with the result's exit code."""
    if output is not None:
        named = (answers, stack_outputs, conventions, *(Path(each) for each in policy_pack_config or () if each))
        check_writable(output, [each for each in named if each is not None])
    request = PreviewRequest(
        directory=directory,
        stack=stack,
        packs=tuple(policy_pack or ()),
        pack_configs=tuple(policy_pack_config or ()),
        config=tuple(config or ()),
        engine="embedded" if engine is EngineName.embedded else "pulumi",
        answers=answers,
        stack_outputs=stack_outputs,
        conventions=conventions,
        as_of=as_of or today(),
        timeout=timeout,
        organization=organization,
    )
    result = _run_with_progress(_with_our_packs(request) if request.packs else request)
    _deliver(result, report, output)
    raise typer.Exit(result.exit_code)


def _with_our_packs(request: PreviewRequest) -> PreviewRequest:
    """The request with our own packs by name; the real CLI needs them bound to this Python."""
    find = pack_folder if request.engine == "embedded" else bound_pack
    return replace(
        request,
        known_packs={name: partial(find, name) for name in PACKS},
        rules_config={name: partial(_pack_config, name) for name in PACKS},
    )


def _pack_config(name: str, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    # Imports the policy SDK, which only the real CLI's config is worth waiting for.
    from dataops_infra.policy.packs import pack_config

    return pack_config(name, document)


def _run_with_progress(request: PreviewRequest) -> PreviewResult:
    """The preview, with a count of resources on a terminal and nothing in CI."""
    console = Console(stderr=True)
    with termination_as_interrupt():
        try:
            if not console.is_terminal or os.environ.get("CI"):
                return preview(request)
            with console.status("Previewing…") as status:
                return preview(request, lambda number: status.update(f"Previewing… {counted(number, 'resource')}"))
        except KeyboardInterrupt:
            raise PreviewError("the preview was interrupted; nothing was written") from None


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """CI systems stop a job with SIGTERM: it cleans up what Ctrl-C cleans up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _deliver(result: PreviewResult, report: ReportFormat, output: Path | None) -> None:
    if output is not None:
        write_report(output, FORMATS[report](result))
        show_tree(partial(tree.draw, result), sys.stderr)
    elif report is ReportFormat.tree:
        show_tree(partial(tree.draw, result), sys.stdout)
    else:
        print_text(FORMATS[report](result), sys.stdout)
        if result.error is not None:
            place = f"{result.error.source}: " if result.error.source else ""
            lines = [f"dataops: {place}{failure_message(result.error)}", *failure_details(result.error)]
            print_text("".join(f"{one_line(line)}\n" for line in lines), sys.stderr)


def show_tree(draw: Callable[..., str], stream: TextIO) -> None:
    """Print a report drawn for ``stream``: as wide as its terminal, with colours and signs that it can show.

    :param draw: makes the text of ``width``, ``color`` and ``ascii_only``.
    """
    console = Console(file=stream)
    width = min(console.width, WIDEST) if console.is_terminal else tree.PLAIN_WIDTH
    color = console.color_system is not None and not console.no_color
    ascii_only = not (stream.encoding or "ascii").lower().replace("-", "").startswith("utf")
    print_text(draw(width=width, color=color, ascii_only=ascii_only), stream)


def print_text(text: str, stream: TextIO) -> None:
    """Write ``text`` in the stream's encoding; what that has no character for is spelt as an escape."""
    encoding = stream.encoding or "ascii"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
