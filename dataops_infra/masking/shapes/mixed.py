"""Values without a known format: digits become digits, letters letters, in their places; all else stays."""

import itertools
from dataclasses import dataclass

import numpy as np

from dataops_infra.masking.ff1 import MINIMUM_SIZE
from dataops_infra.masking.shapes.decimals import to_digits, to_numbers
from dataops_infra.masking.shapes.numbers import LEAST_DIGITS, replace_digits_of
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter, Words, grouped
from dataops_infra.masking.shapes.text import Bytes, Integers, Mask

LEAST_LETTERS = 5
"""26^5 possibilities, more than 10^6."""
WORD_LETTERS = 13
"""Letters that 64 bits hold."""
BLOCK_LETTERS = 26
"""Letters that one FF1 permutes."""
_TOGETHER_DIGITS, _TOGETHER_LETTERS = 12, 8
"""Most of one class that are permuted with few of the other: 10^12 · 26^4 and 26^8 · 10^5 fit into 64 bits."""
_MAXIMUM = 2**63


@dataclass(frozen=True)
class Piece:
    """Digits and letters of a value that are permuted as one."""

    digits: slice
    letters: slice


class Mixed:
    """Every value; ``skip`` leading digits and letters of it are kept."""

    def __init__(self, use: str = "mixed", skip: int = 0) -> None:
        self._use, self._skip = use, skip

    def members(self, payload: Payload) -> Mask:
        """All of them."""
        return np.ones(len(payload.text), np.bool_)

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        replaced = np.zeros(len(rows), np.bool_)
        digits, letters = payload.digits.counts[rows] - self._skip, payload.letters.counts[rows] - self._skip
        base = int(letters.max(initial=0)) + 1

        def replace_group(key: int, places: Integers) -> None:
            pieces = split(*divmod(key, base))
            replaced[places] = bool(pieces)
            for number, piece in enumerate(pieces):
                self._replace_piece(payload, rows[places], permuter, piece, number)

        grouped(digits * base + letters, replace_group)
        return replaced

    def _replace_piece(self, payload: Payload, rows: Integers, permuter: Permuter, piece: Piece, number: int) -> None:
        skip = self._skip
        digit_count = piece.digits.stop - piece.digits.start
        letter_count = piece.letters.stop - piece.letters.start
        use = f"{self._use}/{number}"
        if not letter_count:
            use = "digits" if number == 0 and not skip else use
            replace_digits_of(payload.digits, permuter, rows, piece.digits.start + skip, digit_count, use)
            return
        letters = payload.letters.take(rows, piece.letters.start + skip, letter_count)
        if digit_count:
            digits = payload.digits.take(rows, piece.digits.start + skip, digit_count)
            digits, letters = _replace_both(permuter, rows, digits, letters, use)
            payload.digits.put(rows, piece.digits.start + skip, digits)
        else:
            letters = _replace_letters(permuter, rows, letters, use)
        payload.letters.put(rows, piece.letters.start + skip, letters)


def split(digits: int, letters: int) -> list[Piece]:
    """The pieces of a value with so many digits and letters, each of at least 10^6 possibilities; none = too few."""
    possibilities = 10**digits * 26**letters
    if possibilities < MINIMUM_SIZE:
        return []
    if not letters:
        return [Piece(slice(0, digits), slice(0, 0))]
    if digits and possibilities <= _MAXIMUM:
        return [Piece(slice(0, digits), slice(0, letters))]
    if 0 < letters < LEAST_LETTERS:
        with_letters = min(digits // 2, _TOGETHER_DIGITS)
        return [
            Piece(slice(0, with_letters), slice(0, letters)),
            Piece(slice(with_letters, digits), slice(letters, letters)),
        ]
    if 0 < digits < LEAST_DIGITS:
        with_digits = min(letters // 2, _TOGETHER_LETTERS)
        together = Piece(slice(0, digits), slice(0, with_digits))
        return [together, *_letter_pieces(digits, with_digits, letters)]
    of_digits = [Piece(slice(0, digits), slice(0, 0))] if digits else []
    return [*of_digits, *_letter_pieces(digits, 0, letters)]


def _letter_pieces(digits: int, start: int, end: int) -> list[Piece]:
    blocks = -(-(end - start) // BLOCK_LETTERS)
    edges = [start + (end - start) * number // blocks for number in range(blocks + 1)]
    return [Piece(slice(digits, digits), slice(*edge)) for edge in itertools.pairwise(edges)]


def _replace_both(permuter: Permuter, rows: Integers, digits: Bytes, letters: Bytes, use: str) -> tuple[Bytes, Bytes]:
    size = 26 ** letters.shape[1]
    ranks = to_numbers(digits) * np.uint64(size) + _letters_to_numbers(letters)
    ranks = permuter.permute(rows, ranks, 10 ** digits.shape[1] * size, use)
    upper = ranks // np.uint64(size)
    lower = ranks - upper * np.uint64(size)
    return to_digits(upper, digits.shape[1]), _numbers_to_letters(lower, letters.shape[1])


def _replace_letters(permuter: Permuter, rows: Integers, letters: Bytes, use: str) -> Bytes:
    count, half = letters.shape[1], letters.shape[1] // 2
    if count <= WORD_LETTERS:
        return _numbers_to_letters(permuter.permute(rows, _letters_to_numbers(letters), 26**count, use), count)
    halves = _letters_to_numbers(letters[:, :half]), _letters_to_numbers(letters[:, half:])
    first, second = permuter.permute_strings(rows, halves, 26, count, use)
    return np.concatenate([_numbers_to_letters(first, half), _numbers_to_letters(second, count - half)], axis=1)


def _letters_to_numbers(letters: Bytes) -> Words:
    numbers = np.zeros(len(letters), np.uint64)
    for position in range(letters.shape[1]):
        numbers *= np.uint64(26)
        numbers += letters[:, position]
    return numbers


def _numbers_to_letters(numbers: Words, count: int) -> Bytes:
    letters = np.empty((len(numbers), count), np.uint8)
    for position in reversed(range(count)):
        above = numbers // np.uint64(26)
        letters[:, position] = numbers - above * np.uint64(26)
        numbers = above
    return letters
