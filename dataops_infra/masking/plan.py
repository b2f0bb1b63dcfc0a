"""The plan: for each column of each table, what is done with it and why. A YAML file that people review in git."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from dataops_infra.conventions.base import Model, refusal, shown_path
from dataops_infra.conventions.documents import read_document
from dataops_infra.conventions.validation import Parts, validate_parts
from dataops_infra.errors import FileProblem, PlanError

SCHEMA: Literal["dataops.mask-plan/v1"] = "dataops.mask-plan/v1"
MAXIMUM_PLAN_BYTES = 20_000_000
"""A plan of 10,000 columns has about 2 MB."""
MAXIMUM_SUPPRESSION = 0.01
"""Share of a table's rows that generalisation may suppress unless a plan says otherwise."""

HOW_TO_MAKE = "make one with: dataops mask classify SOURCE --output PLAN.yaml"


class _PlanModel(Model):
    """A part of a plan. Names of tables and columns are what they are in the data, spaces around them included."""

    model_config = ConfigDict(str_strip_whitespace=False)


class ColumnPlan(_PlanModel):
    """What is done with one column; a nested one is called ``parent.child``, the items of a list ``parent[]``."""

    operator: str = Field(description="Name of the operator.")
    domain: str | None = Field(
        default=None,
        description="Columns of one domain get equal replacements for equal values; none = a domain of its own.",
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the operator.")
    reason: str = Field(default="", description="Why this operator was chosen.")
    score: float | None = Field(default=None, ge=0, le=1, description="How sure the classification is, 0 to 1.")
    classification: str | None = Field(default=None, description="What the column holds, or its level in a contract.")
    type: str | None = Field(default=None, description="Arrow type the plan was made for; none = not checked.")


class TablePlan(_PlanModel):
    """The columns of one table, in the order of its schema."""

    columns: dict[str, ColumnPlan] = Field(default_factory=dict, description="Column -> what is done with it.")


class ForeignKey(_PlanModel):
    """Columns of one table that name rows of another; both sides stand in one domain, so that joins survive."""

    table: str = Field(description="The table that refers.")
    columns: tuple[str, ...] = Field(min_length=1, description="Its columns that refer.")
    references: str = Field(description="The table that is referred to.")
    referenced_columns: tuple[str, ...] = Field(min_length=1, description="The columns there, in the same order.")
    reason: str = Field(default="", description="Who says so: a contract, or what was found in the data.")


class Plan(_PlanModel):
    """How a dataset is masked, and what must hold before the copy is published."""

    schema_: Literal["dataops.mask-plan/v1"] = Field(
        default=SCHEMA, alias="schema", description="The form of the file."
    )
    tables: dict[str, TablePlan] = Field(default_factory=dict, description="Table -> its columns.")
    quasi_identifiers: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Table -> columns that together may point at a person."
    )
    sensitive: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Table -> columns whose values `l` and `t` protect."
    )
    k: int | None = Field(default=None, ge=2, description="Least rows that share their quasi-identifiers.")
    l: int | None = Field(default=None, ge=2, description="Least distinct sensitive values in such a group.")  # noqa: E741
    t: float | None = Field(default=None, gt=0, le=1, description="Farthest a group's distribution may be, 0 to 1.")
    maximum_suppression: float = Field(
        default=MAXIMUM_SUPPRESSION,
        ge=0,
        le=1,
        description="Largest share of a table's rows whose quasi-identifiers may be taken away to reach k, l and t.",
    )
    sharing: Literal["internal", "external"] = Field(
        default="internal",
        description="Who gets the copy; `external`: `mask verify` demands an approval record.",
    )
    foreign_keys: tuple[ForeignKey, ...] = Field(default=(), description="Joins that the copy must keep.")

    @field_validator("quasi_identifiers", "sensitive", mode="before")
    @classmethod
    def _by_table(cls, stated: Any, info: ValidationInfo) -> Any:
        """A flat list of ``table.column``, or of plain columns where there is one table, as a mapping of tables."""
        if not isinstance(stated, list | tuple):
            return stated
        tables = tuple(info.data.get("tables", ()))
        found: dict[str, list[str]] = {}
        for position, item in enumerate(stated):
            table, column = _table_and_column(item, tables, position)
            found.setdefault(table, []).append(column)
        return found

    def domain_of(self, table: str, column: str) -> str:
        """The key domain of a column: what it declares, or one of its own."""
        # Of a table with dots in its name the quotes tell which part is the table: "a.b".c is not a.b.c.
        plain = table if not {".", '"'} & set(table) else json.dumps(table, ensure_ascii=False)
        return self.tables[table].columns[column].domain or f"{plain}.{column}"

    @property
    def digest(self) -> str:
        """SHA-256 of what the plan says, whatever its layout, comments and order of keys."""
        document = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_plan(path: Path) -> Plan:
    """The plan in one file.

    :raises PlanError: every mistake of the file, with line and hint.
    """
    parts = read_parts(path)
    if parts.right is None or parts.problems:
        raise PlanError(shown_path(path), parts.problems)
    return parts.right


def read_parts(path: Path) -> Parts[Plan]:
    """The plan in one file as far as its form is right, and the mistakes of its form.

    :raises PlanError: it is empty.
    """
    document = read_document(path, MAXIMUM_PLAN_BYTES)
    if document.is_empty:
        raise PlanError(shown_path(path), [FileProblem(0, "is empty", HOW_TO_MAKE)])
    return validate_parts(Plan, document)


def _table_and_column(item: Any, tables: tuple[str, ...], position: int) -> tuple[str, str]:
    if not isinstance(item, str):
        raise refusal("expected table.column", "such as customers.birth_date", (position,))
    # A table's name may have dots in it: the longest that fits is meant.
    for table in sorted(tables, key=len, reverse=True):
        if item.startswith(f"{table}."):
            return table, item[len(table) + 1 :]
    if len(tables) == 1:
        return tables[0], item
    raise refusal(f"{item!r} names no table of the plan", "write table.column", (position,))
