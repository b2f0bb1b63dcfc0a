"""The spellings of days that texts are searched for."""

from datetime import date
from random import Random

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.masking.bitmap import Flags
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.known_dates import MayBegin, spellings_of
from dataops_infra.masking.text_sieve import TextNotes

DAYS = pl.Series([date(1985, month, 3 * month) for month in range(1, 10)] + [date(2001, 10, 31), date(2001, 12, 31)])
NOVEMBER = pl.Series([date(1999, 11, 22)])


def everything(texts: FlatTexts) -> Flags:
    """Of texts that hold all there is."""
    return np.ones(len(texts), np.bool_)


def flat(*texts: str) -> FlatTexts:
    return FlatTexts.of(pa.array(texts, pa.string()))


def held_by(*texts: str) -> MayBegin:
    """What some texts may hold."""
    notes = TextNotes(len(texts))
    notes.add(flat(*texts))
    return notes.sieve().may_begin


def written(days: pl.Series, may_begin: MayBegin) -> list[str]:
    """All spellings, of every language."""
    return [text for texts in spellings_of(days, may_begin) for text in texts.values.to_pylist()]


def test_spellings_are_in_the_normal_form_that_texts_are_searched_in() -> None:
    found = flat(*written(pl.concat([DAYS, NOVEMBER]), everything))
    assert NormalTexts.of(found).texts.values.to_pylist() == found.values.to_pylist()


def test_a_day_is_written_as_people_do() -> None:
    assert set(written(NOVEMBER, everything)) == {
        "1999-11-22", "1999-11-22T00", "22.11.1999", "11/22/1999", "22 November 1999", "November 22, 1999",
        "22 Nov 1999", "Nov 22, 1999", "1999年11月22日", "1999년 11월 22일", "22nd November 1999",
        "22nd of November 1999", "November 22nd, 1999", "22 november 1999", "22 novembre 1999",
        "22 de noviembre de 1999", "22 de novembro de 1999", "22 listopada 1999", "22 marraskuuta 1999",
        "22 listopadu 1999", "22 kasım 1999", "22 ноября 1999", "22 листопада 1999",
    }  # fmt: skip


@pytest.mark.parametrize("days", [[], [None]], ids=["none", "null"])
def test_no_day_is_written_in_no_way(days: list[None]) -> None:
    assert written(pl.Series(days, dtype=pl.Date), everything) == []


def test_what_no_text_can_hold_is_not_written() -> None:
    numbers = {"22.11.1999", "11/22/1999"}  # the day and month alone tell too little of these
    assert set(written(NOVEMBER, held_by("nothing of any day"))) == numbers
    found = written(NOVEMBER, held_by("urodzony 22 listopada 1999 roku"))
    assert set(found) - numbers == {"22 listopada 1999", "22 listopadu 1999"}  # Polish and Czech begin alike


def _in_capitals(text: str) -> str:
    """But for Turkish, whose letters a reader without its rules does not find again: MAYIS."""
    return text.upper() if text.upper().lower() == text.lower() else text


@pytest.mark.parametrize("said", ["{}", "since {}.", "({})"])
@pytest.mark.parametrize("between", [None, "", " - "])
@settings(max_examples=20, deadline=None)
@given(
    days=st.lists(st.dates(date(1900, 1, 1), date(2099, 12, 31)), min_size=1, max_size=20, unique=True),
    seed=st.integers(0, 2**32),
)
def test_whatever_a_text_holds_is_written(said: str, between: str | None, days: list[date], seed: int) -> None:
    every = sorted(written(pl.Series(days), everything))
    some = Random(seed).sample(every, min(5, len(every)))
    spelled = some if between is None else [_in_capitals(text.replace(" ", between)) for text in some]
    found = written(pl.Series(days), held_by(*map(said.format, spelled)))
    assert set(some) <= set(found) <= set(every)
