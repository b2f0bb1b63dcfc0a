"""A frozen list in all scripts and letter cases, laid out so that a whole column draws from it by one look-up."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.pools.folding import folded
from dataops_infra.masking.pools.frozen import load_pool
from dataops_infra.masking.pools.letters import Letters, needed_letters
from dataops_infra.masking.pools.scripts import SCRIPTS


class LetterCase(IntEnum):
    """How a text is capitalised, which its replacement follows."""

    AS_LISTED = 0
    UPPER = 1
    LOWER = 2


@dataclass(frozen=True)
class Deck:
    """The values of one list: of every script one after the other, and all of them once in each letter case."""

    values: pa.Array
    """``large_string``."""
    folded: pa.Array
    """The values as they are compared (:mod:`.folding`), in no letter case of their own."""
    initials: npt.NDArray[np.uint8]
    """The first byte of each folded value."""
    letters: Letters
    """The letters that a text must have to hold each folded value."""
    first: npt.NDArray[np.int64]
    """Script -> place of its first value; a script without a list of its own shares the Latin one."""
    size: npt.NDArray[np.uint64]
    """Script -> how many values it has, a prime number."""

    def take(self, places: npt.NDArray[np.int64], cases: npt.NDArray[np.uint8]) -> pa.Array:
        """The values at ``places``, each in its letter case."""
        return self.values.take(pa.array(self.in_case(places, cases)))

    def in_case(self, places: npt.NDArray[np.int64], cases: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Where in :attr:`values` the ones at ``places`` stand, each in its letter case."""
        return places + cases * np.int64(len(self.folded))


@cache
def load_deck(name: str) -> Deck:
    """The list ``name`` of :data:`.frozen.LISTS`."""
    pools = [load_pool(name, script) for script in SCRIPTS]
    different = {pool.name: pool.values for pool in pools}
    starts = dict(zip(different, np.cumsum([0, *map(len, different.values())]), strict=False))
    listed = pa.concat_arrays(list(different.values()))
    plain = folded(listed).to_arrow().cast(pa.large_string())
    return Deck(
        values=pa.concat_arrays([listed, pc.utf8_upper(listed), pc.utf8_lower(listed)]),
        folded=plain,
        initials=np.array([text.as_py().encode()[0] for text in plain], np.uint8),
        letters=needed_letters(plain),
        first=np.array([starts[pool.name] for pool in pools], np.int64),
        size=np.array([len(pool.values) for pool in pools], np.uint64),
    )
