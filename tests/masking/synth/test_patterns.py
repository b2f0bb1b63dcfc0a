"""Texts of patterns: they match, they differ where they must, and what cannot be made is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.synth.patterns import PatternError, read_pattern
from dataops_infra.masking.synth.streams import Permutation, Stream, all_rows

STREAM = Stream(("t", "c"), 3)
ROWS = all_rows(0, 300)

ATOMS = st.sampled_from(["a", "b", "[a-c]", r"\d", r"\w", ".", "[^a-z]", r"\.", "ä", "[xyä]", r"\S", "[-+]", r"[\d_]"])
SUFFIXES = st.sampled_from(["", "", "?", "*", "+", "{2}", "{0,3}", "{2,}", "+?"])
EXPRESSIONS = st.recursive(
    st.builds(lambda atom, suffix: atom + suffix, ATOMS, SUFFIXES),
    lambda inner: st.one_of(
        st.builds("".join, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one, other: f"({one}|{other})", inner, inner),
        st.builds(lambda one, count: f"(?:{one}){{1,{count}}}", inner, st.integers(1, 3)),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_texts_match_their_pattern(expression: str) -> None:
    try:
        pattern = read_pattern(expression)
    except PatternError:
        return
    drawn = pattern.drawn(STREAM, ROWS).to_pylist()
    number = min(pattern.size, 300)
    counted = pattern.at(Permutation(STREAM, pattern.size).of(all_rows(0, number))).to_pylist()
    for text in (*drawn, *counted):
        assert re.fullmatch(expression, text), text
    if pattern.is_distinct:
        assert len(set(counted)) == number


@given(EXPRESSIONS, st.integers(0, 6), st.integers(0, 8))
def test_texts_keep_to_the_lengths(expression: str, shortest: int, longest: int) -> None:
    try:
        pattern = read_pattern(expression, shortest, longest)
    except PatternError:
        return
    for text in pattern.drawn(STREAM, ROWS).to_pylist():
        assert shortest <= len(text) <= longest
        assert re.fullmatch(expression, text)


@pytest.mark.parametrize(
    ("expression", "size", "is_distinct"),
    [
        (r"[A-Z]{3}-\d{4}", 26**3 * 10**4, True),
        (r"^(DE|AT|CH)\d{2,3}$", 3 * 1_100, True),
        (r"(a|ab)c", 2, True),
        (r"(a|a)", 2, False),
        (r"a*b*", 81, False),
        (r"(?:ab|c){2}", 4, False),
        (r"(?:ab|cd){1,2}", 6, True),
        (r"(aa|b[cd]|e)x", 4, False),
        (r"", 1, True),
        (r"x|yy|", 3, True),
        (r"[A-]", 2, True),
        (r"[]x]", 2, True),
        (r"[a\]\-\\]", 4, True),
        (r"\t\n", 1, True),
    ],
)
def test_texts_are_counted(expression: str, size: int, is_distinct: bool) -> None:
    pattern = read_pattern(expression)
    assert (pattern.size, pattern.is_distinct) == (size, is_distinct)


def test_lengths_of_a_run_are_as_likely() -> None:
    lengths = [len(text) for text in read_pattern("[a-z]{1,4}").drawn(STREAM, all_rows(0, 4_000)).to_pylist()]
    assert all(abs(lengths.count(length) - 1_000) < 150 for length in range(1, 5))


def test_rows_are_made_one_by_one_as_all_at_once() -> None:
    pattern = read_pattern(r"(?:[a-z]{1,5}|\d+)(x|ä){0,2}")
    whole = pattern.drawn(STREAM, ROWS).to_pylist()
    assert [pattern.drawn(STREAM, ROWS[place : place + 1])[0].as_py() for place in range(0, 300, 37)] == whole[::37]


def test_huge_sets_of_texts_are_counted_as_far_as_numbers_go() -> None:
    pattern = read_pattern(r"[a-z]{10,40}[0-9]{30}")
    assert len(set(pattern.at(Permutation(STREAM, pattern.size).of(all_rows(0, 1_000))).to_pylist())) == 1_000
    assert int(np.log2(pattern.size)) == 62


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(?=a)b", "looks around"),
        ("(?P<n>a)", "looks around"),
        (r"(a)\1", r"\1 is refused"),
        (r"\bword", r"\b is refused"),
        (r"\pL", r"\p is refused"),
        ("a^b", "^ stands within"),
        ("a$b", "$ stands within"),
        ("*a", "* has nothing before it"),
        ("a**", "a repetition is repeated"),
        ("a{3,1}", "no repetition"),
        ("a{2000}", "no repetition"),
        ("(ab){50}", "repeated more than 32 times"),
        ("a{x}", "begins no repetition"),
        ("a{2", "begins no repetition"),
        ("(a", "never closed"),
        ("a)", "was not opened"),
        ("[a", "ends in the middle"),
        ("a\\", "ends in the middle"),
        ("[z-a]", "goes backwards"),
        ("[a-\\d]", "goes backwards"),
        ("[[:alpha:]]", "is refused"),
        (r"[^ -~]", "leaves no character"),
        ("(?:(?:a{1000}){32})", "more than 10,000 characters"),
    ],
)
def test_pattern_that_is_refused_says_why(expression: str, said: str) -> None:
    with pytest.raises(PatternError, match=re.escape(said)):
        read_pattern(expression)


@pytest.mark.parametrize(
    ("expression", "shortest", "longest", "said"),
    [
        ("[A-Z]{5}", 0, 3, "its shortest text has 5 characters, and at most 3 are allowed"),
        ("[A-Z]{5}", 6, None, "its longest text has 5 characters, and at least 6 are asked for"),
        ("a*", 3, 2, "no text has at least 3 characters and at most 2"),
        ("a+b+", 0, 5, "write the lengths into the pattern"),
    ],
)
def test_lengths_that_no_text_has_are_told(expression: str, shortest: int, longest: int | None, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        read_pattern(expression, shortest, longest)


@given(st.text(max_size=20) | st.text("ab()[]{}|*+?^$\\.-,019", max_size=20))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    try:
        pattern = read_pattern(text)
    except PatternError:
        return
    assert len(pattern.drawn(STREAM, ROWS[:3])) == 3
