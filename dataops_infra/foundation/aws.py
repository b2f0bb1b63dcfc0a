"""Where a component stands on AWS: region, account, and the names that follow from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.conventions.environments import AWS_REGION_PATTERN
from dataops_infra.conventions.name_limits import AWS_TAG_KEY, AWS_TAG_VALUE, NameLimits
from dataops_infra.foundation.inputs import Mistakes, once_known
from dataops_infra.foundation.placement import Placement, check_places, check_tags

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::[0-9]{12}:role/([!-)+-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}")
_POLICY_ARN = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}|aws):policy/[!-)+-~]{1,640}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]{1,250}")
# botocore's partitions.json
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov"}
TAGS_AT_MOST = 50
"""https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""
FALLBACK_REGION = "us-east-1"
"""Only to go on checking after a missing region was noted; never used for a resource."""


@dataclass(frozen=True)
class AwsPlacement:
    """A placement with the AWS region in which the component's resources stand."""

    placement: Placement
    region: str

    @property
    def partition(self) -> str:
        """The region's partition: aws, aws-cn, aws-us-gov, …"""
        return names.partition_of(self.region)

    def via_service(self, service: str) -> str:
        """The value of the condition ``kms:ViaService`` for a service in this region."""
        return f"{service}.{self.region}.{_DNS_SUFFIXES.get(self.partition, 'amazonaws.com')}"

    @property
    def declared_account(self) -> str | None:
        """The account that the conventions declare for the environment."""
        return self.placement.environment.aws_account

    def account(self, parent: pulumi.Resource) -> pulumi.Input[str]:
        """The declared account, else that of the caller (unknown in an offline preview)."""
        if self.declared_account:
            return self.declared_account
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=parent))
        account: pulumi.Output[str] = caller.account_id
        return account

    def name(self, mistakes: Mistakes, limits: NameLimits, name: str) -> str:
        """The physical name of a resource, by the organisation's pattern; notes why there is none, then it is ''."""
        return self.placement.name(mistakes, limits, name, self.region, self.declared_account)


def place_on_aws(mistakes: Mistakes, placement: Placement, region: str | None) -> AwsPlacement:
    """Find the region: the argument, else ``aws:region``, else the first region of the conventions."""
    allowed = placement.conventions.regions.aws
    found = region or pulumi.Config("aws").get("region") or next(iter(allowed), None)
    if found is None:
        mistakes.add("region", "a region in this argument, in aws:region or in regions.aws of dataops.yaml", None)
    else:
        _check_region(mistakes, "region", allowed, found)
    _check_aws_tags(mistakes, placement)
    return AwsPlacement(placement, found or FALLBACK_REGION)


def place_in_regions(
    mistakes: Mistakes, placement: Placement, regions: Sequence[str] | None
) -> tuple[AwsPlacement, ...]:
    """One placement per region of the argument ``regions``, as :func:`check_places` has them."""
    partition = names.partition_of(regions[0]) if regions else ""

    def check(argument: str, region: str) -> None:
        _check_region(mistakes, argument, placement.conventions.regions.aws, region)
        if names.partition_of(region) != partition:
            mistakes.add(argument, f"a region of the partition {partition}, as the first", region)

    _check_aws_tags(mistakes, placement)
    return tuple(AwsPlacement(placement, region) for region in check_places(mistakes, "region", regions, check))


def _check_region(mistakes: Mistakes, argument: str, allowed: Sequence[str], region: str) -> None:
    """It is one of the conventions' regions, or any where they name none."""
    if allowed:
        mistakes.require_one_of(argument, allowed, region)
    elif not re.fullmatch(AWS_REGION_PATTERN, region):
        mistakes.add(argument, "an AWS region such as eu-west-1", region)


def check_policy_arn(mistakes: Mistakes, argument: str, arn: object, partition: str) -> None:
    """It is the ARN of a managed IAM policy, of an account or of AWS, in the partition of the component."""
    if isinstance(arn, str) and not _is_in(partition, _POLICY_ARN.fullmatch(arn)):
        mistakes.add(argument, f"the ARN of a managed policy (arn:{partition}:iam::<account>:policy/<name>)", arn)


def role_arns(mistakes: Mistakes, argument: str, arns: object, partition: str) -> list[pulumi.Input[str]]:
    """ARNs, each of one IAM role in the partition of the component; users, accounts and wildcards are mistakes.

    An output is judged :func:`once it is known <dataops_infra.foundation.inputs.once_known>`.
    """
    expected = f"the ARN of an IAM role (arn:{partition}:iam::<account>:role/<name>)"
    return once_known(
        mistakes, argument, arns, lambda arn: None if _is_in(partition, _ROLE_ARN.fullmatch(arn)) else expected
    )


def _is_in(partition: str, arn: re.Match[str] | None) -> bool:
    """Partitions share no principals and no policies: another one's would be refused in the middle of a deployment."""
    return arn is not None and arn[1] == partition


def check_key_arn(mistakes: Mistakes, argument: str, arn: object, region: str) -> None:
    """It is the ARN of a KMS key or alias in ``region``."""
    if isinstance(arn, str):
        match = _KEY_ARN.fullmatch(arn)
        if not match or match[1] != region:
            mistakes.add(argument, f"the ARN of a KMS key in {region}", arn)


def _check_aws_tags(mistakes: Mistakes, placement: Placement) -> None:
    check_tags(mistakes, placement.tags, AWS_TAG_KEY, AWS_TAG_VALUE, TAGS_AT_MOST)
