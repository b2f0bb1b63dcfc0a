"""What is asked of a column has one answer however it is stored, and folding leaves nothing out."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.folding import same_folded
from dataops_infra.masking.gate.kept_values import DistinctTexts
from dataops_infra.masking.gate.values import hashes, plain

LETTERS = "aAbB1 äÄéжЖ中\u00a0\u1680\u3000\u2003\u0130\u0131\u212aKkẞßȺⱥσΣςỄễゃ한😀\u0085"
TEXTS = st.lists(st.none() | st.text(LETTERS, max_size=12), max_size=30)
LAYOUTS: tuple[Callable[[pa.Array], pa.Array], ...] = (
    lambda values: values,
    lambda values: values.cast(pa.string_view()),
    lambda values: values.dictionary_encode(),
    lambda values: pa.concat_arrays([pa.array(["in front"], values.type), values]).dictionary_encode().slice(1),
    lambda values: (
        pa.concat_arrays([values, pa.array([None], values.type)]).dictionary_encode("encode").slice(0, len(values))
    ),
)


def column(values: list[str | None], layout: int) -> Column:
    return Column(LAYOUTS[layout](pa.array(values, pa.string())))


@given(TEXTS, st.sampled_from(range(1, len(LAYOUTS))))
def test_a_column_is_the_same_however_it_is_stored(values: list[str | None], layout: int) -> None:
    stored, asked = column(values, layout), column(values, 0)
    assert stored.plain.equals(asked.plain)
    assert stored.type == asked.type == pa.large_string()
    assert len(stored) == len(values)
    assert stored.has_nulls is (None in values)
    there = np.array([value is not None for value in values], np.bool_)
    assert stored.valid.tolist() == there.tolist()
    assert stored.hashes[there].tolist() == hashes(plain(pa.array(values, pa.string())))[there].tolist()
    assert stored.halved_hashes[there].tolist() == asked.halved_hashes[there].tolist()
    assert stored.lengths.tolist() == [len((value or "").encode()) for value in values]
    assert stored.filled.tolist() == [bool(value) for value in values]
    assert asked.is_ascii is all(value.isascii() for value in values if value)
    assert {*stored.different.to_pylist()} - {None} >= {*values} - {None}
    rows = np.arange(len(values))[::2]
    assert stored.take(rows).to_pylist() == values[::2]


@given(TEXTS, TEXTS, st.sampled_from(range(len(LAYOUTS))), st.sampled_from(range(len(LAYOUTS))))
def test_columns_are_equal_when_their_values_and_nulls_are(
    mine: list[str | None], theirs: list[str | None], one: int, other: int
) -> None:
    assert column(mine, one).equals(column(mine, other))
    assert column(mine, one).equals(column(theirs, other)) is (mine == theirs)


def test_dictionaries_of_more_texts_than_rows_or_of_numbers_or_with_null_are_read_as_plain() -> None:
    texts = pa.array(["a", None], pa.string())
    columns = {
        "large": pa.array(["a", "b", "c"]).dictionary_encode().slice(0, 2),
        "numbers": pa.array([1, 1, 2]).dictionary_encode(),
        "null": pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), texts),
        "nothing": pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.array([], pa.string())),
        "twice": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.uint8()), pa.array(["a", "b", "a"])),
    }
    found = {name: (Column(values).entries is None, Column(values).valid.tolist()) for name, values in columns.items()}
    assert found == {
        "large": (True, [True, True]),
        "numbers": (True, [True, True, True]),
        "null": (True, [True, False, False]),
        "nothing": (True, [False, False]),
        "twice": (False, [True, True, True]),
    }
    assert Column(columns["numbers"]).type == pa.int64()
    assert Column(columns["twice"]).equals(column(["a", "b", "a"], 2))


@given(st.lists(TEXTS, max_size=5), st.sampled_from([4, 100]))
def test_distinct_texts_are_the_same_however_they_are_stored(runs: list[list[str | None]], limit: int) -> None:
    found = [DistinctTexts(limit) for _ in LAYOUTS]
    for run in runs:
        for layout, seen in enumerate(found):
            seen.add(column(run, layout))
    assert len({(tuple(seen.values().to_pylist()), seen.level, seen.rows, seen.distinct) for seen in found}) == 1


def folded(values: list[str | None]) -> list[str | None]:
    return pl.Series(values, dtype=pl.String).str.strip_chars().str.to_lowercase().to_list()


PAIRS = st.lists(
    st.tuples(st.text(LETTERS, max_size=12), st.sampled_from((str.upper, str.lower, str.title, str.strip, str)))
    | st.tuples(st.none() | st.text(LETTERS, max_size=12), st.none() | st.text(LETTERS, max_size=3)),
    max_size=30,
)


@given(PAIRS, st.sampled_from(range(len(LAYOUTS))), st.sampled_from(range(len(LAYOUTS))))
def test_folding_finds_what_folding_every_text_finds(pairs: list[tuple[str | None, Any]], one: int, other: int) -> None:
    mine = [text for text, _ in pairs]
    theirs = [change(text) if callable(change) else change for text, change in pairs]
    expected = [a == b and bool(a) for a, b in zip(folded(mine), folded(theirs), strict=True)]
    assert same_folded(column(mine, one), column(theirs, other)).tolist() == expected


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
def test_no_letter_of_unicode_is_lost_by_its_bytes(kind: pa.DataType) -> None:
    every = pl.Series([chr(n) for n in range(1, sys.maxunicode + 1) if not 0xD800 <= n < 0xE000])
    letters = every.filter((every.str.to_lowercase() != every) | (every.str.strip_chars() != every))
    assert len(letters) > 1400
    for front, behind in (("", ""), ("x", ""), ("", "x"), ("one more text ", " and more behind")):
        mine = pl.Series([f"{front}{letter}{behind}" for letter in letters])
        theirs = mine.str.strip_chars().str.to_lowercase()
        sides = [Column(side.to_arrow().cast(kind)) for side in (mine, theirs)]
        assert same_folded(*sides).tolist() == (theirs != "").to_list()


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view()])
def test_folding_looks_past_nulls_and_slices(kind: pa.DataType) -> None:
    left = pa.array(["skip", "Anna", None, "", " bert ", "Жанна", "carl"], kind).slice(1)
    right = pa.array(["skip", "aNNA", None, "", "BERT", "жАННА", "carla"], kind).slice(1)
    assert same_folded(Column(left), Column(right)).tolist() == [True, False, False, True, True, False]
    assert same_folded(Column(left.slice(0, 0)), Column(right.slice(0, 0))).tolist() == []
    nothing = Column(pa.nulls(2, pa.large_string()))
    assert same_folded(nothing, nothing).tolist() == [False, False]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("ABCDEFGHIJ", "abcdefghij", True),
        ("ABCDEFGHIJ", "abcdefghix", False),
        ("xABCDEFGHIJ", "yabcdefghij", False),
        ("abcÄdefghi", "ABCäDEFGHI", True),
        ("abcdefghÿ.ab", "ABCDEFGHŸ.AB", True),
        ("abcdefghÿ.ab", "abcdefghÄ.ab", False),
        ("1234567890", "1234567890", True),
        ("abcdefgh@", "abcdefgh`", False),
        (" abcdefghij", "abcdefghij", True),
        ("short", "SHORT", True),
        ("short", "SHOUT", False),
        ("äbc", "ÄBC", True),
        ("äbc", "ÄBD", False),
    ],
)
def test_long_and_short_texts_are_the_same_but_for_case(left: str, right: str, same: bool, kind: pa.DataType) -> None:
    others = [("one", "two"), ("of other length", "and this too"), (None, "x")]
    mine, theirs = (pa.array([value, *rest], kind) for value, *rest in zip((left, right), *others, strict=True))
    assert same_folded(Column(mine), Column(theirs)).tolist() == [same, False, False, False]
    assert same_folded(Column(mine.slice(0, 1)), Column(theirs.slice(0, 1))).tolist() == [same]
