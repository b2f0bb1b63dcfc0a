"""Checks of DuckDB and SQLite are held against the first masked rows, before the others are masked."""

from pathlib import Path

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.engines.base import OnRows, Work
from dataops_infra.masking.moving import ends_of_run
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.statements import condition_of
from dataops_infra.masking.run import RunRequest, run
from tests.masking.places.test_embedded import ENGINES, make, rows
from tests.support.masked_runs import KEY
from tests.support.places import copy_between, plan_for


class Unwanted:
    """An engine that must not be asked to mask."""

    def mask(self, work: Work, folder: Path, on_rows: OnRows) -> dict[str, int]:
        raise AssertionError("all rows were masked")


def refused(source: str, target: str, plan: Path) -> str:
    """What is said before all rows are masked; nothing is left behind."""
    with ends_of_run(open_place(source), open_place(target), plan.parent) as ends:
        asked = RunRequest(plan, ends.source, ends.target, KEY, names=ends.names, is_loaded=True, try_out=ends.try_out)
        with pytest.raises(MaskingError) as raised:
            run(asked, engine=Unwanted())
    assert not [path for path in plan.parent.iterdir() if path.name.startswith(".")]
    return str(raised.value)


PEOPLE = """
CREATE TABLE shops (id INTEGER PRIMARY KEY);
CREATE TABLE people (
  id INTEGER PRIMARY KEY, shop INTEGER REFERENCES shops (id), code VARCHAR, age INTEGER, note VARCHAR {check}
);
INSERT INTO shops VALUES (1);
INSERT INTO people VALUES (1, 1, 'a-b', 30, 'Anna called'), (2, 1, 'c-d', 40, NULL)
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("check", "columns"),
    [
        ("CHECK (code LIKE '%-%')", "code"),
        (", CONSTRAINT shaped CHECK (code LIKE '%-%' AND age > 0)", "code, age"),
        (", CHECK (age < 100 OR code <> upper(code))", None),
        (", CHECK (length(note) > 3)", None),
        ("", None),
    ],
)
def test_a_check_that_masked_rows_break_is_told_first(
    engine: str, check: str, columns: str | None, tmp_path: Path
) -> None:
    source = make(engine, tmp_path / "t.db", PEOPLE.format(check=check).strip())
    operators = {"id": "keep", "shop": "keep", "code": "token", "age": "keep", "note": "text"}
    plan, target = plan_for(source, tmp_path / "plan.yaml", operators), f"{engine}:///{tmp_path}/copy.db"

    if columns is None:
        assert copy_between(source, target, plan).is_published
        assert rows(engine, tmp_path / "copy.db", "SELECT count(*) FROM people") == [(2,)]
        return
    said = refused(source, target, plan)
    assert said.startswith(f"{open_place(target).shown}: masked values break the check ")
    assert said.endswith(
        f" of people ({columns}); choose an operator that keeps their shape (fpe), redact with a value that it takes, "
        "or keep; the target is as it was"
    )
    assert "Anna" not in said
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize(
    ("statement", "name", "condition"),
    [
        ("CREATE TABLE t (a INT, CONSTRAINT low CHECK (a < 5), CONSTRAINT high CHECK ((a) > 1))", "high", "(a) > 1"),
        ('CREATE TABLE t (a INT CONSTRAINT "a ""b""" CHECK (a < 5))', 'a "b"', "a < 5"),
        ("CREATE TABLE t (a INT CONSTRAINT low UNIQUE CHECK (a < 5))", "low", "low"),
        ("CREATE TABLE t (a INT, CONSTRAINT low CHECK ())", "low", "low"),
        ("CREATE TABLE t (a INT, b TEXT CHECK (b <> 'CONSTRAINT low CHECK (a)'))", "low", "low"),
        ("CREATE TABLE t (a INT CHECK (a < 5))", "a < 5", "a < 5"),
    ],
)
def test_a_named_check_is_found_in_its_statement(statement: str, name: str, condition: str) -> None:
    assert condition_of(statement, name) == condition


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_behind_the_first_are_told_when_they_are_loaded(engine: str, tmp_path: Path) -> None:
    source = make(
        engine,
        tmp_path / "t.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, code VARCHAR CHECK (code IS NULL OR code LIKE '%-%'))",
        ("INSERT INTO t VALUES (?, ?)", [(number, "a-b" if number == 1500 else None) for number in range(1501)]),
    )
    plan = plan_for(source, tmp_path / "plan.yaml", {"id": "keep", "code": "token"})

    with pytest.raises(MaskingError, match=r"masked values break the check .* of t \(code\)"):
        copy_between(source, f"{engine}:///{tmp_path}/copy.db", plan)


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_without_checks_and_of_others_are_not_tried(engine: str, tmp_path: Path) -> None:
    other = "duckdb" if engine == "sqlite" else "sqlite"
    bare = make(engine, tmp_path / "bare.db", "CREATE TABLE t (a VARCHAR)")
    checked = make(other, tmp_path / "checked.db", "CREATE TABLE t (a VARCHAR CHECK (a <> ''))")
    for source in (bare, checked):
        with ends_of_run(open_place(source), open_place(f"{engine}:///{tmp_path}/copy.db"), tmp_path) as ends:
            assert ends.try_out is None


def test_a_check_that_cannot_be_computed_of_masked_values_is_told_first(tmp_path: Path) -> None:
    source = make(
        "duckdb",
        tmp_path / "t.db",
        "CREATE TABLE t (id INTEGER, code VARCHAR CHECK (CAST(code AS INTEGER) > 0));\nINSERT INTO t VALUES (1, '77')",
    )
    plan = plan_for(source, tmp_path / "plan.yaml", {"id": "keep", "code": "token"})
    assert "t does not take the masked values" in refused(source, f"duckdb:///{tmp_path}/copy.db", plan)
