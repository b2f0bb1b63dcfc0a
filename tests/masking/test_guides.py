"""What the guides to masking print, plans and command lines, is what happens."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ForeignKey, Plan
from tests.support.cli import dataops

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
CHECK = re.compile(r'judged\(\s*"([a-z-]+)"')
PEOPLE = pa.table(
    {
        "id": range(1000, 1040),
        "mail": [f"p{n}@firm.example" for n in range(40)],
        "tag1": [f"{n * 7919 % 9973:x} zq{n * 31 % 97}" for n in range(40)],
    }
)


def blocks(guide: str, language: str) -> list[str]:
    """The code blocks of a guide in a language."""
    text = (GUIDES / f"{guide}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the guides, classified and masked as they say."""
    folder = tmp_path_factory.mktemp("guides")
    (folder / "data").mkdir()
    pq.write_table(PEOPLE, folder / "data" / "people.parquet")
    (folder / "mask.key").touch(mode=0o600)
    (folder / "mask.key").write_text(bytes(range(32)).hex())
    return folder


def test_steps_print_what_the_guides_show(folder: Path) -> None:
    command, shown = blocks("masking-plans", "console")[0].split("\n", 1)
    classified = dataops(*command.removeprefix("$ dataops ").split(), cwd=folder)
    assert [line.rstrip() for line in classified.out.splitlines()] == shown.splitlines()
    (line,) = yaml.safe_load(blocks("masking-plans", "yaml")[0])["tables"]["people"]["columns"].items()
    assert line in yaml.safe_load((folder / "plan.yaml").read_text())["tables"]["people"]["columns"].items()

    classify_anew, _diff = blocks("masking-plans", "console")[1].splitlines()
    assert dataops(*classify_anew.removeprefix("$ dataops ").split(), cwd=folder).code == 0
    assert (folder / "plan.new.yaml").read_bytes() == (folder / "plan.yaml").read_bytes()

    run = "mask run plan.yaml --source data/ --target masked/ --key-file mask.key"
    assert run.replace("data/", "shop/") in blocks("masking", "console")[0]
    assert dataops(*run.split(), cwd=folder).code == 0
    verified = [dataops(*line.split()[1:], cwd=folder).code for line in blocks("masking-gate", "")[0].splitlines()]
    assert verified == [0, 0]
    assert (folder / "gate.html").read_text().startswith("<!DOCTYPE html>")


def test_foreign_keys_are_read() -> None:
    (key,) = yaml.safe_load(blocks("masking-plans", "yaml")[1])["foreign_keys"]
    assert ForeignKey.model_validate(key).references == "customers"


def test_quasi_identifiers_may_be_flat() -> None:
    stated = re.search(r"`quasi_identifiers: (\[.*?\])`", (GUIDES / "masking-plans.md").read_text())
    assert stated is not None
    plan = Plan.model_validate({"tables": {"people": {}}, "quasi_identifiers": yaml.safe_load(stated[1])})
    assert plan.quasi_identifiers == {"people": ("born", "zip")}


def test_lines_of_the_guide_to_texts_are_right() -> None:
    whole, line = blocks("masking-text", "yaml")
    plan = Plan.model_validate(yaml.safe_load(whole))
    assert plan.tables["tickets"].columns["body"].operator == "text"
    column = yaml.safe_load(line)["body"]
    OPERATORS[column["operator"]].options.model_validate(column["options"])


def test_guide_to_the_gate_names_every_check_and_no_other() -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", (GUIDES / "masking-gate.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    package = GUIDES.parents[1] / "dataops_infra" / "masking"
    code = "".join(path.read_text() for path in [*sorted((package / "gate").glob("*.py")), package / "verify.py"])
    assert set(CHECK.findall(code)) <= named
    assert sorted(name for name in named if f'"{name}"' not in code) == []
