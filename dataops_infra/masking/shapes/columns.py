"""Whole columns by one shape: text, and the whole numbers that stand in integer and decimal columns.

Numbers go the way of text, so that a card as ``int64`` and as text stay equal. What is negative is taken by its
complement: -1, -2, … by 0, 1, …, which leaves no second zero.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.shapes.base import Shape
from dataops_infra.masking.shapes.mixed import Mixed
from dataops_infra.masking.shapes.numbers import LEAST_DIGITS
from dataops_infra.masking.shapes.opaque import SPACE, is_spelled_as_token, opaque
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import KeyedPermuter, Permuter, SpaceCounter, Words
from dataops_infra.masking.shapes.text import Mask, Text

INTEGERS = (pa.int32(), pa.int64(), pa.uint32(), pa.uint64())
"""Smaller ones hold fewer than 10^6 numbers."""
CHUNK_ROWS = 65_536
"""Rows that are worked on together. Each chunk walks the few numbers that fall out of their set, at a cost of its own;
more rows leave the caches (measured: 2^15 and 2^17 are slower by a tenth and a quarter)."""
_MIXED = Mixed()


class ShapedColumn:
    """Replaces the values of columns by one shape.

    :param padded: digits that numbers are padded to with zeros, which text of that shape has.
    """

    def __init__(self, shape: Shape, padded: int = LEAST_DIGITS) -> None:
        self._shape, self._padded = shape, padded

    def replace(self, values: pa.Array, key: DomainKey, permuter: KeyedPermuter) -> pa.Array:
        """Other values of the same type, none its own, nulls where nulls stand; empty text stays empty."""
        parts = [
            self._replace(values.slice(start, CHUNK_ROWS), key, permuter) for start in range(0, len(values), CHUNK_ROWS)
        ]
        return pa.concat_arrays(parts) if parts else values

    def _replace(self, values: pa.Array, key: DomainKey, permuter: KeyedPermuter) -> pa.Array:
        if is_text(values.type):
            replaced = self._replace_text(values, key, permuter)
        elif pa.types.is_decimal(values.type):
            replaced = self._replace_decimals(values, permuter)
        else:
            replaced = self._replace_integers(values, permuter)
        return with_nulls_of(values, replaced).cast(values.type)

    def spaces(self, values: pa.Array) -> npt.NDArray[np.float64]:
        """For each value, how many replacements it could have been given."""
        counter = SpaceCounter(len(values))
        if values.type in INTEGERS:
            return self._integer_spaces(_magnitudes(values)[0], _limit(values.type))
        if is_text(values.type):
            text = Text.of(values)
            shaped = self._permute(text, counter)
            counter.spaces[~shaped & (text.lengths > 0)] = SPACE
        else:
            self._permute_numbers(_magnitude_texts(values)[0], counter)
        return counter.spaces

    def _integer_spaces(self, numbers: Words, limit: int) -> npt.NDArray[np.float64]:
        least, wide = _wide(numbers, limit)
        spaces = np.full(len(numbers), float(limit - int(least) + 1))
        counter = SpaceCounter(int(np.count_nonzero(~wide)))
        self._permute_numbers(_to_texts(numbers[~wide]), counter)
        spaces[~wide] = counter.spaces
        return spaces

    def _replace_text(self, values: pa.Array, key: DomainKey, permuter: Permuter) -> pa.Array:
        text = Text.of(values)
        shaped = self._permute(text, permuter)
        replaced = text.array()
        rest = ~shaped & (text.lengths > 0)
        if rest.any():
            # What had no shape was not touched: it still is what it was.
            tokens = opaque(replaced.filter(pa.array(rest)), key)
            replaced = pc.replace_with_mask(replaced, pa.array(rest), tokens)
        return replaced

    def _permute(self, text: Text, permuter: Permuter) -> Mask:
        """Which values of the text were replaced."""
        payload = Payload(text)
        free = ~(payload.foreign | is_spelled_as_token(text))
        replaced = np.zeros(len(text), np.bool_)
        members = self._shape.members(payload)
        for shape, rows in ((self._shape, np.flatnonzero(free & members)), (_MIXED, np.flatnonzero(free & ~members))):
            if len(rows):
                replaced[rows] = shape.replace(payload, rows, permuter)
        payload.write()
        return replaced

    def _replace_integers(self, values: pa.Array, permuter: Permuter) -> pa.Array:
        magnitudes, negative = _magnitudes(values)
        replaced = self._permute_integers(magnitudes, permuter, _limit(values.type))
        return pa.array(np.where(negative, ~replaced, replaced).astype(values.type.to_pandas_dtype()), values.type)

    def _permute_integers(self, numbers: Words, permuter: Permuter, limit: int) -> Words:
        """Numbers up to ``limit``; those with its count of digits are permuted as one, since the type has not all."""
        least, wide = _wide(numbers, limit)
        replaced = numbers.copy()
        ranks = permuter.permute(np.flatnonzero(wide), numbers[wide] - least, limit - int(least) + 1, "wide")
        replaced[wide] = ranks + least
        replaced[~wide] = _to_words(self._permute_numbers(_to_texts(numbers[~wide]), permuter))
        return replaced

    def _replace_decimals(self, values: pa.Array, permuter: Permuter) -> pa.Array:
        texts, negative = _magnitude_texts(values)
        replaced = self._permute_numbers(texts, permuter)
        # 10^p is out of reach of a negative number, so its complement goes on to the next.
        beyond = pa.scalar("9" * values.type.precision, pa.large_string())
        while (over := pc.and_(negative, pc.equal(replaced, beyond)).to_numpy(zero_copy_only=False)).any():
            again = self._permute_numbers(replaced.filter(pa.array(over)), permuter)
            replaced = pc.replace_with_mask(replaced, pa.array(over), again)
        wide = pa.decimal256(values.type.precision + 1)
        numbers = replaced.cast(wide)
        complement = pc.subtract(pc.negate(numbers), _one(wide)).cast(wide)
        return pc.if_else(negative, complement, numbers).cast(values.type)

    def _permute_numbers(self, texts: pa.Array, permuter: Permuter) -> pa.Array:
        padded = pc.utf8_lpad(texts, self._padded, "0")
        text = Text.of(padded)
        payload = Payload(text)
        small = (text.lengths == LEAST_DIGITS) | ~self._shape.members(payload)
        for shape, rows in ((self._shape, np.flatnonzero(~small)), (_MIXED, np.flatnonzero(small))):
            if len(rows):
                shape.replace(payload, rows, permuter)
        payload.write()
        return text.array()


def _wide(numbers: Words, limit: int) -> tuple[np.uint64, Mask]:
    """(the least number with as many digits as ``limit``, which numbers are not below it)."""
    least = np.uint64(10 ** (len(str(limit)) - 1))
    return least, numbers >= least


def _limit(kind: pa.DataType) -> int:
    return int(np.iinfo(kind.to_pandas_dtype()).max)


def _magnitudes(values: pa.Array) -> tuple[Words, Mask]:
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy()
    negative = numbers < 0
    return np.where(negative, ~numbers, numbers).astype(np.uint64), negative


def _magnitude_texts(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    wide = pa.decimal256(values.type.precision + 1)
    numbers = (values.fill_null(0) if values.null_count else values).cast(wide)
    negative = pc.less(numbers, pa.scalar(0, wide))
    complement = pc.subtract(pc.negate(numbers), _one(wide)).cast(wide)
    return pc.if_else(negative, complement, numbers).cast(pa.large_string()), negative


def _one(kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(1, kind)


def _to_texts(numbers: Words) -> pa.Array:
    return pa.array(numbers).cast(pa.large_string())


def _to_words(texts: pa.Array) -> Words:
    words: Words = texts.cast(pa.uint64()).to_numpy(zero_copy_only=False)
    return words


def with_nulls_of(values: pa.Array, replaced: pa.Array) -> pa.Array:
    """``replaced``, text with offsets or numbers, with nulls where ``values`` has them."""
    if not values.null_count:
        return replaced
    return pc.if_else(values.is_valid(), replaced, pa.scalar(None, replaced.type))
