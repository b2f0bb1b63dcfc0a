"""The few signs of the tree, and their spelling where the output cannot show them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symbols:
    """One set of signs."""

    good: str
    bad: str
    warning: str
    waiting: str
    fix: str
    dot: str
    ellipsis: str
    bar: str
    branch: str
    last: str
    line: str


UNICODE = Symbols("✔", "✘", "▲", "◌", "→", "·", "…", "│", "├── ", "└── ", "│   ")
ASCII = Symbols("ok", "x", "!", "o", "->", "-", "...", "|", "|-- ", "`-- ", "|   ")
