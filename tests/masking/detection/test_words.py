"""Words of texts, their hashes, and what they open with, told against plain Python."""

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import (
    HEAD_BITS,
    LONGEST_JOINED,
    OPENING,
    Words,
    condensed,
    hashes_of,
    joined,
    openings_of,
    words_of,
)

TEXTS = st.lists(st.text(alphabet="aZ1 -é字", max_size=24), max_size=6)
LENGTHS = (1, 7, 8, 9, 16, 17, 40)


def words_in(*texts: str) -> tuple[FlatTexts, Words]:
    flat = FlatTexts.of(pa.array(texts, pa.string()))
    return flat, words_of(flat, 0, len(flat))


def spelled(flat: FlatTexts, words: Words) -> list[str]:
    return list(flat.pieces(words.starts, words.ends).to_pylist())


@given(TEXTS)
def test_words_are_runs_of_letters_and_digits_and_single_han_characters(texts: list[str]) -> None:
    flat, words = words_in(*texts)
    expected = [word for text in texts for word in re.findall("字|[aZ1é]+", text)]
    assert spelled(flat, words) == expected
    assert words.is_unspaced.tolist() == [word == "字" for word in expected]
    last = [bool(left) for text in texts for left in range(len(re.findall("字|[aZ1é]+", text)) - 1, -1, -1)]
    gaps = np.append(words.starts[1:], 0) - words.ends
    followed = [goes and gap <= 5 for goes, gap in zip(last, gaps, strict=True)]
    assert words.is_followed_at(np.arange(len(words))).tolist() == followed


@pytest.mark.parametrize("length", LENGTHS)
def test_hashes_tell_words_apart_by_every_byte_and_by_no_letter_case(length: int) -> None:
    plain = ("abcdefgh" * 6)[:length]
    others = [plain[:at] + "z" + plain[at + 1 :] for at in range(length)]
    _, words = words_in(plain, plain.upper(), *others, f"{plain}z")
    hashes = words.hashes.tolist()
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == len(others) + 2
    assert len(set(words.codes.tolist())) == len(others) + 2


def test_upper_bits_of_hashes_are_those_of_the_first_eight_bytes() -> None:
    _, words = words_in("customer", "customer1", "customer-1", "customer000017", "custome")
    shift = np.uint64(64 - HEAD_BITS)
    upper = (words.hashes >> shift).tolist()
    assert upper == (words.heads >> shift).tolist()
    assert upper[0] == upper[1] == upper[2] == upper[4] != upper[5]


def test_words_do_not_hang_on_what_stands_beside_them() -> None:
    _, alone = words_in("Hermighausen")
    _, beside = words_in("x", "(Hermighausen,Anna", "Hermighausen")
    assert beside.hashes[[1, 3]].tolist() == alone.hashes.tolist() * 2
    assert beside.codes[[1, 3]].tolist() == alone.codes.tolist() * 2


def test_bytes_count_up_to_the_longest() -> None:
    long = "a" * LONGEST_JOINED
    _, words = words_in(long, f"{long}b", f"{long}c", f"b{long}")
    assert words.hashes[1] == words.hashes[2] == words.hashes[0]
    assert words.hashes[3] != words.hashes[0]


@given(st.text("aZ1é", min_size=1, max_size=20), st.text("aZ1é", min_size=1, max_size=20))
def test_code_of_joined_words_is_that_of_one(first: str, second: str) -> None:
    _, words = words_in(f"{first} {second}", f"{first}{second}")
    length = words.ends[:1] - words.starts[:1]
    assert joined(words.codes[:1], length, words.codes[1:2]).tolist() == words.codes[2:].tolist()


@given(st.lists(st.text("aZ1-é ", max_size=20), min_size=1, max_size=5))
def test_values_have_the_hash_of_one_word_and_open_as_their_words_do(values: list[str]) -> None:
    flat, words = words_in(*values)
    plain = [re.sub("[- ]", "", value) for value in values]
    kept = [row for row, value in enumerate(plain) if value]
    _, single = words_in(*(plain[row] for row in kept))
    assert hashes_of(condensed(flat, 0, len(flat)))[kept].tolist() == single.hashes.tolist()
    starts = [int(np.searchsorted(words.starts, flat.offsets[row])) for row in kept]
    openings, is_enough = words.openings_at(np.array(starts, np.int64))
    near = [row for row in kept if not re.search("[- ]{5}", values[row])]
    for row, opening, enough in zip(kept, openings, is_enough, strict=True):
        if row in near:
            assert enough == (len(plain[row].encode()) >= OPENING)
            assert not enough or opening == openings_of(condensed(flat, 0, len(flat)))[row]


def test_other_spellings_stand_in_for_the_words_own() -> None:
    _, words = words_in("Müller geht", "Weg")
    _, plain = words_in("Mueller")
    other = replace(words, spelled=(np.array([0]), plain.hashes))
    assert other.hashes.tolist() == [plain.hashes[0], *words.hashes[1:]]
    assert other.hashes_at(np.array([2, 0])).tolist() == [words.hashes[2], plain.hashes[0]]
    shift = np.uint64(64 - HEAD_BITS)
    assert (other.heads >> shift).tolist() == (other.hashes >> shift).tolist()
