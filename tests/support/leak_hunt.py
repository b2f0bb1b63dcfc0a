"""Looks for people in their own masked rows, knowing nothing of how they were masked."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.people import Person, digits

UNSPACED = ("ja_JP", "ko_KR", "th_TH", "zh_CN", "zh_TW")
"""Locales that write names without spaces around them."""
SHORTEST_NUMBER = 7
"""Digits of a number from which it counts; shorter runs stand in other numbers by chance."""


@dataclass(frozen=True)
class Leak:
    """Something of a person that stands in the person's masked row."""

    column: str
    kind: str
    spelling: str


def leaks(person: Person, locale: str, masked: Mapping[str, object]) -> Iterator[Leak]:
    """What of ``person`` survives in its masked row, column by column."""
    for column, value in masked.items():
        if value is None:
            continue
        for kind, spellings in person.spellings(locale).items():
            for spelling in spellings:
                if _holds(_plain(str(value)), kind, _plain(spelling), locale in UNSPACED):
                    yield Leak(column, kind, spelling)


def _holds(text: str, kind: str, wanted: str, is_unspaced: bool) -> bool:
    if wanted.isdigit() and kind != "name":
        return len(wanted) >= SHORTEST_NUMBER and wanted in digits(text)
    if kind == "iban":
        return wanted.replace(" ", "") in text.replace(" ", "")
    if kind == "name" and not is_unspaced:
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
    return wanted in text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
