"""What contracts say that rows can be made of, column by column, with the place in the file that says it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty
from pydantic import ConfigDict, Field

from dataops_infra.conventions.base import Model, shown_path
from dataops_infra.conventions.contract_files import json_data, read_contract
from dataops_infra.conventions.contract_references import references_of
from dataops_infra.conventions.contracts import DatasetContract, ReferenceContract
from dataops_infra.conventions.documents import Document, KeyPath, read_document
from dataops_infra.conventions.model import Conventions
from dataops_infra.conventions.validation import validate_document
from dataops_infra.errors import ContractError, FileError, FileProblem

PROPERTY = "synthetic"
"""The ``customProperties`` of a column that say how its rows are made: the standard has no field for it."""
NULL_SHARE = 0.05
"""Share of nulls in a column that may have some, unless its contract says otherwise."""


class SyntheticOptions(Model):
    """The value of the custom property :data:`PROPERTY`."""

    model_config = ConfigDict(alias_generator=None)

    meaning: str | None = Field(default=None, description="What the values are: a name of semantics.MEANINGS.")
    distribution: Literal["uniform", "normal", "lognormal", "exponential", "zipf"] | None = None
    mean: float | None = None
    standard_deviation: Annotated[float, Field(gt=0)] | None = Field(default=None, alias="standardDeviation")
    exponent: Annotated[float, Field(gt=0, le=10)] | None = Field(default=None, description="Of zipf; 1 unless given.")
    weights: dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        default=None, description="Enumerated value, or true and false -> how often it comes."
    )
    null_share: Annotated[float, Field(ge=0, lt=1)] | None = Field(default=None, alias="nullShare")


@dataclass(frozen=True)
class ColumnSpec:
    """One column, or what is nested in one."""

    name: str
    path: str
    """``parent.child``, ``parent[]``."""
    at: KeyPath
    """Where it stands in the contract."""
    logical_type: str | None
    physical_type: str
    limits: Mapping[str, Any]
    """ODCS ``logicalTypeOptions``."""
    enumerated: tuple[Any, ...]
    is_required: bool
    is_unique: bool
    key_position: int | None
    """Its place in the primary key; None = it is no part of one."""
    synthetic: SyntheticOptions
    children: "tuple[ColumnSpec, ...]" = ()
    item: "ColumnSpec | None" = None


@dataclass(frozen=True)
class TableSpec:
    """One table."""

    name: str
    at: KeyPath
    columns: tuple[ColumnSpec, ...]
    references: tuple[ReferenceContract, ...]
    source: "ContractFile"

    def column(self, name: str) -> ColumnSpec | None:
        """The column called ``name``, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def primary_key(self) -> tuple[ColumnSpec, ...]:
        """Its columns in their order."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(sorted(keyed, key=lambda column: column.key_position or 0))


@dataclass
class ContractFile:
    """One contract, and the mistakes that were found in it."""

    path: Path
    document: Document
    contract: DatasetContract
    problems: list[FileProblem] = field(default_factory=list)

    def say(self, at: KeyPath, message: str, hint: str = "") -> None:
        """Note a mistake."""
        self.problems.append(FileProblem(self.document.line_of(at), message, hint))

    @property
    def error(self) -> ContractError | None:
        """All of them, by line; None = there is none."""
        ordered = sorted(set(self.problems), key=lambda problem: (problem.line, problem.message))
        return ContractError(shown_path(self.path), ordered) if ordered else None


def read_specs(paths: Sequence[Path], conventions: Conventions) -> list[TableSpec]:
    """The tables of all contracts.

    :raises FileError: the mistakes of all files that are no contracts.
    """
    files: list[ContractFile] = []
    errors: list[FileError] = []
    for path in paths:
        try:
            files.append(ContractFile(path, read_document(path), read_contract(path, conventions)))
        except ContractError as error:
            errors.append(error)
    if errors:
        raise FileError.all(errors)
    return [table for file in files for table in _tables(file)]


def raise_problems(tables: Sequence[TableSpec]) -> None:
    """Raise what was noted in the contracts of ``tables``.

    :raises FileError: all mistakes of all files.
    """
    files = {id(table.source): table.source for table in tables}
    errors = [error for file in files.values() if (error := file.error) is not None]
    if errors:
        raise FileError.all(errors)


def _tables(file: ContractFile) -> Iterator[TableSpec]:
    odcs = OpenDataContractStandard.model_validate(json_data(file.document.value))
    for position, table in enumerate(odcs.schema_ or []):
        at: KeyPath = ("schema", position)
        yield TableSpec(
            name=table.name or "",
            at=at,
            columns=tuple(_columns(table.properties or [], (*at, "properties"), "", file)),
            references=tuple(_references(table, odcs)),
            source=file,
        )


def _references(table: SchemaObject, odcs: OpenDataContractStandard) -> list[ReferenceContract]:
    return list(dict.fromkeys(references_of(table, odcs)))


def _columns(stated: Sequence[SchemaProperty], at: KeyPath, prefix: str, file: ContractFile) -> Iterator[ColumnSpec]:
    for position, column in enumerate(stated):
        yield _column(column, (*at, position), f"{prefix}{column.name or ''}", file)


def _column(column: SchemaProperty, at: KeyPath, path: str, file: ContractFile) -> ColumnSpec:
    return ColumnSpec(
        name=column.name or "",
        path=path,
        at=at,
        logical_type=column.logicalType,
        physical_type=(column.physicalType or "").strip().lower(),
        limits=column.logicalTypeOptions or {},
        enumerated=tuple(each.value for each in column.enum or []),
        is_required=bool(column.required or column.primaryKey),
        is_unique=bool(column.unique),
        key_position=(column.primaryKeyPosition or 0) if column.primaryKey else None,
        synthetic=_synthetic(column, at, file),
        children=tuple(_columns(column.properties or [], (*at, "properties"), f"{path}.", file)),
        item=None if column.items is None else _column(column.items, (*at, "items"), f"{path}[]", file),
    )


def _synthetic(column: SchemaProperty, at: KeyPath, file: ContractFile) -> SyntheticOptions:
    for position, entry in enumerate(column.customProperties or []):
        if entry.property != PROPERTY or entry.vendor is not None:
            continue
        value = entry.value
        place: KeyPath = (*at, "customProperties", position, "value")
        found, problems = validate_document(SyntheticOptions, _below(file.document, value, place))
        file.problems += problems
        return found or SyntheticOptions()
    return SyntheticOptions()


def _below(document: Document, value: Any, at: KeyPath) -> Document:
    """A part of a document as one of its own, with the lines of the whole."""
    lines = {path[len(at) :]: line for path, line in document.lines.items() if path[: len(at)] == at}
    return Document(value=value, lines=lines or {(): document.line_of(at)})
