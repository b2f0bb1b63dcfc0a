"""A second, differently built reader of texts: no regular expression finds, bytes and digits are counted instead.

It shares nothing with :mod:`.patterns` but the buffer and the lengths that countries give their IBANs, so that a
mistake there is not repeated here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.compute as pc

from dataops_infra.masking.detection.iban_lengths import IBAN_LENGTHS
from dataops_infra.masking.detection.spans import FlatTexts, Places

RESERVED_HOSTS = ("example.com", "example.net", "example.org", "example.edu", "example", "invalid", "test", "localhost")
"""Hosts nobody can own (RFC 2606 and 6761), with all below them."""
_ODD = r"[\x{FE50}-\x{FE6F}\x{FF00}-\x{FFEF}\p{Zs}\p{Pd}\x{2212}\x{1D400}-\x{1D7FF}--[ \-]]"
"""What is typed in another way than a keyboard does: full-width forms, spaces and hyphens of word processors."""
_LEAST_DIGITS = 9
_TEXTS = 1 << 14
"""Texts that are read at once: few enough to stay near the processor from one question to the next."""
_ADDRESS_BYTES = 320
"""An e-mail address is no longer (RFC 5321: 64 before the @, 255 behind it)."""


_GROUPS = ((4, 4, 4, 4), (4, 6, 5), (3, 2, 4))
"""Digits of the runs that cards of most kinds, cards of American Express and social security numbers are written in."""


@dataclass(frozen=True)
class Finding:
    """One value that should not be there."""

    row: int
    kind: str
    value: str


def _table(characters: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(characters)] = True
    return table


_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_IN_LOCAL, _IN_HOST = _table(_ALPHANUMERIC + b"._+-"), _table(_ALPHANUMERIC + b".-")
_IS_SEPARATOR = _table(b" .-()/")
_AT, _PLUS, _ZERO, _DIGITS = np.uint8(ord("@")), np.uint8(ord("+")), np.uint8(ord("0")), np.uint8(10)
_STRETCH = np.arange(16)
"""Places that are looked at in one go."""
_IS_ALPHANUMERIC = _table(_ALPHANUMERIC)
_IS_COUNTRY = np.zeros(1 << 16, np.bool_)
_IS_COUNTRY[[ord(one) << 8 | ord(two) for one, two in (*IBAN_LENGTHS, *map(str.lower, IBAN_LENGTHS))]] = True
"""By two bytes: the countries that have IBANs."""
_IS_COUNTRY_END = np.zeros(256, np.bool_)
_IS_COUNTRY_END[np.flatnonzero(_IS_COUNTRY) & 0xFF] = True
_SMALL_LETTERS = np.uint32(0x20202020)
"""The bit of small letters, which digits have as well."""
_IBAN_HEAD, _IBAN_BYTES = 4, 72
"""Bytes of country and check digits, and of the longest IBAN with a separator behind each character."""
_HEAD_BITS = 8 * _IBAN_HEAD


def scan(source: FlatTexts, target: FlatTexts) -> Iterator[Finding]:
    """Addresses at hosts that are not reserved, and numbers that stand in the source text of the same row too."""
    for first in range(0, len(target), _TEXTS):
        for found in _scan(source.part(first, _TEXTS), target.part(first, _TEXTS)):
            yield replace(found, row=first + found.row)


def _scan(source: FlatTexts, target: FlatTexts) -> Iterator[Finding]:
    source, target = _typed(source), _typed(target)
    yield from _foreign_addresses(target)
    source_runs, target_runs = _digit_runs(source), _digit_runs(target)
    yield from _ibans(source, source_runs[0], target, target_runs[0])
    before, after = _numbers(source, *source_runs), _numbers(target, *target_runs)
    survived = after.join(before.select("row", "digits").unique(), on=["row", "digits"], how="semi")
    for row, value, digits in survived.sort("row", "start").select("row", "value", "digits").iter_rows():
        kind = _kind_of(value, digits)
        if kind is not None:
            yield Finding(row, kind, value)


def _typed(texts: FlatTexts) -> FlatTexts:
    """The texts with the letters, digits, signs, spaces and hyphens that a keyboard has."""
    if texts.is_ascii:
        return texts
    values = texts.values
    foreign = np.flatnonzero(~pc.string_is_ascii(values).to_numpy(zero_copy_only=False))
    series = pl.Series(values, dtype=pl.String)
    odd = foreign[series.gather(foreign).str.contains(_ODD).to_numpy()]
    if not len(odd):
        return texts
    typed = series.gather(odd).str.normalize("NFKC").str.replace_all(r"\p{Pd}|\u2212", "-")
    places = np.arange(len(series))
    places[odd] = len(series) + np.arange(len(odd))
    return FlatTexts.of(pl.concat([series, typed]).gather(places).to_arrow())


def is_reserved_host(host: str) -> bool:
    """Whether nobody can have an address at ``host``."""
    name = host.lower().rstrip(".")
    return any(name == reserved or name.endswith(f".{reserved}") for reserved in RESERVED_HOSTS)


def _foreign_addresses(texts: FlatTexts) -> Iterator[Finding]:
    at = np.flatnonzero(texts.data == _AT)
    if not len(at):
        return
    rows = texts.rows(at)
    ends = _reach(texts, at, _IN_HOST, np.minimum(texts.offsets[rows + 1], at + _ADDRESS_BYTES), 1)
    hosts = texts.pieces(at + 1, ends).dictionary_encode()
    is_foreign = _are_foreign(pl.Series(hosts.dictionary, dtype=pl.String))[hosts.indices.to_numpy()]
    # Hardly any is foreign in a good copy: only of those the part before the @ is read.
    rows, at, ends = rows[is_foreign], at[is_foreign], ends[is_foreign]
    starts = _reach(texts, at, _IN_LOCAL, np.maximum(texts.offsets[rows], at - _ADDRESS_BYTES) - 1, -1) + 1
    for row, start, place, end in zip(*(part.tolist() for part in (rows, starts, at, ends)), strict=True):
        if start < place:
            yield Finding(row, "foreign_email", bytes(texts.data[start:end]).decode().rstrip(".-"))


def _are_foreign(hosts: pl.Series) -> npt.NDArray[np.bool_]:
    """Which of what stands behind an @ is a host that somebody may own."""
    # No name ends in a label with a hyphen (but for xn--, which is nobody's reserved one): it is a dash of the text.
    plain = hosts.str.strip_chars(".-").str.replace(r"(\.[^.\-]+)-[^.]*$", "$1")
    # A dot with two letters or more behind it: what is no host is no address.
    is_host = (plain.str.split(".").list.last().str.len_bytes() >= 2) & plain.str.contains(".", literal=True)
    is_owned = [is_one and not is_reserved_host(host) for host, is_one in zip(plain, is_host, strict=True)]
    return np.array(is_owned, np.bool_)


def _reach(texts: FlatTexts, at: Places, allowed: npt.NDArray[np.bool_], limits: Places, step: int) -> Places:
    """The first place behind (before) each of the given ones whose byte is not allowed, at the latest its limit."""
    places, going_on = at + step, np.arange(len(at))
    while len(going_on):
        windows = allowed[texts.data.take(places[going_on, None] + step * _STRETCH, mode="clip")]
        inside = np.where(windows.all(axis=1), len(_STRETCH), windows.argmin(axis=1))
        places[going_on] += step * inside
        going_on = going_on[(inside == len(_STRETCH)) & (step * (limits[going_on] - places[going_on]) > 0)]
    return np.minimum(places, limits) if step > 0 else np.maximum(places, limits)


def _ibans(source: FlatTexts, source_runs: Places, target: FlatTexts, target_runs: Places) -> Iterator[Finding]:
    """IBANs of the source text of the same row, in groups or not.

    :param source_runs: where digits begin to stand side by side.
    """
    before, after = _iban_heads(source, source_runs), _iban_heads(target, target_runs)
    # Hardly any masked one begins with the four characters of its original: only of those that do the rest is read.
    both = np.intersect1d(before[0], after[0])
    if not len(both):
        return
    sides = ((source, *before), (target, *after))
    found = [
        [(key >> _HEAD_BITS, _iban_at(texts, start)) for key, start in _among(both, *heads)] for texts, *heads in sides
    ]
    known = {(row, iban[0]) for row, iban in found[0] if iban is not None}
    for row, iban in found[1]:
        if iban is not None and (row, iban[0]) in known:
            yield Finding(row, "iban", iban[1])


def _among(keys: Places, found: Places, starts: Places) -> Iterator[tuple[int, int]]:
    chosen = np.isin(found, keys)
    return zip(found[chosen].tolist(), starts[chosen].tolist(), strict=True)


def _iban_heads(texts: FlatTexts, runs: Places) -> tuple[Places, Places]:
    """Of each two letters and two digits that no word goes on with before them: row and these four bytes, and place."""
    data = texts.data
    begins = runs[np.searchsorted(runs, 2) :] - 2
    begins = begins[: np.searchsorted(begins, len(data) - _IBAN_HEAD, side="right")]
    begins = begins[_IS_COUNTRY_END[data[begins + 1]]]
    begins = begins[_IS_COUNTRY[data[begins].astype(np.intp) << 8 | data[begins + 1]]]
    begins = begins[data[begins + 3] - _ZERO < _DIGITS]
    row = texts.rows(begins)
    inside = begins + _IBAN_HEAD <= texts.offsets[row + 1]
    begins, row = begins[inside], row[inside]
    alone = (begins == texts.offsets[row]) | ~_IS_ALPHANUMERIC[data[begins - 1]]
    begins, row = begins[alone], row[alone]
    windows = data[begins[:, None] + np.arange(_IBAN_HEAD)]
    heads = np.ascontiguousarray(windows).view(np.uint32).ravel()
    return row << _HEAD_BITS | (heads | _SMALL_LETTERS).astype(np.int64), begins


def _iban_at(texts: FlatTexts, start: int) -> tuple[str, str] | None:
    """The IBAN that begins at a place, in capitals without separators and as it is written; None = there is none."""
    end = min(start + _IBAN_BYTES, int(texts.offsets[texts.rows(np.array([start]))[0] + 1]))
    written = bytes(texts.data[start:end]).decode("latin-1")
    length, compact = IBAN_LENGTHS.get(written[:2].upper(), 0), ""
    for place, sign in enumerate(written):
        if sign.isascii() and sign.isalnum():
            compact += sign.upper()
        elif sign not in " -" or written[place - 1] in " -":
            return None
        if len(compact) == length:
            goes_on = written[place + 1 : place + 2]
            is_whole = not (goes_on.isascii() and goes_on.isalnum())
            rest = int("".join(str(int(each, 36)) for each in compact[_IBAN_HEAD:] + compact[:_IBAN_HEAD])) % 97
            return (compact, written[: place + 1]) if is_whole and rest == 1 else None
    return None


def _numbers(texts: FlatTexts, run_starts: Places, run_ends: Places) -> pl.DataFrame:
    """Digits that belong together: runs with at most two separators between them, and the numbers among those runs.

    For a number with another one beside it (`4111111111111111 12/25`) has survived as well.
    """
    if not len(run_starts):
        return pl.DataFrame(schema={"row": pl.Int64, "start": pl.Int64, "value": pl.String, "digits": pl.String})
    goes_on = _go_on(texts, run_starts, run_ends)
    first, last = _joined(run_ends - run_starts, goes_on)
    starts, ends = run_starts[first], run_ends[last]
    rows = texts.rows(starts)
    plus = np.maximum(starts - 1, texts.offsets[rows])
    starts = np.where(texts.data[plus] == _PLUS, plus, starts)
    value = pl.Series(texts.pieces(starts, ends), dtype=pl.String)
    return pl.DataFrame({"row": rows, "start": starts, "value": value}).with_columns(
        digits=pl.col("value").str.replace_all("[^0-9]", "")
    )


def _joined(lengths: Places, goes_on: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
    """First and last run of each number with enough digits; no two numbers have both in common.

    :param lengths: digits of each run.
    :param goes_on: whether each run but the last goes on with the next one.
    """
    begins, ends = np.concatenate([[True], ~goes_on]), np.concatenate([~goes_on, [True]])
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    digits = np.concatenate([[0], np.cumsum(lengths)])
    enough = digits[last + 1] - digits[first] >= _LEAST_DIGITS
    of_many = np.flatnonzero(~(begins & ends))
    alone = of_many[lengths[of_many] >= _LEAST_DIGITS]
    parts = [(first[enough], last[enough]), (alone, alone)]
    for group in _GROUPS:
        start = _in_groups(lengths, goes_on, of_many, group)
        stop = start + len(group) - 1
        inner = ~(begins[start] & ends[stop])
        parts.append((start[inner], stop[inner]))
    firsts, lasts = (np.concatenate(side) for side in zip(*parts, strict=True))
    return firsts, lasts


def _in_groups(
    lengths: Places, goes_on: npt.NDArray[np.bool_], runs: Places, group: tuple[int, ...]
) -> npt.NDArray[np.intp]:
    """Those of ``runs`` at which runs of so many digits begin to follow each other."""
    found = runs[runs <= len(lengths) - len(group)]
    for place, size in enumerate(group):
        found = found[lengths[found + place] == size]
        if place:
            found = found[goes_on[found + place - 1]]
    return found


def _digit_runs(texts: FlatTexts) -> tuple[Places, Places]:
    """Where digits begin and end to stand side by side, text by text."""
    is_digit = np.zeros(len(texts.data) + 2, np.bool_)
    # In place, as texts are large. What is below the digits becomes large, because the bytes have no sign.
    inside = is_digit[1:-1]
    np.less(np.subtract(texts.data, _ZERO, out=inside.view(np.uint8)), _DIGITS, out=inside)
    edges = np.flatnonzero(is_digit[1:] != is_digit[:-1])
    inner = texts.offsets[1:-1]
    parted = np.unique(inner[is_digit[inner] & is_digit[inner + 1]])
    if len(parted):
        edges = np.sort(np.concatenate([edges, parted, parted]))
    return edges[::2], edges[1::2]


def _go_on(texts: FlatTexts, starts: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """Whether each run of digits but the last goes on with the next one, behind one separator or two."""
    gaps = starts[1:] - ends[:-1]
    near = np.flatnonzero((gaps > 0) & (gaps <= 2))
    first, last = ends[near], starts[near + 1] - 1
    near = near[_IS_SEPARATOR[texts.data[first]] & _IS_SEPARATOR[texts.data[last]]]
    near = near[texts.rows(ends[near] - 1) == texts.rows(starts[near + 1])]
    goes_on = np.zeros(len(gaps), np.bool_)
    goes_on[near] = True
    return goes_on


def _kind_of(value: str, digits: str) -> str | None:
    """What a number that survived is; None = it may be anything."""
    if 13 <= len(digits) <= 19 and digits[0] in "3456" and _check_sum(digits) == 0:
        return "payment_card"
    # In groups, it may go on with another number, such as a day.
    if value[0] == "+" and (len(digits) <= 15 or not value[1:].isdigit()):
        return "phone"
    if len(value) == 11 and value[3] == value[6] == "-" and digits[:3] not in ("000", "666") and digits[0] != "9":
        return "us_ssn"
    return None


def _check_sum(digits: str) -> int:
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10
