"""The manifest: what a masked copy was made by, and what the gate found. Holds no value of the data and no clock.

Two runs over the same data with the same plan and key give the same manifest, byte for byte.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from dataops_infra import __version__
from dataops_infra.masking.binding import options_of
from dataops_infra.masking.detection.independent import detectors
from dataops_infra.masking.detection.ner import model_version
from dataops_infra.masking.gate.model import GateReport
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.text import TextOptions
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.pools import pool_hashes

SCHEMA: Literal["dataops.mask/v1"] = "dataops.mask/v1"
FOLDER_MANIFEST = "_manifest.json"
"""Its name inside a target that is a folder."""


def manifest_path(target: Path) -> Path:
    """Where the manifest of ``target`` stands: inside a folder, beside a file as ``<stem>_manifest.json``."""
    if target.is_dir():
        return target / FOLDER_MANIFEST
    return target.with_name(f"{target.name.partition('.')[0]}{FOLDER_MANIFEST}")


def fingerprint(file: Path) -> dict[str, Any]:
    """What tells a copy that is one file from any other, also from the one that stood there before it.

    :raises OSError: it cannot be read.
    """
    with file.open("rb") as content:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}


def make_manifest(
    plan: Plan,
    key_id: str,
    rows: Mapping[str, int],
    gate: GateReport,
    file: Mapping[str, Any] | None = None,
    subset: Mapping[str, Any] | None = None,
    loaded: Collection[str] | None = None,
) -> dict[str, Any]:
    """The manifest as plain data, in the form of ``manifest.schema.json``.

    :param rows: table -> its rows.
    :param file: the :func:`fingerprint` of a copy that is one file.
    :param subset: which rows of its source the copy has (:meth:`.Subset.recorded`); None = all.
    :param loaded: the tables that a database took in; None = all.
    """
    columns = [column for table in plan.tables.values() for column in table.columns.values()]
    named: dict[str, Any] = {n: dict(told) for n, told in (("file", file), ("subset", subset)) if told is not None}
    if loaded is not None:
        named["loaded"] = sorted(loaded)
    return {
        **named,
        "schema": SCHEMA,
        "planHash": plan.digest,
        "keyId": key_id,
        "poolHashes": pool_hashes(sorted({name for column in columns for name in _pools(column)})),
        "detector": _detector(columns),
        "tables": {name: {"rows": rows[name], "columns": described_columns(plan, name)} for name in plan.tables},
        "gate": {"verdict": gate.verdict.value, "checks": described_checks(gate)},
    }


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """The manifest as it is written."""
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def described_checks(gate: GateReport) -> list[dict[str, Any]]:
    """How the manifest tells what the gate found."""
    return [_check(check) for check in gate.checks]


def described_columns(plan: Plan, table: str) -> dict[str, dict[str, Any]]:
    """Column -> how the manifest tells what became of it."""
    return {path: _column(plan, table, path) for path in plan.tables[table].columns}


def _column(plan: Plan, table: str, path: str) -> dict[str, Any]:
    column = plan.tables[table].columns[path]
    spec = OPERATORS[column.operator]
    return {
        "operator": spec.name,
        "domain": plan.domain_of(table, path) if spec.keyed else None,
        "injective": spec.injective(options_of(column)),
    }


def _check(check: Any) -> dict[str, Any]:
    found = {
        "name": check.name,
        "verdict": check.verdict.value,
        "observed": check.observed,
        "allowed": check.allowed,
        "table": check.table,
        "column": check.column,
    }
    return {name: value for name, value in found.items() if value is not None}


def _pools(column: ColumnPlan) -> tuple[str, ...]:
    name = getattr(options_of(column), "pool", None)
    return (str(getattr(name, "value", name)),) if name is not None else ()


def _detector(columns: list[ColumnPlan]) -> dict[str, str]:
    """What looked for personal data in texts, with the versions: of the gate first, then of the operators."""
    asked = detectors()
    name = next(iter(asked))
    found = {"name": name, "version": asked[name], **asked, "dataops-infra": __version__}
    if any(column.operator == "presidio" for column in columns):
        found["presidio-anonymizer"] = importlib.metadata.version("presidio-anonymizer")
    for options in map(options_of, columns):
        if isinstance(options, TextOptions) and options.ner:
            found["model"] = model_version(options.model)
    return found
