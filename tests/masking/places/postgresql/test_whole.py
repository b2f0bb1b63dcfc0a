"""22 tables with everything that makes loading hard: classified, masked, loaded and judged, both ends in PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql import loading
from dataops_infra.masking.plan import read_plan
from tests.masking.places.postgresql.conftest import Pair, classified
from tests.support.places import copy_between, judge_between

HERE = Path(__file__).parent
SCHEMAS = "&schema=public,crm"
CUSTOMERS = 120


@pytest.fixture(scope="module")
def loaded(server, tmp_path_factory):  # type: ignore[no-untyped-def]
    pair = Pair(server, (HERE / "schema.sql").read_text(), (HERE / "rows.sql").read_text().format(n=CUSTOMERS))
    pair.test = "as_dumped"
    server.create(pair.test)
    server.copy_schema(pair.prod, pair.test)
    plan = classified(pair.source(SCHEMAS), tmp_path_factory.mktemp("whole") / "plan.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "WORTHWHILE_ROWS", 1)
        result = copy_between(pair.source(SCHEMAS), pair.target(SCHEMAS), plan)
    assert [check for check in result.gate.checks if check.verdict is Verdict.FAIL] == []
    return pair, plan, result


def test_the_loaded_copy_passes_the_gate_again(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, plan, _result = loaded

    report = judge_between(pair.source(SCHEMAS), pair.target(SCHEMAS), plan).gate

    assert [check for check in report.checks if check.verdict is Verdict.FAIL] == []


def test_every_table_has_as_many_rows_and_the_same_columns(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, result = loaded
    described = """SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_schema IN ('public', 'crm') AND table_name <> '_dataops_manifest' ORDER BY 1, 2, ordinal_position"""
    assert pair.in_source(described) == pair.in_target(described)
    assert len(result.rows) == 23
    for name, rows in result.rows.items():
        table = {"crm.visits": "crm.visits", "%5Fhidden": "_hidden"}.get(name, name)
        if "%" in table:
            table = '"Odd ""names"" / und % Umlaute ä"'
        assert (name, pair.in_target(f"SELECT count(*) FROM {table}")) == (name, str(rows))


def test_all_constraints_are_there_and_valid(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    constraints = """SELECT conrelid::regclass, conname, contype, condeferrable, condeferred, convalidated,
        pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0 AND contype <> 'n'
        AND conrelid::regclass::text <> '_dataops_manifest' ORDER BY 1::text, 2"""
    assert set(pair.in_target(constraints).splitlines()) ^ set(pair.in_source(constraints).splitlines()) == set()


def test_kept_values_are_what_they_were(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    for query in (
        "SELECT mood, country, scores, tags FROM customers ORDER BY ctid",
        "SELECT started, ended, flags, path FROM sessions ORDER BY ctid",
        "SELECT price, trim_scale(weight), active FROM products ORDER BY ctid",
        "SELECT at, moods, days, codes FROM measurements ORDER BY ctid",
        "SELECT line, quantity, price, amount FROM order_lines ORDER BY ctid",
    ):
        assert pair.in_target(query) == pair.in_source(query)


def test_nobody_is_left(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    assert pair.in_target("SELECT count(*) FROM customers WHERE email LIKE '%@mail%.com'") == "0"
    emails = pair.in_source("SELECT string_agg(quote_literal(email), ',') FROM customers")
    assert pair.in_target(f"SELECT count(*) FROM customers WHERE email IN ({emails})") == "0"
    assert pair.in_target("SELECT count(*) FROM accounts a JOIN customers c ON c.email = a.owner_email") == str(
        CUSTOMERS
    )


def test_the_database_computes_what_it_computes(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    assert pair.in_target("SELECT count(*) FROM customers WHERE email_domain IS DISTINCT FROM lower(email)") == "0"


def test_triggers_did_not_fire_and_fire_again(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    assert pair.in_target("SELECT count(*) FROM audit_log") == "0"
    assert pair.in_target("SELECT tgenabled FROM pg_trigger WHERE tgname = 'noted'") == "O"


def test_sequences_go_on_behind_the_largest_value(loaded) -> None:  # type: ignore[no-untyped-def]
    pair, _plan, _result = loaded
    added = pair.in_target(
        "BEGIN; INSERT INTO employees (first_name, last_name, email, department_id) VALUES ('A', 'B', 'c@d', 1) "
        "RETURNING id = (SELECT max(id) + 1 FROM employees); ROLLBACK"
    )
    assert added == "t"


def test_what_is_no_table_is_told(loaded) -> None:  # type: ignore[no-untyped-def]
    _pair, plan, _result = loaded
    tables = read_plan(plan).tables
    assert "adults" not in tables
    assert "orders_2024" not in tables
    assert "email_domain" not in tables["customers"].columns


def test_foreign_keys_are_those_of_the_database(loaded) -> None:  # type: ignore[no-untyped-def]
    _pair, plan, _result = loaded
    keys = read_plan(plan).foreign_keys
    assert {key.reason for key in keys} == {"stated by the database"}
    assert ("order_lines", ("order_id", "placed"), "orders", ("id", "placed")) in {
        (key.table, key.columns, key.references, key.referenced_columns) for key in keys
    }


def test_a_copy_is_replaced_only_when_asked_to(loaded, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    pair, plan, _result = loaded
    with pytest.raises(Exception, match="holds a masked copy; choose another database, or replace it with --overwrite"):
        open_place(pair.target(SCHEMAS)).check_target(is_overwritten=False)
    before = pair.in_target("SELECT md5(string_agg(c::text, ',' ORDER BY c::text)) FROM customers c")

    result = copy_between(pair.source(SCHEMAS), pair.target(SCHEMAS), plan, is_overwritten=True)

    assert result.is_published
    assert pair.in_target("SELECT md5(string_agg(c::text, ',' ORDER BY c::text)) FROM customers c") == before


def test_a_partitioned_table_comes_back_in_the_order_of_its_source(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(
        "CREATE TABLE people (id bigint, email text, note text, born date NOT NULL) PARTITION BY RANGE (born);"
        "CREATE TABLE old PARTITION OF people FOR VALUES FROM (MINVALUE) TO ('1970-01-01');"
        "CREATE TABLE young PARTITION OF people FOR VALUES FROM ('1970-01-01') TO (MAXVALUE);",
        "INSERT INTO people SELECT i, 'p' || i || '@mail.com', repeat('x', i * 37 % 3000), "
        "'1950-01-01'::date + i * 7 % 15000 FROM generate_series(1, 3000) i",
    )
    plan = classified(both.source(), tmp_path / "plan.yaml")
    assert read_plan(plan).tables["people"].columns["born"].operator == "shift_date"

    result = copy_between(both.source(), both.target(), plan)
    assert [check for check in result.gate.checks if check.verdict is Verdict.FAIL] == []

    assert both.in_target("SELECT count(*) > 0 FROM _dataops_manifest WHERE name = 'order:people'") == "t"
    assert judge_between(both.source(), both.target(), plan).gate.verdict is Verdict.PASS
