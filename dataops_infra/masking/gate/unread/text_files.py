"""What JSON Lines and compressed text files hold beside their rows: keys, digits, and notes around compressed bytes.

Sources: RFC 1952 (gzip), RFC 8878 (Zstandard).
"""

import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dataops_infra.masking.formats.base import reading
from dataops_infra.masking.formats.jsonl import EXACT_IN_DOUBLE, Shape
from dataops_infra.masking.gate.unread.model import DIGITS, KEYS, NOTES, Unread
from dataops_infra.masking.stores import input_file

_STEP = 1024 * 1024
_EXTRA, _NAME, _COMMENT = 4, 8, 16
_LARGEST_HEAD = 256 * 1024
_ZSTANDARD, _SKIPPED = 0xFD2FB528, range(0x184D2A50, 0x184D2A60)
_DICTIONARY_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)
_REPEATED_BLOCK = 1


def beyond_types(path: str, shape: Shape, kind: pa.DataType | pa.Schema) -> Iterator[Unread]:
    """What was read under a key, or in a line, and is not held by its type: readers leave it out.

    :param path: the key with those above it; '' = the line itself.
    :param shape: what was seen there.
    """
    if isinstance(kind, pa.Schema) or pa.types.is_struct(kind):
        known = {field.name: field.type for field in kind}
        for name, inner in (shape.fields or {}).items():
            if name in known:
                yield from beyond_types(f"{path}.{name}" if path else name, inner, known[name])
            else:
                yield Unread(path or None, KEYS, 1, [name])
    elif pa.types.is_list(kind):
        yield from beyond_types(f"{path}[]", shape.items or Shape(), kind.value_type)
    elif pa.types.is_integer(kind):
        if shape.has_float:
            yield Unread(path, DIGITS)
    elif pa.types.is_floating(kind) and (shape.is_inexact or max(-shape.least, shape.greatest) > EXACT_IN_DOUBLE):
        yield Unread(path, DIGITS)


def around_compressed(file: Any) -> Iterator[Unread]:
    """What stands around the compressed bytes of a text file: names, comments, frames that readers skip.

    :param file: a CSV or JSON Lines file of :mod:`dataops_infra.masking.formats`.
    :raises MaskingError: it cannot be read.
    """
    notes = {".gz": _in_gzip, ".zst": _in_zstandard}.get(file.path.suffix)
    if notes is None:
        return
    with reading(file.path, file.kind), input_file(file.path) as opened:
        found = [note for note in notes(opened) if note and note != file.path.stem.encode()]
    if found:
        yield Unread(None, NOTES, len(found), [note[:64].decode("utf-8", "replace") for note in found[:3]])


def _in_gzip(file: Any) -> Iterator[bytes]:
    data = file.read(_LARGEST_HEAD)
    while data:
        yield from _head_notes(data)
        member, made = zlib.decompressobj(wbits=31), b""
        while not member.eof:
            if not (data or made):
                raise EOFError
            try:
                made = member.decompress(data, _STEP)  # a thousand times as much may be in so many bytes
            except zlib.error:
                raise EOFError from None
            data = member.unused_data if member.eof else member.unconsumed_tail or file.read(_STEP)
        data += file.read(_LARGEST_HEAD)


def _head_notes(data: bytes) -> Iterator[bytes]:
    flags, place = data[3], 10
    if flags & _EXTRA:
        size = int.from_bytes(data[place : place + 2], "little")
        yield data[place + 2 : place + 2 + size]
        place += 2 + size
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            end = data.find(b"\0", place)
            yield data[place : end if end >= 0 else None]
            place = end + 1


def _in_zstandard(file: Any) -> Iterator[bytes]:
    while head := file.read(4):
        magic = int.from_bytes(head, "little")
        if magic in _SKIPPED:
            size = _number(file, 4)
            yield file.read(min(size, _STEP)) or b"\0"
            file.seek(file.tell() + max(size - _STEP, 0))
        elif magic == _ZSTANDARD:
            _skip_frame(file)
        else:
            raise EOFError


def _skip_frame(file: Any) -> None:
    descriptor = _number(file, 1)
    is_single, size = descriptor >> 5 & 1, _SIZE_BYTES[descriptor >> 6]
    head = (0 if is_single else 1) + _DICTIONARY_BYTES[descriptor & 3] + (size or is_single)
    file.seek(file.tell() + head)
    is_last = False
    while not is_last:
        block = _number(file, 3)
        is_last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
        file.seek(file.tell() + (1 if kind == _REPEATED_BLOCK else size))
    if descriptor >> 2 & 1:
        file.seek(file.tell() + 4)


def _number(file: Any, size: int) -> int:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return int.from_bytes(data, "little")
