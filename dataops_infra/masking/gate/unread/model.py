"""What stands in a file although no row shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

ENTRIES = "entries of dictionaries"
EXTREMES = "least and greatest values of statistics"
UNDER_NULLS = "bytes under nulls or outside of all rows"
BETWEEN = "bytes between or behind what is read"
INDEXES = "bloom filters, which tell whether an original is in them: DuckDB writes none with WRITE_BLOOM_FILTER false"
NAMES = "names that no reader shows"
KEYS = "keys that the source does not have"
DIGITS = "digits that numbers of the type do not have"
NOTES = "notes around what is compressed"
MALFORMED = "parts that are not what the format says"
DESCRIPTIONS = "entries of the footer that no reader shows"


@dataclass(frozen=True)
class Unread:
    """Something that a file holds and no row shows.

    :param column: the column it belongs to, None = none.
    :param place: what it is, in words.
    :param number: how many there are.
    :param values: some of them.
    """

    column: str | None
    place: str
    number: int = 1
    values: Sequence[object] = ()
