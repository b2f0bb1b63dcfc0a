"""Lists within a sentence: the first of many, and how many more there are."""

from collections.abc import Sequence

MOST_LISTED = 20
"""Names in one sentence; nobody reads hundreds."""


def listed(names: Sequence[str], at_most: int = MOST_LISTED) -> str:
    """``a, b and 3 more``."""
    return ", ".join(names[:at_most]) + _rest(names, at_most)


def clauses(said: Sequence[str], at_most: int = MOST_LISTED) -> str:
    """``a is missing; b is empty; and 3 more``."""
    return "; ".join(said[:at_most]) + (";" if len(said) > at_most else "") + _rest(said, at_most)


def _rest(items: Sequence[str], at_most: int) -> str:
    return f" and {len(items) - at_most:,} more" if len(items) > at_most else ""
