"""What a database states about its tables, beside the files that they were fetched into: ``_catalogue.json``."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from dataops_infra.conventions.base import Model, shown_path
from dataops_infra.conventions.documents import read_document
from dataops_infra.conventions.validation import validate_document
from dataops_infra.errors import FileError

FILE_NAME = "_catalogue.json"
"""Names that begin with ``_`` are no data."""
MAXIMUM_BYTES = 20_000_000


class StatedKey(Model):
    """Columns of one table that name rows of another."""

    table: str
    columns: tuple[str, ...] = Field(min_length=1)
    references: str
    referenced_columns: tuple[str, ...] = Field(min_length=1)


class StatedColumn(Model):
    """One column, or the items of one (``tags[]``), where the database takes not every value of the file's type."""

    type: str
    """As the database calls it."""
    length: int | None = Field(default=None, description="The most characters.")
    is_closed: bool = Field(default=False, description="Whether not every text is a value of it.")
    stand_in: str | None = Field(default=None, description="A value that tells nothing.")
    values: tuple[str, ...] = Field(default=(), description="All that there are, where the type lists them.")


class StatedTable(Model):
    """One table, as far as its columns alone do not tell."""

    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = Field(default=(), description="Further keys that no two rows share.")
    generated: tuple[str, ...] = Field(default=(), description="Columns that the database computes.")
    columns: dict[str, StatedColumn] = Field(default_factory=dict, description="Leaf -> what it does not take.")


class Catalogue(Model):
    """What is stated about the tables of one source."""

    schema_: Literal["dataops.catalogue/v1"] = Field(default="dataops.catalogue/v1", alias="schema")
    tables: dict[str, StatedTable] = Field(default_factory=dict)
    foreign_keys: tuple[StatedKey, ...] = ()
    left_out: dict[str, str] = Field(default_factory=dict, description="What was not fetched -> what it is.")
    dialect: str = Field(default="", description="The database whose `statements` these are: duckdb, sqlite.")
    statements: tuple[str, ...] = Field(default=(), description="What makes such tables, without rows, in their order.")
    indexes: tuple[str, ...] = Field(default=(), description="What makes their indexes, once rows are there.")


def write_catalogue(catalogue: Catalogue, folder: Path) -> None:
    """Put it beside the files in ``folder``."""
    text = catalogue.model_dump_json(by_alias=True, indent=2)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def read_catalogue(folder: Path) -> Catalogue:
    """What is stated beside the files in ``folder``; nothing where nothing stands there.

    :raises FileError: every mistake of the file.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return Catalogue()
    found, problems = validate_document(Catalogue, read_document(path, MAXIMUM_BYTES))
    if found is None:
        raise FileError(shown_path(path), problems)
    return found
