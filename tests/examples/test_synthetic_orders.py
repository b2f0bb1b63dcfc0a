"""The command of the guide to synthetic rows, run as it stands there."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from dataops_infra.cli import main

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "synthetic-rows.md").read_text()
COMMAND = re.findall(r"^dataops (mask synth .*)$", GUIDE, re.MULTILINE)[0]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What the command makes."""
    target = tmp_path_factory.mktemp("synthetic") / "synthetic"
    words = [str(ROOT / word) if word.startswith("examples/") else word for word in shlex.split(COMMAND)]
    words[words.index("--output") + 1] = str(target)
    with pytest.raises(SystemExit) as left:
        main([*words, "--conventions", str(ROOT / "dataops.yaml")])
    assert not left.value.code
    return {name: pl.read_parquet(target / f"{name}.parquet") for name in ("customers", "orders", "lines")}


def test_example_says_the_command_of_the_guide() -> None:
    first = (ROOT / "examples" / "synthetic_orders" / "orders.yaml").read_text().splitlines()[0]
    assert first == f"# dataops {COMMAND}"


def test_tables_have_the_rows_asked_for(tables: dict[str, pl.DataFrame]) -> None:
    assert {name: table.height for name, table in tables.items()} == {"customers": 1000, "orders": 5000, "lines": 12000}


def test_every_key_finds_its_row(tables: dict[str, pl.DataFrame]) -> None:
    customers, orders, lines = tables["customers"], tables["orders"], tables["lines"]
    assert orders.join(customers, left_on="customer_id", right_on="id", how="anti").height == 0
    assert lines.join(orders, left_on="order_id", right_on="id", how="anti").height == 0
    assert lines.select("order_id", "line").is_duplicated().sum() == 0
    assert customers["email"].n_unique() == 1000


def test_values_come_as_often_as_the_contract_says(tables: dict[str, pl.DataFrame]) -> None:
    tiers = dict(tables["customers"]["tier"].value_counts().iter_rows())
    assert tiers["plain"] > 3 * tiers["silver"] > 3 * tiers["gold"]
    assert abs(float(tables["orders"]["total"].mean()) - 60) < 5  # type: ignore[arg-type]
    assert 0.75 < tables["customers"]["referred_by"].null_count() / 1000 < 0.85
