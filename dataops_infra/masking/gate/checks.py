"""Every family of checks on one screen. To add one: a module beside this one, a line here, a mutant in its test."""

from collections.abc import Callable, Iterator
from typing import Protocol

from dataops_infra.masking.gate.aligned import RowPair
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.structure import KeptUnchanged, NullsKept, schema_equal
from dataops_infra.masking.gate.survivors import OtherColumns, OwnColumn


class Inspector(Protocol):
    """Sees every row of both sides once, batch by batch, with bounded memory."""

    def look(self, rows: RowPair) -> None:
        """Take in a run of rows."""

    def checks(self) -> Iterator[Check]:
        """What it found, after the last row."""


INSPECTORS: tuple[Callable[[Case], Inspector], ...] = (
    NullsKept,
    KeptUnchanged,
    OwnColumn,
    OtherColumns,
)

QUESTIONS: tuple[Callable[[Case], Iterator[Check]], ...] = (schema_equal,)
"""Checks of the plan, or with a pass of their own over few columns."""
