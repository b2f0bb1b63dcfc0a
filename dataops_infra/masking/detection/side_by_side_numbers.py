"""Phone and card numbers beside others: "0171 2345678 12.03.2024" is taken for one number, and is none.

What is written in groups ends where one says it does. So of candidates that were refused, shorter ones are looked at,
up to the end of a group, and what stands behind is searched again.
"""

import re
from collections.abc import Callable
from operator import itemgetter

import numpy as np
import polars as pl

from dataops_infra.masking.detection.shapes import DATE, digits
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge, without, without_overlaps

_ROUNDS = 8
"""Numbers in a row that are looked at."""
_BEHIND_BYTES = 40
"""How far behind a candidate the number may go on that begins within it."""
_BLANKS = " \u00a0\u202f/"
_SEVERAL, _SPELLED = rf"[0-9).][{_BLANKS}]", r"^[0-9](?: [0-9])+$"
"""In groups, of which those of one digit each are no numbers of their own."""
_GOING_ON = rf"^([0-9{_BLANKS}.()\-]*)"
_DAY, _YEAR, _POINT = (r"[0-9]", r"[0-3][0-9]"), "(?:19|20)[0-9]{2}", r"[./\-]"
_DATES = tuple(
    (rf"(^|[^0-9])(?:{first}{_POINT}{second}{_POINT}{_YEAR}|{_YEAR}{_POINT}{first}{_POINT}{second})([^0-9]|$)", length)
    for first, second, length in (
        (_DAY[1], _DAY[1], 10),
        (_DAY[0], _DAY[1], 9),
        (_DAY[1], _DAY[0], 9),
        (_DAY[0], _DAY[0], 8),
    )
)
"""Dates with as many characters."""
_COMPACT = r"(^|[^0-9])(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])([^0-9]|$)", 8
_DATE_SIGN = "d"
_NEXT = re.compile(rf"\(?[+＋]|00|\([09]{{2,5}}\)|{_DATE_SIGN}")
"""What only a number of its own begins with."""
_COUNTRY = re.compile("(?:[+＋]|00)[09]{1,3}")
"""A country's code, which an area's may follow in brackets."""
_USUAL_DIGITS, _FEW_DIGITS, _ABROAD_DIGITS = 10, 7, 11
"""Of two phone numbers that are told apart by a zero each has so many or more, as a group may begin with one as well;
what stands before one that is told so may have fewer than that; least digits behind 00."""


def beside_others(
    texts: FlatTexts,
    refused: Spans,
    limits: tuple[int, int],
    search: Callable[[Places, Places], Spans],
    check: Callable[[Spans], Spans],
) -> Spans:
    """The numbers within some candidates that are none as a whole.

    :param limits: least and most digits of a number.
    :param search: (starts, ends) -> the candidates in those pieces of the texts.
    :param check: candidates -> those that are numbers.
    """
    found, pending = NO_SPANS, _of_several(texts, refused, limits[0])
    for _ in range(_ROUNDS):
        if not len(pending):
            break
        ends = _ends_of_first(texts, pending, limits, check)
        is_one = ends > 0
        # What goes on behind a candidate may reach into the next one.
        firsts = without_overlaps(Spans(pending.starts[is_one], ends[is_one], pending.labels[is_one]))
        found = merge(found, firsts)
        begins = np.where(is_one, ends, pending.starts + _first_groups(texts, pending))
        stops = np.minimum(texts.offsets[texts.rows(pending.starts) + 1], pending.ends + _BEHIND_BYTES)
        candidates = search(begins, np.maximum(texts.at_characters(stops), begins))
        order = np.argsort(candidates.starts, kind="stable")
        candidates = without_overlaps(without(candidates.where(order), found))
        whole = check(candidates)
        found = merge(found, whole)
        pending = _of_several(texts, without(candidates, whole), limits[0])
    return found


def _pieces(texts: FlatTexts, spans: Spans) -> pl.Series:
    return pl.Series(texts.pieces(spans.starts, spans.ends), dtype=pl.String)


def _of_several(texts: FlatTexts, spans: Spans, least: int) -> Spans:
    """Those in several groups that have so many digits beside all dates."""
    if not len(spans):
        return spans
    pieces = _pieces(texts, spans)
    several = pieces.str.contains(_SEVERAL) & ~pieces.str.contains(_SPELLED)
    spans, pieces = spans.where(several.to_numpy()), pieces.filter(several)
    enough = digits(pieces.str.replace_all(DATE, "")).str.len_bytes() >= least
    return spans.where(enough.to_numpy())


def _ends_of_first(
    texts: FlatTexts, pending: Spans, limits: tuple[int, int], check: Callable[[Spans], Spans]
) -> Places:
    """Where the number ends that each candidate begins with; 0 = it begins with none."""
    behind = pl.Series(texts.behind(pending.ends, _BEHIND_BYTES), dtype=pl.String).str.extract(_GOING_ON)
    shapes = _shapes(_pieces(texts, pending) + behind)
    heads = {shape: _heads(shape, *limits) for shape in shapes.unique()}
    listed = [heads[shape] for shape in shapes]
    ends = np.zeros(len(pending), np.int64)
    for number in range(max(map(len, listed))):
        rows = np.array([row for row, each in enumerate(listed) if len(each) > number and not ends[row]], np.int64)
        if not len(rows):
            break
        lengths = np.array([listed[row][number] for row in rows], np.int64)
        starts = pending.starts[rows]
        held = check(Spans(starts, starts + lengths, pending.labels[rows]))
        at = rows[np.searchsorted(starts, held.starts)]
        ends[at] = held.ends
    return ends


def _first_groups(texts: FlatTexts, pending: Spans) -> Places:
    """How many bytes the first group of each candidate has."""
    first = _pieces(texts, pending).str.extract(rf"^([^{_BLANKS}]+)")
    return first.str.len_bytes().fill_null(1).to_numpy().astype(np.int64)


def _shapes(pieces: pl.Series) -> pl.Series:
    """Candidates with 9 for each digit but zeros, and :data:`_DATE_SIGN` for each character of a date."""
    for pattern, length in (*_DATES, _COMPACT):
        for _ in range(2):  # two dates share what stands between them
            pieces = pieces.str.replace_all(pattern, f"${{1}}{_DATE_SIGN * length}${{2}}")
    return pieces.str.replace_all("[1-9]", "9")


def _heads(shape: str, least: int, most: int) -> tuple[int, ...]:
    """How many bytes of a candidate may be a number of ``least`` to ``most`` digits, the likeliest first.

    A number that is too long most likely ends where the next one surely begins. One that is not has been refused for
    what stands behind it, to which its last group belongs.
    """
    found: list[tuple[int, int]] = []
    for cut in re.finditer(rf"(?<=[0-9).])[{_BLANKS}]+", shape):
        head, tail = shape[: cut.start()].rstrip("."), shape[cut.end() :]
        rank = _rank(head, tail)
        if rank < _UNTOLD and _count(head) < least:
            break  # longer heads would cut the next number
        if least <= _count(head) <= most and _DATE_SIGN not in head:
            found.append((rank, -len(head.encode())))
    is_told = _count(shape) > most or _DATE_SIGN in shape
    return tuple(-length for _, length in sorted(found, key=None if is_told else itemgetter(1)))


_UNTOLD = 2


def _rank(head: str, tail: str) -> int:
    """How surely a number of its own begins with ``tail``, behind ``head``: least is surest."""
    before, behind = _count(head), _count(tail)
    if tail.startswith("00") and behind < _ABROAD_DIGITS:
        return _UNTOLD
    if _NEXT.match(tail):
        return _UNTOLD if tail.startswith("(") and _COUNTRY.fullmatch(head) else 0
    if tail.startswith("0") and behind >= _USUAL_DIGITS and not _FEW_DIGITS <= before < _USUAL_DIGITS:
        return 1
    return _UNTOLD


def _count(shape: str) -> int:
    return shape.count("0") + shape.count("9")
