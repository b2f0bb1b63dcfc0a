"""A copy goes into a database whole or not at all, and what speaks against it is told in one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.moving import ends_of_run
from dataops_infra.masking.places import open_place
from dataops_infra.masking.progress import QUIET
from tests.masking.places.postgresql.conftest import Pair
from tests.support.places import copy_between, plan_for

MANIFEST = {"schema": "dataops.mask/v1", "tables": {}}
PEOPLE = "CREATE TABLE people (id integer PRIMARY KEY, mail text UNIQUE, note varchar(12) NOT NULL DEFAULT '')"


def copy_of(folder: Path, **tables: pa.Table) -> Path:
    """A finished copy, as a run publishes it."""
    copy = folder / "copy"
    copy.mkdir()
    for name, table in tables.items():
        pq.write_table(table, copy / f"{name}.parquet")
    names = {"tables": dict.fromkeys(tables)}
    (copy / "_manifest.json").write_text(json.dumps(MANIFEST | names))
    return copy


def people(rows: int = 3, **columns: object) -> pa.Table:
    found = {"id": pa.array(range(rows), pa.int32()), "mail": [f"m{n}@x" for n in range(rows)], "note": ["n"] * rows}
    return pa.table(found | columns)


def deliver(uri: str, copy: Path, *, is_overwritten: bool = False) -> None:
    open_place(uri).deliver(copy, QUIET, is_overwritten=is_overwritten)


def refused(uri: str, copy: Path, *, is_overwritten: bool = False) -> str:
    with pytest.raises(MaskingError) as raised:
        deliver(uri, copy, is_overwritten=is_overwritten)
    assert raised.value.__cause__ is None
    return str(raised.value)


def state(both: Pair) -> str:
    return both.in_target("SELECT * FROM people ORDER BY id; SELECT conname FROM pg_constraint ORDER BY 1")


def test_a_copy_from_files_is_loaded_and_noted(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people())

    deliver(both.target(), copy)

    assert both.in_target("SELECT * FROM people") == "0|m0@x|n\n1|m1@x|n\n2|m2@x|n"
    assert json.loads(both.in_target("SELECT convert_from(content, 'UTF8') FROM _dataops_manifest"))["tables"] == {
        "people": None
    }
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_types_that_fit_are_turned_into_the_databases(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE TABLE t (a bigint, b text, c timestamptz, d uuid, e numeric, f interval, g jsonb, h numeric(8, 2))"
    )
    table = pa.table(
        {
            "h": pa.array(["1.25", None]),
            "g": pa.array(['{"a": 1}', None]),
            "f": ["1 day", None],
            "e": ["1.5", "20"],
            "d": ["542471b9-d7fc-7f94-1100-345a9d21ab54", None],
            "c": pa.array([0, None], pa.timestamp("ns")),
            "b": pa.array(["x", None]).dictionary_encode(),
            "a": pa.array([1, None], pa.int16()),
        }
    )

    deliver(both.target(), copy_of(tmp_path, t=table))

    assert both.in_target("SELECT a, b, c AT TIME ZONE 'UTC', d, f, g, h, e FROM t") == (
        '1|x|1970-01-01 00:00:00|542471b9-d7fc-7f94-1100-345a9d21ab54|1 day|{"a": 1}|1.25|1.5\n|||||||20'
    )


def test_everything_that_is_missing_is_told_at_once(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE TABLE people (id integer, mail integer[], sum integer GENERATED ALWAYS AS (id * 2) STORED, x int)"
    )
    copy = copy_of(
        tmp_path, people=people(2, sum=pa.array([1, 2]), id=pa.array([[1], [2]])), orders=people(), visits=people()
    )

    said = refused(both.target(), copy)

    assert said.endswith(
        "does not fit the copy: there is no table public.orders, public.visits; public.people: no column note; "
        "public.people: sum is generated and cannot be loaded; public.people: the copy has no column x; "
        "public.people: id is list<element: int64> in the copy and integer in the database; "
        "make the tables first: pg_dump --schema-only SOURCE | psql TARGET"
    )
    with pytest.raises(MaskingError) as before, ends_of_run(open_place(str(copy)), open_place(both.target()), tmp_path):
        pass  # before anything is masked
    assert str(before.value) == said


def test_a_foreign_key_to_a_table_left_out_is_told(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(f"{PEOPLE}; CREATE TABLE visits (who integer REFERENCES people)")
    said = refused(both.target(), copy_of(tmp_path, people=people()))
    assert "public.visits (who), which the copy lacks, refers to public.people: mask it too, or drop it" in said
    (tmp_path / "other").mkdir()
    visits = copy_of(tmp_path / "other", visits=pa.table({"who": pa.array([1], pa.int32())}))
    said = refused(both.target(), visits)
    assert "public.visits (who) refers to public.people, which the copy does not have: mask it too" in said


@pytest.mark.parametrize(
    ("columns", "script", "said"),
    [
        (
            {"note": ["a" * 13] * 3},
            "",
            "masked values are longer than public.people.note (character varying(12)) takes; choose an operator that "
            "keeps their length (fpe, pool), a shorter token (options: length), or redact with a short text",
        ),
        (
            {"note": pa.array([None] * 3, pa.string())},
            "",
            "public.people.note must not be null; choose redact or token",
        ),
        ({"mail": ["a", "a", "b"]}, "", "two rows of public.people have the same key (people_mail_key)"),
        (
            {"mail": ["hunter2"] * 3},
            "ALTER TABLE people DROP CONSTRAINT people_mail_key, ADD CONSTRAINT at CHECK (mail LIKE '%@%')",
            "masked values break the check at of public.people; choose an operator that keeps their shape",
        ),
        (
            {"mail": ["hunter2"] * 3},
            "CREATE TYPE mood AS ENUM ('calm'); ALTER TABLE people ALTER mail TYPE mood USING NULL",
            "public.people.mail (public.mood) does not take the masked values; choose keep, drop, or",
        ),
        (
            {"mail": ["hunter2"] * 3},
            "ALTER TABLE people ALTER mail TYPE inet USING NULL",
            "public.people.mail (inet) does not take the masked values; choose keep, drop, or",
        ),
        (
            {"mail": ["hunter2"] * 3},
            "ALTER TABLE people ALTER mail TYPE numeric USING NULL",
            "public.people.mail (numeric) does not take all values of the copy: they are out of its range",
        ),
        (
            {},
            "ALTER TABLE people ADD CONSTRAINT one EXCLUDE USING btree (note WITH =)",
            "masked values break the exclusion one of public.people; keep its columns",
        ),
    ],
)
def test_values_that_do_not_fit_leave_the_target_as_it_was(
    pair: Callable[..., Pair], tmp_path: Path, columns: dict[str, object], script: str, said: str
) -> None:
    both = pair(PEOPLE)
    both.in_target(script)
    before = state(both)
    copy = copy_of(tmp_path, people=people(**columns))

    message = refused(both.target(), copy)

    assert said in message
    assert message.endswith("the target is as it was")
    assert "hunter2" not in message
    assert state(both) == before
    assert both.in_target("SELECT to_regclass('_dataops_manifest') IS NULL") == "t"


def test_a_broken_foreign_key_is_told_by_its_name(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(f"{PEOPLE}; CREATE TABLE visits (who integer CONSTRAINT guest REFERENCES people)")
    both.in_target("COMMENT ON CONSTRAINT guest ON visits IS 'it''s said'")
    copy = copy_of(tmp_path, people=people(), visits=pa.table({"who": pa.array([99], pa.int32())}))

    said = refused(both.target(), copy)

    assert "rows of public.visits refer to rows that are not there (guest); give both sides of the foreign key" in said
    pq.write_table(pa.table({"who": pa.array([1], pa.int32())}), copy / "visits.parquet")
    deliver(both.target(), copy)
    assert both.in_target("SELECT obj_description(oid) FROM pg_constraint WHERE conname = 'guest'") == "it's said"


def test_rows_of_others_are_not_overwritten(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people())
    both.in_target("INSERT INTO people VALUES (7, 'real@x', 'r')")
    for is_overwritten in (False, True):
        said = refused(both.target(), copy, is_overwritten=is_overwritten)
        assert "holds rows in public.people, which no masked copy put there and which are not overwritten" in said
        with pytest.raises(MaskingError, match=r"holds rows in public.people"):
            open_place(both.target()).check_target(is_overwritten=is_overwritten)
    both.in_target("CREATE TABLE _dataops_manifest (name text, content bytea)")
    for content in (b"no json", b"[]", b'{"schema": "other"}', b'{"schema": "dataops.mask/v1", "tables": {"b": {}}}'):
        both.in_target(
            f"TRUNCATE _dataops_manifest; INSERT INTO _dataops_manifest VALUES ('manifest', '\\x{content.hex()}')"
        )
        assert "holds rows in public.people" in refused(both.target(), copy, is_overwritten=True)
    assert both.in_target("SELECT * FROM people") == "7|real@x|r"


def test_a_former_copy_is_replaced(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people(5))
    deliver(both.target(), copy)
    pq.write_table(people(2), copy / "people.parquet")
    assert "holds a masked copy" in refused(both.target(), copy)

    deliver(both.target(), copy, is_overwritten=True)

    assert both.in_target("SELECT count(*) FROM people") == "2"


def test_a_read_only_database_is_told_before_any_work(pair: Callable[..., Pair]) -> None:
    both = pair(PEOPLE)
    both.in_target(f"ALTER DATABASE {both.test} SET default_transaction_read_only = on")
    with pytest.raises(MaskingError, match=r"is read-only .default_transaction_read_only."):
        open_place(both.target()).check_target(is_overwritten=False)


def test_a_schema_that_is_not_there_is_told(pair: Callable[..., Pair]) -> None:
    with pytest.raises(MaskingError, match="has no schema crm: make the tables first: pg_dump --schema-only"):
        open_place(pair(PEOPLE).target("&schema=crm")).check_target(is_overwritten=False)


def test_missing_rights_are_told(pair: Callable[..., Pair], loader: str, tmp_path: Path) -> None:
    both = pair(PEOPLE)
    place = open_place(both.target(user=loader))
    try:
        with pytest.raises(MaskingError, match="the user may make no table in public"):
            place.check_target(is_overwritten=False)
        both.in_target("GRANT USAGE, CREATE ON SCHEMA public TO loader; GRANT SELECT, INSERT ON people TO loader")
        with pytest.raises(MaskingError, match=r"grant SELECT, INSERT and TRUNCATE on public.people, or load as their"):
            place.check_target(is_overwritten=False)
        both.in_target("GRANT TRUNCATE ON people TO loader")
        place.deliver(copy_of(tmp_path, people=people()), QUIET, is_overwritten=False)
        assert both.in_target("SELECT count(*) FROM people") == "3"
    finally:
        both.in_target("DROP OWNED BY loader CASCADE")


CYCLE = """
CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL);
CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL);
CREATE TABLE c (id serial PRIMARY KEY, up integer REFERENCES c);
ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b {how};
ALTER TABLE b ADD CONSTRAINT ba FOREIGN KEY (a) REFERENCES a;
"""


@pytest.mark.parametrize("how", ["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"])
def test_cycles_of_others_need_a_key_that_can_wait(
    pair: Callable[..., Pair], loader: str, tmp_path: Path, how: str
) -> None:
    both = pair(CYCLE.format(how=how))
    both.in_target(
        "GRANT USAGE, CREATE ON SCHEMA public TO loader; GRANT SELECT, INSERT, TRUNCATE ON a, b, c TO loader; "
        "GRANT UPDATE ON SEQUENCE c_id_seq TO loader"
    )
    numbers = pa.array(range(3), pa.int32())
    rows = {"a": pa.table({"id": numbers, "b": numbers}), "b": pa.table({"id": numbers, "a": numbers})}
    copy = copy_of(tmp_path, **rows, c=pa.table({"id": numbers, "up": pa.array([1, 2, None], pa.int32())}))
    try:
        if not how:
            said = refused(both.target(user=loader), copy)
            assert "foreign keys of public.a, public.b form a cycle that is checked row by row" in said
            deliver(both.target(), copy)
        else:
            deliver(both.target(user=loader), copy)
        assert both.in_target("SELECT count(*) FROM a JOIN b ON a.b = b.id") == "3"
        assert both.in_target("SELECT nextval('c_id_seq')") == "3"
    finally:
        both.in_target("DROP OWNED BY loader CASCADE")


def test_triggers_of_others_are_told(pair: Callable[..., Pair], loader: str, tmp_path: Path) -> None:
    both = pair(
        PEOPLE + "; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER t BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION f();"
        "ALTER TABLE people ENABLE ALWAYS TRIGGER t"
    )
    both.in_target("GRANT USAGE, CREATE ON SCHEMA public TO loader; GRANT SELECT, INSERT, TRUNCATE ON people TO loader")
    copy = copy_of(tmp_path, people=people())
    try:
        assert "public.people have triggers, which would change or copy the masked rows: load as the owner" in refused(
            both.target(user=loader), copy
        )
        deliver(both.target(), copy)
        assert (
            both.in_target("SELECT count(*), (SELECT tgenabled FROM pg_trigger WHERE tgname = 't') FROM people")
            == "3|A"
        )
    finally:
        both.in_target("DROP OWNED BY loader CASCADE")


def test_tables_in_use_are_waited_for_a_while(
    pair: Callable[..., Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataops_infra.masking.places.postgresql import session

    monkeypatch.setitem(session.SETTINGS, "lock_timeout", "200ms")
    both = pair(PEOPLE)
    holder = subprocess.Popen(
        [str(both.server.binaries / "psql"), "-qX", both.target()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write("BEGIN; LOCK TABLE people IN ACCESS SHARE MODE; SELECT 1;\n")
    holder.stdin.flush()
    holder.stdout.readline()
    try:
        said = refused(both.target(), copy_of(tmp_path, people=people()))
    finally:
        holder.kill()
        holder.wait()
    assert said.endswith("another session holds the tables; try again when nobody uses them; the target is as it was")


KILLED = """
import sys
from pathlib import Path
from dataops_infra.masking.places import open_place

class Steps:
    def begin(self, step, rows): pass
    def advance(self, rows): print(rows, flush=True)

open_place(sys.argv[1]).deliver(Path(sys.argv[2]), Steps(), is_overwritten=True)
print("done", flush=True)
"""


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3])
def test_a_killed_load_leaves_the_target_as_it_was(pair: Callable[..., Pair], tmp_path: Path, after: float) -> None:
    both = pair(
        f"{PEOPLE}; CREATE TABLE visits (id serial PRIMARY KEY, who integer CONSTRAINT guest REFERENCES people)"
    )
    both.in_target("CREATE TABLE _dataops_manifest (name text PRIMARY KEY, content bytea NOT NULL)")
    manifest = json.dumps(MANIFEST | {"tables": {"people": {}, "visits": {}}}).encode().hex()
    both.in_target(
        f"INSERT INTO people VALUES (-1, 'old@x', 'old'); INSERT INTO visits (who) VALUES (-1); "
        f"INSERT INTO _dataops_manifest VALUES ('manifest', '\\x{manifest}')"
    )
    what = state(both) + both.in_target("SELECT * FROM _dataops_manifest; SELECT last_value FROM visits_id_seq")
    rows = 60_000
    visits = pa.table({"id": pa.array(range(rows), pa.int32()), "who": pa.array(range(rows), pa.int32())})
    copy = copy_of(tmp_path, people=people(rows), visits=visits)

    run = subprocess.Popen([sys.executable, "-c", KILLED, both.target(), str(copy)], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline().strip().isdigit()
    time.sleep(after)
    os.kill(run.pid, signal.SIGKILL)
    is_done = "done" in run.stdout.read()
    run.wait()

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while both.in_target(waiting) != "0":
        time.sleep(0.05)
    found = both.in_target("SELECT count(*) FROM people")
    assert found in ({"1", str(rows)} if is_done or found != "1" else {"1"})
    if found == "1":
        after_it = state(both) + both.in_target("SELECT * FROM _dataops_manifest; SELECT last_value FROM visits_id_seq")
        assert after_it == what
    else:
        assert both.in_target("SELECT count(*) FROM visits JOIN people ON who = people.id") == str(rows)


def test_a_refused_copy_is_not_loaded(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE TABLE people (id integer PRIMARY KEY, mail text)",
        "INSERT INTO people SELECT i, 'somebody' || i || '@mail.com' FROM generate_series(1, 50) i",
    )
    plan = plan_for(both.source(), tmp_path / "plan.yaml", {"people.mail": "keep"})

    assert not copy_between(both.source(), both.target(), plan).is_published

    assert both.in_target("SELECT count(*) FROM people; SELECT to_regclass('_dataops_manifest') IS NULL") == "0\nt"
