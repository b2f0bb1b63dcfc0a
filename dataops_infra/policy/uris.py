"""Finding the URIs of object stores in texts: properties, SQL, JSON documents, scripts. Linear in the text's length."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

ANYTHING: Final = "*"
"""Stands in a key for what an engine fills in later: ``${dt}``, ``!{partitionKeyFromQuery:day}``, ``?``."""

_LONGEST_PLACEHOLDER: Final = 200
"""Characters; without a bound, a text full of opening braces would take quadratic time."""
_INSIDE: Final = f"{{0,{_LONGEST_PLACEHOLDER}}}"
_PLACEHOLDERS: Final = "|".join(
    (
        rf"[$!#@%]?\{{\{{[^{{}}]{_INSIDE}\}}\}}",  # {{ ds }} of Airflow and Jinja
        rf"[$!#@%]?\{{[^{{}}]{_INSIDE}\}}",  # ${dt} of Athena and shells, !{timestamp:…} of Firehose, {} of formats
        rf"\$\([^()]{_INSIDE}\)",  # $(date +%F)
        rf"<[^<>]{_INSIDE}>",
        r"\$[A-Za-z_][A-Za-z0-9_]*",
        r"%[A-Za-z]",  # %Y of strftime
        rf"\[[^\[\]/\s]{_INSIDE}\]",  # [0-9] of Hadoop's globs
        r"[*?]",
    )
)
_PLACEHOLDER: Final = re.compile(_PLACEHOLDERS)
_BUCKET: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}"
_URI: Final = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[sS]3[anAN]?|[gG][sS])://"
    # A bucket that goes on with a placeholder is not known, nor is an access point's ARN in its place one.
    rf"(?P<bucket>{_BUCKET})(?![A-Za-z0-9._:-]|[$!#%@]?\{{|[$%<*?]\S)"
    rf"(?P<key>/(?:{_PLACEHOLDERS}|[^\s'\"`\\,;|<>(){{}}\[\]])*)?"
)
_CUT_SHORT: Final = ("(", "[", "{", "<")
"""A key that ends before one of these goes on, in a way that is not understood."""
_SIGILS: Final = "$!#%@"
"""Begin a placeholder."""
_PUNCTUATION: Final = ".:!"
"""Ends a sentence rather than a key."""


class Uri(NamedTuple):
    """One URI: its scheme (``s3``, ``s3a``, ``s3n`` or ``gs``), the bucket and the key without its first slash.

    In the key ``*`` stands for what is filled in later (:data:`ANYTHING`).
    """

    scheme: str
    bucket: str
    key: str


def find_uris(text: str) -> Iterator[Uri]:
    """The URIs in ``text``, in their order; one whose bucket is filled in later is none."""
    if "://" not in text:
        return
    for match in _URI.finditer(text):
        bucket, key = match["bucket"].rstrip(_PUNCTUATION), with_placeholders((match["key"] or "")[1:])
        cut_short = text[match.end() : match.end() + 1] in _CUT_SHORT
        key = f"{key.rstrip(_SIGILS)}{ANYTHING}" if cut_short else key.rstrip(_PUNCTUATION)
        yield Uri(match["scheme"].lower(), bucket, key)


def with_placeholders(key: str) -> str:
    """``key`` with :data:`ANYTHING` in place of what an engine fills in."""
    return _PLACEHOLDER.sub(ANYTHING, key)
