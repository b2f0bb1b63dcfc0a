"""How one plan differs from another, in words for people."""

from collections.abc import Iterator, Mapping

from dataops_infra.masking.plan import ColumnPlan, Plan

_TOLD = ("operator", "domain", "options", "classification", "type")
"""Of a column; reasons and scores change with every sample and decide nothing."""


def plan_changes(before: Plan, after: Plan) -> list[str]:
    """One line for each difference that changes what is done."""
    return [*_table_changes(before, after), *_other_changes(before, after)]


def _table_changes(before: Plan, after: Plan) -> Iterator[str]:
    for table in [*before.tables, *(name for name in after.tables if name not in before.tables)]:
        if table not in after.tables:
            yield f"table {table} went"
        elif table not in before.tables:
            yield f"table {table} came, with {len(after.tables[table].columns)} columns"
        else:
            yield from _column_changes(table, before.tables[table].columns, after.tables[table].columns)


def _column_changes(table: str, before: Mapping[str, ColumnPlan], after: Mapping[str, ColumnPlan]) -> Iterator[str]:
    for path in [*before, *(path for path in after if path not in before)]:
        where = f"{table}.{path}"
        if path not in after:
            yield f"{where} went"
        elif path not in before:
            yield f"{where} came: {after[path].operator} ({after[path].reason})"
        else:
            old, new = before[path], after[path]
            parts = [
                f"{name} {getattr(old, name)} → {getattr(new, name)}"
                for name in _TOLD
                if getattr(old, name) != getattr(new, name)
            ]
            if parts:
                yield f"{where}: {', '.join(parts)}"


def _other_changes(before: Plan, after: Plan) -> Iterator[str]:
    was, now = (set(_keys(plan)) for plan in (before, after))
    yield from (f"foreign key {key} went" for key in sorted(was - now))
    yield from (f"foreign key {key} came" for key in sorted(now - was))
    for name in Plan.model_fields:
        if name not in ("tables", "foreign_keys", "schema_") and getattr(before, name) != getattr(after, name):
            yield f"{name} {getattr(before, name)} → {getattr(after, name)}"


def _keys(plan: Plan) -> Iterator[str]:
    for key in plan.foreign_keys:
        yield f"{key.table} ({', '.join(key.columns)}) → {key.references} ({', '.join(key.referenced_columns)})"
