"""What a dataset contract says about foreign keys (ODCS: ``relationships`` of columns and of tables)."""

from collections.abc import Iterator, Sequence

from open_data_contract_standard.model import OpenDataContractStandard, Relationship, SchemaObject, SchemaProperty

from dataops_infra.conventions.contracts import ReferenceContract

_FOREIGN_KEY = "foreignKey"


def references_of(table: SchemaObject, odcs: OpenDataContractStandard) -> Iterator[ReferenceContract]:
    """The foreign keys of ``table`` into tables of the same contract, or of others that are named in short notation.

    What the standard's long notation says about other files is left out: it names no table.
    """
    for column, path in _columns(table.properties or [], ""):
        for relationship in column.relationships or []:
            yield from _reference([path], relationship.to, relationship, odcs)
    for relationship in table.relationships or []:
        own = [_target(each, odcs) for each in _listed(relationship.from_)]
        yield from _reference([path for _, path in filter(None, own)], relationship.to, relationship, odcs)


def _columns(columns: Sequence[SchemaProperty], prefix: str) -> Iterator[tuple[SchemaProperty, str]]:
    for column in columns:
        path = f"{prefix}{column.name or ''}"
        yield column, path
        yield from _columns(column.properties or [], f"{path}.")
        if column.items is not None:
            yield column.items, f"{path}[]"
            yield from _columns(column.items.properties or [], f"{path}[].")


def _reference(
    columns: Sequence[str], to: str | list[str] | None, relationship: Relationship, odcs: OpenDataContractStandard
) -> Iterator[ReferenceContract]:
    targets = [target for target in (_target(each, odcs) for each in _listed(to)) if target is not None]
    one_table = len({table for table, _ in targets}) == 1
    if (relationship.type or _FOREIGN_KEY) == _FOREIGN_KEY and one_table and len(columns) == len(targets):
        yield ReferenceContract(
            columns=tuple(columns), table=targets[0][0], referenced_columns=tuple(column for _, column in targets)
        )


def _listed(stated: str | list[str] | None) -> list[str]:
    return [stated] if isinstance(stated, str) else list(stated or [])


def _target(reference: str, odcs: OpenDataContractStandard) -> tuple[str, str] | None:
    """Table and column of ``customers.id``, or of ``schema/<id>/properties/<id>`` with the ids of this contract."""
    if "/" not in reference:
        table, _, column = reference.partition(".")
        return (table, column) if column else None
    parts = reference.lstrip("/").split("/")
    if len(parts) != 4 or parts[0] != "schema" or parts[2] != "properties":
        return None
    for table_object in odcs.schema_ or []:
        if table_object.id == parts[1]:
            column_name = next((c.name for c in table_object.properties or [] if c.id == parts[3]), None)
            return (table_object.name or "", column_name) if column_name else None
    return None
