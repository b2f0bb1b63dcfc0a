"""Columns in Arrow's newer layouts, from classification to the gate, through files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.errors import PlanError
from dataops_infra.masking.classify import classify
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.arrow_columns import tight
from tests.support.masked_runs import KEY, mask, rows_of
from tests.support.people import people, people_table

ROWS = 60
CLASSIFICATION = Classification()


def write(path: Path, columns: dict[str, pa.Array]) -> Path:
    batch = pa.RecordBatch.from_pydict(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return path


def texts(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string()).cast(kind)


def copied(tmp_path: Path, source: Path) -> tuple[dict[str, str], pa.Table]:
    """Operators that classification chose, and the copy; both gates must pass it."""
    plan = classify(open_source(source), [], CLASSIFICATION)
    write_plan(plan, tmp_path / "plan.yaml")
    target = tmp_path / f"copy{source.suffix}"
    result = run(RunRequest(tmp_path / "plan.yaml", source, target, KEY))
    assert result.is_published, result.gate.failed
    checked = verify(VerifyRequest(tmp_path / "plan.yaml", source, target, date(2026, 11, 23)))
    assert checked.exit_code == 0, checked.gate.failed
    (table,) = open_source(target).tables.values()
    (planned,) = plan.tables.values()
    return {path: column.operator for path, column in planned.columns.items()}, rows_of(table)


def test_a_table_of_people_in_views_is_classified_and_masked_like_any_other(tmp_path: Path) -> None:
    table = people_table(people("de_DE", ROWS))
    columns = {name: table[name].to_pylist() for name in table.column_names}
    plain = write(tmp_path / "plain.arrow", {name: texts(each, pa.string()) for name, each in columns.items()})
    views = write(tmp_path / "views.arrow", {name: texts(each, pa.string_view()) for name, each in columns.items()})
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    operators, copy = copied(tmp_path / "a", views)
    same, twin = copied(tmp_path / "b", plain)
    assert operators == same
    assert set(copy.schema.types) == {pa.string_view()}
    assert copy.to_pydict() == twin.to_pydict()
    assert copy["email"].to_pylist() != columns["email"]


def odd_columns() -> dict[str, pa.Array]:
    """An identifier, and one column for each layout that hides what it holds from most functions of Arrow."""
    mails = [f"person{n}@planted.org" for n in range(ROWS)]
    return {
        "id": pa.array(range(10_000_000, 10_000_000 + ROWS), pa.int64()),
        "key": tight([b"%016d" % n for n in range(ROWS)], pa.binary()).cast(pa.binary_view()),
        "list": pa.array([[mail, "x"] for mail in mails], pa.list_view(pa.string())),
        "large": pa.array([[mail] for mail in mails], pa.large_list_view(pa.string())),
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([ROWS // 2, ROWS], pa.int32()), pa.array(mails[:2])),
        "mails": pa.array([[mail] for mail in mails], pa.list_(pa.string_view())),
        "nested": pa.array(
            [{"mail": mail, "n": 1} for mail in mails], pa.struct([("mail", pa.string_view()), ("n", pa.int32())])
        ),
    }


def test_what_classification_cannot_look_into_is_dropped_and_the_rest_is_masked(tmp_path: Path) -> None:
    columns = odd_columns()
    operators, copy = copied(tmp_path, write(tmp_path / "t.arrow", columns))
    assert operators == {
        "id": "token",
        "key": "token",
        "list": "drop",
        "large": "drop",
        "runs": "drop",
        "mails[]": "email",
        "nested.mail": "email",
        "nested.n": "keep",
    }
    assert copy.schema == pa.schema([(name, column.type) for name, column in columns.items()])
    assert [copy[name].null_count for name in ("list", "large")] == [ROWS, ROWS]
    assert set(copy["runs"].to_pylist()) == {None}
    assert len(set(copy["key"].to_pylist())) == ROWS
    assert all(mail.endswith("@example.com") for (mail,) in copy["mails"].to_pylist())
    assert [row["mail"] for row in copy["nested"].to_pylist()] == [mail for (mail,) in copy["mails"].to_pylist()]


@pytest.mark.parametrize("name", ["list", "large", "runs"])
def test_keeping_what_nobody_can_look_into_is_a_mistake_of_the_plan(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "t.arrow", {name: odd_columns()[name]})
    with pytest.raises(PlanError) as refused:
        mask(tmp_path, source, {name: "keep"})
    (problem,) = refused.value.problems
    assert problem.message == (
        f"t.{name}: keep takes every type but list views, unions and run-end-encoded values, which nobody can look "
        f"into, and this column is {odd_columns()[name].type}"
    )
    assert problem.hint == "choose drop: no other operator takes such values"
    assert not (tmp_path / "masked.arrow").exists()


def test_unions_can_be_dropped_and_not_kept(tmp_path: Path) -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array(["a@x.org"] * 2), pa.array([1, 2])])
    source = write(tmp_path / "t.arrow", {"u": union})
    with pytest.raises(PlanError):
        mask(tmp_path, source, {"u": "keep"})
    assert mask(tmp_path, source, {"u": "drop"}).is_published


def test_own_values_are_taken_out_of_texts_when_both_are_views(tmp_path: Path) -> None:
    columns = {
        "name": texts([f"Zwicklhuber{n}" for n in range(3)], pa.string_view()),
        "note": texts([f"asks for Zwicklhuber{n} again" if n else "no name" for n in range(3)], pa.string_view()),
    }
    result = mask(tmp_path, write(tmp_path / "t.arrow", columns), {"name": "token", "note": "text"})
    assert result.is_published, result.gate.failed
    (table,) = open_source(tmp_path / "masked.arrow").tables.values()
    copy = rows_of(table).to_pydict()
    assert copy["note"] == ["no name", f"asks for {copy['name'][1]} again", f"asks for {copy['name'][2]} again"]
