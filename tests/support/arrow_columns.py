"""Text columns in every layout that Arrow knows, with all that may lie around and below their values."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view())
BYTES_TYPES = (pa.binary(), pa.large_binary(), pa.binary_view())


def tight(values: Sequence[bytes | None], kind: pa.DataType, below_nulls: bytes = b"") -> pa.Array:
    """A column whose data ends with its last byte, with ``below_nulls`` under each null and before the first value."""
    contents = [below_nulls if value is None else value for value in values]
    wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    ends = np.cumsum([len(below_nulls), *map(len, contents)])
    offsets = ends.astype(np.int64 if wide else np.int32).tobytes()
    validity = pa.array([value is not None for value in values]).buffers()[1] if None in values else None
    data = pa.py_buffer(below_nulls + b"".join(contents))
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(offsets), data])


def every_layout(values: Sequence[str | None]) -> Iterator[pa.Array]:
    """The same texts in every layout: plain, tight with garbage under nulls, and as a slice of more."""
    for kind in TEXT_TYPES:
        yield pa.array(values, kind)
        yield pa.array(["before", None, *values, "after"], kind).slice(2, len(values))
    encoded = [None if value is None else value.encode() for value in values]
    yield tight(encoded, pa.string(), b"garbage")
    yield tight(encoded, pa.large_string(), b"garbage")
