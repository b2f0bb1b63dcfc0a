"""Puts the columns of all tables together: values, keys, foreign keys, and every mistake that stands in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import pyarrow as pa

from dataops_infra.conventions.contracts import ReferenceContract
from dataops_infra.masking.synth.columns import (
    Column,
    Counting,
    Distinct,
    Drawn,
    Earlier,
    Matching,
    Nested,
    Numbers,
    Optional,
    Plain,
    Referring,
    Repeated,
    digits,
)
from dataops_infra.masking.synth.kinds import Say, Values, logical_type, values_of
from dataops_infra.masking.synth.patterns import Pattern
from dataops_infra.masking.synth.references import Owners, follow_references, is_key, tables_by_name
from dataops_infra.masking.synth.shares import Share
from dataops_infra.masking.synth.sharing import share_of
from dataops_infra.masking.synth.specs import NULL_SHARE, ColumnSpec, TableSpec
from dataops_infra.masking.synth.streams import LARGEST, Permutation, Stream

MOST_ITEMS = 3
"""Items of a list whose contract says no number, at most."""


@dataclass(frozen=True)
class Table:
    """A table that can be made."""

    name: str
    rows: int
    columns: Mapping[str, Column]
    required: frozenset[str]
    pools: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Its columns in the order of the contract."""
        return pa.schema(
            [pa.field(name, column.type, name not in self.required) for name, column in self.columns.items()]
        )


def build_tables(specs: Sequence[TableSpec], rows: Mapping[str, int], seed: int) -> list[Table]:
    """The tables of ``specs``; what is wrong is noted in their contracts.

    :param rows: table -> how many rows it gets.
    """
    return _Building(specs, rows, seed).tables()


@dataclass
class _Building:
    specs: Sequence[TableSpec]
    rows: Mapping[str, int]
    seed: int
    _by_name: dict[str, TableSpec] = field(init=False)
    _values: dict[tuple[str, str], Values | None] = field(default_factory=dict)
    _numbers: dict[tuple[str, str], Numbers] = field(default_factory=dict)
    """How the numbers of a column are found where its table's key says so, not the column alone."""
    _owners: Owners = field(init=False)
    _pools: dict[str, set[str]] = field(default_factory=dict)
    """Table -> the frozen lists that its values are made of."""
    _made: dict[tuple[str, str], Column | None] = field(default_factory=dict)
    _being_made: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_name = tables_by_name(self.specs)
        self._owners = follow_references(self._by_name)

    def tables(self) -> list[Table]:
        for spec in self.specs:
            self._note_key(spec)
        return [self._table(spec) for spec in self.specs]

    def _table(self, spec: TableSpec) -> Table:
        if not spec.columns:
            spec.source.say(spec.at, f"table {spec.name} has no columns", "describe its properties")
        made = {column.name: self._column(spec, column.name) for column in spec.columns}
        required = frozenset(column.name for column in spec.columns if column.is_required)
        columns = {name: column for name, column in made.items() if column is not None}
        return Table(spec.name, self.rows[spec.name], columns, required, tuple(sorted(self._pools.get(spec.name, ()))))

    def _note_key(self, spec: TableSpec) -> None:
        """Decide how the columns of a primary key of several columns count the rows off together."""
        key = spec.primary_key
        if len(key) < 2 or any(column.is_unique for column in key):
            return  # one column is enough to tell its rows apart
        groups = list(dict.fromkeys(self._group(spec, column.name) for column in key))
        rows, sizes, named = self.rows[spec.name], [], []
        runs: list[int] = []
        limits: dict[int, int] = {}
        for group in groups:
            reference = self._owners.get((spec.name, group[0]))
            if reference is not None:
                if not {*group} <= {column.name for column in key}:
                    said = f"{spec.name}: the foreign key {', '.join(group)} stands in its primary key with a part only"
                    spec.source.say(spec.at, said, "put all of it into the key, or none")
                    return
                sizes.append(self.rows[reference.table])
            else:
                values = self._values_of(spec, group[0])
                if values is None or (isinstance(values.domain, Pattern) and not values.is_distinct):
                    return
                if values.is_run:
                    runs.append(len(sizes))
                    limits[len(sizes)] = values.most
                sizes.append(values.domain.size)
            named.append(group)
        for place in runs[:1]:  # a number that nothing limits counts no further than it must
            others = prod(size for position, size in enumerate(sizes) if position != place)
            sizes[place] = max(1, min(limits[place], -(-rows // others)))
        if prod(sizes) < rows:
            names = ", ".join(column.name for column in key)
            said = f"{spec.name}({names}) has {prod(sizes):,} different keys, and {rows:,} rows are asked for"
            spec.source.say(spec.at, said, "ask for fewer rows, or widen the columns")
            return
        whole = Distinct(Permutation(self._stream(spec.name, "key"), min(prod(sizes), LARGEST)))
        for group, numbers in zip(named, digits(whole, sizes), strict=True):
            self._numbers.update({(spec.name, column): numbers for column in group})

    def _group(self, spec: TableSpec, column: str) -> tuple[str, ...]:
        reference = self._owners.get((spec.name, column))
        return (column,) if reference is None else reference.columns

    def _column(self, spec: TableSpec, name: str) -> Column | None:
        place = (spec.name, name)
        if place in self._made:
            return self._made[place]
        if place in self._being_made:
            column = spec.column(name)
            at = column.at if column is not None else spec.at
            spec.source.say(
                at, f"{spec.name}.{name} refers to itself by way of other keys", "refer to a key of its own"
            )
            return None
        self._being_made.append(place)
        self._made[place] = self._make(spec, name)
        self._being_made.pop()
        return self._made[place]

    def _make(self, spec: TableSpec, name: str) -> Column | None:
        column = spec.column(name)
        if column is None:
            return None
        reference = self._owners.get((spec.name, name))
        stream = self._stream(spec.name, name)
        made = self._referring(spec, column, reference) if reference is not None else self._own(spec, column, stream)
        if made is None or column.is_required or self._is_referred(spec.name, name):
            return made
        together = reference.columns[0] if reference is not None else name
        share = NULL_SHARE if column.synthetic.null_share is None else column.synthetic.null_share
        is_self = reference is not None and reference.table == spec.name
        return Optional(made, self._stream(spec.name, together).sub("null"), share, is_self)

    def _own(self, spec: TableSpec, column: ColumnSpec, stream: Stream) -> Column | None:
        kind = logical_type(column)
        if kind in ("object", "array"):
            return self._nested(spec, column, kind, stream)
        values = self._values_of(spec, column.name)
        return None if values is None else self._plain(spec, column, values, stream)

    def _plain(self, spec: TableSpec, column: ColumnSpec, values: Values, stream: Stream) -> Column | None:
        say, rows = _sayer(spec, column), self.rows[spec.name]
        counted = self._numbers.get((spec.name, column.name))
        if counted is not None:
            return Plain(values.domain, counted)
        if column.is_unique or (column.key_position is not None and len(spec.primary_key) == 1):
            return self._unique(column, values, stream, rows, say)
        share = share_of(column, values, say)
        if share is None:
            return None
        return _drawn(values, share, stream)

    def _unique(self, column: ColumnSpec, values: Values, stream: Stream, rows: int, say: Say) -> Column | None:
        size = values.domain.size
        if not values.is_distinct:
            said = f"{column.path}: it is unique, and parts of various lengths or alternatives may give one text twice"
            say(("logicalTypeOptions", "pattern"), said, "let one part at most be of various lengths")
            return None
        size = values.most if values.is_run else size
        if size < rows:
            said = f"{column.path}: it is unique and has {size:,} values, and {rows:,} rows are asked for"
            say((), said, "ask for fewer rows, or allow more values")
            return None
        is_counted = pa.types.is_integer(values.domain.type)
        return Plain(values.domain, Counting() if is_counted else Distinct(Permutation(stream, min(size, LARGEST))))

    def _referring(self, spec: TableSpec, column: ColumnSpec, reference: ReferenceContract) -> Column | None:
        parent = self._by_name[reference.table]
        target = reference.referenced_columns[reference.columns.index(column.name)]
        there = self._column(parent, target)
        if there is None:
            return None
        if logical_type(column) != logical_type(parent.column(target) or column):
            said = f"{column.path} is {logical_type(column)}, and {parent.name}.{target} is not"
            _sayer(spec, column)(("logicalType",), said, "give both sides of a foreign key one type")
            return None
        numbers = self._parent_rows(spec, column, reference)
        return None if numbers is None else Referring(there, numbers)

    def _parent_rows(self, spec: TableSpec, column: ColumnSpec, reference: ReferenceContract) -> Numbers | None:
        counted = self._numbers.get((spec.name, column.name))
        if counted is not None:
            return counted
        first = spec.column(reference.columns[0]) or column
        stream = self._stream(spec.name, first.name).sub("parent")
        rows, parents = self.rows[spec.name], self.rows[reference.table]
        say = _sayer(spec, column)
        if is_key(spec, reference.columns) and reference.table != spec.name:
            if parents < rows:
                said = f"{column.path}: it is unique, and {rows:,} rows would refer to {parents:,} of {reference.table}"
                say((), said, "ask for no more rows than there are to refer to")
                return None
            return Distinct(Permutation(stream, parents))
        if reference.table == spec.name:
            return Earlier(stream)
        share = share_of(first, None, say)
        if share is None:
            return None
        is_skewed = first.synthetic.distribution == "zipf"
        return Drawn(stream, share, parents, is_scattered=is_skewed)

    def _nested(self, spec: TableSpec, column: ColumnSpec, kind: str, stream: Stream) -> Column | None:
        say = _sayer(spec, column)
        if kind == "object":
            inner = [self._inside(spec, child, stream.sub(child.name)) for child in column.children]
            if not inner:
                say((), f"{column.path}: an object without properties", "describe its properties")
            columns = tuple(each for each in inner if each is not None)
            names, required = (
                tuple(getattr(child, name) for child in column.children) for name in ("name", "is_required")
            )
            return Nested(names, columns, required) if inner and len(columns) == len(inner) else None
        least, most = int(column.limits.get("minItems") or 0), column.limits.get("maxItems")
        most = max(least, MOST_ITEMS) if most is None else int(most)
        if least > most or column.item is None or column.limits.get("uniqueItems"):
            said = "an array needs items, minItems below maxItems, and no uniqueItems"
            say(("logicalTypeOptions",), f"{column.path}: {said}", "mend its description")
            return None
        item = self._inside(spec, column.item, stream.sub("[]"))
        return None if item is None else Repeated(item, stream.sub("length"), least, most)

    def _inside(self, spec: TableSpec, column: ColumnSpec, stream: Stream) -> Column | None:
        """A column within another: neither key nor foreign key."""
        kind, say = logical_type(column), _sayer(spec, column)
        if kind in ("object", "array"):
            made = self._nested(spec, column, kind, stream)
        else:
            values = self._read(spec, column)
            share = None if values is None else share_of(column, values, say)
            if values is None or share is None:
                return None
            made = _drawn(values, share, stream)
        if made is None or column.is_required or column.path.endswith("[]"):
            return made
        share_of_nulls = NULL_SHARE if column.synthetic.null_share is None else column.synthetic.null_share
        return Optional(made, stream.sub("null"), share_of_nulls)

    def _values_of(self, spec: TableSpec, name: str) -> Values | None:
        place = (spec.name, name)
        column = spec.column(name)
        if place not in self._values and column is not None:
            self._values[place] = self._read(spec, column)
        return self._values.get(place)

    def _read(self, spec: TableSpec, column: ColumnSpec) -> Values | None:
        values = values_of(column, spec.name, _sayer(spec, column))
        if values is not None:
            self._pools.setdefault(spec.name, set()).update(values.pools)
        return values

    def _is_referred(self, table: str, column: str) -> bool:
        return any(
            reference.table == table and column in reference.referenced_columns for reference in self._owners.values()
        )

    def _stream(self, table: str, column: str) -> Stream:
        return Stream((table, column), self.seed)


def _drawn(values: Values, share: Share, stream: Stream) -> Column:
    if isinstance(values.domain, Pattern):
        return Matching(values.domain, stream)
    return Plain(values.domain, Drawn(stream, share, values.domain.size))


def _sayer(spec: TableSpec, column: ColumnSpec) -> Say:
    def say(below: tuple[str | int, ...], message: str, hint: str) -> None:
        spec.source.say((*column.at, *below), f"{spec.name}.{message}", hint)

    return say
