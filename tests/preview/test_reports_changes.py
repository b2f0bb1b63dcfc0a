"""What a policy mended: key by key, with the line to change, in every format and never as a failure."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from dataops_infra.preview.model import PreviewResult, Remediation
from dataops_infra.preview.reports import github, html_report, json_report, junit, sarif, tree
from dataops_infra.preview.reports.changes import change_lines
from tests.support.previews import RAW, pack, result

ASSET = {"<asset>": {"hash": "a"}}
TAGS = {"tags": {"CostCenter": "cc-1", "Owner": "me"}, "tagsAll": {"CostCenter": "cc-1", "Owner": "me"}}
MENDED = {"tags": {"cost-center": "cc-1", "Owner": "me"}, "tagsAll": {"cost-center": "cc-1", "Owner": "me"}}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, {}, []),
        (TAGS, MENDED, ["tags, tagsAll: `CostCenter` → `cost-center`"]),
        ({"tags": {"Owner": "A"}}, {"tags": {"owner": "a"}}, ['tags: `Owner` → `owner` ("A" → "a")']),
        ({"tags": {"a": "1"}}, {"tags": {"b": "1"}}, ['tags: `a` removed, `b` added ("1")']),
        ({"tags": {"a": "1", "b": 2}}, {"tags": {"a": "2", "b": 2}}, ['tags: `a` "1" → "2"']),
        ({}, {"tags": {"a": "1"}}, ['tags: `a` added ("1")']),
        ({"tags": {"a": "1"}}, {}, ["tags: `a` removed"]),
        ({"s": {"labels": {"Owner": 1}}}, {"s": {"labels": {"owner": 1}}}, ["s: `labels.Owner` → `labels.owner`"]),
        ({"s": {"labels": {"--": 1}}}, {"s": {"labels": {"!!": 1}}}, ["s: `labels.!!` added (1), `labels.--` removed"]),
        ({"a": 1}, {"a": [True, "<unknown>"]}, ['a: 1 → [true, "<unknown>"]']),
        ({"a": 1}, {"b": None}, ["a: removed", "b: added (null)"]),
        ({"a": ASSET}, {"a": "x"}, ['a: {"<asset>": {"hash": "a"}} → "x"']),
        ({"a": "x" * 99}, {"a": 1}, [f'a: "{"x" * 58}… → 1']),
        ({"a": "<secret>"}, {"a": "plain"}, ["a: changed (secret)"]),
        ({"t": {"k": "plain"}}, {"t": {"k": ["<secret>"]}}, ["t: `k` changed (secret)"]),
        ({"t": {"Key": "<secret>"}}, {"t": {"key": "plain"}}, ["t: `Key` → `key` (changed (secret))"]),
        ({"t": {}}, {"t": {"k": {"x": "<secret>"}}}, ["t: `k` added (secret)"]),
    ],
)
def test_changes_are_told_key_by_key_and_never_with_a_secret(
    before: dict[str, Any], after: dict[str, Any], lines: list[str]
) -> None:
    assert change_lines(Remediation("p", "rule", RAW, before, after)) == lines


def mended(policy: str = "required-tags") -> PreviewResult:
    found = {"pack": "dataops-tagging", "policy": policy, "urn": RAW, "before": TAGS, "after": MENDED}
    return result(remediations=[found], packs=[pack("required-tags")])


SENTENCE = "only a deployment that runs the pack writes these: change the program as well"
CHANGE = "tags, tagsAll: `CostCenter` → `cost-center`"
TEXT = f"aws:s3:Bucket lake-raw: mended by the policy\n{CHANGE}\n{SENTENCE}"


def test_tree_shows_line_and_change() -> None:
    picture = (
        f"Mended by a policy (1)  {SENTENCE}\n  required-tags  infra/lake.py:40  aws:s3:Bucket lake-raw\n    {CHANGE}\n"
    )
    assert picture in tree.render(mended())
    assert CHANGE.replace("→", "->") in tree.draw(mended(), ascii_only=True)


def test_html_shows_line_and_change() -> None:
    shown = html_report.render(mended())
    assert f"<h2>Mended by a policy: {SENTENCE}</h2>" in shown
    assert f"<td>aws:s3:Bucket lake-raw <code>infra/lake.py:40</code></td><td>{CHANGE}</td>" in shown


def test_json_has_the_line() -> None:
    (found,) = json.loads(json_report.render(mended()))["remediations"]
    assert found["source"] == {"file": "infra/lake.py", "line": 40}


def test_github_says_it_as_a_notice() -> None:
    first, *_ = github.render(mended()).splitlines()
    assert first == "::notice file=infra/lake.py,line=40,title=required-tags::" + TEXT.replace("\n", "%0A")


@pytest.mark.parametrize("policy", ["required-tags", "only-here"])
def test_sarif_says_it_as_a_note(policy: str) -> None:
    (run,) = sarif.document(mended(policy))["runs"]
    (found,) = run["results"]
    assert (found["ruleId"], found["level"], found["message"]) == (policy, "note", {"text": TEXT})
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == policy
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "infra/lake.py", "uriBaseId": "SRCROOT"}, "region": {"startLine": 40},
    }  # fmt: skip


def test_junit_says_it_in_a_case_that_passes() -> None:
    (case,) = ET.fromstring(junit.render(mended())).iter("testcase")
    assert case.attrib["name"] == "required-tags: aws:s3:Bucket lake-raw"
    assert [(child.tag, child.text) for child in case] == [("system-out", f"infra/lake.py:40\n{TEXT}")]
