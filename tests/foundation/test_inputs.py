"""The checks of a component's arguments, on a TypedDict that uses every kind of field a component may have."""

import asyncio
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NotRequired, Required, TypedDict

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.foundation.inputs import ComponentInputError, Mistakes, check_arguments, distinct, nearest, one_of
from tests.support.recording import record


class Mode(str, Enum):  # noqa: UP042 - as components have it
    SERVERLESS = "serverless"
    PROVISIONED = "provisioned"


class Network(TypedDict):
    subnets: Sequence[pulumi.Input[str]]
    port: NotRequired[pulumi.Input[int]]


class Args(TypedDict, total=False):
    domain: Required[str]
    mode: Mode
    network: pulumi.Input[Network]
    ratio: float
    hours: int
    enabled: bool
    windows: list[Network]
    labels: Mapping[str, pulumi.Input[str]]


def check(args: object) -> tuple[list[str], dict[str, Any]]:
    mistakes = Mistakes("Thing 'x'")
    sound = check_arguments(mistakes, args, Args)
    return [str(mistake) for mistake in mistakes.found], sound


SOUND: dict[str, Any] = {
    "domain": "growth",
    "mode": "serverless",
    "network": {"subnets": ["a"], "port": 5439},
    "ratio": 0.5,
    "hours": 3,
    "enabled": False,
    "windows": [{"subnets": ("a", "b")}],
    "labels": {"k": "v"},
}


def test_sound_arguments_come_back_as_they_are() -> None:
    assert check(SOUND) == ([], SOUND)
    assert check({**SOUND, "mode": Mode.PROVISIONED})[0] == []


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"mode": "server"}, "mode: expected one of serverless, provisioned; did you mean 'serverless'?, got 'server'"),
        ({"network": {}}, "network.subnets: expected a value: it is required, got None"),
        ({"network": {"subnets": "a"}}, "network.subnets: expected a list, got 'a'"),
        ({"network": {"subnets": ["a"], "port": True}}, "network.port: expected a whole number, got True"),
        ({"network": {"subnets": ["a"], "prot": 1}},
         "network.prot: expected an argument of Network; did you mean 'port'?, got 'prot'"),
        ({"network": 3}, "network: expected a dict like Network, got 3"),
        ({"windows": [{"subnets": []}, {"subnets": [1]}]}, "windows[1].subnets[0]: expected a text, got 1"),
        ({"ratio": "half"}, "ratio: expected a number, got 'half'"),
        ({"hours": 1.5}, "hours: expected a whole number, got 1.5"),
        ({"enabled": 1}, "enabled: expected True or False, got 1"),
        ({"labels": {"k": None}}, "labels.k: expected a text, got None"),
        ({"labels": {5: "v"}}, "labels.5: expected a text as key, got 5"),
    ],
)  # fmt: skip
def test_one_wrong_argument_is_named_with_its_path_and_left_out(change: dict[str, Any], mistake: str) -> None:
    found, sound = check({**SOUND, **change})
    assert found == [mistake]
    assert sound.keys() == SOUND.keys() - change.keys()


def test_whole_number_is_a_number() -> None:
    assert check({**SOUND, "ratio": 1})[0] == []


def test_outputs_and_awaitables_stand_for_inputs_only() -> None:
    found: list[str] = []

    def program() -> None:
        output: Any = pulumi.Output.from_input("x")
        awaitable: Any = asyncio.get_event_loop().create_future()
        wrong = {"domain": output, "network": output, "labels": {"k": awaitable}, "mode": awaitable}
        found.extend(check(wrong)[0])

    record(program)
    assert [text.split(":")[0] for text in found] == ["domain", "mode"]


def test_mistakes_stop_with_one_error_that_names_the_component() -> None:
    mistakes = Mistakes("Thing 'x'")
    mistakes.stop()
    mistakes.add("a", "b", 1)
    mistakes.add("a", "what follows from it", 1)
    with pytest.raises(InvalidInputError, match=r"^Thing 'x': a: expected b, got 1$"):
        mistakes.stop()
    mistakes.require_one_of("c", ["d"], "e")
    with pytest.raises(ComponentInputError, match=r"^Thing 'x': 2 wrong arguments: a: .*; c: expected d, got 'e'$"):
        mistakes.stop()


def test_repeats_in_a_list_are_mistakes_unless_they_are_outputs() -> None:
    mistakes = Mistakes("Thing 'x'")

    def program() -> None:
        output = pulumi.Output.from_input("a")
        mistakes.each_once("names", "name", ["a", output, "b", output, "a"])

    record(program)
    assert [str(mistake) for mistake in mistakes.found] == ["names[4]: expected each name once, got 'a'"]


@pytest.mark.parametrize(
    ("legal", "got", "text"),
    [
        (["growth"], "growht", "growth"),
        (["growth", "sales"], "growht", "one of growth, sales; did you mean 'growth'?"),
        (["growth", "sales"], "x", "one of growth, sales"),
    ],
)
def test_one_of_suggests_nothing_where_there_is_no_choice(legal: list[str], got: str, text: str) -> None:
    assert one_of(legal, got) == text


PARTS = "known when the program runs, as the component's parts are made of it"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("domain", f"a value {PARTS}"),
        ("hours", f"a value {PARTS}"),
        ("windows", f"a value {PARTS}"),
        ("labels", f"a dict {PARTS}; its items may be outputs"),
        ("subnets", f"a list {PARTS}; its items may be outputs"),
    ],
)
def test_what_must_be_known_is_told_truly(argument: str, expected: str) -> None:
    found: list[str] = []

    def program() -> None:
        output = pulumi.Output.from_input("x")
        nested = {"network": {"subnets": output}} if argument == "subnets" else {argument: output}
        found.extend(check({**SOUND, **nested})[0])

    record(program)
    label = "network.subnets" if argument == "subnets" else argument
    assert found == [f"{label}: expected {expected}, got 'an output'"]


def test_whole_numbers_may_come_as_floats_as_other_languages_send_them() -> None:
    sent = {
        **SOUND,
        "hours": 3.0,
        "network": {"subnets": ["a"], "port": 5439.0},
        "windows": [{"subnets": ["a"], "port": 1.0}],
    }
    found, sound = check(sent)
    assert found == []
    whole = [sound["hours"], sound["network"]["port"], sound["windows"][0]["port"]]
    assert whole == [3, 5439, 1]
    assert {type(number) for number in whole} == {int}
    assert sound["ratio"] == 0.5
    assert check({**SOUND, "hours": float("inf")})[0] == ["hours: expected a whole number, got inf"]


def test_what_is_no_dict_stops_at_once() -> None:
    with pytest.raises(ComponentInputError, match=r"^Thing 'x': args: expected a dict like Args, got None$"):
        check(None)


def test_nearest_suggests_only_what_is_near() -> None:
    assert nearest("regoin", ["region", "zones"]) == "; did you mean 'region'?"
    assert nearest("quux", ["region", "zones"]) == ""
    assert nearest("europe-west1", ["eu-west-1"]) == ""
    assert nearest("us-east-1", ["eu-west-1"]) == ""
    assert nearest("EU-WEST-1", ["eu-west-1", "eu-west-2"]) == "; did you mean 'eu-west-1'?"
    assert nearest("growth", ["Growth"]) == "; did you mean 'Growth'?"
    assert nearest("kms_key", ["kms_key_arn", "key"]) == "; did you mean 'kms_key_arn'?"


def test_distinct_keeps_the_first_of_each_text_and_every_output() -> None:
    first, second = pulumi.Output.from_input("a"), pulumi.Output.from_input("a")
    kept = distinct(["b", first, "a", "b", second, first])
    assert [kept[0], kept[2]] == ["b", "a"]
    assert [kept[1] is first, kept[3] is second, kept[4] is first, len(kept)] == [True, True, True, 5]
