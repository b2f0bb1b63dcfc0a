"""Texts that may be cut off: whether one is a beginning of what a sequence of pieces describes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A part of a text: a regular expression of all of it, and one of every beginning of it (the empty one too)."""

    whole: str
    begun: str

    def after(self, literal: str) -> "Piece":
        """The same, behind a literal text."""
        first = one_of([literal])
        return Piece(first.whole + f"(?:{self.whole})", _begun([first, self])) if literal else self


def one_of(words: Iterable[str]) -> Piece:
    """One of some texts."""
    listed = list(words)
    beginnings = {word[:end] for word in listed for end in range(len(word) + 1)}
    return Piece(_either(listed), _either(beginnings))


def begins(pieces: Sequence[Piece], text: str) -> bool:
    """Whether ``text`` is a beginning of some text that the pieces describe, or all of one."""
    return re.fullmatch(_begun(pieces), text) is not None


def _begun(pieces: Sequence[Piece]) -> str:
    expression = ""
    for piece in reversed(pieces):
        expression = f"(?:{piece.begun}|(?:{piece.whole}){expression})" if expression else f"(?:{piece.begun})"
    return expression


def _either(words: Iterable[str]) -> str:
    # The longest first: what follows decides whether a shorter one has to do.
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"
