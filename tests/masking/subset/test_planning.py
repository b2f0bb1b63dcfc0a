"""Subsets of a small shop: what is chosen and why, what is told, what is refused."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.errors import DataopsError, InvalidInputError
from dataops_infra.masking.catalogue import Catalogue, StatedKey, StatedTable
from dataops_infra.masking.plan import ForeignKey, Plan, TablePlan
from dataops_infra.masking.subset.planning import Subset, foreign_keys, make_subset
from dataops_infra.masking.subset.request import SubsetRequest, request_of
from dataops_infra.masking.subset.selecting import Reason
from tests.support.memory_tables import memory_source, rows_in

CUSTOMERS = 200


def key(table: str, columns: str, references: str, referenced: str) -> ForeignKey:
    return ForeignKey(
        table=table, columns=tuple(columns.split()), references=references, referenced_columns=tuple(referenced.split())
    )


KEYS = (
    key("customers", "country", "countries", "code"),
    key("customers", "referrer", "customers", "id"),
    key("orders", "customer", "customers", "id"),
    key("lines", "shop number", "orders", "shop number"),
    key("lines", "product", "products", "id"),
    key("stock", "product", "products", "id"),
    key("stock_log", "stock", "stock", "id"),
)


def shop() -> dict[str, pa.Table]:
    numbers = range(CUSTOMERS)
    return {
        "countries": pa.table({"code": [f"C{n}" for n in range(30)]}),
        "customers": pa.table(
            {
                "id": numbers,
                "country": [f"C{n % 10}" for n in numbers],
                "tier": ["gold" if n == 77 else "plain" for n in numbers],
                "referrer": [n - 1 if n % 50 == 1 else None for n in numbers],
            }
        ),
        "orders": pa.table(
            {
                "shop": [n % 2 for n in range(600)],
                "number": [n // 2 for n in range(600)],
                "customer": [n % CUSTOMERS for n in range(600)],
            }
        ),
        "lines": pa.table(
            {
                "shop": [n % 2 for n in range(1200)],
                "number": [n % 600 // 2 for n in range(1200)],
                "product": [n % 100 if n % 400 else 9_999 for n in range(1200)],
            }
        ),
        "products": pa.table({"id": range(100)}),
        "stock": pa.table({"id": range(300), "product": [n % 100 for n in range(300)]}),
        "stock_log": pa.table({"stock": [n % 300 for n in range(900)]}),
        "audit": pa.table({"line": range(1000)}),
        "settings": pa.table({"name": [f"s{n}" for n in range(8)]}),
    }


def plan_of(tables: dict[str, pa.Table], keys: tuple[ForeignKey, ...] = KEYS, **hidden: str) -> Plan:
    columns = {
        name: TablePlan(
            columns={
                column: {"operator": hidden.get(column, "keep")}  # type: ignore[dict-item]
                for column in table.schema.names
            }
        )
        for name, table in tables.items()
    }
    return Plan(tables=columns, foreign_keys=keys)


def subset(tables: dict[str, pa.Table] | None = None, keys: tuple[ForeignKey, ...] = KEYS, **asked: Any) -> Subset:
    given = shop() if tables is None else tables
    return make_subset(memory_source(given), plan_of(given, keys), SubsetRequest(**{"root": "customers", **asked}))


def reasons(found: Subset, table: str) -> dict[Reason, int]:
    return dict(next(each.reasons for each in found.tables if each.name == table))


def test_shop_has_twenty_customers_with_all_that_belongs_to_them() -> None:
    found = subset(rows=20)
    assert found.counts["customers"] == 20
    assert found.counts["countries"] == 30  # a small table that refers to nothing is kept whole
    asked = reasons(found, "customers")[Reason.ASKED]
    assert reasons(found, "orders") == {Reason.REFERS: 3 * asked}
    assert reasons(found, "lines") == {Reason.REFERS: 6 * asked}
    assert reasons(found, "settings") == {Reason.SMALL: 8}
    assert reasons(found, "audit") == {Reason.SHARE: 100}
    assert found.counts["stock"] == 30
    assert found.counts["stock_log"] == 90
    assert found.notes == tuple(note for note in found.notes if "refer to rows that the source does not have" in note)


def test_value_of_few_is_kept_with_the_rows_it_needs() -> None:
    found = subset(rows=20)
    tiers = [row["tier"] for row in rows_in(found.source, "customers")]
    assert sorted(set(tiers)) == ["gold", "plain"]
    assert sorted({row["country"] for row in rows_in(found.source, "customers")}) == [f"C{n}" for n in range(10)]
    without = subset(rows=20, few_values=0)
    assert reasons(without, "customers").get(Reason.VALUE, 0) == 0


def test_fraction_is_of_the_root() -> None:
    assert subset(fraction=0.25).counts["customers"] == 50
    assert subset(fraction=0.0001, few_values=0).target == 1
    whole = subset(fraction=1.0)
    assert all(table.rows == table.of for table in whole.tables if table.name not in {"stock", "stock_log"})


def test_condition_chooses_what_rows_are_asked_for() -> None:
    found = subset(where="country = 'C3'")
    customers = rows_in(found.source, "customers")
    assert {row["country"] for row in customers} == {"C3"}
    assert len(customers) == 20
    assert subset(where="country = 'C3'", fraction=0.5).counts["customers"] == 10


def test_small_root_is_no_table_that_is_kept_whole() -> None:
    found = subset(root="countries", rows=3, few_values=50)
    assert found.counts["countries"] == 3
    assert Reason.SMALL not in reasons(found, "countries")


def test_row_that_needs_many_makes_fewer_be_asked_for() -> None:
    """A chain of referrers: every row needs the one before it."""
    people = {"people": pa.table({"id": range(500), "boss": [n - 1 if n % 10 else None for n in range(500)]})}
    found = subset(people, (key("people", "boss", "people", "id"),), root="people", rows=100)
    why = reasons(found, "people")
    assert abs(found.counts["people"] - 100) <= 10
    assert why[Reason.ASKED] + why[Reason.REFERRED] == found.counts["people"]
    assert found.notes == ()


def test_rows_that_bring_too_many_are_passed_over() -> None:
    """Chains of one to ten referrers: of few rows, those are chosen whose chains fit."""
    bosses = [None if n % 10 == 0 else n - 1 for n in range(300)]
    people = {"people": pa.table({"id": range(300), "boss": bosses})}
    for rows in range(10, 60, 7):
        found = subset(people, (key("people", "boss", "people", "id"),), root="people", rows=rows, few_values=0)
        assert abs(found.counts["people"] - rows) <= 0.05 * rows
        assert found.notes == ()


def test_size_that_cannot_be_met_is_explained() -> None:
    people = {"people": pa.table({"id": range(50), "boss": [(n + 1) % 50 for n in range(50)]})}
    found = subset(people, (key("people", "boss", "people", "id"),), root="people", rows=5)
    assert found.counts["people"] == 50
    assert found.notes == (
        "people has 50 rows instead of 5: 45 are referred to by chosen rows, 0 are the only ones with some value",
    )


def test_more_rows_than_there_are_is_no_mistake() -> None:
    found = subset(rows=1_000)
    assert found.notes[0] == "1,000 rows of customers were asked for, and there are 200"
    assert found.counts["customers"] == CUSTOMERS
    some = subset(rows=1_000, where="country = 'C3'")
    assert some.notes[0] == "1,000 rows of customers were asked for, and there are 20 that meet --where"


def test_dangling_keys_are_told() -> None:
    found = subset(rows=CUSTOMERS)
    join = next(join for join in found.joins if join.key.references == "products" and join.key.table == "lines")
    assert join.dangling == 3
    assert "lines(product) -> products(id): 3 rows refer to rows that the source does not have" in found.notes


def test_joins_say_which_way_they_are_followed() -> None:
    ways = {join.key.shown: join.is_followed_down for join in subset(rows=20).joins}
    assert ways == {
        "customers(country) -> countries(code)": False,
        "customers(referrer) -> customers(id)": False,
        "lines(product) -> products(id)": False,
        "lines(shop, number) -> orders(shop, number)": True,
        "orders(customer) -> customers(id)": True,
        "stock(product) -> products(id)": False,
        "stock_log(stock) -> stock(id)": False,
    }


def test_table_without_rows_is_told() -> None:
    tables = {"a": pa.table({"id": range(10)}), "b": pa.table({"id": range(100)}), "c": pa.table({"b": [5] * 100})}
    tables["a"] = tables["a"].append_column("b", pa.array([None] * 10, pa.int64()))
    keys = (key("a", "b", "b", "id"), key("c", "b", "b", "id"))
    found = subset(tables, keys, root="a", rows=2, few_values=0)
    assert found.counts == {"a": 2, "b": 0, "c": 0}
    assert found.notes == (
        "b has no rows: nothing that is chosen refers to it",
        "c has no rows: no row of it belongs to them",
    )


def test_only_table_is_the_root() -> None:
    assert subset({"audit": pa.table({"line": range(100)})}, (), root=None, rows=10).counts == {"audit": 10}


def test_keys_of_other_types_join_as_texts() -> None:
    tables = {"a": pa.table({"id": range(40)}), "b": pa.table({"a": [str(n) for n in range(40)] + ["x"]})}
    found = subset(tables, (key("b", "a", "a", "id"),), root="a", rows=4, few_values=0)
    assert {int(str(row["a"])) for row in rows_in(found.source, "b")} == {
        row["id"] for row in rows_in(found.source, "a")
    }


def test_key_within_a_struct_is_followed() -> None:
    inside = pa.array([{"id": n % 40} for n in range(80)], pa.struct([("id", pa.int64())]))
    tables = {"a": pa.table({"id": range(40)}), "b": pa.table({"a": inside})}
    plan = Plan(
        tables={
            "a": TablePlan(columns={"id": {"operator": "keep"}}),  # type: ignore[dict-item]
            "b": TablePlan(columns={"a.id": {"operator": "keep"}}),  # type: ignore[dict-item]
        },
        foreign_keys=(key("b", "a.id", "a", "id"),),
    )
    found = make_subset(memory_source(tables), plan, SubsetRequest("a", 4))
    assert found.counts == {"a": 4, "b": 8}


def test_rows_are_ranked_by_their_stated_names_wherever_they_stand(tmp_path: Path) -> None:
    from dataops_infra.masking.catalogue import write_catalogue
    from dataops_infra.masking.sources import Source

    tables = {"a": pa.table({"id": pa.array(range(100), pa.int32())})}
    turned = {"a": pa.table({"id": pa.array([str(n) for n in reversed(range(100))])})}
    write_catalogue(Catalogue(tables={"a": StatedTable(primary_key=("id",))}), tmp_path)
    chosen = []
    for each in (tables, turned):
        source = Source(tmp_path, memory_source(each).tables)
        found = make_subset(source, plan_of(each, ()), SubsetRequest("a", 10))
        chosen.append({int(str(row["id"])) for row in rows_in(found.source, "a")})
    assert chosen[0] == chosen[1]
    assert chosen[0] != {row["id"] for row in rows_in(subset(tables, (), root="a", rows=10).source, "a")}


def test_keys_of_plan_and_catalogue_count_once() -> None:
    twice = StatedKey(
        table="lines", columns=("number", "shop"), references="orders", referenced_columns=("number", "shop")
    )
    other = StatedKey(table="audit", columns=("line",), references="lines", referenced_columns=("number",))
    uneven = StatedKey(table="audit", columns=("line",), references="lines", referenced_columns=("shop", "number"))
    found = foreign_keys(plan_of(shop()), Catalogue(foreign_keys=(twice, other, uneven)))
    assert len(found) == len(KEYS) + 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "--rows, --fraction or --where: expected one that says which rows"),
        ({"root": "customer", "rows": 1}, "did you mean customers?"),
        ({"root": None, "rows": 1}, "as the source has several"),
        ({"rows": 0}, "--rows: expected a whole number of at least 1, got 0"),
        ({"rows": 1, "fraction": 0.5}, "--rows or --fraction: expected one of the two"),
        ({"fraction": 0.0}, "--fraction: expected a number above 0, at most 1"),
        ({"fraction": 1.01}, "--fraction: expected a number above 0, at most 1"),
        ({"fraction": float("nan")}, "--fraction: expected a number above 0, at most 1"),
        ({"rows": 1, "few_values": 251}, "--keep-values: expected a whole number from 0 to 250"),
        ({"where": " "}, "--where: expected a condition of 1 to 10,000 characters"),
        ({"where": "tiers = 'gold'"}, "did you mean tier?"),
        ({"where": "tier = 'none'"}, "no row of customers meets --where"),
    ],
)
def test_request_that_does_not_fit_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(DataopsError, match=re.escape(said)):
        subset(**asked)


def test_all_mistakes_of_a_request_are_told_at_once() -> None:
    with pytest.raises(InvalidInputError, match=r"3 wrong arguments.*--rows.*--rows.*--keep-values"):
        SubsetRequest(rows=-1, fraction=0.5, few_values=999).check()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (key("orders", "customer", "people", "id"), "orders(customer) -> people(id): the source has no table people"),
        (key("nothing", "x", "customers", "id"), "the source has no table nothing"),
        (key("orders", "buyer", "customers", "id"), "orders has no column buyer"),
        (key("orders", "customer", "customers", "number"), "customers has no column number"),
    ],
)
def test_key_that_leads_out_of_the_source_is_refused(wrong: ForeignKey, said: str) -> None:
    with pytest.raises(DataopsError, match=re.escape(said)):
        subset(keys=(*KEYS, wrong), rows=3)


def test_key_in_a_list_is_refused() -> None:
    tables = {"a": pa.table({"id": range(4)}), "b": pa.table({"a": [[1], [2, 3]]})}
    plan = Plan(tables={"a": TablePlan(), "b": TablePlan()}, foreign_keys=(key("b", "a[]", "a", "id"),))
    with pytest.raises(DataopsError, match=r"b\.a\[\] stands in a list"):
        make_subset(memory_source(tables), plan, SubsetRequest("a", 1))


def test_root_without_rows_is_refused() -> None:
    with pytest.raises(DataopsError, match="a has no rows"):
        subset({"a": pa.table({"id": pa.array([], pa.int64())})}, (), root="a", rows=1)


@pytest.mark.parametrize(("hidden", "is_withheld"), [({}, False), ({"tier": "token"}, True), ({"id": "fpe"}, False)])
def test_condition_on_hidden_columns_is_withheld(hidden: dict[str, str], is_withheld: bool) -> None:
    tables = shop()
    found = make_subset(
        memory_source(tables), plan_of(tables, **hidden), SubsetRequest("customers", where="tier = 'gold'")
    )
    assert found.withholds_where == is_withheld
    told = found.recorded()
    assert told["where"] == (None if is_withheld else "tier = 'gold'")
    assert told["tables"]["customers"] == {"rows": 1, "of": CUSTOMERS}


@pytest.mark.parametrize(
    "request_", [SubsetRequest("a", 5), SubsetRequest("a", fraction=0.5, where="b = 1", few_values=0)]
)
def test_request_is_told_and_read_again(request_: SubsetRequest) -> None:
    told = request_.recorded("a", withholds_where=False)
    assert request_of(told) == request_
    withheld = request_.recorded("a", withholds_where=True)
    assert request_of(withheld, request_.where) == request_


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"root": 1, "keepValues": 5, "rows": 1},
        {"root": "a", "keepValues": None, "rows": 1},
        {"root": "a", "keepValues": 50, "rows": "1"},
        {"root": "a", "keepValues": 50},
        {"root": "a", "keepValues": 50, "rows": -1},
    ],
)
def test_record_that_is_none_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no record of a subset"):
        request_of(told)


def test_columns_of_every_type_are_looked_at() -> None:
    numbers = range(60)
    tables = {
        "odd": pa.table(
            {
                "id": numbers,
                "none": pa.nulls(60),
                "list": [[n] for n in numbers],
                "price": pa.array([Decimal(n % 3) for n in numbers], pa.decimal128(5, 2)),
                "share": [float(n % 4) for n in numbers],
                "flag": [n == 0 for n in numbers],
                "kind": pa.array([f"k{n % 5}" for n in numbers]).dictionary_encode(),
                "view": pa.array([f"v{n % 2}" for n in numbers], pa.string_view()),
                "span": pa.array([(n % 2, 0, 0) for n in numbers], pa.month_day_nano_interval()),
                "late": [0 if n < 55 else n for n in numbers],
            }
        )
    }
    found = rows_in(subset(tables, (), root="odd", rows=6, few_values=5).source, "odd")
    for column, values in (("price", 3), ("share", 4), ("flag", 2), ("kind", 5), ("view", 2)):
        assert len({row[column] for row in found}) == values
    assert len(found) <= 8


def test_rare_values_beyond_the_sample_are_seen() -> None:
    """The sample shows one value, the whole column too many: nothing is kept for it."""
    tables = {"odd": pa.table({"id": range(3_000), "late": [0 if n < 2_000 else n for n in range(3_000)]})}
    assert subset(tables, (), root="odd", rows=6).counts == {"odd": 6}


def test_selected_file_is_as_its_file() -> None:
    found = subset(rows=20).source.tables["customers"].files[0].data
    assert (found.path, found.kind, found.rows) == (Path("memory"), "memory", found.sample(1_000).num_rows)
    assert [batch.num_rows for batch in found.encoded_batches(["id"])] == [
        batch.num_rows for batch in found.batches(["id"])
    ]
    with pytest.raises(NotImplementedError):
        found.writer(Path("there"))
