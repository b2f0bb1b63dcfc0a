"""What the guides to masking print, plans and command lines, is what happens."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dataops_infra.masking.classify.deciding import (
    FEW_NAMES,
    FEWEST_VALUES,
    IDENTIFIER_DIGITS,
    REPETITION,
    SHORT_LIST,
)
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ForeignKey, Plan
from tests.support.cli import dataops

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
CHECK = re.compile(r'judged\(\s*"([a-z-]+)"')


def blocks(guide: str, language: str) -> list[str]:
    """The code blocks of a guide in a language."""
    text = (GUIDES / f"{guide}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the guides, classified and masked as they say."""
    folder = tmp_path_factory.mktemp("guides")
    subprocess.run(["bash", "-ec", blocks("masking-plans", "sh")[0]], cwd=folder, check=True)
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


def test_a_partition_alone_gets_the_values_of_a_run_over_everything(tmp_path: Path) -> None:
    for day in ("2026-11-03", "2026-11-04"):
        (tmp_path / f"data/orders/dt={day}").mkdir(parents=True)
        lines = [f"{number},p{number % 7}@firm.example" for number in range(1000, 1040)]
        (tmp_path / f"data/orders/dt={day}/part.csv").write_text("\n".join(["order_id,mail", *lines, ""]))
    (tmp_path / "data/people.csv").write_text("id,mail\n1,p1@firm.example\n2,p2@firm.example\n")
    (tmp_path / "mask.key").touch(mode=0o600)
    (tmp_path / "mask.key").write_text(bytes(range(32)).hex())
    assert dataops("mask", "classify", "data/", "--output", "plan.yaml", cwd=tmp_path).code == 0
    whole = yaml.safe_load((tmp_path / "plan.yaml").read_text())
    alone = {"schema": whole["schema"], "tables": {"orders": whole["tables"]["orders"]}}
    (tmp_path / "orders.plan.yaml").write_text(yaml.safe_dump(alone))
    copy, run = (line.removeprefix("$ ") for line in blocks("masking-plans", "console")[2].splitlines())
    subprocess.run(["bash", "-ec", copy], cwd=tmp_path, check=True)
    assert dataops(*run.split()[1:], cwd=tmp_path).code == 0
    words = "mask run plan.yaml --source data/ --target masked/ --key-file mask.key"
    assert dataops(*words.split(), cwd=tmp_path).code == 0
    part = "orders/dt=2026-11-04/part.csv"
    assert (tmp_path / "masked-day" / part).read_bytes() == (tmp_path / "masked" / part).read_bytes()


def test_foreign_keys_are_read() -> None:
    (key,) = yaml.safe_load(blocks("masking-plans", "yaml")[2])["foreign_keys"]
    assert ForeignKey.model_validate(key).references == "customers"


def test_the_contract_that_is_shown_is_one_and_decides(folder: Path) -> None:
    contract = blocks("masking-plans", "yaml")[1]
    (folder / "contract.yaml").write_text(contract)
    words = ("mask", "classify", "data/", "--contract", "contract.yaml", "--output")
    assert dataops(*words, "by_contract.yaml", cwd=folder).code == 0
    columns = yaml.safe_load((folder / "by_contract.yaml").read_text())["tables"]["people"]["columns"]
    assert {name: column["operator"] for name, column in columns.items()} == {
        "id": "keep",
        "mail": "email",
        "tag1": "token",
    }
    assert columns["id"]["classification"] == "stated"
    (folder / "contract.yaml").write_text(contract.replace("role: owner", "role: steward"))
    refused = dataops(*words, "again.yaml", cwd=folder)
    assert (refused.code, refused.err) == (
        2,
        "dataops: contract.yaml:8: `team`: expected one member whose role is owner, got 0\n",
    )


def test_the_guide_to_plans_names_every_kind_that_is_kept() -> None:
    text = (GUIDES / "masking-plans.md").read_text()
    table = text.split("| kept as |", 1)[1].split("\n\n", 1)[0]
    named = {
        name
        for cell in re.findall(r"^\| [^|]+ \| ([^|]+) \|", table, re.MULTILINE)
        for name in re.findall("`([a-z_]+)`", cell)
    }
    assert named == {kind.name for kind in KINDS.values() if kind.operator == "keep"}
    assert f"{SHORT_LIST} values at most are different, and {FEWEST_VALUES} at least were seen" in text
    assert (REPETITION, FEW_NAMES, IDENTIFIER_DIGITS[0]) == (0.1, 0.1, 7)  # ten times, one in ten, seven digits


def test_the_columns_that_operators_are_for_are_right() -> None:
    lines = re.findall(r"`(\{operator: .*?\})`(?: \||,)", (GUIDES / "masking-operators.md").read_text())
    assert len(lines) == 10
    for line in lines:
        column = yaml.safe_load(line)
        OPERATORS[column["operator"]].options.model_validate(column.get("options", {}))


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
    code = "".join(path.read_text() for path in sorted(package.rglob("*.py")))
    assert set(CHECK.findall(code)) <= named
    assert sorted(name for name in named if f'"{name}"' not in code) == []
