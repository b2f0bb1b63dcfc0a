"""Arrow IPC: the file format (.arrow, .feather) and the stream format (.arrows)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.formats.base import bounded, checked, reading
from dataops_infra.masking.formats.metadata import safe_schema
from dataops_infra.masking.formats.own_values import own_values
from dataops_infra.masking.formats.spreading import spread_rows
from dataops_infra.masking.leaves import without_views
from dataops_infra.masking.stores import StorePath, input_file, output_file

SUFFIXES = (".arrow", ".feather", ".ipc", ".arrows")
KIND = "Arrow IPC"
_FILE_MAGIC = b"ARROW1"
_BLOCKS = 4 + 2 * 3
"""Where a table's list of fields tells of its fourth."""
_FRAMES = {b"\x04\x22\x4d\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd"}


class ArrowFile:
    """One Arrow IPC file or stream."""

    kind = KIND

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path, KIND):
            with input_file(path) as file:
                self.is_stream = file.read(len(_FILE_MAGIC)) != _FILE_MAGIC
            with self._open() as reader:
                self.stored_schema = safe_schema(reader.schema)
        self.schema = _without_coded_views(self.stored_schema)

    @property
    def rows(self) -> int | None:
        """How many rows it has, which a stream does not tell."""
        if self.is_stream:
            return None
        with reading(self.path, KIND), self._open() as reader:
            return sum(int(reader.get_batch(n).num_rows) for n in range(reader.num_record_batches))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order."""
        with reading(self.path, KIND), self._open() as reader:
            schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
            for batch in bounded(self._stored(reader)):
                chosen = batch if columns is None else batch.select(list(columns))
                plain = [_recoded(*each) for each in zip(chosen.columns, schema.types, strict=True)]
                yield pa.RecordBatch.from_arrays(plain, schema=schema)

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`: its types say what a dictionary is."""
        return self.batches(columns)

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, texts checked."""
        return checked(self.batches(columns), self.path)

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """As :meth:`batches`, which are small."""
        return self.batches(columns)

    def sample(self, rows: int) -> pa.Table:
        """Rows from all over the file, always the same ones; all are checked, as none can be taken out of damaged ones.

        :raises MaskingError: texts are not UTF-8.
        """
        return spread_rows(checked(self.batches(), self.path), self.schema, rows)

    def writer(self, target: Path) -> "ArrowWriter":
        """A writer of the same of the two formats, with this file's compression."""
        return ArrowWriter(target, self)

    def compression(self) -> str | None:
        """The codec of its first batch: each compressed buffer is its length in 8 bytes, then a frame of the codec."""
        with reading(self.path, KIND), input_file(self.path) as file:
            if self.is_stream:
                found = (each for each in pa.ipc.MessageReader.open_stream(file) if each.type == "record batch")
                message = next(found, None)
            else:
                message = _first_batch(file)
            return None if message is None or message.body is None else _FRAMES.get(message.body.to_pybytes()[8:12])

    def _open(self) -> Any:
        opened = pa.ipc.open_stream if self.is_stream else pa.ipc.open_file
        return opened(input_file(self.path) if isinstance(self.path, StorePath) else pa.memory_map(str(self.path)))

    def _stored(self, reader: Any) -> Iterator[pa.RecordBatch]:
        numbers = range(0 if self.is_stream else reader.num_record_batches)
        for batch in reader if self.is_stream else map(reader.get_batch, numbers):
            batch.validate()  # of buffers that are too short even the size of a batch cannot be asked
            yield batch


def _without_coded_views(schema: pa.Schema) -> pa.Schema:
    """``schema`` with plain texts in dictionaries of views, which Arrow can hardly compute with; polars writes them."""
    fields = [
        field.with_type(pa.dictionary(kind.index_type, without_views(kind.value_type), kind.ordered))
        if pa.types.is_dictionary(kind := field.type)
        else field
        for field in schema
    ]
    return pa.schema(fields, schema.metadata)


def _recoded(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A dictionary with its entries in the layout of ``kind``; any other column as it is."""
    if column.type == kind or not pa.types.is_dictionary(kind):
        return column
    return pa.DictionaryArray.from_arrays(
        column.indices, column.dictionary.cast(kind.value_type), ordered=column.type.ordered
    )


def _first_batch(file: Any) -> Any:
    """The message of a file's first record batch, None where it has none.

    Found by the footer as readers do: what polars writes between the magic and the first batch is no stream. The footer
    is a FlatBuffers table whose fourth field is the list of blocks (Arrow's File.fbs); a block begins with its offset.
    """

    def number(at: int, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(footer[at : at + size], "little", signed=signed)

    end = file.size() - len(_FILE_MAGIC) - 4
    file.seek(end)
    length = int.from_bytes(file.read(4), "little")
    file.seek(max(end - length, 0))
    footer = file.read(length)
    table = number(0, 4)
    fields = table - number(table, 4, signed=True)
    place = number(fields + _BLOCKS, 2) if number(fields, 2) > _BLOCKS else 0
    blocks = table + place + number(table + place, 4)
    if not place or not number(blocks, 4):
        return None
    file.seek(number(blocks + 4, 8))
    return pa.ipc.read_message(file)


class ArrowWriter:
    """Writes nothing but the values of the rows; dictionaries only ever grow, as the file format demands."""

    def __init__(self, target: Path, like: ArrowFile) -> None:
        options = pa.ipc.IpcWriteOptions(compression=like.compression(), emit_dictionary_deltas=True)
        opened = pa.ipc.new_stream if like.is_stream else pa.ipc.new_file
        self._schema = like.stored_schema
        self._sink = output_file(target)
        self._writer = opened(self._sink, self._schema, options=options)
        self._dictionaries: dict[str, pa.Array] = {}

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``."""
        columns = [
            own_values(name, column, self._grown)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        stored = [_recoded(*each) for each in zip(columns, self._schema.types, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(stored, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._sink.close()

    abort = close

    def _grown(self, path: str, column: pa.DictionaryArray) -> pa.DictionaryArray:
        """``column`` over the dictionary of the file so far, with its new values behind."""
        known = self._dictionaries.get(path)
        if known is None or not len(known):
            self._dictionaries[path] = known = column.dictionary.unique()
        new = column.dictionary.unique()
        new = new.filter(pc.invert(pc.is_in(new, known)))
        if len(new):
            self._dictionaries[path] = known = pa.concat_arrays([known, new])
        places = pc.index_in(column.dictionary, known)
        return pa.DictionaryArray.from_arrays(
            places.take(column.indices).cast(column.type.index_type), known, ordered=column.type.ordered
        )
