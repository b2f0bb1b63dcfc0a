"""Single checks on tables made for them: what refuses, what passes, and what people are told."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate.model import Verdict
from tests.support.judged import judge_tables, keep, leaks, named

TOKEN = {"operator": "token"}


def strings(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


def one(operator: dict[str, Any], before: pa.Array, after: pa.Array, folder: Path, **plan: Any) -> set[Any]:
    """The leaks about one column ``c``."""
    report = judge_tables(folder, {"c": operator}, pa.table({"c": before}), pa.table({"c": after}), **plan)
    return leaks(report)


@pytest.mark.parametrize(
    ("operator", "before", "after", "expected"),
    [
        (TOKEN, strings("anna", None, ""), strings("qwqwqw", None, ""), set()),
        (TOKEN, strings("anna"), strings("anna"), {("own-row-survivors", "c"), ("chance-bound", "c")}),
        (TOKEN, strings("Anna"), strings("aNNA"), {("own-row-survivors", "c")}),
        (TOKEN, strings("anna"), strings("  anna\t"), {("own-row-survivors", "c")}),
        (TOKEN, strings("Рита"), strings("рита"), {("own-row-survivors", "c")}),
        (TOKEN, strings("ÉVA"), strings(" éva"), {("own-row-survivors", "c")}),
        (TOKEN, strings("anna", "bert"), strings("bert", "qwqw"), {("chance-bound", "c")}),
        ({"operator": "redact"}, strings("[redacted]", "x1"), strings("[redacted]", "[redacted]"), set()),
        (
            {"operator": "redact"},
            strings("a", "b"),
            strings("a", "[redacted]"),
            {("own-row-survivors", "c"), ("promised-results", "c")},
        ),
        ({"operator": "redact"}, strings("ab", "cd"), strings("cd", "ba"), {("promised-results", "c")}),
        ({"operator": "drop"}, strings("ab", "cd"), strings("cd", None), {("promised-results", "c")}),
        (
            {"operator": "generalise", "options": {"to": {"band": 10}}},
            pa.array([31, 48, None]),
            pa.array([30, 48, None]),
            {("promised-results", "c")},
        ),
        (
            {"operator": "generalise", "options": {"to": {"band": 10}}},
            pa.array([31.0, float("nan"), None]),
            pa.array([30.0, float("nan"), None]),
            set(),
        ),
        ({"operator": "redact"}, pa.array([0, 5]), pa.array([0, 0]), set()),
        (
            {"operator": "redact"},
            pa.array([0, 5]),
            pa.array([0, 5]),
            {("own-row-survivors", "c"), ("promised-results", "c")},
        ),
        ({"operator": "drop"}, strings("a", None), pa.nulls(2, pa.string()), set()),
        (
            {"operator": "drop"},
            strings("a", None),
            strings("a", None),
            {("own-row-survivors", "c"), ("promised-results", "c")},
        ),
        (keep(), strings("a", None), strings("a", None), set()),
        (keep(), strings("a", None), strings("b", None), {("kept-unchanged", "c")}),
        (keep(), pa.array([1.5, float("nan")]), pa.array([1.5, float("nan")]), set()),
        (keep(), pa.array([1.5, float("nan")]), pa.array([1.5, 2.0]), {("kept-unchanged", "c")}),
        (keep(), strings("a"), strings(None), {("nulls-kept", "c")}),
        ({"operator": "keep"}, strings("a"), strings("a"), {("unclassified-columns", "c")}),
        (keep(classification="UNKNOWN"), strings("a"), strings("a"), {("unclassified-columns", "c")}),
        ({"operator": "keep", "reason": "shop's own codes"}, strings("a"), strings("a"), set()),
        (keep(classification="last_name"), strings("a"), strings("a"), {("unclassified-columns", "c")}),
        (
            keep(classification="Last_name", reason="the name says last names, as 39% of the values do"),
            strings("a"),
            strings("a"),
            {("unclassified-columns", "c")},
        ),
        (keep(classification="last_name", reason="names of our test actors"), strings("a"), strings("a"), set()),
        (keep(classification="gender", reason="the name says genders"), strings("a"), strings("a"), set()),
        (
            keep(),
            strings("a@x.org", "b@x.org"),
            strings("a@x.org", "b@x.org"),
            {("foreign-e-mails", "c"), ("foreign-e-mails", None), ("kept-personal-data", "c")},
        ),
        (keep(), pa.array([4111111111111111] * 3), pa.array([4111111111111111] * 3), {("kept-personal-data", "c")}),
        (
            {"operator": "presidio", "options": {"operator": "keep"}, "classification": "safe"},
            strings("a"),
            strings("a"),
            set(),
        ),
        ({"operator": "presidio", "options": {"operator": "redact"}}, strings("a"), strings(""), set()),
    ],
)
def test_one_column_is_judged_by_what_its_operator_promises(
    operator: dict[str, Any], before: pa.Array, after: pa.Array, expected: set[Any], tmp_path: Path
) -> None:
    assert one(operator, before, after, tmp_path) == expected


@pytest.mark.parametrize("host", ["example.com", "sub.example.org", "shop.test", "x.invalid", "a.example"])
def test_addresses_at_reserved_hosts_are_nobody_s(host: str, tmp_path: Path) -> None:
    before, after = strings("anna@real.org"), strings(f"Write to <q1w2@{host}>, please.")
    assert one(TOKEN, before, after, tmp_path) == set()


def test_an_original_address_in_a_text_is_found_even_at_a_reserved_host(tmp_path: Path) -> None:
    before = pa.table({"e": ["anna@example.com", "bert@example.com"], "n": ["hello", "write to anna@example.com"]})
    after = pa.table({"e": ["q1@example.com", "q2@example.com"], "n": ["hello", "write to anna@example.com"]})
    report = judge_tables(tmp_path, {"e": {"operator": "email"}, "n": {"operator": "text"}}, before, after)
    assert ("foreign-e-mails", None) in leaks(report)


def test_a_kept_column_that_repeats_a_hidden_one_is_refused_with_a_masked_example(tmp_path: Path) -> None:
    before = pa.table({"name": ["Anna Berg", "Carl Dahl"], "login": ["Anna Berg", "other"]})
    after = pa.table({"name": ["Q1", "Q2"], "login": ["Anna Berg", "other"]})
    report = judge_tables(tmp_path, {"name": TOKEN, "login": keep()}, before, after)
    (check,) = (check for check in report.failed if check.name == "own-row-survivors")
    assert (check.name, check.column, check.observed, check.allowed) == ("own-row-survivors", "login", 1, 0)
    assert check.explanation == "1 rows show in login what name hides: mask login as well"
    assert check.examples == ("row 1: Xxxx Xxxx",)


def test_people_who_are_called_like_where_they_live_are_chance(tmp_path: Path) -> None:
    names = ["Jordan", "Georgia", *(["Jordan"] * 40), *(["Anna"] * 500)]
    lands = ["Jordan", "France", *(["France"] * 280), *(["Jordan"] * 260)]
    before = pa.table({"name": names, "land": lands})
    after = before.set_column(0, "name", [[f"q{name.lower()}" for name in names]])
    assert leaks(judge_tables(tmp_path, {"name": TOKEN, "land": keep()}, before, after)) == set()


def test_a_number_that_repeats_another_column_is_refused_and_one_that_meets_it_is_not(tmp_path: Path) -> None:
    before = pa.table({"id": list(range(10**6, 10**6 + 40)), "old": list(range(10**6, 10**6 + 40))})
    after = before.set_column(0, "id", [[value * 3 for value in range(10**7, 10**7 + 40)]])
    columns = {"id": TOKEN, "old": keep()}
    assert leaks(judge_tables(tmp_path / "a", columns, before, after)) == {("own-row-survivors", "old")}
    few = [[10**6, *range(5, 44)]]
    before, after = before.set_column(1, "old", few), after.set_column(1, "old", few)
    assert leaks(judge_tables(tmp_path / "b", columns, before, after)) == set()


@pytest.mark.parametrize(
    ("before", "ruled"),
    [
        (pa.array([f"{n}0210" for n in range(1, 9)]), pa.array([f"{n}02**" for n in range(1, 9)])),
        (pa.array(range(10210, 90210, 10_000)), pa.array(range(10200, 90200, 10_000))),
    ],
    ids=["texts", "numbers"],
)
def test_a_column_that_repeats_what_another_tells_roughly_is_refused(
    before: pa.Array, ruled: pa.Array, tmp_path: Path
) -> None:
    rough = {"operator": "generalise", "options": {"to": {"prefix": 3}}}
    source = pa.table({"zip": before, "old": before})
    columns = {"zip": rough, "old": keep()}
    report = judge_tables(tmp_path / "all", columns, source, source.set_column(0, "zip", ruled))
    assert leaks(report) == {("own-row-survivors", "old")}
    (check,) = (check for check in report.failed if check.name == "own-row-survivors")
    assert check.explanation == "8 rows show in old what zip tells roughly: mask old as well"
    few = source.set_column(1, "old", pa.concat_arrays([before[:4], pa.nulls(4, before.type)]))
    assert leaks(judge_tables(tmp_path / "half", columns, few, few.set_column(0, "zip", ruled))) == set()
    told = pa.table({"zip": ruled, "old": ruled})
    assert leaks(judge_tables(tmp_path / "told", columns, told, told)) == set()


def nested(emails: list[list[str] | None], street: list[str]) -> pa.Table:
    streets = pa.StructArray.from_arrays([pa.array(street)], ["street"])
    return pa.table({"emails": pa.array(emails, pa.list_(pa.string())), "address": streets})


NESTED = {"emails[]": {"operator": "email"}, "address.street": TOKEN}


def test_nested_values_are_judged_in_their_rows(tmp_path: Path) -> None:
    before = nested([["anna@real.org", "a@real.org"], None, ["b@real.org"]], ["Hill 1", "Hill 2", "Hill 3"])
    after = nested([["q1@example.com", "q2@example.com"], None, ["q3@example.com"]], ["q1", "q2", "q3"])
    assert leaks(judge_tables(tmp_path / "good", NESTED, before, after)) == set()
    shown = nested([["q1@example.com", "Hill 1"], None, ["b@real.org"]], ["q1", "anna@real.org", "q3"])
    found = leaks(judge_tables(tmp_path / "bad", NESTED, before, shown))
    assert {("own-row-survivors", "emails[]"), ("foreign-e-mails", "address.street")} <= found


def test_lists_of_other_lengths_are_refused(tmp_path: Path) -> None:
    before = nested([["anna@real.org"], ["b@real.org"]], ["Hill 1", "Hill 2"])
    after = nested([["q1@example.com", "q2@example.com"], []], ["q1", "q2"])
    assert leaks(judge_tables(tmp_path, NESTED, before, after)) == {("nulls-kept", "emails")}


def test_dictionaries_and_text_kinds_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    before = pa.table(
        {"a": strings("anna", "bert").dictionary_encode(), "b": pa.array(["x1x", "y1y"]).cast("large_string")}
    )
    after = pa.table(
        {"a": strings("anna", "q2").dictionary_encode(), "b": pa.array(["x1x", "q3"]).cast("large_string")}
    )
    found = leaks(judge_tables(tmp_path, {"a": TOKEN, "b": TOKEN}, before, after))
    assert {("own-row-survivors", "a"), ("own-row-survivors", "b")} <= found


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (pa.table({"c": ["q"], "d": [1]}).select(["d", "c"]), "the columns stand in another order"),
        (pa.table({"c": ["q"]}), "column d is missing"),
        (pa.table({"c": ["q"], "d": [1], "e": [1]}), "column e is not in the source"),
        (pa.table({"c": ["q"], "d": ["1"]}), "column d is string instead of int64"),
        (
            pa.table({"c": ["q"], "d": [1]}, pa.schema([pa.field("c", pa.string(), False), ("d", pa.int64())])),
            "column c must not be null, unlike in the source",
        ),
    ],
)
def test_another_schema_is_refused_and_told(after: pa.Table, told: str, tmp_path: Path) -> None:
    report = judge_tables(tmp_path, {"c": TOKEN, "d": keep()}, pa.table({"c": ["anna"], "d": [1]}), after)
    (check,) = named(report, "schema-equal")
    assert (check.verdict, check.observed) == (Verdict.FAIL, 1)
    assert told in check.explanation


def test_a_whole_table_is_judged_when_nothing_of_it_can_be_compared(tmp_path: Path) -> None:
    report = judge_tables(tmp_path, {"c": TOKEN}, pa.table({"c": ["a", "b"]}), pa.table({"x": ["q"]}))
    assert leaks(report) == {("schema-equal", None), ("row-counts", None)}
    assert (named(report, "row-counts")[0].observed, named(report, "row-counts")[0].allowed) == (1, 2)


def test_an_approval_is_demanded_only_where_a_copy_is_handed_out(tmp_path: Path) -> None:
    sides = (pa.table({"c": ["anna"]}), pa.table({"c": ["q1"]}))
    made = judge_tables(tmp_path / "run", {"c": TOKEN}, *sides, sharing="external")
    handed_out = judge_tables(
        tmp_path / "verify", {"c": TOKEN}, *sides, sharing="external", needs_approval=True, as_of=date(2026, 11, 1)
    )
    internal = judge_tables(tmp_path / "internal", {"c": TOKEN}, *sides, needs_approval=True)
    assert (leaks(made), leaks(internal)) == (set(), set())
    assert leaks(handed_out) == {("approval", None)}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"k": 2}, set()),
        ({"k": 3}, {"k-anonymity"}),
        ({"k": 2, "l": 2, "sensitive": {"t": ["ill"]}}, {"l-diversity"}),
        ({"k": 2, "t": 0.1, "sensitive": {"t": ["ill"]}}, {"t-closeness"}),
    ],
)
def test_anonymity_is_what_the_plan_asks(plan: dict[str, Any], expected: set[str], tmp_path: Path) -> None:
    table = pa.table({"age": [30, 30, 40, 40], "ill": ["flu", "flu", "flu", "cold"]})
    columns = {"age": {"operator": "generalise", "options": {"to": {"band": 10}}}, "ill": keep()}
    report = judge_tables(tmp_path, columns, table, table, quasi_identifiers={"t": ["age"]}, **plan)
    assert {name for name, _ in leaks(report)} == expected
    assert report.measures["t"].k == 2


def test_no_value_of_the_source_stands_in_a_report(tmp_path: Path) -> None:
    before = pa.table({"c": ["Planted Person", "planted@person.org"], "n": ["Planted Person", "none"]})
    report = judge_tables(tmp_path, {"c": TOKEN, "n": keep()}, before, before)
    assert report.verdict is Verdict.FAIL
    assert "planted" not in repr(report).lower()


def test_a_wide_table_is_searched_for_hidden_values_in_other_columns(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(150)]
    before = pa.table({name: [f"{name} one", f"{name} two"] for name in names} | {"kept": ["", "c77 two"]})
    after = pa.table({name: [f"q{name}1", f"q{name}2"] for name in names} | {"kept": ["", "c77 two"]})
    columns = dict.fromkeys(names, TOKEN) | {"kept": keep()}
    assert leaks(judge_tables(tmp_path, columns, before, after)) == {("own-row-survivors", "kept")}


def test_kept_columns_that_are_searched_together_answer_for_their_own_values(tmp_path: Path) -> None:
    """700 columns of 100 values: more than are searched at once; the first, a middle and the last hold IBANs."""
    iban, plain = "DE89370400440532013000", "W7"
    kept = {f"c{number}": [iban if number in {0, 399, 699} else plain] * 100 for number in range(700)}
    kept["c42"] = [plain] * 96 + [iban] * 4  # 4 % is below the share that refuses
    table = pa.table(kept)
    report = judge_tables(tmp_path, dict.fromkeys(kept, keep()), table, table)
    assert leaks(report) == {("kept-personal-data", name) for name in ("c0", "c399", "c699")}
    checks = named(report, "kept-personal-data")
    assert [(check.observed, check.examples) for check in checks] == [(1.0, ("XX99999999999999999999",))] * 3
