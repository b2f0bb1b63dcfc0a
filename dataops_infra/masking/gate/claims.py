"""What the classification of a kept column claims, held over its distinct values.

A plan keeps a column because ``classify`` saw a short list of codes, a measure or the time of an event in 500 of its
values. All values are here, so the gate sees what those did not show. Where a person wrote the reason, or ``safe`` in
place of the classification, nothing is claimed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from dataops_infra.masking.classify.deciding import EPOCHS, FULL_NAMES, SHORT_LIST, names_among
from dataops_infra.masking.classify.evidence import Evidence
from dataops_infra.masking.classify.shapes import SHAPES
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.patterns import BY_NAME, matches
from dataops_infra.masking.detection.reasons import is_of_classify
from dataops_infra.masking.gate.case import Leaf
from dataops_infra.masking.gate.kept_values import DistinctTexts
from dataops_infra.masking.gate.showing import NUMBER, shape

LONGEST_LISTS = {"enumeration": SHORT_LIST, "thing": SHORT_LIST, "flag": SHORT_LIST, "gender": 2 * SHORT_LIST}
"""Classification -> distinct values that a column of it may have; ``classify`` asks the same of its sample."""
NUMBERS = frozenset({"measure", "age", "enumeration", "event_time"})
"""Classifications whose whole numbers must not be as long as those that number people."""
_SHAPES = frozenset({"ip_address", "mac_address", "national_id", "coordinate"})
SOME = 0.2
"""Share of a list's distinct values that may look like addresses of machines, numbers of people, places."""
_FEWEST = 2
"""So many values prove what one may be by chance."""
_FEWEST_DIGITS = 7
"""Of a phone number with its area."""
_LONG_NUMBER = r"^[-+]?\d{9,}(\.0+)?$"
_PHONES = ("phone_international", "phone_national")
_NAMES = ("name_word", "full_name", "inner_name", "last_name")


class Broken(NamedTuple):
    """A claim that does not hold."""

    observed: float | int
    allowed: float | int
    explanation: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A kept column, and what the plan says of it."""

    leaf: Leaf
    kind: str


def claim_of(leaf: Leaf) -> Claim | None:
    """What ``classify`` said of a column; None = a person, or a contract, answers for it."""
    kind = (leaf.plan.classification or "").strip().lower()
    known = KINDS.get(kind)
    if known is None or known.is_personal or kind == "stated":
        return None
    reason = leaf.plan.reason.strip()
    return Claim(leaf, kind) if not reason or is_of_classify(reason) else None


def broken_by_texts(claim: Claim, seen: DistinctTexts, evidence: Evidence) -> Iterator[Broken]:
    """What is wrong with a claim about texts.

    :param evidence: of the distinct texts.
    """
    values = pl.Series(pl.from_arrow(seen.values()))
    most = LONGEST_LISTS.get(claim.kind)
    distinct = evidence.distinct if seen.level == 0 else seen.distinct
    if most is not None and distinct > most:
        said = f"{distinct:,} different values stand in what the plan calls {KINDS[claim.kind].title}"
        yield Broken(distinct, most, said, _longest(values))
    elif most is not None and (share := names_among(evidence)):
        said = f"{share:.0%} of its different values hold a known name"
        yield Broken(share, 0, said, _looking(values, _NAMES))
    full = evidence.share("full_name")
    if full >= FULL_NAMES and full * evidence.distinct >= _FEWEST and most is None:
        said = f"{full:.0%} of its different values are names of people"
        yield Broken(full, FULL_NAMES, said, _looking(values, ("full_name",)))
    for name in sorted(_SHAPES) if most is not None else ():
        share = evidence.share(name)
        if share > SOME and share * evidence.distinct >= _FEWEST:
            said = f"{share:.0%} of its different values look like {KINDS[name].title}"
            yield Broken(share, SOME, said, _looking(values, (name,)))
    phones = _phones(values) if most is not None else values.clear()
    if len(phones) > max(_FEWEST - 1, SOME * evidence.distinct):
        said = f"{len(phones):,} of its different values are written like phone numbers"
        yield Broken(len(phones), int(SOME * evidence.distinct), said, tuple(map(shape, phones.head(NUMBER))))
    if claim.kind in NUMBERS:
        yield from _long_numbers(claim, values.filter(values.str.contains(_LONG_NUMBER).fill_null(False)))


def broken_by_numbers(claim: Claim, large: int, values: DistinctTexts) -> Iterator[Broken]:
    """What is wrong with a claim about numbers.

    :param large: how many have nine digits or more.
    :param values: those of them that are whole.
    """
    if claim.kind in NUMBERS and 2 * values.rows > large:
        yield from _long_numbers(claim, pl.Series(pl.from_arrow(values.values())))


def _phones(values: pl.Series) -> pl.Series:
    values = values.filter(values.str.count_matches(r"\d") >= _FEWEST_DIGITS)
    if not len(values):
        return values
    texts = values.to_arrow()
    return values.filter(pl.Series(matches(texts, BY_NAME[_PHONES[0]]) | matches(texts, BY_NAME[_PHONES[1]])))


def _long_numbers(claim: Claim, values: pl.Series) -> Iterator[Broken]:
    if claim.kind == "event_time":
        values = values.filter(~_are_moments(values))
    if len(values):
        said = f"whole numbers of nine digits or more stand in what the plan calls {KINDS[claim.kind].title}"
        yield Broken(len(values), 0, said, tuple(map(shape, values.head(NUMBER))))


def _are_moments(values: pl.Series) -> pl.Series:
    """Whether numbers are seconds since 1970, or parts of them; dates written without separators begin with a year."""
    numbers = np.abs(values.cast(pl.Float64, strict=False).fill_null(0).to_numpy())
    found = np.zeros(len(numbers), np.bool_)
    for least, greatest in EPOCHS:
        found |= (numbers >= least) & (numbers <= greatest)
    return pl.Series(found) | values.str.contains(r"^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d{0,9}$")


def _longest(values: pl.Series) -> tuple[str, ...]:
    ordered = values.gather(values.str.len_chars().arg_sort(descending=True).head(NUMBER))
    return tuple(map(shape, ordered))


def _looking(values: pl.Series, names: tuple[str, ...]) -> tuple[str, ...]:
    """Shapes of a few values that have one of several looks."""
    stripped = values.str.strip_chars()
    found = pl.Series(np.zeros(len(values), np.bool_))
    for name in names:
        test = SHAPES[name].test
        assert test is not None
        found |= test(stripped)
    return tuple(map(shape, values.filter(found).head(NUMBER)))
