"""A database is not masked into itself, by whatever name it is called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.moving import ends_of_run
from dataops_infra.masking.places import open_place
from tests.masking.places.postgresql.conftest import Pair
from tests.masking.places.postgresql.test_loading import PEOPLE, copy_of, deliver, people
from tests.support.places import copy_between, plan_for
from tests.support.postgres import PASSWORD, Server

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
