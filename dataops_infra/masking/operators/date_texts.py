"""Dates written as text: read and written back in their own format, a column at a time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.layouts import with_offsets
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.tokens import UNIQUE_LENGTH, draw_never_own, token_text

Days = npt.NDArray[np.int64]
"""Days since 1970-01-01, or differences of such."""
Rows = npt.NDArray[np.int64]
"""Positions in a column."""

FIRST_DAY, LAST_DAY = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("0001-01-01", "9999-12-31"))
"""The calendar of SQL, Python and ISO 8601."""

_ZONE = r"(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_TIME = rf"(?P<rest>(?:[T ][0-9]{{2}}:?[0-9]{{2}}(?::?[0-9]{{2}}(?:[.,][0-9]{{1,9}})?)?{_ZONE})?)"
_SMALL = "[0-9]{1,2}"
_YEAR_FIRST = rf"^(?P<a>[0-9]{{4}})(?P<s>[-/.年])(?P<b>{_SMALL})(?P<t>[-/.月])(?P<c>{_SMALL})(?P<end>日?){_TIME}$"
_YEAR_LAST = rf"^(?P<a>{_SMALL})(?P<s>[-/.])(?P<b>{_SMALL})(?P<t>[-/.])(?P<c>[0-9]{{4}})(?P<end>){_TIME}$"
_COMPACT = rf"^(?P<a>[0-9]{{4}})(?P<s>)(?P<b>[0-9]{{2}})(?P<t>)(?P<c>[0-9]{{2}})(?P<end>){_TIME}$"
_LAYOUTS = (
    (_YEAR_FIRST, ("year", "month", "day")),
    (_COMPACT, ("year", "month", "day")),
    (_YEAR_LAST, ("day", "month", "year")),
    (_YEAR_LAST, ("month", "day", "year")),
)
"""Patterns, and what their groups ``a``, ``b`` and ``c`` mean. A text is read by the first that makes it a date."""


class _Read(Protocol):
    """The rows that were read by one layout."""

    rows: Rows
    days: Days

    def written(self, days: Days, *, keep_time: bool) -> pl.Series:
        """Other dates in the same layout."""


@dataclass
class _ReadIso:
    """Plain ISO 8601 dates, which nearly all are: worth a quicker way."""

    rows: Rows
    days: Days

    def written(self, days: Days, *, keep_time: bool) -> pl.Series:  # noqa: ARG002 - there is none
        return _iso(days)


@dataclass
class _ReadParts:
    """Dates whose year, month and day a pattern found."""

    rows: Rows
    days: Days
    groups: pl.DataFrame
    order: tuple[str, str, str]

    def written(self, days: Days, *, keep_time: bool) -> pl.Series:
        dates = days.astype("M8[D]")
        years, months = dates.astype("M8[Y]").astype(np.int64) + 1970, dates.astype("M8[M]").astype(np.int64) % 12 + 1
        of_month = (dates - dates.astype("M8[M]")).astype(np.int64) + 1
        numbers = dict(zip(("year", "month", "day"), (years, months, of_month), strict=True))
        columns = [
            pl.Series(f"new_{name}", numbers[meaning]).cast(pl.String)
            for name, meaning in zip("abc", self.order, strict=True)
        ]
        first, second, third = (_padded(name, meaning) for name, meaning in zip("abc", self.order, strict=True))
        rest = pl.col("rest") if keep_time else pl.col("rest").str.replace_all(r"\d", "0")
        text = pl.concat_str(first, "s", second, "t", third, "end", rest)
        return self.groups.with_columns(columns).select(text.alias("text"))["text"]


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
    unread: Rows
    """Rows with a text that is not empty and not a date."""

    @classmethod
    def read(cls, values: pa.Array, *, day_first: bool) -> "DateTexts":
        """The dates in an Arrow array of any kind of string."""
        texts = pl.Series(values.cast(pa.large_string()), dtype=pl.String).fill_null("").str.strip_chars()
        days = np.zeros(len(texts), np.int64)
        reads: list[_Read] = [_read_iso(texts)]
        left = np.setdiff1d(np.flatnonzero((texts != "").to_numpy()), reads[0].rows, assume_unique=True)
        for pattern, order in _LAYOUTS if day_first else (*_LAYOUTS[:2], _LAYOUTS[3], _LAYOUTS[2]):
            if len(left):
                found, left = _read_parts(texts, left, pattern, order)
                reads.append(found)
        for part in reads:
            days[part.rows] = part.days
        return cls(values, days, tuple(reads), left)

    def write(self, days: Days, *, keep_time: bool, key: DomainKey) -> pa.Array:
        """Other dates in the same formats; null and empty stay, what is no date becomes a token by ``key``.

        :param keep_time: whether the time of day stays; otherwise its digits become zeros.
        """
        unread = with_offsets(self.values).take(pa.array(self.unread)).cast(pa.large_string())
        tokens = draw_never_own(unread, key, lambda some, sub: token_text(some, sub, UNIQUE_LENGTH))
        parts = [part.written(days[part.rows], keep_time=keep_time) for part in self.reads]
        written = pa.chunked_array([part.to_arrow().cast(pa.large_string()) for part in parts] + [tokens])
        places = np.full(len(self.values), -1)
        places[np.concatenate([*(part.rows for part in self.reads), self.unread])] = np.arange(len(written))
        texts = written.combine_chunks().take(pa.array(places, mask=places < 0))
        return pc.if_else(self.values.is_valid(), pc.fill_null(texts, ""), None).cast(self.values.type)


def _iso(days: Days) -> pl.Series:
    return pl.Series(pa.array(days.astype(np.int32)).view(pa.date32()).cast(pa.large_string()), dtype=pl.String)


def _read_iso(texts: pl.Series) -> _ReadIso:
    days = texts.str.to_date("%Y-%m-%d", strict=False).to_physical().cast(pl.Int64)
    in_calendar = days.is_between(FIRST_DAY, LAST_DAY).fill_null(False)
    rows = np.flatnonzero(in_calendar.to_numpy())
    read = days.gather(rows).to_numpy()
    # Parsers forgive spaces and missing zeros; what would not be written back as it was is left to the patterns.
    same = (_iso(read) == texts.gather(rows)).to_numpy()
    return _ReadIso(rows[same], read[same])


def _read_parts(texts: pl.Series, rows: Rows, pattern: str, order: tuple[str, str, str]) -> tuple[_ReadParts, Rows]:
    """What one layout reads of some rows, and the rows that it does not."""
    groups = texts.gather(rows).str.extract_groups(pattern).struct.unnest()
    numbers = dict(zip(order, (groups[name].cast(pl.Int64).fill_null(0).to_numpy() for name in "abc"), strict=True))
    first = ((numbers["year"] - 1970) * 12 + numbers["month"] - 1).astype("M8[M]")
    days = first.astype("M8[D]") + (numbers["day"] - 1).astype("m8[D]")
    right = (numbers["year"] > 0) & (numbers["month"] >= 1) & (numbers["month"] <= 12) & (numbers["day"] >= 1)
    right &= days.astype("M8[M]") == first
    found = _ReadParts(rows[right], days[right].astype(np.int64), groups.filter(pl.Series(right)), order)
    return found, rows[~right]


def _padded(name: str, meaning: str) -> pl.Expr:
    """A new number, with a leading zero unless the old one did without."""
    new, old = pl.col(f"new_{name}"), pl.col(name)
    if meaning == "year":
        return new.str.zfill(4)
    return pl.when(old.str.len_bytes() == 1).then(new).otherwise(new.str.zfill(2))
