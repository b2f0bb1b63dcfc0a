"""presidio's vote on columns that nothing else recognised: no language model, never a download."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import util
from typing import Any

import polars as pl
import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.classify.deciding import Finding
from dataops_infra.masking.classify.samples import ColumnSample, family
from dataops_infra.masking.detection.kinds import KINDS

VALUES_SHOWN = 50
"""Values of a column that presidio is shown; it reads some 900 a second."""
ELECTED = 0.6
"""Share of them that must be of one kind."""
COVERED = 0.8
"""Share of a value that a finding must cover: the column holds it, and does not merely mention it."""
CERTAIN = 0.4
"""Presidio's score from which a finding counts."""
_KINDS = {
    "CREDIT_CARD": "payment_card",
    "CRYPTO": "bank_account",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "MAC_ADDRESS": "mac_address",
    "PHONE_NUMBER": "phone",
    "US_BANK_NUMBER": "bank_account",
    "US_SSN": "us_ssn",
}
_LANGUAGE = "en"
_NOT_ASKED = frozenset({"EmailRecognizer", "UrlRecognizer", "DateRecognizer", "PhoneRecognizer"})
"""The first two ask the network for a list of domains, and our own look is as good; a date is no identifier; the last
is no mere pattern and is made by itself."""
_DECIDED = frozenset({"flag", "event_time", "stated"})


def check_available() -> None:
    """Refuse a vote that cannot be held.

    :raises MaskingError: presidio is not installed.
    """
    if util.find_spec("presidio_analyzer") is None:
        raise MaskingError("--presidio needs presidio, which is not installed: pip install 'dataops-infra[ner]'")


def vote(sample: ColumnSample, guess: Finding) -> Finding:
    """The guess, or what presidio makes of a column that was unknown or would be kept; it never unmasks one."""
    asked = guess.kind.name == "unknown" or guess.kind.operator == "keep"
    if not asked or guess.kind.name in _DECIDED or family(sample.value_type) != "text":
        return guess
    values = pl.Series(sample.values.cast(pa.large_string())).unique(maintain_order=True).head(VALUES_SHOWN).to_list()
    votes = Counter(kind for value in values if (kind := _kind_of(value)) is not None)
    if not votes:
        return guess
    kind, number = votes.most_common(1)[0]
    share = number / len(values)
    if share < ELECTED:
        return guess
    return Finding(KINDS[kind], f"presidio takes {share:.0%} of the values for {KINDS[kind].title}", 0.7)


def _kind_of(value: str) -> str | None:
    """The kind that covers most of a value by the best score."""
    found = [
        result
        for result in _analyzer()(value)
        if result.score >= CERTAIN and result.end - result.start >= COVERED * len(value)
    ]
    best = max(found, key=lambda result: (result.score, result.entity_type), default=None)
    return None if best is None else _KINDS.get(best.entity_type, "national_id")


@cache
def _analyzer() -> Callable[[str], list[Any]]:
    from presidio_analyzer import PatternRecognizer, predefined_recognizers
    from presidio_analyzer.nlp_engine import NlpArtifacts

    names = sorted(set(predefined_recognizers.__all__) - _NOT_ASKED)
    kinds: list[Any] = [getattr(predefined_recognizers, name) for name in names]
    patterns = [kind() for kind in kinds if PatternRecognizer in getattr(kind, "__mro__", ())]
    asked: list[Any] = [recognizer for recognizer in patterns if recognizer.supported_language == _LANGUAGE]
    asked.append(predefined_recognizers.PhoneRecognizer())
    none: Any = ()
    nothing = NlpArtifacts([], none, [], [], nlp_engine=none, language=_LANGUAGE)
    return lambda value: [
        result
        for recognizer in asked
        for result in recognizer.analyze(value, recognizer.supported_entities, nothing) or ()
    ]
