"""Answers in their order, placeholders by shape, and what is recorded."""

import base64
import datetime
import ipaddress
import json
import re
import threading
from typing import Any

import pulumi_aws as aws
import pulumi_gcp as gcp
import pytest

from dataops_infra.preview.engine.functions import ADVICE, Functions
from dataops_infra.preview.engine.records import EngineFailure, Frame
from dataops_infra.preview.engine.values import UNKNOWN, contains_unknown, secret
from tests.support.function_calls import ask, job, provider

AMI = "aws:ec2/getAmi:getAmi"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
SUBNET = "aws:ec2/getSubnet:getSubnet"


@pytest.fixture(autouse=True, scope="module")
def sdk_modules_are_loaded():
    """The SDK loads a service's module when it is first used, as a program does before it calls a function."""
    _ = (aws.ec2.get_ami, aws.eks.get_cluster, aws.ecr.get_authorization_token, aws.route53.get_zone, aws.kms.get_key)
    _ = (aws.secretsmanager.get_secret_version, gcp.compute.get_zones, gcp.secretmanager.get_secret_version)
    _ = (
        gcp.projects.get_project,
        gcp.organizations.get_project,
        aws.rds.get_instance,
        aws.get_caller_identity,
        aws.get_availability_zones,
    )


@pytest.mark.parametrize(
    ("token", "args", "path", "pattern"),
    [
        (AMI, {}, "id", r"ami-[0-9a-f]{17}"),
        (AMI, {}, "arn", r"arn:aws:ec2:eu-west-1:\d{12}:ami/placeholder"),
        (AMI, {}, "ownerId", r"\d{12}"),
        ("aws:rds/getInstance:getInstance", {}, "id", r"placeholder-\d{12}"),
        (AMI, {}, "rootSnapshotId", r"snap-[0-9a-f]{17}"),
        (AMI, {}, "kernelId", r"placeholder-\d{12}"),
        (AMI, {"region": "cn-north-1"}, "arn", r"arn:aws-cn:ec2:cn-north-1:\d{12}:ami/placeholder"),
        (IDENTITY, {}, "accountId", r"\d{12}"),
        (IDENTITY, {}, "id", r"\d{12}"),
        (IDENTITY, {}, "arn", r"arn:aws:sts::\d{12}:assumed-role/placeholder/placeholder"),
        (ZONES, {}, "names", r"eu-west-1-\d{12}-1[abc]"),
        (ZONES, {}, "zoneIds", r"zone-az\d{12}"),
        ("aws:ec2/getVpc:getVpc", {}, "id", r"vpc-[0-9a-f]{17}"),
        ("aws:ec2/getVpc:getVpc", {}, "mainRouteTableId", r"rtb-[0-9a-f]{17}"),
        (SUBNET, {}, "vpcId", r"vpc-[0-9a-f]{17}"),
        (SUBNET, {}, "availabilityZone", r"eu-west-1-\d{12}-1a"),
        (SUBNET, {}, "availabilityZoneId", r"zone-az\d{12}"),
        (SUBNET, {}, "id", r"subnet-[0-9a-f]{17}"),
        ("aws:ec2/getSubnets:getSubnets", {}, "ids", r"subnet-[0-9a-f]{17}"),
        ("aws:ec2/getSecurityGroup:getSecurityGroup", {}, "id", r"sg-[0-9a-f]{17}"),
        ("aws:ec2/getRouteTable:getRouteTable", {}, "routeTableId", r"rtb-[0-9a-f]{17}"),
        ("aws:route53/getZone:getZone", {"name": "acme.example"}, "zoneId", r"Z\d{12}PLACEHOLDER"),
        ("aws:route53/getZone:getZone", {"name": "acme.example"}, "name", r"acme\.example"),
        ("aws:kms/getKey:getKey", {"keyId": "alias/x"}, "id", r"00000000-0000-4000-8000-\d{12}"),
        ("aws:kms/getKey:getKey", {"keyId": "alias/x"}, "keyId", r"alias/x"),
        ("aws:eks/getCluster:getCluster", {"name": "c"}, "endpoint", r"https://placeholder-\d{12}\.example\.invalid"),
        ("aws:ecr/getAuthorizationToken:getAuthorizationToken", {}, "password", r"placeholder-\d{12}"),
        ("gcp:compute/getZones:getZones", {}, "names", r"europe-west1-[abc]\d{12}"),
        ("gcp:compute/getZones:getZones", {"region": "us-east4"}, "names", r"us-east4-[abc]\d{12}"),
        ("gcp:compute/getZones:getZones", {}, "project", r"acme-dev"),
        ("gcp:compute/getImage:getImage", {}, "selfLink", r"https://placeholder-\d{12}\.example\.invalid"),
        (
            "gcp:compute/getDefaultServiceAccount:getDefaultServiceAccount",
            {},
            "email",
            r"placeholder-\d{12}@acme-dev\.iam.*",
        ),
        ("gcp:secretmanager/getSecretVersion:getSecretVersion", {"secret": "s"}, "secretData", r"placeholder-\d{12}"),
        ("gcp:organizations/getProject:getProject", {}, "number", r"\d{12}"),
    ],
)
def test_a_placeholder_looks_like_the_real_thing(token, args, path, pattern):
    value = ask(token, args).result[path]
    values = value if isinstance(value, list) else [value]
    assert all(re.fullmatch(pattern, item) for item in values)
    assert len({*values}) == len(values) == (3 if isinstance(value, list) else 1)


def test_a_placeholder_can_be_computed_with():
    vpc = ask("aws:ec2/getVpc:getVpc", {"default": True}).result
    assert len(list(ipaddress.ip_network(vpc["cidrBlock"]).subnets(new_prefix=24))) == 256
    assert ipaddress.ip_network(vpc["ipv6CidrBlock"]).prefixlen == 56
    token = ask("aws:ecr/getAuthorizationToken:getAuthorizationToken").result
    assert base64.b64decode(token["authorizationToken"]).decode().split(":")[0] == "AWS"
    assert datetime.datetime.fromisoformat(ask(AMI).result["creationDate"].removesuffix("Z")).year == 2000
    zone = ask("gcp:compute/getZones:getZones").result["names"][0]
    assert zone.rpartition("-")[0] == "europe-west1"


def test_a_made_up_json_document_can_be_parsed():
    made_up = ask("aws:iam/getPolicy:getPolicy", {"name": "x"}, result_type=aws.iam.GetPolicyResult).result["policy"]
    assert json.loads(made_up)["Statement"] == []


def test_every_made_up_text_number_and_map_is_recognised():
    functions = Functions(job())
    result = functions.answer(AMI, {}, None, True).result
    kept, paths = functions.placeholders.scrub(result)
    known = {name for name, value in kept.items() if not contains_unknown(value)}
    assert known == {name for name, value in result.items() if isinstance(value, bool)} | {"region"}
    assert len(paths) > 20


def test_a_result_repeats_the_arguments():
    args = {"owners": ["amazon"], "mostRecent": True, "filters": [{"name": "name", "values": ["x*"]}]}
    result = ask(AMI, args).result
    assert {name: result[name] for name in args} == args


@pytest.mark.parametrize("args", [{"mostRecent": "yes"}, {"owners": "amazon"}, {"name": 7.0}, {"id": UNKNOWN}])
def test_an_argument_of_another_kind_is_not_repeated(args):
    result = ask(AMI, args).result
    ((name, value),) = args.items()
    assert result.get(name) != value


def test_secret_arguments_are_read_as_plain_text():
    args = {"statements": [{"actions": secret(["s3:*"])}]}
    answer = ask("aws:iam/getPolicyDocument:getPolicyDocument", args, plain=False)
    assert '"Action": "s3:*"' in answer.result["json"]
    assert "s3:*" not in answer.record["entry"]


@pytest.mark.parametrize(
    ("token", "args"),
    [
        ("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [{"principals": [{"type": "AWS"}]}]}),
        ("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": ["nonsense"]}),
        ("gcp:organizations/getIAMPolicy:getIAMPolicy", {"bindings": [{"members": ["user:a@x.org"]}]}),
    ],
)
def test_arguments_of_another_form_end_the_preview_with_a_sentence(token, args):
    with pytest.raises(EngineFailure, match="an argument is not of the form the function declares") as caught:
        ask(token, args)
    assert caught.value.kind == "program"


def test_optional_fields_of_the_result_stay_absent():
    assert "filters" not in ask(AMI).result
    assert "nameRegex" not in ask(AMI).result


def test_tags_that_were_asked_for_are_among_the_tags():
    functions = Functions(job())
    result = functions.answer("aws:ec2/getVpc:getVpc", {"tags": {"Name": "main"}}, None, True).result
    assert result["tags"]["Name"] == "main"
    assert functions.placeholders.scrub({"tags": result["tags"]})[0] == {"tags": UNKNOWN}


def test_identical_calls_have_identical_answers_and_others_do_not():
    functions = Functions(job())
    first = functions.answer(ZONES, {}, None, True).result
    assert functions.answer(ZONES, {}, None, True).result == first
    other = functions.answer(ZONES, {"state": "available"}, None, True).result
    elsewhere = functions.answer(ZONES, {}, provider("aws", "us", region="us-east-1"), True).result
    assert not {*first["names"]} & {*other["names"]} | {*first["names"]} & {*elsewhere["names"]}
    assert ask(ZONES).result == first


def test_the_output_form_is_unknown_where_nothing_is_known():
    answer = ask(ZONES, plain=False)
    assert answer.result == UNKNOWN
    assert answer.record == {
        "function": ZONES,
        "form": "output",
        "answeredBy": "unknown",
        "source": None,
        "entry": f'- function: {ZONES}\n  result:\n    names: ["<fill in>"]\n    id: "<fill in>"\n'
        "    # as needed: groupNames, region, zoneIds\n",
    }


def test_an_sdk_without_unknown_results_gets_placeholders():
    functions = Functions(job())
    answer = functions.answer(ZONES, {}, None, False, may_be_unknown=False)
    assert (answer.record["form"], answer.record["answeredBy"]) == ("output", "placeholder")
    assert functions.placeholders.found_in(answer.result["names"])
    assert functions.answer("acme:index:lookup", {}, None, False, may_be_unknown=False).result == UNKNOWN


def test_the_record_names_place_and_entry():
    frames = [Frame("/project/a.py", 7, "zones"), Frame("/project/__main__.py", 3)]
    record = ask(ZONES, {"state": "available", "filters": None}, frames=frames).record
    assert (record["form"], record["answeredBy"]) == ("plain", "placeholder")
    assert record["source"] == {"file": "/project/a.py", "line": 7}
    assert record["entry"] == (
        f'- function: {ZONES}\n  args: {{"state": "available"}}\n  result:\n    names: ["<fill in>"]\n'
        '    id: "<fill in>"\n    # as needed: groupNames, zoneIds\n'
    )


def test_a_function_without_declared_shape_cannot_be_made_up():
    frames = [Frame("/project/__main__.py", 3)]
    with pytest.raises(EngineFailure, match="acme:index:lookup needs an answer") as caught:
        ask("acme:index:lookup", {"key": "a"}, frames=frames)
    failure = caught.value
    assert failure.kind == "answers"
    assert failure.source == {"file": "/project/__main__.py", "line": 3}
    assert failure.detail == (
        '- function: acme:index:lookup\n  args: {"key": "a"}\n  result: {"<fill in>": "<fill in>"}\n'
    )
    assert ask("acme:index:lookup", plain=False).result == UNKNOWN


@pytest.mark.parametrize(
    "changes", [{"secret": True}, {"config": {"p:key": "hunter2"}, "config_secret_keys": ["p:key"]}]
)
def test_an_entry_shows_no_secret(changes):
    assert "hunter2" not in ask(ZONES, {"filters": [{"name": "hunter2"}]}, **changes).record["entry"]


def test_an_entry_shows_no_placeholder():
    functions = Functions(job())
    zone = functions.answer(ZONES, {}, None, True).result["names"][0]
    args = {"availabilityZone": zone, "vpcId": UNKNOWN, "state": "available"}
    entry = functions.answer(SUBNET, args, None, True).record["entry"]
    assert 'args: {"state": "available"}' in entry


def test_an_unknown_argument_makes_an_offline_answer_unknown_or_made_up():
    functions = Functions(job())
    token, args = "aws:iam/getPolicyDocument:getPolicyDocument", {"policyId": UNKNOWN}
    assert functions.answer(token, args, None, False).result == UNKNOWN
    made_up = functions.answer(token, args, None, True, result_type=aws.iam.GetPolicyDocumentResult).result
    assert not contains_unknown(made_up)
    assert functions.placeholders.found_in(made_up["json"])


def test_a_placeholder_stays_recognisable_in_a_rendered_document():
    functions = Functions(job())
    account = functions.answer(IDENTITY, {}, None, True).result["accountId"]
    statements = [{"actions": ["s3:*"], "resources": [f"arn:aws:s3:::b-{account}"]}]
    answer = functions.answer("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": statements}, None, False)
    assert answer.record["answeredBy"] == "offline"
    assert functions.placeholders.scrub({"policy": answer.result["json"]}) == ({"policy": UNKNOWN}, ["policy"])


def test_records_are_listed_once_and_in_one_order():
    functions = Functions(job())
    for token in (ZONES, IDENTITY, ZONES):
        functions.answer(token, {}, None, True)
    functions.unknown_call("acme:index:Box/size", "urn:x", [Frame("/project/__main__.py", 9)])
    records = functions.records
    assert [(record["function"], record.get("urn")) for record in records] == [
        ("acme:index:Box/size", "urn:x"),
        (ZONES, None),
        (IDENTITY, None),
    ]
    assert records[0]["source"] == {"file": "/project/__main__.py", "line": 9}


def test_advice_has_the_entries_of_what_was_made_up():
    functions = Functions(job())
    assert functions.advice == ""
    functions.answer(ZONES, {}, None, False)
    functions.answer("aws:index/getRegion:getRegion", {}, None, True)
    assert functions.advice == ""
    functions.answer(ZONES, {}, None, True)
    functions.answer(ZONES, {}, None, True)
    assert functions.answer("gcp:organizations/getClientConfig:getClientConfig", {}, None, False)
    assert functions.advice.count("- function:") == 2
    functions = Functions(job())
    functions.answer(ZONES, {}, None, True)
    assert functions.advice == ADVICE + ask(ZONES).record["entry"]


def test_threads_do_not_change_the_answers():
    functions = Functions(job())
    results: dict[int, Any] = {}

    def call(number: int) -> None:
        results[number] = functions.answer(AMI, {"nameRegex": str(number % 10)}, None, True).result

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[number] == ask(AMI, {"nameRegex": str(number % 10)}).result for number in range(10))
    assert all(results[number] == results[number % 10] for number in range(40))
    assert len(functions.records) == 10


@pytest.mark.parametrize(
    ("changes", "made_up"),
    [
        ({"answers": [{"function": AMI, "result": {"id": "ami-1"}}]}, True),
        ({"answers": []}, False),  # a placeholder as a whole says so itself
    ],
)
def test_answers_that_are_known_in_part_name_their_placeholders(changes: dict[str, Any], made_up: bool):
    record = ask(AMI, **changes).record
    assert ("arn" in record.get("madeUp", ()), "id" in record.get("madeUp", ())) == (made_up, False)


def test_entries_that_answered_nothing_are_told():
    here = {"file": "answers.yaml"}
    answers = [
        {"function": "aws:ec2:getAmi", "result": {"id": "ami-1"}, **here, "line": 1},
        {"function": AMI, "args": {"owners": ["me"]}, "result": {"id": "ami-2"}, **here, "line": 2},
        {"function": "aws:ec2:getAmy", "result": {"id": "ami-3"}, **here, "line": 5},
    ]
    functions = Functions(job(answers=answers))
    functions.answer(AMI, {}, None, plain=True)
    assert functions.unused == [
        "entry 2 of the answers (answers.yaml:2) answered nothing: it got no call of aws:ec2/getAmi:getAmi "
        "with such arguments; correct the entry or remove it",
        "entry 3 of the answers (answers.yaml:5) answered nothing: it got no call of aws:ec2:getAmy; "
        "correct the entry or remove it",
    ]
