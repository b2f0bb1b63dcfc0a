"""Opaque replacements drawn from a domain's codes: text of a fixed width, bytes of a fixed width."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.cmac import CHUNK_ROWS, Words
from dataops_infra.masking.layouts import byte_lengths, is_text, null_rows, with_offsets
from dataops_infra.masking.prf import DomainKey

ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
"""Base 32 (RFC 4648 §6) in small letters: safe in host names, file names and URLs, and no case to lose."""
BITS = 5
"""Bits that a character holds."""
MAXIMUM_LENGTH = 26
"""Characters that hold the 128 bits of a code."""
UNIQUE_LENGTH = 16
"""From 80 bits on two of 100 M values share a token in fewer than one of 10^8 runs (birthday bound n^2 / 2^81)."""

Draw = Callable[[pa.Array, DomainKey], pa.Array]
"""(values, key) -> replacements."""


def draw_never_own(values: pa.Array, key: DomainKey, draw: Draw) -> pa.Array:
    """Replacements of which none is its own input; an empty value has nothing to hide and stays empty.

    What comes out equal is drawn again with a key of its own, so a replacement hangs on nothing but its value.
    """
    drawn, attempt = draw(values, key), 0
    while (own := _own(values, drawn)) is not None:
        attempt += 1
        wide = with_offsets(values)  # views can be neither filtered nor taken
        again = draw(wide.filter(pa.array(own)), key.sub(f"again/{attempt}"))
        places = np.arange(len(values))
        places[own] = len(values) + np.arange(len(again))
        drawn = pa.concat_arrays([with_offsets(drawn), again]).take(pa.array(places)).cast(values.type)
    return drawn


def token_text(values: pa.Array, key: DomainKey, length: int, suffix: bytes = b"") -> pa.Array:
    """``length`` characters of :data:`ALPHABET` and ``suffix`` for each text; null and empty stay what they are."""
    codes, width = key.cmac(values), length + len(suffix)
    text = np.empty(len(values) * width, np.uint8)
    for start in range(0, len(values), CHUNK_ROWS):
        some = codes[start : start + CHUNK_ROWS]
        _write_rows(text[start * width : (start + len(some)) * width], _base32(some, length), length, suffix)
    return _fixed_width(text.reshape(-1, width), values)


def token_bytes(values: pa.Array, key: DomainKey, width: int) -> pa.Array:
    """``width`` pseudorandom bytes for each value; null and empty stay what they are."""
    parts = [key.cmac(values)]
    parts += [key.sub(f"bytes/{number}").cmac(values) for number in range(1, -(-width // 16))]
    matrix = np.concatenate(parts, axis=1).astype(">u8").view(np.uint8)[:, :width]
    return _fixed_width(np.ascontiguousarray(matrix), values)


def _base32(codes: Words, length: int) -> list[Words]:
    """The first characters of each code, eight to a word, the first of them the most significant."""
    high, low = np.ascontiguousarray(codes[:, 0]), np.ascontiguousarray(codes[:, 1])
    eights = [high >> np.uint64(24), (high & np.uint64(0xFFFFFF)) << np.uint64(16) | low >> np.uint64(48)]
    if length > 16:
        eights += [low >> np.uint64(8) & np.uint64(0xFFFFFFFFFF), (low & np.uint64(0xFF)) << np.uint64(32)]
    return [_characters(eight) for eight in eights[: -(-length // 8)]]


def _characters(bits: Words) -> Words:
    """40 bits as eight characters: each five bits go to a byte of their own, then all bytes to letters at once."""
    for group, shift in ((20, 12), (10, 6), (5, 3)):
        upper = bits >> np.uint64(group)
        upper &= np.uint64(_lanes((1 << group) - 1, 16 * group // 5))
        upper *= np.uint64((1 << group + shift) - (1 << group))  # by so much it counts for more higher up
        bits = np.add(bits, upper, out=upper)
    digits = bits + np.uint64(_lanes(128 - 26, 8))
    digits >>= np.uint64(7)
    digits &= np.uint64(_lanes(1, 8))  # what stands for 26 and more
    digits *= np.uint64(ord("a") + 26 - ord("2"))
    bits += np.uint64(_lanes(ord("a"), 8))
    bits -= digits
    return bits


def _lanes(value: int, width: int) -> int:
    """``value`` in each lane of ``width`` bits of a word."""
    return sum(value << shift for shift in range(0, 64, width))


def _write_rows(text: npt.NDArray[np.uint8], words: list[Words], length: int, suffix: bytes) -> None:
    """Fill rows of ``length`` characters and the suffix; items that lie across words are faster than their bytes."""
    width, rows = length + len(suffix), len(words[0])
    for number, word in enumerate(words):
        count = min(8, length - 8 * number)
        column = np.ndarray((rows,), f"V{count}", text, offset=8 * number, strides=(width,))
        column[:] = np.ndarray((rows,), f"V{count}", word.byteswap(), strides=(8,))
    if suffix:
        np.ndarray((rows,), f"V{len(suffix)}", text, offset=length, strides=(width,))[:] = np.void(suffix)


def _fixed_width(rows: npt.NDArray[np.uint8], values: pa.Array) -> pa.Array:
    """Rows of bytes as an array of ``values``' type, null and empty where ``values`` is."""
    kind = values.type
    if pa.types.is_fixed_size_binary(kind):
        return pa.Array.from_buffers(kind, len(rows), [_validity(values), pa.py_buffer(rows)])
    offsets = np.zeros(len(rows) + 1, np.int64)
    kept = byte_lengths(with_offsets(values)) > 0
    np.cumsum(kept * rows.shape[1], out=offsets[1:])
    data = pa.py_buffer(rows if kept.all() else rows[kept])
    if (pa.types.is_string(kind) or pa.types.is_binary(kind)) and offsets[-1] < 2**31:
        return pa.Array.from_buffers(kind, len(rows), [_validity(values), pa.py_buffer(offsets.astype(np.int32)), data])
    wide = pa.large_string() if is_text(kind) else pa.large_binary()
    return pa.Array.from_buffers(wide, len(rows), [_validity(values), pa.py_buffer(offsets), data]).cast(kind)


def _validity(values: pa.Array) -> pa.Buffer | None:
    if not values.null_count:
        return None
    return pa.array(~null_rows(values)).buffers()[1]


def _own(values: pa.Array, drawn: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Which values came out as they went in; None = none."""
    values, drawn = with_offsets(values), with_offsets(drawn)
    lengths = byte_lengths(values)
    maybe = np.flatnonzero((lengths == byte_lengths(drawn)) & (lengths > 0))
    if not len(maybe):
        return None
    some = pa.array(maybe)
    equal = pc.fill_null(pc.equal(values.take(some), drawn.take(some)), False).to_numpy(zero_copy_only=False)
    own = np.zeros(len(values), np.bool_)
    own[maybe[equal]] = True
    return own if own.any() else None
