import json

import pytest

from dataops_infra.preview.engine.functions_aws import REGIONS
from dataops_infra.preview.engine.records import EngineFailure
from dataops_infra.preview.engine.values import UNKNOWN
from tests.support.function_calls import ask, provider

IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
REGION = "aws:index/getRegion:getRegion"


@pytest.fixture(autouse=True)
def no_settings_from_the_environment(monkeypatch):
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)


def offline(token, args=None, **changes):
    answer = ask(token, args, plain=False, **changes)
    assert answer.record["answeredBy"] == "offline"
    return answer.result


@pytest.mark.parametrize(
    ("changes", "account"),
    [
        ({"facts": {"awsAccount": "111122223333"}}, "111122223333"),
        ({"provider": provider("aws", allowedAccountIds='["444455556666"]')}, "444455556666"),
        (
            {"provider": provider("aws", assumeRoles='[{"roleArn": "arn:aws:iam::777788889999:role/ci"}]')},
            "777788889999",
        ),
        (
            {"provider": provider("aws", assumeRole='{"roleArn": "arn:aws-cn:iam::777788889999:role/ci"}')},
            "777788889999",
        ),
        (
            {
                "provider": provider("aws", "other", assumeRole='{"roleArn": "arn:aws:iam::777788889999:role/ci"}'),
                "facts": {"awsAccount": "111122223333"},
            },
            "777788889999",
        ),
        (
            {
                "provider": provider(
                    "aws",
                    assumeRoles='[{"roleArn": "arn:aws:iam::111122223333:role/a"},'
                    ' {"roleArn": "arn:aws:iam::777788889999:role/b"}]',
                )
            },
            "777788889999",
        ),
        ({"provider": provider("aws", profile="dev"), "facts": {"awsAccount": "111122223333"}}, "111122223333"),
        ({"provider": provider("aws", "same"), "facts": {"awsAccount": "111122223333"}}, "111122223333"),
    ],
)
def test_the_account_is_what_the_provider_or_the_conventions_say(changes, account):
    result = offline(IDENTITY, **changes)
    assert (result["accountId"], result["id"]) == (account, account)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"provider": provider("aws", "other", profile="partner"), "facts": {"awsAccount": "111122223333"}},
        {"provider": provider("aws", "other", assumeRoles=UNKNOWN), "facts": {"awsAccount": "111122223333"}},
        {"provider": provider("aws", "other", assumeRole='{"roleArn": "nonsense"}'), "facts": {"awsAccount": "1"}},
        {"provider": provider("aws", allowedAccountIds='["1", "2"]')},
        {"provider": provider("aws", allowedAccountIds="nonsense")},
        {"provider": provider("aws", assumeRoles="[]")},
    ],
)
def test_an_account_that_nobody_says_is_unknown(changes):
    answer = ask(IDENTITY, plain=False, **changes)
    assert (answer.result, answer.record["answeredBy"]) == (UNKNOWN, "unknown")


@pytest.mark.parametrize(
    ("args", "changes", "region"),
    [
        ({}, {}, "eu-west-1"),
        ({}, {"provider": provider("aws", region="us-east-2")}, "us-east-2"),
        ({"region": "ap-south-1"}, {"provider": provider("aws", region="us-east-2")}, "ap-south-1"),
        ({"name": "sa-east-1"}, {}, "sa-east-1"),
        ({"endpoint": "ec2.eu-north-1.amazonaws.com"}, {}, "eu-north-1"),
    ],
)
def test_the_region_is_the_calls_own_or_the_providers(args, changes, region):
    assert offline(REGION, args, **changes) == {
        "id": region,
        "name": region,
        "region": region,
        "description": REGIONS[region],
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def test_the_region_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-2")
    assert offline(REGION, provider=provider("aws"))["region"] == "eu-south-2"
    monkeypatch.setenv("AWS_REGION", "eu-central-2")
    assert offline(REGION, provider=provider("aws"))["region"] == "eu-central-2"


def test_the_description_of_an_unlisted_region_is_made_up():
    result = offline(REGION, {"region": "xx-moon-1"})
    assert result["region"] == "xx-moon-1"
    assert result["description"].startswith("placeholder-")


@pytest.mark.parametrize(
    "token",
    [
        REGION,
        "aws:index/getPartition:getPartition",
        "aws:index/getService:getService",
        "aws:index/getServicePrincipal:getServicePrincipal",
    ],
)
@pytest.mark.parametrize("region", [UNKNOWN, ""])
def test_without_a_region_these_functions_are_unknown(token, region):
    answer = ask(token, {"serviceId": "s3"}, plain=False, provider=provider("aws", "own", region=region))
    assert answer.result == UNKNOWN


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("eu-west-1", ("aws", "amazonaws.com", "com.amazonaws")),
        ("cn-north-1", ("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws")),
        ("us-gov-west-1", ("aws-us-gov", "amazonaws.com", "com.amazonaws")),
        ("us-iso-east-1", ("aws-iso", "c2s.ic.gov", "gov.ic.c2s")),
        ("us-isob-east-1", ("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s")),
        ("eusc-de-east-1", ("aws-eusc", "amazonaws.eu", "eu.amazonaws")),
    ],
)
def test_partitions(region, expected):
    result = offline("aws:index/getPartition:getPartition", provider=provider("aws", region=region))
    assert (result["partition"], result["dnsSuffix"], result["reverseDnsPrefix"]) == expected
    assert result["id"] == expected[0]


@pytest.mark.parametrize(
    ("inputs", "tags"),
    [
        ({}, {}),
        ({"defaultTags": '{"tags": {"owner": "data"}}'}, {"owner": "data"}),
        ({"defaultTags": {"tags": {"owner": "data"}}}, {"owner": "data"}),
        ({"defaultTags": "{}"}, {}),
    ],
)
def test_default_tags_are_the_providers(inputs, tags):
    served_by = provider("aws", region="eu-west-1", **inputs)
    assert offline("aws:index/getDefaultTags:getDefaultTags", provider=served_by) == {"id": "aws", "tags": tags}


def test_default_tags_with_an_unknown_value_are_unknown():
    tags = json.dumps({"tags": {"owner": UNKNOWN}})
    answer = ask("aws:index/getDefaultTags:getDefaultTags", plain=False, provider=provider("aws", defaultTags=tags))
    assert answer.result == UNKNOWN


@pytest.mark.parametrize(
    ("args", "dns_name", "region"),
    [
        ({"serviceId": "s3"}, "s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ({"serviceId": "s3", "region": "us-east-1"}, "s3.us-east-1.amazonaws.com", "us-east-1"),
        (
            {"serviceId": "x", "reverseDnsPrefix": "cn.com.amazonaws.vpce"},
            "x.eu-west-1.vpce.amazonaws.com.cn",
            "eu-west-1",
        ),
        ({"dnsName": "s3.us-east-2.amazonaws.com"}, "s3.us-east-2.amazonaws.com", "us-east-2"),
        ({"reverseDnsName": "com.amazonaws.us-east-2.s3"}, "s3.us-east-2.amazonaws.com", "us-east-2"),
    ],
)
def test_services(args, dns_name, region):
    result = offline("aws:index/getService:getService", args)
    reverse = ".".join(reversed(dns_name.split(".")))
    assert (result["dnsName"], result["region"], result["reverseDnsName"]) == (dns_name, region, reverse)
    assert result["id"] == reverse
    assert (result["partition"], result["supported"]) == ("aws", True)


@pytest.mark.parametrize(
    ("service", "region", "name"),
    [
        ("s3", "eu-west-1", "s3.amazonaws.com"),
        ("s3", "cn-north-1", "s3.amazonaws.com"),
        ("logs", "cn-north-1", "logs.amazonaws.com.cn"),
    ],
)
def test_service_principals(service, region, name):
    result = offline("aws:index/getServicePrincipal:getServicePrincipal", {"serviceName": service, "region": region})
    assert result["name"] == name
    assert result["id"] == f"{service}.{region}.{result['suffix']}"


def test_the_parts_of_an_arn():
    assert offline("aws:index/getArn:getArn", {"arn": "arn:aws:sns:eu-west-1:1234:topic:x"}) == {
        "arn": "arn:aws:sns:eu-west-1:1234:topic:x",
        "id": "arn:aws:sns:eu-west-1:1234:topic:x",
        "partition": "aws",
        "service": "sns",
        "region": "eu-west-1",
        "account": "1234",
        "resource": "topic:x",
    }


@pytest.mark.parametrize(
    ("token", "args", "message"),
    [
        ("aws:index/getArn:getArn", {"arn": "urn:a:b:c:d:e"}, "urn:a:b:c:d:e is no ARN"),
        ("aws:index/getArn:getArn", {"arn": "arn:aws"}, "arn:aws is no ARN"),
        ("aws:index/getService:getService", {"dnsName": "s3.com"}, "com.s3 is no name of a service"),
    ],
)
def test_arguments_the_provider_refuses_end_the_preview(token, args, message):
    with pytest.raises(EngineFailure, match=message) as caught:
        ask(token, args)
    assert caught.value.kind == "program"
    assert caught.value.detail == ""


@pytest.mark.parametrize(
    ("token", "region", "expected"),
    [
        ("aws:index/getBillingServiceAccount:getBillingServiceAccount", "eu-west-1", "386209384616"),
        ("aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId", "eu-west-1", "c4c1ede6"),
        ("aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId", "cn-north-1", "a52cb287"),
    ],
)
def test_published_constants(token, region, expected):
    assert offline(token, provider=provider("aws", region=region))["id"].startswith(expected)


def test_the_table_of_regions_has_every_public_region_of_the_sdk():
    from pulumi_aws import Region

    isolated = ("us-iso", "eu-iso", "eusc-")
    assert {member.value for member in Region if not member.value.startswith(isolated)} == set(REGIONS)
