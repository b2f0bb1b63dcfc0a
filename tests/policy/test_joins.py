"""Settings are joined to their subjects by names and by dependencies, in linear time."""

from typing import Any

import pytest

from dataops_infra.policy import UNKNOWN, Rule, Stack
from dataops_infra.policy.joins import join, store_name
from dataops_infra.policy.judging import Given, judge_stack
from dataops_infra.policy.verdicts import Verdicts
from tests.support.counted_calls import calls_of

BUCKET, SETTING = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
TYPES = frozenset({BUCKET, SETTING})


def joined(*resources: Given, reference: str = "bucket", ask: bool = False) -> tuple[dict[str, list[str]], Verdicts]:
    """Name of each bucket -> names of its settings, with what is left over; ``ask`` = wait for what is missing."""
    found: dict[str, list[str]] = {}

    def check(stack: Stack) -> list[str]:
        subjects = stack.of_types({BUCKET})
        made = join(stack, subjects, stack.of_types({SETTING}), reference=reference, names=("bucket", "id", "arn"))
        found.update({subject.name: [setting.name for setting in made.of(subject)] for subject in subjects})
        found["strays"], found["unresolved"] = ([each.name for each in part] for part in (made.strays, made.unresolved))
        if ask:
            found["may miss"] = [subject.name for subject in subjects if made.may_miss(subject)]
        return []

    verdicts = judge_stack(Rule("a-b", "D.", check, TYPES, kind="stack"), resources)
    return found, verdicts


def bucket(name: str = "raw", **properties: Any) -> Given:
    return Given(BUCKET, {"bucket": f"acme-{name}", "id": UNKNOWN, "arn": UNKNOWN, **properties}, name=name)


def setting(of: Any, name: str = "s", made_from: str | None = None, **properties: Any) -> Given:
    depends = {"bucket": [made_from]} if made_from else None
    return Given(SETTING, {"bucket": of, **properties}, name=name, depends_on=depends)


NAMES = [
    "acme-raw",
    "arn:aws:s3:::acme-raw",
    "arn:aws-cn:s3:::acme-raw",
    "s3://acme-raw",
    "s3://acme-raw/",
    "gs://acme-raw",
    "b/acme-raw",
    "//storage.googleapis.com/projects/_/buckets/acme-raw",
]


@pytest.mark.parametrize("text", NAMES)
def test_every_way_to_name_a_bucket(text: str) -> None:
    assert store_name(text) == "acme-raw"
    assert joined(bucket(), setting(text))[0] == {"raw": ["s"], "strays": [], "unresolved": []}


def test_a_line_break_in_a_name_is_part_of_it() -> None:
    assert store_name("a\nb") == "a\nb"


CASES: list[tuple[str, tuple[Given, ...], dict[str, list[str]]]] = [
    ("by dependency", (bucket(bucket=UNKNOWN), setting(UNKNOWN, made_from="raw")), {"raw": ["s"]}),
    ("by id in an audit", (bucket(bucket=None, id="acme-x"), setting("acme-x")), {"raw": ["s"]}),
    ("elsewhere", (bucket(), setting("elsewhere")), {"raw": [], "strays": ["s"]}),
    ("no reference", (bucket(), setting(None)), {"raw": [], "strays": ["s"]}),
    ("unknown", (bucket(), setting(UNKNOWN)), {"raw": [], "unresolved": ["s"]}),
    (
        "the name goes before the dependency",
        (bucket(), bucket("other"), setting("acme-other", made_from="raw")),
        {"raw": [], "other": ["s"]},
    ),
    (
        "a known name made from another one",
        (bucket(), setting("elsewhere", made_from="raw")),
        {"raw": [], "strays": ["s"]},
    ),
    (
        "by way of another setting",
        (bucket(bucket=UNKNOWN), setting(UNKNOWN, "a", "raw"), setting(UNKNOWN, "b", "a")),
        {"raw": ["a", "b"]},
    ),
    (
        "several settings, sorted",
        (setting("acme-raw", "b"), setting("acme-raw", "a"), bucket()),
        {"raw": ["a", "b"]},
    ),
    (
        "made from what the rule does not look at",
        (bucket(), Given("random:index/randomPet:RandomPet", {}, name="pet"), setting(UNKNOWN, made_from="pet")),
        {"raw": [], "unresolved": ["s"]},
    ),
    (
        "a circle of settings",
        (bucket(), setting(UNKNOWN, "a", "b"), setting(UNKNOWN, "b", "a")),
        {"raw": [], "unresolved": ["a", "b"]},
    ),
]


@pytest.mark.parametrize(("resources", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_settings_of(resources: tuple[Given, ...], expected: dict[str, list[str]]) -> None:
    found, verdicts = joined(*resources)
    assert found == {"strays": [], "unresolved": [], **expected}
    assert verdicts.deferred == ()  # joining waits for nothing


def test_nested_reference() -> None:
    inner = Given(SETTING, {"details": {"bucket": "acme-raw"}}, name="s")
    assert joined(bucket(), inner, reference="details.bucket")[0]["raw"] == ["s"]
    unknown = Given(SETTING, {"details": UNKNOWN}, name="s")
    assert joined(bucket(), unknown, reference="details.bucket")[0]["unresolved"] == ["s"]
    odd = Given(SETTING, {"details": "text"}, name="s")
    assert joined(bucket(), odd, reference="details.bucket")[0]["strays"] == ["s"]


def test_missing_setting_waits_for_those_of_an_unknown_bucket() -> None:
    found, verdicts = joined(bucket(), bucket("other"), setting("acme-other"), setting(UNKNOWN, "u"), ask=True)
    assert found["may miss"] == ["raw"]
    assert [(item.urn.rpartition("::")[2], item.path) for item in verdicts.deferred] == [("u", "bucket")]
    assert joined(bucket(), setting("elsewhere"), ask=True)[0]["may miss"] == []


def test_the_work_of_a_join_grows_as_its_settings_do() -> None:
    def calls(count: int) -> int:
        resources = [bucket(f"b{number}") for number in range(count)]
        settings = [setting(f"acme-b{number}", f"s{number}") for number in range(count)]
        chained = [setting(UNKNOWN, f"c{number}", "b1") for number in range(count // 5)]
        made: list[int] = []

        def check(stack: Stack) -> list[str]:
            buckets, them = stack.of_types({BUCKET}), stack.of_types({SETTING})
            made.append(calls_of(lambda: join(stack, buckets, them, reference="bucket", names=("bucket",))))
            return []

        judge_stack(Rule("a-b", "D.", check, TYPES, kind="stack"), [*resources, *settings, *chained])
        return made[0]

    assert calls(2_000) < 4.2 * calls(500)
