"""What a database says of its tables, before it is said again of a copy: without what may tell of people.

Defaults, checks and conditions of indexes hold literals, and comments hold anything; nobody masks them, no gate sees
them.
"""

import re

from dataops_infra.masking.telling_names import names_a_person

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])""",
    re.VERBOSE | re.DOTALL,
)
_MANY_DIGITS = re.compile(r"(?:\d\D{0,2}){6}")
"""Numbers of people begin at about here, as in :mod:`dataops_infra.masking.partitions`."""


def harmless(statement: str) -> str:
    """``statement`` without comments; texts in it that hold an address, a long number or a person's name are ``''``.

    Other numbers stay: they are limits of columns far more often than anybody's.
    """
    return _TOKEN.sub(_said, statement)


def _said(token: re.Match[str]) -> str:
    found = token.group()
    if token["comment"] is not None:
        return " "
    if token["text"] is not None:
        return "''" if _tells(found[1:-1].replace("''", "'")) else found
    return found


def _tells(text: str) -> bool:
    return "@" in text or bool(_MANY_DIGITS.search(text)) or names_a_person(text)
