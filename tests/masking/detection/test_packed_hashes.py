"""Packed sets of hashes: what is looked up is found where bisection finds it, by the bits that are kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.detection import packed_hashes
from dataops_infra.masking.detection.packed_hashes import PackedHashes

PART_BITS = 10
"""So that there are few buckets: their number is a part of each test's time."""
KEPT = 2**64 - 16 * 2**PART_BITS
HASHES = st.lists(
    st.one_of(
        st.integers(0, 2**17),
        st.integers(2**64 - 2**17, 2**64 - 1),
        st.integers(0, 2**64 - 1),
        st.builds(lambda low: (5 << 54) | low, st.integers(0, 2**54 - 1)),  # of one bucket
    )
)


def packed(hashes: list[int], part_bits: int = PART_BITS) -> PackedHashes:
    ascending = np.unique(np.array(hashes, np.uint64) & np.uint64(2**64 - (16 << part_bits)))
    return PackedHashes.none(part_bits).inserted(np.zeros(len(ascending), np.int64), ascending)


@given(HASHES, HASHES)
def test_every_hash_is_found_where_it_stands_and_no_other(kept: list[int], others: list[int]) -> None:
    hashes, known = packed(kept), {each & KEPT for each in kept}
    wanted = np.array([*kept, *others], np.uint64)
    place, found = hashes.look_up(wanted)
    assert found.tolist() == [int(each) & KEPT in known for each in wanted]
    assert hashes.values.tolist() == sorted(known)
    assert place.tolist() == np.searchsorted(hashes.values, wanted & np.uint64(KEPT)).tolist()
    assert len(hashes) == len(known)


@given(HASHES, HASHES)
def test_inserted_hashes_stand_in_order(kept: list[int], more: list[int]) -> None:
    hashes = packed(kept)
    new = np.unique(np.array(more, np.uint64) & np.uint64(KEPT))
    place, found = hashes.look_up(new)
    grown = hashes.inserted(place[~found], new[~found])
    assert grown.values.tolist() == sorted({each & KEPT for each in [*kept, *more]})
    assert grown.look_up(grown.values)[1].all()


@settings(max_examples=20, deadline=None)
@given(HASHES)
def test_parts_by_their_first_bits_are_joined(hashes: list[int]) -> None:
    kept = sorted({each & (2**64 - 16) for each in hashes})
    parts = [packed([each << 4 & (2**64 - 1) for each in kept if each >> 60 == number], 4) for number in range(16)]
    whole = PackedHashes.joined(parts)
    assert not parts
    assert whole.values.tolist() == kept
    place, found = whole.look_up(whole.values)
    assert found.all()
    assert place.tolist() == list(range(len(kept)))


def test_hashes_take_five_bytes_each() -> None:
    numbers = np.random.default_rng(5).integers(0, 2**64, 3_000, np.uint64)
    hashes = packed(numbers.tolist(), part_bits=0)
    assert hashes._upper.nbytes + hashes._lower.nbytes == 5 * len(hashes)
    assert hashes._starts.nbytes == 4 * (2**20 + 1)
    assert repr(hashes) == "PackedHashes()"


@pytest.mark.parametrize(("last", "size"), [(2**32 - 1, 4), (2**32, 8)])
def test_positions_take_as_many_bytes_as_they_need(last: int, size: int) -> None:
    assert packed_hashes._as_places(np.array([0, last])).tolist() == [0, last]
    assert packed_hashes._as_places(np.array([0, last])).itemsize == size
