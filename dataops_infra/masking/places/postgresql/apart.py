"""Whether two addresses mean the same tables, by what the servers say: one server has many names."""

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.names import TableName
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.choosing import tables_in_reach
from dataops_infra.masking.places.postgresql.session import Failure, Session, connected

# Every role may read both. The system identifier would not do: a server restored from a copy of another has its own
# database with the other's identifier and OIDs. No two servers start in the same microsecond.
_HERE = """
SELECT pg_postmaster_start_time() AS started, oid::int8 AS database
FROM pg_database WHERE datname = current_database()
"""


def check_apart(source: Address, target: Address) -> None:
    """Refuse a target whose tables are those that are masked; other schemas of the same database are apart.

    :raises MaskingError: it names the tables, or a server cannot be reached.
    """
    with connected(source, is_read_only=True) as one, connected(target, is_read_only=True) as other:
        try:
            shared = _shared(one, source, other, target)
        except Failure as failure:
            raise MaskingError(f"{target.shown} cannot be looked into (SQLSTATE {failure.state})") from None
    if shared:
        names = ", ".join(name.shown for name in shared)
        raise MaskingError(
            f"the target {target.shown} is the source: {names} would be replaced by their own copy; choose another "
            "database, or another schema by ?schema="
        )


def _shared(one: Session, source: Address, other: Session, target: Address) -> list[TableName]:
    """Tables of the source in whose place a copy would be loaded."""
    if one.rows(_HERE) != other.rows(_HERE):
        return []
    _database, read = tables_in_reach(one, source)
    _database, written = tables_in_reach(other, target)
    names = {table.name for table in read}
    copied = {TableName.of_known(name.known_as(source.schemas[0]), target.schemas[0]) for name in names}
    return sorted(names & copied & {table.name for table in written})
