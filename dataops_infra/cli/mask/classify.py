"""``dataops mask classify``: what each column holds and what is to be done with it, as a plan for review."""

import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dataops_infra.cli.mask.installed import check_installed
from dataops_infra.conventions import Conventions, load_conventions
from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import ContractError, FileError, InvalidInputError, MaskingError

if TYPE_CHECKING:
    from dataops_infra.conventions.contracts import DatasetContract
    from dataops_infra.masking.plan import Plan

REPORT_SCHEMA = "dataops.mask-classify/v1"

HELP = """\
Classify a dataset: what each column holds, what is done with it and why, as a plan (YAML) that people review in git.

Contracts decide first, then names, values and lists of names; what nothing recognises is masked. At most 500 values
of a column are looked at, and none is ever shown.

\b
Exit code 0: the plan was written, or is there already as it would be written
          2: it was not: wrong input, or the file holds another plan

\b
Examples:
  dataops mask classify data/ --output plan.yaml
  dataops mask classify data/ --output plan.yaml --contract contracts/
  dataops mask classify customers.parquet --output plan.yaml --k 5
"""


class ClassifyFormat(StrEnum):
    """How the decisions are printed."""

    text = "text"
    json = "json"


SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="A file, a folder with one file or sub-folder per table, or a URI.")
]
WorkDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where tables of a URI lie meanwhile, private; the system's place for it."),
]
OutputFile = Annotated[Path, typer.Option("--output", "-o", metavar="PLAN.yaml", help="Where the plan is written.")]
ContractFiles = Annotated[
    list[Path] | None,
    typer.Option("--contract", metavar="FILE", help="A dataset contract, or a folder of them. Repeatable."),
]
PresidioVote = Annotated[
    bool, typer.Option("--presidio", help="Let presidio's recognisers vote on what nothing else knows (extra ner).")
]
K = Annotated[
    int | None,
    typer.Option("--k", min=2, help="Generalise quasi-identifiers until so many rows share them; else only propose."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a plan that is there, with what people changed.")]
ConventionsFile = Annotated[Path | None, typer.Option(metavar="FILE", help="This file, not the nearest dataops.yaml.")]
FormatOption = Annotated[ClassifyFormat, typer.Option("--format", help="text or json.")]


def register(app: typer.Typer) -> None:
    """Add the command ``classify`` to ``app``."""
    app.command("classify", help=HELP)(run)


def run(
    source: SourceArgument,
    output: OutputFile,
    contract: ContractFiles = None,
    presidio: PresidioVote = False,
    k: K = None,
    overwrite: Overwrite = False,
    conventions: ConventionsFile = None,
    report: FormatOption = ClassifyFormat.text,
    work_dir: WorkDir = None,
) -> None:
    """Classify, show the decisions, write the plan unless another one is there."""
    check_installed()
    from dataops_infra.masking.background import in_background
    from dataops_infra.masking.classify import Choices, classify
    from dataops_infra.masking.moving import fetched
    from dataops_infra.masking.partitions import masked_partitions
    from dataops_infra.masking.places import open_place
    from dataops_infra.masking.plan_changes import plan_changes
    from dataops_infra.masking.plan_writing import write_plan
    from dataops_infra.masking.sources import open_source
    from dataops_infra.masking.stated_limits import stated_of
    from dataops_infra.reporting.escaping import one_line
    from dataops_infra.reporting.writing import check_writable

    rules = load_conventions(Path.cwd(), conventions, os.environ).conventions
    given = [*(contract or ()), *([conventions] if conventions else [])]
    place = open_place(source)
    check_writable(output, given, data=[place.path] if place.path else [], replaces=_is_plan, kind="plan")
    contracts = _contracts(contract or (), rules)
    with fetched(place, work_dir) as path:
        choices = Choices(presidio=presidio, k=k)
        opened = open_source(path)
        plan = in_background(lambda: classify(opened, contracts, rules.classification, choices))
        left_out = stated_of(opened).left_out
        partitions = masked_partitions(plan, opened.file_names)
    before = _existing_plan(output, overwrite)
    changes = [] if before is None else plan_changes(before, plan)
    # Reasons and scores hang on the sample: a plan that differs in nothing else is the same.
    is_another = before is not None and bool(changes)
    is_written = before is None or (overwrite and is_another)
    if is_written:
        write_plan(plan, output)
    for name, what in left_out.items():
        typer.echo(f"left out: {one_line(name)}, {what}", err=True)
    for problem in partitions if is_written or not is_another else ():
        typer.echo(f"{shown_path(output)}: {one_line(str(problem))}", err=True)
    _show(report, place.shown, output, plan, changes, is_written)
    if is_another and not overwrite:
        raise MaskingError(
            f"{shown_path(output)} holds another plan, which was not touched; "
            "change it by hand, or give --overwrite to lose what people changed in it"
        )


def _is_plan(path: Path) -> bool:
    """Whether the file says that it is a plan, or is one although it does not say so."""
    from dataops_infra.errors import PlanError
    from dataops_infra.masking.plan import read_plan
    from dataops_infra.reporting.replacing import is_plan

    if is_plan(path):
        return True
    try:
        return bool(read_plan(path).tables)
    except PlanError:
        return False


def _existing_plan(output: Path, overwrite: bool) -> "Plan | None":
    from dataops_infra.errors import PlanError
    from dataops_infra.masking.plan import read_plan

    if not output.is_file() or not output.stat().st_size:
        return None
    try:
        return read_plan(output)
    except PlanError:
        if overwrite:
            return None
        raise InvalidInputError(
            "--output", "a new file, or a plan without mistakes (with --overwrite this one is lost)", shown_path(output)
        ) from None


def _contracts(paths: Iterable[Path], rules: Conventions) -> "Sequence[DatasetContract]":
    """The contracts in files and folders; every mistake of all of them at once."""
    from dataops_infra.conventions.contract_files import check_contracts, read_contract

    found: list[DatasetContract] = []
    errors: list[FileError] = []
    for path in paths:
        if path.is_dir():
            right, wrong = check_contracts(path, rules)
            if not right and not wrong:
                raise InvalidInputError("--contract", "a folder with dataset contracts (*.yaml)", shown_path(path))
            found += right
            errors += wrong
            continue
        try:
            found.append(read_contract(path, rules))
        except ContractError as error:
            errors.append(error)
    if errors:
        raise FileError.all(errors)
    return found


def _show(
    report: ClassifyFormat, source: str, output: Path, plan: "Plan", changes: Sequence[str], is_written: bool
) -> None:
    from dataops_infra.cli.mask import decisions

    if report is ClassifyFormat.json:
        import json

        document: dict[str, Any] = {
            "schema": REPORT_SCHEMA,
            "source": source,
            "output": shown_path(output),
            "written": is_written,
            "planHash": plan.digest,
            "changes": list(changes),
            "plan": plan.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }
        typer.echo(json.dumps(document, indent=2))
        return
    decisions.show(plan, changes, sys.stdout)
    said = "written" if is_written else "unchanged" if not changes else "not written"
    typer.echo(f"{shown_path(output)}: {said}; {decisions.summary(plan)}")
