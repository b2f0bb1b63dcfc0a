"""What warehouses are told: every statement parses in their dialect, and says what it must."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.warehouses import (
    Exchange,
    WarehouseTable,
    bigquery_load,
    bigquery_unload,
    redshift_load,
    redshift_unload,
    tables_of,
)

ROLE = "arn:aws:iam::111111111111:role/redshift"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/0a1b"
MOMENT = datetime(2026, 11, 23, 4, tzinfo=UTC)
S3, GS = Exchange("sales", "s3://stage/raw"), Exchange("acme-prod.sales", "gs://stage/raw/")
TABLES = (WarehouseTable("orders", ("id", 'odd "name"')), WarehouseTable("people", ("id", "address")))
PLAIN = (WarehouseTable("orders", ("id", "odd name")), WarehouseTable("people", ("id", "address")))


@cache
def linter(dialect: str) -> Any:
    from sqlfluff.core import Linter

    return Linter(dialect=dialect)


def assert_parses(statements: Iterable[str], dialect: str) -> None:
    found = linter(dialect).parse_string("\n".join(statements) + "\n")
    assert found.violations == []
    assert found.tree is not None
    assert list(found.tree.recursive_crawl("unparsable")) == []


def plan_of(tables: dict[str, list[str]]) -> Plan:
    return Plan.model_validate(
        {
            "tables": {
                name: {"columns": {column: {"operator": "keep"} for column in columns}}
                for name, columns in tables.items()
            }
        }
    )


def test_redshift_unloads_all_tables_in_one_transaction() -> None:
    statements = list(redshift_unload(TABLES, S3, ROLE, KEY))

    assert statements == [
        "BEGIN;",
        'UNLOAD ($$SELECT "id", "odd ""name""" FROM "sales"."orders"$$)\n'
        f"  TO 's3://stage/raw/orders/'\n  IAM_ROLE '{ROLE}'\n"
        f"  FORMAT AS PARQUET CLEANPATH\n  KMS_KEY_ID '{KEY}' ENCRYPTED;",
        'UNLOAD ($$SELECT "id", "address" FROM "sales"."people"$$)\n'
        f"  TO 's3://stage/raw/people/'\n  IAM_ROLE '{ROLE}'\n"
        f"  FORMAT AS PARQUET CLEANPATH\n  KMS_KEY_ID '{KEY}' ENCRYPTED;",
        "COMMIT;",
    ]
    assert_parses(redshift_unload(TABLES, S3, ROLE), "redshift")


def test_redshift_loads_all_or_nothing() -> None:
    statements = list(redshift_load(TABLES, S3, ROLE))

    assert [statement.split()[0] for statement in statements] == [
        "BEGIN;",
        "DELETE",
        "DELETE",
        "COPY",
        "COPY",
        "COMMIT;",
    ]
    assert statements[3] == (
        f'COPY "sales"."orders" ("id", "odd ""name""")\n  FROM \'s3://stage/raw/orders/\'\n'
        f"  IAM_ROLE '{ROLE}'\n  FORMAT AS PARQUET;"
    )
    assert not any("TRUNCATE" in statement for statement in statements), "it would commit"
    assert_parses(statements, "redshift")


def test_bigquery_reads_all_tables_at_one_moment() -> None:
    statements = list(bigquery_unload(PLAIN, GS, MOMENT))

    assert statements[0] == (
        "EXPORT DATA OPTIONS (\n  uri = 'gs://stage/raw/orders/*.parquet',\n  format = 'PARQUET',\n"
        "  compression = 'SNAPPY',\n  overwrite = true\n) AS\nSELECT `id`, `odd name`\n"
        "FROM `acme-prod.sales.orders` FOR SYSTEM_TIME AS OF TIMESTAMP '2026-11-23T04:00:00+00:00';"
    )
    assert len(statements) == 2
    assert_parses(statements, "bigquery")


def test_bigquery_replaces_all_tables_in_one_transaction() -> None:
    statements = list(bigquery_load(PLAIN, GS))

    assert [" ".join(statement.split()[:2]) for statement in statements] == [
        *["LOAD DATA"] * 2,
        "BEGIN TRANSACTION;",
        *["TRUNCATE TABLE", "INSERT INTO"] * 2,
        "COMMIT TRANSACTION;",
        *["DROP TABLE"] * 2,
    ]
    assert_parses(statements, "bigquery")


def test_nested_leaves_count_as_their_column() -> None:
    plan = plan_of({"people": ["id", "address.street", "address.city", "tags[]"]})

    assert tables_of(plan) == (WarehouseTable("people", ("id", "address", "tags")),)


@pytest.mark.parametrize("name", ["a$$b", "a\nb", "a\\b", "x/y", "_hidden"])
def test_a_name_that_would_end_a_literal_is_refused(name: str) -> None:
    with pytest.raises(MaskingError, match="cannot stand in a warehouse's statements; rename them, or make a view"):
        tables_of(plan_of({name: ["id"]}))


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
def test_no_column_escapes_from_its_quotes(columns: list[str]) -> None:
    try:
        tables = tables_of(plan_of({"t": columns}))
    except MaskingError:
        return
    (_begin, unload, _commit) = redshift_unload(tables, S3, ROLE)
    inside = re.fullmatch(r'UNLOAD \(\$\$SELECT (.*) FROM "sales"\."t"\$\$\)\n  TO .*', unload, re.DOTALL)

    assert inside is not None
    assert "$$" not in inside[1]
    assert re.fullmatch(r'"(?:[^"]|"")+"(?:, "(?:[^"]|"")+")*', inside[1], re.DOTALL)


WRONG = {
    "prefix of another store": (lambda: redshift_load(TABLES, GS, ROLE), "is no prefix for the warehouse: write s3://"),
    "prefix with a quote": (
        lambda: redshift_load(TABLES, Exchange("s", "s3://stage/a'b"), ROLE),
        "is no prefix for the warehouse",
    ),
    "role": (lambda: redshift_load(TABLES, S3, "admin"), "admin is no role: write arn:aws:iam"),
    "role with a quote": (lambda: redshift_unload(TABLES, S3, ROLE + "'"), "is no role"),
    "key": (lambda: redshift_unload(TABLES, S3, ROLE, "a'b"), "is no key"),
    "dataset": (
        lambda: bigquery_load(PLAIN, Exchange("sales", GS.prefix)),
        "sales is no dataset: write project.dataset",
    ),
    "moment": (lambda: bigquery_unload(PLAIN, GS, datetime(2026, 11, 23)), "has no time zone"),  # noqa: DTZ001
    "backtick": (
        lambda: bigquery_load((WarehouseTable("t", ("a`b",)),), GS),
        "cannot stand in a statement of BigQuery",
    ),
    "too many tables": (
        lambda: bigquery_load([WarehouseTable(f"t{n}", ("a",)) for n in range(101)], GS),
        "101 tables are more than the 100 of one transaction",
    ),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_said_before_anything_is_written(case: str) -> None:
    make, said = WRONG[case]

    with pytest.raises(MaskingError, match=re.escape(said)):
        list(make())
