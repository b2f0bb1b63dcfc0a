"""Where everything stands in an Arrow IPC file or stream, and what stands there that readers pass over.

Messages and the footer are FlatBuffers tables; numbers of fields are those of Arrow's Message.fbs and File.fbs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dataops_infra.masking.gate.unread.model import BETWEEN, DESCRIPTIONS, ENTRIES, Unread

MAGIC = b"ARROW1"
_FIRST = 8
"""Where the first message of a file begins."""
_BLOCK = 24
"""Bytes of a footer's entry: offset (8), bytes of metadata (4, padded to 8), bytes of the body (8)."""
_SCHEMA, _DICTIONARY, _BATCH = "schema", "dictionary", "record batch"
_CUSTOM, _HEADER = 4, 2
"""Fields of a message: metadata of anybody's choice, and what the message is."""


_WORD = re.compile(rb"[\x20-\x7e]{4,}|[^\0]{12,}")
"""What is no number or offset."""


@dataclass(frozen=True)
class Table:
    """A FlatBuffers table in ``data``."""

    data: memoryview
    place: int

    @classmethod
    def root(cls, data: memoryview) -> "Table":
        """The table that a buffer begins with."""
        return cls(data, int.from_bytes(data[:4], "little"))

    def field(self, number: int) -> int:
        """Where a field stands, 0 = it is not there."""
        fields = self.place - self._number(self.place, 4)
        at = 4 + 2 * number
        offset = self._number(fields + at, 2) if at < self._number(fields, 2) else 0
        return self.place + offset if offset else 0

    def table(self, number: int) -> "Table":
        """A field that is a table."""
        place = self.field(number)
        return Table(self.data, place + self._number(place, 4))

    def integer(self, number: int, size: int) -> int:
        """A field that is a number, 0 where it is not there."""
        place = self.field(number)
        return self._number(place, size) if place else 0

    def pairs(self, number: int, size: int) -> Iterator[memoryview]:
        """The entries of a list of structures of ``size`` bytes."""
        place = self.field(number)
        if place:
            start = place + self._number(place, 4)
            for each in range(self._number(start, 4)):
                yield self.data[start + 4 + each * size :][:size]

    def _number(self, place: int, size: int) -> int:
        return int.from_bytes(self.data[place : place + size], "little", signed=size > 2)


def passed_over(file: Any, *, is_stream: bool) -> Iterator[Unread]:
    """What readers of ``file``, of pyarrow and at its beginning, pass over."""
    messages = _of_stream(file) if is_stream else _of_file(file)
    is_new: dict[int, bool] = {}
    """Number of a dictionary -> whether no batch came since."""
    for message in messages:
        if isinstance(message, Unread):
            yield message
            continue
        head = Table.root(memoryview(message.metadata))
        if head.field(_CUSTOM) and message.type != _BATCH:  # those of batches are looked at as metadata
            yield Unread(None, DESCRIPTIONS)
        if message.type == _SCHEMA:
            continue
        own = head.table(_HEADER)
        if message.type == _DICTIONARY:
            if is_new.get(own.integer(0, 8)) and not own.integer(2, 1):
                yield Unread(None, ENTRIES)
            is_new[own.integer(0, 8)] = True
            own = own.table(1)
        else:
            is_new = dict.fromkeys(is_new, False)
        if _has_gaps(own, message.body):
            yield Unread(None, BETWEEN)
    if is_stream and any(is_new.values()):
        yield Unread(None, ENTRIES)


def _of_stream(file: Any) -> Iterator[Any]:
    reader = pa.ipc.MessageReader.open_stream(file)
    yield from reader
    if file.read(1):
        yield Unread(None, BETWEEN)


def _of_file(file: Any) -> Iterator[Any]:
    end = file.size() - len(MAGIC) - 4
    file.seek(end)
    length = int.from_bytes(file.read(4), "little")
    file.seek(end - length)
    footer = Table.root(memoryview(file.read(length)))
    if footer.field(4):
        yield Unread(None, DESCRIPTIONS)
    spans = [(0, _FIRST), _schema_at_start(file)]
    first = end - length
    for number in (2, 3):
        for block in footer.pairs(number, _BLOCK):
            start, head, body = (int.from_bytes(block[a:b], "little") for a, b in ((0, 8), (8, 12), (16, 24)))
            spans.append((start, start + head + body))
            first = min(first, start)
            file.seek(start)
            yield pa.ipc.read_message(file)
    if _says_no_more(file, spans[1][1], first, bytes(footer.data)):
        spans.append((_FIRST, first))
    yield from _gaps(file, [*spans, (end - length, end)])


def _schema_at_start(file: Any) -> tuple[int, int]:
    """The span of the message with the schema, which readers of files take from the footer."""
    file.seek(0)
    stored = pa.ipc.open_file(file).schema
    file.seek(_FIRST)
    try:
        found = pa.ipc.read_message(file)
        is_same = found.type == _SCHEMA and pa.ipc.read_schema(found).equals(stored, check_metadata=True)
    except (pa.ArrowException, OSError, EOFError):
        is_same = False
    return (_FIRST, file.tell() if is_same else _FIRST)


def _says_no_more(file: Any, start: int, end: int, footer: bytes) -> bool:
    """Whether all words in front of the first batch stand in the footer: polars writes no message there."""
    file.seek(start)
    return end - start <= 2 * len(footer) + _FIRST and all(
        word in footer for word in _WORD.findall(file.read(end - start))
    )


def _gaps(file: Any, spans: list[tuple[int, int]]) -> Iterator[Unread]:
    place = 0
    for start, stop in sorted(spans):
        if start > place:
            file.seek(place)
            # Zeros are padding, and the end of a stream is four bytes of 255 and four of zero.
            if file.read(start - place).strip(b"\0\xff"):
                yield Unread(None, BETWEEN)
        place = max(place, stop)


def _has_gaps(batch: Table, body: Any) -> bool:
    """Whether anything but zeros stands in a message's body outside of its buffers."""
    place, data = 0, memoryview(body if body is not None else b"")
    spans = sorted(
        (int.from_bytes(each[:8], "little"), int.from_bytes(each[8:], "little")) for each in batch.pairs(2, 16)
    )
    for start, size in [*spans, (len(data), 0)]:
        if start > place and bytes(data[place:start]).strip(b"\0"):
            return True
        place = max(place, start + size)
    return False
