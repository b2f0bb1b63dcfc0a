"""Beginnings of texts that pieces describe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions.beginnings import Piece, begins, one_of

PIECES = [one_of(["ab", "abc"]), Piece("[0-9]+", "[0-9]*").after("-"), one_of(["x."])]


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "ab-", "abc-1", "ab-12", "ab-12x", "ab-12x."])
def test_every_beginning_is_one(text: str) -> None:
    assert begins(PIECES, text)


@pytest.mark.parametrize("text", ["b", "abd", "abc-x", "ab-1y", "ab-1xx", "ab-1x.x"])
def test_what_cannot_go_on_is_none(text: str) -> None:
    assert not begins(PIECES, text)


def test_no_literal_changes_nothing() -> None:
    piece = Piece("a", "a?")
    assert piece.after("") is piece


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3), st.data())
def test_texts_are_taken_literally(words: list[str], data: st.DataObject) -> None:
    whole = "".join(words)
    pieces = [one_of([word]) for word in words]
    assert all(begins(pieces, whole[:end]) for end in range(len(whole) + 1))
    assert not begins(pieces, whole + data.draw(st.text(min_size=1, max_size=1)))
