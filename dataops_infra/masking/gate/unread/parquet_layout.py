"""Where everything stands in a Parquet file: what its footer and the heads of its pages say, read field by field.

Source: parquet.thrift of apache/parquet-format, whose numbers of fields these are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dataops_infra.masking.gate.unread.thrift import CompactReader, MalformedError, Struct

MAGIC = b"PAR1"
_TAIL = 8
"""Bytes behind a footer: its length in four, then the magic."""
_HEAD_BYTES = 4096
"""So much is read of a page to find the end of its head, and sixteen times as much where that is not enough."""
_LARGEST_HEAD = 16 * 1024 * 1024

_DICTIONARY_PAGE = 2
_DATA_PAGES = {0: 5, 3: 8}
"""Kinds of pages with values -> the field of a page's head that is of this kind, and in it that of statistics."""
_PAGE_HEAD = frozenset({1, 2, 3, 4, 5, 7, 8})
_STEP = 1024 * 1024

_TEXT = True
_STATISTICS = {1: _TEXT, 2: _TEXT, **dict.fromkeys((3, 4)), 5: _TEXT, 6: _TEXT, **dict.fromkeys((7, 8, 9))}
_CHUNK_METADATA = {
    **dict.fromkeys((1, 4, 5, 6, 7, 9, 10, 11, 14, 15)),
    2: [None],
    3: [_TEXT],
    12: _STATISTICS,
    13: [dict.fromkeys((1, 2, 3))],
    16: {1: None, 2: [None], 3: [None]},
}
_CHUNK = {**dict.fromkeys((2, 4, 5, 6, 7)), 3: _CHUNK_METADATA}
_ROW_GROUP = {1: [_CHUNK], 4: [dict.fromkeys((1, 2, 3))], **dict.fromkeys((2, 3, 5, 6, 7))}
_NOTHING: dict[int, Any] = {}
_UNITS = {1: _NOTHING, 2: _NOTHING, 3: _NOTHING}
_LOGICAL = {
    **dict.fromkeys((1, 2, 3, 4, 6, 11, 12, 13, 14, 15), _NOTHING),
    5: dict.fromkeys((1, 2)),
    7: {1: None, 2: _UNITS},
    8: {1: None, 2: _UNITS},
    10: dict.fromkeys((1, 2)),
    16: {1: None},
}
_COLUMN = {**dict.fromkeys(range(1, 10)), 4: _TEXT, 10: _LOGICAL}
_FOOTER = {
    **dict.fromkeys((1, 3)),
    2: [_COLUMN],
    4: [_ROW_GROUP],
    5: [{1: _TEXT, 2: _TEXT}],
    6: _TEXT,
    7: [{1: _NOTHING, 2: _NOTHING}],
}
"""What a footer may hold, and what is looked at elsewhere: metadata and the name of the writer by ``foreign-metadata``,
paths and names by ``schema-equal``. None stands for a number, True for a text."""


@dataclass
class Chunk:
    """One column of one row group, as the file describes it."""

    place: int
    """Which of the file's leaves it is of."""
    metadata: Struct
    dictionary: bytes | None = None
    """Its dictionary's entries as they are stored, uncompressed."""
    entries: int = 0
    """How many entries its dictionary says it has."""
    extremes: list[bytes] = field(default_factory=list)
    """Least and greatest values: of the chunk, of each page, and of the page index."""
    values: int = 0
    """How many values its pages say they have, nulls and empty lists among them."""
    strange: int = 0
    """Pages that no reader reads, and entries of heads that none shows."""

    @property
    def physical(self) -> int:
        """The number of its physical type."""
        return int(self.metadata[1])

    @property
    def start(self) -> int:
        """Where its first page begins."""
        stated = [self.metadata.get(11), self.metadata[9]]  # 0 = no such page
        return int(min(filter(None, stated), default=len(MAGIC)))

    @property
    def end(self) -> int:
        """Where its last page ends."""
        return self.start + int(self.metadata[7])


class ParquetLayout:
    """An open Parquet file as spans of bytes."""

    def __init__(self, file: Any) -> None:
        """:param file: of pyarrow, to be read in any order.

        :raises MalformedError: it is no Parquet file, or its footer is not what the format says.
        """
        self._file, self.size = file, int(file.size())
        tail = self.read(self.size - _TAIL, _TAIL)
        length = int.from_bytes(tail[:4], "little")
        self.footer_start = self.size - _TAIL - length
        if tail[4:] != MAGIC or self.footer_start < len(MAGIC):
            raise MalformedError
        reader = CompactReader(self.read(self.footer_start, length))
        self.footer = reader.structure()
        self.unknown = unknown(self.footer, _FOOTER) + (reader.place != length)
        """Entries of the footer that the format does not know, or that nobody looks at."""
        self.indexes = 0
        """Bloom filters."""
        self._spans = [(0, len(MAGIC))]
        self._behind: dict[int, Struct] = {}
        """End of a chunk -> what the footer says of it."""

    @property
    def names(self) -> set[str]:
        """The names of all columns and of the groups around them."""
        return {column[4].decode("utf-8", "replace") for column in self.footer[2]}

    @property
    def row_groups(self) -> list[Struct]:
        """What the footer says of each row group."""
        found: list[Struct] = self.footer[4]
        return found

    def widths(self) -> list[int]:
        """Bytes of each leaf's values, 0 where its type says it, or where they differ."""
        return [int(column.get(2, 0)) for column in self.footer[2] if not column.get(5)]

    def chunks(self, row_group: Struct) -> Iterator[Chunk]:
        """The columns of a row group, with all that their pages' heads say.

        :raises MalformedError: a page is none.
        """
        for place, stated in enumerate(row_group[1]):
            chunk = Chunk(place, stated[3])
            self._spans.append((chunk.start, chunk.end))
            self._behind[chunk.end] = chunk.metadata
            chunk.extremes += _extremes(stated[3].get(12, {}))
            self._walk(chunk)
            self._look_at_indexes(stated, chunk)
            yield chunk

    def gaps(self) -> int:
        """How many runs of bytes in front of the footer belong to nothing and are not zero; all was looked at before.

        Some writers repeat behind a chunk what the footer says of it.
        """
        found, end = 0, 0
        for start, stop in sorted([*self._spans, (self.footer_start, self.size)]):
            if start > end and end in self._behind:
                end += self._repeated(end, start - end)
            found += any(self.read(each, min(_STEP, start - each)).strip(b"\0") for each in range(end, start, _STEP))
            end = max(end, stop)
        return found

    def _repeated(self, end: int, size: int) -> int:
        """How many bytes behind a chunk say the same as the footer."""
        reader = CompactReader(self.read(end, min(size, _LARGEST_HEAD)))
        try:
            is_same = reader.structure() == self._behind[end]
        except MalformedError:
            return 0
        return reader.place if is_same else 0

    def read(self, place: int, size: int) -> bytes:
        """Some bytes of the file; fewer at its end.

        :raises MalformedError: there is no such place.
        """
        if place < 0 or size < 0:
            raise MalformedError
        self._file.seek(min(place, self.size))
        found: bytes = self._file.read(min(size, max(self.size - place, 0)))
        return found

    def _structure(self, place: int) -> tuple[Struct, int]:
        """A structure, and where it ends."""
        size = _HEAD_BYTES
        while True:
            data = self.read(place, size)
            reader = CompactReader(data)
            try:
                return reader.structure(), place + reader.place
            except MalformedError:
                if len(data) < size or size >= _LARGEST_HEAD:
                    raise
                size *= 16

    def _walk(self, chunk: Chunk) -> None:
        place = chunk.start
        while place < chunk.end:
            head, body = self._structure(place)
            kind, stored = head[1], head[3]
            chunk.strange += len(head.keys() - _PAGE_HEAD)
            if _DATA_PAGES.get(kind) in head:
                number = _DATA_PAGES[kind]
                chunk.values += head[number][1]
                statistics = head[number].get(number, {})
                chunk.strange += unknown(statistics, _STATISTICS) + len(head[number].keys() - set(range(1, number + 1)))
                chunk.extremes += _extremes(statistics)
            elif kind == _DICTIONARY_PAGE and place == chunk.start and 7 in head:
                chunk.dictionary = self._uncompressed(body, stored, head[2], chunk.metadata[4])
                chunk.entries = head[7][1]
            else:
                chunk.strange += 1
            if stored < 0 or body + stored > chunk.end:
                raise MalformedError
            place = body + stored

    def _look_at_indexes(self, stated: Struct, chunk: Chunk) -> None:
        if 14 in stated[3]:
            self.indexes += 1
            head, body = self._structure(stated[3][14])
            self._spans.append((stated[3][14], body + head[1]))
        if stated.get(7):
            index, end = self._structure(stated[6])
            self._spans.append((stated[6], stated[6] + stated[7]))
            chunk.strange += len(index.keys() - set(range(1, 8))) + (end != stated[6] + stated[7])
            for is_null, *both in zip(index[1], index[2], index[3], strict=True):
                chunk.extremes += [] if is_null else filter(None, both)
                chunk.strange += is_null and any(both)
        if stated.get(5):
            index, end = self._structure(stated[4])
            self._spans.append((stated[4], stated[4] + stated[5]))
            chunk.strange += len(index.keys() - {1, 2}) + (end != stated[4] + stated[5])

    def _uncompressed(self, place: int, stored: int, size: int, codec: int) -> bytes:
        data = self.read(place, stored)
        if codec == _UNCOMPRESSED:
            return data
        if codec == _HADOOP_LZ4:  # each block: its length uncompressed and compressed, four bytes each
            data, codec = data[8:], _RAW_LZ4
        if codec not in _CODECS or size < 0:
            raise MalformedError
        try:
            found: bytes = pa.Codec(_CODECS[codec]).decompress(data, size, asbytes=True)
        except (pa.ArrowException, OSError):
            raise MalformedError from None
        return found


_UNCOMPRESSED, _HADOOP_LZ4, _RAW_LZ4 = 0, 5, 7
_CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", _RAW_LZ4: "lz4_raw"}


def _extremes(statistics: Struct) -> list[bytes]:
    """Least and greatest values, by the former numbers of the fields too; empty texts tell nothing."""
    return [statistics[number] for number in (1, 2, 5, 6) if statistics.get(number)]


def unknown(value: Any, known: Any) -> int:
    """How many entries of a structure are not what ``known`` says: a structure, a list, a number or a text."""
    if isinstance(known, Mapping):
        if not isinstance(value, dict):
            return 1
        return sum(unknown(each, known[number]) if number in known else 1 for number, each in value.items())
    if isinstance(known, list):
        return sum(unknown(each, known[0]) for each in value) if isinstance(value, list) else 1
    return int(isinstance(value, bytes) is not (known is _TEXT) or isinstance(value, (dict, list)))
