"""Placeholder values that look like what a field holds: an AMI id, an ARN, a CIDR block, a zone…

A program may slice, join or parse what a function answers, so a placeholder has the form of the real thing. Which form
is told by the field's name, for ids also by the function's name. Every value carries a mark of
:class:`~.placeholders.Placeholders`.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from .placeholders import Placeholders

INVALID_DOMAIN = "example.invalid"
"""RFC 2606 reserves ``.invalid``: no such name can exist."""

_CALLER = "calleridentity"
_EC2_SERVICES = ("ec2", "ebs", "efs", "ec2transitgateway")
_EC2_IDS = {
    "ami": "ami",
    "image": "ami",
    "vpc": "vpc",
    "subnet": "subnet",
    "securitygroup": "sg",
    "routetable": "rtb",
    "internetgateway": "igw",
    "natgateway": "nat",
    "networkinterface": "eni",
    "networkacl": "acl",
    "vpcendpoint": "vpce",
    "launchtemplate": "lt",
    "instance": "i",
    "volume": "vol",
    "snapshot": "snap",
    "dhcpoptions": "dopt",
    "transitgateway": "tgw",
    "vpcpeeringconnection": "pcx",
    "prefixlist": "pl",
    "allocation": "eipalloc",
    "filesystem": "fs",
    "customergateway": "cgw",
    "vpngateway": "vgw",
}
"""What an id identifies (the end of it) → its prefix; 17 hexadecimal digits follow (EC2 user guide, "Resource IDs")."""


@dataclass(frozen=True)
class Call:
    """The call a value belongs to: what its form may depend on.

    :param token: the function, such as ``aws:ec2/getAmi:getAmi``.
    :param origin: unique to function, arguments and provider.
    :param region: where the call goes, "" when unknown.
    :param project: the Google Cloud project, "" when unknown.
    :param partition: the AWS partition.
    """

    token: str
    origin: str
    region: str = ""
    project: str = ""
    partition: str = "aws"

    @property
    def package(self) -> str:
        """``aws``, ``gcp``, …"""
        return self.token.partition(":")[0]

    @property
    def service(self) -> str:
        """``ec2``, ``iam``, …; ``index`` when the function is in the package's root."""
        return self.token.partition(":")[2].partition("/")[0].partition(":")[0]

    @property
    def subject(self) -> str:
        """What the function gets: ``vpc`` of ``getVpc``, ``subnet`` of ``getSubnets``; lower case."""
        name = self.token.rpartition(":")[2].removeprefix("get").lower()
        return name if name.endswith("ss") else name.removesuffix("s").removesuffix("id")


@dataclass(frozen=True)
class Spot:
    """One text to make up: ``name`` of the field (of its list, for an element), ``path`` in the result, ``index``."""

    call: Call
    name: str
    path: str
    index: int
    marks: Placeholders

    @property
    def core(self) -> str:
        """The 12 digits of this spot."""
        return self.marks.core(f"{self.call.origin}|{self.path}")

    @property
    def letter(self) -> str:
        """a, b, c, … along a list: zones."""
        return chr(ord("a") + self.index % 26)


def lookalike(spot: Spot) -> str:
    """A text for the spot."""
    for pattern, make in _FORMS:
        if pattern.search(spot.name):
            return make(spot)
    return _name(spot)


def _name(spot: Spot) -> str:
    return f"placeholder-{spot.core}"


def _core(spot: Spot) -> str:
    return spot.core


def _owner(spot: Spot) -> str:
    return spot.core if spot.call.package == "aws" else _name(spot)


def _caller(spot: Spot) -> str:
    """The account of getCallerIdentity: its id and ARN repeat it."""
    return spot.marks.core(f"{spot.call.origin}|result.accountId")


def _arn(spot: Spot) -> str:
    call = spot.call
    if call.subject == _CALLER:
        return f"arn:{call.partition}:sts::{_caller(spot)}:assumed-role/placeholder/placeholder"
    return f"arn:{call.partition}:{call.service}:{call.region}:{spot.core}:{call.subject}/placeholder"


def _identifier(spot: Spot) -> str:
    what = spot.name.removesuffix("s").lower()
    what = spot.call.subject if what == "id" else what.removesuffix("id")
    if what == _CALLER:
        return _caller(spot)
    if spot.call.package == "aws":
        stem = next((stem for stem in _EC2_IDS if what.endswith(stem)), "")
        if stem and (spot.name.lower().removesuffix("s") != "id" or spot.call.service in _EC2_SERVICES):
            return f"{_EC2_IDS[stem]}-{spot.core:0>17}"
        if what in ("zone", "hostedzone"):
            return f"Z{spot.core}PLACEHOLDER"
        if what in ("key", "kmskey", "targetkey"):
            return f"00000000-0000-4000-8000-{spot.core}"
    return _name(spot)


def _zone(spot: Spot) -> str:
    if spot.call.package == "gcp":
        return f"{spot.call.region or 'region'}-{spot.letter}{spot.core}"
    return f"{spot.call.region or 'region'}-{spot.core}-1{spot.letter}"


def _plain_name(spot: Spot) -> str:
    return _zone(spot) if "zone" in spot.call.subject and spot.call.service in ("index", "compute") else _name(spot)


def _zone_id(spot: Spot) -> str:
    if "availabilityzone" in spot.call.subject or spot.name.lower().startswith("availability"):
        return f"zone-az{spot.core}"
    return _identifier(spot)


def _cidr(spot: Spot) -> str:
    origin = f"{spot.call.origin}|{spot.path}"
    if "6" in spot.name:
        return f"{spot.marks.network6(origin)}::/56"
    return f"{spot.marks.network(origin)}.0.0/16"


def _address(spot: Spot) -> str:
    origin = f"{spot.call.origin}|{spot.path}"
    if "6" in spot.name:
        return f"{spot.marks.network6(origin)}::10"
    return f"{spot.marks.network(origin)}.0.10"


def _mail(spot: Spot) -> str:
    domain = f"{spot.call.project}.iam.gserviceaccount.com" if spot.call.project else INVALID_DOMAIN
    return f"placeholder-{spot.core}@{domain}"


def _host(spot: Spot) -> str:
    return f"placeholder-{spot.core}.{INVALID_DOMAIN}"


def _url(spot: Spot) -> str:
    return f"https://placeholder-{spot.core}.{INVALID_DOMAIN}"


def _time(spot: Spot) -> str:
    return f"2000-01-01T00:00:00.{spot.core}Z"


def _document(spot: Spot) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": _name(spot), "Statement": []})


def _base64(spot: Spot) -> str:
    """Decodes to ``user:password``, as the tokens of container registries do."""
    return spot.marks.text(base64.b64encode(f"AWS:placeholder-{spot.core}".encode()).decode())


def _certificate(spot: Spot) -> str:
    return _base64(spot) if "certificateAuthorities" in spot.path else _name(spot)


_FORMS: list[tuple[re.Pattern[str], Callable[[Spot], str]]] = [
    (re.compile(pattern), make)
    for pattern, make in [
        (r"^(accountId|awsAccountId|account|ownerId|registryId)$", _core),
        (r"^owner$", _owner),
        (r"^(number|projectNumber)$", _core),
        (r"^[aA]rns?$|Arns?$", _arn),
        (r"[cC]idr", _cidr),
        (r"^(private|public|ipv6|ipv4)?[iI]p(v6)?s?(Address(es)?)?$|^address$|[iI]p(v6)?Address(es)?$", _address),
        (r"^[eE]mail$|Email$", _mail),
        (r"[uU]r[il]s?$|^endpoint$|Endpoint$|selfLink", _url),
        (r"[dD]omain(Name)?$|[dD]nsName$|[fF]qdn$|[hH]ost(name)?$", _host),
        (r"^zoneIds?$|^availabilityZoneIds?$", _zone_id),
        (r"^availabilityZones?$|^zones?$", _zone),
        (r"Ids?$|^ids?$", _identifier),
        (r"^names?$", _plain_name),
        (r"(Date|Time|Timestamp|At)$", _time),
        (r"^(json|policy|assumeRolePolicy|policyData)$|Json$|PolicyDocument$", _document),
        (r"[bB]ase64|^authorizationToken$|[cC]aCertificate$", _base64),
        (r"^data$", _certificate),
    ]
]
