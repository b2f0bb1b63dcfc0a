"""Dataset contracts for tests of synthetic rows, and the rows that are made of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from dataops_infra.conventions.model import Conventions
from dataops_infra.masking.synth.making import SynthRequest, SynthResult, synthesise

CONVENTIONS = Conventions.model_validate({"domains": {"sales": {}}})


def contract(tables: Mapping[str, list[dict[str, Any]]], name: str = "shop") -> dict[str, Any]:
    """A contract of these tables; a column is a mapping with its name and whatever the standard says."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"contract-{name}",
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": "sales",
        "customProperties": [
            {"property": "dataClassification", "value": "internal"},
            {"property": "retentionClass", "value": "standard"},
        ],
        "team": {"name": "x", "members": [{"username": "sales-data", "role": "owner"}]},
        "schema": [{"name": table, "properties": columns} for table, columns in tables.items()],
    }


def write_contract(folder: Path, tables: Mapping[str, list[dict[str, Any]]], name: str = "shop") -> Path:
    """That contract as a file."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(contract(tables, name), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def made(folder: Path, tables: Mapping[str, list[dict[str, Any]]], rows: int = 100, **options: Any) -> SynthResult:
    """Make the tables of such a contract at ``folder / "made"``."""
    path = write_contract(folder, tables)
    return synthesise(SynthRequest([path], CONVENTIONS, folder / "made", rows, **options))


def table_of(folder: Path, name: str) -> pa.Table:
    """A table that was made there as Parquet."""
    return pq.read_table(folder / "made" / f"{name}.parquet")


def column(name: str, kind: str | None, **more: Any) -> dict[str, Any]:
    """A column of a contract: ``synthetic=`` and limits by name, everything else as the standard has it."""
    limits = {key: more.pop(key) for key in list(more) if key in _LIMITS}
    found: dict[str, Any] = {"name": name, **({"logicalType": kind} if kind else {})}
    if "synthetic" in more:
        found["customProperties"] = [{"property": "synthetic", "value": more.pop("synthetic")}]
    if "enum" in more:
        found["enum"] = [{"value": value} for value in more.pop("enum")]
    if "to" in more:
        found["relationships"] = [{"to": more.pop("to")}]
    return found | more | ({"logicalTypeOptions": limits} if limits else {})


_LIMITS = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "pattern", "format", "timezone", "minItems", "maxItems", "uniqueItems",
    }
)  # fmt: skip


def primary(name: str = "id", kind: str = "integer", **more: Any) -> dict[str, Any]:
    """A column that is the primary key."""
    return column(name, kind, primaryKey=True, required=True, **more)
