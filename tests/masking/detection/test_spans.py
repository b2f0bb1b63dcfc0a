"""Pieces of texts by their place, however they lie."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.excerpts import Numbers
from dataops_infra.masking.detection.spans import FlatTexts, Spans


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=8), st.booleans())
def test_pieces_may_overlap_and_stand_in_any_order(places: list[tuple[int, int]], is_sorted: bool) -> None:
    text = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
    chosen = sorted(places) if is_sorted else places
    starts = np.array([start for start, _ in chosen], np.int64)
    ends = starts + np.array([length for _, length in chosen], np.int64)
    pieces = FlatTexts.of(pa.array([text])).pieces(starts, ends)
    assert pieces.to_pylist() == [text[start : start + length] for start, length in chosen]


def numbers_outside(text: str, *found: tuple[int, int]) -> list[str]:
    flat = FlatTexts.of(pa.array([text]))
    starts, ends = (np.array([pair[side] for pair in found], np.int64) for side in (0, 1))
    left = Numbers.of(flat).outside(Spans(starts, ends, np.zeros_like(starts)))
    return [text[first:last] for first, last in zip(left.first, left.last, strict=True)]


def places(text: str, *pieces: str) -> list[tuple[int, int]]:
    return [(text.index(piece), text.index(piece) + len(piece)) for piece in pieces]


def test_numbers_are_left_out_where_all_their_digits_are_taken() -> None:
    text = "card 4111111111111111, and far away from it 555-123-4567; and then much later 12345678X and some letters"
    card, phone = places(text, "4111111111111111", "555-123-4567")
    assert numbers_outside(text) == ["4111111111111111", "555-123-4567", "12345678"]
    assert numbers_outside(text, card) == ["555-123-4567", "12345678"]
    assert numbers_outside(text, card, phone) == ["12345678"]
    assert numbers_outside(text, (phone[0] + 1, phone[1]))[1] == "555-123-4567"
    # Behind letters there may be more digits of the same identifier.
    assert numbers_outside(text, *places(text, "12345678"))[-1] == "12345678"


def test_texts_with_digits_of_other_scripts_are_never_left_out() -> None:
    text = "٠٥٠١٢٣٤٥٦٧ 123456"
    assert len(numbers_outside(text, (0, len(text.encode())))) == 1


def test_digits_at_the_seam_of_two_texts_are_two_numbers() -> None:
    found = Numbers.of(FlatTexts.of(pa.array(["call 1234567", "", "7654321"])))
    assert (found.first.tolist(), found.last.tolist(), found.count.tolist()) == ([5, 12], [12, 19], [7, 7])
    assert found.excerpts(8).begins.tolist() == []
