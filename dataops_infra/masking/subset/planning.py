"""From a request to a smaller source, and to what is told about it before anything is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dataops_infra.conventions.documents import nearest
from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.binding import options_of, value_type
from dataops_infra.masking.catalogue import Catalogue, StatedKey, read_catalogue
from dataops_infra.masking.leaves import leaf_types
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import Outcome
from dataops_infra.masking.plan import ForeignKey, Plan
from dataops_infra.masking.sources import Source
from dataops_infra.masking.subset.applying import selected
from dataops_infra.masking.subset.condition import Condition, read_condition
from dataops_infra.masking.subset.links import DANGLING, Key, above, below, link_up
from dataops_infra.masking.subset.reading import TableRows, Wanted, read_rows
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.masking.subset.selecting import Chosen, Data, Reason, choose

TOLERANCE = 0.1
"""A subset whose root has more or fewer rows than asked for by a larger share says why."""


@dataclass(frozen=True)
class TableSubset:
    """What is chosen of one table."""

    name: str
    of: int
    """Rows of the source."""
    reasons: Mapping[Reason, int]
    """Why -> how many rows."""

    @property
    def rows(self) -> int:
        """Rows of the subset."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Join:
    """A foreign key, and how the subset follows it."""

    key: Key
    is_followed_down: bool
    """Whether rows that refer to chosen ones are chosen; the other way is always gone."""
    dangling: int
    """Chosen rows that refer to a row which the source does not have."""


@dataclass(frozen=True)
class Subset:
    """A smaller source, and how it came about."""

    request: SubsetRequest
    root: str
    source: Source
    tables: tuple[TableSubset, ...]
    joins: tuple[Join, ...]
    target: int
    """Rows of the root that were asked for."""
    notes: tuple[str, ...]
    """What differs from the request, and why."""
    withholds_where: bool
    """Whether the condition may repeat values that the plan hides, so that no manifest may hold it."""

    @property
    def counts(self) -> dict[str, int]:
        """Table -> rows of the subset."""
        return {table.name: table.rows for table in self.tables}

    def recorded(self) -> dict[str, Any]:
        """The subset as the manifest tells it."""
        sizes = {table.name: {"rows": table.rows, "of": table.of} for table in self.tables}
        return {**self.request.recorded(self.root, withholds_where=self.withholds_where), "tables": sizes}


def make_subset(source: Source, plan: Plan, request: SubsetRequest) -> Subset:
    """The subset of ``source`` that ``request`` asks for; reads keys and columns of few values of each table.

    :param plan: held against the source before; its foreign keys are followed, and those of the source's catalogue.
    :raises InvalidInputError: the request is wrong, or does not fit the source.
    :raises FileError: the catalogue is wrong.
    :raises MaskingError: a foreign key leads out of the source, no row is left, or a file is damaged.
    """
    request.check()
    root = _root(source, request.root)
    condition = None if request.where is None else read_condition(request.where, root, source.tables[root].schema)
    catalogue = read_catalogue(source.path) if source.path.is_dir() else Catalogue()
    keys = foreign_keys(plan, catalogue)
    _check_keys(source, keys)
    data = _read(source, root, keys, catalogue, condition, request.few_values)
    chosen = choose(data, request.target)
    if not chosen.available:
        what = f"no row of {root} meets --where" if condition is not None else f"{root} has no rows"
        raise MaskingError(f"{what}: there is nothing to make a subset of")
    flags = {name: chosen.choice.chosen(name) for name in source.tables}
    files = {name: rows.rows_of_files for name, rows in data.tables.items()}
    return Subset(
        request=request,
        root=root,
        source=selected(source, flags, files),
        tables=tuple(_table_subset(name, chosen, rows) for name, rows in data.tables.items()),
        joins=tuple(_joins(data, chosen)),
        target=chosen.target,
        notes=tuple(_notes(data, chosen, request)),
        withholds_where=condition is not None and _may_repeat_hidden(plan, root, condition.columns),
    )


def foreign_keys(plan: Plan, catalogue: Catalogue) -> list[Key]:
    """The foreign keys of plan and catalogue, each once."""
    stated: tuple[ForeignKey | StatedKey, ...] = (*plan.foreign_keys, *catalogue.foreign_keys)
    found: dict[tuple[str, str, frozenset[tuple[str, str]]], Key] = {}
    for key in stated:
        if len(key.columns) != len(key.referenced_columns):
            continue  # of a catalogue that no database states
        pairs = frozenset(zip(key.columns, key.referenced_columns, strict=True))
        whole = Key(key.table, tuple(key.columns), key.references, tuple(key.referenced_columns))
        found.setdefault((key.table, key.references, pairs), whole)
    return sorted(found.values())


def _root(source: Source, stated: str | None) -> str:
    if stated is None:
        if len(source.tables) == 1:
            return next(iter(source.tables))
        raise InvalidInputError("--root", "the table that the subset grows from, as the source has several", "none")
    if stated not in source.tables:
        raise InvalidInputError("--root", f"a table of the source ({nearest(stated, source.tables)})", stated)
    return stated


def _check_keys(source: Source, keys: Iterable[Key]) -> None:
    """Refuse keys that no subset can keep.

    :raises MaskingError: it names all of them.
    """
    wrong = []
    for key in keys:
        left_out = [name for name in (key.table, key.references) if name not in source.tables]
        if left_out:
            wrong.append(f"{key.shown}: the source has no table {left_out[0]}")
            continue
        for table, columns in ((key.table, key.columns), (key.references, key.referenced_columns)):
            leaves = leaf_types(source.tables[table].schema)
            wrong += [f"{key.shown}: {table} has no column {name}" for name in columns if name not in leaves]
            wrong += [f"{key.shown}: {table}.{name} stands in a list" for name in columns if "[]" in name]
    if wrong:
        raise MaskingError(
            f"no subset can keep these foreign keys: {'; '.join(wrong)}; bring the table into the source, or take the "
            "key out of what states it"
        )


def _read(
    source: Source, root: str, keys: list[Key], catalogue: Catalogue, condition: Condition | None, few_values: int
) -> Data:
    fed = below(root, keys)
    as_texts = {key: not _are_alike(source, key) for key in keys}
    tables: dict[str, TableRows] = {}
    for name, table in source.tables.items():
        own = [(key.columns, as_texts[key]) for key in keys if key.table == name]
        referred = [(key.referenced_columns, as_texts[key]) for key in keys if key.references == name]
        unkept = {column for key in keys if key.table == name and key.references in fed for column in key.columns}
        stated = catalogue.tables.get(name)
        primary_key = stated.primary_key if stated is not None else ()
        named = primary_key if set(primary_key) <= set(table.schema.names) else ()
        wanted = Wanted(
            keys=tuple(dict.fromkeys((*own, *referred))),
            primary_key=named,
            unkept=frozenset(unkept),
            few_values=few_values,
            condition=condition if name == root else None,
        )
        tables[name] = read_rows(table, wanted)
    links = []
    for key in keys:
        child = tables[key.table].keys[key.columns, as_texts[key]]
        links.append(link_up(key, child, tables[key.references].keys[key.referenced_columns, as_texts[key]]))
    for rows in tables.values():
        rows.keys.clear()  # the numbers of the links say all that is needed, in half the memory
    return Data(root, tables, tuple(links), few_values)


def _are_alike(source: Source, key: Key) -> bool:
    """Whether both sides have equal types: others are compared as texts, as the gate does."""
    mine, theirs = (leaf_types(source.tables[table].schema) for table in (key.table, key.references))
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    return all(_plain(mine[one]) == _plain(theirs[other]) for one, other in pairs)


def _plain(kind: pa.DataType) -> pa.DataType:
    found = value_type(kind)
    is_text = pa.types.is_string(found) or pa.types.is_string_view(found)
    return pa.large_string() if is_text else found


def _table_subset(name: str, chosen: Chosen, rows: TableRows) -> TableSubset:
    counted = chosen.choice.counted(name)
    return TableSubset(name, rows.rows, {reason: number for reason, number in counted.items() if number})


def _joins(data: Data, chosen: Chosen) -> Iterable[Join]:
    for link in data.links:
        key = link.key
        dangling = int(np.count_nonzero(link.child_groups[chosen.choice.chosen(key.table)] == DANGLING))
        yield Join(key, key.references in data.fed and key.table != data.root, dangling)


def _notes(data: Data, chosen: Chosen, request: SubsetRequest) -> Iterable[str]:
    root, rows = data.root, chosen.choice.number(data.root)
    met = " that meet --where" if request.where is not None else ""
    if chosen.target > chosen.available:
        yield f"{chosen.target:,} rows of {root} were asked for, and there are {chosen.available:,}{met}"
    if rows > (1 + TOLERANCE) * min(chosen.target, chosen.available):
        counted = chosen.choice.counted(root)
        yield (
            f"{root} has {rows:,} rows instead of {chosen.target:,}: {counted[Reason.REFERRED]:,} are referred to by "
            f"chosen rows, {counted[Reason.VALUE]:,} are the only ones with some value"
        )
    elif rows < (1 - TOLERANCE) * min(chosen.target, chosen.available):
        yield (
            f"{root} has {rows:,} rows instead of {chosen.target:,}: with one more it would have many more, because "
            "of the rows that this one needs"
        )
    for join in _joins(data, chosen):
        if join.dangling:
            yield f"{join.key.shown}: {join.dangling:,} rows refer to rows that the source does not have"
    needed = above(data.fed, data.keys)
    for name in data.tables:
        if not chosen.choice.number(name) and data.tables[name].rows:
            why = "nothing that is chosen refers to it" if name in needed - data.fed else "no row of it belongs to them"
            yield f"{name} has no rows: {why}"


def _may_repeat_hidden(plan: Plan, table: str, columns: Iterable[str]) -> bool:
    """Whether a condition on ``columns`` may hold values that the copy must not show."""
    leaves = plan.tables[table].columns
    inside = [
        column
        for path, column in leaves.items()
        if any(path == name or path.startswith((f"{name}.", f"{name}[]")) for name in columns)
    ]
    return any(OPERATORS[column.operator].outcome_of(options_of(column)) is not Outcome.KEPT for column in inside)
