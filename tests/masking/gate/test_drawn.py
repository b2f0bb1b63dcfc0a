"""What pools draw is known as theirs in every script, and hardly anything else is."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from dataops_infra.masking.gate.drawn import are_listed, are_made, is_list
from dataops_infra.masking.gate.values import Flags, hashes
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators import pool
from dataops_infra.masking.operators.base import Rows, Setting
from dataops_infra.masking.operators.pool import PoolName, PoolOptions
from dataops_infra.masking.pools.scripts import SCRIPTS, Script

NUMBER = 400
UNREAD = cast(Rows, None)
"""Pools look at nothing but their own column."""


def drawn(name: PoolName, script: Script, change: Callable[[str], str]) -> pa.Array:
    """Replacements of invented texts in a script and letter case."""
    key = MasterKey(bytes(range(32))).domain("people")
    operator = pool.SPEC.build(Setting("t", "c", pa.large_string(), key, PoolOptions(pool=name, script=script)))
    return operator.apply(pa.array([change(f"Somebody {n}") for n in range(NUMBER)], pa.large_string()), UNREAD)


def are_drawn(name: PoolName, values: pa.Array) -> Flags:
    return are_listed(name, hashes(values)) if is_list(name) else are_made(name, values)


@pytest.mark.parametrize("name", PoolName)
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_all_that_a_pool_draws_is_its_own(name: PoolName, change: Callable[[str], str]) -> None:
    for script in SCRIPTS:
        values = drawn(name, script, change)
        assert np.flatnonzero(~are_drawn(name, values)).tolist() == [], script


def transposed(text: str) -> str:
    middle = len(text) // 2  # house numbers stand at the ends
    return text[:middle] + text[middle : middle + 2][::-1] + text[middle + 2 :]


TAMPERED: dict[str, Callable[[str], str]] = {
    "reversed": lambda text: text[::-1],
    "blank": lambda text: f"{text} ",
    "prefix": lambda text: f"z{text}",
    "moved": lambda text: "".join(chr(ord(letter) + 1) for letter in text),
    "transposed": transposed,
}


@pytest.mark.parametrize("how", TAMPERED)
@pytest.mark.parametrize("name", PoolName)
def test_what_was_made_of_it_is_not(name: PoolName, how: str) -> None:
    values = drawn(name, Script.LATIN, str)
    changed = pa.array([TAMPERED[how](text) for text in values.to_pylist()], pa.large_string())
    others = np.array([one != other for one, other in zip(values.to_pylist(), changed.to_pylist(), strict=True)])
    assert int(np.count_nonzero(are_drawn(name, changed) & others)) <= NUMBER // 20  # some are names as well


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (PoolName.FULL_NAME, ""),
        (PoolName.FULL_NAME, " "),
        (PoolName.FULL_NAME, "Salman"),
        (PoolName.FULL_NAME, "Salman LAAKSONEN5"),
        (PoolName.STREET, "0 Soseaua Olga Albu"),
        (PoolName.STREET, "04 Soseaua Olga Albu"),
        (PoolName.STREET, "99999 Soseaua Olga Albu"),
        (PoolName.STREET, "40"),
        (PoolName.USERNAME, "salman.laaksonen"),
        (PoolName.USERNAME, "salman.laaksonen0"),
        (PoolName.USERNAME, "salmanlaaksonen3289"),
        (PoolName.USERNAME, "12"),
    ],
)
def test_parts_and_odd_numbers_are_not(name: PoolName, text: str) -> None:
    assert are_made(name, pa.array([text], pa.large_string())).tolist() == [False]
