"""Indexes are built when the rows are there, and are what they were."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.places.postgresql import loading
from tests.masking.places.postgresql.conftest import Pair
from tests.masking.places.postgresql.test_loading import PEOPLE, copy_of, deliver, people, refused, state

SCHEMA = f"""
{PEOPLE};
COMMENT ON CONSTRAINT people_pkey ON people IS 'who''s who';
COMMENT ON INDEX people_pkey IS 'by number';
CREATE INDEX people_note ON people (note DESC NULLS LAST, mail COLLATE "C") INCLUDE (id);
COMMENT ON INDEX people_note IS 'for \\"notes\\"';
CREATE UNIQUE INDEX "people ""odd"" one" ON people USING btree (mail text_pattern_ops);
ALTER TABLE people ADD CONSTRAINT late UNIQUE (mail, note) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX part ON people (id) WHERE note > '';
CREATE INDEX computed ON people (lower(mail));
CREATE INDEX hashed ON people USING hash (mail);
CREATE INDEX roomy ON people (note) WITH (fillfactor = 50);
CREATE TABLE marked (id integer PRIMARY KEY, a integer NOT NULL, b integer, EXCLUDE USING btree (b WITH =));
CREATE INDEX marked_a ON marked (a);
ALTER TABLE marked CLUSTER ON marked_a;
CREATE UNIQUE INDEX marked_id ON marked (a);
ALTER TABLE marked REPLICA IDENTITY USING INDEX marked_id;
CREATE TABLE grouped (id integer PRIMARY KEY, n integer UNIQUE);
CREATE VIEW sums AS SELECT id, n, count(*) FROM grouped GROUP BY id;
CREATE TABLE up (id integer PRIMARY KEY, up integer REFERENCES up, mail text REFERENCES people (mail));
CREATE TABLE small (id integer PRIMARY KEY);
CREATE TABLE parts (id integer PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts_all PARTITION OF parts FOR VALUES FROM (0) TO (100);
"""
REBUILT = {
    ("grouped", "grouped_n_key"),
    ("marked", "marked_pkey"),
    ("people", 'people "odd" one'),
    ("people", "people_mail_key"),
    ("people", "people_note"),
    ("people", "people_pkey"),
    ("up", "up_pkey"),
}


@pytest.fixture(autouse=True)
def _few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WORTHWHILE_ROWS", 2)


def dumped(both: Pair) -> str:
    """Everything about the target but its rows, and its manifest's table."""
    server = both.server
    words = ["-h", server.folder, "-p", server.port, "-U", "postgres", "-s", "-T", "_dataops_manifest", both.test]
    done = subprocess.run([server.binaries / "pg_dump", *map(str, words)], capture_output=True, text=True, check=True)
    # The key of each dump is drawn at random.
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def indexes(both: Pair) -> dict[tuple[str, str], str]:
    """(Table, index) -> its number, which is another one where it was made anew."""
    listed = both.in_target(
        "SELECT t.relname, c.relname, c.oid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = 'public'::regnamespace"
    )
    return {(table, name): oid for table, name, oid in (line.split("|") for line in listed.splitlines())}


def whole(folder: Path, rows: int = 5) -> Path:
    numbers = pa.array(range(rows), pa.int32())
    return copy_of(
        folder,
        people=people(rows),
        marked=pa.table({"id": numbers, "a": numbers, "b": numbers}),
        grouped=pa.table({"id": numbers, "n": numbers}),
        up=pa.table({"id": numbers, "up": numbers, "mail": [f"m{n}@x" for n in range(rows)]}),
        small=pa.table({"id": numbers.slice(0, 1)}),
        parts=pa.table({"id": numbers}),
    )


def test_what_tells_more_than_its_definition_stays_and_the_rest_is_made_again(
    pair: Callable[..., Pair], tmp_path: Path
) -> None:
    both = pair(SCHEMA)
    schema, before = dumped(both), indexes(both)

    deliver(both.target(), whole(tmp_path))

    after = {name: oid for name, oid in indexes(both).items() if not name[0].startswith("_dataops")}
    assert dumped(both) == schema
    assert {name for name, oid in after.items() if before[name] != oid} == REBUILT
    assert after.keys() == before.keys()
    assert both.in_target("SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM up), count(*) FROM parts") == (
        "5|5|5"
    )


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"mail": ["a", "a", "b"]}, "people_mail_key"),
        ({"id": pa.array([1, 1, 2], pa.int32())}, "people_pkey"),
        ({"note": ["n", "n", "m"]}, "noted"),
    ],
)
def test_equal_keys_are_told_and_everything_is_as_it_was(
    pair: Callable[..., Pair], tmp_path: Path, columns: dict[str, object], name: str
) -> None:
    both = pair(f"{PEOPLE}; CREATE UNIQUE INDEX noted ON people (note)")
    before = state(both), dumped(both), indexes(both)
    copy = copy_of(tmp_path, people=people(3, **({"note": ["a", "b", "c"]} | columns)))

    said = refused(both.target(), copy)

    assert f"two rows of public.people have the same key ({name}); choose an operator that keeps values apart" in said
    assert (state(both), dumped(both), indexes(both)) == before


def test_another_owners_indexes_stay(pair: Callable[..., Pair], loader: str, tmp_path: Path) -> None:
    both = pair(PEOPLE)
    both.in_target(f"GRANT USAGE, CREATE ON SCHEMA public TO {loader}")
    both.in_target(f"GRANT SELECT, INSERT, TRUNCATE ON people TO {loader}")
    before = indexes(both)
    try:
        deliver(both.target(user=loader), copy_of(tmp_path, people=people()))
        assert {name: oid for name, oid in indexes(both).items() if name in before} == before
    finally:
        both.in_target("DROP OWNED BY loader CASCADE")


def test_an_owner_who_may_make_nothing_in_the_schema_keeps_the_indexes(
    pair: Callable[..., Pair],
    loader: str,
    tmp_path: Path,
) -> None:
    both = pair(f"{PEOPLE}; CREATE SCHEMA notes")
    both.in_target(f"ALTER TABLE people OWNER TO {loader}; GRANT USAGE, CREATE ON SCHEMA notes TO {loader}")
    both.in_target(f"REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {loader}")
    before = indexes(both)
    copy = copy_of(tmp_path, **{"public.people": people()})
    try:
        deliver(both.target("&schema=notes,public", user=loader), copy)
        assert indexes(both) == before
        assert both.in_target("SELECT count(*) FROM people") == "3"
    finally:
        both.in_target(f"REASSIGN OWNED BY {loader} TO postgres; DROP OWNED BY loader CASCADE")


def test_a_key_that_another_owners_table_refers_to_stays(
    pair: Callable[..., Pair], loader: str, tmp_path: Path
) -> None:
    both = pair(f"{PEOPLE}; CREATE TABLE visits (who integer REFERENCES people (id))")
    both.in_target(f"GRANT USAGE, CREATE ON SCHEMA public TO {loader}; ALTER TABLE people OWNER TO {loader}")
    both.in_target(f"GRANT SELECT, INSERT, TRUNCATE ON visits TO {loader}; GRANT SELECT ON people TO postgres")
    schema, before = dumped(both), indexes(both)
    copy = copy_of(tmp_path, people=people(), visits=pa.table({"who": pa.array([0, 1, 2], pa.int32())}))
    try:
        deliver(both.target(user=loader), copy)
        after = indexes(both)
        assert {name for (table, name), oid in before.items() if after[table, name] != oid} == {"people_mail_key"}
        assert dumped(both) == schema
        assert both.in_target("SELECT count(*) FROM visits JOIN people ON who = id") == "3"
    finally:
        both.in_target(f"REASSIGN OWNED BY {loader} TO postgres; DROP OWNED BY {loader} CASCADE")
