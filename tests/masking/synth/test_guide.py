"""The guides to subsets and synthetic rows name what there is, and nothing else."""

import re
from pathlib import Path

import pyarrow as pa

from dataops_infra.masking.subset.condition import read_condition
from dataops_infra.masking.synth.semantics import FORMATS, MEANINGS
from dataops_infra.masking.synth.specs import NULL_SHARE, SyntheticOptions

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
SYNTHETIC, SUBSETS = ((GUIDES / name).read_text() for name in ("synthetic-rows.md", "subsets.md"))


def test_meanings_are_those_of_the_guide() -> None:
    (line,) = re.findall(r"^\| `meaning` \| (.*) \|$", SYNTHETIC, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", line)) == {*MEANINGS, "uuid"}


def test_options_are_those_of_the_guide() -> None:
    names = {field.alias or name for name, field in SyntheticOptions.model_fields.items()}
    table = SYNTHETIC.partition("| key | value |")[2].partition("\n\n")[0]
    assert names == {name for name in names if f"`{name}`" in table}


def test_formats_are_those_of_the_guide() -> None:
    (listed,) = re.findall(r"`format` \((.*?)\)", SYNTHETIC)
    assert set(listed.split(", ")) == {*FORMATS, "uuid"}
    assert f"null in {NULL_SHARE * 100:.0f} of 100 rows" in SYNTHETIC


def test_condition_of_the_guide_is_one() -> None:
    (text,) = re.findall(r'--where "(.*)"$', SUBSETS, re.MULTILINE)
    schema = pa.schema([("placed", pa.date32()), ("country", pa.string())])
    assert read_condition(text, "orders", schema).columns == ("placed", "country")
