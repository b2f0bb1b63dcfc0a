"""Texts in percent codes, read as what these say."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection import percent
from dataops_infra.masking.detection.percent import PercentTexts, decoded, encoded_like
from dataops_infra.masking.detection.spans import FlatTexts, Spans


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("q=Anna%20Berg", "q=Anna Berg"),
        ("M%C3%BCller", "Müller"),
        ("M%FCller", "Müller"),
        ("=%EF%BC%A1%C2%A0", "=A "),
        ("%2b49", "+49"),
        ("100 % of 50%25", "100 % of 50%"),
    ],
)
def test_codes_are_read_as_their_characters(text: str, read: str) -> None:
    found = PercentTexts.of(FlatTexts.of(pa.array(["plain", text, "too"])))
    assert found is not None
    assert found.texts.values.to_pylist() == [read]
    assert decoded(pl.Series([text, "a"])).to_list() == [read, "a"]


@pytest.mark.parametrize("text", ["", "%", "100%", "5 % of 20", "%4", "%g0", "%a"])
def test_other_signs_are_none(text: str) -> None:
    assert PercentTexts.of(FlatTexts.of(pa.array([text, "20", text]))) is None


def test_taken_codes_do_not_count() -> None:
    texts = FlatTexts.of(pa.array(["a%20b c%20d"]))
    assert PercentTexts.of(texts, Spans(np.array([0]), np.array([11]), np.array([0]))) is None
    assert PercentTexts.of(texts, Spans(np.array([0]), np.array([5]), np.array([0]))) is not None


def test_replacements_are_written_as_what_they_replace() -> None:
    written, masked = pl.Series(["A%20B", "A B"]), pl.Series(["Ä c+d/e", "Ä c"])
    assert encoded_like(written, masked).to_list() == ["%C3%84%20c%2Bd%2Fe", "Ä c"]
    assert masked.to_list() == ["Ä c+d/e", "Ä c"]


@given(st.lists(st.text(alphabet="aé%24 ", max_size=30), max_size=6), st.integers(8, 64))
def test_pieces_stand_in_the_original_where_it_is_said(rows: list[str], chunk: int) -> None:
    texts = FlatTexts.of(pa.array(rows, pa.string()))
    whole = PercentTexts.of(texts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(percent, "_LOOKED_AT", chunk)
        parts = PercentTexts.of(texts)
    assert (whole is None) == (parts is None)
    if whole is None or parts is None:
        return
    assert whole.texts.values.equals(parts.texts.values)
    offsets = whole.texts.offsets
    found = whole.in_original(Spans(offsets[:-1], offsets[1:], np.arange(len(whole.texts))))
    pieces = texts.pieces(found.starts, found.ends).to_pylist()
    assert [rows[row] for row in texts.rows(found.starts)] == pieces
