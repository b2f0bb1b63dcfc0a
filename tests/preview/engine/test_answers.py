from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.preview.engine.answers import entries, normal_token
from dataops_infra.preview.engine.functions import Functions
from dataops_infra.preview.engine.records import EngineFailure
from dataops_infra.preview.engine.values import UNKNOWN, secret
from tests.support.function_calls import ask, job

TOKEN = "acme:index:lookup"


@pulumi.output_type
class Disk:
    def __init__(self, size_gb: int, kind: str):
        pulumi.set(self, "size_gb", size_gb)
        pulumi.set(self, "kind", kind)

    @property
    @pulumi.getter(name="sizeGb")
    def size_gb(self) -> int:
        return pulumi.get(self, "size_gb")

    @property
    @pulumi.getter
    def kind(self) -> str:
        return pulumi.get(self, "kind")


@pulumi.output_type
class LookupResult:
    def __init__(self, **values: Any):
        for name, value in values.items():
            pulumi.set(self, name, value)

    @property
    @pulumi.getter(name="imageId")
    def image_id(self) -> str:
        return pulumi.get(self, "image_id")

    @property
    @pulumi.getter(name="hasDisk")
    def has_disk(self) -> bool:
        return pulumi.get(self, "has_disk")

    @property
    @pulumi.getter
    def cost(self) -> float:
        return pulumi.get(self, "cost")

    @property
    @pulumi.getter
    def note(self) -> str | None:
        return pulumi.get(self, "note")

    @property
    @pulumi.getter
    def disks(self) -> list[Disk]:
        return pulumi.get(self, "disks")

    @property
    @pulumi.getter
    def tags(self) -> dict[str, str]:
        return pulumi.get(self, "tags")


def lookup(result, args=None, *, plain=True, **entry):
    answers = [{"function": TOKEN, "result": result, **entry}]
    return ask(TOKEN, args, plain=plain, answers=answers, result_type=LookupResult)


FULL = {"imageId": "i", "hasDisk": True, "cost": 1.5, "disks": [{"sizeGb": 8, "kind": "ssd"}], "tags": {"a": "b"}}


def test_an_entry_answers_both_forms():
    for plain in (True, False):
        answer = lookup(FULL, plain=plain)
        assert (answer.result, answer.record["answeredBy"]) == (FULL, "answers")


def test_names_may_be_spelled_as_in_python():
    result = lookup({**FULL, "image_id": "j", "disks": [{"size_gb": 8, "kind": "ssd"}]} | {"imageId": "i"}).result
    assert result["disks"] == [{"sizeGb": 8, "kind": "ssd"}]


def test_what_an_entry_leaves_out_is_made_up_or_repeats_an_argument():
    functions = Functions(job(answers=[{"function": TOKEN, "result": {"disks": [{"kind": "ssd"}]}}]))
    result = functions.answer(TOKEN, {"cost": 7.0}, None, False, result_type=LookupResult).result
    assert result["cost"] == 7.0
    assert result["disks"][0]["kind"] == "ssd"
    cleaned = functions.placeholders.scrub(result)[0]
    assert cleaned["imageId"] == cleaned["tags"] == cleaned["disks"][0]["sizeGb"] == UNKNOWN
    assert "note" not in result


def test_an_unknown_in_an_entry_is_made_up():
    functions = Functions(job(answers=[{"function": TOKEN, "result": {**FULL, "imageId": "<unknown>"}}]))
    result = functions.answer(TOKEN, {}, None, True, result_type=LookupResult).result
    assert functions.placeholders.scrub(result)[0] == {**FULL, "imageId": UNKNOWN}


def test_a_secret_in_an_entry_is_a_secret():
    assert lookup({**FULL, "imageId": {"<secret>": "i"}}).result["imageId"] == secret("i")


def test_an_entry_for_a_function_without_declared_shape_is_taken_as_it_is():
    answers = [{"function": TOKEN, "result": {"any_name": [1, {"x": None}], "flag": False}}]
    assert ask(TOKEN, answers=answers).result == {"any_name": [1, {"x": None}], "flag": False}


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        ({}, {"a": 1.0}, True),
        (None, {"a": 1.0}, True),
        ({"a": 1}, {"a": 1.0, "b": 2.0}, True),
        ({"mostRecent": True}, {"mostRecent": True}, True),
        ({"most_recent": True}, {"mostRecent": True}, True),
        ({"filter": {"name": "x"}}, {"filter": {"name": "x", "more": "y"}}, True),
        ({"owners": ["a", "b"]}, {"owners": ["a", "b"]}, True),
        ({"filters": [{"name": "x"}]}, {"filters": [{"name": "x", "values": []}]}, True),
        ({"a": None}, {}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": True}, {"a": 1.0}, False),
        ({"a": "x"}, {}, False),
        ({"owners": ["a"]}, {"owners": ["a", "b"]}, False),
        ({"owners": ["a"]}, {"owners": "a"}, False),
        ({"owners": ["b", "a"]}, {"owners": ["a", "b"]}, False),
        ({"filter": {"name": "x"}}, {"filter": "x"}, False),
        ({"a": None}, {"a": "x"}, False),
    ],
)
def test_an_entry_fits_when_its_arguments_are_among_the_calls(wanted, given, fits):
    (entry,) = entries([{"function": TOKEN, "args": wanted, "result": {}}])
    assert entry.fits(TOKEN, given) is fits


def test_the_first_entry_that_fits_wins():
    answers = [
        {"function": TOKEN, "args": {"a": "other"}, "result": {**FULL, "imageId": "0"}},
        {"function": TOKEN, "result": {**FULL, "imageId": "1"}},
        {"function": TOKEN, "args": {"a": "x"}, "result": {**FULL, "imageId": "2"}},
    ]
    assert ask(TOKEN, {"a": "x"}, answers=answers, result_type=LookupResult).result["imageId"] == "1"


def test_an_entry_overrides_an_offline_answer():
    answers = [{"function": "aws:index:getRegion", "result": {"region": "mars-1"}}]
    answer = ask("aws:index/getRegion:getRegion", answers=answers)
    assert (answer.result["region"], answer.record["answeredBy"]) == ("mars-1", "answers")


@pytest.mark.parametrize(
    ("token", "short"),
    [
        ("aws:ec2/getAmi:getAmi", "aws:ec2:getAmi"),
        ("aws:ec2:getAmi", "aws:ec2:getAmi"),
        ("aws:index/getRegion:getRegion", "aws:index:getRegion"),
        ("aws:getRegion", "aws:index:getRegion"),
    ],
)
def test_functions_may_be_named_in_their_short_form(token, short):
    assert normal_token(token) == short


@pytest.mark.parametrize(
    ("result", "mistake"),
    [
        ("text", "`result` must be a map"),
        (None, "`result` must be a map"),
        ({"imageID": "i"}, "result has no field imageID; did you mean image_id?"),
        ({"zzz": "i"}, r"result has no field zzz$"),
        ({"imageId": 1}, "result.imageId must be a text"),
        ({"imageId": None}, "result.imageId must be a text"),
        ({"imageId": ["i"]}, "result.imageId must be a text"),
        ({"image_id": {"a": 1}}, "result.image_id must be a text"),
        ({"hasDisk": "yes"}, "result.hasDisk must be true or false"),
        ({"cost": True}, "result.cost must be a number"),
        ({"disks": "none"}, "result.disks must be a list"),
        ({"disks": ["x"]}, r"result.disks\[0\] must be an object"),
        ({"disks": [{"sizeGb": "8"}]}, r"result.disks\[0\].sizeGb must be a number"),
        ({"tags": {"a": 1}}, "result.tags.a must be a text"),
        ({"tags": []}, "result.tags must be a map"),
        ({"imageId": "<fill in>"}, "result.imageId still says <fill in>"),
        ({"imageId": 1, "cost": "x"}, "result.imageId must be a text; result.cost must be a number"),
    ],
)
def test_a_wrong_result_is_refused(result, mistake):
    with pytest.raises(EngineFailure, match=mistake) as caught:
        lookup(result)
    assert caught.value.kind == "answers"
    assert str(caught.value).startswith("entry 1 of the answers for acme:index:lookup: ")


@given(st.dictionaries(st.text(min_size=1), st.text() | st.booleans() | st.lists(st.text(), max_size=2), max_size=3))
def test_the_entry_that_a_report_shows_can_be_pasted(args):
    entry = ask(TOKEN, args, result_type=LookupResult).record["entry"]
    (pasted,) = yaml.safe_load(entry.replace('"<fill in>"', '"i-1"'))
    answer = ask(TOKEN, args, answers=[{**pasted, "result": {"imageId": "i-1"}}], result_type=LookupResult)
    assert (answer.result["imageId"], answer.record["answeredBy"]) == ("i-1", "answers")


@pytest.mark.parametrize(
    ("place", "label"),
    [
        ({"file": "answers.yaml", "line": 4}, "entry 1 of the answers (answers.yaml:4)"),
        ({"line": 4}, "entry 1 of the answers (line 4)"),
        ({"file": "answers.yaml"}, "entry 1 of the answers (answers.yaml)"),
    ],
)
def test_a_mistake_names_the_line(place, label):
    with pytest.raises(EngineFailure) as caught:
        lookup({"zzz": 1}, **place)
    assert str(caught.value).startswith(f"{label} for ")


def test_the_example_of_the_guide_is_read_and_answers():
    guide = (Path(__file__).parents[3] / "docs" / "provider-functions.md").read_text()
    answers = yaml.safe_load(guide.partition("```yaml\n")[2].partition("```")[0])
    zones = ask("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"}, answers=answers).result
    assert zones["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    password = ask("aws:secretsmanager/getSecretVersion:getSecretVersion", {"secretId": "x"}, answers=answers).result
    assert password["secretString"] == secret('{"password": "not the real one"}')
