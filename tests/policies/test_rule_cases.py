"""Every rule of the packs bites and does not bark, passes on nothing that is unknown, and repeats no value."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dataops_infra.conventions.compiled import compiled
from dataops_infra.pack_folders import PACKS, pack_folder
from dataops_infra.policy import Rule
from dataops_infra.policy.packs import pack_config
from tests.support.analyzer import Analyzer, analyzer
from tests.support.rule_cases import (
    AS_OF,
    CANARY,
    Case,
    every_case,
    fuzzed,
    judged,
    rules_of,
    spoken,
    with_canary,
)

# The pack tagging has cases of its own, older than these: tests/policies/tagging_cases.py.
JUDGED_HERE = [pack for pack in PACKS if pack != "tagging"]
RULES = {name: rule for pack in JUDGED_HERE for name, rule in rules_of(pack).items()}
PACK_OF = {name: pack for pack in JUDGED_HERE for name in rules_of(pack)}
CASES = every_case()
FAILING = [case for case in CASES if case.bites]


def test_every_case_is_of_a_rule() -> None:
    assert {case.rule for case in CASES} - set(RULES) == set()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_says_exactly_what_is_wrong(case: Case) -> None:
    verdicts = judged(case, RULES[case.rule])
    assert spoken(case, verdicts.violations, "message") == {name: list(said) for name, said in case.messages.items()}
    assert spoken(case, verdicts.deferred, "path") == {name: list(paths) for name, paths in case.deferred.items()}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_has_a_failing_and_a_passing_case_and_disabling_it_shows(rule: Rule) -> None:
    mine = [case for case in CASES if case.rule == rule.name]
    assert any(not case.bites and not case.deferred for case in mine)
    assert any(case.bites for case in mine)
    disabled = replace(rule, check=lambda subject: ())
    assert all(judged(case, disabled).violations == () for case in mine)


@pytest.mark.parametrize("case", [case for case in FAILING if not case.echoed], ids=str)
def test_no_message_repeats_a_value(case: Case) -> None:
    said = [violation.message for violation in judged(with_canary(case), RULES[case.rule]).violations]
    assert not [message for message in said if CANARY in message]


@pytest.mark.parametrize("case", [case for case in FAILING if case.fuzzed], ids=str)
def test_no_rule_passes_on_an_unknown(case: Case) -> None:
    passed = []
    for place, unknown in fuzzed(case):
        verdicts = judged(unknown, RULES[case.rule])
        if not (verdicts.violations or verdicts.deferred):
            passed.append(place)
    assert passed == []


@pytest.fixture(scope="module")
def packs() -> Iterator[dict[str, Analyzer]]:
    running: dict[str, Analyzer] = {}
    opened: list[Any] = []
    try:
        for pack in JUDGED_HERE:
            opened.append(analyzer(pack_folder(pack)))
            running[pack] = opened[-1].__enter__()
        yield running
    finally:
        for each in opened:
            each.__exit__(None, None, None)


def heard_in_process(pack: Analyzer, case: Case) -> list[tuple[str, str, str]]:
    """(policy, level, text) of all that the rule of the case says, in a process of its own."""
    config = pack_config(PACK_OF[case.rule], compiled(case.conventions, case.contracts, "a test", AS_OF))
    config[case.rule] |= case.config
    pack.configure(config)
    pack.configure_stack()
    if RULES[case.rule].kind == "stack":
        said = pack.analyze_stack(case.resources)
    else:
        said = [entry for resource in case.resources for entry in pack.analyze(resource)]
    return [entry for entry in said if entry[0] == case.rule or entry[2].startswith(f"{case.rule}: ")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_process_says_what_the_rule_says(packs: dict[str, Analyzer], case: Case) -> None:
    heard = heard_in_process(packs[PACK_OF[case.rule]], case)
    texts = [text.split("\nFix: ")[0] for policy, _, text in heard if policy == case.rule]
    assert sorted(texts) == sorted(message for said in case.messages.values() for message in said)
    assert all("\nFix: " in text for policy, _, text in heard if policy == case.rule)
    deferred = [text for policy, _, text in heard if policy == "deferred-checks"]
    assert len(deferred) == sum(len(paths) for paths in case.deferred.values())


def test_no_rule_passes_on_an_unknown_in_the_process(packs: dict[str, Analyzer]) -> None:
    """Through the SDK's proxies and the wire: the first failing case of each rule that may be fuzzed, in full."""
    first = {case.rule: case for case in reversed(FAILING) if case.fuzzed}
    for case in first.values():
        for place, unknown in fuzzed(case):
            heard = heard_in_process(packs[PACK_OF[case.rule]], unknown)
            assert heard, (case.rule, place)
            assert not any("can't run" in text for _, _, text in heard)
