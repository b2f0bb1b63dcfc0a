"""Hashes by their upper bits: what was added is always found, from whatever thread."""

import pickle
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.bitmap import Bitmap

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=40)


@pytest.mark.parametrize("bits", [6, 10, 16])
@given(added=HASHES, asked=HASHES)
@settings(max_examples=40, deadline=None)
def test_slots_are_the_upper_bits(bits: int, added: list[int], asked: list[int]) -> None:
    bitmap = Bitmap.of(bits)
    for part in (added, added[:3]):
        bitmap.add(np.array(part, np.uint64))
    taken = {each >> 64 - bits for each in added}
    found = bitmap.may_hold(np.array([*asked, *added], np.uint64))
    assert found.dtype == np.bool_
    assert found.tolist() == [each >> 64 - bits in taken for each in [*asked, *added]]
    bits_set = np.flatnonzero(np.unpackbits(bitmap.packed, bitorder="little"))
    assert set(bits_set.tolist()) == taken
    assert bitmap.slots == 8 * len(bitmap.packed) == 1 << bits
    assert bitmap.taken == len(taken)
    half = Bitmap.of(bits - 1)
    half.add(np.array(added, np.uint64))
    assert bitmap.halved() == half
    assert bitmap.halved().packed.tobytes() == half.packed.tobytes()


def test_threads_may_add_to_the_same_bytes() -> None:
    bitmap = Bitmap.of(20)
    slots = np.arange(1 << 20, dtype=np.uint64) << np.uint64(44)

    def work(first: int) -> None:
        for begin in range(0, len(slots), 1 << 12):
            bitmap.add(slots[begin : begin + (1 << 12)][first::4])

    threads = [Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (bitmap.packed == 0xFF).all()


def test_it_travels_to_other_processes() -> None:
    bitmap = Bitmap.of(10)
    bitmap.add(np.array([2**64 - 1], np.uint64))
    other = pickle.loads(pickle.dumps(bitmap))
    assert other == bitmap
    assert other.packed.tobytes() == bitmap.packed.tobytes()
    other.add(np.array([0], np.uint64))
    assert repr(bitmap) == "Bitmap(slots=1024)"
