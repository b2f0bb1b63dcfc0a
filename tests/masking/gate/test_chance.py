"""What chance explains: the exact quantile, and no alarm about good copies of small tables."""

import random
from math import exp
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.gate.chance import most_by_chance
from tests.support.judged import judge_tables, keep, leaks

TOKEN = {"operator": "token"}


def quantile(mean: float) -> int:
    """From the definition, by the sum of what is left; exact enough for means below 30."""
    terms = [exp(-mean)]
    for count in range(1, 300):
        terms.append(terms[-1] * mean / count)
    return next(count for count in range(300) if sum(reversed(terms[count + 1 :])) < 1e-9)


@pytest.mark.parametrize("mean", [9e-10, 1.1e-9, 1e-5, 0.0255, 0.1, 0.5, 0.999, 1.0, 3.0, 10.0, 25.5])
def test_the_bound_is_the_smallest_count_that_chance_exceeds_less_than_once_in_a_billion(mean: float) -> None:
    assert most_by_chance(mean) == quantile(mean)


def test_large_means_meet_the_normal_distribution_without_a_gap() -> None:
    assert [most_by_chance(mean) for mean in (0.0, 400.0, 1e12)] == [0, 526, 10**12 + 6 * 10**6 + 7]
    assert 0 <= most_by_chance(1_000_000.0) - most_by_chance(999_999.0) <= 10


def test_one_or_two_dense_numbers_that_meet_by_chance_are_no_leak(tmp_path: Path) -> None:
    """7,400 numbers of 31 bits: 0.03 of them are expected to be real; two are chance, twenty are not."""
    rng = random.Random(9)
    before = rng.sample(range(2**31), 7400)
    after = rng.sample(range(2**31), 7400)
    after[:2] = before[10:12]
    tables = (pa.table({"c": pa.array(side, pa.int32())}) for side in (before, after))
    assert leaks(judge_tables(tmp_path / "few", {"c": TOKEN}, *tables)) == set()
    after[:20] = before[100:120]
    tables = (pa.table({"c": pa.array(side, pa.int32())}) for side in (before, after))
    assert leaks(judge_tables(tmp_path / "many", {"c": TOKEN}, *tables)) == {("chance-bound", "c")}


@pytest.mark.parametrize("seed", range(24))
def test_cities_and_lands_that_share_a_name_in_small_tables_are_no_leak(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = rng.choice((12, 40, 150))
    cities = [rng.choice(("Jordan", "Paris", "Rome", "Bonn", "Bern", "Nice")) for _ in range(rows)]
    cities[0] = "Jordan"
    lands = ["Jordan", *(rng.choice(("France", "Jordan", "Italy")) for _ in range(rows - 1))]
    before = pa.table({"city": cities, "land": lands})
    after = before.set_column(0, "city", [[f"q{city.lower()}" for city in cities]])
    assert leaks(judge_tables(tmp_path, {"city": TOKEN, "land": keep()}, before, after)) == set()


def test_few_words_that_stand_nowhere_else_are_refused_in_larger_tables_or_when_they_are_more(tmp_path: Path) -> None:
    columns = {"name": TOKEN, "note": keep()}
    for folder, rows, same in (("large", 1200, 1), ("more", 40, 3)):
        names = [f"name{chr(97 + n % 26)}" for n in range(rows)]
        names[:same] = ["Aurelia", "Cordelia", "Demetrius"][:same]
        before = pa.table({"name": names, "note": [*names[:same], *["x"] * (rows - same)]})
        after = before.set_column(0, "name", [[f"q1{name}" for name in names]])
        assert ("own-row-survivors", "note") in leaks(judge_tables(tmp_path / folder, columns, before, after))
