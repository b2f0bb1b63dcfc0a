"""What the gate found, check by check."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """Whether a check, or a whole gate, lets the copy be published."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One question put to the copy, and its answer. Never holds a value of the source."""

    name: str
    """Its fixed name, such as ``own-row-survivors``."""
    verdict: Verdict
    observed: float | int | str
    allowed: float | int | str
    table: str | None = None
    column: str | None = None
    explanation: str = ""
    """One sentence for people, with the fix where it failed."""
    examples: tuple[str, ...] = ()
    """Where to look, each masked itself: digits as 9, letters as x or X."""


@dataclass(frozen=True)
class GateReport:
    """Every check of one copy."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """PASS when every check passed."""
        failed = any(check.verdict is Verdict.FAIL for check in self.checks)
        return Verdict.FAIL if failed else Verdict.PASS
