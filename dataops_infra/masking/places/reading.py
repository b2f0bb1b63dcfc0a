"""Tables of a database as files."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.names import SUFFIX
from dataops_infra.masking.progress import Progress

_LONGEST_FILE_NAME = 255
"""In bytes, of the common file systems (NAME_MAX)."""


def write_table(
    folder: Path, known_as: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch], progress: Progress
) -> None:
    """One fetched table as ``<known_as>.parquet``.

    :raises MaskingError: the table's name is too long for a file, or a file of this name is there.
    """
    file = folder / f"{known_as}{SUFFIX}"
    if len(file.name.encode()) > _LONGEST_FILE_NAME:
        raise MaskingError(
            f"the table {known_as} cannot be fetched: its name is longer than a file's; rename it, or drop it in a "
            "copy of the database"
        )
    if file.exists():
        raise MaskingError(f"two tables would be called {file.name} here; rename one")
    with pq.ParquetWriter(file, schema, compression="lz4") as writer:
        for batch in batches:
            writer.write_batch(batch)
            progress.advance(batch.num_rows)
