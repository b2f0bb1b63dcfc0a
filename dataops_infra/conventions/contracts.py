"""Dataset contracts as the rest of the library sees them: what the Open Data Contract Standard (ODCS v3) files say.

Reading the files is :mod:`.contract_files`; nothing here needs the standard's own models, so packs start quickly.
"""

from typing import Literal

from pydantic import Field

from dataops_infra.conventions.base import Model

LogicalType = Literal[
    "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map", "vector"
]


class ColumnContract(Model):
    """One column of a table (a nested one is called ``parent.child``, the items of an array ``parent[]``)."""

    name: str
    logical_type: LogicalType | None = None
    physical_type: str | None = None
    classification: str
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    partitioned: bool = False
    description: str | None = None


class ReferenceContract(Model):
    """Columns of a table that name rows of another (ODCS: relationship of type foreignKey)."""

    columns: tuple[str, ...]
    table: str
    referenced_columns: tuple[str, ...]


class TableContract(Model):
    """One table (ODCS: schema object) of a dataset."""

    name: str
    physical_name: str
    columns: tuple[ColumnContract, ...] = ()
    references: tuple[ReferenceContract, ...] = ()

    def column(self, name: str) -> ColumnContract | None:
        """The column called ``name``, or None."""
        return next((column for column in self.columns if column.name == name), None)


class Location(Model):
    """Where a dataset lies in one environment (ODCS: server)."""

    type: str
    environment: str | None = None
    uri: str | None = Field(
        default=None, description="s3://, gs:// or database address, as far as the contract states it."
    )


class DatasetContract(Model):
    """What the owner of a dataset promises."""

    id: str
    version: str
    domain: str
    dataset: str
    owner: str = Field(description="The team member whose role is owner.")
    classification: str = Field(description="The highest of the dataset's own and its columns' levels.")
    purposes: tuple[str, ...] = Field(default=(), description="What the data may be used for; none = not limited.")
    retention_class: str
    tables: tuple[TableContract, ...] = ()
    locations: tuple[Location, ...] = ()
    status: str | None = None

    @property
    def name(self) -> str:
        """``domain/dataset``, unique among an organisation's contracts."""
        return f"{self.domain}/{self.dataset}"

    @property
    def columns(self) -> tuple[ColumnContract, ...]:
        """The columns of all tables, in the contract's order."""
        return tuple(column for table in self.tables for column in table.columns)
