"""``token``: an opaque code in place of every value; whole numbers stay whole numbers."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from dataops_infra.conventions.base import Model
from dataops_infra.masking.cmac import Words
from dataops_infra.masking.ff1 import FF1
from dataops_infra.masking.layouts import is_text, is_text_or_bytes
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.tokens import BITS, MAXIMUM_LENGTH, UNIQUE_LENGTH, draw_never_own, token_bytes, token_text

MINIMUM_LENGTH = 10
CODE_BYTES = 16
"""Bytes that stand in place of a value of a column of bytes."""
MINIMUM_BYTES = 10
"""Least width of a column of bytes of fixed size: 80 bits, as a token of 16 characters has."""
INTEGER_TYPES = (pa.int32(), pa.int64(), pa.uint32(), pa.uint64())
"""Smaller ones hold fewer than 10^6 numbers: their codes could be tried out (SP 800-38G revision 1)."""
RANGES = ((0, 31), (2**31, 31), (2**32, 63), (2**63, 63))
"""Where ranges of numbers begin, and the bits of the permutation of each.

A number stays within its range, so it gets the same replacement in every type that can hold it and joins survive
between a 32-bit key and a 64-bit one (ADR 0107).
"""


class TokenOptions(Model):
    """How long a token is."""

    length: int = Field(
        default=UNIQUE_LENGTH,
        ge=MINIMUM_LENGTH,
        le=MAXIMUM_LENGTH,
        description="Characters of a token for text, 5 bits each; below 16 two values may come to share one.",
    )


class TextToken:
    """Codes in base 32 for text."""

    def __init__(self, key: DomainKey, length: int) -> None:
        self._key, self._length = key, length

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """A token for each text."""
        return draw_never_own(values, self._key, lambda some, key: token_text(some, key, self._length))


class BytesToken:
    """Codes as they are for bytes."""

    def __init__(self, key: DomainKey, width: int) -> None:
        self._key, self._width = key, width

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """A code for each value."""
        return draw_never_own(values, self._key, lambda some, key: token_bytes(some, key, self._width))


class IntegerToken:
    """A permutation without fixed points of each range of whole numbers; negative ones stay negative."""

    def __init__(self, key: DomainKey) -> None:
        self._up = tuple(key.ff1(2, bits, tweak=f"token/{start}".encode()) for start, bits in RANGES)
        self._down = tuple(key.ff1(2, bits, tweak=f"token/-{start}".encode()) for start, bits in RANGES)

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - looks at no other column
        """Another number of its range for each."""
        nulls = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
        numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
        negative = numbers < 0
        if not negative.any():
            replaced = _within_ranges(self._up, numbers.astype(np.uint64))
        else:
            # ~x maps -1, -2, ... to 0, 1, ... and back.
            replaced = np.empty(len(numbers), np.uint64)
            replaced[~negative] = _within_ranges(self._up, numbers[~negative].astype(np.uint64))
            replaced[negative] = ~_within_ranges(self._down, (~numbers[negative]).astype(np.uint64))
        return pa.array(replaced.astype(numbers.dtype), values.type, mask=nulls)


def _ranges(numbers: Words) -> Iterator[tuple[int, npt.NDArray[np.bool_] | slice]]:
    """Each range that occurs: its place in :data:`RANGES`, and which numbers are in it."""
    if not len(numbers):
        return
    starts = np.array([start for start, _ in RANGES[1:]], np.uint64)
    first, last = np.searchsorted(starts, [numbers.min(), numbers.max()], side="right").tolist()
    if first == last:  # as mostly
        yield first, slice(None)
        return
    places = np.searchsorted(starts, numbers, side="right")
    for place in np.flatnonzero(np.bincount(places, minlength=len(RANGES))):
        yield int(place), places == place


def _range_size(place: int) -> int:
    end = RANGES[place + 1][0] if place + 1 < len(RANGES) else 2**64
    return end - RANGES[place][0]


def _within_ranges(permutations: tuple[FF1, ...], numbers: Words) -> Words:
    replaced = np.empty_like(numbers)
    for place, inside in _ranges(numbers):
        start = np.uint64(RANGES[place][0])
        replaced[inside] = permutations[place].cycle(numbers[inside] - start, _range_size(place)) + start
    return replaced


def _spaces(values: pa.Array, options: Model) -> npt.NDArray[np.float64]:
    assert isinstance(options, TokenOptions)
    if is_text_or_bytes(values.type):
        bits = BITS * options.length if is_text(values.type) else 8 * MINIMUM_BYTES
        return np.full(len(values), 2.0**bits)
    numbers = values.fill_null(0).to_numpy()
    spaces = np.empty(len(numbers))
    for place, inside in _ranges(np.where(numbers < 0, ~numbers, numbers).astype(np.uint64)):
        spaces[inside] = _range_size(place)
    return spaces


def _accepts(kind: pa.DataType) -> bool:
    if pa.types.is_fixed_size_binary(kind):
        return bool(kind.byte_width >= MINIMUM_BYTES)
    return is_text_or_bytes(kind) or kind in INTEGER_TYPES


def _build(setting: Setting) -> Operator:
    assert isinstance(setting.options, TokenOptions)
    if is_text(setting.type):
        return TextToken(setting.key, setting.options.length)
    if pa.types.is_fixed_size_binary(setting.type):
        return BytesToken(setting.key, setting.type.byte_width)
    if is_text_or_bytes(setting.type):
        return BytesToken(setting.key, CODE_BYTES)
    return IntegerToken(setting.key)


SPEC = OperatorSpec(
    name="token",
    summary="Puts an opaque code in place of every value; a whole number becomes another whole number.",
    outcome=Outcome.REPLACED,
    build=_build,
    accepts=_accepts,
    accepted="text, bytes (10 or more) and whole numbers of 32 or 64 bits (take shift_date for dates and times, "
    "redact or generalise for decimals, floats and smaller numbers)",
    options=TokenOptions,
    injective=lambda options: isinstance(options, TokenOptions) and options.length >= UNIQUE_LENGTH,
    spaces=_spaces,
)
