"""Dates written as text: read and written back in their own format, a column at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.tokens import draw_never_own, token_text

Days = npt.NDArray[np.int64]

_TIME = r"(?P<rest>(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?)"
_YEAR_FIRST = rf"^(?P<a>\d{{4}})(?P<s>[-/.年])(?P<b>\d{{1,2}})(?P<t>[-/.月])(?P<c>\d{{1,2}})(?P<end>日?){_TIME}$"
_YEAR_LAST = rf"^(?P<a>\d{{1,2}})(?P<s>[-/.])(?P<b>\d{{1,2}})(?P<t>[-/.])(?P<c>\d{{4}})(?P<end>){_TIME}$"
_COMPACT = rf"^(?P<a>\d{{4}})(?P<s>)(?P<b>\d{{2}})(?P<t>)(?P<c>\d{{2}})(?P<end>){_TIME}$"
_LAYOUTS = (
    (_YEAR_FIRST, ("year", "month", "day")),
    (_COMPACT, ("year", "month", "day")),
    (_YEAR_LAST, ("day", "month", "year")),
    (_YEAR_LAST, ("month", "day", "year")),
)
"""Patterns, and what their groups ``a``, ``b`` and ``c`` mean. A text is read by the first that makes it a date."""
_TOKEN_CHARACTERS = 16


@dataclass(frozen=True)
class _Read:
    """The rows that one layout could read."""

    rows: npt.NDArray[np.int64]
    groups: pl.DataFrame
    order: tuple[str, str, str]
    days: Days


@dataclass(frozen=True)
class DateTexts:
    """A column of texts, with the dates that they mean.

    Read are ``1990-12-31``, ``1990/12/31``, ``1990.12.31``, ``19901231``, ``1990年12月31日``, ``31.12.1990``,
    ``31/12/1990``, ``31-12-1990`` and, where that is no date or ``day_first`` is off, ``12/31/1990``; days and months
    of one digit too; each with or without a time of day (``T12:30``, ``12:30:59.123``) and zone (``Z``, ``+01:00``).
    """

    values: pa.Array
    days: Days
    """Days since 1970-01-01; 0 where a text is not a date."""
    reads: tuple[_Read, ...]
    unread: npt.NDArray[np.int64]
    """Rows with a text that is not empty and not a date."""

    @classmethod
    def read(cls, values: pa.Array, *, day_first: bool) -> "DateTexts":
        """The dates in an Arrow array of any kind of string."""
        texts = pl.Series(values.cast(pa.large_string()), dtype=pl.String).fill_null("").str.strip_chars()
        days = np.zeros(len(texts), np.int64)
        left = np.flatnonzero((texts != "").to_numpy())
        reads = []
        layouts = _LAYOUTS if day_first else (*_LAYOUTS[:2], _LAYOUTS[3], _LAYOUTS[2])
        for pattern, order in layouts:
            if not len(left):
                break
            found, unfound = _read(texts, left, pattern, order)
            days[found.rows] = found.days
            reads.append(found)
            left = unfound
        return cls(values, days, tuple(reads), left)

    def write(self, days: Days, *, keep_time: bool, key: DomainKey) -> pa.Array:
        """Other dates in the same formats; null and empty stay, what is no date becomes a token by ``key``.

        :param keep_time: whether the time of day stays; otherwise its digits become zeros.
        """
        parts = [pl.Series(np.zeros(0), dtype=pl.String)]
        rows = [np.zeros(0, np.int64)]
        for part in self.reads:
            parts.append(_written(part, days[part.rows], keep_time=keep_time))
            rows.append(part.rows)
        unread = self.values.take(pa.array(self.unread)).cast(pa.large_string())
        tokens = draw_never_own(unread, key, lambda some, sub: token_text(some, sub, _TOKEN_CHARACTERS))
        parts.append(pl.Series(tokens, dtype=pl.String))
        rows.append(self.unread)
        replaced = pl.DataFrame({"row": np.concatenate(rows), "text": pl.concat(parts)})
        order = pl.DataFrame({"row": np.arange(len(self.values)), "null": self.values.is_null()})
        joined = order.join(replaced, on="row", how="left", maintain_order="left")
        texts = joined.select(pl.when("null").then(None).otherwise(pl.col("text").fill_null("")).alias("text"))
        return texts["text"].to_arrow().cast(self.values.type)


def _read(
    texts: pl.Series, rows: npt.NDArray[np.int64], pattern: str, order: tuple[str, str, str]
) -> tuple[_Read, npt.NDArray[np.int64]]:
    groups = texts.gather(rows).str.extract_groups(pattern).struct.unnest()
    numbers = dict(zip(order, (groups[name].cast(pl.Int64).fill_null(0).to_numpy() for name in "abc"), strict=True))
    first = ((numbers["year"] - 1970) * 12 + numbers["month"] - 1).astype("M8[M]")
    days = first.astype("M8[D]") + (numbers["day"] - 1).astype("m8[D]")
    right = (numbers["year"] > 0) & (numbers["month"] >= 1) & (numbers["month"] <= 12) & (numbers["day"] >= 1)
    right &= days.astype("M8[M]") == first
    return _Read(rows[right], groups.filter(pl.Series(right)), order, days[right].astype(np.int64)), rows[~right]


def _written(part: _Read, days: Days, *, keep_time: bool) -> pl.Series:
    dates = days.astype("M8[D]")
    years, months = dates.astype("M8[Y]").astype(np.int64) + 1970, dates.astype("M8[M]").astype(np.int64) % 12 + 1
    of_month = (dates - dates.astype("M8[M]")).astype(np.int64) + 1
    numbers = dict(zip(("year", "month", "day"), (years, months, of_month), strict=True))
    frame = part.groups.with_columns(
        pl.Series(name, numbers[meaning]).cast(pl.String).alias(f"new_{name}")
        for name, meaning in zip("abc", part.order, strict=True)
    )
    padded = [_padded(name, meaning) for name, meaning in zip("abc", part.order, strict=True)]
    rest = pl.col("rest") if keep_time else pl.col("rest").str.replace_all(r"\d", "0")
    text = pl.concat_str(padded[0], "s", padded[1], "t", padded[2], "end", rest)
    return frame.select(text.alias("text"))["text"]


def _padded(name: str, meaning: str) -> pl.Expr:
    """A new number, with a leading zero unless the old one did without."""
    new, old = pl.col(f"new_{name}"), pl.col(name)
    if meaning == "year":
        return new.str.zfill(4)
    return pl.when(old.str.len_bytes() == 1).then(new).otherwise(new.str.zfill(2))
