"""k, l and t: the definitions by hand, pycanon's answers on random tables, and what a stream must not change."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.anonymity.combinations import ROWS, CombinationCounter
from dataops_infra.masking.anonymity.curve import CurvePoint, k_curve
from dataops_infra.masking.anonymity.groups import Groups
from dataops_infra.masking.anonymity.measures import Measures, SensitiveMeasures, measure
from tests.masking.anonymity.random_tables import CASES, random_case

RECORDED = json.loads((Path(__file__).parent / "recorded" / "pycanon.json").read_text())["answers"]


@pytest.mark.parametrize("seed", range(CASES))
def test_measure_gives_pycanons_figures(seed: int) -> None:
    case, expected = random_case(seed), RECORDED[seed]
    found = measure(case.table.to_batches(max_chunksize=17), case.quasi_identifiers, case.sensitive)
    assert (found.k, found.l) == (expected["k"], expected["l"])
    assert found.entropy_l is not None
    # pycanon cuts to whole numbers, and what is mathematically one may lie just below it.
    assert expected["entropy_l"] in {math.floor(found.entropy_l), math.floor(found.entropy_l - 1e-9)}
    if expected["t"] is not None:
        assert found.t == pytest.approx(expected["t"], abs=1e-12)


def salaries() -> pa.Table:
    """Li et al. 2007, table 3: nine salaries in three groups, and their diseases."""
    return pa.table(
        {
            "zip": ["476**"] * 3 + ["4790*"] * 3 + ["4760*"] * 3,
            "salary": [3, 4, 5, 6, 11, 8, 7, 9, 10],
            "disease": [
                "ulcer",
                "gastritis",
                "cancer",
                "gastritis",
                "flu",
                "bronchitis",
                "bronchitis",
                "pneumonia",
                "cancer",
            ],
        }
    )


def test_measure_gives_the_distances_of_the_paper() -> None:
    table = salaries()
    found = measure(table.to_batches(), ["zip"], ["salary", "disease"])
    # Example 3 of the paper: D[{3k,4k,5k}] = 0.375 and D[{6k,8k,11k}] = 0.167.
    assert found.sensitive["salary"].t == pytest.approx(0.375)
    assert measure(table.slice(3).to_batches(), ["zip"], ["salary"]).rows == 6
    disease = found.sensitive["disease"]
    assert disease.l == 3
    assert (disease.entropy_l, disease.t) == pytest.approx((3.0, 4 / 9))
    assert (found.k, found.l, found.groups, found.rows) == (3, 3, 3, 9)
    assert found.t == pytest.approx(4 / 9)


def test_distance_of_each_group_is_that_of_the_paper() -> None:
    groups = Groups.of(np.repeat([0, 1], 3), np.array([0, 1, 2, 3, 5, 8]), np.ones(6, np.int64))
    assert groups.ordered_distance(np.ones(9, np.int64)).round(3).tolist() == [0.375, 0.167]


def test_measure_counts_nulls_and_nan_as_values_of_their_own() -> None:
    table = pa.table(
        {
            "age": pa.array([None, None, float("nan"), float("nan"), 0.0, -0.0]),
            "ill": pa.array([None, "yes", None, "yes", "yes", None]),
        }
    )
    found = measure(table.to_batches(), ["age"], ["ill"])
    assert (found.k, found.l, found.groups) == (2, 2, 3)


def test_measure_puts_nulls_before_the_smallest_number() -> None:
    table = pa.table({"q": ["a", "a", "b", "b"], "s": pa.array([None, 1, 2, 2])})
    # Ranks 0, 1 | 2, 2 of three values: the second group lies (1/4 + 1/2) / 2 from the table.
    assert measure(table.to_batches(), ["q"], ["s"]).t == pytest.approx(0.375)


def test_measure_of_one_sensitive_value_is_no_distance() -> None:
    table = pa.table({"q": ["a", "b"], "s": [7, 7]})
    assert measure(table.to_batches(), ["q"], ["s"]) == Measures(
        1, 1, 1.0, 0.0, 2, 2, {"s": SensitiveMeasures(1, 1.0, 0.0)}, k_curve({1: 2})
    )


def test_measure_without_sensitive_columns_tells_k_alone() -> None:
    found = measure(pa.table({"q": ["a", "b", "a"]}).to_batches(), ["q"])
    assert (found.k, found.l, found.entropy_l, found.t, found.groups, found.rows) == (1, None, None, None, 2, 3)


@pytest.mark.parametrize(
    "batches", [[], [pa.record_batch({"q": pa.array([], pa.string()), "s": pa.array([], pa.int8())})]]
)
def test_measure_of_no_rows_is_zero(batches: list[pa.RecordBatch]) -> None:
    found = measure(batches, ["q"], ["s"])
    assert (found.k, found.l, found.entropy_l, found.t, found.groups, found.rows) == (0, 0, 0, 0, 0, 0)
    assert found.shortfalls(5, 5, 0.1) == []
    assert measure(batches, ["q"]).l is None


def test_shortfalls_name_every_measure_that_is_missed() -> None:
    found = Measures(k=4, l=2, entropy_l=1.5, t=0.41, groups=3, rows=20)
    assert found.shortfalls(5, 3, 0.4) == ["k is 4, below 5", "l is 2, below 3", "t is 0.410, above 0.4"]
    assert found.shortfalls(4, 2, 0.41) == []
    assert found.shortfalls(None, None, None) == []
    assert Measures(4, None, None, None, 3, 20).shortfalls(4, 3, 0.4) == []


COLUMNS = {
    "string": pa.array(["a", "b", None, "a"]),
    "large": pa.array(["a", "b", None, "a"], pa.large_string()),
    "view": pa.array(["a", "b", None, "a"], pa.string_view()),
    "dictionary": pa.array(["a", "b", None, "a"]).dictionary_encode(),
    "decimal": pa.array([1, 2, None, 1], pa.decimal128(38, 2)),
    "small decimal": pa.array([1, 2, None, 1], pa.decimal32(5, 2)),
    "half": pa.array([1.0, 2.0, None, 1.0], pa.float16()),
    "zone": pa.array([1, 2, None, 1], pa.timestamp("s", "Europe/Berlin")),
    "bool": pa.array([True, False, None, True]),
    "binary": pa.array([b"a", b"\xff", None, b"a"]),
    "date": pa.array([1, 2, None, 1], pa.date64()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_measure_takes_every_single_value(name: str) -> None:
    batch = pa.record_batch({"q": COLUMNS[name], "s": COLUMNS[name]})
    found = measure([batch, batch.slice(1, 3)], ["q"], ())
    assert (found.k, found.groups, found.rows) == (2, 3, 7)
    assert measure([batch], ["s"], ["q"]).l == 1


def test_measure_looks_into_structs() -> None:
    table = pa.table({"address": [{"zip": "1"}, {"zip": "1"}, None], "a.b": ["x", "x", "x"]})
    assert measure(table.to_batches(), ["address.zip", "a.b"]).k == 1


@pytest.mark.parametrize(
    ("identifiers", "sensitive", "message"),
    [
        ([], [], "quasi_identifiers: expected at least one column, got []"),
        (["q"], ["q"], "sensitive: expected columns that are not quasi-identifiers as well, got ['q']"),
    ],
)
def test_measure_refuses_wrong_arguments(identifiers: list[str], sensitive: list[str], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        measure([], identifiers, sensitive)
    assert str(caught.value) == message


def test_measure_names_every_column_it_cannot_compare() -> None:
    batch = pa.record_batch({"ok": [1], "tags": [["a"]], "big": pa.array([1], pa.decimal256(40, 0)), "s": [{"a": 1}]})
    with pytest.raises(MaskingError, match=r"^the table: gone, tags, tags\[\], big, s cannot be a quasi-identifier"):
        measure([batch], ["ok", "gone", "tags", "tags[]", "big", "s"])


def test_curve_counts_rows_in_smaller_groups() -> None:
    found = measure(pa.table({"q": ["a", "b", "b", "c", "c"]}).to_batches(), ["q"]).curve
    assert found[:3] == (CurvePoint(1, 0, 0.0), CurvePoint(2, 1, 0.2), CurvePoint(3, 5, 1.0))
    assert [point.k for point in found] == list(range(1, 51))
    assert k_curve({}, range(1, 3)) == (CurvePoint(1, 0, 0.0), CurvePoint(2, 0, 0.0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(1, 20),
    st.integers(1, 30),
)
def test_counter_counts_as_a_counter_does(rows: list[tuple[str | None, int]], batch: int, pending: int) -> None:
    counter = CombinationCounter(["x", "y"], pending_rows=pending)
    frame = pl.DataFrame(rows, schema={"x": pl.String, "y": pl.Int64}, orient="row")
    for start in range(0, len(rows), batch):
        counter.add(frame.slice(start, batch))
    counted = counter.counted()
    assert counted is not None
    assert {(x, y): n for x, y, n in counted.select("x", "y", ROWS).iter_rows()} == Counter(rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=40))
def test_distances_are_those_of_the_definitions(entries: list[tuple[int, int, int]]) -> None:
    numbers = {group: number for number, group in enumerate(sorted({group for group, _, _ in entries}))}
    ranks = {rank: number for number, rank in enumerate(sorted({rank for _, rank, _ in entries}))}
    held = np.zeros((len(numbers), len(ranks)), np.int64)
    for group, rank, rows in entries:
        held[numbers[group], ranks[rank]] += rows
    total = held.sum(axis=0)
    difference = held / held.sum(axis=1, keepdims=True) - total / total.sum()
    groups = Groups.of(
        *(np.array(column) for column in zip(*((numbers[g], ranks[r], n) for g, r, n in entries), strict=True))
    )
    steps = max(len(ranks) - 1, 1)
    assert groups.ordered_distance(total) == pytest.approx(np.abs(difference.cumsum(axis=1)).sum(axis=1) / steps)
    assert groups.equal_distance(total) == pytest.approx(np.abs(difference).sum(axis=1) / 2)
    assert groups.distinct.tolist() == (held > 0).sum(axis=1).tolist()
    assert groups.sizes.tolist() == held.sum(axis=1).tolist()


def test_every_way_to_write_nan_and_zero_is_one_value() -> None:
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000001, 0, 1 << 63], np.uint64)
    batches = [pa.record_batch({"q": pa.array(bits[at : at + 1].view(np.float64))}) for at in range(len(bits))]
    assert measure(batches, ["q"]).curve[2] == CurvePoint(3, 2, 0.4)
    assert (measure(batches, ["q"]).groups, measure(batches, ["q"]).k) == (2, 2)
