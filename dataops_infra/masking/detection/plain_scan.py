"""A second, differently built reader of texts: no regular expression finds, bytes and digits are counted instead.

It shares nothing with :mod:`.patterns` but the buffer, so that a mistake there is not repeated here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.detection.spans import FlatTexts, Places

RESERVED_HOSTS = ("example.com", "example.net", "example.org", "example.edu", "example", "invalid", "test", "localhost")
"""Hosts nobody can own (RFC 2606 and 6761), with all below them."""
_ODD = r"[\x{FE50}-\x{FE6F}\x{FF00}-\x{FFEF}\p{Zs}\p{Pd}\x{2212}\x{1D400}-\x{1D7FF}--[ \-]]"
"""What is typed in another way than a keyboard does: full-width forms, spaces and hyphens of word processors."""
_LEAST_DIGITS = 9
_ADDRESS_BYTES = 320
"""An e-mail address is no longer (RFC 5321: 64 before the @, 255 behind it)."""


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
_IS_DIGIT, _IS_SEPARATOR = _table(b"0123456789"), _table(b" .-()/")


def scan(source: FlatTexts, target: FlatTexts) -> Iterator[Finding]:
    """Addresses at hosts that are not reserved, and numbers that stand in the source text of the same row too."""
    source, target = _typed(source), _typed(target)
    yield from _foreign_addresses(target)
    before, after = _numbers(source), _numbers(target)
    survived = after.join(before.select("row", "digits").unique(), on=["row", "digits"], how="semi")
    for row, value, digits in survived.sort("row", "start").select("row", "value", "digits").iter_rows():
        kind = _kind_of(value, digits)
        if kind is not None:
            yield Finding(row, kind, value)


def _typed(texts: FlatTexts) -> FlatTexts:
    """The texts with the letters, digits, signs, spaces and hyphens that a keyboard has."""
    if texts.is_ascii:
        return texts
    series = pl.Series(texts.values, dtype=pl.String)
    odd = np.flatnonzero(series.str.contains(_ODD).to_numpy())
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
    at = np.flatnonzero(texts.data == 0x40)
    if not len(at):
        return
    rows = texts.rows(at)
    starts = np.maximum(_reach(texts, at, _IN_LOCAL, -1), np.maximum(texts.offsets[rows], at - _ADDRESS_BYTES))
    ends = np.minimum(_reach(texts, at, _IN_HOST, 1), np.minimum(texts.offsets[rows + 1], at + _ADDRESS_BYTES))
    hosts = pl.Series(texts.pieces(at + 1, ends), dtype=pl.String).str.strip_chars(".-")
    # A dot with two letters or more behind it: what is no host is no address.
    is_host = hosts.str.split(".").list.last().str.len_bytes().to_numpy() >= 2
    is_host &= hosts.str.contains(".", literal=True).to_numpy() & (starts < at)
    candidates = np.flatnonzero(is_host)
    shown = hosts.gather(candidates)
    foreign = [host for host in shown.unique() if not is_reserved_host(host)]
    for position in candidates[shown.is_in(foreign).to_numpy()]:
        address = bytes(texts.data[starts[position] : ends[position]]).decode().rstrip(".-")
        yield Finding(int(rows[position]), "foreign_email", address)


def _reach(texts: FlatTexts, at: Places, allowed: npt.NDArray[np.bool_], step: int) -> Places:
    """How far the allowed bytes reach from each place: the first of them, or one past the last."""
    others = np.flatnonzero(~allowed[texts.data])
    place = np.searchsorted(others, at)  # an @ is itself one of the others
    if step < 0:
        return np.where(place > 0, others[place - 1] + 1, 0).astype(np.int64)
    behind = np.append(others, len(texts.data))
    return behind[place + 1].astype(np.int64)


def _numbers(texts: FlatTexts) -> pl.DataFrame:
    """Digits that belong together: runs with at most two separators between them."""
    digits = np.flatnonzero(_IS_DIGIT[texts.data])
    if not len(digits):
        return pl.DataFrame(schema={"row": pl.Int64, "start": pl.Int64, "value": pl.String, "digits": pl.String})
    rows = texts.rows(digits)
    gap = np.diff(digits) - 1
    one, two = (_IS_SEPARATOR[texts.data[np.minimum(digits[:-1] + step, digits[-1])]] for step in (1, 2))
    is_joined = (gap == 0) | (gap == 1) & one | (gap == 2) & one & two
    breaks = np.flatnonzero(~is_joined | (rows[1:] != rows[:-1]))
    first, last = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(digits) - 1]])
    enough = last - first + 1 >= _LEAST_DIGITS
    first, last = first[enough], last[enough]
    starts, ends = digits[first], digits[last] + 1
    plus = np.maximum(starts - 1, texts.offsets[rows[first]])
    starts = np.where(texts.data[plus] == 0x2B, plus, starts)
    value = pl.Series(texts.pieces(starts, ends), dtype=pl.String)
    return pl.DataFrame({"row": rows[first], "start": starts, "value": value}).with_columns(
        digits=pl.col("value").str.replace_all("[^0-9]", "")
    )


def _kind_of(value: str, digits: str) -> str | None:
    """What a number that survived is; None = it may be anything."""
    if 13 <= len(digits) <= 19 and digits[0] in "3456" and _check_sum(digits) == 0:
        return "payment_card"
    if value[0] == "+" and len(digits) <= 15:
        return "phone"
    if len(value) == 11 and value[3] == value[6] == "-" and digits[:3] not in ("000", "666") and digits[0] != "9":
        return "us_ssn"
    return None


def _check_sum(digits: str) -> int:
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10
