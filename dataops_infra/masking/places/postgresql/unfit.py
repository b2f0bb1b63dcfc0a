"""What the server's refusal of a row or a statement means for whoever wrote the plan: one sentence with the fix."""

from dataops_infra.masking.places import misfits
from dataops_infra.masking.places.postgresql.session import OF_DRIVER, Failure
from dataops_infra.masking.places.postgresql.tables import Table

_OF_TYPES = ("22", "42804", "42846")
"""Classes of states: a value is none of the type."""
_CONNECTION = ("08", "57P0")
_SERVER = {
    "25006": "the database is read-only",
    "42501": "the user may not do this: load as the owner of the tables",
    "40P01": "another session stood in the way (deadlock); try again when nobody uses the tables",
    "53100": "the server's disk is full",
    "55P03": "another session holds the tables; try again when nobody uses them",
    "57014": "the statement was cancelled",
}


def unfit(failure: Failure, table: Table | None = None) -> str:
    """The sentence, without its end. No value is repeated."""
    name = table.name.shown if table is not None else failure.told.get("TABLE_NAME", "a table")
    column = f"{name}.{failure.column}" if failure.column else name
    constraint = failure.constraint or "a constraint"
    said = {
        "22001": f"masked values are longer than {_typed(column, failure, table)} takes; choose an operator that keeps "
        "their length (fpe, pool), a shorter token (options: length), or redact with a short text",
        "23502": misfits.of_null(column),
        "23503": f"{misfits.of_reference(name, constraint)}, and load both",
        "23505": misfits.of_key(name, constraint),
        "23514": misfits.of_check(name, (), constraint),
        "23P01": f"masked values break the exclusion {constraint} of {name}; keep its columns",
    }
    if failure.state in said:
        return said[failure.state]
    if failure.state in _SERVER:
        return _SERVER[failure.state]
    if failure.state.startswith(_OF_TYPES):
        return misfits.of_type(_typed(column, failure, table))
    if failure.state == OF_DRIVER:
        return f"{name} cannot be sent: the driver knows no way for one of its types"
    if failure.state.startswith(_CONNECTION):
        return "the connection was lost"
    return f"{name} could not be loaded (SQLSTATE {failure.state})"


def _typed(column: str, failure: Failure, table: Table | None) -> str:
    types = {each.name: each.type for each in table.columns} if table is not None else {}
    return f"{column} ({types[failure.column]})" if failure.column in types else column
