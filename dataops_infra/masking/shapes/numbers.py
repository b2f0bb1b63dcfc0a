"""Digits of many values at once: as numbers and back, and permuted so that text and integer columns still join.

A number keeps its count of digits. Where its first digit is zero it stays zero, where it is none it never becomes
zero: what an integer column holds (no leading zeros) is permuted among itself and gets the digits that text gets.
Numbers of six digits are permuted as a whole, since a part of them would be too few.
"""

import itertools

import numpy as np

from dataops_infra.masking.shapes.aligned import AlignedDigits
from dataops_infra.masking.shapes.decimals import Words, to_digits, to_numbers
from dataops_infra.masking.shapes.permuter import Permuter
from dataops_infra.masking.shapes.text import Bytes, Integers, Symbols

LEAST_DIGITS = 6
"""10^6 possibilities, the least that SP 800-38G revision 1 allows."""
WORD_DIGITS = 19
"""Digits that 64 bits hold."""
BLOCK_DIGITS = 36
"""Digits that one FF1 permutes; longer numbers are cut into blocks of nearly equal length."""


def replace_digits_of(
    symbols: Symbols | AlignedDigits, permuter: Permuter, rows: Integers, first: Integers | int, count: int, use: str
) -> None:
    """:func:`replace_digits` of so many digits of each of ``rows``, from its digit ``first`` on, where they stand."""
    if count <= WORD_DIGITS:
        numbers = replace_numbers(permuter, rows, symbols.numbers(rows, first, count), count, use)
        symbols.put_numbers(rows, first, numbers, count)
    else:
        symbols.put(rows, first, replace_digits(permuter, rows, symbols.take(rows, first, count), use))


def replace_digits(permuter: Permuter, rows: Integers, digits: Bytes, use: str) -> Bytes:
    """Other digits for each row, as the module says; at least six a row."""
    count = digits.shape[1]
    if count <= WORD_DIGITS:
        return to_digits(replace_numbers(permuter, rows, to_numbers(digits), count, use), count)
    blocks = -(-count // BLOCK_DIGITS)
    edges = [count * number // blocks for number in range(blocks + 1)]
    parts = [digits[:, start:end] for start, end in itertools.pairwise(edges)]
    replaced = [_replace_block(permuter, rows, part, f"{use}/{number}") for number, part in enumerate(parts)]
    return np.concatenate(replaced, axis=1)


def replace_numbers(permuter: Permuter, rows: Integers, numbers: Words, digits: int, use: str) -> Words:
    """Other numbers of ``digits`` digits (6 to 19), as the module says."""
    if digits == LEAST_DIGITS:
        return permuter.permute(rows, numbers, 10**digits, use)
    first = np.uint64(10 ** (digits - 1))
    full = numbers >= first
    if full.all():
        return replace_full(permuter, rows, numbers, digits, use)
    replaced = np.empty_like(numbers)
    replaced[full] = replace_full(permuter, rows[full], numbers[full], digits, use)
    replaced[~full] = permuter.permute(rows[~full], numbers[~full], int(first), use)
    return replaced


def replace_full(permuter: Permuter, rows: Integers, numbers: Words, digits: int, use: str) -> Words:
    """Other numbers of ``digits`` digits (6 to 19) for such without a leading zero, again without."""
    first = np.uint64(10 ** (digits - 1))
    return permuter.permute(rows, numbers - first, 9 * int(first), use) + first


def _replace_block(permuter: Permuter, rows: Integers, digits: Bytes, use: str) -> Bytes:
    if digits.shape[1] <= WORD_DIGITS:
        return replace_digits(permuter, rows, digits, use)
    full = digits[:, 0] > 0
    replaced = digits.copy()
    replaced[full] = _replace_wide(permuter, rows[full], digits[full], use)
    # Behind a zero all digits may be any: one fewer than the block has.
    replaced[~full, 1:] = _replace_free(permuter, rows[~full], digits[~full, 1:], use)
    return replaced


def _replace_free(permuter: Permuter, rows: Integers, digits: Bytes, use: str) -> Bytes:
    count = digits.shape[1]
    if count <= WORD_DIGITS:
        return to_digits(permuter.permute(rows, to_numbers(digits), 10**count, f"{use}/0"), count)
    half = count // 2
    halves = to_numbers(digits[:, :half]), to_numbers(digits[:, half:])
    first, second = permuter.permute_strings(rows, halves, 10, count, f"{use}/0")
    return np.concatenate([to_digits(first, half), to_digits(second, count - half)], axis=1)


def _replace_wide(permuter: Permuter, rows: Integers, digits: Bytes, use: str) -> Bytes:
    count, half = digits.shape[1], digits.shape[1] // 2
    least = np.uint64(10 ** (half - 1))
    halves = to_numbers(digits[:, :half]), to_numbers(digits[:, half:])
    first, second = permuter.permute_strings(
        rows,
        halves,
        10,
        count,
        use,
        accept=lambda upper, lower: np.asarray(upper >= least),  # noqa: ARG005
    )
    return np.concatenate([to_digits(first, half), to_digits(second, count - half)], axis=1)
