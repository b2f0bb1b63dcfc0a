"""A plan straight from ``classify`` is safe to run: the gate passes what it makes, whatever the columns hold."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.errors import PlanError
from dataops_infra.masking.classify import classify
from dataops_infra.masking.gate.model import Check, Verdict
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.column_corpus import LabelledTable, tuning_half

KEY = MasterKey(bytes(range(32)))
ROWS = 40
EMAILS = pa.array([f"person{number}@mail.example.net" for number in range(ROWS)])
ODD = {
    "list_view": pa.array([[text] for text in EMAILS.to_pylist()], pa.list_view(pa.string())),
    "run_ends": pa.RunEndEncodedArray.from_arrays(pa.array([20, ROWS], pa.int32()), EMAILS.slice(0, 2)),
    "sparse_union": pa.UnionArray.from_sparse(pa.array([0, 1] * 20, pa.int8()), [EMAILS, pa.array(range(ROWS))]),
    "dense_union": pa.UnionArray.from_dense(
        pa.array([0, 1] * 20, pa.int8()), pa.array(range(ROWS), pa.int32()), [EMAILS, pa.array(range(ROWS))]
    ),
    "nothing": pa.nulls(ROWS),
}


def wrong_checks(source: Path) -> list[Check]:
    """What the gate refuses of the copy that the plan of ``classify`` makes, in the run and when it is verified."""
    folder = source.parent
    write_plan(classify(open_source(source), [], Classification()), folder / "plan.yaml")
    result = run(RunRequest(folder / "plan.yaml", source, folder / "copy", KEY))
    checks = list(result.gate.checks)
    if result.is_published:
        checks += verify(VerifyRequest(folder / "plan.yaml", source, folder / "copy", date(2026, 1, 1))).gate.checks
    return [check for check in checks if check.verdict is Verdict.FAIL]


def write(folder: Path, tables: Iterable[tuple[str, pa.Table]]) -> Path:
    source = folder / "source"
    source.mkdir()
    for name, table in tables:
        with ipc.new_file(source / f"{name}.arrow", table.schema) as writer:
            writer.write_table(table)
    return source


def in_cryptic_columns(table: LabelledTable) -> LabelledTable:
    return table.cryptic()


def as_they_are(table: LabelledTable) -> LabelledTable:
    return table


@pytest.mark.parametrize("named", [as_they_are, in_cryptic_columns])
def test_the_tables_of_many_countries_are_masked(tmp_path: Path, named: object) -> None:
    tables = [(f"{each.name}_{each.locale}", named(each).data) for each in tuning_half(rows=24)]  # type: ignore[operator]
    assert wrong_checks(write(tmp_path, tables)) == []


def test_values_that_nothing_can_look_into_are_dropped(tmp_path: Path) -> None:
    table = pa.table({"row_number": pa.array(range(5_000, 5_000 + ROWS)), **ODD})
    assert wrong_checks(write(tmp_path, [("t", table)])) == []
    plan = read_plan(tmp_path / "plan.yaml")
    assert {plan.tables["t"].columns[name].operator for name in ODD} == {"drop"}
    copy = ipc.open_file(tmp_path / "copy" / "t.arrow").read_all()
    assert copy.schema == table.schema
    for name in ODD:
        assert not any(isinstance(value, str | list) for value in copy[name].to_pylist())


@pytest.mark.parametrize("born", [[str(1940 + n) for n in range(60)], [f"{n % 28 + 1} Jan 1980" for n in range(60)]])
def test_births_that_nothing_can_move_are_masked(born: list[str], tmp_path: Path) -> None:
    people = pa.table({"yob": born, "email": [f"p{n}@a.de" for n in range(60)]})
    assert wrong_checks(write(tmp_path, [("people", people)])) == []
    column = read_plan(tmp_path / "plan.yaml").tables["people"].columns["yob"]
    assert (column.operator, column.classification) == ("token", "birth_date")
    assert column.reason.endswith("; shift_date can read none of the values")


def test_an_empty_table_of_unions_has_a_plan(tmp_path: Path) -> None:
    table = pa.table({"value": ODD["sparse_union"]}).slice(0, 0)
    assert wrong_checks(write(tmp_path, [("t", pa.Table.from_batches([], table.schema))])) == []


@pytest.mark.parametrize("name", [name for name in ODD if name != "nothing"])
def test_what_can_only_be_dropped_is_said(tmp_path: Path, name: str) -> None:
    source = write(tmp_path, [("t", pa.table({"c": ODD[name]}))])
    (tmp_path / "plan.yaml").write_text("tables: {t: {columns: {c: {operator: token}}}}\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"choose drop: no other operator takes such values"):
        run(RunRequest(tmp_path / "plan.yaml", source, tmp_path / "copy", KEY))
