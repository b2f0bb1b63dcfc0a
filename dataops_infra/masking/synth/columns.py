"""Columns as functions of row numbers: any column of any table can be asked for any rows, in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from dataops_infra.masking.gate.values import Flags
from dataops_infra.masking.synth.domains import Domain
from dataops_infra.masking.synth.patterns import Pattern
from dataops_infra.masking.synth.shares import Share
from dataops_infra.masking.synth.streams import Bits, Permutation, Rows, Stream


class Column(Protocol):
    """One column of a table."""

    @property
    def type(self) -> pa.DataType:
        """Its type."""

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""


class Numbers(Protocol):
    """A number for each row, below a size: which value of a domain, which row of another table."""

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""


@dataclass(frozen=True)
class Drawn:
    """Drawn by a distribution."""

    stream: Stream
    share: Share
    size: int
    is_scattered: bool = False
    """Whether the first numbers, which some distributions prefer, are spread over all."""

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""
        found = self.share.choose(self.stream, rows, self.size)
        return Permutation(self.stream.sub("scatter"), self.size).of(found) if self.is_scattered else found


@dataclass(frozen=True)
class Counting:
    """Row by row: 0, 1, 2 …"""

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""
        return rows


@dataclass(frozen=True)
class Distinct:
    """No number twice."""

    permutation: Permutation

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""
        return self.permutation.of(rows)


@dataclass(frozen=True)
class Digit:
    """One place of numbers that say several things at once: ``number // below % size``."""

    whole: Numbers
    below: int
    size: int

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""
        return self.whole.of(rows) // np.uint64(self.below) % np.uint64(self.size)


@dataclass(frozen=True)
class Earlier:
    """An earlier row of the same table; of the first row, itself, which :class:`Optional` makes null."""

    stream: Stream

    def of(self, rows: Rows) -> Bits:
        """The numbers of these rows."""
        return self.stream.bits(rows) % np.maximum(rows, np.uint64(1))


@dataclass(frozen=True)
class Plain:
    """Values of a domain."""

    domain: Domain
    numbers: Numbers

    @property
    def type(self) -> pa.DataType:
        """That of the domain."""
        return self.domain.type

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        return self.domain.at(self.numbers.of(rows))


@dataclass(frozen=True)
class Matching:
    """Texts of a pattern, of any length it allows."""

    pattern: Pattern
    stream: Stream

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return self.pattern.type

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        return self.pattern.drawn(self.stream, rows)


@dataclass(frozen=True)
class Referring:
    """The key of another row."""

    column: Column
    """The column that is referred to."""
    numbers: Numbers

    @property
    def type(self) -> pa.DataType:
        """That of the column that is referred to."""
        return self.column.type

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        return self.column.of(self.numbers.of(rows))


@dataclass(frozen=True)
class Optional:
    """A column that is null in some rows."""

    column: Column
    stream: Stream
    share: float
    is_null_first: bool = False
    """Whether the first row is null, which has no earlier one to refer to."""

    @property
    def type(self) -> pa.DataType:
        """That of the column."""
        return self.column.type

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        nulls = self.nulls(rows)
        values = self.column.of(rows)
        return with_nulls(values, nulls) if nulls.any() else values

    def nulls(self, rows: Rows) -> Flags:
        """Which of these rows are null."""
        found = self.stream.fractions(rows) < self.share
        return found | (rows == 0) if self.is_null_first else found


@dataclass(frozen=True)
class Nested:
    """A struct of columns."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    required: tuple[bool, ...]

    @property
    def type(self) -> pa.DataType:
        """A struct of their types."""
        each = zip(self.names, self.columns, self.required, strict=True)
        return pa.struct([pa.field(name, column.type, not is_required) for name, column, is_required in each])

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        return pa.StructArray.from_arrays([column.of(rows) for column in self.columns], fields=list(self.type))


@dataclass(frozen=True)
class Repeated:
    """Lists of values of a column, which has ``most`` rows for each row of the table."""

    column: Column
    stream: Stream
    least: int
    most: int

    @property
    def type(self) -> pa.DataType:
        """A list of the column's type."""
        return pa.list_(self.column.type)

    def of(self, rows: Rows) -> pa.Array:
        """Its values in these rows."""
        lengths = self.least + self.stream.numbers(rows, self.most - self.least + 1).astype(np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        inside = np.arange(int(offsets[-1]), dtype=np.int64) - np.repeat(offsets[:-1], lengths)
        items = np.repeat(rows * np.uint64(max(self.most, 1)), lengths) + inside.astype(np.uint64)
        return pa.ListArray.from_arrays(pa.array(offsets), self.column.of(items))


def with_nulls(values: pa.Array, nulls: Flags) -> pa.Array:
    """``values`` with nulls in some places."""
    if pa.types.is_struct(values.type):  # taken, its required fields would be null as well
        fields = [values.field(place) for place in range(values.type.num_fields)]
        return pa.StructArray.from_arrays(fields, fields=list(values.type), mask=pa.array(nulls))
    return values.take(pa.array(np.arange(len(values)), mask=nulls))


def digits(whole: Numbers, sizes: Sequence[int]) -> list[Numbers]:
    """A number for each of ``sizes`` from one number below their product; the first changes fastest."""
    found: list[Numbers] = []
    below = 1
    for size in sizes:
        found.append(Digit(whole, below, size))
        below *= size
    return found
