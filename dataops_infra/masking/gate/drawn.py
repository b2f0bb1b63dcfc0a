"""What the operator ``pool`` can have drawn: entries of its lists, and what it puts together of them."""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa

from dataops_infra.masking.gate.sampling import contains, distinct
from dataops_infra.masking.gate.values import Flags, Hashes, hashes
from dataops_infra.masking.operators.pool import HOUSE_NUMBERS, USER_NUMBERS, PoolName
from dataops_infra.masking.pools.deck import load_deck
from dataops_infra.masking.pools.frozen import POOLS

_NUMBERED = re.compile(r"(.+?)([0-9]+)", re.DOTALL)


def is_list(pool: PoolName) -> bool:
    """Whether its replacements are entries of one list."""
    return pool not in _MADE


def are_listed(pool: PoolName, hashed: Hashes) -> Flags:
    """Which hashes of texts are those of entries of a pool's list, in any letter case."""
    return contains(_entries(pool), hashed)


def are_made(pool: PoolName, values: pa.Array) -> Flags:
    """Which texts a pool that is no list can have put together; some thousand a second."""
    is_made = _MADE[pool]
    return np.array([is_made(text) for text in values.to_pylist()], np.bool_)


@cache
def _entries(name: str) -> Hashes:
    """Hashes of a list in all letter cases, sorted."""
    return distinct(hashes(load_deck(name).values))


@cache
def _texts(name: str) -> frozenset[str]:
    return frozenset(load_deck(name).values.to_pylist())


@cache
def _folded(name: str) -> frozenset[str]:
    return frozenset(load_deck(name).folded.to_pylist())


def _is_full_name(text: str) -> bool:
    firsts, lasts = map(_texts, POOLS[PoolName.FULL_NAME])
    spaces = (place for place, letter in enumerate(text) if letter == " ")
    if any(text[:place] in firsts and text[place + 1 :] in lasts for place in spaces):
        return True
    # Where families are named first nothing stands between.
    return any(text[:place] in lasts and text[place:] in firsts for place in range(1, len(text)))


def _is_street(text: str) -> bool:
    (before, _, behind), (front, _, last) = text.partition(" "), text.rpartition(" ")
    sides = ((before, behind), (last, front))
    return any(_is_number(number, HOUSE_NUMBERS) and street in _texts(PoolName.STREET) for number, street in sides)


def _is_username(text: str) -> bool:
    firsts, lasts = map(_folded, POOLS[PoolName.USERNAME])
    found = _NUMBERED.fullmatch(text)
    if found is None or not _is_number(found[2], USER_NUMBERS):
        return False
    points = (place for place, letter in enumerate(found[1]) if letter == ".")
    return any(text[:place] in firsts and found[1][place + 1 :] in lasts for place in points)


def _is_number(text: str, largest: int) -> bool:
    """Whether a text is a number from 1 to ``largest``, as it is written."""
    is_short = len(text) <= len(str(largest))
    return is_short and text.isascii() and text.isdigit() and str(int(text)) == text and 1 <= int(text) <= largest


_MADE: dict[PoolName, Callable[[str], bool]] = {
    PoolName.FULL_NAME: _is_full_name,
    PoolName.STREET: _is_street,
    PoolName.USERNAME: _is_username,
}
