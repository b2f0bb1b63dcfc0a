"""No rule raises, or takes long, whatever a program, an old provider or an edited state puts into a property.

A rule that raises ends the whole preview (exit code 2), for every stack of the organisation that holds such a value:
no value is worth that. Two ways of asking: each value of every case in turn is replaced by one of another kind, and
trees at random are built from the names that the cases and the SDKs use.

What takes long is told without a clock: the calls that a judgement makes grow no faster than a text does. Patterns make
none, whatever they do; those that would be quadratic are given a text on which they need hours, so the runner's own
end of a test (``faulthandler_timeout``) names them.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from inspect import getsource
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.pack_folders import PACKS
from dataops_infra.policy import UNKNOWN, Rule
from dataops_infra.policy.judging import Given
from dataops_infra.provider_facts.derive import PROVIDERS, camel
from tests.policies.tagging_cases import CASES as TAGGING
from tests.support.counted_calls import calls_of
from tests.support.rule_cases import Case, every_case, judged, rules_of
from tests.support.sdk_paths import source_of

RULES: Mapping[str, Rule] = {name: rule for pack in PACKS for name, rule in rules_of(pack).items()}
FEW = 2_000
"""Calls that a judgement may make beside those that a text's length asks for: what was cached or not yet."""

DEEP = "[" * 400 + "]" * 400
DEEPER = '{"Statement":' * 700 + "1" + "}" * 700
HUGE = "s3://a{<[(" * 700 + "\n" + "A" * 8_000 + " " + "=:/@" * 1_500
ODD: tuple[Any, ...] = (
    None,
    0,
    True,
    "",
    "7",
    '{"Statement": 7, "bindings": 7}',
    '{"Statement": [7, {"Principal": 7, "Condition": 7}], "bindings": [7, {"members": 7}]}',
    DEEP,
    DEEPER,
    [],
    [None, 7, "text", [[]], {}, UNKNOWN],
    {},
    {"Statement": [{"Effect": 7, "Principal": [7], "Action": {"a": 1}, "Condition": {"Bool": 7}}]},
    UNKNOWN,
)

Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of each part of a value."""
    entries: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        entries = tuple(value.items())
    elif isinstance(value, list | tuple):
        entries = tuple(enumerate(value))
    for key, item in entries:
        yield (*path, key)
        yield from places(item, (*path, key))


def with_part(value: Any, path: Path, part: Any) -> Any:
    """The value with another part at a path."""
    if not path:
        return part
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = with_part(value[path[0]], path[1:], part)
    return copy


@cache
def cases_of(rule: str) -> tuple[Case, ...]:
    """The cases of a rule, also those of the pack tagging, which are of an older form."""
    older = (Case(each.rule, (Given(each.type, each.properties, provider=each.provider),)) for each in TAGGING)
    return tuple(case for case in (*every_case(), *older) if case.rule == rule)


def spots(rule: str) -> Iterator[tuple[Case, int, str, Path]]:
    """Case, resource, part and path of every kind of place that the cases of a rule have, each once."""
    seen: set[Any] = set()
    for case in cases_of(rule):
        for position, resource in enumerate(case.resources):
            for part in ("properties", "provider"):
                for path in places(getattr(resource, part) or {}):
                    kind = (resource.type, part, tuple(step for step in path if isinstance(step, str)))
                    if kind not in seen:
                        seen.add(kind)
                        yield case, position, part, path


def changed(case: Case, position: int, part: str, path: Path, value: Any) -> Case:
    """The case with another value at one place."""
    resources = list(case.resources)
    resource = resources[position]
    resources[position] = replace(resource, **{part: with_part(getattr(resource, part), path, value)})
    return replace(case, resources=tuple(resources))


@pytest.mark.parametrize("rule", RULES)
def test_rule_survives_a_value_of_another_kind_in_each_place(rule: str) -> None:
    for spot in spots(rule):
        for value in ODD:
            judged(changed(*spot, value), RULES[rule])


@pytest.mark.parametrize("rule", RULES)
def test_work_grows_no_faster_than_a_text_in_each_place(rule: str) -> None:
    for case, position, part, path in spots(rule):
        value: Any = getattr(case.resources[position], part)
        for step in path:
            value = value[step]
        if isinstance(value, str):
            texts = (value, f"{value}{HUGE}", f"{value}{HUGE}{HUGE}")
            cases = [changed(case, position, part, path, text) for text in texts]
            plain, once, twice = (calls_of(partial(judged, case, RULES[rule])) for case in cases)
            assert twice - plain <= 2.2 * max(once - plain, 0) + FEW, (position, part, path)


LONG = 400_000
"""Characters: a quadratic pattern needs from a quarter of an hour to hours for them, a linear one some milliseconds."""
PIECES = ("a", "a-", "a/", "/", " ", "0", "_", ".", ":", "a.", "s3://a", "A1", "{", "[a")
ENDS = ("", "!", "\n!")


@cache
def patterns() -> Mapping[str, tuple[re.Pattern[str], str]]:
    """Name -> each pattern of the packs and of what they are made with, and the source that uses it."""
    found: dict[str, tuple[re.Pattern[str], str]] = {}
    for name, module in sorted(sys.modules.items()):
        if isinstance(module, ModuleType) and _is_judging(name):
            for key, value in vars(module).items():
                values = value if isinstance(value, list | tuple) else [value]
                inner = [item for each in values for item in (each if isinstance(each, tuple) else [each])]
                shapes = [item for item in inner if isinstance(item, re.Pattern)]
                found |= {f"{name}.{key}-{at}": (shape, getsource(module)) for at, shape in enumerate(shapes)}
    return found


def _is_judging(module: str) -> bool:
    return module.partition(".")[0].endswith("_rules") or module.startswith(
        ("dataops_infra.policy.", "dataops_infra.conventions.")
    )


@pytest.mark.parametrize("name", sorted(patterns()))
def test_pattern_takes_time_linear_in_a_text(name: str) -> None:
    pattern, source = patterns()[name]
    variable = name.rpartition(".")[2].rpartition("-")[0]
    used = set(re.findall(rf"\b{variable}\.(match|fullmatch|search|finditer|sub|split)\(", source)) or {"search"}
    for text in (piece * (LONG // len(piece)) + end for piece in PIECES for end in ENDS):
        for method in used:
            if method == "sub":
                pattern.sub("", text)
            else:
                list(pattern.finditer(text)) if method == "finditer" else getattr(pattern, method)(text)


WORDS = st.sampled_from(
    [
        *("", "*", "allUsers", "true", "Enabled", "s3://lake/raw/x/", "gs://lake/x", "arn:aws:s3:::lake", "2026-01-01"),
        *("pii", "internal", "sandbox", "none", "alias/aws/s3", "lake", "123456789012", "AKIA", json.dumps({"a": [1]})),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-2, 10**20) | st.floats() | WORDS | st.text(max_size=8)


@cache
def names_of(rule: str) -> tuple[str, ...]:
    """Property names: of the cases of a rule at any depth, and of the inputs of its types."""
    used = {step for *_, path in spots(rule) for step in path if isinstance(step, str)}
    inputs = {camel(name) for token in types_of(rule) if (source := source_of(token)) for name in source.inputs}
    return tuple(sorted(used | inputs | {"tags", "labels", "policy"}))


@cache
def types_of(rule: str) -> tuple[str, ...]:
    """Types of the cases of a rule, and those that it names."""
    named = RULES[rule].types
    own = {resource.type for case in cases_of(rule) for resource in case.resources}
    looked_at = {token for token in own | (named if isinstance(named, frozenset) else set()) if _of_a_cloud(token)}
    return tuple(sorted(looked_at)) or ("aws:s3/bucket:Bucket",)


def _of_a_cloud(token: str) -> bool:
    return token.partition(":")[0] in PROVIDERS


def trees(rule: str) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(names_of(rule))
    inner = st.recursive(
        LEAVES | st.just(UNKNOWN),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=4),
        max_leaves=8,
    )
    return st.dictionaries(names, inner, max_size=6)


@st.composite
def stacks(draw: st.DrawFn, rule: str) -> tuple[Given, ...]:
    """A stack of a few resources that were made from one another; some are external and have no inputs."""
    made: list[Given] = []
    for number in range(draw(st.integers(1, 4))):
        properties = draw(trees(rule) | st.just({}))
        sources = [each.name for each in made]
        depends = {name: [draw(st.sampled_from(sources))] for name in properties} if sources else None
        outputs = draw(st.none() | st.just({"id": UNKNOWN, "arn": UNKNOWN}))
        made.append(
            Given(
                draw(st.sampled_from(types_of(rule))),
                properties,
                name=f"resource-{number}",
                provider=draw(st.none() | trees(rule)),
                stack=draw(st.sampled_from(["prod", "dev", "elsewhere"])),
                depends_on=depends,
                computed=outputs,
            )
        )
    return tuple(made)


@pytest.mark.parametrize("rule", RULES)
def test_rule_survives_any_stack(rule: str) -> None:
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(stacks(rule))
    def survives(stack: tuple[Given, ...]) -> None:
        judged(Case(rule, stack), RULES[rule])

    survives()
