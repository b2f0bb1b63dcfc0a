"""The key of one domain: pseudorandom codes of values (AES-256-CMAC) and format-preserving permutations (FF1)."""

import hmac

import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.cmac import ColumnCmac, Words
from dataops_infra.masking.ff1 import FF1
from dataops_infra.masking.layouts import is_text_or_bytes
from dataops_infra.masking.sealing import Sealed

FF1_LABEL = b"mask/v1/ff1"
"""One AES key, one use: permutations have a key of their own."""
SUB_LABEL = b"mask/v1/sub/"


class DomainKey(Sealed):
    """Makes the replacements of one domain; safe to share between threads.

    :param raw: the 32 bytes of the sub-key.
    :param name: the domain, for people.
    """

    __slots__ = ("__cmac", "__raw", "name")

    def __init__(self, raw: bytes, name: str) -> None:
        self.__raw, self.name = raw, name
        self.__cmac = ColumnCmac(raw)

    def cmac(self, values: pa.Array | pa.ChunkedArray) -> Words:
        """AES-256-CMAC of each value's bytes as two numbers, most significant first; zeros for nulls.

        :param values: text or bytes in any Arrow layout; everything else by way of :func:`canonical_text`.
        :return: shape (len(values), 2).
        """
        return self.__cmac.of(values)

    def cmac_of(self, values: pa.Array | pa.ChunkedArray, *labels: str) -> Words:
        """:meth:`cmac` under the key of a separate use of this domain, one :meth:`sub` per label."""
        key = self
        for label in labels:
            key = key.sub(label)
        return key.cmac(values)

    def sub(self, label: str) -> "DomainKey":
        """The key of a separate use of this domain, unlinkable with this one's."""
        raw = hmac.digest(self.__raw, SUB_LABEL + label.encode("utf-8", "surrogatepass"), "sha256")
        return DomainKey(raw, f"{self.name}/{label}")

    def ff1(self, radix: int, length: int, tweak: bytes = b"") -> FF1:
        """The domain's permutation of strings of ``length`` numerals below ``radix``.

        :raises InvalidInputError: as :class:`.FF1` does.
        """
        return FF1(hmac.digest(self.__raw, FF1_LABEL, "sha256"), radix, length, tweak)

    def _shown(self) -> str:
        return f"{self.name!r}"


def canonical_text(values: pa.Array) -> pa.Array:
    """Values as text such that equal values of different types have equal texts: 42, 42.0 and ``"42"``.

    Text and bytes stay as they are, dictionaries are decoded, zoned timestamps are told in UTC.

    :raises InvalidInputError: values of the type have no such text (nested ones, intervals).
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return canonical_text(values.dictionary_decode())
    if is_text_or_bytes(kind):
        return values
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind):
        return values.cast(pa.string())
    if pa.types.is_date64(kind):
        return values.cast(pa.date32(), safe=False).cast(pa.string())
    if pa.types.is_floating(kind):
        return _float_text(values)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return _without_trailing_zeros(values.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.string()))
    if pa.types.is_decimal(kind):
        return _decimal_text(values)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _without_trailing_zeros(values.cast(pa.string()))
    raise InvalidInputError("values", "text, bytes, numbers, booleans, dates or times", str(kind))


def _float_text(values: pa.Array) -> pa.Array:
    """Whole numbers as integers are written; -0.0 as 0."""
    doubles = values.cast(pa.float64())
    whole = pc.and_(pc.equal(doubles, pc.trunc(doubles)), pc.less(pc.abs(doubles), pa.scalar(2.0**63)))
    integers = pc.if_else(whole, doubles, pa.scalar(0.0)).cast(pa.int64(), safe=False).cast(pa.string())
    return pc.if_else(whole, integers, doubles.cast(pa.string()))


def _decimal_text(values: pa.Array) -> pa.Array:
    """Whole numbers as integers are written; Arrow would write 0 of scale 20 as 0E-20."""
    integers = values.cast(pa.decimal256(76, 0), safe=False).cast(pa.string())
    if values.type.scale <= 0:
        return integers
    return pc.if_else(pc.equal(values, pc.trunc(values)), integers, _without_trailing_zeros(values.cast(pa.string())))


def _without_trailing_zeros(texts: pa.Array) -> pa.Array:
    shortened = pc.replace_substring_regex(texts, r"(\.\d*?)0+(Z|E-\d+)?$", r"\1\2")
    return pc.replace_substring_regex(shortened, r"\.(Z|E-\d+)?$", r"\1")
