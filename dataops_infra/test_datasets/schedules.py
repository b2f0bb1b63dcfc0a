"""When a job runs by itself: the five fields of cron, checked before a cloud would refuse them."""

import re
from dataclasses import dataclass
from zoneinfo import available_timezones

from dataops_infra.foundation.inputs import Mistakes

UTC = "UTC"
_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_PART = re.compile(r"(\*|[0-9]{1,2}(?:-[0-9]{1,2})?)(?:/([0-9]{1,2}))?")
FORM = "minute, hour, day of month, month and day of week in digits, such as 0 3 * * 1-5"


@dataclass(frozen=True)
class Schedule:
    """When a job runs: crontab(5) of POSIX, in one time zone.

    :param fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday).
    """

    fields: tuple[str, str, str, str, str]
    time_zone: str

    @property
    def cron(self) -> str:
        """The five fields as one text."""
        return " ".join(self.fields)

    @property
    def is_daily(self) -> bool:
        """Whether it runs at least once on every day."""
        return self.fields[2:] == ("*", "*", "*")


def read_schedule(mistakes: Mistakes, label: str, cron: str, time_zone: str) -> Schedule | None:
    """The schedule; None where it is none, and noted."""
    if time_zone != UTC and time_zone not in available_timezones():
        mistakes.add(f"{label}.time_zone", "a name in the tz database, such as Europe/Berlin", time_zone)
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        mistakes.add(f"{label}.cron", FORM, cron)
        return None
    for text, (name, least, most) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, least, most) for part in text.split(",")):
            mistakes.add(f"{label}.cron", f"{FORM}: the {name} from {least} to {most}", cron)
    if fields[2] != "*" and fields[4] != "*":
        mistakes.add(f"{label}.cron", "a day of month or a day of week, as clouds do not read both alike", cron)
    minute, hour, day, month, weekday = fields
    return Schedule((minute, hour, day, month, weekday), time_zone)


def _is_part(part: str, least: int, most: int) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match[2] is not None and int(match[2]) < 1):
        return False
    if match[1] == "*":
        return True
    first, _, last = match[1].partition("-")
    return least <= int(first) <= int(last or first) <= most
