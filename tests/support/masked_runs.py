"""Small datasets, plans for them, and runs of the masking engine over them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.run import RunRequest, RunResult, run
from dataops_infra.masking.sources import Source, SourceTable, open_source

KEY_BYTES = bytes(range(7, 39))
KEY = MasterKey(KEY_BYTES)

Operators = Mapping[str, str]
"""Path of a leaf, or ``table.path`` -> operator."""


def write_plan(path: Path, source: Path | Source, operators: Operators | None = None, **more: Any) -> Path:
    """A plan for all leaves of ``source``: those of ``operators`` as given, other texts as tokens, the rest kept."""
    opened = source if isinstance(source, Source) else open_source(source)
    chosen = operators or {}
    tables = {
        name: {
            "columns": {
                leaf: _entry(chosen.get(f"{name}.{leaf}", chosen.get(leaf, "token" if is_text(kind) else "keep")))
                for leaf, kind in leaf_types(table.schema).items()
            }
        }
        for name, table in opened.tables.items()
    }
    path.write_text(yaml.safe_dump({"schema": "dataops.mask-plan/v1", "tables": tables, **more}))
    return path


def _entry(operator: str) -> dict[str, str]:
    return {"operator": operator} | ({"classification": "safe"} if operator == "keep" else {})


def is_text(kind: pa.DataType) -> bool:
    """Whether a leaf holds texts, in a dictionary or not."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value))


def mask(folder: Path, source: Path, operators: Operators | None = None, **options: Any) -> RunResult:
    """Mask ``source`` to ``folder / "masked"`` (with the source's suffix if it is a file)."""
    target = folder / ("masked" + ("".join(source.suffixes) if source.is_file() else ""))
    plan = write_plan(folder / "plan.yaml", source, operators)
    return run(replace(RunRequest(plan, source, target, KEY), **options))


def write_people(folder: Path, rows: int = 300, row_group: int = 100) -> Path:
    """A folder with the Parquet tables customers and orders (a sub-folder of two files)."""
    (folder / "orders" / "dt=2026-01-01").mkdir(parents=True)
    customers = pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "email": [f"person{n}@planted.example" for n in range(rows)],
            "city": [f"Plantedville {n % 3}" for n in range(rows)],
            "note": [None if n % 5 == 0 else "" if n % 7 == 0 else f"planted note {n}" for n in range(rows)],
        }
    )
    orders = pa.table(
        {
            "customer": [f"person{n % rows}@planted.example" for n in range(rows)],
            "amount": [n / 4 for n in range(rows)],
        }
    )
    pq.write_table(customers, folder / "customers.parquet", row_group_size=row_group, compression="zstd")
    pq.write_table(orders.slice(0, rows // 2), folder / "orders" / "dt=2026-01-01" / "a.parquet")
    pq.write_table(orders.slice(rows // 2), folder / "orders" / "b.parquet")
    return folder


def rows_of(table: SourceTable) -> pa.Table:
    """All rows of a table."""
    return pa.Table.from_batches(list(table.batches()), table.schema)


def contents(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of every file below ``folder``; a file is its own only entry."""
    if folder.is_file():
        return {folder.name: folder.read_bytes()}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
