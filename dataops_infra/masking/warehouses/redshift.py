"""Redshift: ``UNLOAD`` and ``COPY`` of Parquet, by a role that the cluster assumes.

https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html, …/r_COPY.html
"""

import re
from collections.abc import Iterator, Sequence

from dataops_infra.errors import MaskingError
from dataops_infra.masking.warehouses.base import Exchange, WarehouseTable, check_prefix, quoted_list

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_KEY = re.compile(r"[\w:/-]+")


def redshift_unload(
    tables: Sequence[WarehouseTable], exchange: Exchange, role: str, kms_key: str | None = None
) -> Iterator[str]:
    """Statements that write every table below the prefix, as of one transaction.

    :param role: ARN of the role that Redshift assumes.
    :param kms_key: ARN or id of the key that the files are encrypted with; None = the bucket's own default.
    :raises MaskingError: prefix, role or key is none.
    """
    _check(exchange, role, kms_key)
    encrypted = f"\n  KMS_KEY_ID '{kms_key}' ENCRYPTED" if kms_key else ""
    yield "BEGIN;"
    for table in tables:
        yield (
            f"UNLOAD ($$SELECT {_columns(table)} FROM {_address(exchange, table)}$$)\n"  # noqa: S608 - quoted
            f"  TO '{exchange.folder(table)}'\n  IAM_ROLE '{role}'\n  FORMAT AS PARQUET CLEANPATH{encrypted};"
        )
    yield "COMMIT;"


def redshift_load(tables: Sequence[WarehouseTable], exchange: Exchange, role: str) -> Iterator[str]:
    """Statements that replace the rows of every table by those below the prefix, all or none.

    ``DELETE``, because Redshift's ``TRUNCATE`` commits what was done before it.

    :raises MaskingError: prefix or role is none.
    """
    _check(exchange, role, None)
    yield "BEGIN;"
    for table in tables:
        yield f"DELETE FROM {_address(exchange, table)};"  # noqa: S608 - quoted
    for table in tables:
        yield (
            f"COPY {_address(exchange, table)} ({_columns(table)})\n"
            f"  FROM '{exchange.folder(table)}'\n  IAM_ROLE '{role}'\n  FORMAT AS PARQUET;"
        )
    yield "COMMIT;"


def _address(exchange: Exchange, table: WarehouseTable) -> str:
    return ".".join(quoted_list([part], '"') for part in (exchange.dataset, table.name))


def _columns(table: WarehouseTable) -> str:
    return quoted_list(table.columns, '"')


def _check(exchange: Exchange, role: str, kms_key: str | None) -> None:
    check_prefix(exchange, "s3")
    if not _ROLE.fullmatch(role):
        raise MaskingError(f"{role} is no role: write arn:aws:iam::<account>:role/<name>")
    if kms_key is not None and not _KEY.fullmatch(kms_key):
        raise MaskingError(f"{kms_key} is no key: write the ARN or the id of a KMS key")
