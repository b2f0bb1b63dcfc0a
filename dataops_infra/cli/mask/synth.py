"""``dataops mask synth``: tables of invented rows, made from dataset contracts alone."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dataops_infra.cli.interruption import interruptible
from dataops_infra.cli.mask.changing import Change
from dataops_infra.cli.mask.installed import check_installed
from dataops_infra.cli.mask.run import watched
from dataops_infra.conventions import load_conventions
from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.contract_files import contract_files
from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.progress import PUBLISHING, Progress
from dataops_infra.masking.synth.making import SynthRequest, SynthResult, synthesise
from dataops_infra.masking.synth.writing import SynthFormat
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.json_text import json_text

HELP = """\
Make tables of invented rows from dataset contracts: types, limits, patterns, enumerations, keys and foreign keys.

No data is read. The same contracts, rows and seed make the same files on every machine. TARGET is made in one step,
with a manifest; whatever contradicts itself in a contract is told with its line, and nothing is made.

\b
Exit code 0: the tables are made
          2: they cannot be

\b
Examples:
  dataops mask synth contracts/ --rows 10000 --output synthetic/
  dataops mask synth orders.yaml customers.yaml --rows 1000 --rows orders=20000 --seed 7 --output synthetic/
  dataops mask synth orders.yaml --rows 100 --format csv --output synthetic/
"""


Contracts = Annotated[
    list[Path], typer.Argument(metavar="CONTRACT…", help="Dataset contracts, or folders of them.", show_default=False)
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="TARGET", help="The folder that is made.")]
RowsOption = Annotated[
    list[str],
    typer.Option("--rows", metavar="N|TABLE=N", help="Rows of each table, or of one. Repeatable.", show_default=False),
]
Seed = Annotated[int, typer.Option("--seed", help="Another seed makes other rows.")]
FormatOption = Annotated[SynthFormat, typer.Option("--format", help="The format of the files.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace rows that an earlier run made at TARGET.")]
ConventionsFile = Annotated[Path | None, typer.Option(metavar="FILE", help="This file, not the nearest dataops.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the manifest instead of the summary.")]


def register(app: typer.Typer) -> None:
    """Add the command ``synth`` to the group ``mask``."""
    app.command("synth", help=HELP)(run)


def run(
    contracts: Contracts,
    rows: RowsOption,
    output: Output,
    seed: Seed = 0,
    form: FormatOption = SynthFormat.parquet,
    overwrite: Overwrite = False,
    conventions: ConventionsFile = None,
    as_json: AsJson = False,
) -> None:
    """What the command line says becomes a request."""
    check_installed()
    each, of = _rows(rows)
    rules = load_conventions(Path.cwd(), conventions, os.environ).conventions
    request = SynthRequest(_files(contracts), rules, output, each, seed, form, of, overwrite)

    by_then = f"{shown_path(output)} is as it was, or holds the rows already"
    change = Change(PUBLISHING, "nothing was made", by_then)

    def work(progress: Progress) -> SynthResult:
        change.followed = progress
        return synthesise(request, change)

    with interruptible(MaskingError, "the run", change.told):
        result = watched(work)
    sys.stdout.write(json_text(dict(result.manifest)) if as_json else _summary(result))


def _files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = contract_files(path) if path.is_dir() else [path]
        if not inside:
            raise InvalidInputError("CONTRACT", "a folder with dataset contracts", shown_path(path))
        found += inside
    return list(dict.fromkeys(found))


def _rows(stated: list[str]) -> tuple[int, dict[str, int]]:
    """Rows of each table, and of some by name."""
    each, of = None, {}
    for text in stated:
        table, separator, number = text.rpartition("=")
        if not number.isdecimal() or (separator and not table):
            raise InvalidInputError("--rows", "a number, or TABLE=NUMBER", text)
        if table in of if separator else each is not None:
            raise InvalidInputError("--rows", "one number for each table, and one for the others", ", ".join(stated))
        if separator:
            of[table] = int(number)
        else:
            each = int(number)
    if each is None:
        raise InvalidInputError("--rows", "a number for the tables that are not named", ", ".join(stated))
    return each, of


def _summary(result: SynthResult) -> str:
    lines = [f"{'table':<32} {'rows':>14}"]
    lines += [f"{one_line(name):<32} {rows:>14,}" for name, rows in result.tables.items()]
    made = f"{sum(result.tables.values()):,} rows with seed {result.request.seed}"
    lines += ["", f"made     {made}", f"tables   {shown_path(result.request.target)}"]
    return "\n".join(lines) + "\n"
