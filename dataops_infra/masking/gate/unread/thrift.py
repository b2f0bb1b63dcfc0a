"""Structures of Thrift's compact protocol as they stand in a file, without a description of what they mean.

Whoever describes a structure reads the fields that he knows. To see what else stands there, all of them are read.
Source: thrift-compact-protocol.md of Apache Thrift.
"""

import struct
from collections.abc import Callable
from typing import Any

Struct = dict[int, Any]
"""Number of a field -> its value: int, bool, float, bytes, a list of such, or another structure."""

DEEPEST = 16
"""Structures inside each other; Parquet has 6."""
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_LONG, _LONGEST_NUMBER = 15, 10


class MalformedError(ValueError):
    """Bytes that are no such structure, or say something twice."""


class CompactReader:
    """Reads one structure after the other."""

    def __init__(self, data: bytes | memoryview, place: int = 0) -> None:
        self._data = data
        self.place = place
        """Where the next structure begins."""
        self._read: dict[int, Callable[[int], Any]] = {
            _TRUE: lambda _depth: self._number() == 1,  # an item of a list: fields have their value in the type
            _FALSE: lambda _depth: self._number() == 1,
            _BYTE: lambda _depth: self._byte(),
            _I16: lambda _depth: self._signed(),
            _I32: lambda _depth: self._signed(),
            _I64: lambda _depth: self._signed(),
            _DOUBLE: lambda _depth: struct.unpack("<d", self._bytes(8))[0],
            _BINARY: lambda _depth: self._bytes(self._number()),
            _LIST: self._list,
            _SET: self._list,
            _MAP: self._map,
            _STRUCT: self.structure,
        }

    def structure(self, depth: int = 0) -> Struct:
        """The next structure.

        :raises MalformedError: there is none.
        """
        if depth > DEEPEST:
            raise MalformedError
        found: Struct = {}
        number = 0
        while head := self._byte():
            kind, step = head & 0x0F, head >> 4
            number = number + step if step else self._signed()
            if number in found:
                raise MalformedError
            found[number] = kind == _TRUE if kind in {_TRUE, _FALSE} else self._value(kind, depth + 1)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind not in self._read:
            raise MalformedError
        return self._read[kind](depth)

    def _list(self, depth: int) -> list[Any]:
        if depth > DEEPEST:
            raise MalformedError
        head = self._byte()
        size, kind = head >> 4, head & 0x0F
        size = self._number() if size == _LONG else size
        if size > len(self._data) - self.place:
            raise MalformedError
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[Any]:
        size = self._number()
        if depth > DEEPEST or size > len(self._data) - self.place:
            raise MalformedError
        kinds = self._byte() if size else 0
        return [(self._value(kinds >> 4, depth + 1), self._value(kinds & 0x0F, depth + 1)) for _ in range(size)]

    def _signed(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)

    def _number(self) -> int:
        found = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            found |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return found
        raise MalformedError

    def _byte(self) -> int:
        if self.place >= len(self._data):
            raise MalformedError
        self.place += 1
        return self._data[self.place - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self._data) - self.place:
            raise MalformedError
        self.place += size
        return bytes(self._data[self.place - size : self.place])
