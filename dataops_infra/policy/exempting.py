"""Which stack an exemption can concern, one ``dataops.yaml`` serving many, and which policy its name was meant for."""

import difflib
from collections.abc import Iterable

from dataops_infra.conventions.exemptions import Exemption

_MISSPELT = 0.85
"""How alike (difflib) a name is to one of our policies that it was meant to be."""


def may_concern(exemption: Exemption, urn_prefix: str) -> bool:
    """Whether the exemption's glob can match a URN that begins with ``urn_prefix``, such as ``urn:pulumi:dev::``."""
    literal = exemption.resource.replace("?", "*").split("*", 1)[0]
    return urn_prefix.startswith(literal) or literal.startswith(urn_prefix)


def meant_policy(name: str, ours: Iterable[str]) -> str | None:
    """Which of our policies an exemption of ``name`` was meant for: one spelt almost like it; None for any other name,
    which is a policy of somebody else's.
    """
    policies = list(ours)
    close = [] if name in policies else difflib.get_close_matches(name, policies, n=1, cutoff=_MISSPELT)
    return close[0] if close else None
