"""The plans of the examples and tests are such as the masking engine takes, operators and options too."""

from pathlib import Path

import pytest

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import read_plan

ROOT = Path(__file__).parents[2]
PLANS = [*sorted(ROOT.glob("examples/*/*plan.yaml")), *sorted(Path(__file__).parent.glob("*.plan.yaml"))]


@pytest.mark.parametrize("path", PLANS, ids=[path.relative_to(ROOT).as_posix() for path in PLANS])
def test_plan_names_operators_and_options_that_exist(path: Path) -> None:
    plan = read_plan(path)
    assert plan.tables
    for table in plan.tables.values():
        for column in table.columns.values():
            OPERATORS[column.operator].options.model_validate(column.options)
