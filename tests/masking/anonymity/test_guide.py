"""What docs/guides/anonymity.md shows is what happens."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from dataops_infra.masking.anonymity.rules import Generalise, coarsen
from dataops_infra.masking.keys import new_key
from dataops_infra.masking.plan import read_plan
from tests.support.cli import Outcome, dataops

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "anonymity.md").read_text()


def block(label: str) -> str:
    """The fenced block behind a comment."""
    found = re.search(rf"<!-- {re.escape(label)} -->\n```\w+\n(.*?)```", GUIDE, re.S)
    assert found is not None
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "patients.csv").write_text(block("data: patients.csv"))
    (tmp_path / "plan.yaml").write_text(block("plan"))
    (tmp_path / "mask.key").write_text(new_key())
    (tmp_path / "mask.key").chmod(0o600)
    return tmp_path


def as_shown(folder: Path, line: str, *more: str) -> Outcome:
    assert f"`dataops {line}`" in GUIDE
    return dataops(*line.split(), *more, cwd=folder)


def test_every_step_does_what_the_guide_says(folder: Path) -> None:
    made = as_shown(folder, "mask run plan.yaml --source data/ --target masked/ --key-file mask.key")
    assert made.code == 0, made
    assert (folder / "masked" / "patients.csv").read_text().replace('"', "") == block("copy")

    refused = as_shown(folder, "mask verify plan.yaml --source data/ --target masked/")
    assert refused.code == 1
    record = refused.err[refused.err.index("schema: dataops.mask-approval/v1") :]
    printed, shown = yaml.safe_load(record), yaml.safe_load(block("approval"))
    assert printed["plan_hash"] == read_plan(folder / "plan.yaml").digest
    assert list(printed) == list(shown)
    assert (printed["k"], printed["l"]) == (shown["k"], shown["l"])

    filled = {**printed, **{name: shown[name] for name in ("approver", "recipient", "granted_on", "expires_on")}}
    (folder / "approval.yaml").write_text(yaml.safe_dump(filled))
    line = "mask verify plan.yaml --source data/ --target masked/ --approval approval.yaml"
    for day, code in (("2026-12-24", 0), ("2027-05-21", 1)):
        judged = as_shown(folder, line, "--as-of", day)
        assert judged.code == code, judged


RULES = re.findall(r"^\| `(\{.*\})` \| (.+) → (.+) \|$", GUIDE, re.M)


@pytest.mark.parametrize(("options", "before", "after"), RULES)
def test_fixed_rules_do_what_the_table_says(options: str, before: str, after: str) -> None:
    def value(shown: str) -> Any:
        return yaml.safe_load(shown)

    told = coarsen(pa.array([value(before)]), Generalise.model_validate(yaml.safe_load(options)))
    assert told.to_pylist() == [value(after)]
    assert len(RULES) == 5
