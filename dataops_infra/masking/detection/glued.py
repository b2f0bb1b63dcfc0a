"""Identifiers that letters touch, in texts whose words are parted: ``card4111111111111111``, ``SSN219-09-9999``.

Letters before a number make it likelier to be a code than to be what its shape says. So only shapes with strong check
digits are taken as they are; others must touch the word that says what they are.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.detection import contexts, shapes
from dataops_infra.masking.detection.patterns import BY_NAME, PATTERNS, Pattern, find
from dataops_infra.masking.detection.spans import FlatTexts, Spans

_WORD_BYTES = 40
_CARD = r"^[0-9]{4}(?:[ .\-]?[0-9]{4}){3}$|^3[0-9]{3}[ \-]?[0-9]{6}[ \-]?[0-9]{4,5}$"
"""Cards of today, as they are written: those of 13 digits are gone, longer ones are national."""
_CHECKED = ("br_cpf", "be_nrn", "fr_nir", "cn_resident")
"""National ids of two check digits, or of one and a date."""
_ADDRESSED = r"(?i)\b(?:ip|ipv4|host|addr|address|server|client|src|dst|source|from)"
_NO_ID = r"(?i)(?:^|[^\p{L}])id[^\p{L}]*$"
"""A word that any number may have before it."""


def _card(candidates: pl.Series) -> shapes.Lengths:
    is_grouped = candidates.str.contains(_CARD).to_numpy()
    return np.where(is_grouped, shapes.card(candidates), 0)


def _word_of(pattern: Pattern) -> str | None:
    """A regular expression of words that must touch what ``pattern`` finds; None = none must."""
    if pattern.kind == "payment_card" or pattern.name in _CHECKED:
        return None
    words = {"us_ssn": contexts.SSN, "phone": contexts.PHONE, "ip_address": _ADDRESSED}
    return rf"(?:{words.get(pattern.kind, contexts.NATIONAL_ID)})[^\p{{L}}\d]{{0,2}}$"


_NAMES = (
    "payment_card", "us_ssn", *(each.name for each in PATTERNS if each.kind == "national_id"), "ipv4", "us_ssn_bare",
    "phone_after_word",
)  # fmt: skip
_GLUED = tuple(replace(BY_NAME[name], check=_card) if name == "payment_card" else BY_NAME[name] for name in _NAMES)
_LABELS = np.array([PATTERNS.index(BY_NAME[name]) for name in _NAMES])


def find_glued(texts: FlatTexts) -> Spans:
    """Where identifiers stand in parted texts that letters may have touched; labels as :func:`.patterns.find` has."""
    found = find(texts, _GLUED)
    if not len(found):
        return found
    before = pl.Series(texts.before(found.starts, _WORD_BYTES), dtype=pl.String)
    told = np.ones(len(found), np.bool_)
    for label in np.unique(found.labels):
        word, chosen = _word_of(_GLUED[label]), np.flatnonzero(found.labels == label)
        if word is not None:
            told[chosen] = _is_told(word, before.gather(chosen))
    return Spans(found.starts, found.ends, _LABELS[found.labels]).where(told)


def _is_told(word: str, before: pl.Series) -> npt.NDArray[np.bool_]:
    return (before.str.contains(word) & ~before.str.contains(_NO_ID)).to_numpy()
