"""Foreign keys that nobody stated: proposed by names, confirmed by values."""

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.binding import check_plan
from dataops_infra.masking.classify import classify, relations
from dataops_infra.masking.plan import Plan
from tests.support.tables import source_of

IDS = list(range(5000, 5040))
PICKED = [IDS[i * 7 % 40] for i in range(80)]
CODES = [f"K{i}" for i in IDS]


def classified(**tables: pa.Table) -> Plan:
    source = source_of(tables)
    plan = classify(source, (), Classification())
    check_plan(plan, source.schemas, source.path)
    return plan


def found(plan: Plan) -> list[str]:
    return [f"{k.table}.{k.columns[0]} -> {k.references}.{k.referenced_columns[0]}" for k in plan.foreign_keys]


@pytest.mark.parametrize(
    ("child", "parent_table", "parent"),
    [
        ("customer_id", "customers", "id"),
        ("customer_id", "customers", "customer_id"),
        ("CustomerID", "Customer", "ID"),
        ("customer", "customers", "id"),
        ("customer_key", "dim_customers", "key"),
        ("primary_customer_id", "crm_customers", "id"),
        ("company_id", "companies", "company_id"),
    ],
)
def test_names_that_fit_and_values_that_are_contained_make_a_key(child: str, parent_table: str, parent: str) -> None:
    tables = {"orders": pa.table({child: PICKED}), parent_table: pa.table({parent: IDS})}
    plan = classified(**tables)
    assert found(plan) == [f"orders.{child} -> {parent_table}.{parent}"]
    assert plan.domain_of("orders", child) == plan.domain_of(parent_table, parent)
    assert plan.foreign_keys[0].reason == (
        "found: the names fit, and 100% of the sampled values stand there, where each is unique"
    )


@pytest.mark.parametrize(
    ("orders", "customers"),
    [
        (pa.table({"customer_id": [n + 10**6 for n in PICKED]}), pa.table({"id": IDS})),
        (pa.table({"customer_id": PICKED}), pa.table({"id": IDS + IDS})),
        (pa.table({"customer_id": PICKED}), pa.table({"id": [*IDS, None]})),
        (pa.table({"product_id": PICKED}), pa.table({"id": IDS})),
        (pa.table({"id": PICKED}), pa.table({"id": IDS})),
        (pa.table({"customer_id": [str(n) for n in PICKED]}), pa.table({"id": IDS})),
        (pa.table({"customer_id": [IDS[0]] * 80}), pa.table({"id": IDS})),
        (pa.table({"customer_id": pa.array([], pa.int64())}), pa.table({"id": IDS})),
        (pa.table({"customer_id": PICKED}), pa.table({"id": pa.array([], pa.int64())})),
    ],
    ids=["not contained", "repeated", "nulls", "names", "own ids", "types", "one value", "no rows", "no keys"],
)
def test_what_does_not_fit_is_no_key(orders: pa.Table, customers: pa.Table) -> None:
    assert found(classified(orders=orders, customers=customers)) == []


def test_integers_of_other_widths_and_dictionaries_join() -> None:
    plan = classified(
        orders=pa.table({"customer_id": pa.array(PICKED, pa.int32()), "shop_code": pa.array(CODES * 2)}),
        customers=pa.table({"id": pa.array(IDS, pa.int64())}),
        shops=pa.table({"code": pa.array(CODES).dictionary_encode()}),
    )
    assert found(plan) == ["orders.customer_id -> customers.id", "orders.shop_code -> shops.code"]


LONG = [n + 10**6 for n in IDS]
ORDERED = [LONG[i * 7 % 40] for i in range(80)]


def test_numbers_of_seven_digits_join_as_texts_too() -> None:
    tables = {
        "customers": pa.table({"customer_id": [str(n) for n in LONG]}),
        "orders": pa.table({"customer_id": pa.array(ORDERED, pa.int32())}),
    }
    plan = classified(**tables)
    assert found(plan) == ["orders.customer_id -> customers.customer_id"]
    sides = [plan.tables[name].columns["customer_id"] for name in tables]
    assert {(side.operator, str(side.options), side.domain) for side in sides} == {
        ("fpe", "{'shape': 'digits'}", "customers.customer_id")
    }
    assert not [side.reason for side in sides if "join" in side.reason]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        ([str(n) for n in IDS], pa.array(PICKED, pa.int64())),
        ([str(n + 100_000) for n in IDS], pa.array([n + 100_000 for n in PICKED], pa.int64())),
        ([str(n + 2 * 10**9) for n in IDS], pa.array([n + 2 * 10**9 for n in PICKED], pa.uint32())),
    ],
    ids=["short", "six digits", "widest"],
)
def test_a_join_that_is_lost_is_told_on_both_sides(texts: list[str], numbers: pa.Array) -> None:
    tables = {"customers": pa.table({"customer_id": texts}), "orders": pa.table({"customer_id": numbers})}
    plan = classified(**tables)
    told = [plan.tables[name].columns["customer_id"] for name in tables]
    assert found(plan) == []
    assert [side.operator for side in told] == ["token", "token"]
    assert told[0].reason.endswith(
        f"; its join with orders.customer_id ({numbers.type}) is lost, as this is string: store both as one type"
    )
    assert told[1].reason.endswith(
        f"; its join with customers.customer_id (string) is lost, as this is {numbers.type}: store both as one type"
    )


def test_identifiers_of_one_name_join_without_the_table_they_name() -> None:
    plan = classified(orders=pa.table({"customer_id": PICKED}), visits=pa.table({"customerId": PICKED}))
    assert found(plan) == []
    assert plan.domain_of("orders", "customer_id") == plan.domain_of("visits", "customerId") == "customer_id"


def test_identifiers_of_one_name_and_several_types_are_told_not_to_join() -> None:
    plan = classified(
        orders=pa.table({"customer_id": pa.array([str(n) for n in PICKED])}), visits=pa.table({"customer_id": PICKED})
    )
    assert plan.domain_of("visits", "customer_id") == "customer_id.integer.token"
    assert (
        plan.tables["visits"]
        .columns["customer_id"]
        .reason.endswith(
            "; does not join with the domain customer_id, which holds texts and this integers: store both as one type"
        )
    )
    assert "join" not in plan.tables["orders"].columns["customer_id"].reason


def test_chains_of_keys_share_one_domain() -> None:
    plan = classified(
        persons=pa.table({"person_id": IDS}),
        customers=pa.table({"person_id": IDS[:30], "customer_id": IDS[:30]}),
        orders=pa.table({"customer_id": PICKED[:10]}),
    )
    domains = {plan.domain_of(t, c) for t, c in (("persons", "person_id"), ("customers", "person_id"))}
    assert len(domains) == 1


def test_emails_as_keys_stay_emails() -> None:
    mails = [f"p{i}@example.org" for i in IDS]
    plan = classified(users=pa.table({"user_key": mails}), logins=pa.table({"user_key": mails[:20]}))
    assert found(plan) == ["logins.user_key -> users.user_key"]
    assert {plan.tables[t].columns["user_key"].operator for t in ("users", "logins")} == {"email"}


def test_a_referenced_column_is_read_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "KEY_ROWS", 40)
    assert found(classified(orders=pa.table({"customer_id": PICKED}), customers=pa.table({"id": IDS}))) == []
