import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.trigrams import LENGTH, Needles, Trigrams

TEXTS = st.text("abcäя木 😀1", max_size=40)
PAIRS = st.lists(st.tuples(TEXTS, st.none() | TEXTS, st.integers(0, 40), st.integers(0, 12)), min_size=1, max_size=30)


def flat(texts: list[str | None]) -> FlatTexts:
    return FlatTexts.of(pa.array(texts, pa.large_string()))


def columns(pairs: list[tuple[str, str | None, int, int]]) -> tuple[list[str | None], list[str | None]]:
    """Texts, and a value for each: any one, or a part of the text."""
    texts = [text for text, _, _, _ in pairs]
    return texts, [text[at : at + size] if value is None else value for text, value, at, size in pairs]


def held(texts: list[str | None], values: list[str | None]) -> set[int]:
    """The rows whose text holds their value, which is long enough."""
    pairs = [((text or "").encode(), (value or "").encode()) for text, value in zip(texts, values, strict=True)]
    return {row for row, (text, value) in enumerate(pairs) if len(value) >= LENGTH and value in text}


@given(PAIRS)
def test_no_value_is_passed_over(pairs: list[tuple[str, str | None, int, int]]) -> None:
    texts, values = columns(pairs)
    may = Trigrams.of(flat(texts)).may_hold(Needles.of(flat(values)))
    assert held(texts, values) <= set(may.tolist())
    assert all(len((values[row] or "").encode()) >= LENGTH for row in may)


@given(PAIRS, st.data())
def test_what_is_added_is_found_beside_what_was_there(pairs: list[tuple[str, str | None, int, int]], data) -> None:
    texts, values = columns(pairs)
    before = [data.draw(TEXTS) for _ in texts]
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(texts) - 1)))), np.int64)
    sieve = Trigrams.of(flat(before)).added(rows, flat([texts[row] for row in rows]))
    expected = {row for row in held(texts, values) if row in set(rows.tolist())} | held(before, values)
    assert expected <= set(sieve.may_hold(Needles.of(flat(values))).tolist())


@pytest.mark.parametrize("words", [5, 60, 2000])
def test_few_values_pass_that_stand_nowhere(words: int) -> None:
    random = np.random.default_rng(7)
    texts = [" ".join(f"w{n:05}" for n in random.integers(0, 10**5, words)) for _ in range(200)]
    sieve = Trigrams.of(flat(texts))
    strange = [f"{n:09}" for n in random.integers(10**8, 10**9, len(texts))]
    letters = ["".join(random.choice([*"abcdefghijkl"], 9)) for _ in texts]
    assert len(sieve.may_hold(Needles.of(flat(letters)))) <= 4
    assert sieve.packed.nbytes <= 8 * sum(map(len, texts))
    assert set(sieve.may_hold(Needles.of(flat(strange)))) <= {*range(len(texts))}


def test_an_empty_column_holds_nothing() -> None:
    assert not len(Trigrams.of(flat([])).may_hold(Needles.of(flat([]))))
    assert not len(Trigrams.of(flat(["", None])).may_hold(Needles.of(flat(["abc", "abc"]))))
