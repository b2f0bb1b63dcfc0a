"""Texts of a value of one list and a value of another, joined as they are taken."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.layouts import byte_ends

Places = npt.NDArray[np.int64]


class Pairs:
    """Every value of ``first`` with every one of ``second`` behind it, or the other way round.

    :param first: ``large_string`` without nulls, as is ``second``.
    :param between: what stands between the two; ``turned``: where ``second`` comes first.
    """

    def __init__(self, first: pa.Array, second: pa.Array, between: str, turned: str) -> None:
        self._parts = pa.concat_arrays([_with_end(first, between), second, _with_end(second, turned), first])
        self._second, self._turned, self._last = np.cumsum([len(first), len(second), len(second)]).tolist()

    def take(self, first: Places, second: Places, turned: npt.NDArray[np.bool_]) -> pa.Array:
        """The pairs at these places of both lists.

        :param turned: where the value of the second list comes first.
        """
        places = np.column_stack([first, second + self._second])
        if turned.any():
            places[turned, 0] = second[turned] + self._turned
            places[turned, 1] = first[turned] + self._last
        parts = self._parts.take(pa.array(places.reshape(-1)))
        # The bytes of parts that follow each other touch, so every other part begins a pair: nothing is to be joined.
        bounds = byte_ends(parts)[::2].astype(np.int64)
        return pa.Array.from_buffers(parts.type, len(places), [None, pa.py_buffer(bounds), parts.buffers()[2]])


def _with_end(values: pa.Array, end: str) -> pa.Array:
    nothing, behind = (pa.scalar(text, values.type) for text in ("", end))
    return pc.binary_join_element_wise(values, behind, nothing)
