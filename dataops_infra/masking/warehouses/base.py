"""What the statements of every warehouse are made of: the plan's tables, and prefixes in an object store."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataops_infra.errors import MaskingError
from dataops_infra.masking.plan import Plan

_PART = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class WarehouseTable:
    """One table of a plan and the columns of it that are masked, in the plan's order."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """Between which places data goes.

    :param dataset: the schema (Redshift: ``schema``), or the project and dataset (BigQuery: ``project.dataset``).
    :param prefix: below which every table has a folder of Parquet files: ``s3://bucket/prefix``, ``gs://bucket/prefix``.
    """

    dataset: str
    prefix: str

    def folder(self, table: WarehouseTable) -> str:
        """The table's prefix, with a slash at its end: ``orders`` is no prefix of ``orders_old`` then."""
        return f"{self.prefix.rstrip('/')}/{table.name}/"


def tables_of(plan: Plan) -> tuple[WarehouseTable, ...]:
    """The tables of ``plan`` in its order; nested leaves count as the column that holds them.

    :raises MaskingError: a name cannot stand in a statement, or cannot be a folder's.
    """
    found = tuple(
        WarehouseTable(name, tuple(dict.fromkeys(_column(leaf) for leaf in table.columns)))
        for name, table in plan.tables.items()
    )
    wrong = [
        name
        for table in found
        for name in (table.name, *table.columns)
        if not _PART.fullmatch(name) or "$$" in name or "\\" in name
    ]
    wrong += [table.name for table in found if "/" in table.name or table.name.startswith(("_", "."))]
    if wrong:
        listed = ", ".join(repr(name) for name in dict.fromkeys(wrong))
        raise MaskingError(f"the names {listed} cannot stand in a warehouse's statements; rename them, or make a view")
    return found


def check_prefix(exchange: Exchange, scheme: str) -> None:
    """Refuse a prefix of another store.

    :raises MaskingError: it is none, or holds characters that would end a literal.
    """
    if not re.fullmatch(rf"{scheme}://[a-z0-9][a-z0-9._-]+(/[A-Za-z0-9!._=()-]+)*/?", exchange.prefix):
        raise MaskingError(f"{exchange.prefix} is no prefix for the warehouse: write {scheme}://bucket/prefix")


def quoted_list(columns: Sequence[str], quote: str) -> str:
    """``columns`` as identifiers, quoted by ``quote``, which is doubled inside."""
    return ", ".join(f"{quote}{column.replace(quote, quote * 2)}{quote}" for column in columns)


def _column(leaf: str) -> str:
    """The column that a leaf such as ``address.street`` or ``tags[]`` belongs to."""
    return re.split(r"\.|\[\]", leaf, maxsplit=1)[0]
