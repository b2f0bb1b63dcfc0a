"""Each value by its own shape, told from what masking keeps: a plus sign, the places of letters, digits and hyphens."""

from collections.abc import Iterator

import numpy as np

from dataops_infra.masking.shapes.base import Shape
from dataops_infra.masking.shapes.card import Card
from dataops_infra.masking.shapes.iban import Iban
from dataops_infra.masking.shapes.mixed import Mixed
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter
from dataops_infra.masking.shapes.phone import Phone
from dataops_infra.masking.shapes.ssn import Ssn
from dataops_infra.masking.shapes.text import Integers, Mask

_SSN_LENGTH, _SSN_HYPHENS = 11, (3, 6)


class Auto:
    """A plus sign: phone; built as an IBAN: IBAN; 999-99-9999: SSN; 13 to 19 digits: card; all else by its classes."""

    def __init__(self) -> None:
        self._phone, self._iban, self._ssn, self._card, self._rest = Phone(), Iban(), Ssn(), Card(), Mixed()

    def members(self, payload: Payload) -> Mask:
        """All values."""
        return np.ones(len(payload.text), np.bool_)

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """See :meth:`.Shape.replace`."""
        replaced = np.zeros(len(rows), np.bool_)
        waiting = np.ones(len(rows), np.bool_)
        for shape, members in self._shapes(payload):
            chosen = waiting & members[rows]
            if chosen.any():
                replaced[chosen] = shape.replace(payload, rows[chosen], permuter)
                waiting &= ~chosen
        return replaced

    def _shapes(self, payload: Payload) -> Iterator[tuple[Shape, Mask]]:
        # Each asks for what the ones before have not changed: letters, digits and hyphens keep their places.
        yield self._phone, payload.with_plus & self._phone.members(payload)
        yield self._iban, self._iban.members(payload)
        yield self._ssn, self._ssn.members(payload) & _hyphenated(payload)
        yield self._card, self._card.members(payload)
        yield self._rest, self._rest.members(payload)


def _hyphenated(payload: Payload) -> Mask:
    hyphenated: Mask = payload.text.lengths == _SSN_LENGTH
    rows = np.flatnonzero(hyphenated)
    characters = payload.text.matrix(rows, _SSN_LENGTH)
    hyphenated[rows] = (characters[:, list(_SSN_HYPHENS)] == ord("-")).all(axis=1)
    return hyphenated
