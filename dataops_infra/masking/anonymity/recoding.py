"""How the quasi-identifiers of one table are generalised: learned of its distinct combinations, applied by look-up."""

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity.axes import NULL, ORDINARY, Axis, Scale, make_axis
from dataops_infra.masking.anonymity.bands import Bands, bands_of, tell
from dataops_infra.masking.anonymity.combinations import (
    ROWS,
    CombinationCounter,
    as_frame,
    column_name,
    comparable,
    leaf,
    refuse_uncountable,
)
from dataops_infra.masking.anonymity.groups import Codes, Integers
from dataops_infra.masking.anonymity.keys import CombinationKeys
from dataops_infra.masking.anonymity.measures import sensitive_ranks
from dataops_infra.masking.anonymity.mondrian import Booleans, Demand, Entries, SensitiveColumn, partition
from dataops_infra.masking.anonymity.quasi_identifiers import QuasiIdentifier, quasi_identifiers_of
from dataops_infra.masking.anonymity.rules import ANYTHING
from dataops_infra.masking.anonymity.suppression import suppressed_groups
from dataops_infra.masking.operators.base import Rows
from dataops_infra.masking.plan import Plan

if TYPE_CHECKING:
    from dataops_infra.masking.sources import SourceTable


@dataclass(frozen=True)
class Recoding:
    """Combination of quasi-identifiers -> what each generalised column tells of it."""

    table: str
    identifiers: tuple[QuasiIdentifier, ...]
    axes: tuple[Axis, ...] = field(repr=False)
    keys: CombinationKeys = field(repr=False)
    groups: Integers = field(repr=False)
    """Group of each combination."""
    told: Mapping[str, pa.Array] = field(repr=False)
    """Column -> what is told of each group."""
    rows: int
    suppressed: int
    """Rows whose quasi-identifiers are taken away."""

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are generalised by it."""
        return frozenset(self.told)

    def apply(self, column: str, rows: Rows) -> pa.Array:
        """What is told of ``column`` in each row, in the column's type (texts as large_string).

        :raises MaskingError: a row has a combination that was not there when it was learned.
        """
        return self.told[column].take(pa.array(self._groups_of(rows)))

    def _groups_of(self, rows: Rows) -> Integers:
        # All columns of one batch ask in turn, on one thread: the last answer is kept, with no hold on its batch.
        batch = getattr(rows, "batch", None)
        last: _Answer | None = getattr(_LAST, "answer", None)
        if batch is not None and last is not None and last.recoding() is self and last.batch() is batch:
            return last.groups
        groups = self._look_up(rows)
        if batch is not None:
            _LAST.answer = _Answer(weakref.ref(self), weakref.ref(batch), groups)
        return groups

    def _look_up(self, rows: Rows) -> Integers:
        codes = [
            axis.encode(identifier.prepared(comparable(rows.column(identifier.path))))
            for identifier, axis in zip(self.identifiers, self.axes, strict=True)
        ]
        found = self.keys.find(codes)
        if found is None:
            raise MaskingError(
                f"{self.table} changed after its quasi-identifiers were learned: let nothing write to it and run again"
            )
        return self.groups[found]


@dataclass(frozen=True)
class _Answer:
    """The groups that the rows of a batch belong to."""

    recoding: "weakref.ref[Recoding]"
    batch: "weakref.ref[pa.RecordBatch]"
    groups: Integers


_LAST = threading.local()


@dataclass(frozen=True)
class _Combinations:
    """The distinct combinations of a table, as codes."""

    axes: tuple[Axis, ...]
    codes: tuple[Codes, ...]
    rows: Integers
    sensitive: tuple[SensitiveColumn, ...]


def learn_recoding(plan: Plan, table: str, source_table: "SourceTable") -> Recoding | None:
    """How the table's quasi-identifiers are generalised so that every group of the copy meets the plan's k, l and t.

    None when the plan generalises none of them. Reads the quasi-identifiers (and, for l and t, the sensitive columns)
    of all rows once; memory is bounded by their distinct combinations. What quasi-identifiers with other operators
    become is taken into account: kept and replaced ones stay apart as they are, dropped ones tell nothing.

    :raises MaskingError: the plan asks for what cannot be, or no generalisation reaches it within
        ``maximum_suppression``; names the table, the figure and the fix.
    """
    identifiers = quasi_identifiers_of(plan, table, source_table.schema)
    if not any(identifier.generalised for identifier in identifiers):
        return None
    assert plan.k is not None
    sensitive = plan.sensitive.get(table, ()) if plan.l is not None or plan.t is not None else ()
    refuse_uncountable(source_table.schema, sensitive, table)
    demand = Demand(plan.k, plan.l if sensitive else None, plan.t if sensitive else None)
    combinations = _combinations(source_table, identifiers, sensitive)
    return _learned(plan, table, identifiers, combinations, demand)


def _learned(
    plan: Plan, table: str, identifiers: tuple[QuasiIdentifier, ...], found: _Combinations, demand: Demand
) -> Recoding:
    rows = int(found.rows.sum())
    if 0 < rows < demand.k:
        raise MaskingError(
            f"{table} has {rows} rows, fewer than k = {demand.k}: lower k, or drop its quasi-identifiers"
        )
    keys, numbers = CombinationKeys.of(found.codes, [axis.size for axis in found.axes])
    splittable = [position for position, each in enumerate(identifiers) if each.learned]
    entries = Entries([found.codes[at] for at in splittable], found.rows, found.sensitive)
    groups = partition(entries, _starting_groups(identifiers, found), demand)
    groups = _numbered_by(groups, numbers)
    taken = _taken_away(table, identifiers, found, entries, groups, demand)
    suppressed = int(found.rows[(taken & ~_bare(identifiers, found, groups))[groups]].sum())
    if suppressed > plan.maximum_suppression * rows:
        raise MaskingError(
            f"{table}: {suppressed:,} of {rows:,} rows would lose all quasi-identifiers to reach {_asked(demand)}, and "
            f"maximum_suppression allows {plan.maximum_suppression:.2%}: raise it, or generalise or drop more columns"
        )
    group_of_combination = np.empty(len(keys), np.int64)
    group_of_combination[numbers] = groups
    told = _told(identifiers, found, groups, taken, demand.k)
    return Recoding(table, identifiers, found.axes, keys, group_of_combination, told, rows, suppressed)


def _combinations(
    source_table: "SourceTable", identifiers: Sequence[QuasiIdentifier], sensitive: Sequence[str]
) -> _Combinations:
    paths = [*(each.path for each in identifiers), *sensitive]
    names = [column_name(position) for position in range(len(paths))]
    counter = CombinationCounter(names)
    counter.add(as_frame([leaf(batch, path) for batch in _empty(source_table.schema) for path in paths]))
    for batch in source_table.batches(_top_level(source_table.schema, paths)):
        prepared = [each.prepared(leaf(batch, each.path)) for each in identifiers]
        counter.add(as_frame([*prepared, *(leaf(batch, path) for path in sensitive)]))
    counted = counter.counted()
    assert counted is not None
    ranked = tuple(SensitiveColumn(*sensitive_ranks(counted, name)) for name in names[len(identifiers) :])
    counted = counted.drop(names[len(identifiers) :])
    coded = []
    for name, each in zip(names, identifiers, strict=False):
        coded.append(_coded(counted, name, comparable_type(source_table.schema, each.path), each))
        counted = counted.drop(name)  # its memory is needed
    axes, codes = zip(*coded, strict=True)
    return _Combinations(axes, codes, counted[ROWS].to_numpy(), ranked)


def _empty(schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pylist([], schema=schema)


def comparable_type(schema: pa.Schema, path: str) -> pa.DataType:
    """The type in which the values of a leaf are compared."""
    return leaf(next(_empty(schema)), path).type


def _top_level(schema: pa.Schema, paths: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(path if path in schema.names else path.split(".")[0] for path in paths))


def _coded(counted: pl.DataFrame, name: str, kind: pa.DataType, identifier: QuasiIdentifier) -> tuple[Axis, Codes]:
    distinct = counted.group_by(name).agg(pl.col(ROWS).sum())
    values = comparable(distinct[name].to_arrow()).cast(kind)
    axis = make_axis(values, distinct[ROWS].to_numpy(), identifier.options)
    if counted[name].dtype != pl.Categorical:
        return axis, axis.encode(counted[name].to_arrow().cast(kind)).astype(np.int32)
    categories = [
        column.to_physical().cast(pl.Int64).fill_null(-1).to_numpy() for column in (distinct[name], counted[name])
    ]
    code_of = np.full(int(categories[0].max(initial=-1)) + 2, NULL, np.int32)
    code_of[categories[0]] = axis.encode(values)  # the last place is that of null, -1
    return axis, code_of[categories[1]]


def _starting_groups(identifiers: Sequence[QuasiIdentifier], found: _Combinations) -> Integers:
    """Rows stay apart that differ in a column which is not learned, or of which one has a null, NaN or infinity."""
    apart = [
        np.minimum(codes, ORDINARY) if each.learned else codes
        for each, codes in zip(identifiers, found.codes, strict=True)
    ]
    return CombinationKeys.of(apart, [axis.size for axis in found.axes])[1]


def _numbered_by(groups: Integers, numbers: Integers) -> Integers:
    """The same groups in the order of their smallest combination, which hangs on nothing but the data."""
    smallest = np.full(int(groups.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, groups, numbers)
    place = np.empty(len(smallest), np.int64)
    place[np.argsort(smallest)] = np.arange(len(smallest))
    return place[groups]


def _taken_away(
    table: str,
    identifiers: Sequence[QuasiIdentifier],
    found: _Combinations,
    entries: Entries,
    groups: Integers,
    demand: Demand,
) -> Booleans:
    anchored = [codes for each, codes in zip(identifiers, found.codes, strict=True) if not each.generalised]
    sizes = [axis.size for each, axis in zip(identifiers, found.axes, strict=True) if not each.generalised]
    anchors = CombinationKeys.of(anchored, sizes)[1] if anchored else np.zeros(len(groups), np.int64)
    of_group = np.zeros(int(groups.max(initial=-1)) + 1, np.int64)
    of_group[groups] = anchors
    taken = suppressed_groups(entries, groups, of_group, _bare(identifiers, found, groups), demand)
    if taken is not None:
        return taken
    kept = [each.path for each in identifiers if not each.generalised]
    fix = f"{', '.join(kept)} must be generalised or dropped too" if kept else "lower l, raise t, or name other columns"
    raise MaskingError(f"{table}: {_asked(demand)} cannot be reached whatever is suppressed: {fix}")


def _bare(identifiers: Sequence[QuasiIdentifier], found: _Combinations, groups: Integers) -> Booleans:
    """The groups whose generalised columns are null and may be so: they tell as little as suppressed ones."""
    bare = np.ones(len(groups), bool)
    for each, codes in zip(identifiers, found.codes, strict=True):
        if each.generalised:
            bare &= (codes == NULL) & each.nullable
    of_group = np.zeros(int(groups.max(initial=-1)) + 1, bool)
    of_group[groups] = bare
    return of_group


def _told(
    identifiers: Sequence[QuasiIdentifier], found: _Combinations, groups: Integers, taken: Booleans, k: int
) -> dict[str, pa.Array]:
    told = {}
    for each, axis, codes in zip(identifiers, found.axes, found.codes, strict=True):
        if each.generalised:
            values = tell(axis, bands_of(groups, codes, found.rows), k)
            nothing = pa.scalar(None, values.type) if each.nullable else _unspecific(axis, codes, found.rows, k)
            told[each.path] = pc.if_else(pa.array(taken), nothing, values)
    return told


def _unspecific(axis: Axis, codes: Codes, rows: Integers, k: int) -> Any:
    """What a column that cannot be null tells when nothing may be told: `*`, or one value for all such rows."""
    if axis.scale in (Scale.NUMERAL, Scale.CODE, Scale.CATEGORY):
        return pa.scalar(ANYTHING, axis.values.type)
    ordinary = codes >= ORDINARY
    chosen = ordinary if ordinary.any() else np.ones(len(codes), bool)
    if not chosen.any():
        return pa.scalar(None, axis.values.type)
    whole: Bands = bands_of(np.zeros(int(chosen.sum()), np.int64), codes[chosen], rows[chosen])
    return tell(axis, whole, k)[0]


def _asked(demand: Demand) -> str:
    asked = {"k": demand.k, "l": demand.l, "t": demand.t}
    return ", ".join(f"{name} = {value}" for name, value in asked.items() if value is not None)
