"""Names are data too: whatever they hold, they come back as they were and stand for nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql.address import read_address
from dataops_infra.masking.places.postgresql.names import TableName, identifier, identifiers, literal
from dataops_infra.masking.places.postgresql.session import connected
from dataops_infra.masking.progress import QUIET
from tests.masking.places.postgresql.conftest import Pair
from tests.support.places import copy_between, plan_for
from tests.support.postgres import Server

NAMES = st.text(
    st.characters(min_codepoint=1, exclude_categories=["Cs"]) | st.sampled_from("\"'\\;.-%/$_ \n\tä"), min_size=1
).filter(lambda name: len(name.encode()) <= 63)
HOSTILE = ('a"; DROP TABLE people; --', "it's", "back\\slash", "new\nline", "%s $1 :x", "../up", "_hidden", "a.b", ".c")


@given(NAMES, NAMES)
def test_a_table_is_found_again_by_what_its_file_is_called(schema: str, name: str) -> None:
    table = TableName(schema, name)
    for default in ("public", schema):
        known_as = table.known_as(default)
        assert TableName.of_known(known_as, default) == table
        assert not known_as.startswith((".", "_"))
        assert "/" not in known_as
        assert len(Path(f"{known_as}.parquet").parts) == 1


def test_nul_is_in_no_name_and_no_text() -> None:
    for quote in (identifier, literal):
        with pytest.raises(ValueError, match="NUL"):
            quote("a\0b")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(NAMES | st.sampled_from(HOSTILE), min_size=1, max_size=30))
def test_quoted_names_and_texts_mean_themselves(server: Server, names: list[str]) -> None:
    address = read_address(server.uri("postgres"))
    with connected(address, is_read_only=True) as session:
        texts = ", ".join(map(literal, names))
        asked = ", ".join(f"1 AS {identifier(name)}" for name in names[:1])
        assert session.rows(f"SELECT ARRAY[{texts}]::text[] AS names")[0]["names"] == names
        assert list(session.rows(f"SELECT {asked}")[0]) == names[:1]


def test_hostile_names_travel_and_do_nothing_else(pair: Callable[..., Pair], tmp_path: Path) -> None:
    columns = [name for name in HOSTILE if name != "a.b"]  # a plan takes what is behind a dot for a field
    script = "CREATE TABLE people (id integer PRIMARY KEY);" + "".join(
        f"CREATE TABLE {identifier(name)} (id integer PRIMARY KEY REFERENCES people, "
        f"{', '.join(f'{identifier(column)} text' for column in columns)});"
        for name in HOSTILE
    )
    rows = "INSERT INTO people VALUES (1);" + "".join(
        f"INSERT INTO {identifier(name)} (id, {identifiers(columns)}) VALUES (1{', 1' * len(columns)});"
        for name in HOSTILE
    )
    both = pair(script, rows)
    plan = plan_for(both.source(), tmp_path / "plan.yaml")

    assert copy_between(both.source(), both.target(), plan).is_published

    for name in HOSTILE:
        found = both.in_target(f"SELECT count(*) FROM {identifier(name)} WHERE {identifier(columns[0])} <> '1'")
        assert (name, found) == (name, "1")
    assert both.in_target("SELECT count(*) FROM people") == "1"


def test_what_others_put_on_the_search_path_is_not_called(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE SCHEMA evil; CREATE TABLE public.t (id integer);"
        "CREATE FUNCTION evil.lied(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';"
        "CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.lied);"
        "CREATE VIEW evil.pg_class AS SELECT 1 / 0 AS oid; CREATE VIEW evil.pg_type AS SELECT 1 / 0 AS oid;",
        "INSERT INTO public.t VALUES (1)",
    )
    both.in_source(f"ALTER DATABASE {both.prod} SET search_path = evil, public, pg_catalog")

    open_place(both.source()).fetch(tmp_path, QUIET)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["_catalogue.json", "t.parquet"]
