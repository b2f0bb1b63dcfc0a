"""Identifiers that are recognised by their shape: e-mail addresses, phone and card numbers, IBANs, national ids.

Each is one record of :data:`PATTERNS`: a regular expression in Rust's syntax (linear time, whole columns by polars)
that finds candidates, and a check over all candidates at once. A number is a candidate only as a whole: what stands
directly before and behind it must not be part of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection import contexts, national_ids, shapes
from dataops_infra.masking.detection.excerpts import Excerpts, Numbers, excerpts_without_spaces
from dataops_infra.masking.detection.iban_lengths import IBAN_LENGTHS
from dataops_infra.masking.detection.side_by_side_numbers import beside_others
from dataops_infra.masking.detection.spans import (
    NO_SPANS,
    FlatTexts,
    Places,
    Spans,
    merge,
    overlapping,
    without,
    without_overlaps,
)

Check = Callable[[pl.Series], npt.NDArray[np.int64]]
"""Candidates -> how many bytes of each are the identifier (0 = it is none)."""

CONTEXT_BYTES = 64
"""How far before a number the word may stand that says what it is ("Phone (mobile, evenings): 5551234")."""
BEHIND_BYTES = 24


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One identifier."""

    name: str
    kind: str
    """As in :data:`.kinds.KINDS`: what is done with it, and the domain in which it is equal to a column's values."""
    regex: str
    check: Check = shapes.whole
    hint: str | None = None
    """What every match holds, quick to look for: texts without it are not searched. None = the match holds many digits:
    only what stands around these is searched."""
    signs: bytes = b""
    """Bytes of which every match of ``hint`` holds one: only what stands around these without spaces is searched."""
    digits: int = 0
    """Digits that what ``check`` lets pass has at least; of those without ``hint``."""
    context: str | None = None
    """A regular expression of words that must stand shortly before it (:func:`.contexts.announces`); None = the shape
    says enough."""
    behind: str | None = None
    """A regular expression that says the same directly behind the identifier: "5551234567 (mobile)"."""
    unless: str | None = None
    """A regular expression that must not match there."""
    again: bool = False
    """Whether one may begin within what was none: "order 1234 4111 1111 1111 1111"."""


_L = r"\p{L}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts that put spaces between words: elsewhere the word before an address would belong to it."""
_LOCAL = (
    rf"(?:[[{_L}]\p{{Nd}}_+](?:[[{_L}]\p{{M}}\p{{Nd}}_.+\-'’&%~]*[[{_L}]\p{{M}}\p{{Nd}}_+\-])?"
    r"|[\p{Han}\p{Hangul}\p{Thai}]+)"
)
_LABEL = (
    rf"(?:[[{_L}]\p{{Nd}}](?:[[{_L}]\p{{M}}\p{{Nd}}\-]*[[{_L}]\p{{M}}\p{{Nd}}])?|[\p{{Han}}\p{{Hangul}}\p{{Thai}}]+)"
)
_TOP = rf"(?:(?i:xn--[a-z0-9\-]+)|[[{_L}]\p{{M}}]{{2,}}|[\p{{Han}}\p{{Hangul}}\p{{Thai}}]{{2,}})"
_GAP = r"[ \u00a0\u202f]"


def bounded(regex: str) -> str:
    """``regex`` with ASCII digits, where it is not part of a longer word or number."""
    return rf"(?-u:\b)(?:{regex})(?-u:\b)".replace(r"\d", "[0-9]")


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        name="url",
        kind="url",
        regex=r"""(?i)(?:\b(?:https?|ftps?|sftp|wss?)://|\bwww\.)[^\s<>"'`{}|\\^\[\]]*[^\s<>"'`{}|\\^\[\].,;:!?()*]/?"""
        r"""|\b[a-z][a-z0-9+.\-]*://[^\s/@:<>"']+(?::[^\s/@<>"']*)?@[^\s<>"',;)]+""",
        hint=r"://|(?i:www\.)",
        signs=b":.",
    ),
    Pattern(
        name="email",
        kind="email",
        regex=rf"{_LOCAL}(?:@|＠|%40)(?:{_LABEL}\.)+{_TOP}",
        hint="@|＠|%40",
        signs="@＠%".encode(),
    ),
    Pattern(
        name="iban",
        kind="iban",
        regex=rf"(?i)[a-z]{{2}}[0-9]{{2}}(?:{_GAP}|-)?(?:[a-z0-9]{{4}}(?:{_GAP}|-)?){{2,7}}[a-z0-9]{{0,4}}",
        check=shapes.iban,
        again=True,
    ),
    Pattern(
        name="payment_card",
        kind="payment_card",
        regex=rf"\d{{4}}(?:{_GAP}|[\-.])?\d{{4}}(?:{_GAP}|[\-.])?\d{{4}}(?:{_GAP}|[\-.])?\d{{1,4}}(?:(?:{_GAP}|[\-.])?\d{{1,3}})?"
        r"|\d(?: \d){13,15}"
        rf"|3[47]\d{{2}}(?:{_GAP}|[\-.])\d{{6}}(?:{_GAP}|[\-.])\d{{5}}|3[0689]\d{{2}}(?:{_GAP}|[\-.])\d{{6}}(?:{_GAP}|[\-.])\d{{4}}",
        check=shapes.card,
        digits=13,
        again=True,
    ),
    Pattern(
        name="us_ssn",
        kind="us_ssn",
        regex=rf"\d{{3}}(?:-|{_GAP}|\.)\d{{2}}(?:-|{_GAP}|\.)\d{{4}}",
        check=shapes.ssn,
        digits=9,
    ),
    Pattern(
        name="phone_international",
        kind="phone",
        regex=rf"(?:\(?[+＋]|(?-u:\b)00){_GAP}?[\d--0]\d{{0,3}}\)?(?:(?:{_GAP}|[.\-/])?(?:{_GAP}?\(\d{{1,5}}\){_GAP}?)?\d{{1,12}}){{1,7}}",
        check=shapes.international_phone,
        digits=7,
    ),
    *(
        Pattern(name=rule.name, kind="national_id", regex=bounded(rule.regex), check=rule.check)
        for rule in national_ids.RULES
    ),
    Pattern(
        name="ipv6",
        kind="ip_address",
        regex=r"(?i)(?:[0-9a-f]{1,4}:){1,7}(?::|[0-9a-f]{1,4})(?::?[0-9a-f]{1,4})*(?:\.\d{1,3}){0,3}"
        r"|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}",
        check=shapes.ipv6,
        hint=":[0-9A-Fa-f]{0,4}:",
        signs=b":",
    ),
    Pattern(
        name="ipv4",
        kind="ip_address",
        regex=r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
        check=shapes.ipv4,
        unless=contexts.VERSION,
    ),
    Pattern(
        name="mac_address",
        kind="mac_address",
        hint="[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]",
        signs=b":-",
        regex=r"(?i)[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}",
    ),
    Pattern(
        name="us_ssn_bare", kind="us_ssn", regex=bounded(r"\d{9}"), check=shapes.ssn, digits=9, context=contexts.SSN
    ),
    Pattern(
        name="national_id_after_word",
        kind="national_id",
        regex=bounded(national_ids.BARE),
        check=national_ids.bare,
        digits=9,
        context=contexts.NATIONAL_ID,
    ),
    Pattern(
        name="phone_after_word",
        kind="phone",
        regex=r"(?:(?:[+＋(]|(?-u:\b))[0-9]|[+＋(]?[\d--0-9])(?:(?:[ \u00a0\u202f().\-/]{0,2}| / )\d){6,14}"
        r"(?: ?(?:x|ext\.?) ?\d{1,6})?",
        check=shapes.phone,
        digits=7,
        context=contexts.PHONE,
        behind=contexts.BEHIND_PHONE,
        unless=contexts.NO_PHONE,
    ),
    Pattern(
        name="phone_national",
        kind="phone",
        regex=rf"(?:(?-u:\b)1[ .\-]{{1,2}})?(?:\([2-9]\d{{2}}\){_GAP}?|(?-u:\b)[2-9]\d{{2}}[ .\-])\d{{3}}[ .\-]\d{{4}}"
        r"(?: ?(?:x|ext\.?) ?\d{1,6})?"
        r"|\(\d{2,5}\)[ /\-]{0,2}\d{2,9}(?:[ \-/]{1,2}\d{2,5}){0,3}(?: ?(?:x|ext\.?) ?\d{1,6})?"
        r"|(?-u:\b)\d{2} 9?\d{4}-\d{4}"
        rf"|(?:\(|(?-u:\b))0[1-9]\d{{0,4}}\)?(?:(?:{_GAP}/{_GAP}|(?:{_GAP}|[\-/.]){{1,2}})\d{{2,8}}){{1,5}}"
        rf"|0{_GAP}\(?[1-9]\d{{2}}\)?{_GAP}\d{{3}}{_GAP}(?:\d{{2}}{_GAP}\d{{2}}|\d{{3,4}})",
        check=shapes.national_phone,
        digits=8,
    ),
)
"""Every pattern; where two find the same place the earlier wins."""

_NATIONAL = "|".join(p.regex for p in PATTERNS if p.kind == "national_id" and p.context is None)

BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
"""Name -> pattern."""


def find(texts: FlatTexts, patterns: Sequence[Pattern] = PATTERNS) -> Spans:
    """Where identifiers stand in texts; a span's label is the position of its pattern in ``patterns``."""
    series = pl.Series(texts.values, dtype=pl.String)
    numbers = Numbers.of(texts)
    found = NO_SPANS
    for label, pattern in enumerate(patterns):
        if pattern.hint is not None:
            excerpts = excerpts_without_spaces(texts, series, pattern.hint, pattern.signs)
        else:
            is_national = pattern.kind == "national_id" and pattern.context is None
            excerpts = numbers.excerpts(pattern.digits, _NATIONAL if is_national else "")
        starts, ends = excerpts.search(pattern.regex)
        candidates = Spans(starts, ends, np.full(len(starts), label, np.int64))
        candidates = merge(without(candidates, found), _beside_found(texts, pattern, candidates, found))
        checked = _checked(texts, pattern, candidates)
        if pattern.again:
            checked = merge(
                checked, _checked(texts, pattern, without(_within(texts, pattern, candidates, checked), found))
            )
        if pattern.kind in _BESIDE_OTHERS:
            checked = merge(checked, _beside_others(texts, pattern, without(candidates, checked), found))
        if len(checked):
            # What is found in a number later would overlap.
            found, numbers = merge(found, checked), numbers.outside(checked)
    return found


def _within(texts: FlatTexts, pattern: Pattern, candidates: Spans, checked: Spans) -> Spans:
    """Candidates that begin within others, which are none."""
    refused = without(candidates, checked)
    if not len(refused):
        return NO_SPANS
    begins = texts.at_characters(refused.starts + 1)
    ends = texts.at_characters(np.minimum(refused.ends + CONTEXT_BYTES, texts.offsets[texts.rows(refused.starts) + 1]))
    return _searched(texts, pattern, begins, ends, int(refused.labels[0]))


def _searched(texts: FlatTexts, pattern: Pattern, begins: Places, ends: Places, label: int) -> Spans:
    """The candidates in some pieces of the texts."""
    starts, stops = Excerpts(FlatTexts.of(texts.pieces(begins, ends)), begins).search(pattern.regex)
    return Spans(starts, stops, np.full(len(starts), label))


def _beside_found(texts: FlatTexts, pattern: Pattern, candidates: Spans, found: Spans) -> Spans:
    """Candidates in what is left of others before the first and behind the last thing in them that was ``found``."""
    cut = NO_SPANS if pattern.kind not in _BESIDE_OTHERS else overlapping(candidates, found)
    if not len(cut):
        return NO_SPANS
    first = np.searchsorted(found.ends, cut.starts, side="right")
    last = np.searchsorted(found.starts, cut.ends, side="left") - 1
    begins, ends = np.concatenate([cut.starts, found.ends[last]]), np.concatenate([found.starts[first], cut.ends])
    is_left = begins < ends
    left = _searched(texts, pattern, begins[is_left], ends[is_left], int(cut.labels[0]))
    return without_overlaps(left.where(np.argsort(left.starts, kind="stable")))


def _beside_others(texts: FlatTexts, pattern: Pattern, refused: Spans, found: Spans) -> Spans:
    """What stands within candidates that are none as a whole, and overlaps nothing that was ``found``."""
    if not len(refused):
        return refused
    return beside_others(
        texts,
        refused,
        _BESIDE_OTHERS[pattern.kind],
        lambda begins, ends: without(_searched(texts, pattern, begins, ends, int(refused.labels[0])), found),
        lambda candidates: _checked(texts, pattern, candidates),
    )


def matches(values: pa.Array | pa.ChunkedArray, pattern: Pattern) -> npt.NDArray[np.bool_]:
    """Which values are, as a whole, what ``pattern`` describes (spaces around them aside; nulls are not).

    A pattern that needs a word before it looks at the shape alone: here the column's name takes the word's place.
    """
    series = pl.Series(FlatTexts.of(values).values, dtype=pl.String).str.strip_chars()
    whole = series.str.contains(f"^(?:{pattern.regex})$")
    hits = np.flatnonzero(whole.to_numpy())
    result = np.zeros(len(series), np.bool_)
    candidates = series.gather(hits)
    result[hits] = pattern.check(candidates) == candidates.str.len_bytes().to_numpy()
    return result


def _checked(texts: FlatTexts, pattern: Pattern, candidates: Spans) -> Spans:
    if not len(candidates):
        return NO_SPANS
    starts = candidates.starts
    lengths = pattern.check(pl.Series(texts.pieces(starts, candidates.ends), dtype=pl.String))
    ends = starts + lengths
    # An address is one whatever is written behind its last letter: _anna@firm.com_, anna@firm.com2.
    alone = np.ones(len(starts), np.bool_) if pattern.kind == "email" else _stands_alone(texts, starts, ends)
    if pattern.kind == "iban":
        alone[~alone] = _stands_among_letters(texts, starts[~alone], ends[~alone])
    if pattern.kind in _BESIDE_OTHERS:
        alone &= ~_within_number(texts, starts, ends)
    if pattern.kind == "phone":
        alone &= ~_within_date(texts, starts, ends)
    checked = Spans(starts, ends, candidates.labels).where((lengths > 0) & alone)
    return checked if not len(checked) else checked.where(_is_told(texts, pattern, checked))


def _is_told(texts: FlatTexts, pattern: Pattern, found: Spans) -> npt.NDArray[np.bool_]:
    """Which pieces the words around them, as far as it takes any, say to be what the pattern describes."""
    told = np.ones(len(found), np.bool_)
    if pattern.context is None and pattern.unless is None:
        return told
    before = pl.Series(texts.before(found.starts, CONTEXT_BYTES), dtype=pl.String)
    if pattern.context is not None:
        told = contexts.announces(pattern.context, before)
    if pattern.behind is not None:
        behind = pl.Series(texts.behind(found.ends, BEHIND_BYTES), dtype=pl.String)
        told |= behind.str.contains(pattern.behind).to_numpy()
    if pattern.unless is not None:
        told &= ~before.str.contains(pattern.unless).to_numpy()
    return told


_WORD = np.zeros(256, np.bool_)
_WORD[[*b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"]] = True


def _stands_alone(texts: FlatTexts, starts: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """Which pieces are not part of a longer word or number, as far as ASCII goes."""
    row = texts.rows(starts)
    behind = np.minimum(ends, len(texts.data) - 1)
    joined_before = (starts > texts.offsets[row]) & _WORD[texts.data[starts - 1]] & _WORD[texts.data[starts]]
    joined_behind = (ends < texts.offsets[row + 1]) & _WORD[texts.data[ends - 1]] & _WORD[texts.data[behind]]
    return np.asarray(~(joined_before | joined_behind))


def _stands_among_letters(texts: FlatTexts, starts: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """Which pieces are IBANs as long as their country's, with nothing but letters in the rest of their word."""
    if not len(starts):
        return np.zeros(0, np.bool_)
    pieces = pl.DataFrame(
        {
            "before": pl.Series(texts.before(starts, CONTEXT_BYTES), dtype=pl.String),
            "iban": pl.Series(texts.pieces(starts, ends), dtype=pl.String).str.replace_all("[^0-9A-Za-z]", ""),
            "behind": pl.Series(texts.behind(np.maximum(ends, 1), CONTEXT_BYTES), dtype=pl.String),
        }
    )
    country = pl.col("iban").str.slice(0, 2).str.to_uppercase()
    wanted = country.replace_strict(IBAN_LENGTHS, default=0, return_dtype=pl.UInt32)
    among = pl.col("before").str.contains("(?:^|[^0-9A-Za-z])[A-Za-z]*$")
    among &= pl.col("behind").str.contains("^[A-Za-z]*(?:[^0-9A-Za-z]|$)")
    return pieces.select(among & (pl.col("iban").str.len_bytes() == wanted)).to_series().to_numpy()


_BESIDE_OTHERS = {"phone": shapes.PHONE_DIGITS, "payment_card": shapes.CARD_DIGITS}
"""Kinds that are part of no other number, and may have one beside them -> least and most digits."""
_POINT = np.zeros(256, np.bool_)
_POINT[[*b".,:/"]] = True
_DIGIT = np.zeros(256, np.bool_)
_DIGIT[[*b"0123456789"]] = True
_LONG_GROUP = "/[0-9 -]{5,}$"
_DATE_BYTES, _BEGINNING_OF_DATE = 9, r"(?:^|[^0-9./\-])(?:19|20)[0-9]{2}[./\-](?:[01]?[0-9][./\-])?$"


def _within_number(texts: FlatTexts, starts: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """Which pieces are part of a date, a time or a decimal number: a digit stands behind a point beside them."""
    row, last = texts.rows(starts), len(texts.data) - 1
    previous, following = texts.data[starts - 1], texts.data[np.minimum(ends, last)]
    # No number goes on with a plus.
    before = (starts - 2 >= texts.offsets[row]) & (texts.data[starts] != ord("+"))
    before &= _POINT[previous] & _DIGIT[texts.data[starts - 2]]
    behind = ends + 1 < texts.offsets[row + 1]
    behind &= _POINT[following] & _DIGIT[texts.data[np.minimum(ends + 1, last)]]
    # A slash parts two numbers, unless they are of a date or a path.
    at = np.flatnonzero((before & (previous == ord("/"))) | (behind & (following == ord("/"))))
    pieces = pl.Series(texts.pieces(starts[at], ends[at]), dtype=pl.String)
    has_none = ~pieces.str.contains("/").to_numpy()
    is_long = pieces.str.contains(_LONG_GROUP).to_numpy()
    before[at] &= (previous[at] != ord("/")) | ~has_none
    behind[at] &= (following[at] != ord("/")) | ~(has_none | is_long)
    found: npt.NDArray[np.bool_] = before | behind
    return found


def _within_date(texts: FlatTexts, starts: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """Which pieces begin within a date (2024-, 2024-03-), or seem to be dialled from abroad in a number (663-00)."""
    previous = texts.data[starts - 1]
    goes_on = (starts - 2 >= texts.offsets[texts.rows(starts)]) & _DIGIT[texts.data[starts - 2]]
    at = np.flatnonzero(goes_on & (_POINT[previous] | (previous == ord("-"))))
    before = pl.Series(texts.before(starts[at], _DATE_BYTES), dtype=pl.String)
    abroad = pl.Series(texts.pieces(starts[at], ends[at]), dtype=pl.String).str.starts_with("00")
    within = np.zeros(len(starts), np.bool_)
    within[at] = (before.str.contains(_BEGINNING_OF_DATE) | (abroad & before.str.ends_with("-"))).to_numpy()
    return within
