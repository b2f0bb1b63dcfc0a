"""``dataops mask run`` from one PostgreSQL database to another, beside a plain COPY out and in of the same tables."""

import os
import subprocess
import time
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from benchmarks import masking_data
from benchmarks.masking import DATAOPS
from benchmarks.measuring import run
from tests.support.postgres import Server, binaries, running

ROWS, ROUNDS, TARGET = 1_000_000, 3, 0.5
TABLES = ("customers", "orders", "tickets")
"""Those that are referred to first."""
_TYPES = {
    "string": "text",
    "large_string": "text",
    "int32": "integer",
    "int64": "bigint",
    "double": "double precision",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
}
_KEYS = """
ALTER TABLE customers ADD PRIMARY KEY (customer_id);
CREATE UNIQUE INDEX ON customers (email);
ALTER TABLE orders ADD PRIMARY KEY (order_id);
CREATE INDEX ON orders (customer_id);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (customer_id);
ALTER TABLE tickets ADD PRIMARY KEY (ticket_id);
ALTER TABLE tickets ADD FOREIGN KEY (customer_id) REFERENCES customers (customer_id);
"""


def section(folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md.

    :raises RuntimeError: this machine has no PostgreSQL, or a command failed.
    """
    programs = binaries()
    if programs is None:
        raise RuntimeError("no PostgreSQL server is installed: install the development dependencies")
    masking_data.write(folder / "shop", ROWS)
    with running(programs) as server:
        _make(server, folder)
        plan = folder / "plan.yaml"
        run([DATAOPS, "mask", "classify", server.uri("prod"), "--output", plan], folder, str)
        rounds = [(_plain(server, folder), _masked(server, folder, plan)) for _ in range(ROUNDS)]
        version = server.psql("prod", "SHOW server_version").split()[0]
    plain, masked = (median(times) for times in zip(*rounds, strict=True))
    return _SECTION.format(
        rows=ROWS,
        rounds=ROUNDS,
        ratio=plain / masked,
        target=TARGET,
        plain=plain,
        masked=masked,
        version=version,
    )


def _make(server: Server, folder: Path) -> None:
    """The database ``prod`` with rows, and ``plain`` and ``test`` with the same tables, empty."""
    for database in ("prod", "plain", "test"):
        server.create(database)
    for table in TABLES:
        file = folder / "shop" / f"{table}.parquet"
        columns = ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in pq.read_schema(file))
        server.psql("prod", f"CREATE TABLE {table} ({columns})")
        _fill(server, table, file)
    server.psql("prod", _KEYS)
    for database in ("plain", "test"):
        server.copy_schema("prod", database)
    server.psql("prod", "VACUUM ANALYZE")


def _fill(server: Server, table: str, file: Path) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server.uri("prod")) as connection, connection.cursor() as cursor, pq.ParquetFile(file) as rows:
        for batch in rows.iter_batches():
            cursor.adbc_ingest(table, batch, mode="append")
        connection.commit()


def _plain(server: Server, folder: Path) -> float:
    """Seconds of ``COPY`` to files and from there into the other database, in one transaction."""
    started = time.perf_counter()
    server.psql("prod", "\n".join(f"\\copy {table} TO '{folder}/{table}.bin' (FORMAT binary)" for table in TABLES))
    loads = "\n".join(f"\\copy {table} FROM '{folder}/{table}.bin' (FORMAT binary)" for table in TABLES)
    server.psql("plain", f"BEGIN; TRUNCATE {', '.join(TABLES)};\n{loads}\nCOMMIT;")
    return time.perf_counter() - started


def _masked(server: Server, folder: Path, plan: Path) -> float:
    """Seconds of a whole run, with the start of Python, the gate and the loading."""
    key = folder / "mask.key"
    key.touch(mode=0o600)
    key.write_bytes(bytes(range(32)))
    ends = ["--source", server.uri("prod"), "--target", server.uri("test"), "--overwrite"]
    started = time.perf_counter()
    done = subprocess.run(
        [DATAOPS, "mask", "run", plan, *ends, "--key-file", key, "--work-dir", folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CI": "1"},
    )
    if done.returncode != 0:
        raise RuntimeError(f"mask run ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - started


_SECTION = """\
## `dataops mask run` from database to database beside a plain COPY

PostgreSQL {version} on the same machine; {rows:,} rows of invented customers (primary key, unique e-mail), orders and
tickets (primary and foreign keys, an index). Plain: `psql \\copy … (FORMAT binary)` to files and from them into an
empty database with the same keys, in one transaction. Ours: the whole command by the plan that `classify` makes, with
fetching, masking, gate and loading. Medians of {rounds} rounds in turn, both cores.

| measured | value | target |
|---|---|---|
| rows a second, ours over the plain COPY's ({masked:.1f} s and {plain:.1f} s) | **{ratio:.2f} ×** | ≥ {target} × |
"""
