"""Tables at hand as a source, without files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow as pa

from dataops_infra.masking.sources import Source, SourceTable


@dataclass(frozen=True)
class TableInMemory:
    """As much of a :class:`SourceTable` as classification asks for."""

    name: str
    data: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """The table's schema."""
        return self.data.schema

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.data.num_rows)

    def sample(self, rows: int) -> pa.Table:
        """The first rows."""
        return self.data.slice(0, rows)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows."""
        yield from (self.data if columns is None else self.data.select(list(columns))).to_batches()


def source_of(tables: Mapping[str, pa.Table]) -> Source:
    """A source of these tables."""
    held = {name: cast(SourceTable, TableInMemory(name, data)) for name, data in tables.items()}
    return Source(Path("memory"), held)
