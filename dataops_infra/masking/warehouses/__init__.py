"""Redshift and BigQuery: statements that bring tables to an object store and a masked copy back, generated, not run."""

from dataops_infra.masking.warehouses.base import Exchange, WarehouseTable, tables_of
from dataops_infra.masking.warehouses.bigquery import bigquery_load, bigquery_unload
from dataops_infra.masking.warehouses.redshift import redshift_load, redshift_unload

__all__ = [
    "Exchange",
    "WarehouseTable",
    "bigquery_load",
    "bigquery_unload",
    "redshift_load",
    "redshift_unload",
    "tables_of",
]
