"""Words that are written letter by letter, read as words."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.masking.detection import spaced
from dataops_infra.masking.detection.spaced import SpacedTexts
from dataops_infra.masking.detection.spans import FlatTexts, Spans


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A n n a  B e r g", "Anna  Berg"),
        ("by A n n a B e r g.", "by AnnaBerg."),
        ("И в а н", "Иван"),
        ("no é l a n ž", "no élanž"),
        ("I a m A n n a", "IamAnna"),
    ],
)
def test_letters_with_a_space_between_are_a_word(text: str, read: str) -> None:
    found = SpacedTexts.of(FlatTexts.of(pa.array(["plain", text, "too"])))
    assert found is not None
    assert found.texts.values.to_pylist() == [read]


@pytest.mark.parametrize(
    "text", ["", "a b", "I a mine", "1 2 3 4 5", "a,b c,d e", "A. B. C. D", "a  b  c  d", "王 小 明 王 小"]
)
def test_other_letters_and_numbers_are_none(text: str) -> None:
    assert SpacedTexts.of(FlatTexts.of(pa.array([text, "a", text]))) is None


@given(st.lists(st.text(alphabet="abé Ж", max_size=30), max_size=6), st.integers(8, 64))
def test_pieces_stand_in_the_original_where_it_is_said(rows: list[str], chunk: int) -> None:
    texts = FlatTexts.of(pa.array(rows, pa.string()))
    whole = SpacedTexts.of(texts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spaced, "_CHUNK_BYTES", chunk)
        parts = SpacedTexts.of(texts)
    assert (whole is None) == (parts is None)
    if whole is None or parts is None:
        return
    assert whole.texts.values.equals(parts.texts.values)
    offsets = whole.texts.offsets
    spans = Spans(offsets[:-1], offsets[1:], np.arange(len(whole.texts)))
    found = whole.in_original(spans)
    pieces = texts.pieces(found.starts, found.ends).to_pylist()
    assert [rows[row] for row in texts.rows(found.starts)] == pieces
    assert [piece.replace(" ", "") for piece in pieces] == [
        whole.texts.values[int(row)].as_py().replace(" ", "") for row in found.labels
    ]
