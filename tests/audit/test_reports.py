"""The audit's reports: valid, the same twice, and obeying no name in them."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

from dataops_infra.audit.model import AuditedStack, AuditResult, ExportFailure
from dataops_infra.audit.reports import FORMATS, json_report, merging, sarif, tree
from dataops_infra.preview.model import (
    Conventions,
    Deferred,
    Diagnostic,
    Exemption,
    Pack,
    Policy,
    Source,
    Violation,
)

SHARED = Path(__file__).parents[3] / "shared" / "schemas"
SCHEMA = json.loads(Path(json_report.__file__).with_name("audit-v1.schema.json").read_text())
URN = "urn:pulumi:prod::shop::aws:s3/bucket:Bucket::lake"
REASON = "encrypted in the export; export with `pulumi stack export --show-secrets`"
PACK = Pack("rules", "1.0", (Policy("no-lake", "mandatory", "high", "No lakes."), Policy("other", "advisory")))
HOSTILE = "\x1b[2J::error::</script><b>]]>\u202e"


def violation(urn: str = URN, file: str = "prod.json", **changes: Any) -> Violation:
    return replace(
        Violation("rules", "1.0", "no-lake", "mandatory", "high", urn, "is a lake", "drain it", Source(file, 7)),
        **changes,
    )


def result(*stacks: AuditedStack, **changes: Any) -> AuditResult:
    given = AuditResult(stacks, (PACK,), Conventions("dataops.yaml", "d" * 64), "2026-11-22", 1.25)
    return replace(given, **changes)


def eventful() -> AuditResult:
    exempted = violation(
        policy="other", level="advisory", message="old", exemption=Exemption("me", "why", "2027-01-31")
    )
    judged = AuditedStack(
        file="prod.json", project="shop", stack="prod", environment="prod", digest="e" * 64, resources=4, external=1,
        pending_operations=2, closed_secrets=True, violations=(violation(), exempted),
        deferred=(Deferred("rules", "other", URN, "tags.x", Source("prod.json", 7), REASON),),
        aside=(violation(urn=f"{URN}-read"),), diagnostics=(Diagnostic("warning", "a pack says", URN),),
    )  # fmt: skip
    broken = AuditedStack(
        file="cut.json", error=ExportFailure("export", "cut.json: ends in the middle", "line 1\n\nline 2")
    )
    fine = AuditedStack(file="dev.json", project="shop", stack="dev", digest="f" * 64, resources=2)
    return result(broken, fine, judged, notes=("policy pack rules has no policy 'x'",))


def hostile() -> AuditResult:
    stack = AuditedStack(
        file=HOSTILE, project=HOSTILE, stack=HOSTILE, resources=1, pending_operations=1,
        violations=(violation(urn=f"urn:pulumi:a::b::c:d:e::{HOSTILE}", file=HOSTILE, message=HOSTILE),),
        deferred=(Deferred("rules", HOSTILE, URN, HOSTILE, Source(HOSTILE, 1), HOSTILE),),
        diagnostics=(Diagnostic("info", HOSTILE),),
    )  # fmt: skip
    failed = AuditedStack(file=HOSTILE, error=ExportFailure("export", HOSTILE, HOSTILE))
    return result(stack, failed, notes=(HOSTILE,))


RESULTS = {"eventful": eventful(), "hostile": hostile(), "empty": result()}
every_result = pytest.mark.parametrize("audited", RESULTS.values(), ids=RESULTS.keys())


@every_result
def test_json_follows_its_schema(audited: AuditResult) -> None:
    jsonschema.validate(json.loads(json_report.render(audited)), SCHEMA)


@every_result
def test_sarif_follows_the_standard(audited: AuditResult) -> None:
    schema = SHARED / "sarif-2.1.0-rtm.5.json"
    if not schema.exists():
        pytest.skip("../shared/schemas is absent")
    jsonschema.validate(sarif.document(audited), json.loads(schema.read_text()))


@every_result
def test_junit_follows_its_schema(audited: AuditResult) -> None:
    schema = SHARED / "junit-10.xsd"
    if not schema.exists():
        pytest.skip("../shared/schemas is absent")
    xmlschema.XMLSchema(str(schema)).validate(FORMATS["junit"](audited))


@pytest.mark.parametrize("format_name", FORMATS)
@every_result
def test_no_format_obeys_what_it_shows(audited: AuditResult, format_name: str) -> None:
    text = FORMATS[format_name](audited)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<b>" not in text or format_name not in ("html", "junit")
    if format_name != "github":
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    else:
        kinds = ("::error ", "::warning ", "::notice ", "dataops audit ")
        assert all(line.startswith(kinds) for line in text.splitlines())


def test_json_holds_everything_and_no_time() -> None:
    report = json.loads(json_report.render(eventful()))
    assert json_report.render(replace(eventful(), seconds=99.0)) == json_report.render(eventful())
    assert [
        (s["file"], s["stack"], s["mandatory"], s["error"] and s["error"]["message"]) for s in report["stacks"]
    ] == [
        ("cut.json", "", 0, "cut.json: ends in the middle"),
        ("dev.json", "dev", 0, None),
        ("prod.json", "prod", 1, None),
    ]
    assert [(v["project"], v["stack"], v["policy"], v["source"]) for v in report["violations"]] == [
        ("shop", "prod", "no-lake", {"file": "prod.json", "line": 7}),
        ("shop", "prod", "other", {"file": "prod.json", "line": 7}),
    ]
    assert report["deferred"][0]["reason"] == REASON
    assert [v["urn"] for v in report["aside"]] == [f"{URN}-read"]
    assert report["exemptions"] == [
        {"policy": "other", "owner": "me", "reason": "why", "expires": "2027-01-31", "violations": 1}
    ]
    assert report["summary"] == {
        "stacks": 3, "failed": 1, "resources": 6, "mandatory": 1, "advisory": 0, "deferred": 1, "exempted": 1,
    }  # fmt: skip


def test_tree_shows_stacks_verdicts_and_failures() -> None:
    assert tree.render(eventful()).splitlines() == [
        "dataops audit · 3 exports",
        "",
        "  ✘ shop/prod  4 resources · 1 mandatory · 1 deferred  prod.json",
        "  ✔ shop/dev   2 resources  dev.json",
        "",
        "✘ no-lake  mandatory · high · rules",
        "  is a lake",
        "    prod.json:7  aws:s3:Bucket lake",
        "  → drain it",
        "",
        f"◌ Deferred  {REASON}",
        "  other",
        "    prod.json:7  aws:s3:Bucket lake `tags.x`",
        "",
        "Exempted (1)",
        "  other  aws:s3:Bucket lake: old  exempted until 2027-01-31 by me: why",
        "",
        "Messages of the packs (1)",
        "  warning  a pack says",
        "",
        "To know (3)",
        "  policy pack rules has no policy 'x'",
        "  shop/prod: 2 operations had not finished when it was exported",
        "  1 verdict on resources that stacks only read left aside",
        "",
        "✘ cut.json: ends in the middle",
        "  │ line 1",
        "  │ line 2",
        "",
        "conventions  dataops.yaml (digest dddddddddddd), as of 2026-11-22",
        "packs        rules 1.0",
        "✘ could not be finished: 1 mandatory, 0 advisory, 1 deferred, 1 exempted in 6 resources of 2 stacks; "
        "1 export could not",
        "be judged · 1.2 s",
    ]


def test_tree_counts_stacks_beyond_the_first() -> None:
    stacks = [AuditedStack(file=f"{n:02}.json", project="p", stack=f"s{n:02}", resources=1) for n in range(30)]
    noisy = replace(stacks[29], violations=(violation(level="advisory"),))
    whole = result(*stacks[:29], noisy, conventions=Conventions("built-in defaults", "", without=("rules",)))
    lines = tree.draw(whole, ascii_only=True).splitlines()
    assert lines[2] == "  ! p/s29  1 resource - 1 advisory  29.json"
    assert "  ... 10 more (--format html or json shows all)" in lines
    assert "             built-in defaults were used by rules" in lines
    assert (
        lines[-1] == "ok passed: 0 mandatory, 1 advisory, 0 deferred, 0 exempted in 30 resources of 30 stacks - 1.2 s"
    )


def test_junit_has_a_case_per_export_and_suites_per_stack() -> None:
    suites = ET.fromstring(FORMATS["junit"](eventful()).partition("\n")[2])
    assert [suite.get("name") for suite in suites] == [
        "exports", "shop/dev (dev.json): rules", "shop/prod (prod.json): rules",
    ]  # fmt: skip
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("7", "1", "1")
    assert [case.get("name") for case in suites[0] if case.find("error") is not None] == ["cut.json"]


def test_sarif_places_verdicts_in_the_export() -> None:
    (run,) = sarif.document(eventful())["runs"]
    assert run["tool"]["driver"]["name"] == "dataops audit"
    places = [found["locations"][0]["physicalLocation"] for found in run["results"]]
    assert {(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places} == {("prod.json", 7)}
    assert run["invocations"][0]["exitCode"] == 2
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "cut.json: ends in the middle"
    assert "toolExecutionNotifications" not in sarif.document(result())["runs"][0]["invocations"][0]


def test_github_names_failures_first() -> None:
    lines = FORMATS["github"](eventful()).splitlines()
    assert lines[0] == "::error file=cut.json,line=1,title=audit%3A export::cut.json: ends in the middle"
    assert lines[1].startswith("::error file=prod.json,line=7,title=no-lake::aws:s3:Bucket lake: is a lake")


def test_html_lists_every_stack() -> None:
    page = FORMATS["html"](eventful())
    assert "<td>shop/dev</td><td></td><td>dev.json</td><td>2</td><td>0</td>" in page
    assert "Exports that could not be judged" in page
    assert page == FORMATS["html"](replace(eventful(), seconds=5.0))


def test_exit_codes() -> None:
    fine = AuditedStack(file="a.json", resources=1)
    bad = replace(fine, violations=(violation(),))
    broken = AuditedStack(file="b.json", error=ExportFailure("export", "b.json: no"))
    assert [result(*stacks).exit_code for stacks in ([fine], [fine, bad], [bad, broken], [])] == [0, 1, 2, 0]


def stack(name: str, file: str = "a.json", environment: str | None = None) -> AuditedStack:
    return AuditedStack(file=file, project="shop", stack=name, environment=environment, resources=1)


HOME = Conventions("dataops.yaml", "d" * 64, environments=("dev", "prod"))
OUTSIDE = "to no environment of dataops.yaml (dev, prod), so rules about production do not apply there"


@pytest.mark.parametrize(
    ("stacks", "conventions", "expected"),
    [
        ([stack("x")], HOME, [f"stack shop/x belongs {OUTSIDE}"]),
        ([stack("x"), stack("y"), stack("dev", environment="dev")], HOME, [f"stacks shop/x, shop/y belong {OUTSIDE}"]),
        (
            [stack(n) for n in "abcdefg"],
            HOME,
            [f"stacks shop/a, shop/b, shop/c, shop/d, shop/e and 2 more belong {OUTSIDE}"],
        ),
        ([stack("x")], Conventions("built-in defaults", ""), []),
        ([stack(""), replace(stack("x"), error=ExportFailure("export", "no"))], HOME, []),
        (
            [stack("dev", f"{n}.json", "dev") for n in range(2)],
            HOME,
            ["two exports of one stack, shop/dev: 0.json, 1.json"],
        ),
        (
            [stack("x", f"{n}.json") for n in range(3)],
            HOME,
            [f"stack shop/x belongs {OUTSIDE}", "3 exports of one stack, shop/x: 0.json, 1.json, 2.json"],
        ),
    ],
)
def test_notes_say_what_stacks_are(stacks: list[AuditedStack], conventions: Conventions, expected: list[str]) -> None:
    audited = result(*stacks, conventions=conventions)
    assert merging.notes(audited) == expected
    assert all(line in FORMATS["html"](audited) for line in expected)


def test_two_exports_of_one_stack_have_a_place_each() -> None:
    stacks = [
        replace(stack("prod", file, "prod"), violations=tuple(violation(file=file, message=m) for m in ("x", "y", "z")))
        for file in ("monday.json", "tuesday.json")
    ]
    lines = tree.render(result(*stacks)).splitlines()
    start = lines.index("  monday.json:7  aws:s3:Bucket lake")
    assert lines[start : start + 8] == [
        "  monday.json:7  aws:s3:Bucket lake", "    x", "    y", "    z",
        "  tuesday.json:7  aws:s3:Bucket lake", "    x", "    y", "    z",
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "more"), [(1, ""), (2, "(and 1 more finding of this rule here)"),
                                              (3, "(and 2 more findings of this rule here)")])  # fmt: skip
def test_github_counts_findings_on_one_line(number: int, more: str) -> None:
    audited = result(replace(stack("prod"), violations=(violation(),) * number))
    (line, _) = FORMATS["github"](audited).splitlines()
    assert line.endswith(f"%0AFix: drain it{more and '%0A'}{more}")
