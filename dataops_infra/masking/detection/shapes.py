"""Checks of candidates, all at once: how many bytes of each are the identifier, 0 where it is none."""

import unicodedata
from ipaddress import AddressValueError, IPv6Address

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.detection import validators
from dataops_infra.masking.detection.iban_lengths import IBAN_LENGTHS

Lengths = npt.NDArray[np.int64]

_SHORTEST_IBAN = 15
DATE = r"(?:[0-3]?\d[./\-][0-3]?\d[./\-](?:19|20)\d\d|(?:19|20)\d\d[./\-][01]?\d[./\-][0-3]?\d)"
"""Days as numbers."""
_BEGINS_WITH_DATE, _HOLDS_DATE = rf"^\(?{DATE}", rf"[ \u00a0\u202f/]{DATE}(?:[^0-9]|$)"
_NATIONAL_DIGITS = (8, 12)
_ZERO_ZERO_DIGITS = 11
PHONE_DIGITS = (7, 15)
"""ITU-T E.164 has at most 15; with 7 a local number begins."""
CARD_DIGITS = (13, 19)
"""ISO/IEC 7812 has at most 19; issuers have cards from 13 on."""


def whole(candidates: pl.Series) -> Lengths:
    """Every candidate as it is."""
    return candidates.str.len_bytes().to_numpy().astype(np.int64)


def kept(candidates: pl.Series, right: npt.NDArray[np.bool_]) -> Lengths:
    """Whole candidates where ``right``, else nothing."""
    return np.where(right, whole(candidates), 0)


def ascii_digits(values: pl.Series) -> pl.Series:
    """``values`` with the digits of every script as 0 to 9."""
    foreign = values.str.contains(r"[\p{Nd}--0-9]")
    if not foreign.any():
        return values
    translated = [_ascii_digits(text) if is_foreign else text for text, is_foreign in zip(values, foreign, strict=True)]
    return pl.Series(translated, dtype=pl.String)


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(character)) if character.isdecimal() else character for character in text)


def digits(values: pl.Series) -> pl.Series:
    """The digits alone, as 0 to 9."""
    return ascii_digits(values).str.replace_all(r"[^0-9]", "")


def card(candidates: pl.Series) -> Lengths:
    """Payment cards: 13 to 19 digits from a range that issuers use (ISO/IEC 7812), with a right Luhn digit."""
    numbers = digits(candidates)
    issued = numbers.str.contains(
        r"^(?:4(?:\d{12}|\d{15}|\d{18})|5[0-9]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6\d{11,18})$"
    ).to_numpy()
    return kept(candidates, issued & validators.luhn(arrow(numbers)))


def ssn(candidates: pl.Series) -> Lengths:
    """US social security numbers from ranges that were given out, both separators alike."""
    alike = candidates.str.slice(3, 1) == candidates.str.slice(6, 1)
    bare = candidates.str.len_chars() == 9
    return kept(candidates, (alike | bare).to_numpy() & validators.ssn(arrow(digits(candidates))))


def iban(candidates: pl.Series) -> Lengths:
    """IBANs: as many characters as the country's have, with right check digits; what follows them is left out.

    One that is written without spaces may have another length: countries join, and lengths change.
    """
    compact = candidates.str.replace_all(r"[^0-9A-Za-z]", "").str.to_uppercase()
    wanted = compact.str.slice(0, 2).replace_strict(IBAN_LENGTHS, default=0, return_dtype=pl.Int64)
    enough = (wanted > 0) & (compact.str.len_chars() >= wanted)
    rows = np.flatnonzero(enough.to_numpy())
    cut = pl.DataFrame({"text": compact.gather(rows), "length": wanted.gather(rows)}).select(
        pl.col("text").str.slice(0, pl.col("length"))
    )["text"]
    right = rows[validators.mod97(arrow(cut))]
    lengths = kept(candidates, (compact.str.len_bytes() == candidates.str.len_bytes()).to_numpy() & _is_iban(compact))
    for row in right:
        lengths[row] = _bytes_of(candidates[int(row)], wanted[int(row)])
    return lengths


def _is_iban(compact: pl.Series) -> npt.NDArray[np.bool_]:
    return np.asarray((compact.str.len_bytes() >= _SHORTEST_IBAN).to_numpy() & validators.mod97(arrow(compact)))


def _bytes_of(candidate: str, characters: int) -> int:
    positions = [position for position, character in enumerate(candidate) if character.isalnum()]
    return len(candidate[: positions[characters - 1] + 1].encode())


def ipv4(candidates: pl.Series) -> Lengths:
    """IPv4 addresses: four numbers up to 255, none with a leading zero."""
    octet = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
    return kept(candidates, candidates.str.contains(rf"^{octet}(?:\.{octet}){{3}}$").to_numpy())


def ipv6(candidates: pl.Series) -> Lengths:
    """IPv6 addresses with at least three groups (``10::5`` is as well a time or a ratio)."""
    return kept(candidates, np.array([_is_ipv6(text) for text in candidates], np.bool_))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return text.count(":") >= 3 or text.startswith("::1")


def phone(candidates: pl.Series) -> Lengths:
    """Anything with the digits of a phone number that is not a date."""
    return _numbers(candidates, *PHONE_DIGITS)


def international_phone(candidates: pl.Series) -> Lengths:
    """Numbers with a plus; those with 00 only when they are long, since many a number holds 00."""
    lengths = phone(candidates)
    zeros = np.flatnonzero(candidates.str.starts_with("00").to_numpy())
    if len(zeros):
        count = digits(candidates.gather(zeros)).str.len_chars().to_numpy()
        lengths[zeros[count < _ZERO_ZERO_DIGITS]] = 0
    return lengths


def national_phone(candidates: pl.Series) -> Lengths:
    """Numbers written as people write those of their own country, without a word that says so."""
    return _numbers(candidates, *_NATIONAL_DIGITS)


def _numbers(candidates: pl.Series, least: int, most: int) -> Lengths:
    main = ascii_digits(candidates.str.replace(r"(?i) ?(?:x|ext).*$", ""))
    count = main.str.count_matches("[0-9]")
    is_date = main.str.contains(_BEGINS_WITH_DATE) | main.str.contains(_HOLDS_DATE)
    return kept(candidates, ((count >= least) & (count <= most) & ~is_date).to_numpy())


def arrow(values: pl.Series) -> pa.Array:
    """A series of texts as an Arrow array."""
    return values.to_arrow().cast(pa.large_string())
