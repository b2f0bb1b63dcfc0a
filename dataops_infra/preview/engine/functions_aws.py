"""AWS functions whose answer follows from arguments, configuration and published constants.

Formats are those of the AWS provider (``terraform-provider-aws``, ``internal/service/meta`` and its neighbours).
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from .offline import Facts, MadeUp, Partial
from .policy_document import policy_document
from .records import EngineFailure
from .values import Properties

_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_OWN_CREDENTIALS = ("profile", "accessKey", "token", "assumeRole", "assumeRoles", "assumeRoleWithWebIdentity")

BILLING_ACCOUNT = "386209384616"
"""Writes billing reports (AWS Billing, "Set up reports")."""

LOG_DELIVERY_USER = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
"""Canonical user id of CloudFront's log delivery (CloudFront guide, "Standard logging")."""
LOG_DELIVERY_USER_CHINA = "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56"

_PARTITIONS = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
)
"""Prefix of regions, partition, DNS suffix (``partitions.json`` of the AWS SDKs); all other regions are of ``aws``."""

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "af-south-1": "Africa (Cape Town)",
        "ap-east-1": "Asia Pacific (Hong Kong)",
        "ap-east-2": "Asia Pacific (Taipei)",
        "ap-northeast-1": "Asia Pacific (Tokyo)",
        "ap-northeast-2": "Asia Pacific (Seoul)",
        "ap-northeast-3": "Asia Pacific (Osaka)",
        "ap-south-1": "Asia Pacific (Mumbai)",
        "ap-south-2": "Asia Pacific (Hyderabad)",
        "ap-southeast-1": "Asia Pacific (Singapore)",
        "ap-southeast-2": "Asia Pacific (Sydney)",
        "ap-southeast-3": "Asia Pacific (Jakarta)",
        "ap-southeast-4": "Asia Pacific (Melbourne)",
        "ap-southeast-5": "Asia Pacific (Malaysia)",
        "ap-southeast-6": "Asia Pacific (New Zealand)",
        "ap-southeast-7": "Asia Pacific (Thailand)",
        "ca-central-1": "Canada (Central)",
        "ca-west-1": "Canada West (Calgary)",
        "cn-north-1": "China (Beijing)",
        "cn-northwest-1": "China (Ningxia)",
        "eu-central-1": "Europe (Frankfurt)",
        "eu-central-2": "Europe (Zurich)",
        "eu-north-1": "Europe (Stockholm)",
        "eu-south-1": "Europe (Milan)",
        "eu-south-2": "Europe (Spain)",
        "eu-west-1": "Europe (Ireland)",
        "eu-west-2": "Europe (London)",
        "eu-west-3": "Europe (Paris)",
        "il-central-1": "Israel (Tel Aviv)",
        "me-central-1": "Middle East (UAE)",
        "me-south-1": "Middle East (Bahrain)",
        "mx-central-1": "Mexico (Central)",
        "sa-east-1": "South America (Sao Paulo)",
        "us-east-1": "US East (N. Virginia)",
        "us-east-2": "US East (Ohio)",
        "us-gov-east-1": "AWS GovCloud (US-East)",
        "us-gov-west-1": "AWS GovCloud (US-West)",
        "us-west-1": "US West (N. California)",
        "us-west-2": "US West (Oregon)",
    }
)
"""Region → description (``partitions.json`` of the AWS SDKs, 2026); of others the description is made up."""


def region(args: Properties, facts: Facts) -> str:
    """The region a call goes to: its own argument, else the provider's, else the environment's; "" when unknown."""
    return str(args.get("region") or facts.setting("region", _REGION_VARIABLES) or "")


def partition(where: str) -> tuple[str, str]:
    """Partition and DNS suffix of a region."""
    for prefix, name, suffix in _PARTITIONS:
        if where.startswith(prefix):
            return name, suffix
    return "aws", "amazonaws.com"


def account(facts: Facts) -> str:
    """The account the provider works in; "" when nothing says it.

    The role it assumes names it, or the only account it is allowed; else what the conventions declare for the
    environment, unless the program gave this provider credentials of its own.
    """
    for name in ("assumeRoles", "assumeRole"):
        roles = facts.json_setting(name)
        roles = [roles] if isinstance(roles, dict) else roles
        if isinstance(roles, list) and roles and isinstance(roles[-1], dict):
            found = re.match(r"arn:[^:]+:iam::(\d{12}):", str(roles[-1].get("roleArn", "")))
            if found:
                return found[1]
    allowed = facts.json_setting("allowedAccountIds")
    if isinstance(allowed, list) and len(allowed) == 1:
        return str(allowed[0])
    if facts.explicit and any(facts.says(name) for name in _OWN_CREDENTIALS):
        return ""
    return str(facts.declared.get("awsAccount") or "")


def _caller_identity(_args: Properties, facts: Facts) -> Partial | None:
    number = account(facts)
    return {"accountId": number, "id": number, "arn": MadeUp(), "userId": MadeUp()} if number else None


def _region(args: Properties, facts: Facts) -> Partial | None:
    if args.get("endpoint"):
        where = str(args["endpoint"]).removeprefix("ec2.").partition(".")[0]
    else:
        where = str(args.get("name") or region(args, facts))
    if not where:
        return None
    suffix = partition(where)[1]
    return {
        "id": where,
        "name": where,
        "region": where,
        "description": REGIONS.get(where) or MadeUp(),
        "endpoint": f"ec2.{where}.{suffix}",
    }


def _partition(args: Properties, facts: Facts) -> Partial | None:
    where = region(args, facts)
    if not where:
        return None
    name, suffix = partition(where)
    return {"id": name, "partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": _reversed(suffix)}


def _reversed(dotted: str) -> str:
    return ".".join(reversed(dotted.split(".")))


def _default_tags(args: Properties, facts: Facts) -> Partial | None:
    declared = facts.json_setting("defaultTags") if facts.says("defaultTags") else {}
    if not isinstance(declared, dict):
        return None
    tags = declared.get("tags") or {}
    return {"id": partition(region(args, facts))[0], "tags": tags}


def _service(args: Properties, facts: Facts) -> Partial | None:
    given = args.get("reverseDnsName") or (_reversed(args["dnsName"]) if args.get("dnsName") else None)
    where, prefix, service = region(args, facts), args.get("reverseDnsPrefix"), args.get("serviceId")
    if given:
        parts = given.split(".")
        if len(parts) < 4:
            raise EngineFailure("program", f"aws:index/getService:getService: {given} is no name of a service")
        prefix, where, service = ".".join(parts[:-2]), parts[-2], parts[-1]
    if not where or not service:
        return None
    prefix = prefix or _reversed(partition(where)[1])
    name = f"{prefix}.{where}.{service}"
    return {
        "id": name,
        "region": where,
        "serviceId": service,
        "reverseDnsName": name,
        "reverseDnsPrefix": prefix,
        "dnsName": _reversed(name).lower(),
        "partition": partition(where)[0],
        "supported": True,
    }


_OWN_SUFFIX_SERVICES = {
    "aws-iso": {"cloudhsm", "config", "logs", "workspaces"},
    "aws-iso-b": {"dms", "logs"},
    "aws-cn": {"codedeploy", "elasticmapreduce", "logs"},
}
"""Services whose principal ends in the partition's own DNS suffix (``service_principal_data_source.go``)."""


def _service_principal(args: Properties, facts: Facts) -> Partial | None:
    where, service = region(args, facts), str(args.get("serviceName") or "")
    if not where:
        return None
    name, dns_suffix = partition(where)
    suffix = dns_suffix if service in _OWN_SUFFIX_SERVICES.get(name, ()) else "amazonaws.com"
    return {
        "id": f"{service}.{where}.{suffix}",
        "name": f"{service}.{suffix}",
        "serviceName": service,
        "suffix": suffix,
        "region": where,
    }


def _arn(args: Properties, _facts: Facts) -> Partial:
    parts = str(args.get("arn") or "").split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise EngineFailure("program", f"aws:index/getArn:getArn: {args.get('arn')} is no ARN")
    names = ("partition", "service", "region", "account", "resource")
    return {"arn": args["arn"], "id": args["arn"], **dict(zip(names, parts[1:], strict=True))}


def _billing_account(args: Properties, facts: Facts) -> Partial:
    name = partition(region(args, facts))[0]
    return {"id": BILLING_ACCOUNT, "arn": f"arn:{name}:iam::{BILLING_ACCOUNT}:root"}


def _log_delivery_user(args: Properties, facts: Facts) -> Partial:
    chinese = region(args, facts).startswith("cn-")
    return {"id": LOG_DELIVERY_USER_CHINA if chinese else LOG_DELIVERY_USER, "region": args.get("region")}


def _policy_document(args: Properties, _facts: Facts) -> Partial:
    return policy_document(args)


ANSWERS: Mapping[str, Callable[[Properties, Facts], Partial | None]] = MappingProxyType(
    {
        "aws:index:getCallerIdentity": _caller_identity,
        "aws:index:getRegion": _region,
        "aws:index:getPartition": _partition,
        "aws:index:getDefaultTags": _default_tags,
        "aws:index:getService": _service,
        "aws:index:getServicePrincipal": _service_principal,
        "aws:index:getArn": _arn,
        "aws:index:getBillingServiceAccount": _billing_account,
        "aws:iam:getPolicyDocument": _policy_document,
        "aws:cloudfront:getLogDeliveryCanonicalUserId": _log_delivery_user,
    }
)
"""Short token → function of (arguments, facts); None means: not known offline."""
