"""Reads dataset contracts (Open Data Contract Standard v3) from their files.

Each file is validated with the standard's own JSON Schema first, because its models drop unknown keys silently; then it
is read with these models and held against the conventions. All mistakes of a file come at once, with their lines.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty, Server, TeamMember
from pydantic import ValidationError

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.contract_references import references_of
from dataops_infra.conventions.contract_schema import schema_complaints
from dataops_infra.conventions.contracts import ColumnContract, DatasetContract, Location, TableContract
from dataops_infra.conventions.documents import Document, KeyPath, nearest, read_document
from dataops_infra.conventions.lake_layout import Placeholder
from dataops_infra.conventions.model import Conventions
from dataops_infra.conventions.names import bigquery_dataset_resource
from dataops_infra.conventions.validation import dotted, in_order, overlap, take_out
from dataops_infra.errors import ContractError, FileProblem, InvalidInputError

CLASSIFICATION_PROPERTY = "dataClassification"
PURPOSES_PROPERTY = "purposes"
RETENTION_PROPERTY = "retentionClass"
OUR_PROPERTIES = (CLASSIFICATION_PROPERTY, PURPOSES_PROPERTY, RETENTION_PROPERTY)
"""The ``customProperties`` of a contract that we read: the standard has no field for them."""

OWNER_ROLE = "owner"
SUPPORTED_API = "v3."
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
"""The standard's own examples, which its schema does not insist on: another word is a typing mistake."""
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+){0,3}([-+][0-9A-Za-z.+-]+)?")
_DAYS = {"d": 1, "day": 1, "days": 1, "y": 365, "yr": 365, "year": 365, "years": 365}
"""Units of ``slaProperties`` -> their length in days."""
_MISSPELT = 0.85
"""How alike (difflib) the name of a custom property is to one of ours that it was meant to be."""
_SUFFIXES = (".yaml", ".yml")


def check_contracts(folder: Path, conventions: Conventions) -> tuple[tuple[DatasetContract, ...], list[ContractError]]:
    """The contracts that are right, by name, and one error for each file that is not."""
    if not folder.is_dir():
        problem = FileProblem(0, "is not a folder", "put the dataset contracts into a folder of this name")
        return (), [ContractError(shown_path(folder), [problem])]
    contracts: dict[str, tuple[DatasetContract, Path]] = {}
    errors: list[ContractError] = []
    try:
        paths = contract_files(folder)
    except ContractError as error:
        return (), [error]
    for path in paths:
        if not path.is_file():
            problem = FileProblem(0, "is not a file", "remove it: every *.yaml here is a contract")
            errors.append(ContractError(shown_path(path), [problem]))
            continue
        try:
            contract = read_contract(path, conventions)
        except ContractError as error:
            errors.append(error)
            continue
        _, first = contracts.setdefault(contract.name, (contract, path))
        if first != path:
            problem = FileProblem(
                0, f"describes {contract.name}, as {first.name} does", "keep one contract per dataset"
            )
            errors.append(ContractError(shown_path(path), [problem]))
    return tuple(contracts[name][0] for name in sorted(contracts)), errors


def contract_files(folder: Path) -> list[Path]:
    """What is called ``*.yaml`` or ``*.yml`` in ``folder`` and below, hidden ones apart, in a stable order.

    :raises ContractError: a folder cannot be listed; what it holds would be missing unnoticed.
    """
    found: list[Path] = []
    for name, folders, files in os.walk(folder, onerror=_unlisted):
        folders[:] = [below for below in folders if not below.startswith(".")]
        here = Path(name).relative_to(folder)
        found += [here / entry for entry in (*folders, *files) if not entry.startswith(".")]
    return [folder / path for path in sorted(found) if path.suffix in _SUFFIXES]


def _unlisted(error: OSError) -> NoReturn:
    problem = FileProblem(0, f"cannot be listed: {error.strerror}", "let this user read the folder of the contracts")
    raise ContractError(shown_path(Path(error.filename)), [problem]) from error


def read_contract(path: Path, conventions: Conventions) -> DatasetContract:
    """One contract.

    :raises ContractError: every mistake of the file, with line and hint.
    """
    contract, problems = _Reading(read_document(path), conventions).read()
    if contract is None:
        raise ContractError(shown_path(path), problems)
    return contract


class _Reading:
    """One pass over one file: collects what is wrong and, if nothing is, the contract."""

    def __init__(self, document: Document, conventions: Conventions) -> None:
        self.document, self.conventions = document, conventions
        self.problems = list(document.problems)
        self.taken_out: list[KeyPath] = list(document.broken)
        self.meant: set[str] = set()
        """Our custom properties that the file tries to give, rightly or not."""

    def read(self) -> tuple[DatasetContract | None, list[FileProblem]]:
        data = json_data(self.document.value)
        if not isinstance(data, dict):
            if not self.problems:
                self.say((), "is not a data contract", "begin with kind: DataContract")
            return None, in_order(self.problems)
        # What the schema refuses is taken out, so that the rest can be read and judged in the same pass.
        for path, message, hint in schema_complaints(data):
            self.say(path, message, hint)
            self.taken_out.append(path)
        for path in self.taken_out:
            take_out(data, path)
        try:
            contract = self.contract(OpenDataContractStandard.model_validate(data))
        except ValidationError as error:  # the models and the schema of one release disagree
            for details in error.errors(include_url=False):
                self.say(details["loc"], details["msg"])
            contract = None
        return (None if self.problems else contract), in_order(self.problems)

    def say(self, path: KeyPath, message: str, hint: str = "") -> None:
        """Note a mistake, unless it only follows from one that is noted already."""
        if not any(overlap(path, out) for out in self.taken_out):
            where = f"`{dotted(path)}`: " if path else ""
            self.problems.append(FileProblem(self.document.line_of(path), f"{where}{message}", hint))

    def contract(self, odcs: OpenDataContractStandard) -> DatasetContract:
        if not (odcs.apiVersion or "").startswith(SUPPORTED_API):
            self.say(("apiVersion",), f"expected version 3 of the standard, got {odcs.apiVersion}")
        self.check_header(odcs)
        own = self.own_properties(odcs)
        own_level = self.level(own.get(CLASSIFICATION_PROPERTY, (None, ())))
        tables = tuple(self.tables(odcs, own_level))
        levels = [column.classification for table in tables for column in table.columns if column.classification]
        if CLASSIFICATION_PROPERTY not in self.meant and not levels:
            self.say(
                ("customProperties",), f"neither {CLASSIFICATION_PROPERTY} nor a column says how confidential it is"
            )
        return DatasetContract(
            id=odcs.id or "",
            version=odcs.version or "",
            domain=self.domain(odcs.domain),
            dataset=self.dataset(odcs.name),
            owner=self.owner(odcs),
            classification=self.conventions.classification.highest([*levels, *filter(None, [own_level])]),
            purposes=self.purposes(own.get(PURPOSES_PROPERTY)),
            retention_class=self.retention_class(own.get(RETENTION_PROPERTY), odcs),
            tables=tables,
            locations=tuple(self.locations(odcs.servers or [])),
            status=odcs.status,
        )

    def check_header(self, odcs: OpenDataContractStandard) -> None:
        if odcs.version is not None and not _VERSION.fullmatch(odcs.version):
            self.say(("version",), f"expected a version such as 1.0.0, got {odcs.version!r}")
        if odcs.status is not None and odcs.status not in STATUSES:
            self.say(("status",), f"{odcs.status!r} is no status", nearest(odcs.status, STATUSES))

    def own_properties(self, odcs: OpenDataContractStandard) -> dict[str, tuple[Any, KeyPath]]:
        """Our custom properties: name -> value and its place."""
        found: dict[str, tuple[Any, KeyPath]] = {}
        for position, entry in enumerate(odcs.customProperties or []):
            name = entry.property or ""
            at: KeyPath = ("customProperties", position)
            ours = _meant(name)
            if ours is None or entry.vendor is not None:
                continue
            self.meant.add(ours)
            if name != ours:
                self.say((*at, "property"), f"{name!r} is not read", f"did you mean {ours}?")
            elif name in found:
                self.say((*at, "property"), f"{name} stands twice")
            else:
                found[name] = (entry.value, (*at, "value"))
        return found

    def level(self, given: tuple[Any, KeyPath]) -> str | None:
        level, path = given
        if level is None:
            return None
        levels = self.conventions.classification.levels
        if level in levels:
            return str(level)
        self.say(path, f"{level!r} is no level of classification", nearest(str(level), levels))
        return None

    def domain(self, name: str | None) -> str:
        if not name:
            self.say(("domain",), "is missing")
            return ""
        try:
            return self.conventions.domain(name).name
        except InvalidInputError:
            self.say(("domain",), f"{name!r} is no domain", nearest(name, self.conventions.domains))
            return ""

    def dataset(self, name: str | None) -> str:
        placeholder = Placeholder("dataset", "str")
        try:
            return placeholder.write(name or "")
        except ValueError:
            got = f", got {name!r}" if name else ""
            self.say(("name",), f"expected {placeholder.expected}{got}", "it is the dataset's folder in the lake")
            return ""

    def owner(self, odcs: OpenDataContractStandard) -> str:
        members: list[TeamMember] = (
            odcs.team if isinstance(odcs.team, list) else (odcs.team and odcs.team.members) or []
        )
        # Who has left (dateOut) or was replaced owns nothing any more.
        owners = [m for m in members if (m.role or "").lower() == OWNER_ROLE and not m.dateOut]
        if len(owners) == 1 and owners[0].username:
            return owners[0].username
        self.say(("team",), f"expected one member whose role is {OWNER_ROLE}, got {len(owners)}")
        return ""

    def purposes(self, given: tuple[Any, KeyPath] | None) -> tuple[str, ...]:
        if given is None:
            return ()
        value, path = given
        if isinstance(value, list) and value and all(isinstance(item, str) and item.strip() for item in value):
            return tuple(value)
        self.say(path, "expected a list of purposes in words")
        return ()

    def retention_class(self, given: tuple[Any, KeyPath] | None, odcs: OpenDataContractStandard) -> str:
        classes = self.conventions.retention.classes
        value, path = given or (self.conventions.retention.default, ())
        if value not in classes:
            self.say(path, f"{value!r} is no retention class", nearest(str(value), classes))
        else:
            self.check_promised_retention(odcs, str(value), classes[value].maximum_days)
        return str(value)

    def check_promised_retention(self, odcs: OpenDataContractStandard, name: str, maximum: int | None) -> None:
        """Nobody is promised data for longer than its class allows to keep it."""
        for position, promise in enumerate(odcs.slaProperties or []):
            unit, value = _DAYS.get((promise.unit or "").lower()), promise.value
            if (promise.property or "").lower() != "retention" or unit is None or not isinstance(value, int | float):
                continue
            if maximum is not None and value * unit > maximum:
                at: KeyPath = ("slaProperties", position, "value")
                self.say(at, f"promises {value * unit:g} days, but retention class {name} keeps at most {maximum}")

    def tables(self, odcs: OpenDataContractStandard, own_level: str | None) -> Iterator[TableContract]:
        tables = odcs.schema_ or []
        self.check_distinct([table.name for table in tables], ("schema",), "table ")
        for position, table in enumerate(tables):
            at: KeyPath = ("schema", position, "properties")
            yield TableContract(
                name=table.name or "",
                physical_name=table.physicalName or table.name or "",
                columns=tuple(self.columns(table.properties or [], at, "", own_level)),
                references=tuple(references_of(table, odcs)),
            )

    def check_distinct(self, names: list[str | None], at: KeyPath, what: str) -> None:
        for position, name in enumerate(names):
            if name and name in names[:position]:
                self.say((*at, position, "name"), f"{what}{name} stands twice")

    def columns(
        self, columns: list[SchemaProperty], at: KeyPath, prefix: str, level: str | None
    ) -> Iterator[ColumnContract]:
        """Columns and what is nested in them; one without a classification has that of what it lies in."""
        self.check_distinct([column.name for column in columns], at, f"column {prefix}")
        for position, column in enumerate(columns):
            yield from self.column(column, (*at, position), f"{prefix}{column.name or ''}", level)

    def column(self, column: SchemaProperty, at: KeyPath, name: str, level: str | None) -> Iterator[ColumnContract]:
        own = self.level((column.classification, (*at, "classification"))) or level
        if own is None and column.classification is None and CLASSIFICATION_PROPERTY not in self.meant:
            self.say(at, f"column {name} has no classification, nor has the dataset", f"add {CLASSIFICATION_PROPERTY}")
        yield ColumnContract.model_validate(
            {
                "name": name,
                "logical_type": column.logicalType,
                "physical_type": column.physicalType,
                "classification": own or "",
                "required": bool(column.required),
                "unique": bool(column.unique),
                "primary_key": bool(column.primaryKey),
                "partitioned": bool(column.partitioned),
                "description": column.description,
            }
        )
        yield from self.columns(column.properties or [], (*at, "properties"), f"{name}.", own)
        if column.items is not None:
            yield from self.column(column.items, (*at, "items"), f"{name}[]", own)

    def locations(self, servers: list[Server]) -> Iterator[Location]:
        environments = self.conventions.environments
        for position, server in enumerate(servers):
            if server.environment is not None and server.environment not in environments:
                at = ("servers", position, "environment")
                self.say(at, f"{server.environment!r} is no environment", nearest(server.environment, environments))
            yield Location(type=server.type or "", environment=server.environment, uri=_uri(server))


def _uri(server: Server) -> str | None:
    if server.type == "bigquery" and server.project and server.dataset:
        return bigquery_dataset_resource(server.project, server.dataset)
    return server.location


def _meant(name: str) -> str | None:
    """Which of our custom properties somebody meant by ``name``, rightly spelt or not."""
    ours = {_folded(each): each for each in OUR_PROPERTIES}
    close = difflib.get_close_matches(_folded(name), ours, n=1, cutoff=_MISSPELT)
    return ours[close[0]] if close else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").removesuffix("s")


def json_data(value: Any) -> Any:
    """YAML's data as JSON has it: dates are text (the standard's schema knows no others)."""
    if isinstance(value, Mapping):
        return {key: json_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_data(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
