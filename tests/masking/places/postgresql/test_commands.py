"""The three commands with a database at both ends, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.masking.places.postgresql.conftest import Pair
from tests.support.cli import dataops

SHOP = """
CREATE TYPE mood AS ENUM ('calm', 'upset');
CREATE TABLE customers (code varchar(3) PRIMARY KEY, mail text UNIQUE, ip inet NOT NULL, felt mood, short varchar(12));
CREATE TABLE orders (id integer PRIMARY KEY, customer varchar(3) REFERENCES customers (code));
CREATE VIEW seen AS SELECT 1 AS x;
"""
ROWS = """
INSERT INTO customers SELECT 'C' || i, 'somebody' || i || '@mail.com', ('10.0.0.' || i)::inet, 'calm',
    'q' || substr(md5(i::text), 1, 11) FROM generate_series(10, 60) i;
INSERT INTO orders SELECT i, 'C' || i FROM generate_series(10, 60) i;
"""


def test_classify_run_verify(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(SHOP, ROWS)
    key = tmp_path / "mask.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    plan, ends = tmp_path / "plan.yaml", ("--source", both.source(), "--target", both.target())

    classified = dataops("mask", "classify", both.source(), "--output", plan)
    assert (classified.code, classified.err) == (0, "left out: seen, a view\n")

    run = dataops("mask", "run", plan, *ends, "--key-file", key, "--format", "json")
    assert run.code == 0, run
    assert json.loads(run.out)["target"] == both.target().partition("?")[0]

    verified = dataops("mask", "verify", plan, *ends, "--format", "json")
    assert verified.code == 0, verified
    assert both.in_target("SELECT DISTINCT ip, felt FROM customers") == "0.0.0.0|calm"
    assert both.in_target("SELECT max(length(short)) FROM customers") == "12"
    assert both.in_target("SELECT count(*) FROM orders o JOIN customers c ON c.code = o.customer") == "51"

    again = dataops("mask", "run", plan, *ends, "--key-file", key)
    assert (again.code, "replace it with --overwrite" in again.err) == (2, True)

    assert dataops("mask", "run", plan, *ends, "--key-file", key, "--overwrite").err == ""
    key.write_bytes(bytes(range(1, 33)))
    other = dataops("mask", "run", plan, *ends, "--key-file", key, "--overwrite")
    assert (other.code, "the former copy was made with another key" in other.err) == (0, True)


def test_what_the_database_would_not_take_is_told_before_masking(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both = pair(SHOP, ROWS)
    key, plan = tmp_path / "mask.key", tmp_path / "plan.yaml"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    assert dataops("mask", "classify", both.source(), "--output", plan).code == 0
    text = plan.read_text()
    assert "0.0.0.0/32" in text
    plan.write_text(text.replace("0.0.0.0/32", "hidden"))

    run = dataops("mask", "run", plan, "--source", both.source(), "--target", both.target(), "--key-file", key)

    assert run.code == 2
    assert (
        "customers.ip: inet takes no values that redact makes (choose keep if its values name nobody, drop, or redact "
        in run.err
    )
    assert both.in_target("SELECT count(*) FROM customers") == "0"
