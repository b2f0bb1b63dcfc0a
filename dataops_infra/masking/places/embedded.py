"""Databases that are one file: read in one transaction, delivered as a new file that takes its place by a rename."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import Catalogue, read_catalogue, write_catalogue
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.places import misfits
from dataops_infra.masking.places.base import Place
from dataops_infra.masking.places.copy_notes import (
    MANIFEST_TABLE,
    Connection,
    Notes,
    as_delivered,
    read_notes,
    restored,
    write_notes,
)
from dataops_infra.masking.places.names import SUFFIX, TableName
from dataops_infra.masking.places.reading import write_table
from dataops_infra.masking.places.statements import harmless, has_check
from dataops_infra.masking.places.working import why_unwritten
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.sources import Source, SourceTable, open_source
from dataops_infra.masking.staging import staging
from dataops_infra.reporting.escaping import one_line

DEFAULT_SCHEMA = "main"


def parse_path(text: str) -> Path:
    """The file that ``scheme:///relative/file`` or ``scheme:////absolute/file`` names, as SQLAlchemy reads them.

    :raises MaskingError: it names a server, options, or no file.
    """
    parts = urlsplit(text)
    if parts.netloc or parts.query or parts.fragment or len(parts.path) < len("/x"):
        raise MaskingError(
            f"{parts.scheme}:// is followed by a file alone: {parts.scheme}:///shop.db below this folder, or "
            f"{parts.scheme}:////data/shop.db from the root"
        )
    return Path(unquote(parts.path[1:]))


class Named(Protocol):
    """A table, as far as both databases tell of it alike."""

    @property
    def name(self) -> TableName:
        """What the database calls it."""


C = TypeVar("C", bound=Connection)
T = TypeVar("T", bound=Named)


@dataclass(frozen=True)
class Delivery(Generic[T]):
    """The rows of one table of a copy, and what takes them.

    :param name: what the database calls the table.
    :param made: the table; None = a plain one is to be made.
    :param stated: what the source's database states.
    """

    name: TableName
    made: T | None
    source: SourceTable
    stated: Catalogue

    @property
    def shown(self) -> str:
        """The table, as people write it."""
        return self.name.name if self.name.schema == DEFAULT_SCHEMA else self.name.shown


class EmbeddedPlace(ABC, Generic[C, T]):
    """A database that is one file, by connections of type ``C`` and what is known of its tables, ``T``."""

    path = None
    scheme: str
    refused: tuple[type[Exception], ...]
    """What the database's library raises."""
    unfit: tuple[type[Exception], ...]
    """What it raises for a value that does not fit."""
    logs: tuple[str, ...]
    """Endings of the files beside it that its library reads into a database which it opens."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def shown(self) -> str:
        """The URI, with the path as reports print it."""
        shown = shown_path(self.file)
        return f"{self.scheme}:///{shown}"

    def fetch(self, folder: Path, progress: Progress, *, is_copy: bool = False) -> None:  # noqa: ARG002 - all of it
        """Every table as Parquet, in the order of its rows.

        :raises MaskingError: it is no such database, is locked, or a column cannot be fetched.
        """
        if not self.file.is_file():
            raise MaskingError(
                f"{self.shown} does not exist (a path from the root has four slashes: {self.scheme}:////data/file)"
            )
        with self.explained("it cannot be read"):
            self._read(folder, progress)
        if not any(folder.glob(f"*{SUFFIX}")):
            raise MaskingError(f"{self.shown} holds no tables")

    def check_apart(self, source: Place) -> None:
        """Refuse, as a target, the file of ``source``.

        :raises MaskingError: both are one.
        """
        if isinstance(source, EmbeddedPlace) and self.file.resolve() == source.file.resolve():
            raise MaskingError(f"the target {self.shown} is the source; choose another target")

    def check_target(self, *, is_overwritten: bool) -> None:
        """Refuse a file that is no masked copy, or one that may not be replaced.

        :raises MaskingError: it cannot be made there.
        """
        shown = self.shown
        if not self.file.parent.is_dir():
            raise MaskingError(f"the folder of the target {shown} does not exist; make it first")
        if not os.access(self.file.parent, os.W_OK | os.X_OK):
            raise MaskingError(f"the folder of the target {shown} cannot be written; choose another --target")
        if self.file.is_symlink():
            raise MaskingError(f"the target {shown} is a link; name the place itself")
        for log in (self.file.with_name(self.file.name + ending) for ending in self.logs):
            if log.exists():
                raise MaskingError(
                    f"the target {shown} is in use, or a program that used it ended early: {log.name} lies beside it "
                    "and would be read into the copy; close what uses it, or remove both"
                )
        if not self.file.exists():
            return
        if not is_overwritten:
            raise MaskingError(f"the target {shown} exists; choose another, or replace a former copy with --overwrite")
        if self.former_manifest() is None:
            raise MaskingError(
                f"the target {shown} is no masked copy that an earlier run made: it is not overwritten; choose "
                "another, or remove it yourself"
            )

    def check_takes(self, source: Path) -> None:
        """Refuse names that would be one, and columns of types that have no place here.

        :raises MaskingError: it names all of them.
        """
        self._check_held(open_source(source))

    def trial(self, source: Path) -> Callable[[Path], None] | None:
        """A database of such tables, which loads the rows; nothing where no check stands in them."""
        stated = read_catalogue(source)
        tables, _indexes = self.statements(stated)
        return partial(self._try_out, stated, tables) if any(map(has_check, tables)) else None

    def loaded_tables(self) -> frozenset[str] | None:
        """All tables of a copy, which is a new file."""
        return None

    def deliver(self, copy: Path, progress: Progress, *, is_overwritten: bool) -> None:
        """Build the database in a file beside the target, and rename it.

        :raises MaskingError: a masked value does not fit its column; the target is as it was.
        """
        self.check_target(is_overwritten=is_overwritten)
        source = open_source(copy)
        self._check_held(source)
        manifest = (copy / FOLDER_MANIFEST).read_bytes()
        with staging(self.file.absolute()) as folder:
            staged = folder / "database"
            with self.explained("the copy was not loaded, the target is as it was"):
                self._build(staged, source, read_catalogue(copy), manifest, progress)
            try:
                staged.replace(self.file)
            except OSError as error:
                raise MaskingError(
                    f"{self.shown}: the copy was not loaded ({why_unwritten(error)}); choose another --target; the "
                    "target is as it was"
                ) from None

    @abstractmethod
    def connected(self, file: Path, *, is_new: bool) -> AbstractContextManager[C]:
        """A connection to ``file``, which is there unless it ``is_new``; only a new one may be written."""

    @abstractmethod
    def has_type(self, kind: pa.DataType) -> bool:
        """Whether a column of a plain table can hold such values."""

    @abstractmethod
    def called(self, known_as: str) -> TableName:
        """The table of this database that plans call ``known_as``."""

    @abstractmethod
    def tables(self, database: C) -> list[T]:
        """All tables with the own one of a copy, in the order in which they were made."""

    @abstractmethod
    def rows(self, database: C, table: T) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows of a table in the order in which they lie, and their types.

        :raises MaskingError: no file can hold them, or they have no order.
        """

    @abstractmethod
    def catalogue(self, database: C, tables: Sequence[T], names: Mapping[TableName, str]) -> Catalogue:
        """What is stated about ``tables``.

        :param names: what plans call them.
        """

    @abstractmethod
    def load(self, database: C, delivery: "Delivery[T]", progress: Progress) -> bytes | None:
        """Append all rows; what is returned tells how to read them in the same order, None = as they are."""

    @abstractmethod
    def try_rows(self, database: C, delivery: "Delivery[T]", made: T) -> None:
        """Look whether the checks of ``made`` take the rows; what other tables hold is none of the question.

        :raises MaskingError: one does not, which is named.
        """

    @abstractmethod
    def misfit(self, error: Exception, delivery: "Delivery[T]") -> str:
        """Why rows do not fit, by one of :mod:`.misfits`."""

    def names(self, notes: Notes, tables: Iterable[TableName]) -> dict[TableName, str]:
        """What plans call each of the tables."""
        noted = {self.called(name): name for name in notes.tables}
        return {table: noted.get(table) or table.known_as(DEFAULT_SCHEMA) for table in tables}

    def own_names(self, source: Source) -> tuple[str, ...]:
        """What plans call tables whose own names would say something else when they are read again."""
        return tuple(name for name in source.tables if self.called(name).known_as(DEFAULT_SCHEMA) != name)

    @contextmanager
    def explained(self, consequence: str) -> Iterator[None]:
        """Turn what the library says into one sentence: its own text may repeat values.

        :raises MaskingError: whatever went wrong.
        """
        try:
            yield
        except self.refused as error:
            raise MaskingError(f"{self.shown}: {consequence} ({self.reason(error)})") from None

    def reason(self, error: Exception) -> str:
        """Why the library refused, in words that are not its own."""
        return type(error).__name__

    def statements(self, catalogue: Catalogue) -> tuple[list[str], list[str]]:
        """What makes the tables of the source, and their indexes; nothing where it was another kind of database."""
        if catalogue.dialect != self.scheme:
            return [], []
        return [harmless(each) for each in catalogue.statements], [harmless(each) for each in catalogue.indexes]

    def _read(self, folder: Path, progress: Progress) -> None:
        """All tables as of one transaction."""
        with self.connected(self.file, is_new=False) as database:
            database.execute("BEGIN")
            notes = self._notes(database)
            tables = [table for table in self.tables(database) if table.name != MANIFEST_TABLE]
            names = self.names(notes, [table.name for table in tables])
            for table in tables:
                known_as = names[table.name]
                found, stored = self.rows(database, table)
                schema, batches = as_delivered(known_as, stored, found, notes)
                write_table(folder, known_as, schema, restored(batches, schema, notes.orders.get(known_as)), progress)
            write_catalogue(self.catalogue(database, tables, names), folder)
        if notes.manifest is not None:
            (folder / FOLDER_MANIFEST).write_bytes(notes.manifest)

    def _build(self, file: Path, source: Source, stated: Catalogue, manifest: bytes, progress: Progress) -> None:
        """The tables as the source's database states them, or plain ones where it was another kind."""
        with self.connected(file, is_new=True) as database:
            database.execute("BEGIN")
            tables, indexes = self.statements(stated)
            for statement in tables:
                database.execute(statement)
            made = {table.name: table for table in self.tables(database)}
            orders: dict[str, bytes] = {}
            for known_as in self._in_order(made, source):
                name = self.called(known_as)
                delivery = Delivery(name, made.get(name), source.tables[known_as], stated)
                order = self._load(database, delivery, progress)
                orders |= {} if order is None else {known_as: order}
            write_notes(database, Notes(manifest, orders, self.own_names(source), source.schemas))
            database.execute("COMMIT")
            for statement in indexes:
                self._index(database, statement)

    def _try_out(self, stated: Catalogue, tables: Sequence[str], rows: Path) -> None:
        """:raises MaskingError: a check does not take them."""
        with self.explained("the first rows were not loaded"), self.connected(rows / "_tried", is_new=True) as database:
            for statement in tables:
                database.execute(statement)
            made = {table.name: table for table in self.tables(database)}
            for known_as, source in open_source(rows).tables.items():
                name = self.called(known_as)
                if name in made:
                    self.try_rows(database, Delivery(name, made[name], source, stated), made[name])

    def _in_order(self, made: Iterable[TableName], source: Source) -> list[str]:
        """What is referred to comes first: that is the order in which tables were made."""
        known_as = {self.called(name): name for name in source.tables}
        stated = [known_as[name] for name in made if name in known_as]
        return [*stated, *(name for name in source.tables if name not in stated)]

    def _load(self, database: C, delivery: "Delivery[T]", progress: Progress) -> bytes | None:
        with self._fitting(delivery):
            return self.load(database, delivery, progress)

    @contextmanager
    def _fitting(self, delivery: "Delivery[T]") -> Iterator[None]:
        try:
            yield
        except self.unfit as error:
            raise MaskingError(f"{self.shown}: {self.misfit(error, delivery)}; the target is as it was") from None

    def _index(self, database: C, statement: str) -> None:
        try:
            database.execute(statement)
        except self.unfit:
            problem = misfits.of_key("a table", f"of the index that is made by {one_line(statement)}")
            raise MaskingError(f"{self.shown}: {problem}; the target is as it was") from None

    def _notes(self, database: C) -> Notes:
        is_there = any(table.name == MANIFEST_TABLE for table in self.tables(database))
        return read_notes(database) if is_there else Notes()

    def former_manifest(self) -> bytes | None:
        """What stands in the manifest of a former copy; None = there is none, or the file is something else."""
        try:
            with self.connected(self.file, is_new=False) as database:
                return self._notes(database).manifest
        except self.refused:
            return None

    def _check_held(self, source: Source) -> None:
        """Refuse tables and columns that no database of this kind can hold, or tell apart.

        :raises MaskingError: it names all of them.
        """
        problems = [*self._tables_not_held(source)]
        for known_as, table in source.tables.items():
            problems += self._columns_not_held(known_as, table.schema)
        if problems:
            raise MaskingError("\n".join(f"{self.shown} can hold no {problem}" for problem in problems))

    def _tables_not_held(self, source: Source) -> Iterator[str]:
        """Capitals count for nothing in names."""
        taken = {_folded(MANIFEST_TABLE): "that of the manifest"}
        for known_as in source.tables:
            name = self.called(known_as)
            if "\0" in name.shown:
                yield f"table {known_as}: %00 is in no name; rename the table"
            other = taken.setdefault(_folded(name), known_as)
            if other != known_as:
                yield f"table {known_as} beside {other}: its name would be the same; rename one"

    def _columns_not_held(self, known_as: str, schema: pa.Schema) -> Iterator[str]:
        taken: dict[bytes, str] = {}
        for field in schema:
            column = f"column {known_as}.{one_line(field.name)}"
            other = taken.setdefault(field.name.encode().lower(), field.name)
            if "\0" in field.name:
                yield f"{column}: a zero byte is in no name; rename the column"
            elif other != field.name:
                yield f"{column} beside {one_line(other)}: its name would be the same; rename one"
            elif not self.has_type(field.type):
                yield f"{column}: it has no type for {field.type}; choose another target, or change the column's type"


def _folded(table: TableName) -> tuple[bytes, bytes]:
    """Letters beyond ASCII are told apart."""
    return table.schema.encode().lower(), table.name.encode().lower()
