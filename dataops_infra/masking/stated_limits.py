"""Whether replacements are values that a database takes: known from the plan alone, before anything is masked."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pyarrow.compute as pc

from dataops_infra.masking.binding import options_of, refuse
from dataops_infra.masking.catalogue import Catalogue, StatedColumn, read_catalogue
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.email import EmailOptions
from dataops_infra.masking.operators.pool import HOUSE_NUMBERS, USER_NUMBERS, PoolName, PoolOptions
from dataops_infra.masking.operators.redact import RedactOptions
from dataops_infra.masking.operators.token import TokenOptions
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.plan_checks import PlanMistake
from dataops_infra.masking.pools.deck import load_deck
from dataops_infra.masking.pools.frozen import POOLS
from dataops_infra.masking.sources import Source
from dataops_infra.masking.tokens import UNIQUE_LENGTH

Side = tuple[str, str]
"""Table and column."""
_LEAVES_VALUES = frozenset({"keep", "drop"})
_NUMBERS = {PoolName.STREET: HOUSE_NUMBERS, PoolName.USERNAME: USER_NUMBERS}
"""Beside words from lists, the largest number that a replacement has."""


def stated_of(source: Source) -> Catalogue:
    """What a database stated about the tables of ``source``; nothing where they come from none.

    :raises FileError: it is written wrongly.
    """
    return read_catalogue(source.path) if source.path.is_dir() else Catalogue()


def check_stated(plan: Plan, source: Source, path: Path) -> None:
    """Refuse operators whose replacements the source's database would not take.

    :param plan: found right by :func:`.binding.check_plan`.
    :param path: the plan's file, for the error.
    :raises PlanError: it names every such column and what would fit.
    """
    catalogue = stated_of(source)
    refuse([*_limit_mistakes(plan, catalogue), *_key_mistakes(plan, catalogue), *_join_mistakes(plan, catalogue)], path)


def misfit(column: ColumnPlan, stated: StatedColumn) -> str | None:
    """Why replacements are no values of a column, as far as the plan tells; None = they are, or may be."""
    options = options_of(column)
    if column.operator in _LEAVES_VALUES:
        return None
    if stated.is_closed:
        if isinstance(options, RedactOptions) and options.with_ in {stated.stand_in, *stated.values}:
            return None
        return f"{stated.type} takes no values that {column.operator} makes"
    longest = _longest(column)
    if stated.length is None or longest is None or longest <= stated.length:
        return None
    return f"{column.operator} makes up to {longest} characters, and {stated.type} takes {stated.length}"


def _limit_mistakes(plan: Plan, catalogue: Catalogue) -> Iterator[PlanMistake]:
    for table, stated in catalogue.tables.items():
        columns = plan.tables[table].columns if table in plan.tables else {}
        for path, limits in stated.columns.items():
            said = misfit(columns[path], limits) if path in columns else None
            if said is not None:
                at = ("tables", table, "columns", path, "operator")
                yield PlanMistake(at, f"{table}.{path}: {said}", _fix(limits))


def _key_mistakes(plan: Plan, catalogue: Catalogue) -> Iterator[PlanMistake]:
    for table, stated in catalogue.tables.items():
        columns = plan.tables[table].columns if table in plan.tables else {}
        for key in filter(None, (stated.primary_key, *stated.unique)):
            for path in key:
                if path in columns and not _stays_apart(columns[path], len(key) > 1):
                    said = f"may give two rows one value, and no two rows share their {', '.join(key)} in the database"
                    at = ("tables", table, "columns", path, "operator")
                    limits = stated.columns.get(path)
                    hint = "choose token or fpe, or keep if its values name nobody"
                    if limits is not None and limits.is_closed:
                        hint = f"choose keep if its values name nobody: nothing else keeps those of {limits.type} apart"
                    yield PlanMistake(at, f"{table}.{path}: {columns[path].operator} {said}", hint)


def _stays_apart(column: ColumnPlan, is_part: bool) -> bool:
    """Nulls are equal to none; a date that moves with its subject stays apart from the subject's others."""
    is_injective = OPERATORS[column.operator].injective(options_of(column))
    return is_injective or column.operator == "drop" or (is_part and column.operator == "shift_date")


def _join_mistakes(plan: Plan, catalogue: Catalogue) -> Iterator[PlanMistake]:
    """Foreign keys of the database that the plan does not list, and whose sides it does not replace alike."""
    listed = {(key.table, key.columns, key.references, key.referenced_columns) for key in plan.foreign_keys}
    for key in catalogue.foreign_keys:
        pairs = [
            ((key.table, column), (key.references, referenced))
            for column, referenced in zip(key.columns, key.referenced_columns, strict=True)
        ]
        if (key.table, key.columns, key.references, key.referenced_columns) in listed or not _all_planned(plan, pairs):
            continue
        if not (any(_is_dropped(plan, child) for child, _ in pairs) or all(_are_alike(plan, *pair) for pair in pairs)):
            said = (
                f"{key.table} ({', '.join(key.columns)}) refers to {key.references} "
                f"({', '.join(key.referenced_columns)}) in the database, and the plan replaces them differently"
            )
            hint = "give both sides one operator that keeps values apart, such as token, and one domain"
            yield PlanMistake(("tables", key.table, "columns", key.columns[0]), said, hint)


def _is_dropped(plan: Plan, side: Side) -> bool:
    return plan.tables[side[0]].columns[side[1]].operator == "drop"


def _are_alike(plan: Plan, child: Side, parent: Side) -> bool:
    one, other = (plan.tables[table].columns[path] for table, path in (child, parent))
    spec = OPERATORS[one.operator]
    if one.operator != other.operator or one.options != other.options or not spec.injective(options_of(one)):
        return False
    return not spec.keyed or plan.domain_of(*child) == plan.domain_of(*parent)


def _all_planned(plan: Plan, pairs: Iterable[tuple[Side, Side]]) -> bool:
    sides = [side for pair in pairs for side in pair]
    return all(table in plan.tables and path in plan.tables[table].columns for table, path in sides)


def _fix(stated: StatedColumn) -> str:
    if stated.is_closed:
        other = f", or redact with: {stated.stand_in}" if stated.stand_in is not None else ""
        return f"choose keep if its values name nobody, drop{other}"
    return "choose keep if its values name nobody, fpe, drop, or redact with a short text"


def _longest(column: ColumnPlan) -> int | None:
    """The most characters of a replacement; None = that hangs on the value."""
    options = options_of(column)
    if isinstance(options, TokenOptions):
        return options.length
    if isinstance(options, EmailOptions):
        return UNIQUE_LENGTH + len(f"@{options.host}")
    if isinstance(options, RedactOptions):
        return len(options.with_)
    if isinstance(options, PoolOptions):
        return _longest_of(options.pool)
    return None


@cache
def _longest_of(pool: PoolName) -> int:
    words = [pc.max(pc.utf8_length(load_deck(name).values)).as_py() for name in POOLS[pool]]
    number = len(str(_NUMBERS[pool])) + 1 if pool in _NUMBERS else 0
    return int(sum(words) + len(words) - 1 + number)
