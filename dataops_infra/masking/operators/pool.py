"""``pool``: names, streets, companies and jobs from frozen lists of invented ones."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from dataops_infra.conventions.base import Model
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting
from dataops_infra.masking.pools.deck import load_deck
from dataops_infra.masking.pools.drawing import Bits, Column, contained, draw, equal
from dataops_infra.masking.pools.frozen import POOLS
from dataops_infra.masking.pools.pairs import Pairs
from dataops_infra.masking.pools.scripts import POSITIONS, Script
from dataops_infra.masking.prf import DomainKey

HOUSE_NUMBERS = 199
USER_NUMBERS = 9_999
_LATIN = POSITIONS[Script.LATIN]
_FAMILY_FIRST = tuple(POSITIONS[script] for script in (Script.HANGUL, Script.JAPANESE, Script.HAN))
"""Scripts in which the family name comes first, without a space."""
_NUMBER_LAST = tuple(POSITIONS[script] for script in (Script.CYRILLIC, Script.GREEK, Script.HEBREW, Script.ARMENIAN))


class PoolName(StrEnum):
    """What a column is filled with."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    COMPANY = "company"
    STREET = "street"
    CITY = "city"
    JOB = "job"
    COUNTRY = "country"
    USERNAME = "username"


class PoolOptions(Model):
    """Options of :data:`SPEC`."""

    pool: PoolName = Field(description="What the column is filled with.")
    script: Script | Literal["auto"] = Field(
        default="auto", description="The script of the replacements; `auto`: that of each value."
    )


@dataclass(frozen=True)
class _Pool:
    key: DomainKey
    options: PoolOptions

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:  # noqa: ARG002 - part of the protocol
        column, bits = Column.of(values), self.key.cmac(values)
        drawn = self._drawn(column, bits)
        if column.has_empty:
            drawn = pc.if_else(pc.equal(column.texts, ""), column.texts, drawn)
        return (pc.if_else(values.is_valid(), drawn, None) if values.null_count else drawn).cast(values.type)

    def _drawn(self, column: Column, bits: Bits) -> pa.Array:
        scripts = _scripts(column, self.options)
        if self.options.pool is PoolName.FULL_NAME:
            return _full_names(column, scripts, bits)
        if self.options.pool is PoolName.STREET:
            return _streets(column, scripts, bits)
        if self.options.pool is PoolName.USERNAME:
            return _usernames(column, bits)
        deck = load_deck(self.options.pool)
        return deck.take(draw(column, deck, scripts, _halves(bits)[0], equal), column.letter_cases)


def _scripts(column: Column, options: PoolOptions) -> npt.NDArray[np.uint8]:
    if options.script == "auto":
        return column.scripts
    return np.full(len(column.texts), POSITIONS[options.script], np.uint8)


def _full_names(column: Column, scripts: npt.NDArray[np.uint8], bits: Bits) -> pa.Array:
    first, last = (
        deck.in_case(draw(column, deck, scripts, half, contained), column.letter_cases)
        for deck, half in zip(map(load_deck, POOLS[PoolName.FULL_NAME]), _halves(bits), strict=True)
    )
    return _name_pairs().take(first, last, np.isin(scripts, _FAMILY_FIRST))


def _streets(column: Column, scripts: npt.NDArray[np.uint8], bits: Bits) -> pa.Array:
    deck, (first, second) = load_deck(PoolName.STREET), _halves(bits)
    streets = deck.in_case(draw(column, deck, scripts, first, contained), column.letter_cases)
    numbers = (second % np.uint64(HOUSE_NUMBERS)).view(np.int64)
    return _address_pairs().take(numbers, streets, np.isin(scripts, _NUMBER_LAST))


@cache
def _name_pairs() -> Pairs:
    first, last = (load_deck(name).values for name in POOLS[PoolName.FULL_NAME])
    return Pairs(first, last, between=" ", turned="")


@cache
def _address_pairs() -> Pairs:
    return Pairs(_written(HOUSE_NUMBERS), load_deck(PoolName.STREET).values, between=" ", turned=" ")


def _usernames(column: Column, bits: Bits) -> pa.Array:
    """Such as ``nurkan.mayer417``: what logins are written with in every country."""
    latin = np.full(len(column.texts), _LATIN, np.uint8)
    first, last = (
        deck.folded.take(pa.array(draw(column, deck, latin, half, contained)))
        for deck, half in zip(map(load_deck, POOLS[PoolName.USERNAME]), _halves(bits), strict=True)
    )
    numbers = _written(USER_NUMBERS).take(pa.array((bits[:, 1] >> np.uint64(40)) % np.uint64(USER_NUMBERS)))
    nothing, point = pa.scalar("", pa.large_string()), pa.scalar(".", pa.large_string())
    return pc.binary_join_element_wise(first, point, last, numbers, nothing)


def _halves(bits: Bits) -> tuple[Bits, Bits]:
    """Both numbers of each code, in arrays of their own: numpy divides those faster than columns of one."""
    return np.ascontiguousarray(bits[:, 0]), np.ascontiguousarray(bits[:, 1])


@cache
def _written(largest: int) -> pa.Array:
    """The numbers from 1 on as texts, which are taken faster than written."""
    return pa.array(range(1, largest + 1)).cast(pa.large_string())


def _build(setting: Setting) -> Operator:
    return _Pool(setting.key, cast(PoolOptions, setting.options))


def _spaces(values: pa.Array, options: Model) -> npt.NDArray[np.float64]:
    chosen = cast(PoolOptions, options)
    column = Column.of(values)
    scripts = _scripts(column, chosen)
    if chosen.pool is PoolName.USERNAME:
        scripts = np.full(len(column.texts), _LATIN, np.uint8)
    numbers = {PoolName.STREET: HOUSE_NUMBERS, PoolName.USERNAME: USER_NUMBERS}.get(chosen.pool, 1)
    spaces = np.full(len(scripts), float(numbers))
    for name in POOLS[chosen.pool]:
        spaces *= load_deck(name).size[scripts]
    return spaces


SPEC = OperatorSpec(
    name="pool",
    summary="An invented name, street, city, company or job from a frozen list, in the script of the original.",
    outcome=Outcome.REPLACED,
    build=_build,
    accepts=is_text,
    accepted="text",
    options=PoolOptions,
    spaces=_spaces,
)
