"""``?tables=`` of a target: only these tables are loaded, and everybody who asks is told so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.places import open_place
from tests.masking.places.postgresql.conftest import Pair
from tests.masking.places.postgresql.test_loading import copy_of, deliver, people
from tests.support import places
from tests.support.cli import dataops
from tests.support.places import copy_between, judge_between
from tests.support.postgres import Server

SHOP = """
CREATE TABLE customers (id integer PRIMARY KEY, mail text, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL CONSTRAINT buyer REFERENCES customers (id));
CREATE TABLE tickets (id integer PRIMARY KEY, note text)
"""
ROWS = """
INSERT INTO customers SELECT i, 'somebody' || i || '@mail.com', 'Zebulon Quartermain' || chr(97 + i % 20)
FROM generate_series(1, 40) i;
INSERT INTO orders SELECT 700 + i, i FROM generate_series(1, 40) i;
INSERT INTO tickets SELECT i, 'called us about item ' || i FROM generate_series(1, 40) i;
"""
PLAN = """
schema: dataops.mask-plan/v1
tables:
  customers:
    columns:
      id: {operator: fpe, domain: customer}
      mail: {operator: email}
      name: {operator: pool, options: {pool: full_name}}
  orders:
    columns:
      id: {operator: keep, classification: safe}
      customer: {operator: fpe, domain: customer}
  tickets:
    columns:
      id: {operator: keep, classification: safe}
      note: {operator: text}
foreign_keys:
- {table: orders, columns: [customer], references: customers, referenced_columns: [id]}
"""


@pytest.fixture
def shop(pair: Callable[..., Pair]) -> Pair:
    return pair(SHOP, ROWS)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


def counts(shop: Pair) -> str:
    tables = ("customers", "orders", "tickets")
    return shop.in_target(f"SELECT {', '.join(f'(SELECT count(*) FROM {table})' for table in tables)}")


def noted(shop: Pair) -> Any:
    return json.loads(
        shop.in_target("SELECT convert_from(content, 'UTF8') FROM _dataops_manifest WHERE name = 'manifest'")
    )


def failing(shop: Pair, plan: Path, target: str) -> list[tuple[str, str | None]]:
    report = judge_between(shop.source(), shop.target(target), plan).gate
    return [(check.name, check.table) for check in report.checks if check.verdict is Verdict.FAIL]


def refused(shop: Pair, plan: Path, target: str, *, is_overwritten: bool = False) -> str:
    before = counts(shop)
    with pytest.raises(MaskingError) as raised:
        copy_between(shop.source(), target, plan, is_overwritten=is_overwritten)
    assert counts(shop) == before
    return str(raised.value)


def test_only_the_named_tables_are_loaded_and_the_manifest_says_so(shop: Pair, plan: Path) -> None:
    result = copy_between(shop.source(), shop.target("&tables=customers,tickets"), plan)

    assert [check for check in result.gate.checks if check.verdict is Verdict.FAIL] == []
    assert counts(shop) == "40|0|40"
    assert (noted(shop)["loaded"], sorted(noted(shop)["tables"])) == (
        ["customers", "tickets"],
        ["customers", "orders", "tickets"],
    )
    assert noted(shop) == result.manifest
    assert failing(shop, plan, "&tables=customers,tickets") == []
    assert failing(shop, plan, "") == []


def test_rows_beside_the_loaded_tables_are_not_passed_unseen(shop: Pair, plan: Path) -> None:
    shop.in_target("INSERT INTO tickets VALUES (1, 'jane.doe@acme.com called')")

    copy_between(shop.source(), shop.target("&tables=customers"), plan)

    assert counts(shop) == "40|0|1"
    assert failing(shop, plan, "&tables=customers") == []
    assert failing(shop, plan, "") == [("manifest", None), ("schema-equal", "tickets")]
    assert failing(shop, plan, "&tables=customers,tickets") == [
        ("foreign-e-mails", "tickets"),
        ("manifest", None),
        ("residual-text", "tickets"),
        ("row-counts", "tickets"),
    ]


def test_some_tables_of_a_whole_copy_can_be_judged(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target(), plan)
    assert "loaded" not in noted(shop)

    for tables in ("customers", "orders", "customers,tickets"):
        assert failing(shop, plan, f"&tables={tables}") == []
    shop.in_target("UPDATE _dataops_manifest SET content = replace(encode(content, 'escape'), '40', '41')::bytea")
    assert failing(shop, plan, "&tables=customers") == [("manifest", None)]


def test_people_of_tables_that_are_left_out_are_looked_for_in_texts(shop: Pair, plan: Path) -> None:
    shop.in_source("UPDATE tickets SET note = 'Zebulon Quartermainb called' WHERE id = 1")
    copy_between(shop.source(), shop.target("&tables=tickets"), plan)
    assert shop.in_target("SELECT note LIKE '%Quartermain%' FROM tickets WHERE id = 1") == "f"
    shop.in_target("UPDATE tickets SET note = 'Zebulon Quartermainb called' WHERE id = 1")
    assert ("known-names", "tickets") in failing(shop, plan, "&tables=tickets")


def test_rows_refer_to_those_of_a_former_copy(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target(), plan)
    shop.in_target("DELETE FROM orders WHERE id > 703")

    copy_between(shop.source(), shop.target("&tables=orders"), plan, is_overwritten=True)

    assert counts(shop) == "40|40|40"
    assert shop.in_target("SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer") == "40"
    assert failing(shop, plan, "&tables=orders") == []


def test_tables_loaded_before_the_last_time_are_replaced_too(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target(), plan)
    copy_between(shop.source(), shop.target("&tables=orders"), plan, is_overwritten=True)
    copy_between(shop.source(), shop.target("&tables=customers"), plan, is_overwritten=True)

    copy_between(shop.source(), shop.target(), plan, is_overwritten=True)

    assert counts(shop) == "40|40|40"
    assert shop.in_target("SELECT name FROM _dataops_manifest") == "manifest"
    assert failing(shop, plan, "") == []


def test_rows_that_would_refer_to_none_are_told_before_any_work(shop: Pair, plan: Path) -> None:
    place = open_place(shop.target("&tables=orders"))
    with pytest.raises(MaskingError) as raised:
        place.check_target(is_overwritten=False)
    assert str(raised.value) == (
        f"{place.shown}: public.orders (customer) must not be null and refers to public.customers, which tables= "
        "leaves out and which holds no rows: name it too"
    )
    shop.in_target("ALTER TABLE orders ALTER customer DROP NOT NULL")
    place.check_target(is_overwritten=False)


@pytest.mark.parametrize("tables", ["orders", "customers"])
def test_keys_that_do_not_hold_leave_the_target_as_it_was(
    shop: Pair, plan: Path, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_between(shop.source(), shop.target(), plan)
    monkeypatch.setattr(places, "KEY", MasterKey(bytes(range(1, 33))))

    said = refused(shop, plan, shop.target(f"&tables={tables}"), is_overwritten=True)

    assert said.endswith(
        "rows of public.orders refer to rows that are not there (buyer); give both sides of the foreign key one "
        "operator and one domain, and load both; the target is as it was"
    )
    assert shop.in_target("SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer") == "40"


def test_another_owners_keys_are_left_in_force(shop: Pair, plan: Path, server: Server) -> None:
    server.psql("postgres", "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN")
    shop.in_target(
        "GRANT USAGE, CREATE ON SCHEMA public TO clerk;"
        "GRANT SELECT, INSERT, TRUNCATE ON ALL TABLES IN SCHEMA public TO clerk"
    )
    try:
        said = refused(shop, plan, shop.target("&tables=customers", user="clerk"))
        assert said.endswith(
            "public.orders (customer), which tables= leaves out, refers to public.customers: name it too, or load as "
            "the owner of both"
        )
        shop.in_target("INSERT INTO customers SELECT i FROM generate_series(1, 40) i")
        said = refused(shop, plan, shop.target("&tables=orders", user="clerk"))
        assert "rows of public.orders refer to rows that are not there (buyer)" in said
        shop.in_target("TRUNCATE customers, orders")
        copy_between(shop.source(), shop.target("&tables=customers"), plan)
        shop.in_target("GRANT ALL ON _dataops_manifest TO clerk")
        copy_between(shop.source(), shop.target("&tables=orders", user="clerk"), plan, is_overwritten=True)
        assert counts(shop) == "40|40|0"
    finally:
        shop.in_target("DROP OWNED BY clerk CASCADE")


def test_names_that_nobody_has_are_told(shop: Pair, plan: Path) -> None:
    said = refused(shop, plan, shop.target("&tables=customer,orders"))
    assert "there is no table public.customer (did you mean public.customers?)" in said
    shop.in_target("CREATE TABLE visits (id integer)")
    said = refused(shop, plan, shop.target("&tables=customers,visits"))
    assert said.endswith("tables= names visits, which the source does not have: take it out")


def test_a_copy_that_is_delivered_alone_is_noted_too(shop: Pair, tmp_path: Path) -> None:
    shop.in_target("CREATE TABLE people (id integer, mail text, note text)")
    copy = copy_of(tmp_path, people=people(), tickets=pa.table({"id": pa.array([1], pa.int32()), "note": ["x"]}))
    deliver(shop.target("&tables=people"), copy)
    assert (counts(shop), noted(shop)["loaded"]) == ("0|0|0", ["people"])


def test_the_command_says_what_was_loaded(shop: Pair, plan: Path, tmp_path: Path) -> None:
    key = tmp_path / "mask.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    ends = ("--source", shop.source(), "--target", shop.target("&tables=customers"))

    run = dataops("mask", "run", plan, *ends, "--key-file", key)

    assert (run.code, run.err) == (0, "")
    assert f"copy     {shop.target().partition('?')[0]}, of 3 tables only customers\n" in run.out
    assert dataops("mask", "verify", plan, *ends).code == 0
