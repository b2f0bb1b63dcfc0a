"""What a shape is."""

from typing import Protocol

from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Permuter
from dataops_infra.masking.shapes.text import Integers, Mask


class Shape(Protocol):
    """One format. Whether a value has it hangs only on what masking keeps, so a replacement has it too."""

    def members(self, payload: Payload) -> Mask:
        """Which values have this shape."""

    def replace(self, payload: Payload, rows: Integers, permuter: Permuter) -> Mask:
        """Permute the payload of ``rows``, members all; False for each that has fewer than 10^6 possibilities.

        Those are left as they are.
        """
