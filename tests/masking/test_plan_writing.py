"""Plans as text: reviewed line by line, the same bytes every time, read back as they were."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.plan import ColumnPlan, ForeignKey, Plan, TablePlan, read_plan
from dataops_infra.masking.plan_writing import HEADER, plan_text, write_plan

PLAN = Plan(
    tables={
        "customers": TablePlan(
            columns={
                "id": ColumnPlan(operator="token", domain="customers.id", reason="a key", score=0.9, type="int64"),
                "dob": ColumnPlan(operator="shift_date", classification="birth_date", options={"subject": "id"}),
                "sex": ColumnPlan(operator="keep", classification="gender"),
            }
        ),
        "no": TablePlan(),
    },
    foreign_keys=(
        ForeignKey(table="orders", columns=("c",), references="customers", referenced_columns=("id",), reason="found"),
    ),
    l=2,
)


def test_a_plan_has_one_line_for_each_column() -> None:
    assert plan_text(PLAN).removeprefix(HEADER) == (
        """\
schema: dataops.mask-plan/v1

tables:
  customers:
    columns:
      id: {operator: token, domain: customers.id, reason: "a key", score: 0.9, type: int64}
      dob: {operator: shift_date, options: {subject: id}, classification: birth_date}
      sex: {operator: keep, classification: gender}
  "no":
    columns: {}

foreign_keys:
  - {table: orders, columns: [c], references: customers, referenced_columns: [id], reason: found}

# Columns that together may point at a person. To have 5 rows or more share each combination, give
# them the operator generalise and take the comment signs away, or classify with --k 5:
# k: 5
# quasi_identifiers: {customers: [dob, sex]}

l: 2
"""
    )


def test_the_header_says_how_to_review() -> None:
    assert plan_text(Plan()).splitlines() == [*HEADER.splitlines(), "schema: dataops.mask-plan/v1", "", "tables: {}"]
    assert all(line.startswith("#") for line in HEADER.splitlines())


def test_stated_quasi_identifiers_are_not_proposed_again() -> None:
    stated = PLAN.model_copy(update={"quasi_identifiers": {"customers": ("dob", "sex")}, "k": 3})
    text = plan_text(stated)
    assert "# quasi" not in text
    assert "\nquasi_identifiers: {customers: [dob, sex]}\nk: 3\nl: 2\n" in text


def test_writing_is_whole_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    write_plan(PLAN, path)
    first = path.read_bytes()
    assert read_plan(path) == PLAN
    write_plan(read_plan(path), path)
    assert path.read_bytes() == first
    assert [each.name for each in tmp_path.iterdir()] == ["plan.yaml"]


def test_a_folder_that_is_not_there_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="expected a file that can be written"):
        write_plan(PLAN, tmp_path / "nowhere" / "plan.yaml")


TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["no", "on", "null", "~", "1e3", "0x1", "2026-01-01", "a: b", "- x", "#", "=", "<<", "y"]),
    st.sampled_from(["a\r\nb", "\x85", "\u2028", "x" * 1_100, "{", "[]", "a[].b", "1_0", " a "]),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Cn", "Co"])),
)  # fmt: skip
OPTIONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
COLUMNS = st.builds(
    ColumnPlan,
    operator=TEXTS,
    domain=st.none() | TEXTS,
    options=st.dictionaries(TEXTS, OPTIONS, max_size=2),
    reason=TEXTS,
    score=st.none() | st.floats(0, 1),
    classification=st.none() | TEXTS,
    type=st.none() | TEXTS,
)
TABLES = st.builds(TablePlan, columns=st.dictionaries(TEXTS, COLUMNS, max_size=2))
NAMES = st.lists(TEXTS, min_size=1, max_size=2).map(tuple)
PLANS = st.builds(
    Plan,
    tables=st.dictionaries(
        TEXTS, st.builds(TablePlan, columns=st.dictionaries(TEXTS, COLUMNS, max_size=2)), max_size=2
    ),
    quasi_identifiers=st.dictionaries(TEXTS, NAMES, max_size=2),
    k=st.none() | st.integers(2, 9),
    t=st.none() | st.floats(0.1, 1),
    foreign_keys=st.lists(
        st.builds(ForeignKey, table=TEXTS, columns=NAMES, references=TEXTS, referenced_columns=NAMES, reason=TEXTS),
        max_size=2,
    ).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(PLANS)
def test_every_plan_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    write_plan(plan, path)
    assert read_plan(path) == plan


@pytest.mark.parametrize(
    "number", [1e-05, 1e22, 0.5, -1.5e-300, float("inf"), float("-inf"), 3.0, 10**30, date(1990, 1, 1)]
)
def test_numbers_and_dates_stay_what_they_are(tmp_path: Path, number: float | date) -> None:
    plan = Plan(tables={"t": TablePlan(columns={"a": ColumnPlan(operator="x", options={"n": number})})})
    write_plan(plan, tmp_path / "plan.yaml")
    assert read_plan(tmp_path / "plan.yaml").tables["t"].columns["a"].options == {"n": number}
