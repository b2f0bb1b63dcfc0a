"""However wrong a file is: it ends, with problems that have lines, or with conventions."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.documents import parse_document
from dataops_infra.conventions.validation import validate_document
from dataops_infra.errors import FileProblem

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.floats(allow_nan=True)
    | st.dates()
    | st.sampled_from(["standard", "dev", "pii", "raw", "{zone}/{dataset}", "a-b", "urn:x", "*", "[", "eu-west-1"])
    | st.text(max_size=5)
)
SECTIONS = sorted(Conventions.model_fields)
KEYS = st.sampled_from(
    [
        *["owner", "aws_account", "stacks", "required", "pattern", "values_from", "layout", "zones", "default"],
        *["classes", "standard", "minimum_days", "maximum_days", "tiers", "archive_after_days", "levels"],
        *["production_only_from", "policy", "resource", "reason", "expires", "growth", "dev", "scope", "aws", "UP"],
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def judged(text: str) -> tuple[Conventions | None, list[FileProblem]]:
    return validate_document(Conventions, parse_document(text))


@given(st.dictionaries(st.sampled_from([*SECTIONS, "sandbx"]), VALUES, max_size=5))
def test_every_file_is_either_right_or_has_problems_on_its_lines(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    conventions, problems = judged(text)
    assert (conventions is None) == bool(problems)
    lines = len(text.splitlines())
    assert all(0 <= problem.line <= lines and problem.message for problem in problems)
    assert problems == sorted(problems, key=lambda problem: problem.line)


@given(st.text(max_size=80))
def test_any_text_is_judged_without_an_exception(text: str) -> None:
    conventions, problems = judged(text)
    assert (conventions is None) == bool(problems)


@given(st.data())
def test_one_broken_value_never_hides_another(data: st.DataObject) -> None:
    """Each of these mistakes is told, whatever company it keeps."""
    broken = {
        "organisation: X": "`organisation`",
        "regions: {aws: [x]}": "`regions.aws[0]`",
        "naming: {pattern: x}": "`naming.pattern`",
        "lake: {zones: [raw, raw]}": "`lake.zones[1]`",
        "retention: {classes: {standard: {maximum_days: 0}}}": "`retention.classes.standard.maximum_days`",
        "classification: {production_only_from: x}": "`classification.production_only_from`",
        "sandbox: {classification_at_most: x}": "`sandbox.classification_at_most`",
        "domains: {growth: {owner: X}}": "`domains.growth.owner`",
        "exemptions: [{policy: a-b}]": "`exemptions[0].expires`",
    }
    chosen = data.draw(st.lists(st.sampled_from(sorted(broken)), min_size=1, unique=True))
    _, problems = judged("\n".join(chosen))
    told = {(problem.line, problem.message.split(":")[0].removesuffix(" is missing")) for problem in problems}
    assert {(line, broken[text]) for line, text in enumerate(chosen, 1)} <= told
