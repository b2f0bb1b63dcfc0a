"""``dataops mask statements``: what a warehouse runs before and after a masking job, as SQL."""

import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dataops_infra.cli.mask.installed import check_installed
from dataops_infra.errors import InvalidInputError

HELP = """\
Write the SQL by which Redshift or BigQuery brings the tables of a plan to an object store, and takes a masked copy in.

Nothing is run and nothing is connected: the warehouse runs `unload`, `dataops mask run` makes the copy from one prefix
into another, and the warehouse runs `load`. Tables are read as of one moment, and replaced all or none.

\b
Exit code 0: the statements are written
          2: they cannot be

\b
Examples:
  dataops mask statements plan.yaml redshift unload --dataset sales --prefix s3://stage/raw --role $ROLE
  dataops mask run plan.yaml -s s3://stage/raw -t s3://stage/masked --key-env MASK_KEY
  dataops mask statements plan.yaml redshift load --dataset sales_test --prefix s3://stage/masked --role $ROLE
  dataops mask statements plan.yaml bigquery unload --dataset acme-prod.sales --prefix gs://stage/raw \\
    --as-of 2026-11-23T04:00:00+0000
"""


class Warehouse(StrEnum):
    """Whose SQL."""

    redshift = "redshift"
    bigquery = "bigquery"


class Step(StrEnum):
    """Before the masking, or after it."""

    unload = "unload"
    load = "load"


PlanFile = Annotated[Path, typer.Argument(metavar="PLAN.yaml", help="Whose tables and columns.")]
WarehouseName = Annotated[Warehouse, typer.Argument(help="Whose SQL.")]
StepName = Annotated[Step, typer.Argument(help="Out of the warehouse, or back into it.")]
Dataset = Annotated[str, typer.Option(help="Redshift: the schema. BigQuery: project.dataset.")]
Prefix = Annotated[str, typer.Option(help="s3://bucket/prefix or gs://bucket/prefix: one folder of Parquet per table.")]
Role = Annotated[str | None, typer.Option(metavar="ARN", help="Redshift: the role that it assumes.")]
KmsKey = Annotated[str | None, typer.Option(metavar="ARN", help="Redshift: the key that unloaded files are under.")]
Moment = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%dT%H:%M:%S%z"], help="BigQuery: the moment that tables are read at."),
]


def register(app: typer.Typer) -> None:
    """Add the command ``statements`` to the group ``mask``."""
    app.command("statements", help=HELP)(run)


def run(
    plan: PlanFile,
    warehouse: WarehouseName,
    step: StepName,
    dataset: Dataset,
    prefix: Prefix,
    role: Role = None,
    kms_key: KmsKey = None,
    as_of: Moment = None,
) -> None:
    """Print the statements."""
    check_installed()
    from dataops_infra.masking.plan import read_plan
    from dataops_infra.masking.warehouses import Exchange, tables_of

    tables, exchange = tables_of(read_plan(plan)), Exchange(dataset, prefix)

    def statements() -> Iterator[str]:
        from dataops_infra.masking.warehouses import bigquery_load, bigquery_unload, redshift_load, redshift_unload

        if warehouse is Warehouse.bigquery:
            if step is Step.load:
                return bigquery_load(tables, exchange)
            if as_of is None:
                raise InvalidInputError("--as-of", "the moment that all tables are read at", "nothing")
            return bigquery_unload(tables, exchange, as_of)
        if role is None:
            raise InvalidInputError("--role", "the ARN of the role that Redshift assumes", "nothing")
        return (
            redshift_load(tables, exchange, role)
            if step is Step.load
            else redshift_unload(tables, exchange, role, kms_key)
        )

    sys.stdout.write("\n".join(statements()) + "\n")
