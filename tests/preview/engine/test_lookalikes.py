import re

import pytest

from dataops_infra.preview.engine.lookalikes import Call, Spot, lookalike
from dataops_infra.preview.engine.placeholders import Placeholders

NAME = r"placeholder-\d{12}"


def made(name: str, token: str = "aws:rds/getThing:getThing", path: str = "", index: int = 0, **call: str):
    marks = Placeholders()
    spot = Spot(Call(token, "origin", **call), name, path or f"result.{name}", index, marks)
    value = lookalike(spot)
    assert marks.found_in(value)
    return value


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("owner", r"\d{12}"),
        ("registryId", r"\d{12}"),
        ("roleArn", r"arn:aws:rds::\d{12}:thing/placeholder"),
        ("targetArns", r"arn:aws:rds::\d{12}:thing/placeholder"),
        ("cidrBlock", r"2[45]\d\.\d{1,3}\.0\.0/16"),
        ("ipv6CidrBlock", r"2001:db8:[0-9a-f]+::/56"),
        ("privateIp", r"2[45]\d\.\d{1,3}\.0\.10"),
        ("address", r"2[45]\d\.\d{1,3}\.0\.10"),
        ("ipv6Addresses", r"2001:db8:[0-9a-f]+::10"),
        ("domainName", rf"{NAME}\.example\.invalid"),
        ("dnsName", rf"{NAME}\.example\.invalid"),
        ("websiteEndpoint", rf"https://{NAME}\.example\.invalid"),
        ("repositoryUrl", rf"https://{NAME}\.example\.invalid"),
        ("email", rf"{NAME}@example\.invalid"),
        ("createdAt", r"2000-01-01T00:00:00\.\d{12}Z"),
        ("vpcSecurityGroupIds", r"sg-[0-9a-f]{17}"),
        ("hostedZoneId", r"Z\d{12}PLACEHOLDER"),
        ("kmsKeyId", r"00000000-0000-4000-8000-\d{12}"),
        ("resourceId", NAME),
        ("availabilityZones", r"region-\d{12}-1a"),
        ("content", NAME),
        ("data", NAME),
    ],
)
def test_the_fields_name_decides_the_form(name, pattern):
    assert re.fullmatch(pattern, made(name))


@pytest.mark.parametrize(
    ("name", "token", "path", "pattern"),
    [
        ("owner", "gcp:compute/getThing:getThing", "", NAME),
        ("id", "gcp:compute/getInstance:getInstance", "", NAME),
        ("id", "other:index/getVpc:getVpc", "", NAME),
        ("name", "aws:rds/getThing:getThing", "", NAME),
        ("zone", "gcp:compute/getInstance:getInstance", "", r"region-a\d{12}"),
        ("data", "aws:eks/getCluster:getCluster", "result.certificateAuthorities[0].data", r"[A-Za-z0-9+/]+=*"),
        ("clusterCaCertificate", "gcp:container/getCluster:getCluster", "", r"[A-Za-z0-9+/]+=*"),
    ],
)
def test_the_function_decides_where_the_name_does_not(name, token, path, pattern):
    assert re.fullmatch(pattern, made(name, token, path))


def test_zones_along_a_list_have_letters_along_the_alphabet():
    zones = [made("zones", path=f"result.zones[{index}]", index=index, region="eu-west-1") for index in range(3)]
    assert [zone[-2:] for zone in zones] == ["1a", "1b", "1c"]
    assert all(zone.startswith("eu-west-1-") for zone in zones)


def test_mail_addresses_belong_to_the_project():
    assert made("email", project="acme-dev").endswith("@acme-dev.iam.gserviceaccount.com")


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        ("aws:ec2/getVpc:getVpc", ("aws", "ec2", "vpc")),
        ("aws:index/getAvailabilityZones:getAvailabilityZones", ("aws", "index", "availabilityzone")),
        ("gcp:compute/getAddress:getAddress", ("gcp", "compute", "address")),
        ("aws:ec2/getSubnetIds:getSubnetIds", ("aws", "ec2", "subnet")),
        ("acme:index:lookup", ("acme", "index", "lookup")),
    ],
)
def test_a_token_names_package_service_and_subject(token, parts):
    call = Call(token, "")
    assert (call.package, call.service, call.subject) == parts
