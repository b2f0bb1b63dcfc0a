"""docs/guides/masking-operators.md names every operator with its options, and its examples are what happens."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.operators import OPERATORS, SPECS
from dataops_infra.masking.operators.base import OperatorSpec, Setting
from dataops_infra.masking.shapes.fictional import AREA_CODES

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "masking-operators.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"(?m)^## ", GUIDE)[1:]}
EXAMPLES = re.findall(r"(?m)^\| `(\w+)` \| `([^`]+)` \| `([^`]+)` \|$", GUIDE.split("<!-- examples", 1)[1])


def test_the_guide_has_a_section_for_each_operator_and_no_other() -> None:
    assert list(SECTIONS) == list(OPERATORS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_table_says_what_the_operator_says_of_itself(spec: OperatorSpec) -> None:
    assert f"| [`{spec.name}`](#{spec.name}) | {spec.summary} | {spec.accepted} | " in GUIDE


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_option_stands_in_its_operators_section(spec: OperatorSpec) -> None:
    rows = re.findall(
        r"(?m)^\| `(\w+)` \| (?:`[^`]*`|none|required) \| (.+) \|$", SECTIONS[spec.name].split("\n\nWhat `")[0]
    )
    fields = spec.options.model_fields
    assert rows == [(field.alias or name, field.description) for name, field in fields.items()]


def test_operators_without_a_key_are_named() -> None:
    named = re.search(r"different domains cannot be linked\. (.+) use no key", GUIDE)
    assert named is not None
    assert re.findall(r"`(\w+)`", named[1]) == [spec.name for spec in SPECS if not spec.keyed]


@pytest.mark.parametrize(("shape", "value", "expected"), EXAMPLES)
def test_examples_of_fpe_are_what_happens(shape: str, value: str, expected: str) -> None:
    spec, key = OPERATORS["fpe"], MasterKey(bytes(range(32))).domain("d")
    operator = spec.build(Setting("t", "c", pa.string(), key, spec.options.model_validate({"shape": shape})))
    rows = BatchRows(pa.record_batch({"c": [value]}))
    assert operator.apply(pa.array([value]), rows).to_pylist() == [expected]


def test_examples_and_figures_stand_there() -> None:
    assert len(EXAMPLES) == 9
    assert f"of {len(AREA_CODES)} North American area codes" in GUIDE


def test_plan_lines_of_fpe_are_right() -> None:
    lines = re.search(r"```yaml\n(national_id.*?)```", GUIDE, re.S)
    assert lines is not None
    for column in yaml.safe_load(lines[1]).values():
        OPERATORS[column["operator"]].options.model_validate(column["options"])
