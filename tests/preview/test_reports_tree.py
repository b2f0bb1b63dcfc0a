"""The tree: what a person sees first. Whole pictures are compared, so that a change of the layout shows."""

import io
import re
import textwrap
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports import tree
from tests.support.previews import EXPORTS, LAKE, RAW, STACK, event, many, resource, result

LINE = {"file": "/repository/infra/__main__.py", "line": 9, "function": "lake", "text": "  lake()"}


def shown(found: PreviewResult, **how: Any) -> str:
    return tree.draw(found, **how)


def is_shown(found: PreviewResult, picture: str, **how: Any) -> None:
    text = shown(found, **how)
    assert textwrap.dedent(picture).strip("\n") in text, text


def test_everything_at_once() -> None:
    found = result(
        output=("loading", "done"),
        policyEvents=[
            event("required-tags", EXPORTS, "no tag `owner`\nFix: add it", severity="high"),
            event("required-tags", RAW, "no tag `domain`\nFix: set it"),
            event("tag-values-allowed", RAW, "`qa` is no environment\nFix: mend it", "advisory"),
            event("used-exemptions", EXPORTS, "old-rule: exempted until 2027-01-31 by me (why): m", "advisory"),
            event("deferred-checks", RAW, "sandbox-expires: `tags.x` is unknown before deployment; a", "advisory"),
            event("conventions-source", STACK, "built-in defaults (digest 0123456789ab): a", "advisory"),
        ],
        remediations=[
            {"pack": "p", "policy": "required-tags", "urn": RAW, "before": {"a": 1, "b": 1}, "after": {"a": 2, "b": 1}},
        ],
        functions=[
            {"function": "aws:ec2/getAmi:getAmi", "form": "plain", "answeredBy": "placeholder", "source": LINE,
             "entry": "- function: aws:ec2/getAmi:getAmi\n  result: {id: x}\n    # as needed: arn\n"},
            {"function": "aws:a", "form": "output", "answeredBy": "unknown", "source": None, "entry": {"b": 1}},
            {"function": "aws:b", "form": "output", "answeredBy": "unknown", "source": None, "entry": None},
            {"function": "aws:index/getRegion:getRegion", "form": "plain", "answeredBy": "offline", "source": LINE},
        ],
        placeholders=[{"urn": RAW, "property": "a"}, {"urn": RAW, "property": "b"}],
        diagnostics=[
            {"severity": "warning", "message": "careful\nnow", "urn": ""},
            {"severity": "debug", "message": "hidden", "urn": ""},
        ],
    )  # fmt: skip
    assert shown(found) == textwrap.dedent(
        """\
        dataops preview · project shop · stack dev · embedded engine

        shop-dev
        ├── dataops-infra:S3DataLake lake  infra/__main__.py:12
        │   └── aws:s3:Bucket  ✘ lake-raw
        └── aws:s3:Bucket  ✘ exports

        ✘ required-tags  mandatory · high · dataops-tagging · 2 times
          no tag `owner`
            infra/__main__.py:31  aws:s3:Bucket exports
            → add it
          no tag `domain`
            infra/lake.py:40  aws:s3:Bucket lake-raw
              in dataops-infra:S3DataLake lake, made at infra/__main__.py:12
            → set it

        ▲ tag-values-allowed  advisory · dataops-tagging
          `qa` is no environment
            infra/lake.py:40  aws:s3:Bucket lake-raw
              in dataops-infra:S3DataLake lake, made at infra/__main__.py:12
          → mend it

        ◌ Deferred  unknown before deployment; `dataops audit` judges them afterwards
          sandbox-expires
            infra/lake.py:40  aws:s3:Bucket lake-raw `tags.x`

        Exempted (1)
          old-rule  aws:s3:Bucket exports: m  exempted until 2027-01-31 by me: why

        Mended by a policy (1)  only a deployment that runs the pack writes these: change the program as well
          required-tags  infra/lake.py:40  aws:s3:Bucket lake-raw
            a: 1 → 2

        Functions that only a cloud can answer; add what you know to --answers FILE (3)
          aws:a  unknown
            {"b": 1}
          aws:b  unknown
          aws:ec2/getAmi:getAmi  infra/__main__.py:9  answered by a placeholder
            - function: aws:ec2/getAmi:getAmi
              result: {id: x}
          2 inputs built from their placeholders became unknown

        Messages of the program (1)
          warning  careful now

        Output of the program (its last lines)
          │ loading
          │ done

        conventions  dataops.yaml (digest 0123456789ab), as of 2026-11-22
                     built-in defaults were used by dataops-tagging
        packs        dataops-tagging 0.1.0
        ✘ failed: 2 mandatory, 1 advisory, 1 deferred, 1 exempted in 4 resources · 1.2 s
        """
    )


def test_nothing_to_say_is_short() -> None:
    assert shown(result(resources=[], packs=[])) == textwrap.dedent(
        """\
        dataops preview · project shop · stack dev · embedded engine

        conventions  dataops.yaml (digest 0123456789ab), as of 2026-11-22
        packs        none: nothing was checked
        ✔ passed: 0 mandatory, 0 advisory, 0 deferred, 0 exempted in 0 resources · 1.2 s
        """
    )


def test_two_hundred_repeats_are_a_few_lines() -> None:
    text = shown(many(200))
    assert len(text.splitlines()) == 17
    assert "└── aws:s3:Bucket (200)  ✘ b0000, ✘ b0001" in text
    assert "    … 196 more resources (--format html or json shows all)\n  → add `owner`\n" in text


def test_many_messages_about_one_resource_stand_below_it() -> None:
    events = [event("required-tags", RAW, f"no tag `{number}`\nFix: add {number}") for number in range(10)]
    is_shown(
        result(policyEvents=events),
        """
        ✘ required-tags  mandatory · dataops-tagging · 10 times
          infra/lake.py:40  aws:s3:Bucket lake-raw
            in dataops-infra:S3DataLake lake, made at infra/__main__.py:12
            no tag `0`  → add 0
            no tag `1`  → add 1
            no tag `2`  → add 2
            no tag `3`  → add 3
            no tag `4`  → add 4
            no tag `5`  → add 5
            no tag `6`  → add 6
            no tag `7`  → add 7
            … 2 more (--format html or json shows all)
        """,
    )


def test_one_fix_for_many_messages_is_said_once() -> None:
    events = [event("required-tags", EXPORTS, f"no tag `{number}`\nFix: add it") for number in range(2)]
    assert "\n    no tag `0`\n    no tag `1`\n  → add it\n" in shown(result(policyEvents=events))


def test_many_findings_on_many_resources_are_counted() -> None:
    urns = [f"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::b{number}" for number in range(9)]
    events = [event("required-tags", urn, f"no tag for {urn[-2:]}") for urn in urns]
    text = shown(result(resources=[resource(urn, 7) for urn in urns], policyEvents=events))
    assert text.count("no tag") == 4
    assert "\n  … 5 more of this rule (--format html or json shows all)\n" in text


def test_many_deferred_checks_are_counted() -> None:
    texts = [f"sandbox-expires: `tags.{n}` is unknown before deployment; x" for n in range(7)]
    found = result(policyEvents=[event("deferred-checks", EXPORTS, text, "advisory") for text in texts])
    is_shown(
        found,
        """
        ◌ Deferred  unknown before deployment; `dataops audit` judges them afterwards
          sandbox-expires (7)
            infra/__main__.py:31  aws:s3:Bucket exports `tags.0`
            infra/__main__.py:31  aws:s3:Bucket exports `tags.1`
            infra/__main__.py:31  aws:s3:Bucket exports `tags.2`
            infra/__main__.py:31  aws:s3:Bucket exports `tags.3`
            … 3 more (--format html or json shows all)
        """,
    )


def test_long_lists_are_counted() -> None:
    messages = [{"severity": "warning", "message": f"m{n}", "urn": ""} for n in range(8)]
    assert "\n  warning  m4\n  … 3 more (--format html or json shows all)\n" in shown(result(diagnostics=messages))


def test_many_components_are_counted_and_those_with_verdicts_come_first() -> None:
    lakes = [f"urn:pulumi:dev::shop::x:index:Lake::l{number}" for number in range(9)]
    found = result(
        resources=[resource(STACK), *(resource(urn, 5) for urn in lakes)],
        policyEvents=[event("required-tags", lakes[7], "no")],
    )
    is_shown(
        found,
        """
        shop-dev
        ├── x:Lake ✘ l7  infra/__main__.py:5
        ├── x:Lake l0  infra/__main__.py:5
        ├── x:Lake l1  infra/__main__.py:5
        ├── x:Lake l2  infra/__main__.py:5
        └── … and 5 more x:Lake
        """,
    )


def test_default_providers_and_the_stack_are_no_news_unless_a_rule_speaks_of_them() -> None:
    provider = "urn:pulumi:dev::shop::pulumi:providers:aws::default_7_51_1"
    own = "urn:pulumi:dev::shop::pulumi:providers:aws::west"
    resources = [resource(STACK), resource(provider, custom=True), resource(own, 3, custom=True)]
    assert "default_7_51_1" not in shown(result(resources=resources))
    assert "└── pulumi:providers:aws  west" in shown(result(resources=resources))
    found = result(resources=resources, policyEvents=[event("p", provider, "no", "advisory"), event("p", STACK, "no")])
    assert "pulumi:providers:aws (2)  ▲ default_7_51_1, west" in shown(found)
    assert "    the stack\n" in shown(found)


def test_read_resources_orphans_and_long_names_are_drawn() -> None:
    orphan = resource("urn:pulumi:dev::shop::a:b:C::orphan", 1, custom=True, parent="urn:pulumi:dev::shop::gone::x")
    vpc = resource("urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::main", 1, read=True)
    long = resource(f"urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::{'n' * 60}", 1)
    text = shown(result(resources=[orphan, vpc, long]))
    assert "├── a:b:C  orphan\n" in text
    assert f"└── aws:ec2:Vpc (2)  main (read), {'n' * 39}…\n" in text
    assert "shop-dev\n" in text


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for found in (many(200), result(policyEvents=[event("required-tags", RAW, "no tag " * 30)])):
        assert max(len(line) for line in shown(found, width=width).splitlines()) <= width


def test_ascii_only_output() -> None:
    assert shown(many(200), ascii_only=True).isascii()
    assert "`-- aws:s3:Bucket (200)" in shown(many(200), ascii_only=True)


def test_colours_are_codes_around_the_same_text() -> None:
    found = result(policyEvents=[event("required-tags", EXPORTS, "[bold]no[/bold] :smile:")])
    coloured = shown(found, color=True)
    assert "\x1b[1;31m✘ required-tags\x1b[0m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == shown(found).splitlines()
    assert "[bold]no[/bold] :smile:" in plain


def test_program_error_shows_the_users_frames_and_what_was_registered() -> None:
    inner = LINE | {"line": 3, "function": "bucket", "text": "raise ValueError('no')"}
    found = result(error={"kind": "program", "message": "ValueError: no", "frames": [inner, LINE], "detail": "x"})
    is_shown(
        found,
        """
        └── aws:s3:Bucket  exports

        ✘ ValueError: no
          infra/__main__.py:9 in lake
            lake()
          infra/__main__.py:3 in bucket
            raise ValueError('no')
        """,
    )
    assert "✘ could not be finished: 0 mandatory" in shown(found)


def test_duplicate_shows_both_places() -> None:
    first, second = {"file": "/repository/a.py", "line": 3}, {"file": "/repository/b.py", "line": 4}
    found = result(error={"kind": "duplicate", "message": "Duplicate", "frames": [], "source": second, "where": first})
    is_shown(found, "✘ Duplicate\n  b.py:4\n  a.py:3\n")


def test_details_are_shown_without_their_traceback() -> None:
    detail = "error: it failed\nTraceback (most recent call last):\n  File x\n    y\n\nValueError: no rules today"
    found = result(error={"kind": "pack", "message": "pack rules: it failed", "frames": [], "detail": detail})
    is_shown(found, "✘ pack rules: it failed\n  │ error: it failed\n  │ ValueError: no rules today\n")


def test_frame_of_a_module_names_no_function() -> None:
    found = result(error={"kind": "program", "message": "m", "frames": [{"file": "/repository/a.py", "line": 3}]})
    is_shown(found, "✘ m\n  a.py:3\n")


def test_last_lines_of_the_output_and_exempted_verdicts_without_a_cut() -> None:
    text = shown(result(output=tuple(f"line {n} {'x' * 300}" for n in range(50))))
    assert "│ line 39" not in text
    assert text.count("  │ line 4") == 10
    assert all(len(line) <= tree.PLAIN_WIDTH for line in text.splitlines())


def test_picture_has_no_time() -> None:
    console = Console(file=io.StringIO(), width=100)
    tree.show(result(), console, timed=False)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().endswith("in 4 resources\n")


def test_component_that_is_itself_judged_is_marked() -> None:
    assert "\x1b[1;33m▲ lake\x1b[0m" in shown(result(policyEvents=[event("p", LAKE, "no", "advisory")]), color=True)


def test_each_fix_of_one_message_is_told_with_its_resources() -> None:
    urns = [f"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::b{number}" for number in range(3)]
    fixes = ["`labels`", "`labels`", "`userLabels`"]
    events = [event("tags", urn, f"no tag\nFix: set {fix}") for urn, fix in zip(urns, fixes, strict=True)]
    found = result(resources=[resource(urn, 7) for urn in urns], policyEvents=events)
    assert (
        "  no tag\n"
        "    infra/__main__.py:7  aws:s3:Bucket b0\n"
        "    infra/__main__.py:7  aws:s3:Bucket b1\n"
        "    → set `labels`\n"
        "  no tag\n"
        "    infra/__main__.py:7  aws:s3:Bucket b2\n"
        "    → set `userLabels`\n"
    ) in shown(found)


def test_exempted_findings_are_told_apart_and_equal_ones_counted() -> None:
    texts = ["no `a`", "no `b`", "no `a`"]
    events = [
        event("used-exemptions", RAW, f"old: exempted until 2027-01-31 by me (why): {text}", "advisory")
        for text in texts
    ]
    is_shown(
        result(policyEvents=events),
        """
        Exempted (3)
          old  aws:s3:Bucket lake-raw: no `a`  exempted until 2027-01-31 by me: why  2 times
          old  aws:s3:Bucket lake-raw: no `b`  exempted until 2027-01-31 by me: why
        """,
    )


@pytest.mark.parametrize(
    ("environment", "environments", "line"),
    [
        ("dev", ("dev", "prod"), "environment  dev\n"),
        (None, ("dev", "prod"), "environment  none of dev, prod\n"),
        (None, (), ""),
    ],
)
def test_footer_names_the_stacks_environment(environment: str | None, environments: tuple[str, ...], line: str) -> None:
    found = result()
    known = replace(found.conventions, environment=environment, environments=environments)
    text = shown(replace(found, conventions=known))
    assert f"exports\n\n{line}conventions  dataops.yaml" in text


def test_function_that_is_answered_in_part_is_told_where_an_input_became_unknown() -> None:
    function = {
        "function": "gcp:getProject", "form": "plain", "answeredBy": "offline", "source": LINE,
        "entry": "- function: gcp:getProject\n", "madeUp": ["number"],
    }  # fmt: skip
    picture = "  gcp:getProject  infra/__main__.py:9  answered in part (offline)\n    - function: gcp:getProject\n"
    assert picture in shown(result(functions=[function], placeholders=[{"urn": RAW, "property": "a"}]))
    assert "gcp:getProject" not in shown(result(functions=[function]))


def test_details_that_are_too_long_stay_behind_their_bar() -> None:
    error = {"kind": "pack", "message": "m", "frames": [], "detail": "x" * 50 + " " + "y" * 50}
    assert f"  │ {'x' * 50}\n  │ {'y' * 50}\n" in shown(result(error=error), width=60)


def test_output_that_is_too_long_is_cut_behind_its_bar() -> None:
    assert f"  │ {'z' * 55}…\n  │ e\n" in shown(result(output=("z" * 90, "e")), width=60)


def test_advice_that_is_set_off_with_a_tab_is_readable() -> None:
    error = {"kind": "config", "message": "Missing 'a'\n\tplease set a value", "frames": []}
    is_shown(result(error=error), "✘ Missing 'a'\n  please set a value\n")


def test_the_most_urgent_rule_comes_first() -> None:
    found = result(
        policyEvents=[
            event("a-unrated", EXPORTS, "m"),
            event("b-advice", EXPORTS, "m", "advisory", severity="critical"),
            event("c-low", EXPORTS, "m", severity="low"),
            event("d-high", EXPORTS, "m", severity="high"),
            event("e-medium", EXPORTS, "m", severity="medium"),
            event("z-critical", RAW, "m", severity="critical"),
            event("y-critical", RAW, "m", severity="critical"),
            event("x-critical", EXPORTS, "m", severity="critical"),
        ]
    )
    rules = re.findall(r"^[✘▲] (\S+)  (?:mandatory|advisory)", shown(found), re.MULTILINE)
    assert rules == ["x-critical", "y-critical", "z-critical", "d-high", "e-medium", "c-low", "a-unrated", "b-advice"]
    # The documents for machines are in the order of resources, whatever their severity.
    assert [v.policy for v in found.violations][:2] == ["a-unrated", "b-advice"]
