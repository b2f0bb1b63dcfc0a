"""Names and messages come from other people's programs: what a report does with characters that act on the reader.

A resource may be called ``\\x1b[2J``, ``::error::`` or ``<script>``; every format shows such a name and none obeys it.
"""

import re
import unicodedata

_ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control, format (bidirectional overrides, zero width), surrogate, and the separators that break a line."""

_XML_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RUNNER_COMMAND = re.compile(r"(?m)^(\s*)::")


def visible(text: str, *, keep: str = "") -> str:
    """``text`` with every character that would act on a terminal or a page spelt as an escape.

    :param keep: characters that are let through, such as ``"\\n"`` in a message of several lines.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in _ACTING else _spelt(c) for c in text)


def one_line(text: str) -> str:
    """Like :func:`visible`, with line breaks turned into spaces."""
    return visible(" ".join(text.splitlines()))


def xml_text(text: str) -> str:
    """``text`` without the characters that XML 1.0 forbids even as references (they are spelt as escapes)."""
    return _XML_ILLEGAL.sub(lambda match: _spelt(match[0]), text)


def without_commands(text: str) -> str:
    """``text`` in which a GitHub runner finds no command: neither ``::`` at a line's start nor ``##[`` anywhere."""
    return _RUNNER_COMMAND.sub(r"\1: :", text).replace("##[", "# #[")


def markup_without_commands(text: str) -> str:
    """HTML or XML that says the same, with character references where a runner would read a command."""
    return _RUNNER_COMMAND.sub(r"\1&#58;:", text).replace("##[", "&#35;#[")


def json_without_commands(text: str) -> str:
    """JSON that says the same; its lines start with blanks, brackets or quotes, so only ``##[`` needs an escape."""
    return text.replace("##[", "\\u0023#[")


def _spelt(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
