"""Tables in memory, offered as files are: for tests of what only reads."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa

from dataops_infra.masking.formats.base import Writer
from dataops_infra.masking.sources import Source, SourceFile, SourceTable


class MemoryFile:
    """A part of a table, as a file that cannot be written."""

    kind = "memory"

    def __init__(self, table: pa.Table, batch_rows: int = 7) -> None:
        self.path, self.table, self._batch_rows = Path("memory"), table, batch_rows

    @property
    def rows(self) -> int | None:
        """As of a file that only reading tells the length of."""
        return None

    @property
    def schema(self) -> pa.Schema:
        """Columns and their types."""
        return self.table.schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows, in small batches."""
        table = self.table if columns is None else self.table.select(list(columns))
        yield from table.to_batches(max_chunksize=self._batch_rows)

    encoded_batches = quick_batches = batches

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The same: they are small."""
        return self.batches(columns)

    def sample(self, rows: int) -> pa.Table:
        """The first rows."""
        return self.table.slice(0, rows)

    def writer(self, target: Path) -> Writer:
        """Not asked for."""
        raise NotImplementedError(target)


def memory_source(tables: Mapping[str, pa.Table], files: int = 2) -> Source:
    """A source of these tables, each cut into so many files."""
    return Source(Path("nowhere"), {name: _table(name, table, files) for name, table in tables.items()})


def _table(name: str, table: pa.Table, files: int) -> SourceTable:
    share = -(-table.num_rows // files) if table.num_rows else 1
    parts = [table.slice(n * share, share) for n in range(files)]
    made = [
        SourceFile(Path(f"{name}{n}"), PurePosixPath(f"{name}/{n}"), MemoryFile(part), (0, 0, 0))
        for n, part in enumerate(parts)
    ]
    return SourceTable(name, table.schema, tuple(made))


def rows_in(source: Source, table: str) -> list[dict[str, object]]:
    """All rows of a table as plain data."""
    found: list[dict[str, object]] = []
    for batch in source.tables[table].batches():
        found += batch.to_pylist()
    return found
