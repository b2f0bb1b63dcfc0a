"""``shift_date``: dates moved by some days, the same number for all dates of one subject."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from dataops_infra.conventions.base import Model
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting
from dataops_infra.masking.operators.date_texts import FIRST_DAY, LAST_DAY, DateTexts, Days
from dataops_infra.masking.prf import DomainKey, canonical_text

SECONDS_A_DAY = 86_400
TICKS_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
FIRST_REAL_DAY, LAST_REAL_DAY = (int(np.datetime64(day, "D").astype(np.int64)) for day in ("1900-01-02", "2049-12-31"))
"""Days outside stand for "unknown" or "never" (1900-01-01, 2099-12-31): everybody knows them, and moved by a subject's
own days they would tell how far its other dates were moved. They are moved by days of their own."""
STAND_INS = np.array(["1901-01-01", "1970-01-01", "1999-12-31", "2000-01-01"], "datetime64[D]").astype(np.int64)
"""Days within that stand for "unknown" as well: the beginning of Unix time, and round ones."""


class ShiftDateOptions(Model):
    """Options of :data:`SPEC`."""

    subject: str | None = Field(
        default=None,
        description="Column that names whom a date is about: all dates of one move alike; none = each date.",
    )
    days: int = Field(default=180, ge=1, le=36_500, description="The most days that a date moves, either way.")
    keep_time: bool = Field(default=True, description="Keep the time of day; otherwise it becomes midnight.")
    day_first: bool = Field(default=True, description="How to read texts like 03/04/1990: 3 April, or March 4.")


@dataclass(frozen=True)
class _ShiftDate:
    options: ShiftDateOptions
    of_days: DomainKey
    of_subjects: DomainKey
    of_unreadable: DomainKey

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        if is_text(values.type):
            return self._texts(values, rows)
        return self._instants(values, rows)

    def _instants(self, values: pa.Array, rows: Rows) -> pa.Array:
        day = ticks_a_day(values.type)
        width = pa.int32() if pa.types.is_date32(values.type) else pa.int64()
        ticks = pc.fill_null(values.view(width), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        moved = shifted(
            ticks if self.options.keep_time else midnight(ticks, day), self._offsets(ticks // day, rows), day
        )
        return pc.if_else(values.is_valid(), pa.array(moved).cast(width), None).view(values.type)

    def _texts(self, values: pa.Array, rows: Rows) -> pa.Array:
        dates = DateTexts.read(values, day_first=self.options.day_first)
        moved = shifted(dates.days, self._offsets(dates.days, rows), 1)
        return dates.write(moved, keep_time=self.options.keep_time, key=self.of_unreadable)

    def _offsets(self, days: Days, rows: Rows) -> Days:
        """Of each row; its subject decides, or where that is null or the day stands for no date, the day itself."""
        own = self._drawn(pa.array(days), self.of_days)
        if self.options.subject is None:
            return own
        subjects = rows.column(self.options.subject)
        if pa.types.is_null(subjects.type):
            return own
        known = subjects.is_valid().to_numpy(zero_copy_only=False)
        known &= (days >= FIRST_REAL_DAY) & (days <= LAST_REAL_DAY) & ~np.isin(days, STAND_INS)
        return np.where(known, self._drawn(subjects, self.of_subjects), own)

    def _drawn(self, values: pa.Array, key: DomainKey) -> Days:
        return offsets(key.cmac(canonical_text(values))[:, 0], self.options.days)


def offsets(bits: npt.NDArray[np.uint64], days: int) -> Days:
    """-``days`` … ``days`` without 0, each as likely."""
    choice = (bits % np.uint64(2 * days)).astype(np.int64) - days
    return choice + (choice >= 0)


def shifted(ticks: Days, by_days: Days, day: int) -> Days:
    """``ticks`` moved by some days, the other way where they would leave the calendar or the type's range.

    :param day: ticks a day.
    """
    limits = np.iinfo(np.int64)
    first, last = max(FIRST_DAY * day, limits.min), min((LAST_DAY + 1) * day - 1, limits.max)
    by = by_days * np.int64(day)
    leaves = np.where(by > 0, ticks > last - np.maximum(by, 0), ticks < first - np.minimum(by, 0))
    return ticks + np.where(leaves, -by, by)


def midnight(ticks: Days, day: int) -> Days:
    """The beginning of each tick's day; where that lies before the range of 64 bits, the next one."""
    begun = ticks - np.mod(ticks, day)
    return np.where(begun > ticks, begun + day, begun)


def ticks_a_day(kind: pa.DataType) -> int:
    """Units of a date or timestamp type that make a day of 24 hours."""
    if pa.types.is_date32(kind):
        return 1
    return SECONDS_A_DAY * TICKS_A_SECOND["ms" if pa.types.is_date64(kind) else kind.unit]


def _reads(options: Model) -> tuple[str, ...]:
    subject = cast(ShiftDateOptions, options).subject
    return () if subject is None else (subject,)


def _build(setting: Setting) -> Operator:
    options = cast(ShiftDateOptions, setting.options)
    # Number 17 of the staff is not patient 17: their columns stand in different domains.
    subjects = "subject" if options.subject is None else f"subject/{setting.domain_of(options.subject)}"
    of_days, of_subjects, of_unreadable = (setting.key.sub(label) for label in ("day", subjects, "unreadable"))
    return _ShiftDate(options, of_days, of_subjects, of_unreadable)


def _misreads(values: pa.Array, options: Model) -> str | None:
    told = values.filter(pc.not_equal(values, ""))
    unread = DateTexts.read(told, day_first=cast(ShiftDateOptions, options).day_first).unread
    return f"shift_date moves dates, and none of {len(told):,} texts is one" if len(unread) == len(told) else None


SPEC = OperatorSpec(
    name="shift_date",
    summary="Dates moved by some days, never none; the dates of one subject keep their order and distances.",
    outcome=Outcome.REPLACED,
    build=_build,
    accepts=lambda kind: bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind) or is_text(kind)),
    accepted="dates, timestamps and dates as text",
    options=ShiftDateOptions,
    per_value=False,
    reads=_reads,
    misreads=_misreads,
    spaces=lambda values, options: np.full(len(values), 2.0 * cast(ShiftDateOptions, options).days),
)
