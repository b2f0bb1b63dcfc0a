"""What texts can hold: no value that stands in one may be kept out, in whatever spelling; most others are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import condensed, condensed_words, words_of
from dataops_infra.masking.text_sieve import LatelySeen, TextNotes

WORDS = st.lists(st.text(alphabet="aZ09éŠß王ก한й𠀋", min_size=1, max_size=9), min_size=1, max_size=5)
GAPS = st.sampled_from(["", " ", "-", ". ", "’", "/"])


def flat(*texts: str | None) -> FlatTexts:
    return FlatTexts.of(pa.array(texts, pa.large_string()))


def passes(text: str, value: str, short: bool = True) -> bool:
    notes = TextNotes(1)
    notes.add(flat("first", text, "last"))
    return bool(notes.sieve().may_hold(flat("other value", value), short)[1])


@given(WORDS, GAPS, GAPS, st.sampled_from([str, str.upper, str.lower]), st.sampled_from(["", "x ", "é, ", "王"]))
@settings(deadline=None)
def test_what_stands_in_a_text_passes_however_it_is_spelt(words, gap, other_gap, spelling, around) -> None:
    value = gap.join(words)
    written = other_gap.join(words)
    # A spelling of another length (ß, SS) is another value.
    spelt = spelling(written) if len(spelling(written)) == len(written) else written
    assert passes(f"{around}{spelt} {around}", value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5551234567", "call 555-123-4568"),
        ("5551234567", "call 655-123-4567"),
        ("123456", "123457 923456"),
        ("1234567", "91234567"),
        ("Johannes Brandt", "Johannes Brandtner"),
        ("12345678", "b12345678b"),
        ("12345678", "x12345678x1"),
        ("12345678", ""),
    ],
)
def test_what_begins_or_ends_otherwise_is_left_out(value: str, text: str) -> None:
    assert not passes(text, value)
    assert passes(f"{text} {value}", value)


@pytest.mark.parametrize(("value", "short", "expected"), [("12345", True, True), ("12345", False, False)])
def test_values_of_few_bytes_are_not_looked_up(value: str, short: bool, expected: bool) -> None:
    assert passes("nothing", value, short) is expected
    assert not passes("nothing", "?!", short)
    assert not passes("nothing", "", short)


def test_nothing_passes_where_nothing_was_added() -> None:
    notes = TextNotes(None)
    notes.add(flat())
    notes.add(flat(None, ""))
    sieve = notes.sieve()
    assert sieve.may_hold(flat("12345678", "abcdef"), short=True).tolist() == [False, False]
    assert len(sieve.may_hold(flat(), short=True)) == 0


@pytest.mark.parametrize(("number", "bits"), [(0, 20), (100_000, 23), (10**9, 28), (None, 28)])
def test_bitmaps_have_a_size_that_the_number_of_texts_bounds(number: int | None, bits: int) -> None:
    notes = TextNotes(number)
    assert notes._heads.flags.slots == notes._tails.flags.slots == 1 << bits
    assert repr(notes.sieve()) == f"TextSieve(bits={bits})"


@pytest.mark.parametrize(("words", "bits"), [(1_000, 20), (60_000, 20), (150_000, 22), (300_000, 23)])
def test_bitmaps_are_no_larger_than_what_was_noted_asks_for(words: int, bits: int) -> None:
    notes = TextNotes(10**6)
    numbers = np.random.default_rng(7).integers(10**9, 10**10, words).astype(str)
    notes.add(flat(*(" ".join(part) for part in np.array_split(numbers, 100))))
    sieve = notes.sieve()
    assert sieve.heads.slots.bit_length() - 1 == sieve.tails.slots.bit_length() - 1 == bits
    assert sieve.may_hold(flat(*numbers.tolist()), short=False).all()
    others = np.random.default_rng(8).integers(10**9, 10**10, 20_000).astype(str)
    assert sieve.may_hold(flat(*others.tolist()), short=False).mean() < 0.04


@given(st.lists(st.text(alphabet="aZ09 -.é王", max_size=12), min_size=1, max_size=6))
@settings(deadline=None)
def test_condensed_texts_are_their_words_in_a_row(texts: list[str]) -> None:
    given_texts = flat("cut", *texts, "cut")
    rows, words = condensed(given_texts, 1, 1 + len(texts)), condensed_words(given_texts, 1, 1 + len(texts))
    found = words_of(given_texts, 1, 1 + len(texts))
    expected = [
        given_texts.data[start:end].tobytes().decode().lower().encode()
        for start, end in zip(found.starts, found.ends, strict=True)
    ]
    assert [words.data[start:end].tobytes() for start, end in zip(words.starts, words.ends, strict=True)] == expected
    of_row = given_texts.rows(found.starts)
    joined = [b"".join(w for w, row in zip(expected, of_row, strict=True) if row == n + 1) for n in range(len(texts))]
    assert [rows.data[start:end].tobytes() for start, end in zip(rows.starts, rows.ends, strict=True)] == joined


def test_only_words_of_the_texts_may_be_words() -> None:
    notes = TextNotes(10)
    notes.add(FlatTexts.of(pa.array(["Mail #AnnaBerg, annabergmann, JoBerg or Anna Berg"], pa.large_string())))
    asked = ["Anna Berg", "Anna Bergmann", "anna-bergmann", "Anna Bergm", "Jo Berg", "Berg Anna", ""]
    may_be = notes.sieve().may_be_words(FlatTexts.of(pa.array(asked, pa.large_string())))
    assert dict(zip(asked, may_be.tolist(), strict=True)) == {
        "Anna Berg": True, "Anna Bergmann": True, "anna-bergmann": True, "Anna Bergm": False, "Jo Berg": False,
        "Berg Anna": False, "": False,
    }  # fmt: skip


def test_values_that_were_lately_seen_are_left_out_for_their_operator_alone() -> None:
    seen = LatelySeen()
    values = pa.array(["a", "b", "a"], pa.large_string())
    assert seen.fresh(values, 0).to_pylist() == ["a", "b", "a"]
    assert seen.fresh(pa.array(["b", "c"], pa.large_string()), 0).to_pylist() == ["c"]
    assert seen.fresh(values, 1).to_pylist() == ["a", "b", "a"]


def test_every_new_value_is_fresh_however_many_there_are() -> None:
    seen = LatelySeen()
    values = pa.array([f"{n}" for n in range(40_000)], pa.large_string())
    assert len(seen.fresh(values, 0)) == 40_000
    again = seen.fresh(pa.concat_arrays([values, pa.array(["new"], pa.large_string())]), 0)
    assert again[-1].as_py() == "new"
    assert len(again) < 1_000
