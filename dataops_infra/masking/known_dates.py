"""The spellings in which texts may hold a day that the plan shifts, such as a date of birth.

Letter case and what stands between the parts do not matter: ``7. März 1985`` is found as ``7 märz 1985`` is.
"""

from collections.abc import Callable, Iterator

import polars as pl
import pyarrow as pa

from dataops_infra.masking.bitmap import Flags
from dataops_infra.masking.detection.spans import FlatTexts

_SHAPES = (
    "%Y-%m-%d", "%Y-%m-%dT00", "%d.%m.%Y", "%m/%d/%Y", "%-d.%-m.%Y", "%-m/%-d/%Y", "%-d %B %Y", "%B %-d, %Y",
    "%-d %b %Y", "%b %-d, %Y", "%Y年%m月%d日", "%Y年%-m月%-d日", "%Y년 %-m월 %-d일",
)  # fmt: skip
_ORDINALS = ("%-d{} %B %Y", "%-d{} of %B %Y", "%B %-d{}, %Y")
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


def spellings_of(days: pl.Series, may_hold: Callable[[FlatTexts], Flags]) -> Iterator[pa.Array]:
    """``days`` as people write them, one spelling after the other, in the normal form of texts.

    :param may_hold: which values texts may hold; it spares languages whose months they do not name.
    """
    for shape in _SHAPES:
        yield days.dt.strftime(shape).to_arrow()
    numbers = days.dt.day()
    suffixes = numbers.replace_strict(_SUFFIXES, default="th", return_dtype=pl.String)
    for shape in _ORDINALS:
        written = pl.DataFrame({"day": days.dt.strftime(shape), "suffix": suffixes})
        yield written.select(pl.col("day").str.replace("{}", pl.col("suffix"), literal=True)).to_series().to_arrow()
    parts = pl.DataFrame({"day": numbers, "month": days.dt.month(), "year": days.dt.year()})
    months = parts.select("month", "year").unique()
    for language, names in enumerate(_MONTHS):
        between = _BEHIND_DAY_AND_MONTH.get(language, " ")
        name = pl.col("month").replace_strict(dict(enumerate(names.split(), 1)), return_dtype=pl.String)
        ends = months.with_columns(end=pl.concat_str(name, pl.lit(between), "year"))
        held = ends.filter(pl.Series(may_hold(FlatTexts.of(ends["end"].to_arrow()))))
        if len(held):
            written = parts.join(held, on=["month", "year"])
            yield written.select(pl.concat_str("day", pl.lit(between), "end")).to_series().to_arrow()
