"""The spellings of days that texts are searched for."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.known_dates import spellings_of

DAYS = pl.Series([date(1985, month, 3 * month) for month in range(1, 10)] + [date(2001, 10, 31), date(2001, 12, 31)])
NOVEMBER = pl.Series([date(1999, 11, 22)])


def written(days: pl.Series) -> list[FlatTexts]:
    """All spellings, of every language."""
    return [FlatTexts.of(some) for some in spellings_of(days, lambda texts: np.ones(len(texts), np.bool_))]


def test_spellings_are_in_the_normal_form_that_texts_are_searched_in() -> None:
    for texts in written(pl.concat([DAYS, NOVEMBER])):
        assert NormalTexts.of(texts).texts.values.to_pylist() == texts.values.to_pylist()


def test_a_day_is_written_as_people_do() -> None:
    found = {text for texts in written(NOVEMBER) for text in texts.values.to_pylist()}
    assert found == {
        "1999-11-22", "1999-11-22T00", "22.11.1999", "11/22/1999", "22 November 1999", "November 22, 1999",
        "22 Nov 1999", "Nov 22, 1999", "1999年11月22日", "1999년 11월 22일", "22nd November 1999",
        "22nd of November 1999", "November 22nd, 1999", "22 november 1999", "22 novembre 1999",
        "22 de noviembre de 1999", "22 de novembro de 1999", "22 listopada 1999", "22 marraskuuta 1999",
        "22 listopadu 1999", "22 kasım 1999", "22 ноября 1999", "22 листопада 1999",
    }  # fmt: skip


def test_languages_whose_months_no_text_names_are_spared() -> None:
    def only_polish(texts: FlatTexts) -> Any:
        return np.array([text.startswith("listopada") for text in texts.values.to_pylist()])

    spoken = [FlatTexts.of(some).values.to_pylist() for some in spellings_of(NOVEMBER, only_polish)]
    assert spoken[-1] == ["22 listopada 1999"]
    assert not any("novembre" in text for texts in spoken for text in texts)
