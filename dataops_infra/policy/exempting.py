"""Which policy an exemption was meant for, where its name is not quite one of ours."""

import difflib
from collections.abc import Iterable

_MISSPELT = 0.85
"""How alike (difflib) a name is to one of our policies that it was meant to be."""


def meant_policy(name: str, ours: Iterable[str]) -> str | None:
    """Which of our policies an exemption of ``name`` was meant for: one spelt almost like it; None for any other name,
    which is a policy of somebody else's.
    """
    policies = list(ours)
    close = [] if name in policies else difflib.get_close_matches(name, policies, n=1, cutoff=_MISSPELT)
    return close[0] if close else None
