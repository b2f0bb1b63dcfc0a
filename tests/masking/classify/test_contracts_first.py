"""Contracts decide before every guess: levels, keys and relationships."""

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import ColumnContract, DatasetContract, ReferenceContract, TableContract
from dataops_infra.errors import MaskingError
from dataops_infra.masking.classify import classify
from dataops_infra.masking.plan import ColumnPlan, ForeignKey
from tests.support.tables import source_of

MAILS = [f"person{i}@example.org" for i in range(40)]
LIKE_MAILS = "100% of the values look like email addresses"
CODES = ["a", "b"] * 20
WORDS = [f"w{i * 7919:x}q" for i in range(40)]


def contract(*tables: TableContract, name: str = "crm") -> DatasetContract:
    return DatasetContract(
        id=name, version="1.0.0", domain="sales", dataset=name, owner="o", classification="pii",
        retention_class="standard", tables=tables,
    )  # fmt: skip


def table(name: str, references: tuple[ReferenceContract, ...] = (), /, **levels: str) -> TableContract:
    columns = tuple(
        ColumnContract(name=path.replace("__", "."), classification=level) for path, level in levels.items()
    )
    return TableContract(name=name, physical_name=f"{name}_v1", columns=columns, references=references)


def decided(level: str, values: list[str], column: str = "c1") -> ColumnPlan:
    source = source_of({"t": pa.table({column: values})})
    plan = classify(source, (contract(table("t", **{column: level})),), Classification())
    return plan.tables["t"].columns[column]


@pytest.mark.parametrize(
    ("level", "values", "operator", "reason"),
    [
        ("pii", MAILS, "email", "the contract says pii; 100% of the values look like email addresses"),
        ("pii", CODES, "token", "the contract says pii; 2 different values among 40"),
        (
            "confidential",
            MAILS,
            "email",
            "the contract says confidential; 100% of the values look like email addresses",
        ),
        ("confidential", CODES, "keep", "the contract says confidential; 2 different values among 40"),
        ("confidential", WORDS, "token", "the contract says confidential; nothing here recognises the values"),
        ("masked", WORDS, "keep", "the contract says masked"),
        ("internal", WORDS, "keep", "the contract says internal"),
        ("public", WORDS, "keep", "the contract says public"),
        (
            "internal",
            MAILS,
            "keep",
            "the contract says internal, but 100% of the values look like email addresses: ask its owner",
        ),
        ("", MAILS, "email", "100% of the values look like email addresses"),
    ],
)
def test_levels_win_over_guesses(level: str, values: list[str], operator: str, reason: str) -> None:
    column = decided(level, values)
    assert (column.operator, column.reason) == (operator, reason)


def test_a_contradicted_contract_has_a_low_score() -> None:
    assert decided("internal", MAILS).score == 0.5
    assert decided("internal", WORDS).score == 1.0


def test_an_organisation_may_have_levels_of_its_own() -> None:
    levels = Classification(
        levels=("open", "secret"), customer_managed_key_from="secret", production_only_from="secret"
    )
    source = source_of({"t": pa.table({"c1": WORDS, "c2": CODES})})
    plan = classify(source, (contract(table("t", c1="open", c2="secret")),), levels)
    assert [column.operator for column in plan.tables["t"].columns.values()] == ["keep", "token"]


def test_what_is_nested_has_the_level_of_what_it_lies_in() -> None:
    data = pa.table({"a": [{"b": word, "c": [word]} for word in WORDS]})
    said = (contract(table("t", a="public", a__c="pii")),)
    plan = classify(source_of({"t": data}), said, Classification())
    assert {path: column.operator for path, column in plan.tables["t"].columns.items()} == {
        "a.b": "keep",
        "a.c[]": "token",
    }


def test_tables_are_found_by_their_physical_names_too() -> None:
    source = source_of({"t_v1": pa.table({"c1": WORDS})})
    plan = classify(source, (contract(table("t", c1="public")),), Classification())
    assert plan.tables["t_v1"].columns["c1"].operator == "keep"


def test_contracts_that_describe_no_table_are_refused() -> None:
    source = source_of({"customers": pa.table({"c1": WORDS})})
    with pytest.raises(MaskingError) as caught:
        classify(source, (contract(table("customer", c1="public")),), Classification())
    assert str(caught.value) == (
        "the contracts describe customer, and the source has none of these tables (did you mean customers?): "
        "tables are called as their files or folders"
    )


def test_a_table_that_two_contracts_describe_is_refused() -> None:
    source = source_of({"t": pa.table({"c1": WORDS})})
    both = (contract(table("t", c1="public")), contract(table("t", c1="pii"), name="erp"))
    with pytest.raises(MaskingError, match=r"^table t is described twice, the second time by sales/erp: give one"):
        classify(source, both, Classification())


def test_relationships_become_foreign_keys_with_one_domain() -> None:
    data = {
        "orders": pa.table({"buyer": WORDS, "x": MAILS}),
        "clients": pa.table({"code": [*WORDS, "other"]}),
    }
    stated = ReferenceContract(columns=("buyer",), table="clients", referenced_columns=("code",))
    elsewhere = ReferenceContract(columns=("x",), table="nowhere", referenced_columns=("id",))
    said = contract(table("orders", (stated, elsewhere), buyer="confidential"), table("clients", code="pii"))
    plan = classify(source_of(data), (said,), Classification())
    assert plan.foreign_keys == (
        ForeignKey(
            table="orders", columns=("buyer",), references="clients", referenced_columns=("code",),
            reason="stated by the contract",
        ),
    )  # fmt: skip
    assert plan.domain_of("orders", "buyer") == plan.domain_of("clients", "code") == "clients.code"
    assert plan.tables["orders"].columns["buyer"].operator == plan.tables["clients"].columns["code"].operator == "token"


def test_a_stated_key_of_columns_that_are_not_there_is_left_out() -> None:
    stated = ReferenceContract(columns=("gone",), table="clients", referenced_columns=("code",))
    data = {"orders": pa.table({"buyer": WORDS}), "clients": pa.table({"code": WORDS})}
    said = contract(table("orders", (stated,), buyer="pii"), table("clients", code="pii"))
    assert classify(source_of(data), (said,), Classification()).foreign_keys == ()


def test_one_masked_side_masks_the_other_although_its_contract_keeps_it() -> None:
    stated = ReferenceContract(columns=("buyer",), table="clients", referenced_columns=("code",))
    data = {"orders": pa.table({"buyer": WORDS}), "clients": pa.table({"code": WORDS})}
    said = contract(table("orders", (stated,), buyer="public"), table("clients", code="pii"))
    columns = classify(source_of(data), (said,), Classification()).tables["orders"].columns
    assert columns["buyer"].operator == "token"
    assert columns["buyer"].reason == "the contract says public; it is joined with clients.code, which is masked"


def test_a_key_that_both_contracts_keep_stays_kept() -> None:
    stated = ReferenceContract(columns=("country",), table="countries", referenced_columns=("code",))
    data = {"orders": pa.table({"country": CODES}), "countries": pa.table({"code": ["a", "b"]})}
    said = contract(table("orders", (stated,), country="public"), table("countries", code="public"))
    plan = classify(source_of(data), (said,), Classification())
    assert [plan.tables[t].columns[c].operator for t, c in (("orders", "country"), ("countries", "code"))] == [
        "keep",
        "keep",
    ]
    assert len(plan.foreign_keys) == 1


def test_a_stated_key_whose_sides_cannot_be_masked_alike_is_left_out() -> None:
    stated = ReferenceContract(columns=("buyer",), table="clients", referenced_columns=("code",))
    data = {"orders": pa.table({"buyer": WORDS}), "clients": pa.table({"code": list(range(10**9, 10**9 + 40))})}
    said = contract(table("orders", (stated,), buyer="pii"), table("clients", code="pii"))
    plan = classify(source_of(data), (said,), Classification())
    assert plan.foreign_keys == ()
    assert plan.domain_of("orders", "buyer") != plan.domain_of("clients", "code")
