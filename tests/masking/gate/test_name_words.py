"""Words cut at bytes are the words that Unicode's tables cut, letter by letter."""

import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.ambiguous_names import PARTICLES
from dataops_infra.masking.gate.name_words import KnownHashes, Words, word_hashes
from dataops_infra.masking.gate.sampling import distinct

PIECES = (
    *"abKZ.'-— \n1_=,",
    *("’", "\u00a0", "\u00ad", "\u0301", "\u0338"),
    *("é", "Ł", "ß", "ѐ", "Ж", "中", "文", "ب", "ﬁ", "ª", "…", "€", "😀"),
    *("van ", " de ", "Dr. ", "o'", "anna", "Kern"),
)
TEXTS = st.lists(st.none() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=6)
CUT = np.uint64(6)


def array(texts: Sequence[str | None]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def spelled(text: str | None, *, dotted: bool) -> list[str]:
    """The words of a text, one character after the other."""
    plain = unicodedata.normalize("NFKC", text or "").replace("\u00ad", "")
    words, word = [], ""
    for place, character in enumerate(plain):
        is_letter = unicodedata.category(character)[0] == "L"
        behind = plain[place + 1 : place + 2]
        is_dot = dotted and character == "." and behind != "" and unicodedata.category(behind)[0] == "L"
        if is_letter or (word and (is_dot or character in "'’-" or unicodedata.category(character)[0] == "M")):
            word += character
        elif word:
            words.append(word)
            word = ""
    return [*words, word] if word else words


@given(TEXTS, st.booleans())
def test_words_are_those_that_a_reader_of_characters_finds(texts: list[str | None], dotted: bool) -> None:
    found = Words(array(texts), dotted=dotted)
    expected = [(row, word) for row, text in enumerate(texts) for word in spelled(text, dotted=dotted)]
    written = [found.written(place) for place in range(len(found.hashes))]
    assert list(zip(found.rows.tolist(), written, strict=True)) == expected
    assert found.rows_of(np.arange(len(written))).tolist() == [row for row, _ in expected]
    small = [word.lower() for word in written]
    is_initial = [len(word) == 1 and unicodedata.category(word) == "Ll" for word in small]
    assert found.tells.tolist() == [
        not one and word not in PARTICLES for one, word in zip(is_initial, small, strict=True)
    ]
    hashes = dict(zip(small, found.hashes.tolist(), strict=True))
    assert [hashes[word] for word in small] == found.hashes.tolist()


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("Anna", "ANNA", True),
        ("Anna", "Hanna", False),
        ("José", "JOSE", True),
        ("Łukasz", "lukasz", True),
        ("Groß", "gross", True),
        ("O'Neil-Byrne", "o'neil-BYRNE", True),
        ("Μαρία", "μαρια", True),
        ("กำ", "กา", False),
        ("明子", "測子", False),
    ],
)
def test_spellings_of_a_word_have_one_hash(left: str, right: str, is_same: bool) -> None:
    first, second = Words(array([left])).hashes.tolist(), Words(array([f"x1 {right}, y"])).hashes.tolist()[1:-1]
    assert (len(first), len(second)) == (1, 1)
    assert (first == second) is is_same


@pytest.mark.parametrize("length", [*range(1, 43), 60])
def test_words_of_any_length_differ_by_each_of_their_letters(length: int) -> None:
    word = ("abcdefghijklmnopqrstuvwxyz" * 3)[:length]
    # Names are shorter than 40 letters: of longer words not all of them count.
    places = [place for place in range(length) if place < 32 or place >= length - 8]
    others = [f"{word[:place]}{letter}{word[place + 1 :]}" for place in places for letter in "'-" if place]
    written = [word, word.upper(), f"{word}x", *others, "a" * (length + 3), "a" * (length + 4)]
    hashes = Words(array(written)).hashes
    assert hashes[0] == hashes[1] == word_hashes(array([word]))[0]
    assert len(set(hashes.tolist())) == len(written) - 1


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 2**64 - 1)))
def test_known_hashes_are_found(known: list[int], others: list[int]) -> None:
    looked_for = [*others, *known, *others]
    found = KnownHashes(distinct(np.array(known, np.uint64))).found(np.array(looked_for, np.uint64))
    assert found.tolist() == [place for place, value in enumerate(looked_for) if value in set(known)]


def pairs(texts: pa.Array, *names: str) -> list[tuple[str, str]]:
    known = distinct(Words(array([*names]), dotted=True).names()[1] >> CUT)
    words = Words(texts)
    first, second, hashes = words.pairs(KnownHashes(known))
    assert set((hashes >> CUT).tolist()) <= set(known.tolist())
    return sorted((words.written(left), words.written(right)) for left, right in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna kern, KERN Anna", [("KERN", "Anna"), ("anna", "kern")]),
        ("of Anna van der Kern", [("Anna", "Kern")]),
        ("von Anna", []),
        ("Anna the", []),
        ("Anna Maria Kern", []),
        ("Änna — Kern", [("Änna", "Kern")]),
        ("Anna 1 Xaver — Kern", []),
        ("“Ánna” (Kern)", [("Ánna", "Kern")]),
    ],
)
def test_pairs_are_neighbours_with_nothing_but_particles_between(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(array([text]), "Anna Kern") == expected


def test_no_pair_reaches_into_the_next_text() -> None:
    assert pairs(array(["Anna", "Kern", "Anna van", "Kern", None, "", "Kern Anna"]), "Anna Kern") == [("Kern", "Anna")]


@pytest.mark.parametrize(
    "texts",
    [
        array(["Kern Kern", "Anna Kern", "Kern"]).slice(1, 1),
        pa.array(["Anna Kern"]),
        pa.array(["Anna Kern"], pa.string_view()),
    ],
    ids=["slice", "string", "string_view"],
)
def test_layouts_make_no_difference(texts: pa.Array) -> None:
    assert pairs(texts, "Anna Kern") == [("Anna", "Kern")]


@pytest.mark.parametrize("texts", [[], [None, None], ["", None], ["1 + 2", "--'"]])
def test_columns_without_words_name_nobody(texts: list[str | None]) -> None:
    words = Words(array(texts), dotted=True)
    assert [part.tolist() for part in words.names()] == [[], []]
    assert [part.tolist() for part in words.pairs(KnownHashes(np.array([1], np.uint64)))] == [[], [], []]
