"""A source with fewer rows: the same files, of which only the chosen rows are read. Nothing is written for it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.formats.base import DataFile, Writer
from dataops_infra.masking.formats.spreading import spread_rows
from dataops_infra.masking.gate.values import Flags
from dataops_infra.masking.leaves import taken
from dataops_infra.masking.sources import Source, SourceTable


class SelectedFile:
    """One file, of which only some rows are read.

    :param chosen: which rows of the file.
    """

    def __init__(self, data: DataFile, chosen: Flags) -> None:
        self._data = data
        self._bits: npt.NDArray[np.uint8] = np.packbits(chosen)  # a million rows in 125 kB for as long as a run lasts
        self.rows = int(np.count_nonzero(chosen))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._data.path

    @property
    def kind(self) -> str:
        """Its format in words."""
        return self._data.kind

    @property
    def schema(self) -> pa.Schema:
        """Columns and their types."""
        return self._data.schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The chosen rows in order.

        :raises MaskingError: the file is damaged.
        """
        return self._selected(self._data.batches(columns))

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where columns that the file holds as dictionaries may come as such."""
        return self._selected(self._data.encoded_batches(columns))

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, in the layout that is read quickest; texts are checked."""
        return self._selected(self._data.quick_batches(columns))

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where few are asked for."""
        return self._selected(self._data.first_batches(rows, columns))

    def sample(self, rows: int) -> pa.Table:
        """Chosen rows from all over the file, always the same ones."""
        return spread_rows(self.batches(), self.schema, rows)

    def writer(self, target: Path) -> Writer:
        """What writes a file of this format and layout."""
        return self._data.writer(target)

    def _selected(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        first = 0
        for batch in batches:
            places = np.flatnonzero(self._flags(first, batch.num_rows))
            first += batch.num_rows
            if len(places) == batch.num_rows:
                yield batch
            elif len(places):
                numbers = pa.array(places)
                columns = [taken(column, numbers) for column in batch.columns]
                yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _flags(self, first: int, number: int) -> Flags:
        begin = first // 8
        bits = np.unpackbits(self._bits[begin : -(-(first + number) // 8)])
        return bits[first - 8 * begin :][:number].astype(np.bool_)


def selected(source: Source, chosen: Mapping[str, Flags], rows_of_files: Mapping[str, Sequence[int]]) -> Source:
    """``source`` with nothing but the chosen rows; a file none of whose rows is chosen has none.

    :param chosen: table -> which of its rows, in the order of its files.
    :param rows_of_files: table -> how many rows each of its files has.
    """
    tables = {name: _table(table, chosen[name], rows_of_files[name]) for name, table in source.tables.items()}
    return Source(source.path, tables)


def _table(table: SourceTable, chosen: Flags, rows_of_files: Sequence[int]) -> SourceTable:
    ends = np.cumsum(rows_of_files)
    parts = np.split(chosen, ends[:-1]) if len(ends) else []
    files = [
        dataclasses.replace(file, data=SelectedFile(file.data, part))
        for file, part in zip(table.files, parts, strict=True)
    ]
    return dataclasses.replace(table, files=tuple(files))
