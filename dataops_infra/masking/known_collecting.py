"""Collects the values of the data's own people, which texts may repeat, from all tables.

Which columns count is read off the plan: what it fills with names is looked for word by word (:mod:`.known_names`);
what it turns into other numbers, tokens, streets and companies, and dates that it hides, as a whole
(:mod:`.known_wholes`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.binding import make_operator, options_of, value_type
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.formats.parquet import ParquetFile
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known import KnownValues
from dataops_infra.masking.known_columns import (
    NAME_POOLS,
    WHOLE_POOLS,
    hides_dates,
    is_looked_for,
    is_removed,
    pool_of,
)
from dataops_infra.masking.known_dates import spellings_of
from dataops_infra.masking.known_names import NamesCollector
from dataops_infra.masking.known_numbers import WrittenNumbers, written_in_texts
from dataops_infra.masking.known_wholes import WholesCollector
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.leaves import leaf_types, replace_leaves, without_views
from dataops_infra.masking.name_spellings import respelled
from dataops_infra.masking.operators.base import Operator, Setting
from dataops_infra.masking.operators.date_texts import DateTexts
from dataops_infra.masking.operators.shift_date import ShiftDateOptions
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.side_by_side import side_by_side
from dataops_infra.masking.sources import Source, SourceTable
from dataops_infra.masking.text_sieve import TextNotes, TextSieve
from dataops_infra.masking.unused_memory import give_back

HIDDEN_DATE, HIDDEN_NAME = "[date]", "[name]"
_SHARED_COLUMNS = 3
"""Columns that one thread reads at a time."""
_MANY = 1 << 17
"""Known values from which on it is worth a moment to give back the memory that collecting them took."""


def collect_known(plan: Plan, source: Source, key: MasterKey, threads: int = 1) -> KnownValues | None:
    """The values of all columns that texts hold, and some that they do not (:mod:`.text_sieve`).

    :param threads: how many may be at work; what is found does not hang on it.
    :return: None where no column holds free text, or none of these.
    """
    collection = begin_collection(plan, source, key, threads)
    return None if collection is None else collection.finished()


def begin_collection(plan: Plan, source: Source, key: MasterKey, threads: int = 1) -> "KnownCollection | None":
    """Read the texts, so that what they may hold can be collected; None where no column holds free text.

    :param threads: how many may be at work; what is found does not hang on it.
    """
    texts = {
        name: [path for path, column in table.columns.items() if _is_searched(column)]
        for name, table in plan.tables.items()
    }
    if not any(texts.values()):
        return None
    sieve = _sieve({source.tables[name]: paths for name, paths in texts.items() if paths}, threads)
    found = _Found(NamesCollector(_name_parts(key), sieve), WholesCollector(sieve))
    sought = {
        name: [
            _Sought(source.tables[name], path, table.columns[path], owners)
            for path, owners in _owners(plan, name, source.tables[name].schema, _looked_for(table), key, found).items()
        ]
        for name, table in plan.tables.items()
    }
    return KnownCollection(frozenset(name for name, paths in texts.items() if paths), sought, found, threads)


@dataclass
class KnownCollection:
    """The values that texts may hold, on their way: out of what is read for masking anyway, or read for them alone."""

    searched: frozenset[str]
    """Tables with free text, which cannot be masked before all is collected."""
    _sought: "Mapping[str, Sequence[_Sought]]" = field(repr=False)
    _found: "_Found | None" = field(repr=False)
    """None once all is collected."""
    _threads: int
    _known: KnownValues | None = field(default=None, repr=False)
    _watched: set[str] = field(default_factory=set, repr=False)

    def watch(self, table: str) -> "Watch | None":
        """What takes in ``table`` as it is read; all of its rows must pass. None = all is collected already."""
        if self._found is None:
            return None
        self._watched.add(table)
        return Watch({each.path: each for each in self._sought[table]}, self._found)

    def finished(self) -> KnownValues | None:
        """What was collected; of the tables that nobody watched now. None = nothing.

        :raises MaskingError: a file is damaged.
        """
        if self._found is not None:
            known = self._collected(self._found)
            self._known, self._found = (known if len(known) else None), None
            if len(known) > _MANY:
                give_back()
        return self._known

    def _collected(self, found: "_Found") -> KnownValues:
        unseen = [sought for name, sought in self._sought.items() if name not in self._watched]
        shares = [share for sought in unseen for share in _shares(sought, self._threads)]
        side_by_side([partial(_collect, share, found) for share in shares], self._threads)
        for owner, days in found.days.items():
            for written in spellings_of(days, found.wholes.sieve.may_begin):
                found.wholes.add_normal(written, owner, needs_digit=True)
        return KnownValues(found.names.finished(), found.wholes.finished())


@dataclass(frozen=True)
class Watch:
    """Takes in the values of a table; several threads may pass batches of it, in whatever order."""

    _columns: "Mapping[str, _Sought]" = field(repr=False)
    _found: "_Found" = field(repr=False)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in some rows."""
        for path, values in _leaves_of(batch, self._columns):
            self._found.add(self._columns[path], values)


@dataclass(frozen=True)
class _Sought:
    """A column whose values are looked for."""

    table: SourceTable
    path: str
    column: ColumnPlan
    owners: "_Owners"


@dataclass(frozen=True)
class _Owners:
    """Positions of the operators that give texts something else in place of a column's values."""

    name: int | None
    """Of the words of names; None: its values are no names."""
    whole: int | None
    """Of its values as a whole; None: these are not looked for."""


def _shares(sought: Sequence[_Sought], threads: int) -> list[Sequence[_Sought]]:
    """The columns of a table that are read together: all, or some for each thread, and more when it is done with them.

    Files that are no columns would be read as a whole for each share.
    """
    is_apart = all(isinstance(file.data, ParquetFile) for each in sought[:1] for file in each.table.files)
    at_once = _SHARED_COLUMNS if threads > 1 and is_apart else max(1, len(sought))
    return [sought[n : n + at_once] for n in range(0, len(sought), at_once)]


def _collect(share: Sequence[_Sought], found: "_Found", stop: Event) -> None:
    """Take in the values of some columns of a table."""
    columns = {each.path: each for each in share}
    for path, values in _leaf_values(share[0].table, columns):
        if stop.is_set():
            return
        found.add(columns[path], values)


def _is_searched(column: ColumnPlan) -> bool:
    return column.operator == "text" and bool(getattr(options_of(column), "known", False))


def _hides_days(column: ColumnPlan, kind: pa.DataType) -> bool:
    """Whether the values of a column, which are of the type ``kind``, are days that nobody may learn."""
    if column.operator == "shift_date":
        return True
    is_birth = is_text(kind) and column.classification == "birth_date"
    return hides_dates(column) and (pa.types.is_date(kind) or pa.types.is_timestamp(kind) or is_birth)


def _sieve(texts: Mapping[SourceTable, Sequence[str]], threads: int) -> TextSieve:
    rows = [None if table.rows is None else table.rows * len(paths) for table, paths in texts.items()]
    notes = TextNotes(None if None in rows else sum(count or 0 for count in rows))
    read = (values for table, paths in texts.items() for _, values in _leaf_values(table, paths))
    reading = Lock()

    def add(stop: Event) -> None:
        while not stop.is_set():
            with reading:
                values = next(read, None)
            if values is None:
                return
            normal = NormalTexts.of(FlatTexts.of(_entries(values))).texts
            notes.add(normal)
            for _, spelled in respelled(normal.values):
                notes.add(FlatTexts.of(spelled))

    side_by_side([add] * threads, threads)
    return notes.sieve()


@dataclass
class _Found:
    """What was collected so far; several threads may add at the same time."""

    names: NamesCollector
    wholes: WholesCollector
    owners: dict[tuple[object, ...], int] = field(default_factory=dict)
    """What makes two columns' operators alike -> position of the operator."""
    days: dict[int, pl.Series] = field(default_factory=dict)
    """Position of an operator -> the different days of its columns."""
    writing: Lock = field(default_factory=Lock)

    def owner(self, operators: list[Operator], alike: tuple[object, ...], make: Callable[[], Operator]) -> int:
        """The position of a column's operator; columns of one domain share one."""
        if alike not in self.owners:
            self.owners[alike] = len(operators)
            operators.append(make())
        return self.owners[alike]

    def _add_days(self, owner: int, days: pl.Series) -> None:
        with self.writing:
            self.days[owner] = pl.concat([self.days[owner], days]).unique() if owner in self.days else days

    def add(self, sought: _Sought, values: pa.Array) -> None:
        """Take in values of a column."""
        column, owners = sought.column, sought.owners
        entries = _entries(values)
        if owners.whole is not None and _hides_days(column, entries.type):
            self._add_days(owners.whole, _days(column, entries))
        if pa.types.is_integer(entries.type):
            entries = written_in_texts(entries, self.wholes.sieve)
        if not is_text(entries.type):
            return
        pool = pool_of(column)
        if owners.name is not None:
            self.names.add(entries.drop_null(), owners.name, pool == "full_name")
            # What has no digit is a name, also in scripts whose single words count as codes: it is found by its words.
            entries = entries.filter(pc.match_substring_regex(entries, r"\p{Nd}"))
        if owners.whole is not None:
            is_code = pool not in WHOLE_POOLS and column.classification != "address"
            self.wholes.add(entries, owners.whole, is_code)


def _days(column: ColumnPlan, values: pa.Array) -> pl.Series:
    """The different days of a column of dates, which may be written as texts."""
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = pc.local_timestamp(values)  # polars knows no zones such as +05:30
    if not is_text(values.type):
        return pl.Series(values).cast(pl.Date).unique()
    options = options_of(column)
    stated = options if isinstance(options, ShiftDateOptions) else ShiftDateOptions()
    read = DateTexts.read(values, day_first=stated.day_first)
    found = np.concatenate([part.days for part in read.reads])
    return pl.Series(found, dtype=pl.Int32).cast(pl.Date).unique()


def _operator(name: str, options: Mapping[str, object], domain: str, key: MasterKey) -> Operator:
    from dataops_infra.masking.operators import OPERATORS

    spec = OPERATORS[name]
    chosen = spec.options.model_validate(dict(options))
    return spec.build(Setting("", domain, pa.large_string(), key.domain(domain), chosen))


def known_operators(
    plan: Plan, schemas: Mapping[str, pa.Schema], key: MasterKey
) -> tuple[tuple[Operator, ...], tuple[Operator, ...]]:
    """The operators of names and of whole values, numbered as :func:`collect_known` numbers them.

    They hang on plan, types and key, not on data: an engine that hands what was learned to other machines leaves them
    out, because keys are never part of it, and makes them there.
    """
    nothing = TextNotes(0).sieve()
    found = _Found(NamesCollector(_name_parts(key), nothing), WholesCollector(nothing))
    for name, table in plan.tables.items():
        _owners(plan, name, schemas[name], _looked_for(table), key, found)
    return tuple(found.names.operators), tuple(found.wholes.operators)


def _name_parts(key: MasterKey) -> list[Operator]:
    """The operators of single words of full names."""
    return [_operator("pool", KINDS[kind].options, kind, key) for kind in ("first_name", "last_name")]


def _looked_for(table: TablePlan) -> dict[str, ColumnPlan]:
    return {path: column for path, column in table.columns.items() if is_looked_for(column)}


def _owners(
    plan: Plan, table: str, schema: pa.Schema, wanted: Mapping[str, ColumnPlan], key: MasterKey, found: _Found
) -> "dict[str, _Owners]":
    """Path -> the positions of its operators, which are made where none is alike."""
    types = {path: value_type(kind) for path, kind in leaf_types(schema).items()}
    owners: dict[str, _Owners] = {}
    for path, column in wanted.items():
        is_name = is_text(types[path]) and pool_of(column) in NAME_POOLS
        is_filled = is_name and column.operator == "pool"
        name = _name_owner(plan, table, path, key, found) if is_name else None
        whole = None if is_filled else _whole_owner(plan, table, path, types[path], key, found)
        if name is not None or whole is not None:
            owners[path] = _Owners(name, whole)
    return owners


def _name_owner(plan: Plan, table: str, path: str, key: MasterKey, found: _Found) -> int:
    column = plan.tables[table].columns[path]
    if column.operator == "pool":
        return found.owner(found.names.operators, *_column_operator(plan, table, path, pa.large_string(), key))
    make = partial(_operator, "redact", {"with": HIDDEN_NAME}, "", key)
    return found.owner(found.names.operators, ("removed name",), make)


def _whole_owner(plan: Plan, table: str, path: str, kind: pa.DataType, key: MasterKey, found: _Found) -> int | None:
    """None: values of the column are not looked for as a whole."""
    column = plan.tables[table].columns[path]
    operators = found.wholes.operators
    if _hides_days(column, kind):
        return found.owner(operators, ("shift_date",), partial(_operator, "redact", {"with": HIDDEN_DATE}, "", key))
    if not is_text(kind) and not pa.types.is_integer(kind):
        return None
    if hides_dates(column):
        make = partial(_operator, "redact", {}, "", key)
        return found.owner(operators, ("removed",), make) if is_removed(column) else None
    return found.owner(operators, *_column_operator(plan, table, path, kind, key))


def _column_operator(
    plan: Plan, table: str, path: str, kind: pa.DataType, key: MasterKey
) -> tuple[tuple[object, ...], Callable[[], Operator]]:
    """What makes a column's operator like another's, and how to make it."""
    column = plan.tables[table].columns[path]
    alike = (column.operator, plan.domain_of(table, path), repr(sorted(column.options.items())))
    if pa.types.is_integer(kind):
        return (*alike, kind), partial(_of_numbers, plan, table, path, kind, key)
    return alike, partial(make_operator, plan, table, path, pa.large_string(), key, Learned())


def _of_numbers(plan: Plan, table: str, path: str, kind: pa.DataType, key: MasterKey) -> Operator:
    return WrittenNumbers(make_operator(plan, table, path, kind, key, Learned()), kind)


def _leaf_values(table: SourceTable, paths: Collection[str]) -> Iterator[tuple[str, pa.Array]]:
    """The values of some leaves, batch by batch."""
    columns = [field.name for field in table.schema if any(path in paths for path in leaf_types(pa.schema([field])))]
    for batch in table.encoded_batches(columns) if columns else ():
        yield from _leaves_of(batch, paths)


def _leaves_of(batch: pa.RecordBatch, paths: Collection[str]) -> Iterator[tuple[str, pa.Array]]:
    """The values of some leaves of a batch."""
    found: list[tuple[str, pa.Array]] = []

    def note(path: str, values: pa.Array, owners: pa.Array | None) -> pa.Array:  # noqa: ARG001 - of the protocol
        found.append((path, values))
        return values

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        replace_leaves(name, column, note)
    yield from ((path, values) for path, values in found if path in paths)


def _entries(values: pa.Array) -> pa.Array:
    """The values, of dictionaries each once; texts in a layout that Arrow can take and filter."""
    if not pa.types.is_dictionary(values.type):
        return values.cast(without_views(values.type))
    entries = values.dictionary.cast(without_views(values.type.value_type))
    return entries.take(pc.unique(values.indices).drop_null())
