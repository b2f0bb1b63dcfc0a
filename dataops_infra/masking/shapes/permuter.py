"""Permutations of the payloads of many values, one pass per size of the set they are permuted in."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dataops_infra.masking.ff1 import FF1, MAXIMUM_RADIX, MINIMUM_SIZE, Accept
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.shapes.text import Integers

Words = npt.NDArray[np.uint64]
Halves = tuple[Words, Words]


class Permuter(Protocol):
    """What shapes hand payloads to."""

    def permute(self, rows: Integers, ranks: Words, size: int, use: str) -> Words:
        """Other numbers below ``size``, which is 10^6 to 2^64, for ``ranks``; different ones for different ranks.

        :param rows: the values that they belong to.
        :param use: permutations of other uses are others.
        """

    def permute_strings(
        self, rows: Integers, halves: Halves, radix: int, length: int, use: str, accept: Accept | None = None
    ) -> Halves:
        """The same for strings of numerals that are too long for one number, as :class:`.FF1` holds them."""


class KeyedPermuter:
    """Cyclic FF1 permutations (ADR 0110); the tweak says the use and the size.

    :param key: the key of the column's domain.
    """

    def __init__(self, key: DomainKey) -> None:
        self._key = key
        self._made: dict[tuple[int, int, bytes], FF1] = {}  # a memo: what it holds follows from the key alone

    def permute(self, rows: Integers, ranks: Words, size: int, use: str) -> Words:  # noqa: ARG002 - values get no number
        """See :meth:`Permuter.permute`."""
        radix, length = tight_domain(size)
        return self._ff1(radix, length, f"fpe/{use}/{size}").cycle(ranks, size)

    def permute_strings(
        self,
        rows: Integers,  # noqa: ARG002 - values get no number
        halves: Halves,
        radix: int,
        length: int,
        use: str,
        accept: Accept | None = None,
    ) -> Halves:
        """See :meth:`Permuter.permute_strings`."""
        return self._ff1(radix, length, f"fpe/{use}").cycle_halves(*halves, accept)

    def _ff1(self, radix: int, length: int, tweak: str) -> FF1:
        parameters = (radix, length, tweak.encode())
        if parameters not in self._made:
            self._made[parameters] = self._key.ff1(*parameters)
        return self._made[parameters]


class SpaceCounter:
    """Permutes nothing, and counts how many payloads each value could have been given."""

    def __init__(self, values: int) -> None:
        self.spaces = np.ones(values, np.float64)

    def permute(self, rows: Integers, ranks: Words, size: int, use: str) -> Words:  # noqa: ARG002
        """See :meth:`Permuter.permute`."""
        self._multiply(rows, float(size))
        return ranks

    def permute_strings(
        self,
        rows: Integers,
        halves: Halves,
        radix: int,
        length: int,
        use: str,  # noqa: ARG002
        accept: Accept | None = None,  # noqa: ARG002 - narrows the set by a tenth at most
    ) -> Halves:
        """See :meth:`Permuter.permute_strings`."""
        self._multiply(rows, float(radix) ** length)
        return halves

    def _multiply(self, rows: Integers, by: float) -> None:
        with np.errstate(over="ignore"):  # of very long values: a space that no float holds is infinite
            self.spaces[rows] *= by


def tight_domain(size: int) -> tuple[int, int]:
    """(radix, length) of an FF1 with equal halves whose domain exceeds ``size`` least, so that cycle walking is rare.

    :param size: at most 2^64.
    """
    wanted = max(size, MINIMUM_SIZE)
    length = 2 if wanted <= MAXIMUM_RADIX**2 else 4
    return _root_above(wanted, length), length


def _root_above(number: int, degree: int) -> int:
    root = int(number ** (1 / degree))
    while root**degree < number:
        root += 1
    return root


def grouped(keys: Integers, each: Callable[[int, Integers], None]) -> None:
    """Call ``each`` with every distinct key and the positions where it stands."""
    if not len(keys):
        return
    if (keys == keys[0]).all():
        each(int(keys[0]), np.arange(len(keys)))
        return
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_keys)) + 1, len(keys))
    start = 0
    for end in ends:
        each(int(sorted_keys[start]), order[start:end])
        start = int(end)
