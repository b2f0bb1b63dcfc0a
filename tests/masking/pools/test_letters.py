"""Quick looks at bytes leave no row out that the slow ones would find."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.pools.deck import load_deck
from dataops_infra.masking.pools.drawing import Column, contained
from dataops_infra.masking.pools.letters import capitalised, last_letters, letters_of, needed_letters

TEXTS = st.lists(st.text("aAbzZ09 .-éЯ名", max_size=6), min_size=1, max_size=8)


def large(texts: list[str]) -> pa.Array:
    """The texts in the middle of a longer array, so that their offsets do not begin at zero."""
    return pa.array(["head", *texts, "Tail"], pa.large_string()).slice(1, len(texts))


@given(TEXTS, st.text("abz09éя名", min_size=1, max_size=3))
def test_a_text_that_holds_another_has_its_letters(texts: list[str], looked_for: str) -> None:
    needed = needed_letters(large([looked_for]))[0]
    may_hold = (letters_of(large(texts)) & needed) == needed
    holds = np.array([looked_for in text.lower() for text in texts])
    assert (may_hold | ~holds).all()


@given(TEXTS)
def test_what_is_capitalised_is_neither_small_nor_all_capitals(texts: list[str]) -> None:
    found = capitalised(large(texts))
    assert found.tolist() == [
        len(text) > 1 and text[0] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" and text[1] in "abcdefghijklmnopqrstuvwxyz"
        for text in texts
    ]
    either = pc.or_(pc.utf8_is_upper(large(texts)), pc.utf8_is_lower(large(texts))).to_numpy(zero_copy_only=False)
    assert not (found & either).any()


@given(TEXTS)
def test_what_ends_in_one_case_is_not_all_in_the_other(texts: list[str]) -> None:
    capital, small = last_letters(large(texts))
    assert capital.tolist() == [text[-1:] in set("AZ") for text in texts]
    assert small.tolist() == [text[-1:] in set("abz") for text in texts]
    cases = Column.of(large(texts)).letter_cases
    assert cases.tolist() == [2 if text.islower() else 1 if text.isupper() else 0 for text in texts]


@pytest.mark.parametrize("name", ["first_name", "last_name", "street"])
def test_values_are_found_in_the_texts_that_hold_them_and_in_no_other(name: str) -> None:
    deck = load_deck(name)
    values = deck.values.slice(0, len(deck.folded))
    texts = pc.binary_join_element_wise(pa.scalar("Dr. ", pa.large_string()), values, pa.scalar("", pa.large_string()))
    column, names = Column.of(texts), deck.folded.to_pylist()
    for places in (np.arange(len(values)), np.roll(np.arange(len(values)), 1)):
        expected = [names[place] in text for place, text in zip(places.tolist(), column.comparable, strict=True)]
        assert contained(column, deck, places).tolist() == expected
        assert any(expected)


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing_has_no_letters(texts: list[str]) -> None:
    assert letters_of(pa.array(texts, pa.large_string())).tolist() == [0] * len(texts)
    assert capitalised(pa.array(texts, pa.large_string())).tolist() == [False] * len(texts)
    assert [ends.tolist() for ends in last_letters(pa.array(texts, pa.large_string()))] == [[False] * len(texts)] * 2
