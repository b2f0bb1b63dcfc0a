"""Even samples."""

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.formats.spreading import (
    rows_of,
    spread_depths,
    spread_numbers,
    spread_places,
    spread_rows,
)

SCHEMA = pa.schema({"n": pa.int64()})


def sampled(rows: int, wanted: int, batch: int) -> list[int]:
    whole = pa.table({"n": np.arange(rows)})
    found: list[int] = spread_rows(iter(whole.to_batches(batch)), SCHEMA, wanted).column("n").to_pylist()
    return found


@given(st.integers(0, 3000), st.integers(0, 60), st.integers(1, 4000))
def test_samples_are_even_and_do_not_hang_on_batches(rows: int, wanted: int, batch: int) -> None:
    found = sampled(rows, wanted, batch)
    assert found == sampled(rows, wanted, 4000)
    assert len(found) == min(rows, wanted)
    gaps = [later - earlier for earlier, later in zip([-1, *found], [*found, rows], strict=True)]
    assert not wanted or max(gaps) <= 4 * (rows // wanted + 1)


@pytest.mark.parametrize("period", range(2, 20))
def test_no_period_of_the_data_hides_from_a_sample(period: int) -> None:
    assert len({row % period for row in sampled(100_000, 500, 8192)}) == period


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("views", pa.array([f"a long enough text {n}" for n in range(40)]).cast(pa.string_view())),
        ("runs", pa.RunEndEncodedArray.from_arrays(pa.array([20, 40], pa.int32()), pa.array([1, 2]))),
        ("codes", pa.array(["a", "b"] * 20).dictionary_encode()),
        ("objects", pa.array([{"a": n} for n in range(40)])),
    ],
)
def test_any_type_is_sampled(kind: str, values: pa.Array) -> None:
    batches = [pa.record_batch({kind: values}) for _ in range(3)]
    found = spread_rows(iter(batches), batches[0].schema, 5)
    assert found.schema == batches[0].schema
    assert set(map(str, found.column(0).to_pylist())) <= set(map(str, values.to_pylist()))
    assert found.num_rows == 5


@pytest.mark.parametrize(
    ("count", "at_most", "numbers"),
    [(3, 5, [0, 1, 2]), (10, 2, [0, 9]), (10, 1, [0]), (0, 3, []), (9, 3, [0, 4, 8]), (5, 0, [])],
)
def test_numbers_are_spread_from_the_first_to_the_last(count: int, at_most: int, numbers: list[int]) -> None:
    assert spread_numbers(count, at_most) == numbers


@pytest.mark.parametrize("rows", [0, 1, 7, 100, 101, 5000])
@pytest.mark.parametrize("wanted", [0, 1, 30, 100])
def test_places_are_those_of_a_stream(rows: int, wanted: int) -> None:
    places = spread_places(rows, wanted)
    assert places.tolist() == sampled(rows, wanted, 64)


def test_rows_are_taken_until_the_last_place() -> None:
    whole = pa.record_batch({"n": range(100)})
    asked = []

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, 100, 10):
            asked.append(start)
            yield whole.slice(start, 10)

    places = np.array([0, 9, 10, 31])
    assert rows_of(batches(), SCHEMA, places).column("n").to_pylist() == places.tolist()
    assert asked == [0, 10, 20, 30]
    assert rows_of(batches(), SCHEMA, places[:0]).num_rows == 0


def test_depths_reach_from_the_least_to_all() -> None:
    assert spread_depths(0, 0.125) == []
    assert spread_depths(1, 0.125) == [1.0]
    depths = spread_depths(8, 0.125)
    assert depths[-1] == 1.0
    assert min(depths) < 0.3
    assert all(0.125 <= depth <= 1 for depth in depths)
    assert depths != sorted(depths)
    assert max(b - a for a, b in itertools.pairwise([0.125, *sorted(depths)])) < 0.25
