"""The first rows of a source, masked before all others: for a database, which alone knows what its checks take."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.binding import bind
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source

ROWS = 1000
"""Of each table."""
_LEARNS = "text"
"""The operator whose results hang on what is learned of all rows. Originals stand in for them: the database that they
come from has the same checks, and took them."""


def write_first_rows(plan: Plan, source: Source, key: MasterKey, learned: Learned, folder: Path) -> None:
    """Write the first rows of each table as Parquet, masked as in the run, below ``folder``.

    :param learned: what tables without free text need.
    :param folder: as private as the source, of which columns of free text hold some rows.
    :raises MaskingError: a file is damaged.
    """
    maskers = bind(plan, source.schemas, key, learned)
    for name, table in source.tables.items():
        columns = plan.tables[name].columns
        untold = {path.partition(".")[0].partition("[")[0] for path in columns if columns[path].operator == _LEARNS}
        with pq.ParquetWriter(folder / f"{name}.parquet", table.schema) as file:
            for batch in first_rows(source, name, ROWS):
                masked = mask_batch(batch, maskers[name])
                sides = [batch if column in untold else masked for column in batch.schema.names]
                values = [side.column(place) for place, side in enumerate(sides)]
                file.write_batch(pa.RecordBatch.from_arrays(values, schema=table.schema))


def first_rows(source: Source, table: str, rows: int) -> Iterator[pa.RecordBatch]:
    """The first ``rows`` rows of a table.

    :raises MaskingError: a file is damaged.
    """
    for batch in source.tables[table].first_batches(rows):
        yield batch.slice(0, rows)
        rows -= batch.num_rows
        if rows <= 0:
            return
