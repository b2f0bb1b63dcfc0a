"""What the gate found, check by check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.measures import Measures


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
    measures: "Mapping[str, Measures]" = field(default_factory=dict)
    """Table with quasi-identifiers -> how hard it is to single a person out of it."""
    shapes: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    """Table -> path -> a few values before and after, as shapes: digits as 9, letters as x or X."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that refuse."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAIL)

    @property
    def verdict(self) -> Verdict:
        """PASS when every check passed."""
        return Verdict.FAIL if self.failed else Verdict.PASS
