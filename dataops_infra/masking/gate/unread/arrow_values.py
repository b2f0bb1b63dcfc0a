"""What an Arrow IPC file or stream holds beside its rows: bytes of its buffers, and entries of its dictionaries."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.formats.base import reading
from dataops_infra.masking.gate.unread.arrow_buffers import hidden_bytes
from dataops_infra.masking.gate.unread.arrow_layout import passed_over
from dataops_infra.masking.gate.unread.model import ENTRIES, MALFORMED, UNDER_NULLS, Unread
from dataops_infra.masking.stores import input_file

_SHOWN = 3


class _Dictionary:
    """The dictionary of one column as far as the file was read: it grows, or another one takes its place."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._entries: pa.Array | None = None
        self._used: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def look(self, entries: pa.Array, places: npt.NDArray[np.integer[Any]]) -> Iterator[Unread]:
        """Take in what a batch points at; what of a former dictionary was pointed at by nothing is found."""
        if self._entries is None or not _is_same(self._entries, entries):
            known = 0 if self._entries is None else len(self._entries)
            grows = known <= len(entries) and (not known or entries.slice(0, known).equals(self._entries))
            if not grows:
                yield from self.unread()
                self._used = np.zeros(0, np.bool_)
            more = len(entries) - len(self._used)
            self._entries, self._used = entries, np.concatenate([self._used, np.zeros(more, np.bool_)])
            for found in hidden_bytes(self._path, entries, _nothing):
                yield Unread(self._path, UNDER_NULLS, 1, [_readable(found)])
        self._used[places] = True

    def unread(self) -> Iterator[Unread]:
        """The entries that no row pointed at."""
        left = np.flatnonzero(~self._used)
        if len(left) and self._entries is not None:
            shown = [self._entries[int(place)] for place in left[:_SHOWN]]
            yield Unread(self._path, ENTRIES, len(left), [value.as_py() for value in shown])


def unread_in_arrow(file: Any) -> Iterator[Unread]:
    """What stands in an Arrow file although no row shows it.

    :param file: an :class:`~dataops_infra.masking.formats.arrow.ArrowFile`.
    """
    with reading(file.path, file.kind):
        try:
            with input_file(file.path) as opened:
                yield from passed_over(opened, is_stream=file.is_stream)
            with input_file(file.path) as opened:
                yield from _of_batches(opened, is_stream=file.is_stream)
        except (IndexError, ArithmeticError):
            # Places are taken to be within what they are of, as the format says.
            yield Unread(None, MALFORMED)


def _of_batches(file: Any, *, is_stream: bool) -> Iterator[Unread]:
    dictionaries: dict[str, _Dictionary] = {}
    found: list[Unread] = []

    def note(path: str, entries: pa.Array, places: npt.NDArray[np.integer[Any]]) -> None:
        found.extend(dictionaries.setdefault(path, _Dictionary(path)).look(entries, places))

    for batch in _batches(file, is_stream=is_stream):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            for hidden in hidden_bytes(name, column, note):
                yield Unread(name, UNDER_NULLS, 1, [_readable(hidden)])
        yield from found
        found.clear()
    for each in dictionaries.values():
        yield from each.unread()


def _batches(file: Any, *, is_stream: bool) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_stream(file) if is_stream else pa.ipc.open_file(file)
    for batch in reader if is_stream else map(reader.get_batch, range(reader.num_record_batches)):
        batch.validate()  # of lists whose items are too few not even these can be asked
        yield batch


def _is_same(one: pa.Array, other: pa.Array) -> bool:
    """Whether two arrays are one in memory, as a dictionary is in all batches of a file."""
    sides = [[None if each is None else each.address for each in array.buffers()] for array in (one, other)]
    return len(one) == len(other) and sides[0] == sides[1]


def _nothing(_path: str, _entries: pa.Array, _places: Any) -> None:
    """Dictionaries in dictionaries: none can be masked."""


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "replace")
