"""Subsets on the command line: what is told before the run, what ``--dry-run`` prints, and ``mask verify`` after it."""

import json
from pathlib import Path

import pytest

from dataops_infra.cli import main
from tests.support.masked_runs import KEY_BYTES, write_plan
from tests.support.shop_files import write_shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source, a plan with a foreign key, and a key."""
    source = write_shop(tmp_path / "source")
    key = {"table": "orders", "columns": ["customer"], "references": "customers", "referenced_columns": ["id"]}
    write_plan(tmp_path / "plan.yaml", source, {"id": "keep", "customer": "keep", "status": "keep"}, foreign_keys=[key])
    (tmp_path / "mask.key").write_text(KEY_BYTES.hex())
    (tmp_path / "mask.key").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def dataops(words: str, *more: str) -> int:
    given = ["mask", *words.split(), *more]
    with pytest.raises(SystemExit) as left:
        main(given)
    return int(left.value.code or 0)


RUN = "run plan.yaml -s source -t masked"
TOLD = """\
subset   80 of 600 rows, from customers

table                                      rows         chosen  why
customers                                   150             20  20 asked for
orders                                      450             60  60 refer to chosen rows

joins
  orders(customer) -> customers(id): followed both ways

"""


@pytest.mark.usefixtures("shop")
def test_subset_is_told_then_masked_then_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"{RUN} --root customers --rows 20 --key-file mask.key") == 0
    said = capsys.readouterr().out
    assert said.startswith(TOLD)
    assert "customers                                    20  " in said.removeprefix(TOLD)
    assert dataops("verify plan.yaml -s source -t masked") == 0
    assert "subset" in capsys.readouterr().out


@pytest.mark.usefixtures("shop")
def test_dry_run_needs_no_key_and_makes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"{RUN} --root customers --rows 20 --dry-run") == 0
    assert capsys.readouterr().out == TOLD
    assert not Path("masked").exists()


@pytest.mark.usefixtures("shop")
def test_dry_run_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"{RUN} --root customers --rows 200 --dry-run --format json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": "dataops.mask-subset/v1",
        "root": "customers",
        "asked": 200,
        "tables": {
            "customers": {"rows": 150, "of": 150, "why": {"asked": 150}},
            "orders": {"rows": 450, "of": 450, "why": {"refers": 450}},
        },
        "joins": [
            {
                "table": "orders",
                "columns": ["customer"],
                "references": "customers",
                "referencedColumns": ["id"],
                "bringsReferring": True,
                "dangling": 0,
            }
        ],
        "notes": ["200 rows of customers were asked for, and there are 150"],
    }


@pytest.mark.usefixtures("shop")
def test_json_of_a_run_holds_the_subset(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"{RUN} --root customers --rows 20 --key-file mask.key --format json") == 0
    said = capsys.readouterr()
    assert said.err.startswith(TOLD)
    document = json.loads(said.out)
    assert document["subset"]["tables"]["orders"]["rows"] == 60
    assert document["manifest"]["subset"]["rows"] == 20


@pytest.mark.usefixtures("shop")
def test_dangling_keys_and_empty_tables_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    orders = pq.read_table("source/orders/b.parquet")
    stray = pa.table({"customer": [999], "status": ["lost"], "note": ["planted note"]}).cast(orders.schema)
    pq.write_table(pa.concat_tables([orders, stray]), "source/orders/b.parquet")
    assert dataops(f"{RUN} --root orders --rows 451 --dry-run") == 0
    said = capsys.readouterr().out
    assert "followed to what is referred to; 1 rows refer to nothing that the source has" in said
    assert "note     orders(customer) -> customers(id): 1 rows refer to rows that the source does not have" in said


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--root customers", "--rows, --fraction or --where: expected one that says which rows"),
        ("--root nobody --rows 5", "--root: expected a table of the source"),
        ("--dry-run", "--dry-run: expected options that ask for a subset"),
        ("--root customers --fraction 2", "--fraction: expected a number above 0, at most 1, got 2.0"),
        ("--rows 5 --keep-values 300", "--keep-values: expected a whole number from 0 to 250, got 300"),
    ],
)
def test_mistake_is_one_sentence(options: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"{RUN} {options} --key-file mask.key") == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert not Path("masked").exists()


@pytest.mark.usefixtures("shop")
def test_withheld_condition_is_given_to_verify(capsys: pytest.CaptureFixture[str]) -> None:
    condition = "email LIKE 'person1%'"
    assert dataops(f"{RUN} --root customers --key-file mask.key --where", condition) == 0
    assert dataops("verify plan.yaml -s source -t masked") == 2
    assert "give it again with --where" in capsys.readouterr().err
    assert dataops("verify plan.yaml -s source -t masked --where", condition) == 0
