"""Break each operator in turn: the gate refuses, and says by the check's name what is broken."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.operators import SPECS
from tests.support.judged import Shop, failures, make_shop, put

Change = Callable[[pa.Table, pa.Table], pa.Table]


class Mutant(NamedTuple):
    """One way in which an operator goes wrong, and the check that must see it."""

    operator: str
    name: str
    table: str
    change: Change
    check: str
    column: str | None


def identity(column: str) -> Change:
    return lambda before, after: put(after, column, before[column])


def identity_once(column: str, row: int = 617) -> Change:
    """One row in a thousand."""

    def change(before: pa.Table, after: pa.Table) -> pa.Table:
        values = after[column].to_pylist()
        values[row] = before[column][row].as_py()
        return put(after, column, values)

    return change


def other_case(column: str) -> Change:
    return lambda before, after: put(after, column, [f" {value.swapcase()} " for value in before[column].to_pylist()])


def rolled(column: str) -> Change:
    """Each replacement stands in the next row."""

    def change(_before: pa.Table, after: pa.Table) -> pa.Table:
        values = after[column].to_pylist()
        return put(after, column, [*values[1:], values[0]])

    return change


def doubled(column: str) -> Change:
    """Two values have one replacement."""

    def change(_before: pa.Table, after: pa.Table) -> pa.Table:
        values = after[column].to_pylist()
        return put(after, column, [values[1], *values[1:]])

    return change


def nulled(column: str) -> Change:
    return lambda _before, after: put(after, column, [None, *after[column].to_pylist()[1:]])


def unnulled(column: str) -> Change:
    return lambda _before, after: put(after, column, [value or "?" for value in after[column].to_pylist()])


def other_domain(column: str) -> Change:
    """As another key would have it: a permutation of the same numbers."""
    return lambda _before, after: put(after, column, pc.bit_wise_xor(after[column], 1))


def real_host(column: str) -> Change:
    return lambda _before, after: put(
        after, column, [value.replace("@example.com", "@gmail.com") for value in after[column].to_pylist()]
    )


def every_real(column: str) -> Change:
    """Each row shows another row's original."""

    def change(before: pa.Table, _after: pa.Table) -> pa.Table:
        values = before[column].to_pylist()
        return put(before, column, [*values[1:], values[0]])

    return lambda before, after: put(after, column, change(before, after)[column])


def name_left(row: int = 7) -> Change:
    """One text names its person; everything else in it is masked."""

    def change(before: pa.Table, after: pa.Table) -> pa.Table:
        bodies = after["body"].to_pylist()
        bodies[row] = f"{bodies[row]} Yours, {before['name'][row].as_py()}"
        return put(after, "body", bodies)

    return change


def own_name_left(before: pa.Table, after: pa.Table) -> pa.Table:
    return name_left()(before, after)


MUTANTS = (
    *(
        Mutant(operator, name, "customers", change, "own-row-survivors", column)
        for operator, column in (
            ("token", "id"),
            ("email", "email"),
            ("pool", "full_name"),
            ("fpe", "card"),
            ("shift_date", "born"),
            ("presidio", "nickname"),
            ("redact", "password"),
            ("drop", "remark"),
        )
        for name, change in (("identity", identity(column)), ("identity-in-one-row", identity_once(column)))
    ),
    Mutant("email", "other-case", "customers", other_case("email"), "own-row-survivors", "email"),
    Mutant("pool", "other-case", "customers", other_case("full_name"), "own-row-survivors", "full_name"),
    Mutant("redact", "other-case", "customers", other_case("password"), "own-row-survivors", "password"),
    Mutant("token", "not-injective", "customers", doubled("id"), "distinct-kept", "id"),
    Mutant("email", "not-injective", "customers", doubled("email"), "distinct-kept", "email"),
    Mutant("fpe", "not-injective", "customers", doubled("card"), "distinct-kept", "card"),
    Mutant("token", "swapped-rows", "orders", rolled("customer"), "consistent-replacements", "id"),
    Mutant("email", "swapped-rows", "orders", rolled("email"), "consistent-replacements", "email"),
    Mutant("pool", "swapped-rows", "customers", rolled("full_name"), "consistent-replacements", "full_name"),
    Mutant("keep", "swapped-rows", "orders", rolled("amount"), "kept-unchanged", "amount"),
    Mutant("token", "other-domain", "orders", other_domain("customer"), "joins-kept", "customer"),
    Mutant("token", "nulls", "customers", nulled("id"), "nulls-kept", "id"),
    Mutant("email", "nulls", "orders", nulled("email"), "nulls-kept", "email"),
    Mutant("keep", "nulls", "customers", nulled("country"), "nulls-kept", "country"),
    Mutant("text", "nulls", "tickets", nulled("body"), "nulls-kept", "body"),
    Mutant("drop", "value-for-null", "customers", unnulled("remark"), "nulls-kept", "remark"),
    Mutant("email", "real-host", "customers", real_host("email"), "foreign-e-mails", "email"),
    Mutant("email", "others'-originals", "customers", every_real("email"), "chance-bound", "email"),
    Mutant("fpe", "others'-originals", "customers", every_real("card"), "chance-bound", "card"),
    Mutant("token", "others'-originals", "customers", every_real("id"), "chance-bound", "id"),
    Mutant("text", "identity", "tickets", identity("body"), "residual-text", "body"),
    Mutant("text", "identity-in-one-row", "tickets", identity_once("body", 7), "residual-text", "body"),
    Mutant("text", "one-name-left", "tickets", own_name_left, "own-row-survivors", "body"),
    Mutant("text", "one-name-left", "tickets", own_name_left, "known-names", "body"),
    Mutant("text", "real-host", "tickets", real_host("body"), "foreign-e-mails", "body"),
    Mutant("generalise", "identity", "customers", identity("age"), "k-anonymity", None),
    Mutant("keep", "truncated", "orders", lambda _before, after: after.slice(0, 1400), "row-counts", None),
    Mutant("token", "truncated", "customers", lambda _before, after: after.slice(1), "row-counts", None),
    Mutant("keep", "column-missing", "orders", lambda _before, after: after.drop(["amount"]), "schema-equal", None),
    Mutant(
        "keep",
        "columns-reordered",
        "orders",
        lambda _before, after: after.select(["amount", "email", "customer"]),
        "schema-equal",
        None,
    ),
    Mutant(
        "token",
        "other-type",
        "orders",
        lambda _before, after: after.set_column(0, "customer", after["customer"].cast(pa.string())),
        "schema-equal",
        None,
    ),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"))


def test_the_gate_passes_a_copy_that_no_operator_broke(good: Shop) -> None:
    assert failures(good.judge()) == set()


@pytest.mark.parametrize(
    "mutant", MUTANTS, ids=lambda mutant: f"{mutant.operator}-{mutant.name}-{mutant.table}-{mutant.check}"
)
def test_the_gate_refuses_a_broken_operator_and_names_the_check(good: Shop, mutant: Mutant, tmp_path: Path) -> None:
    report = good.judge_changed(tmp_path / "broken", mutant.table, mutant.change)
    assert report.verdict is Verdict.FAIL
    assert (mutant.check, mutant.column) in failures(report)
    assert any(check.table == mutant.table or f"{mutant.table}." in check.explanation for check in report.failed)


def test_every_operator_has_a_mutant() -> None:
    assert {mutant.operator for mutant in MUTANTS} == {spec.name for spec in SPECS}
