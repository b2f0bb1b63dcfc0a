"""The spellings in which texts may hold a day that the plan shifts, such as a date of birth.

Letter case and what stands between the parts do not matter: ``7. März 1985`` is found as ``7 märz 1985`` is.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.bitmap import Flags
from dataops_infra.masking.detection.spans import FlatTexts

MayBegin = Callable[[FlatTexts], Flags]

_BY_MONTH = ("%Y-%m-%d", "%Y-%m-%dT00", "%Y年%m月%d日", "%Y年%-m月%-d日", "%Y년 %-m월 %-d일")
"""Spellings whose first six bytes, of letters and digits, hang on the month and year alone."""
_BY_DAY_AND_CENTURY = (
    "%d.%m.%Y", "%m/%d/%Y", "%-d %B %Y", "%B %-d, %Y", "%-d %b %Y", "%b %-d, %Y",
    "%-d{} %B %Y", "%-d{} of %B %Y", "%B %-d{}, %Y",
)  # fmt: skip
"""Those whose first six bytes hang on the day, the month and the century. Braces: st, nd, rd, th."""
_PADDED = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y")
"""Those with a zero before a day of one digit: 07-MAR-1985, as databases and mail headers write it."""
_TWO_DIGITS = 10
"""The first day of a month that needs no zero."""
_OTHERS = ("%-d.%-m.%Y", "%-m/%-d/%Y")
_SUFFIXES = {1: "st", 21: "st", 31: "st", 2: "nd", 22: "nd", 3: "rd", 23: "rd"}
_MONTHS = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
)
"""As they stand behind a day: German, French, Spanish, Italian, Dutch, Portuguese, Polish, Swedish, Danish, Norwegian,
Finnish, Czech, Turkish, Russian, Ukrainian (Unicode CLDR, format wide)."""
_BEHIND_DAY_AND_MONTH = {2: " de ", 5: " de "}
"""In Spanish and Portuguese."""


def spellings_of(days: pl.Series, may_begin: MayBegin) -> Iterator[FlatTexts]:
    """``days`` as people write them, one spelling after the other, in the normal form of texts.

    Days that no text can hold in a spelling are left out: those that are written alike at first are looked up as one.

    :param may_begin: which texts may be the beginnings of values that texts hold.
    """
    days = days.drop_nulls()
    day, month, year = (part.to_numpy().astype(np.int64) for part in (days.dt.day(), days.dt.month(), days.dt.year()))
    months, centuries = year * 12 + month, (year // 100 * 12 + month) * 31 + day
    yield from _held(days, months, _BY_MONTH, may_begin)
    yield from _held(days, centuries, _BY_DAY_AND_CENTURY, may_begin)
    short = day < _TWO_DIGITS
    yield from _held(days.filter(pl.Series(short)), centuries[short], _PADDED, may_begin)
    for shape in _OTHERS:
        yield _written(days, shape)
    yield from _in_languages(
        pl.DataFrame({"day": day, "month": month, "year": year, "century": year // 100}), may_begin
    )


def _held(
    days: pl.Series, alike: npt.NDArray[np.int64], shapes: Sequence[str], may_begin: MayBegin
) -> Iterator[FlatTexts]:
    """The days that some text may hold, in each shape.

    :param alike: equal for days whose first six bytes are.
    """
    _, first, group = np.unique(alike, return_index=True, return_inverse=True)
    openings = days.gather(first)
    for shape in shapes:
        held = may_begin(_written(openings, shape))[group]
        if held.any():
            yield _written(days.filter(pl.Series(held)), shape)


def _written(days: pl.Series, shape: str) -> FlatTexts:
    written = days.dt.strftime(shape)
    if "{}" in shape:
        suffixes = days.dt.day().replace_strict(_SUFFIXES, default="th", return_dtype=pl.String)
        filled = pl.col("day").str.replace("{}", pl.col("suffix"), literal=True)
        written = pl.DataFrame({"day": written, "suffix": suffixes}).select(filled).to_series()
    return FlatTexts.of(written.to_arrow())


def _in_languages(parts: pl.DataFrame, may_begin: MayBegin) -> Iterator[FlatTexts]:
    """The days with the names of months that stand behind them, in the languages that some text may be written in."""
    behind = [_behind_day(language, names.split()) for language, names in enumerate(_MONTHS)]
    names = pl.DataFrame({"month": [*range(1, 13)] * len(behind), "behind": [each for some in behind for each in some]})
    alike = ["day", "month", "century"]
    padded = parts.filter(pl.col("day") < _TWO_DIGITS).with_columns(day=pl.format("0{}", "day"))
    parts = pl.concat([parts.cast({"day": pl.String}), padded])
    openings = parts.unique(alike).join(names.unique(), on="month")
    held = openings.filter(pl.Series(may_begin(_named(openings))))
    if len(held):
        yield _named(parts.join(held.select(*alike, "behind"), on=alike))


def _behind_day(language: int, months: Sequence[str]) -> list[str]:
    between = _BEHIND_DAY_AND_MONTH.get(language, " ")
    return [f"{between}{month}{between}" for month in months]


def _named(days: pl.DataFrame) -> FlatTexts:
    return FlatTexts.of(days.select(pl.concat_str("day", "behind", "year")).to_series().to_arrow())
