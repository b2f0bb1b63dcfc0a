"""The rows of one masked table into its twin in the database, by binary COPY.

Values of types without an Arrow twin are cast by the server first: as texts into a temporary table, and back from there
in their binary form, which COPY then takes like any other bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.postgresql.encoding import (
    Encode,
    encoder,
    is_cast_by_server,
    numbers_encoder,
    sent_as_text,
)
from dataops_infra.masking.places.postgresql.feeding import Feed
from dataops_infra.masking.places.postgresql.session import OF_DRIVER, Failure, Session
from dataops_infra.masking.places.postgresql.tables import Column, Table
from dataops_infra.masking.places.postgresql.unfit import unfit
from dataops_infra.masking.progress import QUIET, Progress
from dataops_infra.masking.sources import SourceTable

TEMPORARY = "_dataops_cast"
NO_VALUE_OF_TYPE = "22P02"


def load_table(session: Session, table: Table, source: SourceTable, work: Path, progress: Progress) -> None:
    """Append all rows of ``source``, in their order.

    :param work: a folder for what is in between.
    :raises MaskingError: a value does not fit.
    """
    columns = {column.name: column for column in table.stored}
    sent = [
        _CastColumn(session, table, columns[field.name], source, work / f"{place}.arrow")
        if is_cast_by_server(field.type, columns[field.name])
        else _PlainColumn(table, columns[field.name], field.type, _encoder(columns[field.name], source))
        for place, field in enumerate(source.schema)
    ]
    schema = pa.schema([(column.name, column.type) for column in sent])

    def encoded() -> Iterator[pa.RecordBatch]:
        for batch in source.batches():
            pairs = zip(sent, batch.columns, strict=True)
            yield pa.RecordBatch.from_arrays([column.encoded(values) for column, values in pairs], schema=schema)

    _load(session, table, table.name.schema, table.name.name, schema, encoded(), progress)


def _load(
    session: Session,
    table: Table,
    schema: str,
    name: str,
    columns: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    progress: Progress,
) -> None:
    with Feed(batches, progress) as feed:
        try:
            session.load(schema, name, pa.RecordBatchReader.from_batches(columns, feed.batches()))
        except Failure as failure:
            feed.raise_own()
            raise MaskingError(f"{session.shown}: {unfit(failure, table)}; the target is as it was") from None


def _encoder(column: Column, source: SourceTable) -> Encode:
    if column.carriage.is_loose_number:
        return numbers_encoder(batch.column(0) for batch in source.batches([column.name]))
    return encoder(column)


@dataclass(frozen=True)
class _PlainColumn:
    """A column that is encoded here."""

    table: Table
    column: Column
    kind: pa.DataType
    encode: Encode

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def type(self) -> pa.DataType:
        return self.encode(pa.array([], self.kind)).type

    def encoded(self, values: pa.Array) -> pa.Array:
        try:
            return self.encode(values)
        except pa.ArrowException:
            raise MaskingError(
                f"{self.table.name.shown}.{self.name} ({self.column.type}) does not take all values of the copy: they "
                "are out of its range; the target is as it was"
            ) from None


class _CastColumn:
    """A column that the server has cast: its binary form lies in a file and is read along."""

    type = pa.binary()

    def __init__(self, session: Session, table: Table, column: Column, source: SourceTable, path: Path) -> None:
        self.name = column.name
        _cast(session, table, column, source, path)
        self._batches = _read(path)
        self._rest = pa.array([], pa.binary())

    def encoded(self, values: pa.Array) -> pa.Array:
        """As many as ``values``, from where the last ones ended."""
        parts, missing = [], len(values)
        while missing:
            if not len(self._rest):
                self._rest = next(self._batches)
            parts.append(self._rest.slice(0, missing))
            self._rest = self._rest.slice(missing)
            missing -= len(parts[-1])
        return pa.concat_arrays(parts) if parts else self._rest.slice(0, 0)


def _cast(session: Session, table: Table, column: Column, source: SourceTable, path: Path) -> None:
    carriage, temporary = column.carriage, f"pg_temp.{TEMPORARY}"
    if not carriage.send:
        raise MaskingError(
            f"{table.name.shown}.{column.name} has the type {column.type}, which has no binary form; leave it out"
        )
    session.run(f"CREATE TEMPORARY TABLE {TEMPORARY} (value {carriage.sent_as})")
    kind = carriage.arrow if carriage.is_array else pa.string()
    texts = (
        pa.RecordBatch.from_arrays([sent_as_text(batch.column(0), column)], ["value"])
        for batch in source.batches([column.name])
    )
    _load(session, table, "pg_temp", TEMPORARY, pa.schema([("value", kind)]), texts, QUIET)
    query = f"SELECT {carriage.send}(value::{column.plain_type}) FROM {temporary}"  # noqa: S608 - the catalogue's names
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, pa.schema([("value", pa.binary())])) as writer:
        try:
            for batch in session.stream(query):
                writer.write_batch(pa.RecordBatch.from_arrays([batch.column(0)], ["value"]))
        except Failure as failure:
            # Within the rows of an answer the driver does not tell why the server stopped: it could cast no more.
            state = NO_VALUE_OF_TYPE if failure.state == OF_DRIVER else failure.state
            problem = unfit(Failure(state, {"COLUMN_NAME": column.name}), table)
            raise MaskingError(f"{session.shown}: {problem}; the target is as it was") from None
    session.run(f"DROP TABLE {temporary}")


def _read(path: Path) -> Iterator[pa.Array]:
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number).column(0)
