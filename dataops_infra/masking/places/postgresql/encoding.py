"""Columns of a masked file in the form in which COPY takes them."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.places.postgresql.tables import Column

_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin."""
_JSONB_VERSION = b"\x01"
MOST_DIGITS = 76
"""Of a decimal in Arrow."""

Encode = Callable[[pa.Array], pa.Array]


def is_cast_by_server(kind: pa.DataType, column: Column) -> bool:
    """Whether only the server can make the binary form of values that a file holds as ``kind``."""
    carriage = column.carriage
    is_read_here = pa.types.is_string(carriage.arrow) or pa.types.is_decimal(carriage.arrow)
    return carriage.is_cast_back or (is_text(_values(kind)) and not is_read_here)


def misfit(kind: pa.DataType, column: Column) -> str | None:
    """Why values that a file holds as ``kind`` cannot be loaded into ``column``; None = they can."""
    wanted, values = column.carriage.arrow, _values(kind)
    if values == wanted or is_text(values):
        return None
    try:
        pa.array([], values).cast(wanted)
    except pa.ArrowException:
        return f"{column.name} is {kind} in the copy and {column.type} in the database"
    return None


def encoder(column: Column) -> Encode:
    """What turns values of a file into those that are sent for ``column``.

    :raises pyarrow.ArrowException: (the encoder) a value is out of the column's range.
    """
    kind = column.carriage.arrow
    if pa.types.is_timestamp(kind):
        return lambda values: _timestamps(as_stored(values, kind))
    if column.carriage.name == "jsonb":
        return lambda values: _jsonb(as_stored(values, kind))
    return lambda values: as_stored(values, kind)


def numbers_encoder(texts: Iterator[pa.Array]) -> Encode:
    """What turns numbers that travel as text into decimals with as many places as any of ``texts`` has.

    :raises pyarrow.ArrowException: (the encoder) a text is no number, or has more than 76 digits.
    """
    places = max((_places(_plain(values)) for values in texts), default=0)
    kind = pa.decimal256(MOST_DIGITS, min(places, MOST_DIGITS))
    return lambda values: as_stored(values, pa.string()).cast(kind)


def _places(texts: pa.Array) -> int:
    points = pc.find_substring(texts, ".")
    found = pc.max(pc.if_else(pc.less(points, 0), 0, pc.subtract(pc.binary_length(texts), pc.add(points, 1))))
    return found.as_py() or 0


def sent_as_text(values: pa.Array, column: Column) -> pa.Array:
    """What waits for the server's cast: texts, or lists of what the file holds."""
    return as_stored(values, column.carriage.arrow if column.carriage.is_array else pa.string())


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _values(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def as_stored(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values of a file in the type in which the database's are read.

    :raises pyarrow.ArrowException: a value is out of range.
    """
    plain = _plain(values)
    return plain if plain.type == kind else plain.cast(kind)


def _timestamps(values: pa.Array) -> pa.Array:
    """Eight bytes each: the driver's own way refuses the value that stands for ``infinity``."""
    ticks = values.view(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    bytes_ = pa.py_buffer((ticks - np.int64(_EPOCH)).astype(">i8"))
    valid = pc.is_valid(values).buffers()[1] if values.null_count else None
    return pa.Array.from_buffers(pa.binary(8), len(values), [valid, bytes_])


def _jsonb(values: pa.Array) -> pa.Array:
    nothing = pa.scalar(b"", pa.binary())
    return pc.binary_join_element_wise(pa.scalar(_JSONB_VERSION, pa.binary()), values.cast(pa.binary()), nothing)
