"""One connection: how it is made, what is set for it, and what its errors are turned into."""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.background import in_background
from dataops_infra.masking.places.postgresql.address import Address, patient
from dataops_infra.masking.places.postgresql.names import literal

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

SETTINGS = {
    "application_name": "dataops mask",
    # Names without a schema are the system's own, whatever the database or the role was given.
    "search_path": "pg_catalog",
    "client_encoding": "UTF8",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "timezone": "UTC",
    "xmloption": "content",
    "lc_monetary": "C",
    "default_tablespace": "",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
    "jit": "off",
    # A table whose rows a policy hides in part is an error instead of a part of a table.
    "row_security": "off",
}
"""So that values have one notation, and statements mean what they say."""
ORDERED = {
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
}
"""So that rows come in the order in which they lie."""


LOST, OF_DRIVER = "08006", "HY000"
"""States of what the server did not say itself."""


class Failure(Exception):
    """The server refused a statement; ``state`` is its SQLSTATE, ``told`` what its message is about.

    Its text is not kept: it may repeat values. Caught where what was being done is known.
    """

    def __init__(self, state: str, told: dict[str, str]) -> None:
        self.state, self.told = state, told
        super().__init__(state)

    @property
    def column(self) -> str:
        """The column that it is about, as far as it is known."""
        named = self.told.get("COLUMN_NAME", "")
        return named or _column_of(self.told.get("CONTEXT", ""))

    @property
    def constraint(self) -> str:
        """The constraint that it is about."""
        return self.told.get("CONSTRAINT_NAME", "")


class Session:
    """An open connection in one transaction."""

    def __init__(self, connection: "Connection", shown: str) -> None:
        self._connection, self.shown = connection, shown

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What a query gives.

        :raises Failure: the server refused it.
        """
        with self._failing(), self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetch_arrow_table().to_pylist())

    def value(self, statement: str) -> Any:
        """The one value that a query gives.

        :raises Failure: the server refused it.
        """
        return next(iter(self.rows(statement)[0].values()))

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement that gives nothing; ``values`` are for its ``$1``, ``$2``, ….

        :raises Failure: the server refused it.
        """
        with self._failing(), self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(values) or None)

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query by binary COPY, in bounded batches; at least one, which may be empty.

        :raises Failure: the server refused it.
        """
        with self._failing(), self._connection.cursor() as cursor:
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader

    def load(self, schema: str, table: str, batches: pa.RecordBatchReader) -> int:
        """Append rows by binary COPY; as many as came.

        :raises Failure: the server refused them.
        """
        with self._failing(), self._connection.cursor() as cursor:
            return cursor.adbc_ingest(table, batches, mode="append", db_schema_name=schema)

    def set(self, settings: dict[str, str]) -> None:
        """Change settings for the rest of the session.

        :raises Failure: the server refused one.
        """
        pairs = ", ".join(
            f"pg_catalog.set_config({literal(name)}, {literal(value)}, false)" for name, value in settings.items()
        )
        self.rows(f"SELECT {pairs}")

    def commit(self) -> None:
        """Make everything permanent.

        :raises Failure: the server refused, and everything is as it was.
        """
        with self._failing():
            self._connection.commit()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            raise failure_of(error) from None
        except (pa.ArrowException, OSError):
            raise Failure(OF_DRIVER, {}) from None


@contextlib.contextmanager
def connected(address: Address, *, is_read_only: bool) -> Iterator[Session]:
    """A session in a transaction that is rolled back at the end unless :meth:`Session.commit` was called.

    :param is_read_only: one snapshot over everything that is read, and nothing can be written.
    :raises MaskingError: the server cannot be reached or does not let us in.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise MaskingError("PostgreSQL needs the extra postgres: pip install 'dataops-infra[postgres]'") from None
    try:
        # libpq waits for a server without looking at signals.
        connection = in_background(partial(dbapi.connect, patient(address.uri), autocommit=False))
    except Error as error:
        raise MaskingError(f"{address.shown} cannot be reached: {_refusal(str(error))}") from None
    try:
        session = Session(connection, address.shown)
        mode = "ISOLATION LEVEL REPEATABLE READ, READ ONLY" if is_read_only else "ISOLATION LEVEL READ COMMITTED"
        try:
            session.run(f"SET TRANSACTION {mode}")
            session.set(SETTINGS)
        except Failure as failure:
            raise MaskingError(f"{address.shown} refuses the settings of a session ({failure.state})") from None
        yield session
    finally:
        with contextlib.suppress(Error):
            connection.rollback()
        with contextlib.suppress(Error):
            connection.close()


def failure_of(error: Any) -> Failure:
    """What the driver's error says, without its text."""
    told = {_text(name).removeprefix("PG_DIAG_"): _text(value) for name, value in error.details or ()}
    state = told.get("SQLSTATE") or error.sqlstate or (LOST if "connection" in str(error) else OF_DRIVER)
    return Failure(state, {name: told[name] for name in _TOLD if name in told})


_TOLD = ("COLUMN_NAME", "CONSTRAINT_NAME", "TABLE_NAME", "SCHEMA_NAME", "CONTEXT")


def _text(said: str | bytes) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _column_of(context: str) -> str:
    """``COPY t, line 5, column c: "…"``: the name; what follows it may be a value."""
    _, found, rest = context.partition(", column ")
    return rest.partition(":")[0].partition("\n")[0] if found else ""


def _refusal(text: str) -> str:
    """libpq's reason in one sentence with the fix; it speaks of hosts, roles and databases, never of a password."""
    for said, fix in _REFUSALS:
        if said in text:
            return fix
    reason = text.partition("failed: ")[2] or text.rpartition("Failed to connect: ")[2]
    return f"{reason.strip().splitlines()[0]}; check host, port, database and user" if reason.strip() else "unknown"


_REFUSALS = (
    ("password authentication failed", "the password is wrong; check PGPASSWORD, PGPASSFILE or PGSERVICE"),
    ("no password supplied", "it asks for a password; give it by PGPASSWORD, PGPASSFILE or PGSERVICE"),
    ("Connection refused", "no server listens there; check host and port"),
    ("could not translate host name", "no such host; check its name"),
    ("does not support SSL", "the server offers no TLS, which sslmode demands"),
    ("no pg_hba.conf entry", "the server lets in no such user from here (pg_hba.conf); ask who runs it"),
    ("timeout expired", "it did not answer in time; check host, port and firewall"),
)
