"""A masked copy into a database: one transaction that ends with everything in it, or with nothing changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.constraints import put_off
from dataops_infra.masking.places.postgresql.copying import load_table
from dataops_infra.masking.places.postgresql.encoding import as_stored
from dataops_infra.masking.places.postgresql.fetching import batches_of, schema_of
from dataops_infra.masking.places.postgresql.indexes import WORTHWHILE_ROWS, built_last
from dataops_infra.masking.places.postgresql.names import TableName
from dataops_infra.masking.places.postgresql.notes import MANIFEST, ORDER, write_notes
from dataops_infra.masking.places.postgresql.order import noted_order, row_hashes
from dataops_infra.masking.places.postgresql.parts import (
    check_parted,
    earlier_note,
    loaded_tables,
    manifest_of_loaded,
)
from dataops_infra.masking.places.postgresql.sequences import restart_sequences
from dataops_infra.masking.places.postgresql.session import ORDERED, Failure, Session
from dataops_infra.masking.places.postgresql.tables import (
    Database,
    Table,
    read_database,
)
from dataops_infra.masking.places.postgresql.target import (
    check_replaceable,
    check_rights,
    check_writable,
    fitting_tables,
    noted_tables,
)
from dataops_infra.masking.places.postgresql.triggers import silenced
from dataops_infra.masking.places.postgresql.unfit import unfit
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.sources import Source, open_source


def deliver(session: Session, address: Address, copy: Path, progress: Progress, *, is_overwritten: bool) -> None:
    """Replace the tables of the database by those in the folder ``copy``.

    :raises MaskingError: they do not fit, or the server refused something; nothing is changed then.
    """
    source = open_source(copy)
    manifest = (copy / FOLDER_MANIFEST).read_bytes()
    try:
        check_writable(session, address)
        database, tables = _fitting(session, address, source)
        check_rights(session, address, tables.values())
        check_replaceable(session, address, tables.values(), is_overwritten=is_overwritten)
        if address.tables:
            check_parted(session, address, database, {table.name for table in tables.values()})
        earlier = earlier_note(noted_tables(session, address.schemas[0]), tables)
        with _folder_beside(copy) as work:
            _load(session, database, source, tables, work, progress)
        restart_sequences(session, tables.values())
        noted = manifest_of_loaded(manifest, tables, address)
        notes = {MANIFEST: noted, **earlier, **dict(_orders(session, source, tables))}
        write_notes(session, address.schemas[0], notes)
        session.commit()
    except Failure as failure:
        raise MaskingError(f"{address.shown}: {unfit(failure)}; the target is as it was") from None


def check_takes(session: Session, address: Address, source: Source) -> None:
    """Refuse tables that the database does not have, or has with other columns: masking changes none.

    :raises MaskingError: it names all of them.
    """
    try:
        _fitting(session, address, source)
    except Failure as failure:
        raise MaskingError(f"{address.shown} cannot be looked into (SQLSTATE {failure.state})") from None


def _fitting(session: Session, address: Address, source: Source) -> tuple[Database, dict[str, Table]]:
    database = read_database(session, _named_schemas(address, source))
    return database, fitting_tables(address, database, _schemas(session, address, source))


def _schemas(session: Session, address: Address, source: Source) -> dict[str, pa.Schema]:
    """Of the copy's tables those that are loaded, with their schemas."""
    wanted = loaded_tables(session, address)
    return {name: schema for name, schema in source.schemas.items() if wanted is None or name in wanted}


def _named_schemas(address: Address, source: Source) -> tuple[str, ...]:
    named = (TableName.of_known(name, address.schemas[0]).schema for name in source.tables)
    return tuple(dict.fromkeys((*address.schemas, *named)))


@contextmanager
def _folder_beside(copy: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="casts-", dir=copy.parent) as folder:
        yield Path(folder)


def _load(
    session: Session, database: Database, source: Source, tables: Mapping[str, Table], work: Path, progress: Progress
) -> None:
    known_as = {table.name: name for name, table in tables.items()}
    large = [table for name, table in tables.items() if (source.tables[name].rows or 0) >= WORTHWHILE_ROWS]
    with (
        silenced(session, tables.values()),
        put_off(session, database, known_as) as order,
        built_last(session, large),  # keys are referred to, so they are taken away last and made again first
    ):
        session.run(f"TRUNCATE {', '.join(table.sql for table in tables.values())}")
        for name in order:
            load_table(session, tables[known_as[name]], source.tables[known_as[name]], work, progress)


def _orders(session: Session, source: Source, tables: Mapping[str, Table]) -> Iterator[tuple[str, bytes]]:
    """What is to be noted of tables that do not keep the order of their rows."""
    session.set(ORDERED)
    for name, table in tables.items():
        if table.is_partitioned:
            sent = row_hashes(_as_read(batch, table) for batch in source.tables[name].batches())
            note = noted_order(sent, row_hashes(batches_of(session, table)))
            if note is not None:
                yield f"{ORDER}{name}", note


def _as_read(batch: pa.RecordBatch, table: Table) -> pa.RecordBatch:
    """``batch`` with the columns in the order and types in which they are read again."""
    schema = schema_of(table)
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    return pa.RecordBatch.from_arrays([as_stored(found[field.name], field.type) for field in schema], schema=schema)
