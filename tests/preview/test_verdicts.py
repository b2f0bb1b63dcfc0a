"""What an engine observed becomes what the reports say."""

from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.model import (
    Conventions,
    Deferred,
    Diagnostic,
    Exemption,
    Failure,
    Frame,
    FunctionUse,
    MadeBy,
    Placeholder,
    Source,
    Summary,
    Violation,
)
from dataops_infra.preview.verdicts import Circumstances, join, repository_of
from tests.support.previews import EXPORTS, LAKE, RAW, STACK, event, observed, pack, resource, result

EXPORTS_SOURCE = Source("infra/__main__.py", 31)
PLACE = {"file": "/repository/b.py", "line": 3}
DEFERRED = "is unknown before deployment; `dataops audit` judges it afterwards"


def only(violations: tuple[Violation, ...]) -> Violation:
    assert len(violations) == 1, violations
    return violations[0]


def test_violation_has_the_rules_own_words_place_and_fix() -> None:
    found = result(
        policyEvents=[event("required-tags", EXPORTS, "no tag `owner`\nFix: add it; or set a default", severity="high")]
    )
    assert only(found.violations) == Violation(
        pack="dataops-tagging",
        pack_version="0.1.0",
        policy="required-tags",
        level="mandatory",
        severity="high",
        urn=EXPORTS,
        message="no tag `owner`",
        remediation="add it; or set a default",
        source=EXPORTS_SOURCE,
    )


@pytest.mark.parametrize(
    ("description", "message", "shown"),
    [
        ("Buckets have an owner.", "Buckets have an owner.\nno owner\n", "no owner"),
        ("Two\nlines.", "Two\nlines.\nno owner\nat all\n", "no owner\nat all"),
        ("", "Some description.\nno owner\n", "no owner"),
        ("", "no owner\n", "no owner"),
        ("Buckets have an owner.", "no owner", "no owner"),
    ],
)
def test_message_loses_the_description_that_the_engine_puts_on_top(description: str, message: str, shown: str) -> None:
    described = pack("required-tags")
    described["policies"][0]["description"] = description
    found = result(packs=[described], policyEvents=[event("required-tags", EXPORTS, "") | {"message": message}])
    assert only(found.violations).message == shown


@pytest.mark.parametrize(
    ("level", "shown", "code"),
    [("mandatory", "mandatory", 1), ("remediate", "mandatory", 1), ("advisory", "advisory", 0)],
)
def test_levels_and_exit_codes(level: str, shown: str, code: int) -> None:
    found = result(policyEvents=[event("required-tags", EXPORTS, "no", level)])
    assert (only(found.violations).level, found.exit_code) == (shown, code)


def test_violation_of_a_components_child_points_at_both_lines() -> None:
    violation = only(result(policyEvents=[event("required-tags", RAW, "no")]).violations)
    assert violation.source == Source("infra/lake.py", 40)
    assert violation.made_by == MadeBy(LAKE, Source("infra/__main__.py", 12))


def test_outermost_component_is_the_one_that_made_it() -> None:
    platform = "urn:pulumi:dev::shop::x:index:Platform::p"
    resources = [resource(platform, 3), resource(LAKE, 12, parent=platform), resource(RAW, None, parent=LAKE)]
    violation = only(result(resources=resources, policyEvents=[event("required-tags", RAW, "no")]).violations)
    assert violation.source == Source("infra/__main__.py", 12)
    assert violation.made_by == MadeBy(platform, Source("infra/__main__.py", 3))


@pytest.mark.parametrize("line", [None, 12])
def test_component_on_the_same_or_an_unknown_line_is_not_repeated(line: int | None) -> None:
    resources = [resource(LAKE, line), resource(RAW, 12, parent=LAKE)]
    assert (
        only(result(resources=resources, policyEvents=[event("required-tags", RAW, "no")]).violations).made_by is None
    )


def test_parents_that_form_a_circle_do_not_hang() -> None:
    resources = [resource(LAKE, None, parent=RAW), resource(RAW, None, parent=LAKE)]
    assert only(result(resources=resources, policyEvents=[event("required-tags", RAW, "no")]).violations).source is None


def test_deferred_checks_leave_the_violations() -> None:
    text = f"lake-bucket-encrypted: `rules[0].key` {DEFERRED}"
    found = result(policyEvents=[event("deferred-checks", EXPORTS, text, "advisory")] * 2)
    assert found.violations == ()
    assert found.deferred == (
        Deferred("dataops-tagging", "lake-bucket-encrypted", EXPORTS, "rules[0].key", EXPORTS_SOURCE),
    )
    assert found.summary == Summary(4, 0, 0, 1, 0, 1.2)


@pytest.mark.parametrize(
    ("why", "path"),
    [("string value at .tags.source can't be known during preview", "tags.source"), ("something else", "")],
)
def test_rule_that_the_sdk_could_not_run_is_deferred(why: str, path: str) -> None:
    message = f"can't run policy 'item' from policy pack 'reads@v0.0.1' during preview: {why}\n"
    found = result(policyEvents=[event("item", EXPORTS, "", "advisory") | {"message": message}])
    assert found.violations == ()
    assert found.deferred == (Deferred("dataops-tagging", "item", EXPORTS, path, EXPORTS_SOURCE),)


def test_exempted_violation_is_listed_but_does_not_count() -> None:
    text = "required-tags: exempted until 2027-01-31 by data-platform (a (short) export): no tag\nFix: add it"
    found = result(policyEvents=[event("used-exemptions", EXPORTS, text, "advisory")])
    violation = only(found.exempted)
    assert violation.exemption == Exemption("data-platform", "a (short) export", "2027-01-31")
    assert (violation.policy, violation.message, violation.remediation) == ("required-tags", "no tag", "add it")
    assert (violation.level, violation.severity) == ("advisory", "high")
    assert found.counted == ()
    assert found.summary == Summary(4, 0, 0, 0, 1, 1.2)
    assert found.exit_code == 0


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("used-exemptions", "required-tags: exempted until tomorrow by x (y): z"),
        ("deferred-checks", "something new"),
        ("conventions-source", "built-in"),
        ("unused-exemptions", "required-tags urn:*: no violation needed this exemption; remove it"),
    ],
)
def test_note_of_another_wording_stays_an_advisory(policy: str, text: str) -> None:
    violation = only(result(policyEvents=[event(policy, EXPORTS, text, "advisory")]).violations)
    assert (violation.policy, violation.level, violation.message) == (policy, "advisory", text)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("used-exemptions", "required-tags: exempted until 2027-01-31 by x (y): z"),
        ("deferred-checks", f"required-tags: `x` {DEFERRED}"),
        ("mine", "can't run policy 'x' from policy pack 'y' during preview: z"),
    ],
)
def test_mandatory_verdict_is_never_taken_for_a_note(policy: str, text: str) -> None:
    found = result(policyEvents=[event(policy, EXPORTS, text)])
    assert (only(found.violations).level, found.exit_code) == ("mandatory", 1)


def test_pack_without_conventions_is_named() -> None:
    text = "built-in defaults (digest abcdef012345): give this pack the output of dataops policies config"
    found = result(policyEvents=[event("conventions-source", STACK, text, "advisory")])
    assert found.violations == ()
    assert found.conventions == Conventions("dataops.yaml", "0123456789ab", ("dataops-tagging",))


def test_everything_is_sorted_and_relative() -> None:
    frame = {"file": "/repository/infra/__main__.py", "line": 9, "function": "f", "text": "f()"}
    found = result(
        policyEvents=[
            event("b", RAW, "x"),
            event("b", EXPORTS, "2"),
            event("b", EXPORTS, "1"),
            event("a", EXPORTS, "3"),
        ],
        resources=[
            resource(
                EXPORTS,
                31,
                dependencies=["b", "a"],
                propertyDependencies={"bucket": ["b", "a"]},
                inputs={
                    "source": {"<asset>": {"hash": "12", "path": "/repository/data/x.csv", "text": ""}},
                    "more": [
                        {"<archive>": {"hash": "34", "assets": {"a": {"<asset>": {"hash": "5", "text": "long"}}}}}
                    ],
                },
            ),
            resource(STACK),
        ],
        outputs={"b": 1},
        packs=[pack("b-rule", "a-rule")],
        remediations=[
            {"pack": "p", "policy": policy, "urn": EXPORTS, "before": {}, "after": {"a": 1}} for policy in ("b", "a")
        ],
        functions=[
            {"function": "f", "form": "plain", "answeredBy": "placeholder", "source": frame, "entry": {"a": 1}},
            {"function": "e", "form": "output", "answeredBy": "offline"},
        ],
        placeholders=[{"urn": EXPORTS, "property": "b"}, {"urn": EXPORTS, "property": "a"}],
        diagnostics=[{"severity": "warning", "message": "b\n", "urn": ""}, {"severity": "warning", "message": "a"}],
    )
    assert [v.message for v in found.violations] == ["3", "1", "2", "x"]
    assert [r.urn for r in found.resources] == [EXPORTS, STACK]
    assert found.resources[0].dependencies == ("a", "b")
    assert found.resources[0].property_dependencies == {"bucket": ("a", "b")}
    assert found.resources[0].inputs == {
        "source": {"<asset>": {"hash": "12", "path": "data/x.csv"}},
        "more": [{"<archive>": {"hash": "34"}}],
    }
    assert [p.name for p in found.packs[0].policies] == ["a-rule", "b-rule"]
    assert [r.policy for r in found.remediations] == ["a", "b"]
    assert found.functions == (
        FunctionUse("e", "output", "offline"),
        FunctionUse("f", "plain", "placeholder", Source("infra/__main__.py", 9), {"a": 1}),
    )
    assert found.unanswered == found.functions[1:]
    assert found.placeholders == (Placeholder(EXPORTS, "a"), Placeholder(EXPORTS, "b"))
    assert found.diagnostics == (Diagnostic("warning", "a"), Diagnostic("warning", "b"))
    assert found.project_file == "infra/Pulumi.yaml"


def test_file_outside_of_the_repository_keeps_its_path() -> None:
    found = result(resources=[resource(EXPORTS, 1, file="/elsewhere/lib.py")])
    assert found.resources[0].source == Source("/elsewhere/lib.py", 1)


@pytest.mark.parametrize(
    ("error", "source"),
    [
        ({"frames": [{"file": "/repository/a.py", "line": 2, "function": "f", "text": "f()"}]}, Source("a.py", 2)),
        ({"source": PLACE, "where": {"file": "/repository/c.py", "line": 4}}, Source("b.py", 3)),
        ({"frames": None}, None),
    ],
)
def test_failure_is_exit_2_and_points_at_the_users_line(error: dict[str, Any], source: Source | None) -> None:
    found = result(error={"kind": "program", "message": "it broke\n", "detail": "more\n", **error})
    frames = tuple(Frame(Source("a.py", 2), "f", "f()") for _ in error.get("frames") or ())
    where = Source("c.py", 4) if "where" in error else None
    assert found.error == Failure("program", "it broke", frames, source, where, "more")
    assert found.exit_code == 2


def test_repository_is_the_git_root_or_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere")
    assert repository_of(inner) == tmp_path / "a"
    lonely = tmp_path / "c"
    lonely.mkdir()
    assert repository_of(lonely) == lonely


def test_paths_below_a_linked_repository_are_relative_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    circumstances = Circumstances(
        "shop", "dev", "embedded", tmp_path / "link", tmp_path / "link" / "Pulumi.yaml", Conventions("x", ""), "", 0.0
    )
    found = join(observed(resources=[resource(EXPORTS, 1, file=str(tmp_path / "real" / "m.py"))]), circumstances)
    assert found.resources[0].source == Source("m.py", 1)
    assert found.project_file == "Pulumi.yaml"
