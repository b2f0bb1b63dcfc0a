"""Every family of checks on one screen. To add one: a module beside this one, a line here, a mutant in its test."""

from collections.abc import Callable, Iterator
from typing import Protocol

from dataops_infra.masking.gate.aligned import RowPair
from dataops_infra.masking.gate.anonymity import anonymity
from dataops_infra.masking.gate.approving import approval
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.emails import ForeignEmails
from dataops_infra.masking.gate.encoded_texts import EncodedTexts
from dataops_infra.masking.gate.joins import JoinsKept
from dataops_infra.masking.gate.kept import KeptPersonalData, unclassified_columns
from dataops_infra.masking.gate.known_names import KnownNames
from dataops_infra.masking.gate.known_values import KnownValues
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.moves import MovedDates
from dataops_infra.masking.gate.own_texts import OwnTexts
from dataops_infra.masking.gate.promised import PromisedResults
from dataops_infra.masking.gate.recoded import RecodedValues
from dataops_infra.masking.gate.replacements import Domains
from dataops_infra.masking.gate.spelling import PromisedSpelling
from dataops_infra.masking.gate.structure import KeptUnchanged, NullsKept, schema_equal
from dataops_infra.masking.gate.survivors import OtherColumns, OwnColumn
from dataops_infra.masking.gate.texts import ResidualText


class Inspector(Protocol):
    """Sees every row of both sides once, batch by batch, with bounded memory."""

    def look(self, rows: RowPair) -> None:
        """Take in a run of rows."""

    def checks(self) -> Iterator[Check]:
        """What it found, after the last row."""


INSPECTORS: tuple[Callable[[Case], Inspector], ...] = (
    NullsKept,  # nulls-kept
    KeptUnchanged,  # kept-unchanged
    PromisedResults,  # promised-results
    PromisedSpelling,  # promised-spelling
    MovedDates,  # dates-moved
    OwnColumn,  # own-row-survivors: in the hidden column itself
    OtherColumns,  # own-row-survivors: in another column of the row
    RecodedValues,  # own-row-survivors: in another spelling, or part of a number
    OwnTexts,  # own-row-survivors: in a text of the row
    ResidualText,  # residual-text
    EncodedTexts,  # own-row-survivors, foreign-e-mails, residual-text: behind an encoding
    Domains,  # chance-bound, consistent-replacements, distinct-kept, domains-apart
    ForeignEmails,  # foreign-e-mails
    KnownNames,  # known-names
    KnownValues,  # known-values
    KeptPersonalData,  # kept-personal-data, kept-as-classified
    JoinsKept,  # joins-kept
)

QUESTIONS: tuple[Callable[[Case], Iterator[Check]], ...] = (
    schema_equal,  # schema-equal
    unclassified_columns,  # unclassified-columns
    anonymity,  # k-anonymity, l-diversity, t-closeness
    approval,  # approval
)
"""Checks of the plan, or with a pass of their own over few columns."""
