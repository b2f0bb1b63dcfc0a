"""BigQuery: ``EXPORT DATA`` and ``LOAD DATA`` of Parquet.

https://cloud.google.com/bigquery/docs/reference/standard-sql/export-statements, …/load-statements, …/transactions
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from dataops_infra.errors import MaskingError
from dataops_infra.masking.warehouses.base import Exchange, WarehouseTable, check_prefix, quoted_list

STAGING_SUFFIX = "__dataops_staging"
"""Tables that are loaded first, since no transaction takes a ``LOAD DATA``."""
_MOST_TABLES = 100
"""That one transaction of BigQuery changes."""
_DATASET = re.compile(r"[a-z][a-z0-9:.-]*\.[A-Za-z0-9_]+")


def bigquery_unload(tables: Sequence[WarehouseTable], exchange: Exchange, as_of: datetime) -> Iterator[str]:
    """Statements that write every table below the prefix, all as of one moment.

    :param as_of: the moment, with its time zone; at most seven days back (BigQuery's time travel).
    :raises MaskingError: prefix or dataset is none, or the moment has no time zone.
    """
    _check(exchange, tables)
    if as_of.tzinfo is None:
        raise MaskingError("the moment of the export has no time zone; give one such as 2026-11-23T04:00:00+00:00")
    for table in tables:
        yield (
            f"EXPORT DATA OPTIONS (\n  uri = '{exchange.folder(table)}*.parquet',\n  format = 'PARQUET',\n"
            f"  compression = 'SNAPPY',\n  overwrite = true\n) AS\nSELECT {quoted_list(table.columns, '`')}\n"
            f"FROM {_address(exchange, table.name)} FOR SYSTEM_TIME AS OF TIMESTAMP '{as_of.isoformat()}';"
        )


def bigquery_load(tables: Sequence[WarehouseTable], exchange: Exchange) -> Iterator[str]:
    """Statements that replace the rows of every table by those below the prefix, all or none.

    :raises MaskingError: prefix or dataset is none, or there are more tables than one transaction takes.
    """
    _check(exchange, tables)
    if len(tables) > _MOST_TABLES:
        raise MaskingError(f"{len(tables)} tables are more than the {_MOST_TABLES} of one transaction; split the plan")
    for table in tables:
        yield (
            f"LOAD DATA OVERWRITE {_address(exchange, table.name + STAGING_SUFFIX)}\nFROM FILES (\n"
            f"  format = 'PARQUET',\n  uris = ['{exchange.folder(table)}*.parquet']\n);"
        )
    yield "BEGIN TRANSACTION;"
    for table in tables:
        columns = quoted_list(table.columns, "`")
        yield f"TRUNCATE TABLE {_address(exchange, table.name)};"
        yield (
            f"INSERT INTO {_address(exchange, table.name)} ({columns})\n"
            f"SELECT {columns} FROM {_address(exchange, table.name + STAGING_SUFFIX)};"
        )
    yield "COMMIT TRANSACTION;"
    for table in tables:
        yield f"DROP TABLE {_address(exchange, table.name + STAGING_SUFFIX)};"


def _address(exchange: Exchange, table: str) -> str:
    return f"`{exchange.dataset}.{table}`"


def _check(exchange: Exchange, tables: Sequence[WarehouseTable]) -> None:
    check_prefix(exchange, "gs")
    if not _DATASET.fullmatch(exchange.dataset):
        raise MaskingError(f"{exchange.dataset} is no dataset: write project.dataset")
    wrong = [name for table in tables for name in (table.name, *table.columns) if "`" in name]
    if wrong:
        raise MaskingError(f"the names {', '.join(wrong)} cannot stand in a statement of BigQuery; rename them")
