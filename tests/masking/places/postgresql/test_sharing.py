"""Copies that leave the house: an approval is for what the URI names, and holds of it what was measured there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.moving import both_fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.masking.places.postgresql.conftest import Pair
from tests.support.places import AS_OF, copy_between, judge_between

SHOP = """
CREATE TABLE customers (id integer PRIMARY KEY, born integer, town text);
CREATE TABLE visits (id integer PRIMARY KEY, born integer);
CREATE TABLE items (id integer PRIMARY KEY, price integer)
"""
ROWS = """
INSERT INTO customers SELECT i, 1950 + i % 4, 'somewhere' FROM generate_series(1, 40) i;
INSERT INTO visits SELECT i, 1950 + i % 2 FROM generate_series(1, 40) i;
INSERT INTO items SELECT i, i FROM generate_series(1, 40) i
"""
PLAN = """
schema: dataops.mask-plan/v1
sharing: external
k: 5
tables:
  customers:
    columns:
      id: {operator: fpe, domain: customer}
      born: {operator: keep, classification: internal}
      town: {operator: redact}
  visits:
    columns:
      id: {operator: fpe, domain: visit}
      born: {operator: keep, classification: internal}
  items:
    columns:
      id: {operator: keep, classification: safe}
      price: {operator: keep, classification: safe}
quasi_identifiers:
  customers: [born]
  visits: [born]
"""


@pytest.fixture
def shop(pair: Callable[..., Pair]) -> Pair:
    return pair(SHOP, ROWS)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


def approved(shop: Pair, plan: Path, tables: str, **terms: object) -> Path:
    """The record that ``verify`` prints for what the URI names, filled in."""
    with both_fetched(open_place(shop.source()), open_place(shop.target(tables)), plan.parent) as ends:
        asked = VerifyRequest(plan, ends.source, ends.target, AS_OF, names=ends.names, tables=ends.tables)
        record = verify(asked).approval_to_fill_in
    assert record is not None
    for name, value in {
        "approver": "Ada Lovelace",
        "granted_on": "2026-11-01",
        "expires_on": "2027-01-31",
        **terms,
    }.items():
        kept = [line for line in record.splitlines() if not line.startswith(f"{name}:")]
        record = "\n".join([*kept, f"{name}: {value}"])
    path = plan.parent / "approval.yaml"
    path.write_text(record.replace("recipient: # who gets the copy", "recipient: a university"))
    return path


def refusals(shop: Pair, plan: Path, tables: str, approval: Path | None = None) -> list[str]:
    report = judge_between(shop.source(), shop.target(tables), plan, approval).gate
    return [
        f"{check.name}: {check.explanation}" if check.name == "approval" else check.name
        for check in report.checks
        if check.verdict is Verdict.FAIL
    ]


@pytest.mark.parametrize("tables", ["", "&tables=customers", "&tables=customers,items", "&tables=customers,visits"])
def test_what_the_uri_names_is_approved(shop: Pair, plan: Path, tables: str) -> None:
    copy_between(shop.source(), shop.target(tables), plan)
    assert refusals(shop, plan, tables, approved(shop, plan, tables)) == []


def test_the_record_says_which_tables_it_covers(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target(), plan)
    part, whole = (approved(shop, plan, tables).read_text() for tables in ("&tables=items,customers", ""))
    assert part.splitlines()[0] == '# covers ["customers", "items"] and no other table'
    assert whole.splitlines()[0] == "schema: dataops.mask-approval/v1"


@pytest.mark.parametrize("tables", ["", "&tables=customers,visits", "&tables=visits"])
def test_an_approval_of_some_tables_covers_no_others(shop: Pair, plan: Path, tables: str) -> None:
    copy_between(shop.source(), shop.target(), plan)
    (said,) = refusals(shop, plan, tables, approved(shop, plan, "&tables=customers"))
    assert "it is for the copy" in said


def test_an_approval_covers_the_rows_that_were_looked_at(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target("&tables=customers,items"), plan)
    record = approved(shop, plan, "&tables=customers")
    shop.in_target("DELETE FROM items")
    assert refusals(shop, plan, "&tables=customers", record) == []
    shop.in_target("UPDATE customers SET born = 1951 WHERE id = (SELECT min(id) FROM customers)")
    assert "approval" in "".join(refusals(shop, plan, "&tables=customers", record))


def test_what_is_promised_of_the_named_tables_holds_there(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target(), plan)  # 10 customers are alike, and 20 visits
    assert "k: 20\n" in approved(shop, plan, "&tables=visits").read_text()
    assert refusals(shop, plan, "&tables=visits", approved(shop, plan, "&tables=visits", k=20)) == []
    (said,) = refusals(shop, plan, "&tables=customers", approved(shop, plan, "&tables=customers", k=11))
    assert said.endswith("customers: k is 10, below 11, which it promises")


def test_tables_without_quasi_identifiers_promise_nothing(shop: Pair, plan: Path) -> None:
    copy_between(shop.source(), shop.target("&tables=items"), plan)
    (said,) = refusals(shop, plan, "&tables=items", approved(shop, plan, "&tables=items"))
    assert said.endswith("none of its tables has quasi-identifiers, so nothing can be promised: name one that has")


def test_a_table_that_is_missing_is_not_one_that_is_left_out(shop: Pair, plan: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_between(shop.source(), str(copy), plan)
    (copy / "visits.parquet").unlink()
    found = judge_between(shop.source(), str(copy), plan).gate.checks
    assert {(check.name, check.table) for check in found if check.verdict is Verdict.FAIL} == {
        ("approval", None),
        ("manifest", None),
        ("schema-equal", "visits"),
    }
