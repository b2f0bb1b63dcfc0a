"""Look-ups in sets of hashes are those of bisection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.sorted_hashes import SortedHashes

HASHES = st.lists(st.one_of(st.integers(0, 40), st.integers(2**64 - 40, 2**64 - 1), st.integers(0, 2**64 - 1)))


@given(HASHES, HASHES)
def test_every_hash_is_found_where_it_stands_and_no_other(kept: list[int], others: list[int]) -> None:
    ascending = np.unique(np.array(kept, np.uint64))
    wanted = np.array([*kept, *others], np.uint64)
    hashes = SortedHashes.of(ascending)
    place, found = hashes.look_up(wanted)
    assert found.tolist() == [int(each) in set(kept) for each in wanted]
    assert ascending[place[found]].tolist() == wanted[found].tolist()
    assert len(hashes) == len(ascending)


@pytest.mark.parametrize("number", [0, 1, 2, 1000])
def test_sets_of_any_size(number: int) -> None:
    ascending = np.sort(np.random.default_rng(5).integers(0, 2**64, number, np.uint64))
    place, found = SortedHashes.of(ascending).look_up(np.append(ascending, np.uint64(2**64 - 1)))
    assert place[:-1].tolist() == list(range(number))
    assert found.tolist() == [True] * number + [False]
    assert "SortedHashes()" in repr(SortedHashes.of(ascending))


def test_crowded_hashes_are_found_by_bisection() -> None:
    crowd = np.arange(5_000, dtype=np.uint64) * np.uint64(2)
    hashes = SortedHashes.of(np.append(crowd, np.uint64(1 << 63)))
    place, found = hashes.look_up(np.arange(10_000, dtype=np.uint64))
    assert found.tolist() == [True, False] * 5_000
    assert place[found].tolist() == list(range(5_000))
    assert place[~found].tolist() == list(range(1, 5_001))
