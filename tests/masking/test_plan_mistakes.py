"""What a plan's author is told: all mistakes of one file at once, in words of people, with the way out."""

from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.binding import open_with_plan
from tests.masking.test_binding import ORDERS, RIGHT, SCHEMAS, mistakes


@pytest.mark.parametrize(
    ("operator", "options", "expected"),
    [
        ("token", "length: abc", "options.length of token: expected a whole number"),
        ("shift_date", "days: 1.5", "options.days of shift_date: expected a whole number"),
        ("shift_date", "keep_time: perhaps", "options.keep_time of shift_date: expected true or false"),
        ("text", "leave: url", "options.leave of text: expected a list"),
        ("text", "model: m", "options of text: model counts with ner: true only; write that too, or take model out"),
        ("text", "domains: [a]", "options.domains of text: expected a mapping of keys"),
        ("fpe", "shape: pattern, pattern: 99999", "options.pattern of fpe: expected text; put it in quotes"),
        ("generalise", "to: {prefix: 0}", "options.to.prefix of generalise: expected greater than or equal to 1"),
        ("generalise", "to: {band: 1, prefix: 3}", "options.to of generalise: expected one of band, prefix and round"),
        ("pool", "pool: city, script: klingon", "options.script of pool: expected 'auto'"),
        ("pool", "script: latin", "options.pool of pool: is missing"),
    ],
)
def test_wrong_options_are_told_in_words_of_people(tmp_path: Path, operator: str, options: str, expected: str) -> None:
    text = RIGHT.replace("{operator: email}", f"{{operator: {operator}, options: {{{options}}}}}")
    assert f"5: customers.email: {expected}" in mistakes(tmp_path, text)


def test_a_table_that_the_source_lacks_names_the_way_to_mask_the_others(tmp_path: Path) -> None:
    found = mistakes(tmp_path, RIGHT, {"orders": ORDERS})
    assert found == [
        "2: table customers is in the plan but not in the source (to mask the others alone, copy the plan without this "
        "table and the foreign keys that name it; else classify again and review the change)"
    ]
    assert mistakes(tmp_path, RIGHT, {"zebras": ORDERS})[1:] == [
        f"{line}: table {name} is in the plan but not in the source (classify again and review the change)"
        for line, name in ((2, "customers"), (9, "orders"))
    ]


MIXED = """\
tables:
  t:
    columns:
      a: {operator: tokn}
      b: {operator: pool, optoins: {pool: city}}
      c: {opertor: keep}
      d: {operator: token, options: {length: 3}, score: 7}
  u:
    columns: {a: {operator: keep}}
foreign_keys:
  - {table: t, columns: [c], references: u, referenced_columns: [a]}
k: five
"""


def test_mistakes_of_form_and_against_the_data_are_told_at_once_and_none_that_follows(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(MIXED)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.csv").write_text("a,b,c,d,e\n1,2,3,4,5\n")
    (tmp_path / "data" / "v.csv").write_text("a\n1\n")
    with pytest.raises(PlanError) as raised:
        open_with_plan(path, tmp_path / "data")
    assert [f"{problem.line}: {problem.message}" for problem in raised.value.problems] == [
        "1: table v is in the source but not in the plan",
        "4: t.a: there is no operator tokn",
        "5: unknown key `tables.t.columns.b.optoins`",
        "6: `tables.t.columns.c.operator` is missing",
        "6: unknown key `tables.t.columns.c.opertor`",
        "7: `tables.t.columns.d.score`: expected less than or equal to 1, got 7",
        "8: table u is in the plan but not in the source",
        "12: `k`: expected a whole number, got 'five'",
    ]


def test_mistakes_of_form_are_told_where_the_source_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(MIXED)
    with pytest.raises(PlanError, match="unknown key"):
        open_with_plan(path, tmp_path / "nowhere")
    path.write_text(RIGHT)
    with pytest.raises(MaskingError, match="nowhere does not exist"):
        open_with_plan(path, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new"), [("table: orders", "table: zebras"), ("references: customers", "references: zebras")]
)
def test_a_foreign_key_of_a_table_that_was_taken_out_is_to_be_taken_out_too(tmp_path: Path, old: str, new: str) -> None:
    assert mistakes(tmp_path, RIGHT.replace(old, new)) == [
        "14: the plan has no table zebras (take the foreign key out if that table is not to be masked)"
    ]


def test_of_hundreds_of_columns_the_first_are_told(tmp_path: Path) -> None:
    schema = pa.schema([*ORDERS, *(pa.field(f"c{number:03}", pa.int64()) for number in range(300))])
    (came,) = mistakes(tmp_path, RIGHT, {**SCHEMAS, "orders": schema})
    assert "c000, c001" in came
    assert "c019 and 280 more (classify again" in came
    columns = "\n".join(f"      c{number:03}: {{operator: keep}}" for number in range(300))
    wide = RIGHT.replace("    columns:\n", f"    columns:\n{columns}\n", 1)
    went = [said for said in mistakes(tmp_path, wide) if "lost" in said]
    assert went[0].endswith("c019 and 280 more (classify again and review the change)")
