"""Equal values under two domains cannot be linked by their replacements."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.gate import replacements
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.plan import Plan
from tests.support.judged import failures, judge_tables

ROWS = 600
ADDRESSES = pa.array([f"somebody{n}@mail.example.net" for n in range(ROWS)])
NAMES = pa.array([f"Anneke Van{n}steen" for n in range(ROWS)])
CODES = pa.array([f"{n * 7 % 1000:03d}" for n in range(ROWS)])
"""Of so few that chance gives some of them one replacement under two keys."""
KEY = MasterKey(bytes(range(32)))
COLUMNS: tuple[tuple[pa.Array, dict[str, Any]], ...] = (
    (ADDRESSES, {"operator": "email"}),
    (ADDRESSES, {"operator": "token"}),
    (NAMES, {"operator": "pool", "options": {"pool": "first_name"}}),
    (NAMES, {"operator": "pool", "options": {"pool": "full_name"}}),
    (CODES, {"operator": "pool", "options": {"pool": "city"}}),
)


@pytest.fixture(autouse=True, params=[1 << 17, 64], ids=["all", "some"])
def _most_met(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many values are held against one another."""
    monkeypatch.setattr(replacements, "_MOST_MET", request.param)


def masked(values: pa.Array, column: dict[str, Any], domains: tuple[str, str]) -> tuple[dict[str, Any], pa.Table]:
    """The columns of a plan for two domains of the same values, and their copy."""
    columns = {name: {**column, "domain": domain} for name, domain in zip("ab", domains, strict=True)}
    plan = Plan.model_validate({"tables": {"t": {"columns": columns}}})
    rows = BatchRows(pa.record_batch({"a": values, "b": values}))
    made = {name: make_operator(plan, "t", name, pa.string(), KEY, Learned()).apply(values, rows) for name in "ab"}
    return columns, pa.table(made)


@pytest.mark.parametrize(("values", "column"), COLUMNS)
@pytest.mark.parametrize("limit", [1 << 15, 100])
def test_copies_that_were_made_under_one_domain_are_refused(
    values: pa.Array, column: dict[str, Any], limit: int, tmp_path: Path
) -> None:
    before = pa.table({"a": values, "b": values})
    columns, _ = masked(values, column, ("one", "two"))
    _, linked = masked(values, column, ("one", "one"))
    assert failures(judge_tables(tmp_path, columns, before, linked, limit=limit)) == {("domains-apart", "b")}


@pytest.mark.parametrize(("values", "column"), COLUMNS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [1 << 15, 100])
def test_copies_of_two_domains_pass(
    values: pa.Array, column: dict[str, Any], seed: int, limit: int, tmp_path: Path
) -> None:
    columns, after = masked(values, column, (f"one{seed}", f"two{seed}"))
    assert failures(judge_tables(tmp_path, columns, pa.table({"a": values, "b": values}), after, limit=limit)) == set()


def test_columns_of_one_domain_may_be_linked(tmp_path: Path) -> None:
    columns, after = masked(ADDRESSES, {"operator": "email"}, ("one", "one"))
    columns["b"]["options"] = {"host": "example.com"}
    assert failures(judge_tables(tmp_path, columns, pa.table({"a": ADDRESSES, "b": ADDRESSES}), after)) == set()
