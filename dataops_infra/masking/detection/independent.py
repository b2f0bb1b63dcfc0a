"""What a gate looks for in masked texts, by other means than those that masked them.

Two detectors that share no code with :mod:`.patterns`: presidio's recognisers (extra ``ner``, no model) on a sample of
texts, and a plain scan over every text. A masked text is full of values of the right shape: what counts is a value
that also stands in the *source text of the same row*, and an e-mail address at a host not reserved for examples.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata, util
from typing import Any

import numpy as np
import pyarrow as pa

from dataops_infra.masking.detection.plain_scan import Finding, is_reserved_host, scan
from dataops_infra.masking.detection.presidio_recognizers import recognizers
from dataops_infra.masking.detection.spans import FlatTexts

PRESIDIO_TEXTS = 500
"""Texts of one call that presidio is shown by default; it reads some 900 a second."""
EXAMPLES = 5
PLAIN_SCAN_VERSION = "5"
"""Goes up when :mod:`.plain_scan` finds other values."""
_CERTAIN = 0.4
"""Presidio's score from which a finding counts: that of a phone number without a word before it."""
_KINDS = {
    "CREDIT_CARD": "payment_card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "MAC_ADDRESS": "mac_address",
    "PHONE_NUMBER": "phone",
    "UK_NHS": "national_id",
    "URL": "url",
    "US_ITIN": "national_id",
    "US_SSN": "us_ssn",
}
_UNSPACED = "[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
"""Letters of scripts that put no spaces between words."""
_BARE_DIGITS = frozenset({"national_id", "phone", "us_ssn"})
"""Kinds of which a bare run of digits says too little: an order's number looks the same."""
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d"
    r"|(?:19|20)\d\d([-./ ])(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])"
)
"""A day as numbers, which presidio takes for a phone number where a phone is spoken of."""


@dataclass(frozen=True)
class ResidualReport:
    """What was found in masked texts. Holds no value of the source."""

    texts: int = 0
    """Texts that the plain scan read: all of them."""
    sampled: int = 0
    """Texts that presidio read."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Kind -> values that survived in their own row; ``foreign_email`` -> addresses at hosts that are not reserved."""
    examples: tuple[str, ...] = ()
    """Where to look, each masked itself: digits as 9, letters as x or X."""
    rows: tuple[int, ...] = ()
    """The row of each example, from 0 in the arrays given."""

    @property
    def total(self) -> int:
        """Everything found."""
        return sum(self.counts.values())

    def __add__(self, other: "ResidualReport") -> "ResidualReport":
        """Both reports as one; rows are those of their own arrays."""
        counts = Counter(self.counts)
        counts.update(other.counts)
        return ResidualReport(
            self.texts + other.texts,
            self.sampled + other.sampled,
            dict(sorted(counts.items())),
            (self.examples + other.examples)[:EXAMPLES],
            (self.rows + other.rows)[:EXAMPLES],
        )


def detectors() -> dict[str, str]:
    """The detectors that :func:`residual` asks -> their versions."""
    presidio = {"presidio-analyzer": metadata.version("presidio-analyzer")} if _has_presidio() else {}
    return {**presidio, "plain-scan": PLAIN_SCAN_VERSION}


def residual(
    source_texts: pa.Array | pa.ChunkedArray,
    target_texts: pa.Array | pa.ChunkedArray,
    *,
    presidio_texts: int = PRESIDIO_TEXTS,
    leave: Collection[str] = (),
) -> ResidualReport:
    """What is left in masked texts.

    :param source_texts: the texts before, row by row.
    :param presidio_texts: at most so many texts are shown to presidio, evenly spread and always the same.
    :param leave: kinds that the plan leaves in texts (the option `leave` of the operator `text`).
    """
    source, target = FlatTexts.of(source_texts), FlatTexts.of(target_texts)
    found = {(item.row, item.kind, item.value): item for item in scan(source, target) if item.kind not in leave}
    sample = _sample(target, presidio_texts) if _has_presidio() else []
    for item in _by_presidio(source, target, sample):
        if item.kind not in leave:
            found.setdefault((item.row, item.kind, item.value), item)
    items = sorted(found.values(), key=lambda item: (item.row, item.kind, item.value))
    counts = Counter(item.kind for item in items)
    return ResidualReport(
        len(target),
        len(sample),
        dict(sorted(counts.items())),
        tuple(shown(item.value) for item in items[:EXAMPLES]),
        tuple(item.row for item in items[:EXAMPLES]),
    )


def shown(value: str) -> str:
    """A value as it may be shown: its shape, at most 40 characters of it."""
    return "".join(
        "9" if letter.isdigit() else ("X" if letter.isupper() else "x") if letter.isalpha() else letter
        for letter in value[:40]
    )


def _sample(texts: FlatTexts, at_most: int) -> list[int]:
    filled = np.flatnonzero(np.diff(texts.offsets))
    if len(filled) > at_most:
        filled = filled[np.linspace(0, len(filled) - 1, at_most).astype(np.int64)] if at_most else filled[:0]
    return [int(row) for row in filled]


def _by_presidio(source: FlatTexts, target: FlatTexts, rows: list[int]) -> Iterator[Finding]:
    if not rows:
        return
    places = pa.array(rows)
    before, after = source.values.take(places).to_pylist(), target.values.take(places).to_pylist()
    for row, original, text in zip(rows, before, after, strict=True):
        for entity, value in _analyze(original, text):
            kind = _KINDS[entity]
            if kind == "email" and not is_reserved_host(_host(value)):
                yield Finding(row, "foreign_email", value)
            elif _tells(kind, value) and value in original:
                yield Finding(row, kind, value)


def _host(address: str) -> str:
    """The host of an address, which ends where a word begins that no space parts from it: `example.com谢谢`."""
    host = address.rpartition("@")[2]
    return re.split(_UNSPACED, host)[0] if host[:1].isascii() else host


def _tells(kind: str, value: str) -> bool:
    if kind == "url":
        return "://" in value
    return not (kind in _BARE_DIGITS and (value.isdigit() or _DATE.fullmatch(value)))


@cache
def _has_presidio() -> bool:
    return util.find_spec("presidio_analyzer") is not None


@cache
def _asked(*names: str) -> tuple[Any, ...]:
    """Some of presidio's recognisers, without a model, and without the network."""
    kinds = recognizers(names)
    if "EmailRecognizer" in kinds:
        kinds["EmailRecognizer"] = _offline(kinds["EmailRecognizer"])
    return tuple(kind() for kind in kinds.values())


def _offline(kind: Any) -> Any:
    class OfflineEmailRecognizer(kind):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> None:
            """Take an address by its shape: presidio's own check fetches the list of top-level domains."""

    return OfflineEmailRecognizer


def _analyze(original: str, text: str) -> Iterator[tuple[str, str]]:
    """What presidio finds in a text, as kind and value; it is asked only for what text and original could share."""
    numbers = list(_numbers(original, text))
    asked: tuple[str, ...] = _ALWAYS_ASKED
    asked += ("EmailRecognizer",) if "@" in text else ()
    asked += ("UrlRecognizer",) if "://" in text else ()
    if any(shared >= _LEAST_NUMBER_DIGITS for shared, _ in numbers):
        asked += _ASKED_FOR_NUMBERS
    yield from _recognized(asked, text)
    for shared, around in numbers:
        if shared >= _LEAST_PHONE_DIGITS:
            yield from _recognized(("PhoneRecognizer",), around)


def _recognized(names: tuple[str, ...], text: str) -> Iterator[tuple[str, str]]:
    for recognizer in _asked(*names):
        for result in recognizer.analyze(text, recognizer.supported_entities, None) or ():
            if result.score >= _CERTAIN and result.entity_type in _KINDS:
                yield result.entity_type, text[result.start : result.end]


def _numbers(original: str, text: str) -> Iterator[tuple[int, str]]:
    """Numbers that stand so close together that they may be one.

    For each: how many digits side by side the original has too, and the text from the number before to the one behind.
    """
    close: list[tuple[int, int, int]] = []
    side_by_side = 0
    for run in re.finditer(r"\d+", text):
        start, most = run.start(), 0
        if close and start - close[-1][1] <= _WIDEST_GAP:
            start, _, most = close.pop()
        else:
            side_by_side = 0
        side_by_side = side_by_side + len(run[0]) if run[0] in original else 0
        close.append((start, run.end(), max(most, side_by_side)))
    starts, ends = [start for start, _, _ in close], [end for _, end, _ in close]
    for (_, _, most), before, behind in zip(close, [0, *ends], [*starts[1:], len(text)], strict=False):
        yield most, text[before:behind]


_ALWAYS_ASKED = ("IbanRecognizer", "IpRecognizer", "MacAddressRecognizer")
"""Recognisers that every text of the sample is shown to."""
_ASKED_FOR_NUMBERS = ("CreditCardRecognizer", "NhsRecognizer", "UsItinRecognizer", "UsSsnRecognizer")
_LEAST_NUMBER_DIGITS = 9
"""Digits of the shortest of those numbers: a social security number."""
_LEAST_PHONE_DIGITS = 7
"""Digits that a number must share with the original to be looked at as a phone number, which takes a millisecond.

Fewer have only a few lines in German villages, and orders and rooms everywhere.
"""
_WIDEST_GAP = 4
"""Characters that a phone number may have between its digits, as python-phonenumbers reads them."""
