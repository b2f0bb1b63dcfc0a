"""A database is not masked into itself, by whatever name it is called."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.moving import ends_of_run
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql import apart
from tests.masking.places.postgresql.conftest import Pair
from tests.masking.places.postgresql.test_loading import PEOPLE, copy_of, deliver, people
from tests.support.places import copy_between, plan_for
from tests.support.postgres import PASSWORD, Server, running, standby

OTHER = "CREATE SCHEMA other; CREATE TABLE other.people (LIKE public.people INCLUDING ALL)"


@pytest.fixture
def copied(pair: Callable[..., Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A database that holds a former masked copy, and an ordinary role that may read and write it."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    both = pair(f"{PEOPLE}; {OTHER}")
    both.in_target("CREATE SCHEMA aside; CREATE TABLE aside.visits (id integer)")
    deliver(both.target(), copy_of(tmp_path, people=people()))
    return both


def refused(source: str, target: str, work: Path) -> str:
    with pytest.raises(MaskingError) as raised, ends_of_run(open_place(source), open_place(target), work):
        pass
    assert not [path for path in work.iterdir() if path.name.startswith(".")]
    return str(raised.value)


def test_a_former_copy_is_not_masked_into_itself(copied: Pair, tmp_path: Path) -> None:
    plan = plan_for(copied.target(), tmp_path / "plan.yaml", {"people.mail": "email"})
    before = copied.in_target("SELECT * FROM people")

    with pytest.raises(MaskingError, match=r"is the source: public.people would be replaced by their own copy"):
        copy_between(copied.target(), copied.server.tcp(copied.test), plan, is_overwritten=True)

    assert copied.in_target("SELECT * FROM people") == before


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("", ""),
        ("", "&application_name=x"),
        ("&schema=public,other", "&schema=other"),
        ("&tables=people", "&schema=public,other"),
    ],
)
def test_the_server_tells_what_is_the_same(copied: Pair, tmp_path: Path, source: str, target: str) -> None:
    said = refused(copied.target(source), copied.server.tcp(copied.test, parameters=target), tmp_path)
    assert "choose another database, or another schema by ?schema=" in said


def test_a_role_without_rights_is_told_too(copied: Pair, server: Server, tmp_path: Path) -> None:
    server.psql("postgres", f"DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'")
    copied.in_target("GRANT SELECT ON people TO clerk")
    try:
        said = refused(copied.target(user="clerk"), server.tcp(copied.test, "clerk"), tmp_path)
        assert "is the source: public.people" in said
    finally:
        copied.in_target("DROP OWNED BY clerk CASCADE")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("&schema=public", "&schema=other"),
        ("&schema=public,other&tables=people", "&schema=other,public"),
        ("&schema=public", "&schema=aside,public&tables=visits"),
    ],
)
def test_other_tables_of_the_same_database_are_apart(copied: Pair, tmp_path: Path, source: str, target: str) -> None:
    with ends_of_run(open_place(copied.target(source)), open_place(copied.target(target)), tmp_path) as ends:
        assert ends.target.name == "copy"


def test_another_schema_takes_a_copy(copied: Pair, tmp_path: Path) -> None:
    plan = plan_for(
        copied.target(), tmp_path / "plan.yaml", {"people.mail": "email", "people.id": "keep", "people.note": "keep"}
    )

    assert copy_between(copied.target(), copied.target("&schema=other"), plan).is_published

    assert (
        copied.in_target("SELECT count(*) FROM other.people o JOIN people p USING (id) WHERE o.mail <> p.mail") == "3"
    )


def test_another_database_of_the_same_server_is_apart(copied: Pair, tmp_path: Path) -> None:
    with ends_of_run(open_place(copied.source()), open_place(copied.target()), tmp_path) as ends:
        assert ends.target.name == "copy"


def test_a_server_that_does_not_tell_is_refused(copied: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops_infra.masking.places.postgresql.apart._HERE", "SELECT no_such_function()")
    assert refused(copied.source(), copied.target(), tmp_path).endswith("cannot be looked into (SQLSTATE 42883)")


@pytest.fixture(scope="module")
def followed(server: Server) -> Iterator[tuple[Server, Server]]:
    """A server with a table, and a standby of it."""
    with running(server.binaries) as primary:
        primary.psql("postgres", f"{PEOPLE}; CREATE ROLE clerk LOGIN; GRANT SELECT ON people TO clerk")
        with standby(primary) as follower:
            yield primary, follower


@pytest.mark.parametrize("user", ["postgres", "clerk"])
def test_a_standby_is_the_database_that_it_follows(followed: tuple[Server, Server], tmp_path: Path, user: str) -> None:
    primary, follower = followed
    said = refused(follower.uri("postgres", user), primary.uri("postgres", user), tmp_path)
    assert said == (
        f"the target {open_place(primary.uri('postgres', user)).shown} is the primary of the source, which is its "
        "standby: public.people would be replaced by their own copy; choose another database, or another schema by "
        "?schema="
    )


def test_other_databases_of_a_standbys_primary_are_apart(followed: tuple[Server, Server], tmp_path: Path) -> None:
    primary, follower = followed
    primary.create("test")
    primary.psql("test", PEOPLE)
    with ends_of_run(open_place(follower.uri("postgres")), open_place(primary.uri("test")), tmp_path) as ends:
        assert ends.target.name == "copy"


def test_another_server_is_apart_from_a_standby(
    followed: tuple[Server, Server], server: Server, tmp_path: Path
) -> None:
    server.psql("postgres", PEOPLE)
    for _ in range(4):  # further on than the standby, so the position tells nothing
        server.psql("postgres", "CREATE TABLE written (); DROP TABLE written; SELECT pg_switch_wal()")
    try:
        with ends_of_run(open_place(followed[1].uri("postgres")), open_place(server.uri("postgres")), tmp_path) as ends:
            assert ends.target.name == "copy"
    finally:
        server.psql("postgres", "DROP TABLE people")


def test_a_restored_server_is_apart_from_a_standby(followed: tuple[Server, Server], tmp_path: Path) -> None:
    primary, follower = followed
    with standby(primary) as restored:
        restored.psql("postgres", "SELECT pg_promote()")
        restored.psql("postgres", "CREATE TABLE more AS SELECT i FROM generate_series(1, 10000) i")
        with ends_of_run(open_place(follower.uri("postgres")), open_place(restored.uri("postgres")), tmp_path) as ends:
            assert ends.target.name == "copy"


def test_a_server_that_wrote_less_than_a_standby_read_is_not_its_primary(
    followed: tuple[Server, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, follower = followed
    monkeypatch.setattr(apart, "_WRITTEN", apart._WRITTEN.replace("- '0/0')::int8", "- pg_current_wal_lsn())::int8"))
    with ends_of_run(open_place(follower.uri("postgres")), open_place(primary.uri("postgres")), tmp_path) as ends:
        assert ends.target.name == "copy"


def test_a_standby_whose_user_may_not_ask_is_not_told(followed: tuple[Server, Server], tmp_path: Path) -> None:
    primary, follower = followed
    primary.psql("postgres", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    _await_replay(primary, follower)
    try:
        ends = (open_place(follower.uri("postgres", "clerk")), open_place(primary.uri("postgres", "clerk")))
        with ends_of_run(*ends, tmp_path) as at_hand:
            assert at_hand.target.name == "copy"
    finally:
        primary.psql("postgres", "GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
        _await_replay(primary, follower)


def _await_replay(primary: Server, follower: Server) -> None:
    written = primary.psql("postgres", "SELECT pg_current_wal_insert_lsn()")
    primary.psql("postgres", "SELECT pg_switch_wal()")
    while follower.psql("postgres", f"SELECT pg_last_wal_replay_lsn() < '{written}'") == "t":
        sleep(0.02)
