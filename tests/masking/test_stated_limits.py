"""What a database takes, held against a plan before anything is masked."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import PlanError
from dataops_infra.masking.catalogue import Catalogue, StatedColumn, StatedKey, StatedTable, write_catalogue
from dataops_infra.masking.plan import ColumnPlan, read_plan
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.stated_limits import check_stated, misfit, stated_of
from tests.support.masked_runs import write_plan

INET = StatedColumn(type="inet", is_closed=True, stand_in="0.0.0.0")
MOOD = StatedColumn(type="mood", is_closed=True, stand_in="calm", values=("calm", "upset"))


def short(length: int) -> StatedColumn:
    return StatedColumn(type=f"varchar({length})", length=length)


@pytest.mark.parametrize(
    ("operator", "options", "stated", "why"),
    [
        ("keep", {}, INET, None),
        ("drop", {}, INET, None),
        ("token", {}, INET, "inet takes no values that token makes"),
        ("redact", {}, INET, "inet takes no values that redact makes"),
        ("redact", {"with": "0.0.0.0"}, INET, None),
        ("redact", {"with": "upset"}, MOOD, None),
        ("token", {}, short(16), None),
        ("token", {}, short(15), "token makes up to 16 characters, and varchar(15) takes 15"),
        ("token", {"length": 10}, short(10), None),
        ("email", {}, short(28), None),
        ("email", {}, short(27), "email makes up to 28 characters, and varchar(27) takes 27"),
        ("redact", {}, short(9), "redact makes up to 10 characters, and varchar(9) takes 9"),
        ("fpe", {}, short(2), None),
        ("pool", {"pool": "last_name"}, short(200), None),
        ("pool", {"pool": "street"}, short(5), "varchar(5) takes 5"),
        ("pool", {"pool": "username"}, short(5), "varchar(5) takes 5"),
        ("token", {}, StatedColumn(type="text"), None),
    ],
)
def test_replacements_are_values_of_their_column(
    operator: str, options: dict[str, Any], stated: StatedColumn, why: str | None
) -> None:
    found = misfit(ColumnPlan(operator=operator, options=options), stated)
    assert found == why if why is None or " makes" in why else why in str(found)


def source(folder: Path, catalogue: Catalogue) -> Path:
    folder.mkdir()
    texts = pa.table({"id": ["a"], "mail": ["b"], "up": ["a"], "born": pa.array([1], pa.date32())})
    pq.write_table(texts, folder / "people.parquet")
    pq.write_table(pa.table({"id": ["c"], "who": ["a"], "mail": ["b"]}), folder / "visits.parquet")
    write_catalogue(catalogue, folder)
    return folder


CATALOGUE = Catalogue(
    tables={
        "people": StatedTable(
            primary_key=("id",), unique=(("mail",), ("mail", "born")), columns={"mail": short(12), "gone": INET}
        ),
        "others": StatedTable(primary_key=("x",), columns={"x": INET}),
    },
    foreign_keys=(
        StatedKey(table="visits", columns=("who",), references="people", referenced_columns=("id",)),
        StatedKey(table="visits", columns=("who",), references="others", referenced_columns=("x",)),
        StatedKey(table="people", columns=("up",), references="people", referenced_columns=("id",)),
    ),
)
JOINED = {"people.id": "keep", "people.up": "keep", "visits.who": "keep"}
KEY = {"table": "visits", "columns": ["who"], "references": "people", "referenced_columns": ["id"]}


@pytest.mark.parametrize(
    ("operators", "more", "told"),
    [
        (JOINED | {"people.mail": "keep"}, {}, []),
        (JOINED | {"people.mail": "drop", "people.born": "shift_date"}, {}, []),
        (
            JOINED | {"people.mail": "redact"},
            {},
            [
                "people.mail: redact may give two rows one value, and no two rows share their mail in the database",
                "people.mail: redact may give two rows one value, and no two rows share their mail, born in the",
            ],
        ),
        (
            JOINED | {"people.mail": "token"},
            {},
            ["people.mail: token makes up to 16 characters, and varchar(12) takes"],
        ),
        (
            JOINED | {"people.mail": "keep", "people.id": "token"},
            {},
            ["visits (who) refers to people (id) in the database, and the plan", "people (up) refers to people (id)"],
        ),
        ({"people.mail": "keep", "visits.who": "drop", "people.up": "drop"}, {}, []),
    ],
)
def test_a_plan_is_held_against_what_is_stated(
    tmp_path: Path, operators: dict[str, str], more: dict[str, Any], told: list[str]
) -> None:
    opened = open_source(source(tmp_path / "data", CATALOGUE))
    path = write_plan(tmp_path / "plan.yaml", opened, operators, **more)
    if not told:
        check_stated(read_plan(path), opened, path)
        return
    with pytest.raises(PlanError) as raised:
        check_stated(read_plan(path), opened, path)
    problems = [problem.message for problem in raised.value.problems]
    assert len(problems) == len(told)
    assert all(any(begins in problem for problem in problems) for begins in told)


def test_joins_that_share_a_domain_need_not_be_listed(tmp_path: Path) -> None:
    opened = open_source(source(tmp_path / "data", CATALOGUE))
    path = write_plan(tmp_path / "plan.yaml", opened, {"people.mail": "keep"})
    text = path.read_text()
    for column in ("id", "up", "who"):
        text = text.replace(
            f"      {column}:\n        operator: token", f"      {column}:\n        domain: p\n        operator: token"
        )
    path.write_text(text)
    check_stated(read_plan(path), opened, path)


def test_a_file_has_no_catalogue(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    assert stated_of(open_source(tmp_path / "t.parquet")) == Catalogue()
