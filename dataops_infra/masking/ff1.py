"""FF1, the format-preserving encryption of NIST SP 800-38G (2016), over whole columns.

A value is a string of ``length`` numerals below ``radix``, held as two integers: its first half (the shorter one) and
its second. The block P of the standard is the same for all values and Q ends in one block that differs, so each of the
ten rounds is one AES pass over the column. Domains below 10^6 are refused, as revision 1 of the standard demands.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.modular import Modulus
from dataops_infra.masking.sealing import Sealed

Words = npt.NDArray[np.uint64]
Halves = tuple[Words, Words]
Accept = Callable[[Words, Words], npt.NDArray[np.bool_]]
"""(first halves, second halves) -> which of them are valid."""
AcceptIntegers = Callable[[Words], npt.NDArray[np.bool_]]

_Function = Callable[["_Rounds", Words, Words], Halves]

ROUNDS = 10
BLOCK = 16
MINIMUM_SIZE = 10**6
"""Least domain (SP 800-38G revision 1): below, all plaintexts can be tried."""
MAXIMUM_RADIX = 2**16
WALKS = 1000
"""Passes that walking to a part may take on average: the domain's size by that of the part."""
CHUNK_ROWS = 16_384
"""Rows that are worked on together: what belongs to them stays in the second-level cache."""


class FF1(Sealed):
    """One keyed permutation of all strings of ``length`` numerals below ``radix``.

    :param key: an AES key.
    :param tweak: public bytes that choose another permutation.
    :raises InvalidInputError: fewer than 10^6 strings, or halves that 64 bits do not hold.
    """

    __slots__ = ("__cipher", "__last_blocks", "_left", "_right", "length", "radix", "size")

    def __init__(self, key: bytes, radix: int, length: int, tweak: bytes = b"") -> None:
        _check(radix, length)
        self.radix, self.length, self.size = radix, length, radix**length
        first = length // 2
        self._left, self._right = Modulus(radix**first), Modulus(radix ** (length - first))
        self.__cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - the block cipher FF1 is built from
        self.__last_blocks = self._constant_blocks(tweak)

    def encrypt(self, a: Words, b: Words) -> Halves:
        """The encrypted halves of the values whose halves are ``a`` and ``b``.

        :raises InvalidInputError: a half is not ``uint64`` or too great.
        """
        return self._of_halves(self._forward, a, b)

    def decrypt(self, a: Words, b: Words) -> Halves:
        """What :meth:`encrypt` was given.

        :raises InvalidInputError: a half is not ``uint64`` or too great.
        """
        return self._of_halves(self._backward, a, b)

    def encrypt_integers(self, x: Words) -> Words:
        """The encrypted values, each as one number below ``size``, which is at most 2^64.

        :raises InvalidInputError: ``size`` is greater, or a number is not below it.
        """
        return self._of_integers(self._forward, x)

    def decrypt_integers(self, x: Words) -> Words:
        """What :meth:`encrypt_integers` was given."""
        return self._of_integers(self._backward, x)

    def cycle(self, x: Words, size: int | None = None, accept: AcceptIntegers | None = None) -> Words:
        """A permutation of the numbers below ``size`` without fixed points: all of them are one cycle (ADR 0110).

        It is the neighbour in the order of the encrypted values: encrypt, add one, decrypt; what falls outside goes on
        to its next neighbour (cycle walking), which leaves one cycle of those inside.

        :param size: at most the whole domain, which is also the default; at least 2 and a thousandth of the domain.
        :param accept: further narrows what is valid; all of ``x`` must be, and at least two numbers.
        :raises InvalidInputError: a number of ``x`` is not valid.
        """
        limit = self.size if size is None else size
        least = max(2, self.size // WALKS)
        if not least <= limit <= self.size:
            raise InvalidInputError("size", f"{least} to {self.size}", limit)
        bound = np.uint64(limit - 1)

        def valid(numbers: Words) -> npt.NDArray[np.bool_]:
            inside: npt.NDArray[np.bool_] = numbers <= bound
            return inside if accept is None else inside & accept(numbers)

        self._check_integers(x)
        return _walked(self._next_integers, None if limit == self.size and accept is None else valid, x)[0]

    def cycle_halves(self, a: Words, b: Words, accept: Accept | None = None) -> Halves:
        """:meth:`cycle` for values as halves.

        :param accept: which values are valid; all that are given must be, and at least two values.
        :raises InvalidInputError: a given value is not valid.
        """
        self._check_halves(a, b)
        first, second = _walked(self._next_halves, accept, a, b)
        return first, second

    def _shown(self) -> str:
        return f"radix={self.radix}, length={self.length}"

    def _constant_blocks(self, tweak: bytes) -> list[tuple[np.uint64, np.uint64]]:
        """For each round, as two words: what the last block of Q is XORed with, its numeral string left zero."""
        width = _bytes_below(self._right.size)
        half = self.length // 2  # at most 64: the standard's "mod 256" has nothing to do
        header = bytes([1, 2, 1]) + self.radix.to_bytes(3, "big") + bytes([10, half])
        message = header + self.length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        message += tweak + bytes(-(len(tweak) + width + 1) % BLOCK)
        blocks = []
        encryptor = self.__cipher.encryptor()
        for number in range(ROUNDS):
            padded = message + bytes([number]) + bytes(width)
            state = bytes(BLOCK)
            for start in range(0, len(padded) - BLOCK, BLOCK):
                state = encryptor.update(_xor(state, padded[start : start + BLOCK]))
            last = _xor(state, padded[-BLOCK:])
            blocks.append((np.uint64(int.from_bytes(last[:8], "big")), np.uint64(int.from_bytes(last[8:], "big"))))
        return blocks

    def _of_halves(self, function: "_Function", a: Words, b: Words) -> Halves:
        self._check_halves(a, b)
        first, second = self._by_chunks(function, a, b)
        return first, second

    def _of_integers(self, function: "_Function", x: Words) -> Words:
        self._check_integers(x)
        # Split and joined chunk by chunk, while the numbers are in the cache.
        return self._by_chunks(lambda rounds, some: (self._joined(*function(rounds, *self._split(some))),), x)[0]

    def _next_halves(self, a: Words, b: Words) -> Halves:
        return self._of_halves(self._neighbour, a, b)

    def _next_integers(self, x: Words) -> tuple[Words]:
        return (self._of_integers(self._neighbour, x),)

    def _by_chunks(self, function: Callable[..., tuple[Words, ...]], *columns: Words) -> tuple[Words, ...]:
        """``function`` of a few rows at a time of all ``columns``."""
        results = tuple(np.empty_like(column) for column in columns)
        rows, encryptor = min(len(columns[0]), CHUNK_ROWS), self.__cipher.encryptor()
        rounds = _Rounds(encryptor, self.__last_blocks, rows, self._right.size)
        for start in range(0, len(columns[0]), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            for result, done in zip(results, function(rounds, *(column[part] for column in columns)), strict=True):
                result[part] = done
        return results

    def _forward(self, rounds: "_Rounds", a: Words, b: Words, until: int = ROUNDS) -> Halves:
        for number in range(until):
            modulus = self._right if number % 2 else self._left
            a, b = b, modulus.add_any(a, rounds.pseudorandom(number, b, modulus))
        return a, b

    def _backward(self, rounds: "_Rounds", a: Words, b: Words, until: int = ROUNDS) -> Halves:
        for number in reversed(range(until)):
            modulus = self._right if number % 2 else self._left
            a, b = modulus.subtract_any(b, rounds.pseudorandom(number, a, modulus)), a
        return a, b

    def _neighbour(self, rounds: "_Rounds", a: Words, b: Words) -> Halves:
        """Encrypt, add one, decrypt.

        The last round adds to a half what hangs on the other one, and its inverse takes that away again, so that one
        may be added before instead of between them; unless the sum runs over, and the other half grows as well.
        """
        last, one = ROUNDS - 1, np.uint64(1)
        a, b = self._forward(rounds, a, b, last)
        second = self._right.add_any(a, rounds.pseudorandom(last, b, self._right))
        a = self._right.add(a, np.broadcast_to(one, a.shape))
        over = np.flatnonzero(second == np.uint64(self._right.size - 1))
        if len(over):
            b[over] = self._left.add(b[over], np.broadcast_to(one, over.shape))
            zero = np.zeros(len(over), np.uint64)
            a[over] = self._right.subtract_any(zero, rounds.pseudorandom(last, b[over], self._right))
        return self._backward(rounds, a, b, last)

    def _check_halves(self, a: Words, b: Words) -> None:
        _check_numbers("a", a, self._left.size)
        _check_numbers("b", b, self._right.size)
        if len(a) != len(b):
            raise InvalidInputError("b", f"as many as a, {len(a)}", len(b))

    def _check_integers(self, x: Words) -> None:
        if self.size > 2**64:
            raise InvalidInputError("x", f"halves, since {self.radix}**{self.length} exceeds 64 bits", "whole numbers")
        _check_numbers("x", x, self.size)

    def _split(self, x: Words) -> Halves:
        right = np.uint64(self._right.size)
        first = x // right
        return first, x - first * right

    def _joined(self, a: Words, b: Words) -> Words:
        return a * np.uint64(self._right.size) + b


class _Rounds:
    """The round function over at most ``rows`` values, with its working space.

    :param greatest: the greater of both halves' sizes, which decides how many bytes y is made of.
    """

    def __init__(
        self, encryptor: CipherContext, last_blocks: list[tuple[np.uint64, np.uint64]], rows: int, greatest: int
    ) -> None:
        self._encrypt, self._last_blocks, self._wide = encryptor.update_into, last_blocks, _bytes_below(greatest) > 4
        self._plain = np.empty((rows, 2), ">u8")
        self._coded = np.empty((rows + 1, 2), ">u8")  # one more: update_into asks for room it does not use
        self._high: np.uint64 | None = None
        self._look_at(rows)

    def pseudorandom(self, number: int, half: Words, modulus: Modulus) -> Words:
        """A number for each half that is y of round ``number`` mod ``modulus``, in an array of its own."""
        high, low = self._last_blocks[number]
        if high != self._high:  # the number of the round stands in the other word, but for halves of eight bytes
            self._plain[:, 0] = self._high = high
        if len(half) != len(self._halves):
            self._look_at(len(half))
        self._halves[:] = half ^ low
        self._encrypt(self._from, self._into)
        words = self._first.astype(np.uint64)
        if not self._wide:
            return words
        return modulus.reduce_96(words, self._second.astype(np.uint64) >> np.uint64(32))

    def _look_at(self, rows: int) -> None:
        """Make the views of the working space for so many values: for few, a round takes no longer than making them."""
        self._halves = self._plain[:rows, 1]
        self._first, self._second = self._coded[:rows, 0], self._coded[:rows, 1]
        self._from = self._plain[:rows].view(np.uint8).reshape(-1).data
        self._into = self._coded[: rows + 1].view(np.uint8).reshape(-1).data


def _walked(
    step: Callable[..., tuple[Words, ...]], valid: Callable[..., npt.NDArray[np.bool_]] | None, *columns: Words
) -> tuple[Words, ...]:
    """What follows ``columns`` by so many steps as it takes to be valid: cycle walking."""
    if valid is None:
        return step(*columns)
    if not bool(np.all(valid(*columns))):
        raise InvalidInputError("values", "only valid ones", "others among them")
    found = step(*columns)
    waiting = np.flatnonzero(~valid(*found))
    while waiting.size:
        following = step(*(column[waiting] for column in found))
        for column, some in zip(found, following, strict=True):
            column[waiting] = some
        waiting = waiting[~valid(*following)]
    return found


def _check(radix: int, length: int) -> None:
    if not 2 <= radix <= MAXIMUM_RADIX:
        raise InvalidInputError("radix", f"2 to {MAXIMUM_RADIX}", radix)
    if length < 2 or radix**length < MINIMUM_SIZE:
        raise InvalidInputError("length", f"at least 2, and {radix}**length at least {MINIMUM_SIZE}", length)
    if radix ** (length - length // 2) > 2**64:
        raise InvalidInputError("length", f"so much that {radix}**(length / 2) stays within 64 bits", length)


def _check_numbers(name: str, numbers: Words, size: int) -> None:
    if numbers.dtype != np.uint64 or numbers.ndim != 1:
        raise InvalidInputError(name, "one-dimensional uint64", f"{numbers.ndim}-dimensional {numbers.dtype}")
    if len(numbers) and int(numbers.max()) >= size:
        raise InvalidInputError(name, f"numbers below {size}", "greater ones")


def _bytes_below(size: int) -> int:
    """Bytes that hold every number below ``size``: b of the standard, without its logarithm."""
    return ((size - 1).bit_length() + 7) // 8


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
