"""Texts that match a regular expression, for whole columns at once.

What can be made: literals, classes (``[A-Z0-9_]``, ``\\d``, ``\\w``, ``\\s``, ``.``), groups, alternatives and
repetitions; ``^`` and ``$`` at the ends. ``\\d``, ``\\w``, ``.`` and negated classes give printable ASCII. What looks
around or back (``(?=``, ``\\1``, ``\\b``) describes no set that could be counted off, and is refused.
"""

from dataclasses import dataclass

import pyarrow as pa

from dataops_infra.masking.synth.domains import TEXT
from dataops_infra.masking.synth.pattern_parts import Either, Letters, Part, Run, Sequenced
from dataops_infra.masking.synth.streams import LARGEST, Bits, Rows, Stream

UNBOUNDED = 8
"""Repetitions beyond the least that ``*`` and ``+`` and ``{n,}`` stand for."""
MOST_REPEATS = 1_000
"""Of one character or class; a group is repeated at most :data:`MOST_GROUPS` times."""
MOST_GROUPS = 32
LONGEST = 10_000
"""Characters of a text."""
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_DIGITS, _WORD = "0123456789", "".join(c for c in _PRINTABLE if c.isalnum() or c == "_")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": " "}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_REFUSED_ESCAPES = "bBAZzGkpPQEuUxNc0123456789"


class PatternError(ValueError):
    """A pattern that nothing can be made by; ``str(error)`` says why."""


@dataclass(frozen=True)
class Pattern:
    """The texts that match an expression, as a domain."""

    part: Part
    type: pa.DataType = TEXT

    @property
    def size(self) -> int:
        """How many are counted off; of more, only so many."""
        return min(self.part.size, LARGEST)

    @property
    def is_distinct(self) -> bool:
        """Whether they are all different."""
        return self.part.is_distinct

    def at(self, numbers: Bits) -> pa.Array:
        """The texts of these numbers."""
        return self.part.at(numbers)

    def drawn(self, stream: Stream, rows: Rows) -> pa.Array:
        """A text for each row; all lengths are as likely."""
        return self.part.drawn(stream, rows)


def read_pattern(text: str, shortest: int = 0, longest: int | None = None) -> Pattern:
    """What makes texts that match ``text``, whole, of ``shortest`` to ``longest`` characters.

    :raises PatternError: it cannot be read, holds what is refused, or no text of such a length matches.
    """
    part = _Reader(text).read()
    least, most = part.lengths
    if longest is not None and shortest > longest:
        raise PatternError(f"no text has at least {shortest} characters and at most {longest}")
    if longest is not None and least > longest:
        raise PatternError(f"its shortest text has {least} characters, and at most {longest} are allowed")
    if most < shortest:
        raise PatternError(f"its longest text has {most} characters, and at least {shortest} are asked for")
    if least < shortest or (longest is not None and most > longest):
        part = _fitted(part, shortest, most if longest is None else longest)
    return Pattern(part)


def _fitted(part: Part, shortest: int, longest: int) -> Part:
    """``part`` without repetitions that make texts too short or too long: where one part varies, by its number."""
    least, most = part.lengths
    if shortest <= least and most <= longest:
        return part
    if isinstance(part, Run):
        return Run(part.letters, max(least, shortest), min(most, longest))
    if isinstance(part, Either):
        fitting = []
        for each in part.parts:
            if each.lengths[1] >= shortest and each.lengths[0] <= longest:
                fitting.append(_fitted(each, shortest, longest))
        if fitting:
            return fitting[0] if len(fitting) == 1 else Either(tuple(fitting))
    if isinstance(part, Sequenced):
        loose = [n for n, each in enumerate(part.parts) if each.lengths[0] != each.lengths[1]]
        if len(loose) == 1:
            rest = least - part.parts[loose[0]].lengths[0]
            inner = _fitted(part.parts[loose[0]], max(shortest - rest, 0), longest - rest)
            return Sequenced((*part.parts[: loose[0]], inner, *part.parts[loose[0] + 1 :]))
    raise PatternError(
        f"its texts have {least} to {most} characters and {shortest} to {longest} are allowed: write the lengths into "
        "the pattern"
    )


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("^")
        if self._text.endswith("$") and not self._text.endswith("\\$"):
            self._text = self._text[:-1]
        self._place = 0

    def read(self) -> Part:
        part = self._alternatives()
        if self._place < len(self._text):
            raise PatternError("a parenthesis is closed that was not opened")
        if part.lengths[1] > LONGEST:
            raise PatternError(f"its texts may have more than {LONGEST:,} characters")
        return part

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _next(self) -> str:
        letter = self._peek()
        if not letter:
            raise PatternError("it ends in the middle")
        self._place += 1
        return letter

    def _alternatives(self) -> Part:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._place += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._single()))
        return parts[0] if len(parts) == 1 else Sequenced(tuple(parts))

    def _single(self) -> Part:
        letter = self._next()
        if letter == "(":
            return self._group()
        if letter == "[":
            return self._class()
        if letter == "\\":
            return Letters(self._escaped())
        if letter == ".":
            return Letters(_PRINTABLE)
        if letter in "^$":
            raise PatternError(f"{letter} stands within it, where no text begins or ends")
        if letter in "*+?{":
            raise PatternError(f"{letter} has nothing before it to repeat")
        return Letters(letter)

    def _group(self) -> Part:
        if self._peek() == "?":
            self._place += 1
            if self._next() != ":":
                raise PatternError("(?…) that looks around, names or sets something is refused; write (?:…) or (…)")
        part = self._alternatives()
        if self._peek() != ")":
            raise PatternError("a parenthesis is never closed")
        self._place += 1
        return part

    def _escaped(self) -> str:
        letter = self._next()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES and letter.isupper():
            return _others(_CLASSES[letter.lower()])
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in _REFUSED_ESCAPES or letter.isalpha():
            raise PatternError(f"\\{letter} is refused: it stands for no set of characters here")
        return letter

    def _class(self) -> Part:
        is_negated = self._peek() == "^"
        self._place += is_negated
        found: list[str] = []
        while self._peek() != "]" or not found:
            first = self._class_letter()
            if (
                len(first) == 1
                and self._peek() == "-"
                and self._text[self._place + 1 : self._place + 2] not in ("]", "")
            ):
                self._place += 1
                last = self._class_letter()
                if len(last) != 1 or ord(last) < ord(first):
                    raise PatternError(f"the range {first}-{last} goes backwards")
                found.append("".join(map(chr, range(ord(first), ord(last) + 1))))
            else:
                found.append(first)
        self._place += 1
        letters = "".join(dict.fromkeys("".join(found)))
        letters = _others(letters) if is_negated else letters
        if not letters:
            raise PatternError("a class leaves no character")
        return Letters(letters)

    def _class_letter(self) -> str:
        letter = self._next()
        if letter == "[" and self._peek() in (":", "=", "."):
            raise PatternError("[:…:] is refused; write the characters out")
        return self._escaped() if letter == "\\" else letter

    def _repeated(self, part: Part) -> Part:
        bounds = self._bounds()
        if bounds is None:
            return part
        if self._peek() in ("?", "+"):  # lazy and possessive match the same texts
            self._place += 1
        if self._peek() in ("*", "{"):
            raise PatternError("a repetition is repeated; put parentheses around the first")
        least, most = bounds
        if most > MOST_REPEATS or least > most:
            raise PatternError(f"{{{least},{most}}} is no repetition of at most {MOST_REPEATS:,}")
        if isinstance(part, Letters) and part.letters.isascii():
            return Run(part.letters, least, most)
        if most > MOST_GROUPS:
            raise PatternError(f"a group, or a character beyond ASCII, is repeated more than {MOST_GROUPS} times")
        counts = [Sequenced((part,) * count) for count in range(least, most + 1)]
        return counts[0] if len(counts) == 1 else Either(tuple(counts))

    def _bounds(self) -> tuple[int, int] | None:
        letter = self._peek()
        if letter in ("?", "*", "+"):
            self._place += 1
            return {"?": (0, 1), "*": (0, UNBOUNDED), "+": (1, 1 + UNBOUNDED)}[letter]
        if letter != "{":
            return None
        inside, closed, _ = self._text[self._place + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not least.isdecimal() or (most and not most.isdecimal()):
            raise PatternError("{ begins no repetition; write \\{ for the character")
        self._place += len(inside) + 2
        first = int(least)
        return first, int(most) if most else first + UNBOUNDED if comma else first


def _others(letters: str) -> str:
    return "".join(letter for letter in _PRINTABLE if letter not in letters)
