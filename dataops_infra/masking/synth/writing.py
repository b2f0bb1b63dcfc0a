"""Files of synthetic rows, a chunk of rows in memory at a time, and the manifest that says how they were made."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.pools import pool_hashes
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.synth.building import Table
from dataops_infra.masking.synth.specs import TableSpec
from dataops_infra.masking.synth.streams import all_rows

SCHEMA: Literal["dataops.synth/v1"] = "dataops.synth/v1"
GENERATOR = 1
"""What rows are made by: another number makes other rows from the same contracts and seed."""
CHUNK = 131_072
"""Rows that are made and written at a time."""


class SynthFormat(StrEnum):
    """The format of the files."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"


class _Writer(Protocol):
    def write(self, rows: pa.RecordBatch) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


def write_table(table: Table, folder: Path, form: SynthFormat, progress: Progress) -> None:
    """Make all rows of ``table`` and write them to a file of its name in ``folder``.

    :raises OSError: it cannot be written.
    """
    writer = _WRITERS[form](folder / f"{table.name}.{form.value}", table.schema)
    try:
        for first in range(0, table.rows, CHUNK):
            number = min(CHUNK, table.rows - first)
            writer.write(made_rows(table, first, number))
            progress.advance(number)
    finally:
        writer.close()


def made_rows(table: Table, first: int, number: int) -> pa.RecordBatch:
    """Some rows of a table; the same ones, whichever others are made."""
    rows = all_rows(first, number)
    return pa.RecordBatch.from_arrays([column.of(rows) for column in table.columns.values()], schema=table.schema)


def synth_manifest(tables: Sequence[Table], specs: Sequence[TableSpec], seed: int, form: SynthFormat) -> dict[str, Any]:
    """How the rows were made: no clock, so equal rows have equal manifests."""
    files = {id(spec.source): spec.source for spec in specs}.values()
    contracts = {
        file.contract.name: {
            "version": file.contract.version,
            "sha256": hashlib.sha256(file.path.read_bytes()).hexdigest(),
        }
        for file in files
    }
    return {
        "schema": SCHEMA,
        "generator": GENERATOR,
        "seed": seed,
        "format": form.value,
        "contracts": contracts,
        "poolHashes": pool_hashes(pool for table in tables for pool in table.pools),
        "tables": {table.name: {"rows": table.rows, "columns": len(table.columns)} for table in tables},
    }


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """The manifest as it is written."""
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, rows: pa.RecordBatch) -> None:
        self._writer.write_batch(rows)

    def close(self) -> None:
        self._writer.close()


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._file.write(pl.DataFrame(pl.from_arrow(schema.empty_table())).write_csv().encode())

    def write(self, rows: pa.RecordBatch) -> None:
        frame = pl.DataFrame(pl.from_arrow(rows))
        self._file.write(frame.write_csv(include_header=False, quote_style="necessary").encode())

    def close(self) -> None:
        self._file.close()


class _JsonLines:
    def __init__(self, path: Path, _schema: pa.Schema) -> None:
        self._file = path.open("wb")

    def write(self, rows: pa.RecordBatch) -> None:
        self._file.write(pl.DataFrame(pl.from_arrow(rows)).write_ndjson().encode())

    def close(self) -> None:
        self._file.close()


_WRITERS: Mapping[SynthFormat, Callable[[Path, pa.Schema], _Writer]] = {
    SynthFormat.parquet: _Parquet,
    SynthFormat.csv: _Csv,
    SynthFormat.jsonl: _JsonLines,
}
