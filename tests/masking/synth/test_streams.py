"""Random bits by row, permutations without repetition, and the shares of distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.synth.columns import Digit, Distinct, digits
from dataops_infra.masking.synth.domains import split
from dataops_infra.masking.synth.shares import Curve, Uniform, Weighted, Zipf, exponential, lognormal, normal
from dataops_infra.masking.synth.streams import LARGEST, Permutation, Stream, all_rows, mixed

STREAM = Stream(("orders", "total"), 7)
ROWS = all_rows(0, 20_000)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def test_generator_is_splitmix64() -> None:
    """The first outputs from the start 0, as its authors' C code gives them."""
    with np.errstate(over="ignore"):
        outputs = mixed((all_rows(0, 3) + np.uint64(1)) * GOLDEN)
    assert [hex(int(word)) for word in outputs] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


def test_rows_are_independent_of_one_another() -> None:
    whole = STREAM.bits(ROWS)
    assert np.array_equal(STREAM.bits(ROWS[5_000:5_010]), whole[5_000:5_010])
    assert np.array_equal(STREAM.bits(ROWS[::-7]), whole[::-7])


def test_every_name_and_seed_has_a_stream_of_its_own() -> None:
    others = [
        Stream(("orders", "total"), 8),
        Stream(("orderstotal",), 7),
        Stream(("orders", "totals"), 7),
        STREAM.sub("x"),
    ]
    starts = {int(stream.start) for stream in (STREAM, *others)}
    assert len(starts) == 5


def test_bits_are_balanced() -> None:
    words = STREAM.bits(ROWS)
    for place in range(0, 64, 9):
        ones = int(np.count_nonzero(words >> np.uint64(place) & np.uint64(1)))
        assert abs(ones - 10_000) < 5 * 71


@given(st.integers(1, 3_000), st.integers(0, 2**63 - 1))
def test_permutation_meets_every_number_once(size: int, seed: int) -> None:
    found = Permutation(Stream(("t",), seed), size).of(all_rows(0, size))
    assert np.array_equal(np.sort(found), all_rows(0, size))


@pytest.mark.parametrize("size", [LARGEST, 10**12 + 7, 2**32])
def test_large_permutation_repeats_nothing(size: int) -> None:
    found = Permutation(STREAM, size).of(ROWS)
    assert len(np.unique(found)) == len(ROWS)
    assert int(found.max()) < size


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_numbers_are_split_and_put_together(sizes: list[int]) -> None:
    total = int(np.prod(sizes))
    parts = split(all_rows(0, total), sizes)
    assert len(set(zip(*(part.tolist() for part in parts), strict=True))) == total
    whole = Distinct(Permutation(STREAM, total))
    places = [number.of(all_rows(0, total)).tolist() for number in digits(whole, sizes)]
    assert len(set(zip(*places, strict=True))) == total
    assert isinstance(digits(whole, sizes)[0], Digit)


def test_uniform_numbers_are_all_met() -> None:
    counts = np.bincount(Uniform().choose(STREAM, ROWS, 10).astype(np.int64))
    assert len(counts) == 10
    assert abs(counts - 2_000).max() < 5 * 45


def test_weights_are_kept() -> None:
    counts = np.bincount(Weighted((0.0, 3.0, 1.0)).choose(STREAM, ROWS, 3).astype(np.int64), minlength=3)
    assert counts[0] == 0
    assert abs(counts[1] - 15_000) < 5 * 62


def test_zipf_prefers_the_first() -> None:
    counts = np.bincount(Zipf(1.0).choose(STREAM, ROWS, 100).astype(np.int64), minlength=100)
    harmonic = sum(1 / n for n in range(1, 101))
    assert abs(counts[0] / len(ROWS) - 1 / harmonic) < 0.02
    assert abs(counts[0] / counts[3] - 4) < 0.6


@pytest.mark.parametrize(
    ("quantile", "low", "mean", "deviation"),
    [(normal(500, 50), 0.0, 500, 50), (lognormal(60, 40), 0.0, 60, 40), (exponential(10, 60), 10.0, 60, 50)],
)
def test_curve_has_its_mean_and_deviation(quantile: object, low: float, mean: float, deviation: float) -> None:
    found = low + Curve(quantile, low, 0.01).choose(STREAM, ROWS, 200_000).astype(np.float64) * 0.01  # type: ignore[arg-type]
    assert abs(found.mean() - mean) < mean * 0.03
    assert abs(found.std() - deviation) < deviation * 0.05


def test_curve_is_cut_to_the_limits_without_heaps_at_them() -> None:
    found = Curve(normal(0, 10), -5, 1).choose(STREAM, ROWS, 11).astype(np.int64) - 5
    counts = np.bincount(found + 5)
    assert (found.min(), found.max()) == (-5, 5)
    assert counts.max() < 1.3 * counts.min()


def test_curve_beyond_the_limits_is_told() -> None:
    assert Curve(normal(5, 1), 0, 1).reaches(10)
    assert not Curve(normal(500, 1), 0, 1).reaches(10)
    assert not Curve(normal(-500, 1), 0, 1).reaches(10)
