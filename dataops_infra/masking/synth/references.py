"""Foreign keys between the tables of all contracts, as far as rows can be made for them."""

from collections.abc import Iterator, Mapping, Sequence

from dataops_infra.conventions.contracts import ReferenceContract
from dataops_infra.conventions.documents import KeyPath, nearest
from dataops_infra.masking.synth.specs import TableSpec

Owners = dict[tuple[str, str], ReferenceContract]
"""Table and column -> the foreign key that the column belongs to."""


def tables_by_name(specs: Sequence[TableSpec]) -> dict[str, TableSpec]:
    """Name -> table; a second one of the same name is a mistake."""
    found: dict[str, TableSpec] = {}
    for spec in specs:
        if spec.name in found:
            spec.source.say((*spec.at, "name"), f"table {spec.name} is described twice", "keep one of them")
        found.setdefault(spec.name, spec)
    return found


def follow_references(tables: Mapping[str, TableSpec]) -> Owners:
    """The foreign keys that can be followed; what is wrong with others is noted."""
    owners: Owners = {}
    for spec in tables.values():
        for reference in spec.references:
            wrong = list(_mistakes(spec, reference, tables, owners))
            for message, hint in wrong:
                spec.source.say(_place(spec, reference), message, hint)
            if not wrong:
                owners.update({(spec.name, column): reference for column in reference.columns})
    _check_cycles(tables, owners)
    return owners


def is_key(table: TableSpec, columns: Sequence[str]) -> bool:
    """Whether no two rows of ``table`` have equal values in all of ``columns``."""
    unique = [column.name for column in table.columns if column.is_unique]
    key = {column.name for column in table.primary_key}
    return (bool(key) and key <= set(columns)) or any(column in unique for column in columns)


def _place(spec: TableSpec, reference: ReferenceContract) -> KeyPath:
    column = spec.column(reference.columns[0])
    return (*(column.at if column is not None else spec.at), "relationships")


def _mistakes(
    spec: TableSpec, reference: ReferenceContract, tables: Mapping[str, TableSpec], owners: Owners
) -> Iterator[tuple[str, str]]:
    shown = f"{spec.name}({', '.join(reference.columns)})"
    parent = tables.get(reference.table)
    if parent is None:
        hint = nearest(reference.table, tables)
        yield f"{shown} refers to {reference.table}, a table that no contract given describes", hint
        return
    for column in reference.columns:
        if spec.column(column) is None:
            yield f"{shown}: there is no column {column}", "a foreign key cannot stand in what is nested"
        elif (spec.name, column) in owners:
            yield f"{shown}: {column} stands in two foreign keys", "rows are made for one; leave one out"
    for column in reference.referenced_columns:
        if parent.column(column) is None:
            yield f"{shown}: {parent.name} has no column {column}", nearest(column, [c.name for c in parent.columns])
            return
    if not is_key(parent, reference.referenced_columns):
        said = f"{shown}: {', '.join(reference.referenced_columns)} is no key of {parent.name}"
        yield said, "refer to its primary key, or to a unique column"


def _check_cycles(tables: Mapping[str, TableSpec], owners: Owners) -> None:
    """Refuse required foreign keys that lead back to their own table: no row could be the first."""
    required = [
        (table, reference)
        for table, reference in dict.fromkeys((table, reference) for (table, _), reference in owners.items())
        if _is_required(tables[table], reference)
    ]
    steps: dict[str, set[str]] = {}
    for table, reference in required:
        steps.setdefault(table, set()).add(reference.table)
    for table, reference in required:
        if table in _reached(reference.table, steps):
            way = "itself" if reference.table == table else f"{reference.table}, which leads back to {table}"
            said = f"{table}({', '.join(reference.columns)}) is required and refers to {way}: no row could be the first"
            tables[table].source.say(_place(tables[table], reference), said, "let a column of the cycle be null")


def _is_required(table: TableSpec, reference: ReferenceContract) -> bool:
    columns = [table.column(name) for name in reference.columns]
    return all(column is not None and column.is_required for column in columns)


def _reached(table: str, steps: Mapping[str, set[str]]) -> set[str]:
    found = {table}
    while more := {there for here in found for there in steps.get(here, ())} - found:
        found |= more
    return found
