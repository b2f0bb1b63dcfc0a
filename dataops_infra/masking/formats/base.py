"""What a file of any format offers: its schema, its rows as a stream of batches, and a writer of its like."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.open_files import out_of_files

BATCH_ROWS = 131_072
"""Rows of one batch at most: enough to keep whole-column code busy, few enough to keep several in memory."""
BATCH_BYTES = 32 * 1024 * 1024
"""Bytes of one batch, about; a single value may be larger."""


class Writer(Protocol):
    """Writes one file; whoever opened it closes it, or aborts it when something went wrong."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``."""

    def close(self) -> None:
        """Finish the file."""

    def abort(self) -> None:
        """Let go of the file as it is."""


class DataFile(Protocol):
    """One file of a table."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def kind(self) -> str:
        """Its format in words."""

    @property
    def schema(self) -> pa.Schema:
        """Columns and their types."""

    @property
    def rows(self) -> int | None:
        """How many rows it has; None where only reading it would tell."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order, in bounded batches; of the named columns, or of all.

        :raises MaskingError: it is damaged.
        """

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where columns that the file holds as dictionaries may come as such."""

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, in the order of columns and the layout that are read quickest; texts are checked.

        :raises MaskingError: it is damaged, or texts in it are not UTF-8.
        """

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, in such as are read quickest where no more than ``rows`` rows are asked for."""

    def sample(self, rows: int) -> pa.Table:
        """At most ``rows`` rows, always the same ones."""

    def writer(self, target: Path) -> Writer:
        """What writes a file of this format, layout and schema to ``target``."""


class ColumnsDiffer(MaskingError):
    """Files of one table have different columns or types."""


def bounded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches within :data:`BATCH_ROWS` and about :data:`BATCH_BYTES`; empty ones are left out."""
    for batch in batches:
        rows = batch_rows(batch.nbytes, batch.num_rows)
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)
        del batch  # so that the next one is read into its memory


def batch_rows(size: int, rows: int) -> int:
    """How many rows one batch may hold of data with ``rows`` rows in ``size`` bytes."""
    return max(1, min(BATCH_ROWS, rows * BATCH_BYTES // max(size, 1)))


def checked(batches: Iterator[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
    """The same batches, whose texts are looked at.

    :raises MaskingError: texts of the file at ``path`` are not UTF-8.
    """
    for batch in batches:
        check_texts(batch, path)
        yield batch
        del batch  # so that the next one is read into its memory


def check_texts(rows: pa.RecordBatch | pa.Table, path: Path) -> None:
    """Refuse texts that are not UTF-8, which files may hold and no library that works on texts expects.

    :raises MaskingError: names the column of the file at ``path``.
    """
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        if not pa.types.is_primitive(column.type):
            try:
                if not _is_sound_ascii(column):
                    column.validate(full=True)
            except (pa.ArrowInvalid, IndexError):
                raise MaskingError(
                    f"{shown_path(path)}: column {name} holds values that are not what its type says, such as text "
                    "that is not UTF-8; write the file again"
                ) from None


def _is_sound_ascii(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column holds texts of ASCII in one piece, and is what its type says: told in a tenth of the time.

    False = validate it; so most columns need no look at each text.

    :raises pa.ArrowInvalid: its buffers are too short.
    """
    is_large = pa.types.is_large_string(column.type)
    if isinstance(column, pa.ChunkedArray) or not (is_large or pa.types.is_string(column.type)) or not len(column):
        return False
    column.validate()
    _, offset_buffer, data_buffer = column.buffers()
    kind = np.int64 if is_large else np.int32
    offsets = np.frombuffer(offset_buffer, kind, len(column) + 1, column.offset * np.dtype(kind).itemsize)
    first, last = int(offsets[0]), int(offsets[-1])
    if data_buffer is None or not (0 <= first < last <= data_buffer.size):
        return False
    is_ascii = np.frombuffer(data_buffer, np.int8, last - first, first).min() >= 0
    fits = not column.null_count or column.is_null().true_count == column.null_count
    return bool(is_ascii and fits and (np.diff(offsets) >= 0).all())


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn what the library says into one sentence: its own text may repeat values of the data.

    :raises MaskingError: the file cannot be read.
    """
    try:
        yield
    except MemoryError:
        raise MaskingError(f"{shown_path(path)}: one row group or value does not fit into memory") from None
    except PermissionError:
        raise MaskingError(f"{shown_path(path)} cannot be read: permission denied") from None
    except FileNotFoundError:
        raise MaskingError(f"{shown_path(path)} has gone since the source was opened") from None
    except pa.ArrowNotImplementedError:
        raise MaskingError(
            f"{shown_path(path)} cannot be read as {kind}: it holds a type, an encoding or a codec that this reader "
            "does not know, such as whole numbers of 128 bits; write it with others"
        ) from None
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        if why := out_of_files(error):
            raise MaskingError(f"{shown_path(path)} cannot be opened: {why}") from None
        if isinstance(error, UnicodeEncodeError) and not _is_utf8(str(path)):
            raise MaskingError(
                f"{shown_path(path)}: its name is no UTF-8 text where this runs; set LC_ALL=C.UTF-8, or rename the file"
            ) from None
        raise MaskingError(
            f"{shown_path(path)} cannot be read as {kind}: it is damaged or cut off ({type(error).__name__}); "
            "write it again"
        ) from None


def _is_utf8(name: str) -> bool:
    """Whether libraries can be told a name: Python keeps bytes that are no text of the locale as surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
