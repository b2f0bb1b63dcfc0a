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
_IS_STANDBY = "SELECT pg_is_in_recovery()"
# Every role may execute these unless somebody revoked it; a refusal would end the transaction.
_TELLS = """
SELECT bool_and(has_function_privilege(name, 'EXECUTE')) FROM (VALUES ('pg_catalog.pg_control_system()'),
('pg_catalog.pg_control_checkpoint()'), ('pg_catalog.pg_control_recovery()'), ('pg_catalog.pg_last_wal_replay_lsn()'),
('pg_catalog.pg_current_wal_lsn()'), ('pg_catalog.pg_walfile_name(pg_lsn)')) AS function (name)
"""
_CLUSTER = """
SELECT system_identifier AS cluster, oid::int8 AS database
FROM pg_control_system(), pg_database WHERE datname = current_database()
"""
# The timeline of the last restart point may be that before a failover.
_REPLAYED = """
SELECT greatest(timeline_id, min_recovery_end_timeline) AS timeline,
(pg_last_wal_replay_lsn() - '0/0')::int8 AS position
FROM pg_control_checkpoint(), pg_control_recovery()
"""
# The timeline of the last checkpoint may be that before a promotion.
_WRITTEN = """
SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int4 AS timeline,
(pg_current_wal_lsn() - '0/0')::int8 AS position
"""


def check_apart(source: Address, target: Address) -> None:
    """Refuse a target whose tables are those that are masked; other schemas of the same database are apart.

    :raises MaskingError: it names the tables, or a server cannot be reached.
    """
    with connected(source, is_read_only=True) as one, connected(target, is_read_only=True) as other:
        try:
            shared = _shared(one, source, other, target)
            is_same = not shared or one.rows(_HERE) == other.rows(_HERE)
        except Failure as failure:
            raise MaskingError(f"{target.shown} cannot be looked into (SQLSTATE {failure.state})") from None
    if shared:
        names = ", ".join(name.shown for name in shared)
        meant = "the source" if is_same else "the primary of the source, which is its standby"
        raise MaskingError(
            f"the target {target.shown} is {meant}: {names} would be replaced by their own copy; choose another "
            "database, or another schema by ?schema="
        )


def _shared(one: Session, source: Address, other: Session, target: Address) -> list[TableName]:
    """Tables of the source in whose place a copy would be loaded."""
    if one.rows(_HERE) != other.rows(_HERE) and not _follows(one, other):
        return []
    _database, read = tables_in_reach(one, source)
    _database, written = tables_in_reach(other, target)
    names = {table.name for table in read}
    copied = {TableName.of_known(name.known_as(source.schemas[0]), target.schemas[0]) for name in names}
    return sorted(names & copied & {table.name for table in written})


def _follows(one: Session, other: Session) -> bool:
    """Whether one database is the standby's of the other, as far as both servers tell.

    A standby has the system identifier of its primary, and so has every server that was restored from a copy of it. Of
    these, one that was promoted since is on a timeline of its own, and one that has not written as much as the standby
    has read is not where that comes from.
    """
    if not one.value(_IS_STANDBY) or other.value(_IS_STANDBY) or not (one.value(_TELLS) and other.value(_TELLS)):
        return False
    (read,) = one.rows(_REPLAYED)  # first: the primary only goes on meanwhile
    (written,) = other.rows(_WRITTEN)
    is_ahead = read["position"] is not None and read["position"] > written["position"]
    return one.rows(_CLUSTER) == other.rows(_CLUSTER) and read["timeline"] == written["timeline"] and not is_ahead
