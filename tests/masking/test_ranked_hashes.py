"""A growing set of hashes: in whatever pieces and order they come, of each the lowest rank and the least text stay."""

from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking import ranked_hashes
from dataops_infra.masking.detection.packed_hashes import PackedHashes
from dataops_infra.masking.detection.sorted_hashes import SortedHashes
from dataops_infra.masking.ranked_hashes import KeptHashes, RankedHashes

KINDS = pytest.mark.parametrize("kind", [SortedHashes, PackedHashes])

LAST = 2**64 - 1
COMING = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from([0, 16, 80, 1 << 63, LAST - 15]), st.text("aB", max_size=2)), max_size=6),
        st.integers(0, 3),
    ),
    max_size=9,
)
"""(hashes that are kept to the last bit with their texts, rank), one call after the other."""


def expected(coming: list[tuple[list[tuple[int, str]], int]]) -> list[tuple[int, int, str]]:
    least: dict[int, tuple[int, str]] = {}
    for pairs, rank in coming:
        for each, text in pairs:
            least[each] = min((rank, text), least.get(each, (rank, text)))
    return sorted((each, *found) for each, found in least.items())


def contents(kept: KeptHashes[SortedHashes] | KeptHashes[PackedHashes]) -> list[tuple[int, int, str]]:
    assert kept.texts is not None
    return list(zip(kept.hashes.values.tolist(), kept.ranks.tolist(), kept.texts.to_pylist(), strict=True))


@KINDS
@pytest.mark.parametrize("merged_from", [0, 4, 1 << 18])
@given(coming=COMING)
@settings(max_examples=25, deadline=None)
def test_lowest_rank_stays_and_of_equal_ones_the_least_text(kind: Any, merged_from: int, coming: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranked_hashes, "_MERGED_FROM", merged_from)
        found = RankedHashes(kind, pa.large_string())
        for pairs, rank in coming:
            hashes = np.array([each for each, _ in pairs], np.uint64)
            found.add(hashes, rank, pa.array([text for _, text in pairs], pa.large_string()))
        assert contents(found.taken_out()) == expected(coming)
        assert not len(found.taken_out())


@KINDS
def test_what_is_there_is_not_kept_again(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked_hashes, "_MERGED_FROM", 10)
    found = RankedHashes(kind)
    hashes = np.arange(100, dtype=np.uint64) << np.uint64(57)
    found.add(hashes, 1)
    for _ in range(3):
        found.add(hashes, 1)
        assert not found._waiting
    found.add(hashes[:5], 0)
    assert sum(map(len, found._waiting)) == 5
    kept = found.taken_out()
    assert kept.ranks.tolist() == [0] * 5 + [1] * 95
    assert kept.texts is None


@KINDS
def test_ranks_take_a_byte_until_one_is_too_high_for_it(kind: Any) -> None:
    found = RankedHashes(kind)
    found.add(np.array([16, 64], np.uint64), 255)
    found._merge()
    assert found._parts[0].ranks.dtype == np.uint8
    found.add(np.array([32, 64], np.uint64), 256)
    found._merge()
    found.add(np.array([48], np.uint64), 7)
    kept = found.taken_out()
    assert kept.ranks.tolist() == [255, 256, 7, 255]
    assert kept.hashes.values.tolist() == [16, 32, 48, 64]


def test_hashes_that_have_60_bits_in_common_are_packed_as_one_of_the_lower_rank() -> None:
    found = RankedHashes(PackedHashes)
    found.add(np.array([0x7F0, 0x7FF, LAST], np.uint64), 3)
    found.add(np.array([0x7F5], np.uint64), 2)
    kept = found.taken_out()
    assert kept.hashes.values.tolist() == [0x7F0, LAST - 15]
    assert kept.ranks.tolist() == [2, 3]


@KINDS
def test_threads_may_add_at_the_same_time(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked_hashes, "_MERGED_FROM", 100)
    found = RankedHashes(kind)
    numbers = np.random.default_rng(3).integers(0, LAST, 8_000, np.uint64)

    def work(rank: int) -> None:
        for part in np.array_split(np.roll(numbers, 2_000 * rank), 40):
            found.add(part, rank)

    threads = [Thread(target=work, args=(rank,)) for rank in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = found.taken_out()
    assert kept.hashes.values.tolist() == np.unique(numbers & kind.kept()).tolist()
    assert not kept.ranks.any()
