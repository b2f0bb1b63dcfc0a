"""What holds for every report, and the formats for programs: JSON, SARIF, JUnit, GitHub annotations."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.preview import reports
from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports import github, html_report, json_report, junit, sarif
from dataops_infra.reporting.escaping import one_line, visible, without_commands, xml_text
from tests.support.previews import EXPORTS, RAW, STACK, event, hostile, many, pack, resource, result

SHARED = Path(__file__).parents[3] / "shared" / "schemas"
SCHEMA = Path(reports.__file__).with_name("preview-v1.schema.json")
ERROR = {"kind": "program", "message": "no such zone", "frames": [{"file": "/repository/a.py", "line": 2}]}


def eventful(**parts: Any) -> PreviewResult:
    """One verdict of every kind."""
    events = [
        event("required-tags", EXPORTS, "no tag `owner`\nFix: add it", severity="high"),
        event("tag-values-allowed", RAW, "`qa` is no environment", "advisory"),
        event(
            "used-exemptions", EXPORTS, "default-tags-declared: exempted until 2027-01-31 by me (why): old", "advisory"
        ),
        event("deferred-checks", RAW, "sandbox-expires: `tags.x` is unknown before deployment; later", "advisory"),
    ]
    packs = [pack("required-tags", "tag-values-allowed", "exemption-valid")]
    return result(**({"policyEvents": events, "packs": packs} | parts))


RESULTS = {
    "nothing": result(resources=[], packs=[]),
    "clean": result(),
    "eventful": eventful(),
    "error": result(error=ERROR),
    "hostile": hostile(),
    "many": many(200),
}


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("form", reports.FORMATS)
def test_equal_results_give_equal_reports_that_any_stream_can_hold(form: str, name: str) -> None:
    shown = reports.FORMATS[form](RESULTS[name])
    assert shown == reports.FORMATS[form](replace(RESULTS[name]))
    assert shown.endswith("\n")
    shown.encode("utf-8")


@pytest.mark.parametrize("form", reports.FORMATS)
def test_hostile_names_act_on_nobody(form: str) -> None:
    shown = reports.FORMATS[form](hostile())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    for line in shown.splitlines():
        assert "##[" not in line, line
        if not line.startswith(("::error file=", "::warning file=", "::notice file=")):
            assert not line.strip().startswith("::"), line


# JSON


def schema_of(path: Path) -> dict[str, Any]:
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.parametrize("name", RESULTS)
def test_json_is_what_its_schema_says(name: str) -> None:
    schema = schema_of(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json_report.render(RESULTS[name])))


def test_json_has_the_keys_of_the_design() -> None:
    document = json.loads(json_report.render(eventful()))
    assert document["schema"] == "dataops.preview/v1"
    top = "project stack engine resources outputs violations deferred remediations unansweredFunctions summary"
    parts = {
        "resources": "urn type name custom parent provider inputs dependencies propertyDependencies protect "
        "retainOnDelete aliases source",
        "violations": "pack packVersion policy level severity urn message remediation source exemption",
        "deferred": "policy urn property",
    }
    assert set(top.split()) <= set(document)
    for key, names in parts.items():
        assert set(names.split()) <= set(document[key][0]), key
    assert document["environment"] is None
    assert document["summary"] == {
        "resources": 4, "mandatory": 1, "advisory": 1, "deferred": 1, "exempted": 1, "seconds": 1.2,
    }  # fmt: skip


def test_json_keeps_markers_and_is_sorted_ascii() -> None:
    shown = json_report.render(hostile())
    assert shown.isascii()
    assert list(json.loads(shown)) == sorted(json.loads(shown))
    inputs = {r["name"]: r["inputs"] for r in json.loads(json_report.render(result()))["resources"]}
    assert inputs["exports"] == {"bucket": "<unknown>", "tags": {"token": "<secret>"}}


def test_json_of_two_runs_differs_in_seconds_only() -> None:
    first, second = json.loads(json_report.render(eventful())), json.loads(json_report.render(eventful(seconds=99.0)))
    assert first["summary"].pop("seconds") != second["summary"].pop("seconds")
    assert first == second


def test_json_tells_a_violations_places_and_exemption() -> None:
    violations = {v["policy"]: v for v in json_report.document(eventful())["violations"]}
    assert violations["tag-values-allowed"]["source"] == {"file": "infra/lake.py", "line": 40}
    assert violations["tag-values-allowed"]["madeBy"]["source"] == {"file": "infra/__main__.py", "line": 12}
    exemption = {"owner": "me", "reason": "why", "expires": "2027-01-31"}
    assert violations["default-tags-declared"]["exemption"] == exemption
    assert violations["required-tags"]["exemption"] is None


def test_json_separates_answered_from_unanswered_functions() -> None:
    functions = [
        {"function": name, "form": "plain", "answeredBy": name, "source": None, "entry": None}
        for name in ("offline", "answers", "placeholder", "unknown")
    ]
    document = json_report.document(result(functions=functions))
    assert [f["function"] for f in document["answeredFunctions"]] == ["answers", "offline"]
    assert [f["function"] for f in document["unansweredFunctions"]] == ["placeholder", "unknown"]


# SARIF


@pytest.mark.parametrize("name", RESULTS)
def test_sarif_validates(name: str) -> None:
    schema = schema_of(SHARED / "sarif-2.1.0-rtm.5.json")
    jsonschema.Draft7Validator(schema).validate(json.loads(sarif.render(RESULTS[name])))


def test_sarif_results() -> None:
    run = sarif.document(eventful())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    found = {r["ruleId"]: r for r in run["results"]}
    assert {name: (r["level"], "suppressions" in r) for name, r in found.items()} == {
        "required-tags": ("error", False),
        "tag-values-allowed": ("warning", False),
        "default-tags-declared": ("warning", True),
        "sandbox-expires": ("note", False),
    }
    assert all(rules[r["ruleIndex"]]["id"] == name for name, r in found.items())
    assert rules[found["required-tags"]["ruleIndex"]]["help"]["text"] == "required-tags described.\nFix: add it"
    physical = found["required-tags"]["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "infra/__main__.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 31},
    }
    related = found["tag-values-allowed"]["relatedLocations"][0]
    assert related["physicalLocation"]["region"] == {"startLine": 12}
    suppression = found["default-tags-declared"]["suppressions"][0]
    assert suppression == {
        "kind": "external", "status": "accepted", "justification": "exempted until 2027-01-31 by me: why",
    }  # fmt: skip
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_sarif_fingerprints_survive_a_moved_line_and_tell_repeats_apart() -> None:
    events = [event("required-tags", EXPORTS, "no")] * 2
    prints = []
    for line in (31, 99):
        moved = result(policyEvents=events, resources=[resource(STACK), resource(EXPORTS, line)])
        prints.append([r["partialFingerprints"] for r in sarif.document(moved)["runs"][0]["results"]])
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[0][1]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("/repository/a b/ü%.py", {"uri": "a%20b/%C3%BC%25.py", "uriBaseId": "SRCROOT"}),
        ("/elsewhere/x y.py", {"uri": "file:///elsewhere/x%20y.py"}),
    ],
)
def test_sarif_locations_are_uris(file: str, uri: dict[str, str]) -> None:
    found = result(policyEvents=[event("p", EXPORTS, "no")], resources=[resource(EXPORTS, 1, file=file)])
    location = sarif.document(found)["runs"][0]["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"] == uri


def test_sarif_verdict_without_a_line_points_at_the_project() -> None:
    found = sarif.document(result(policyEvents=[event("p", STACK, "no")]))["runs"][0]["results"][0]
    physical = found["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]) == ("infra/Pulumi.yaml", {"startLine": 1})


def test_sarif_messages_hold_no_acting_characters() -> None:
    texts = [r["message"]["text"] for r in sarif.document(hostile())["runs"][0]["results"]]
    assert texts
    assert all(visible(text, keep="\n") == text for text in texts)


def test_sarif_says_why_the_preview_was_not_finished() -> None:
    invocation = sarif.document(result(error=ERROR))["runs"][0]["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    notification = invocation["toolExecutionNotifications"][0]
    assert notification["message"]["text"] == "no such zone"
    assert notification["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}


# JUnit


@pytest.mark.parametrize("name", RESULTS)
def test_junit_validates(name: str) -> None:
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not on this machine")
    xmlschema.XMLSchema(SHARED / "junit-10.xsd").validate(junit.render(RESULTS[name]))


def cases(shown: str) -> dict[str, list[str]]:
    root = ET.fromstring(shown)
    return {case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")}


def test_junit_cases() -> None:
    assert cases(junit.render(eventful())) == {
        "required-tags: aws:s3:Bucket exports": ["failure"],
        "tag-values-allowed: aws:s3:Bucket lake-raw": ["system-out"],
        "default-tags-declared: aws:s3:Bucket exports": ["skipped"],
        "sandbox-expires: aws:s3:Bucket lake-raw": ["skipped"],
        "exemption-valid": [],
    }
    root = ET.fromstring(junit.render(eventful()))
    assert root.attrib == {
        "name": "dataops preview shop/dev", "tests": "5", "failures": "1", "errors": "0", "time": "1.2",
    }  # fmt: skip
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.text == f"infra/__main__.py:31\nno tag `owner`\nFix: add it\n{EXPORTS}"
    assert failure.attrib == {"type": "high", "message": "no tag `owner`"}


def test_junit_says_everything_about_one_resource_in_one_case() -> None:
    events = [
        event("required-tags", EXPORTS, "no tag `owner`"),
        event("required-tags", EXPORTS, "no tag `domain`"),
        event("required-tags", EXPORTS, "old spelling", "advisory"),
        event("used-exemptions", EXPORTS, "required-tags: exempted until 2027-01-31 by me (why): old", "advisory"),
        event("used-exemptions", RAW, "required-tags: exempted until 2027-01-31 by me (why): old", "advisory"),
    ]
    shown = junit.render(result(policyEvents=events, packs=[pack("required-tags")]))
    assert cases(shown) == {
        "required-tags: aws:s3:Bucket exports": ["failure", "system-out"],
        "required-tags: aws:s3:Bucket lake-raw": ["skipped"],
    }
    case = ET.fromstring(shown).find("testsuite/testcase")
    assert case is not None
    failure, output = case
    assert failure.attrib["message"] == "no tag `domain` (and 1 more)"
    assert failure.text == f"infra/__main__.py:31\nno tag `domain`\nno tag `owner`\n{EXPORTS}"
    assert output.text == "advisory: old spelling\nexempted until 2027-01-31 by me: why"


def test_junit_disabled_rules_are_no_cases() -> None:
    assert cases(junit.render(result(packs=[pack("off", level="disabled")]))) == {}


def test_junit_unfinished_preview_is_an_error() -> None:
    assert cases(junit.render(result(error=ERROR, packs=[]))) == {"program runs": ["error"]}
    error = ET.fromstring(junit.render(result(error=ERROR, packs=[]))).find("testsuite/testcase/error")
    assert error is not None
    assert error.attrib == {"type": "program", "message": "no such zone"}


# GitHub


def test_github_annotations_and_order() -> None:
    assert github.render(eventful()).splitlines() == [
        "::error file=infra/__main__.py,line=31,title=required-tags::aws:s3:Bucket exports: no tag `owner`"
        "%0AFix: add it",
        "::warning file=infra/lake.py,line=40,title=tag-values-allowed::aws:s3:Bucket lake-raw: `qa` is no environment"
        "%0Ain dataops-infra:S3DataLake lake, made at infra/__main__.py:12",
        "::notice file=infra/__main__.py,line=31,title=default-tags-declared::aws:s3:Bucket exports: old"
        "%0Aexempted until 2027-01-31 by me: why",
        "::notice file=infra/lake.py,line=40,title=sandbox-expires::aws:s3:Bucket lake-raw: `tags.x` is unknown "
        "before deployment; `dataops audit` judges it afterwards",
        "dataops preview failed: 1 mandatory, 1 advisory, 1 deferred, 1 exempted in 4 resources",
    ]


def test_github_repeats_on_one_line_are_one_annotation() -> None:
    lines = github.render(many(200)).splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("%0AFix: add `owner`%0A(and 199 more resources made here)")


@pytest.mark.parametrize("form", reports.FORMATS)
def test_duplicate_names_both_places(form: str) -> None:
    places = {"source": {"file": "/repository/b.py", "line": 4}, "where": {"file": "/repository/a.py", "line": 3}}
    shown = reports.FORMATS[form](result(error={"kind": "duplicate", "message": "Duplicate", "frames": [], **places}))
    assert all(name in shown for name in ("a.py", "b.py")) or form == "junit"
    assert "a.py" in shown


def test_github_error_of_the_program_points_at_its_line() -> None:
    assert github.render(result(error=ERROR)).startswith("::error file=a.py,line=2,title=preview%3A program::no such")


def test_github_escapes_as_the_runner_unescapes() -> None:
    resources = [resource(EXPORTS, 7, file="/repository/a,b:c%.py")]
    shown = github.render(result(resources=resources, policyEvents=[event("p", EXPORTS, "100%\nnext: a,b")], packs=[]))
    assert shown.startswith("::error file=a%2Cb%3Ac%25.py,line=7,title=p::aws:s3:Bucket exports: 100%25%0Anext: a,b\n")


@given(st.text(max_size=60), st.text(max_size=30))
def test_github_commands_are_only_ours(message: str, file: str) -> None:
    resources = [resource(EXPORTS, 7, file=f"/repository/x{file}")]
    shown = github.render(result(resources=resources, policyEvents=[event("p", EXPORTS, message)], packs=[]))
    lines = re.split("[\r\n]", shown.removesuffix("\n"))
    assert len(lines) == 2
    properties, _, text = lines[0].removeprefix("::error ").partition("::")
    assert re.fullmatch(r"file=[^,:]*,line=7,title=p", properties)
    assert "##[" not in shown
    assert not re.search(r"%(?!25|0A|0D|3A|2C)", lines[0]), text


# HTML


class Page(HTMLParser):
    """The tags and attributes of a page; raises on a script, an event handler or anything fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe", "object", "b")
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("name", RESULTS)
def test_html_is_one_file_that_fetches_and_runs_nothing(name: str) -> None:
    shown = html_report.render(RESULTS[name])
    page = Page(shown)
    assert page.tags.count("html") == 1
    assert "url(" not in shown
    assert "@import" not in shown
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in shown


def test_html_shows_every_verdict() -> None:
    words = " ".join(Page(html_report.render(eventful())).words)
    for part in (
        "failed: 1 mandatory, 1 advisory, 1 deferred, 1 exempted in 4 resources",
        "no tag `owner`", "infra/__main__.py:31", "add it", "made at infra/__main__.py:12",
        "exempted until 2027-01-31 by me: why", "`tags.x` is unknown", "dataops.yaml (digest 0123456789ab)",
    ):  # fmt: skip
        assert part in words, part


def test_html_shows_what_else_a_preview_knows() -> None:
    frame = {"file": "/repository/a.py", "line": 2, "function": "lake", "text": "lake()"}
    shown = html_report.render(
        result(
            resources=[resource(EXPORTS, 1, read=True)],
            functions=[{"function": "aws:getAmi", "form": "plain", "answeredBy": "placeholder", "source": frame}],
            diagnostics=[{"severity": "warning", "message": "old", "urn": EXPORTS}],
            remediations=[{"pack": "p", "policy": "required-tags", "urn": EXPORTS, "before": {}, "after": {}}],
            error=ERROR | {"frames": [frame], "where": frame},
            policyEvents=[event("conventions-source", STACK, "built-in defaults (digest 0123456789ab): x", "advisory")],
        )
    )
    words = " ".join(Page(shown).words)
    for part in ("aws:getAmi", "old", "Mended by a policy", "a.py:2 in lake", "(read)", "used by dataops-tagging"):
        assert part in words, part


# Escaping


@given(st.text())
def test_visible_text_prints_on_one_line_and_harmless_text_stays(text: str) -> None:
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in one_line(text))
    assert len(one_line(text).splitlines()) <= 1
    assert visible(visible(text)) == visible(text)
    visible(text).encode()


@given(st.text())
def test_xml_text_can_be_parsed(text: str) -> None:
    element = ET.Element("a")
    element.text = xml_text(visible(text, keep="\n\t"))
    assert ET.fromstring(ET.tostring(element)).text in (element.text, None)


@given(st.text(alphabet=":#[ \n\t\x0bab"))
def test_no_line_is_a_command(text: str) -> None:
    safe = without_commands(text)
    assert "##[" not in safe
    assert not any(line.strip().startswith("::") for line in safe.split("\n"))
