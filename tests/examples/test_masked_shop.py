"""The README's three masking commands, run as they stand there on the example's files."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "masked_shop" / "shop"
COMMANDS = re.findall(r"^dataops (mask .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)


def read(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{table}.csv", infer_schema=False)


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's commands ran."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(SHOP, folder / "examples" / "masked_shop" / "shop")
    key = folder / "mask.key"
    key.touch(mode=0o600)
    key.write_text(bytes(range(32)).hex())
    for command in COMMANDS:
        program = [sys.executable, "-c", "from dataops_infra.cli import main; main()", *shlex.split(command)]
        done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_readme_masks_in_three_commands() -> None:
    assert [command.split()[1] for command in COMMANDS] == ["classify", "run", "verify"]


def test_copy_has_the_same_tables_columns_and_rows(masked: Path) -> None:
    for table in ("customers", "orders", "tickets"):
        before, after = read(SHOP, table), read(masked / "masked", table)
        assert (after.columns, after.height) == (before.columns, before.height)


def test_joins_of_the_shop_work_in_the_copy(masked: Path) -> None:
    customers, orders, tickets = (read(masked / "masked", name) for name in ("customers", "orders", "tickets"))
    assert customers["email"].n_unique() == read(SHOP, "customers")["email"].n_unique()
    assert orders.join(customers, on="customer_id", how="anti").height == 0
    assert tickets.join(customers, on="customer_id", how="anti").height == 0
    joined = orders.join(customers, on="customer_id")
    assert joined.filter(pl.col("customer_email") != pl.col("email")).height == 0


def test_nothing_of_a_customer_is_left_in_the_copy(masked: Path) -> None:
    text = "\n".join(path.read_text() for path in sorted((masked / "masked").rglob("*")) if path.is_file())
    customers = read(SHOP, "customers")
    for column in ("email", "phone", "iban"):
        assert [value for value in customers[column] if value in text] == []
    names = {f"{first} {last}" for first, last in customers.select("first_name", "last_name").iter_rows()}
    assert sorted(name for name in names if name in text) == []


def test_texts_name_the_masked_customer(masked: Path) -> None:
    customers, tickets = read(masked / "masked", "customers"), read(masked / "masked", "tickets")
    written = tickets["body"].str.extract_all(r"[a-z0-9]+@example\.com").explode().drop_nulls()
    assert written.len() > 0
    assert sorted(set(written) - set(customers["email"])) == []


def test_manifest_and_page_say_that_the_gate_passed(masked: Path) -> None:
    manifest = json.loads((masked / "masked" / "_manifest.json").read_text())
    assert (manifest["schema"], manifest["gate"]["verdict"]) == ("dataops.mask/v1", "pass")
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        "customers": 120,
        "orders": 300,
        "tickets": 60,
    }
    assert "<html" in (masked / "report.html").read_text()
