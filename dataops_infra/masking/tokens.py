"""Opaque replacements drawn from a domain's codes: text of a fixed width, bytes of a fixed width."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.cmac import Words
from dataops_infra.masking.layouts import is_text, with_offsets
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

_PAIRS = np.array([[first, second] for first in ALPHABET for second in ALPHABET], np.uint8).view(np.uint16).reshape(-1)
"""Ten bits -> two characters."""


def draw_never_own(values: pa.Array, key: DomainKey, draw: Draw) -> pa.Array:
    """Replacements of which none is its own input; an empty value has nothing to hide and stays empty.

    What comes out equal is drawn again with a key of its own, so a replacement hangs on nothing but its value.
    """
    drawn, attempt = draw(values, key), 0
    while (own := _own(values, drawn)).any():
        attempt += 1
        again = draw(values.filter(pa.array(own)), key.sub(f"again/{attempt}"))
        places = np.arange(len(values))
        places[own] = len(values) + np.arange(len(again))
        drawn = pa.concat_arrays([drawn, again]).take(pa.array(places))
    return drawn


def token_text(values: pa.Array, key: DomainKey, length: int, suffix: bytes = b"") -> pa.Array:
    """``length`` characters of :data:`ALPHABET` and ``suffix`` for each text; null and empty stay what they are."""
    width = length + len(suffix)
    text = np.empty((len(values), width), np.uint8)
    text[:, :length] = _base32(key.cmac(values), length)
    text[:, length:] = np.frombuffer(suffix, np.uint8)
    return _fixed_width(text, values)


def token_bytes(values: pa.Array, key: DomainKey, width: int) -> pa.Array:
    """``width`` pseudorandom bytes for each value; null and empty stay what they are."""
    parts = [key.cmac(values)]
    parts += [key.sub(f"bytes/{number}").cmac(values) for number in range(1, -(-width // 16))]
    matrix = np.concatenate(parts, axis=1).astype(">u8").view(np.uint8)[:, :width]
    return _fixed_width(np.ascontiguousarray(matrix), values)


def _base32(codes: Words, length: int) -> npt.NDArray[np.uint8]:
    high, low = codes[:, 0], codes[:, 1]
    pairs = np.empty((len(codes), (length + 1) // 2), np.uint16)
    for number in range(pairs.shape[1]):
        start = 2 * BITS * number
        pairs[:, number] = _PAIRS[_ten_bits(high, low, start)]
    return pairs.view(np.uint8)[:, :length]


def _ten_bits(high: Words, low: Words, start: int) -> Words:
    """The bits ``start`` to ``start + 9`` of each code, bit 0 the most significant; zeros behind the last."""
    shift = 118 - start
    if shift >= 64:
        bits = high >> np.uint64(shift - 64)
    elif shift > 54:
        bits = high << np.uint64(64 - shift) | low >> np.uint64(shift)
    else:
        bits = low >> np.uint64(shift) if shift >= 0 else low << np.uint64(-shift)
    return bits & np.uint64(1023)


def _fixed_width(rows: npt.NDArray[np.uint8], values: pa.Array) -> pa.Array:
    """Rows of bytes as an array of ``values``' type, null and empty where ``values`` is."""
    kind = values.type
    if pa.types.is_fixed_size_binary(kind):
        return pa.Array.from_buffers(kind, len(rows), [_validity(values), pa.py_buffer(rows)])
    filled = pc.fill_null(pc.greater(pc.binary_length(with_offsets(values)), 0), False)
    kept = filled.to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(kept * rows.shape[1], out=offsets[1:])
    data = pa.py_buffer(rows if kept.all() else rows[kept])
    wide = pa.large_string() if is_text(kind) else pa.large_binary()
    return pa.Array.from_buffers(wide, len(rows), [_validity(values), pa.py_buffer(offsets), data]).cast(kind)


def _validity(values: pa.Array) -> pa.Buffer | None:
    if not values.null_count:
        return None
    return pa.array(values.is_valid().to_numpy(zero_copy_only=False)).buffers()[1]


def _own(values: pa.Array, drawn: pa.Array) -> npt.NDArray[np.bool_]:
    values, drawn = with_offsets(values), with_offsets(drawn)
    same = pc.and_(pc.equal(values, drawn), pc.greater(pc.binary_length(values), 0))
    own: npt.NDArray[np.bool_] = pc.fill_null(same, False).to_numpy(zero_copy_only=False)
    return own
