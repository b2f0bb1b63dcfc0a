"""Structures of the compact protocol: all fields are read, and nothing but structures is."""

import pytest

from dataops_infra.masking.gate.unread.thrift import DEEPEST, CompactReader, MalformedError

GOOD = {
    "nothing": (b"\x00", {}),
    "numbers": (b"\x15\x03\x16\x04\x14\x01\x00", {1: -2, 2: 2, 3: -1}),
    "a byte, and a field by its own number": (b"\x13\x07\x03\x28\x09\x00", {1: 7, 20: 9}),
    "true and false": (b"\x11\x12\x00", {1: True, 2: False}),
    "a double": (b"\x17" + b"\0\0\0\0\0\0\xf8\x3f" + b"\x00", {1: 1.5}),
    "bytes": (b"\x18\x03abc\x00", {1: b"abc"}),
    "lists": (b"\x19\x25\x02\x04\x1a\x11\x01\x00", {1: [1, 2], 2: [True]}),
    "a long list": (b"\x19\xf2\x10" + b"\x02" * 16 + b"\x00", {1: [False] * 16}),
    "a map": (b"\x1b\x01\x85\x01a\x02\x1b\x00\x00", {1: [(b"a", 1)], 2: []}),
    "a structure": (b"\x1c\x15\x02\x00\x15\x04\x00", {1: {1: 1}, 2: 2}),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_structures_are_read(data: bytes, expected: dict[int, object]) -> None:
    reader = CompactReader(data + b"more")
    assert reader.structure() == expected
    assert reader.place == len(data)


BAD = {
    "no end": b"\x15\x02",
    "a field twice": b"\x15\x02\x05\x02\x02\x00",
    "an unknown type": b"\x1d\x00",
    "a number without end": b"\x15" + b"\xff" * 11,
    "bytes that are not there": b"\x18\x7fabc\x00",
    "a list that is not there": b"\x19\xf5\x7f\x00",
    "a map that is not there": b"\x1b\x7f\x55\x00",
    "too deep": b"\x1c" * (DEEPEST + 2),
    "lists too deep": b"\x19" + b"\x19" * (DEEPEST + 2),
    "maps too deep": b"\x1b" + b"\x01\xbb" * (DEEPEST + 2),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_structure_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        CompactReader(data).structure()
