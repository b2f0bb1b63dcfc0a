"""National identity, tax and health numbers that carry a check digit or letter, or a shape nothing else has.

Check digits as published by the issuers; most stand in the national sections of ISO/IEC 7064 and of OECD's TIN pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dataops_infra.masking.detection import validators
from dataops_infra.masking.detection.shapes import Lengths, arrow, ascii_digits, digits, kept, whole

Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NationalId:
    """One kind of number."""

    name: str
    regex: str
    check: Callable[[pl.Series], Lengths] = whole


def _numerals(values: pl.Series, length: int) -> npt.NDArray[np.int64]:
    """Digits as a matrix, one row per value; a row of another length is all -1."""
    fits = (values.str.len_bytes() == length).to_numpy()
    matrix = np.full((len(values), length), -1, np.int64)
    joined = "".join(values.gather(np.flatnonzero(fits)).to_list()).encode()
    matrix[fits] = np.frombuffer(joined, np.uint8).reshape(-1, length).astype(np.int64) - 48
    return matrix


def _weighted(length: int, truth: Callable[[npt.NDArray[np.int64]], Truth]) -> Callable[[pl.Series], Lengths]:
    def check(candidates: pl.Series) -> Lengths:
        matrix = _numerals(digits(candidates), length)
        varied = (matrix != matrix[:, :1]).any(axis=1)
        return kept(candidates, (matrix[:, 0] >= 0) & varied & truth(matrix))

    return check


def _sum(numerals: npt.NDArray[np.int64], weights: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.asarray(numerals[:, : len(weights)] @ np.array(weights), np.int64)


def _eleven(rest: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Brazil's rule: 11 minus the rest, and 0 for 10 or 11."""
    return np.where(rest % 11 < 2, 0, 11 - rest % 11)


def _cpf(numerals: npt.NDArray[np.int64]) -> Truth:
    first = _eleven(_sum(numerals, range(10, 1, -1)))
    return np.asarray((first == numerals[:, 9]) & (_eleven(_sum(numerals, range(11, 1, -1))) == numerals[:, 10]))


def _pesel(numerals: npt.NDArray[np.int64]) -> Truth:
    return np.asarray(
        (_sum(numerals, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0)
        & ((numerals[:, 2] * 10 + numerals[:, 3]) % 20 < 13)
    )


def _bsn(numerals: npt.NDArray[np.int64]) -> Truth:
    return np.asarray(_sum(numerals, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0)


def _nhs(numerals: npt.NDArray[np.int64]) -> Truth:
    return np.asarray((11 - _sum(numerals, range(10, 1, -1)) % 11) % 11 == numerals[:, 9])


def _nir(numerals: npt.NDArray[np.int64]) -> Truth:
    number = numerals[:, :13] @ (10 ** np.arange(12, -1, -1))
    return np.asarray(97 - number % 97 == numerals[:, 13] * 10 + numerals[:, 14])


def _belgian(numerals: npt.NDArray[np.int64]) -> Truth:
    number, stated = numerals[:, :9] @ (10 ** np.arange(8, -1, -1)), numerals[:, 9] * 10 + numerals[:, 10]
    return np.asarray((97 - number % 97 == stated) | (97 - (number + 2_000_000_000) % 97 == stated))


def _german_tax(numerals: npt.NDArray[np.int64]) -> Truth:
    product = np.full(len(numerals), 10)
    for column in range(10):
        total = (numerals[:, column] + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return np.asarray((11 - product) % 10 == numerals[:, 10])


_VERHOEFF_PRODUCT = np.array(
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
     [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
     [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
     [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
)  # fmt: skip
_VERHOEFF_TURN = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])


def _aadhaar(numerals: npt.NDArray[np.int64]) -> Truth:
    check, turned = np.zeros(len(numerals), np.int64), np.arange(10)
    for position in range(12):
        check = _VERHOEFF_PRODUCT[check, turned[numerals[:, 11 - position]]]
        turned = _VERHOEFF_TURN[turned]
    return np.asarray((check == 0) & (numerals[:, 0] >= 2))


def _chinese(candidates: pl.Series) -> Lengths:
    matrix = _numerals(ascii_digits(candidates).str.slice(0, 17), 17)
    stated = candidates.str.slice(17, 1).str.to_uppercase().to_numpy()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return kept(candidates, np.array(list("10X98765432"))[_sum(matrix, weights) % 11] == stated.astype(str))


def _letter_of(alphabet: str, numbers: pl.Series, stated: pl.Series) -> Truth:
    rest = numbers.cast(pl.Int64, strict=False).fill_null(0).to_numpy() % len(alphabet)
    return np.asarray(np.array(list(alphabet))[rest] == stated.str.to_uppercase().to_numpy().astype(str))


def _spanish(candidates: pl.Series) -> Lengths:
    compact = candidates.str.replace_all(r"[ .\-]", "").str.to_uppercase()
    numbers = compact.str.slice(0, 8)
    for letter, digit in zip("XYZ", "012", strict=True):
        numbers = numbers.str.replace(f"^{letter}", digit)
    return kept(candidates, _letter_of("TRWAGMYFPDXBNJZSQVHLCKE", numbers, compact.str.slice(8, 1)))


def _finnish(candidates: pl.Series) -> Lengths:
    numbers = candidates.str.slice(0, 6) + candidates.str.slice(7, 3)
    return kept(candidates, _letter_of("0123456789ABCDEFHJKLMNPRSTUVWXY", numbers, candidates.str.slice(10, 1)))


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18,
         20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def _italian(candidates: pl.Series) -> Lengths:
    def is_right(code: str) -> bool:
        total = sum(
            _ODD[character] if position % 2 == 0 else int(character, 36) - 10 * character.isalpha()
            for position, character in enumerate(code[:15])
        )
        return chr(65 + total % 26) == code[15]

    return kept(candidates, np.array([is_right(code) for code in candidates.str.to_uppercase()], np.bool_))


def _luhn_of(length: int) -> Callable[[pl.Series], Lengths]:
    def check(candidates: pl.Series) -> Lengths:
        numbers = digits(candidates).str.tail(length)
        return kept(candidates, (numbers.str.len_bytes() == length).to_numpy() & validators.luhn(arrow(numbers)))

    return check


_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"

RULES: tuple[NationalId, ...] = (
    NationalId("us_itin", r"9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}"),
    NationalId("uk_nino", r"(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
    NationalId("es_dni", r"(?i)(?:\d{2}\.?\d{3}\.?\d{3}|[XYZ][ \-]?\d{7})[ \-]?[A-HJ-NP-TV-Z]", _spanish),
    NationalId(
        "it_codice_fiscale",
        r"(?i)[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
        _italian,
    ),
    NationalId(
        "fr_nir",
        r"[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?\d{2}[ .]?\d{3}[ .]?\d{3}[ .\-]?\d{2}",
        _weighted(15, _nir),
    ),
    NationalId("br_cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _weighted(11, _cpf)),
    NationalId("be_nrn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", _weighted(11, _belgian)),
    NationalId("se_personnummer", rf"(?:19|20)?\d{{2}}{_MONTH_DAY}[\-+]\d{{4}}", _luhn_of(10)),
    NationalId("fi_hetu", r"(?i)[0-3]\d[01]\d{3}[\-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", _finnish),
    NationalId("in_aadhaar", r"[2-9]\d{3}[ \-]\d{4}[ \-]\d{4}", _weighted(12, _aadhaar)),
    NationalId("in_pan", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]"),
    NationalId("cn_resident", rf"(?i)[1-9]\d{{5}}(?:19|20)\d{{2}}{_MONTH_DAY}\d{{3}}[0-9X]", _chinese),
)
"""Numbers whose shape and check say enough."""

BARE = (
    r"\d{9}|\d{3}[ \-]\d{3}[ \-]\d{3}|\d{4}\.\d{2}\.\d{3}"
    r"|\d{10}|\d{3}[ \-]\d{3}[ \-]\d{4}|\d{11}|\d{2}(?: \d{3}){3}|\d{12}"
)
"""Shapes that many other numbers have: a word before them has to say what they are, beside the check digit."""

_BARE_CHECKS: tuple[Callable[[pl.Series], Lengths], ...] = (
    _weighted(9, _bsn),
    _luhn_of(9),
    _weighted(10, _nhs),
    _luhn_of(10),
    _weighted(11, _cpf),
    _weighted(11, _pesel),
    _weighted(11, _german_tax),
    _weighted(11, _belgian),
    _weighted(12, _aadhaar),
)


def bare(candidates: pl.Series) -> Lengths:
    """Numbers of the shapes of :data:`BARE` whose check digit is right in some country."""
    return np.asarray(np.maximum.reduce([check(candidates) for check in _BARE_CHECKS]), np.int64)
