"""Telling secrets in texts by their shape, and by the name of what holds them, with plain Python only.

By shape: keys and tokens whose issuers gave them a form that nothing else has, private keys in PEM, passwords in URLs.
By name: a variable called ``DB_PASSWORD`` or ``api_key`` with a literal value. Not found: secrets without a form under
a harmless name, and what is encoded (Base64 of user data apart). No entropy is measured: digests and identifiers have
as much of it as secrets. All patterns take time linear in the text's length.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

LONGEST_UNPACKED: Final = 1 << 20
"""Characters of compressed user data that are looked at; AWS takes 16 KiB of it before Base64."""


class _Shape(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    hint: str
    """A text without this has no such secret: the quick way out."""


_START: Final = r"(?<![A-Za-z0-9_-])"
_END: Final = r"(?![A-Za-z0-9_-])"

# The forms are those that the issuers document for secret scanning, as listed in
# https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns.
_SHAPES: Final = (
    _Shape(
        "a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"), "PRIVATE KEY"
    ),
    # Those of AWS's own documentation end in EXAMPLE.
    _Shape("an AWS access key", re.compile(rf"{_START}AKIA(?![A-Z0-9]{{9}}EXAMPLE)[A-Z2-7]{{16}}{_END}"), "AKIA"),
    _Shape("an AWS access key", re.compile(rf"{_START}ASIA(?![A-Z0-9]{{9}}EXAMPLE)[A-Z2-7]{{16}}{_END}"), "ASIA"),
    _Shape("a GitHub token", re.compile(rf"{_START}gh[pousr]_[A-Za-z0-9]{{36,251}}{_END}"), "gh"),
    _Shape("a GitHub token", re.compile(rf"{_START}github_pat_[A-Za-z0-9_]{{22,244}}{_END}"), "github_pat_"),
    _Shape("a GitLab token", re.compile(rf"{_START}glpat-[A-Za-z0-9_-]{{20,60}}{_END}"), "glpat-"),
    _Shape("a Slack token", re.compile(rf"{_START}xox[abprs]-[A-Za-z0-9-]{{10,250}}{_END}"), "xox"),
    _Shape(
        "a Slack webhook", re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/\w{20,30}"), "hooks."
    ),
    _Shape("a Google API key", re.compile(rf"{_START}AIza[A-Za-z0-9_-]{{35}}{_END}"), "AIza"),
    _Shape("a Stripe key", re.compile(rf"{_START}[rs]k_live_[A-Za-z0-9]{{24,247}}{_END}"), "k_live_"),
    _Shape("a Databricks token", re.compile(rf"{_START}dapi[0-9a-f]{{32}}(?:-\d)?{_END}"), "dapi"),
    _Shape("a Pulumi token", re.compile(rf"{_START}pul-[0-9a-f]{{40}}{_END}"), "pul-"),
    _Shape("an npm token", re.compile(rf"{_START}npm_[A-Za-z0-9]{{36}}{_END}"), "npm_"),
    _Shape("a PyPI token", re.compile(rf"{_START}pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{{50,250}}"), "pypi-AgEI"),
    _Shape("an Azure storage key", re.compile(r"AccountKey=[A-Za-z0-9+/]{86}=="), "AccountKey="),
    # What begins with one of these is filled in later.
    _Shape(
        "a password in a URL",
        re.compile(r"://[^\s:/?#@'\"]{0,100}:(?![$<{*%])[^\s/?#@'\"]{3,200}@[A-Za-z0-9\[]"),
        "://",
    ),
)


def secret_shape(text: str) -> str | None:
    """What kind of secret a text holds, by its shape; None for none."""
    for shape in _SHAPES:
        if shape.hint in text and shape.pattern.search(text):
            return shape.kind
    return None


_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
PASSWORD_WORDS: Final = frozenset({"password", "passwd", "passphrase"})
_NAMES: Final = PASSWORD_WORDS | {"pwd", "pass", "secret", "token", "apikey", "credential", "credentials"}
_PAIRS: Final = frozenset({("api", "key"), ("private", "key"), ("secret", "key"), ("access", "key"), ("auth", "key")})
_SHORTEST: Final = 4
"""Characters; what is shorter is a flag or a placeholder."""
_NO_SECRET: Final = re.compile(
    r"true|false|none|null|yes|no|disabled|enabled|[0-9.,]+|(.)\1*"  # switches, numbers, ****
    r"|(?:arn:|projects/|/|\$|\{|<|%\(|\*|ssm:|secretsmanager:|secretmanager:|vault:).*",  # where to find it
    re.IGNORECASE | re.DOTALL,
)
# A UUID is a token of many services, and reads like a name.
_NAME_OF_A_SECRET: Final = re.compile(r"(?![0-9a-f]{8}-[0-9a-f]{4}-)(?:[a-z]+|[a-z0-9]+(?:[-_./][a-z0-9]+)+)")


@lru_cache(maxsize=4096)
def last_words(name: str) -> tuple[str, ...]:
    """The last two words of a name in any spelling, in lower case: ``db_PASSWORD``, ``dbPassword``, ``DB-password``."""
    return tuple(word.lower() for word in _WORDS.findall(name)[-2:])


def names_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret rather than tells where one is (``…_ARN``, ``…_NAME``)."""
    words = last_words(name)
    return bool(words) and (words[-1] in _NAMES or words in _PAIRS)


def names_password(name: str) -> bool:
    """Whether a property of this name holds a password."""
    return bool(PASSWORD_WORDS.intersection(last_words(name)[-1:]))


def is_literal_secret(name: str, value: str) -> bool:
    """Whether a variable whose name says so holds the secret itself, rather than where to find it, or a switch.

    A secret or token that reads like the name of one (``crm-db-credentials``) is taken for its name; a password is not.
    """
    if not names_secret(name) or len(value) < _SHORTEST or "://" in value or _NO_SECRET.fullmatch(value):
        return False
    return names_password(name) or not _NAME_OF_A_SECRET.fullmatch(value)


_ASSIGNMENT: Final = re.compile(
    r"^[ \t]*(?:export[ \t]+)?['\"]?([A-Za-z_][A-Za-z0-9_.-]{0,80})['\"]?[ \t]*[=:][ \t]*['\"]?([^\s'\"`,;]{1,200})",
    re.MULTILINE,
)


def assigned_secret(script: str) -> bool:
    """Whether a line of a script or configuration assigns a literal secret: ``export DB_PASSWORD=…``, ``token: …``."""
    return any(is_literal_secret(name, value) for name, value in _ASSIGNMENT.findall(script))


_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*", re.ASCII)


def readings(text: str) -> Iterator[str]:
    """The text, and what it says if it is Base64, compressed or not: user data is given in all these forms."""
    yield text
    if not _BASE64.fullmatch(text):
        return
    try:
        data = base64.b64decode(text, validate=False)
        if data[:2] == b"\x1f\x8b":
            data = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, LONGEST_UNPACKED)
    except (binascii.Error, zlib.error):
        return
    yield data.decode("utf-8", errors="replace")
