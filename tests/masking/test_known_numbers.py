"""Whole numbers of integer columns are found in texts, and become what their column holds."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.binding import make_operator
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import collect_known
from dataops_infra.masking.known_numbers import written_in_texts
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.text_sieve import TextNotes

KEY = MasterKey(bytes(range(32)))
IDS = [698571, 12345, 41782936, 9007199254740993]


def plan_of(operator: str) -> Plan:
    options = {"shape": "digits"} if operator == "fpe" else {}
    number = ColumnPlan(operator=operator, domain="customer", options=options)
    return Plan(
        tables={
            "customers": TablePlan(columns={"id": number}),
            "tickets": TablePlan(columns={"body": ColumnPlan(operator="text")}),
        }
    )


def cleaned(folder: Path, operator: str, ids: pa.Array, texts: list[str]) -> list[str]:
    pq.write_table(pa.table({"id": ids}), folder / "customers.parquet")
    pq.write_table(pa.table({"body": pa.array(texts)}), folder / "tickets.parquet")
    plan = plan_of(operator)
    learned = Learned(known=collect_known(plan, open_source(folder), KEY))
    applied = make_operator(plan, "tickets", "body", pa.string(), KEY, learned).apply(pa.array(texts), None)  # type: ignore[arg-type]
    found: list[str] = applied.to_pylist()
    return found


def replacement(operator: str, number: int, kind: pa.DataType) -> str:
    applied = make_operator(plan_of(operator), "customers", "id", kind, KEY, Learned())
    return str(applied.apply(pa.array([number], kind), None)[0].as_py())  # type: ignore[arg-type]


@pytest.mark.parametrize("operator", ["token", "fpe"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_number_becomes_what_its_column_holds(tmp_path: Path, operator: str, kind: pa.DataType) -> None:
    new = {number: replacement(operator, number, kind) for number in IDS}
    texts = ["Customer 698571 rang", "698 571, 41.782.936", "order KD41782936!", "9007199254740993", "no 12345, 698572"]
    assert cleaned(tmp_path, operator, pa.array(IDS, kind), texts) == [
        f"Customer {new[698571]} rang",
        f"{new[698571]}, {new[41782936]}",
        f"order KD{new[41782936]}!",
        new[9007199254740993],
        "no 12345, 698572",
    ]


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([-698571, None], pa.int64()),
        pa.array([], pa.int64()),
        pa.array([None], pa.int64()),
        pa.array([98571], pa.int32()),
    ],
)
def test_nothing_is_taken_for_a_number_that_is_not_there(tmp_path: Path, ids: pa.Array) -> None:
    assert cleaned(tmp_path, "token", ids, ["698571 and 98571"]) == ["698571 and 98571"]


def test_numbers_of_dictionaries_and_narrow_columns_count_too(tmp_path: Path) -> None:
    new = replacement("token", 698571, pa.int32())
    assert cleaned(tmp_path, "token", pa.array([698571], pa.int32()), ["id 698571"]) == [f"id {new}"]
    coded = pa.array([698571, 698571], pa.int32()).dictionary_encode()
    assert cleaned(tmp_path, "token", coded, ["id 698571"]) == [f"id {new}"]


def test_what_texts_cannot_hold_is_not_written() -> None:
    notes = TextNotes(100)
    notes.add(FlatTexts.of(pa.array(["call 698571", "no 5000001x"], pa.large_string())))
    asked = np.arange(5_000_000)
    written = written_in_texts(pa.array(np.append(asked, [5_000_009, 5_000_010])), notes.sieve())
    assert written.to_pylist() == ["500000", "698571", "5000009"]


@given(numbers=st.lists(st.integers(100_000, 2**63 - 1), min_size=1, max_size=20))
def test_every_number_of_the_texts_is_written(numbers: list[int]) -> None:
    notes = TextNotes(len(numbers))
    notes.add(FlatTexts.of(pa.array([f"({number})" for number in numbers], pa.large_string())))
    assert written_in_texts(pa.array(numbers), notes.sieve()).to_pylist() == [str(number) for number in numbers]
