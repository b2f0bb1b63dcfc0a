"""Some tables of a copy, judged without the rest: what can be compared is, and the people of all tables are known."""

from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source, open_source
from tests.support.judged import leaks, write

PLAN = Plan.model_validate(
    {
        "schema": "dataops.mask-plan/v1",
        "tables": {
            "people": {
                "columns": {
                    "id": {"operator": "fpe", "domain": "people"},
                    "name": {"operator": "pool", "options": {"pool": "full_name"}},
                }
            },
            "tickets": {"columns": {"of": {"operator": "fpe", "domain": "people"}, "body": {"operator": "text"}}},
        },
        "foreign_keys": [{"table": "tickets", "columns": ["of"], "references": "people", "referenced_columns": ["id"]}],
    }
)
PEOPLE = pa.table({"id": [123456, 654321], "name": ["Anneke Vandersteen", "Berend Kuipersma"]})
MASKED = pa.table({"id": [918273, 372819], "name": ["Jo Smith", "Al Jones"]})


def tickets(body: str, numbers: list[int]) -> pa.Table:
    return pa.table({"of": numbers, "body": [body, "nothing"]})


@pytest.mark.parametrize(
    ("body", "found"), [("I am Jo Smith.", set()), ("I am Anneke Vandersteen.", {("known-names", "body")})]
)
def test_joins_out_of_them_are_not_compared_and_people_of_other_tables_are_known(
    body: str, found: set[tuple[str, str]], tmp_path: Path
) -> None:
    before = tickets("I am Anneke Vandersteen.", [123456, 654321])
    whole = open_source(write(tmp_path / "source", {"people": PEOPLE, "tickets": before}))
    part = Source(whole.path, {"tickets": whole.tables["tickets"]})
    copy = open_source(write(tmp_path / "copy", {"tickets": tickets(body, [918273, 372819])}), like=whole)

    report = judge(PLAN, part, copy, people=whole)

    assert leaks(report) == found
    assert "joins-kept" not in {check.name for check in report.checks}


def test_joins_between_them_are_compared(tmp_path: Path) -> None:
    numbers = [123456, 654321]
    source = open_source(write(tmp_path / "source", {"people": PEOPLE, "tickets": tickets("nothing", numbers)}))
    copy = open_source(write(tmp_path / "copy", {"people": MASKED, "tickets": tickets("nothing", [918273, 555555])}))

    assert ("joins-kept", "of") in leaks(judge(PLAN, source, copy))
