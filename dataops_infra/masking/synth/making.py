"""From contracts to a folder of synthetic tables, whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.documents import nearest
from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.progress import PUBLISHING, QUIET, Progress
from dataops_infra.masking.publishing import publish, sync
from dataops_infra.masking.staging import staging
from dataops_infra.masking.synth.building import Table, build_tables
from dataops_infra.masking.synth.specs import TableSpec, raise_problems, read_specs
from dataops_infra.masking.synth.writing import SCHEMA, SynthFormat, manifest_text, synth_manifest, write_table

MOST_ROWS = 2**40
"""Rows of a table."""
MOST_SEED = 2**63 - 1


@dataclass(frozen=True)
class SynthRequest:
    """What rows to make.

    :param contracts: the contracts' files.
    :param target: the folder that is made.
    :param rows: rows of each table that ``rows_of`` does not name.
    :param rows_of: table -> its rows.
    """

    contracts: Sequence[Path]
    conventions: Conventions
    target: Path
    rows: int
    seed: int = 0
    form: SynthFormat = SynthFormat.parquet
    rows_of: Mapping[str, int] = field(default_factory=dict)
    is_overwritten: bool = False


@dataclass(frozen=True)
class SynthResult:
    """What was made."""

    request: SynthRequest
    tables: Mapping[str, int]
    """Table -> its rows."""
    manifest: Mapping[str, Any]


def synthesise(request: SynthRequest, progress: Progress = QUIET) -> SynthResult:
    """Make the rows and publish them at ``request.target``.

    :raises FileError: every mistake of every contract.
    :raises InvalidInputError: rows or seed are no such numbers, or a table is named that no contract describes.
    :raises MaskingError: the target cannot be written; nothing is there then.
    """
    specs, tables = plan_tables(request)
    target = request.target.absolute()
    _check_target(target, is_overwritten=request.is_overwritten)
    with staging(target) as folder:
        made = folder / "made"
        made.mkdir()
        progress.begin("Making", sum(table.rows for table in tables))
        try:
            for table in tables:
                write_table(table, made, request.form, progress)
            manifest = synth_manifest(tables, specs, request.seed, request.form)
            (made / FOLDER_MANIFEST).write_text(manifest_text(manifest), encoding="utf-8")
            sync(made)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise MaskingError(
                f"{shown_path(target)} cannot be written ({why}); make room or choose another target; nothing was made"
            ) from None
        progress.begin(PUBLISHING, None)
        publish(made, target, folder / "former")
    return SynthResult(request, {table.name: table.rows for table in tables}, manifest)


def plan_tables(request: SynthRequest) -> tuple[list[TableSpec], list[Table]]:
    """The tables that are made, before any row of them is.

    :raises FileError: every mistake of every contract.
    :raises InvalidInputError: rows or seed are no such numbers, or a table is named that no contract describes.
    """
    _check_numbers(request)
    specs = read_specs(request.contracts, request.conventions)
    raise_problems(specs)
    names = [spec.name for spec in specs]
    unknown = [name for name in request.rows_of if name not in names]
    if unknown:
        expected = f"tables of the contracts ({nearest(unknown[0], names)})"
        raise InvalidInputError("--rows", expected, ", ".join(unknown))
    tables = build_tables(specs, {name: request.rows_of.get(name, request.rows) for name in names}, request.seed)
    for spec, table in zip(specs, tables, strict=True):
        _check_files(spec, table, request.form)
    raise_problems(specs)
    return specs, tables


def _check_numbers(request: SynthRequest) -> None:
    wrong = [
        InvalidInputError("--rows", f"a whole number from 1 to {MOST_ROWS:,}", number)
        for number in (request.rows, *request.rows_of.values())
        if not 1 <= number <= MOST_ROWS
    ]
    if not 0 <= request.seed <= MOST_SEED:
        wrong.append(InvalidInputError("--seed", f"a whole number from 0 to {MOST_SEED}", request.seed))
    if wrong:
        raise InvalidInputError.all(wrong)


def _check_files(spec: TableSpec, table: Table, form: SynthFormat) -> None:
    if not spec.name or "/" in spec.name or "\0" in spec.name or spec.name.startswith((".", "_")):
        said = f"table {spec.name!r} cannot be the name of a file"
        spec.source.say((*spec.at, "name"), said, "call it by letters, digits and _, not beginning with _")
    if form is SynthFormat.csv:
        for column in spec.columns:
            made = table.columns.get(column.name)
            if made is not None and pa.types.is_nested(made.type):
                said = f"{spec.name}.{column.path} is nested, which CSV cannot hold"
                spec.source.say(column.at, said, "choose --format parquet or jsonl")


def _check_target(target: Path, *, is_overwritten: bool) -> None:
    shown = shown_path(target)
    if not target.parent.is_dir():
        raise MaskingError(f"the target's folder {shown_path(target.parent)} does not exist; make it first")
    if target.is_symlink():
        raise MaskingError(f"the target {shown} is a link; name the place itself")
    if not target.exists():
        return
    if not is_overwritten:
        raise MaskingError(f"the target {shown} exists; choose another, or replace former rows with --overwrite")
    if not _is_synthetic(target):
        raise MaskingError(
            f"the target {shown} holds no rows that an earlier run made: it is not overwritten; choose another, or "
            "remove it yourself"
        )


def _is_synthetic(target: Path) -> bool:
    try:
        document = json.loads((target / FOLDER_MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA
