"""``dataops mask synth`` on the command line, and the plan that ``mask classify`` writes for what it made."""

import json
from pathlib import Path

import pytest

from dataops_infra.cli import main
from tests.support.masked_runs import contents
from tests.support.synthetic_contracts import column, primary, write_contract


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with conventions and two contracts."""
    (tmp_path / "dataops.yaml").write_text("domains:\n  sales: {}\n")
    (tmp_path / "contracts").mkdir()
    write_contract(tmp_path / "contracts", {"people": [primary(), column("email", "string", required=True)]}, "people")
    write_contract(
        tmp_path / "contracts", {"orders": [primary(), column("person", "integer", to="people.id")]}, "orders"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dataops(words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["mask", *words.split()])
    return int(left.value.code or 0)


@pytest.mark.usefixtures("place")
def test_tables_are_made_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops("synth contracts --rows 20 --rows orders=50 --seed 7 --output made") == 0
    assert capsys.readouterr().out == (
        "table                                      rows\n"
        "orders                                       50\n"
        "people                                       20\n"
        "\n"
        "made     70 rows with seed 7\n"
        "tables   made\n"
    )
    assert sorted(contents(Path("made"))) == ["_manifest.json", "orders.parquet", "people.parquet"]


@pytest.mark.usefixtures("place")
def test_manifest_is_printed_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    words = "synth contracts/people.yaml contracts --rows 5 --format csv --output made --json"
    assert dataops(words) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path("made/_manifest.json").read_text())
    assert Path("made/people.csv").read_text().splitlines()[0] == "id,email"
    assert dataops(words) == 2
    assert "exists; choose another, or replace former rows with --overwrite" in capsys.readouterr().err
    assert dataops(f"{words} --overwrite") == 0


@pytest.mark.usefixtures("place")
def test_synthetic_tables_are_classified_by_their_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops("synth contracts --rows 200 --output made") == 0
    assert dataops("classify made --output plan.yaml --contract contracts") == 0
    said = capsys.readouterr().out
    assert "foreign key orders (person) → people (id): stated by the contract" in said
    assert "email addresses" in said


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--rows many", "--rows: expected a number, or TABLE=NUMBER, got 'many'"),
        ("--rows =5", "--rows: expected a number, or TABLE=NUMBER, got '=5'"),
        ("--rows orders=5", "--rows: expected a number for the tables that are not named, got 'orders=5'"),
        ("--rows 5 --rows order=5", "--rows: expected tables of the contracts (did you mean orders?), got 'order'"),
        ("--rows 5 --rows 6", "--rows: expected one number for each table, and one for the others, got '5, 6'"),
        (
            "--rows 5 --rows orders=6 --rows orders=7",
            "--rows: expected one number for each table, and one for the others, got '5, orders=6, orders=7'",
        ),
        ("--rows 0", "--rows: expected a whole number from 1"),
        ("--rows 5 --seed -4", "--seed: expected a whole number from 0"),
    ],
)
def test_mistake_is_one_sentence(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dataops(f"synth contracts --output made {words}") == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert not Path("made").exists()


def test_folder_without_contracts_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "empty").mkdir()
    assert dataops("synth empty --rows 5 --output made") == 2
    assert "CONTRACT: expected a folder with dataset contracts, got 'empty'" in capsys.readouterr().err


def test_contradiction_is_told_with_file_and_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_contract(place, {"t": [column("n", "integer", minimum=9, maximum=1)]}, "wrong")
    assert dataops("synth wrong.yaml --rows 5 --output made") == 2
    assert "wrong.yaml:23: t.n: no value lies between its limits (minimum 9, maximum 1)" in capsys.readouterr().err
