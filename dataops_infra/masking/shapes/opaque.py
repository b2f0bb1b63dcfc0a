"""What becomes of values that have no shape: a token in a spelling that no shaped replacement can have.

A tilde and sixteen small letters or digits. A value that is spelled so itself becomes a token too, and shapes keep
tildes and classes of characters, so tokens and shaped replacements never meet.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.shapes.text import Mask, Text
from dataops_infra.masking.tokens import UNIQUE_LENGTH, draw_never_own, token_text

MARK: Final = "~"
LENGTH: Final = len(MARK) + UNIQUE_LENGTH
SPACE: Final = 2.0**80
"""How many tokens there are."""


def is_spelled_as_token(text: Text) -> Mask:
    """Which values are a tilde and sixteen small letters or digits."""
    spelled: Mask = text.lengths == LENGTH
    if not spelled.any():
        return spelled
    rows = np.flatnonzero(spelled)
    rows = rows[text.data[text.offsets[rows]] == ord(MARK)]
    characters = text.matrix(rows, LENGTH)[:, 1:]
    small = (characters - np.uint8(ord("a")) < 26) | (characters - np.uint8(ord("0")) < 10)
    spelled[:] = False
    spelled[rows] = small.all(axis=1)
    return spelled


def opaque(values: pa.Array, key: DomainKey) -> pa.Array:
    """A token for each value of a column of large_string, none of them null or empty."""

    def draw(some: pa.Array, drawing_key: DomainKey) -> pa.Array:
        return pc.binary_join_element_wise(
            pa.scalar(MARK, some.type), token_text(some, drawing_key, UNIQUE_LENGTH), pa.scalar("", some.type)
        )

    return draw_never_own(values, key.sub("fpe/opaque"), draw)
