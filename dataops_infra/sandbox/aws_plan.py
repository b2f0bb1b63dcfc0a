"""Everything about an AWS sandbox that can be known before its first resource: checked, named, as plain data."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from dataops_infra.conventions import Conventions, names
from dataops_infra.conventions.lake_layout import ZONE_PLACEHOLDER, Folder, Value
from dataops_infra.conventions.lake_prefixes import DOMAIN_PLACEHOLDER
from dataops_infra.conventions.name_limits import (
    ATHENA_WORKGROUP,
    AWS_BUDGET,
    GLUE_DATABASE,
    IAM_POLICY,
    IAM_ROLE,
    KMS_ALIAS,
    SNS_TOPIC,
)
from dataops_infra.conventions.sandboxes import LONGEST_DAYS, QUERY_RESULTS, QUERY_RESULTS_DAYS, QUERY_SCANS_AT_MOST_GIB
from dataops_infra.conventions.tags import SANDBOX, SANDBOX_ZONE
from dataops_infra.data_lake.s3_lifecycle import rules_until
from dataops_infra.data_lake.s3_plan import TYPICAL_ARN, StoragePlan, plan_bucket, plan_log_bucket
from dataops_infra.data_lake.s3_policies import Access
from dataops_infra.foundation.aws import (
    FALLBACK_REGION,
    AwsPlacement,
    check_policy_arn,
    place_in_regions,
    role_arns,
)
from dataops_infra.foundation.emails import check_emails
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import Placement
from dataops_infra.sandbox.aws_policies import TestData, catalog_arns, member_policy, trust_policy
from dataops_infra.sandbox.terms import MOST_GIB, SANDBOX_GOES_WITH_ITS_DATA, Terms, given_of, read_sandbox
from dataops_infra.sandbox.test_datasets import read_test_datasets
from dataops_infra.test_datasets.component import TestDatasetRef
from dataops_infra.test_datasets.places import Cloud

ROLE_POLICY_MAXIMUM_CHARACTERS = 10_240
TRUST_POLICY_MAXIMUM_CHARACTERS = 2_048
"""Both without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
TYPICAL_ACCOUNT = "000000000000"
TYPICAL_BUCKET_ARN = f"arn:aws:s3:::{'x' * 40}"
TYPICAL_ALIAS_ARN = f"arn:aws:kms:eu-central-1:{TYPICAL_ACCOUNT}:alias/{'x' * 40}"
TYPICAL_PREFIX = "masked/"
"""Stand in for what the facts of a test dataset tell only later, where only their length matters."""
GIB = 2**30


@dataclass(frozen=True)
class RegionPlan:
    """The sandbox in one region: the same in each, but for what follows from the region's name."""

    storage: StoragePlan
    database: str
    workgroup: str
    tables_prefix: str
    results_prefix: str

    @property
    def region(self) -> str:
        """The AWS region."""
        return self.storage.place.region

    @property
    def bucket(self) -> str:
        """Name of the bucket that holds the data and the results of queries."""
        return self.storage.zones[0].name


@dataclass(frozen=True)
class SandboxPlan:
    """One sandbox: what stands once in the account, and its regions.

    :param placement: its tags are those of everything in the sandbox.
    :param test_datasets: what members may read beside.
    """

    placement: Placement
    terms: Terms
    regions: tuple[RegionPlan, ...]
    members: Sequence[pulumi.Input[str]]
    test_datasets: tuple[pulumi.Output[TestDatasetRef], ...]
    permissions_boundary_arn: pulumi.Input[str] | None
    role: str
    budget: str
    topic: str
    budget_usd: float
    alert_emails: tuple[str, ...]
    scans_at_most_bytes: int
    stops_spending: bool
    spending_policy: str
    action_role: str

    @property
    def home(self) -> AwsPlacement:
        """The first region: what stands once and has a region stands there."""
        return self.regions[0].storage.place


def plan_sandbox(mistakes: Mistakes, name: str, args: Mapping[str, Any], spec: type) -> SandboxPlan:
    """Check every argument of one sandbox and derive its names.

    :raises ComponentInputError: with everything that is wrong.
    """
    args, placement, terms = read_sandbox(mistakes, name, args, spec)
    places = place_in_regions(mistakes, placement, args.get("regions"))
    queries = {
        "results_days": QUERY_RESULTS_DAYS,
        "scans_at_most_gib": QUERY_SCANS_AT_MOST_GIB,
        **given_of(args, "queries"),
    }
    partition = names.partition_of(places[0].region if places else FALLBACK_REGION)
    members = role_arns(mistakes, "members", args.get("members"), partition)
    datasets = read_test_datasets(mistakes, placement, Cloud.AWS, args.get("test_datasets", ()))
    _check(mistakes, args, queries, partition)
    mistakes.stop()  # names are made of what was checked above
    home = places[0]
    role = home.name(mistakes, IAM_ROLE, f"{name}-sandbox")
    marked = replace(placement, tags={**placement.tags, **terms.tags, SANDBOX: role})
    plan = SandboxPlan(
        placement=marked,
        terms=terms,
        regions=tuple(
            _region(mistakes, replace(where, placement=marked), name, terms, queries["results_days"])
            for where in places
        ),
        members=members,
        test_datasets=datasets,
        permissions_boundary_arn=args.get("permissions_boundary_arn"),
        role=role,
        budget=home.name(mistakes, AWS_BUDGET, f"{name}-sandbox"),
        topic=home.name(mistakes, SNS_TOPIC, f"{name}-sandbox-budget"),
        budget_usd=args["monthly_budget_usd"],
        alert_emails=tuple(args.get("budget_alert_emails", ())),
        scans_at_most_bytes=queries["scans_at_most_gib"] * GIB,
        stops_spending=args.get("stop_spending_at_budget", False),
        spending_policy=home.name(mistakes, IAM_POLICY, f"{name}-sandbox-stop-spending"),
        action_role=home.name(mistakes, IAM_ROLE, f"{name}-sandbox-budget-action"),
    )
    mistakes.stop()
    _check_policy_sizes(mistakes, plan)
    mistakes.stop()
    return plan


def _check(mistakes: Mistakes, args: Mapping[str, Any], queries: Mapping[str, int], partition: str) -> None:
    mistakes.each_once("members", "member", args.get("members", ()))
    check_policy_arn(mistakes, "permissions_boundary_arn", args.get("permissions_boundary_arn"), partition)
    for limit, most in {"results_days": LONGEST_DAYS, "scans_at_most_gib": MOST_GIB}.items():
        if not 1 <= queries[limit] <= most:
            mistakes.add(f"queries.{limit}", f"1 to {most:,}", queries[limit])
    check_emails(mistakes, "budget_alert_emails", args.get("budget_alert_emails", ()))


def _region(mistakes: Mistakes, where: AwsPlacement, name: str, terms: Terms, results_days: int) -> RegionPlan:
    conventions, domain = where.placement.conventions, where.placement.domain.name
    regional = f"{name}-{where.region}"  # names of buckets are the world's, not the region's
    results = results_prefix(conventions, domain)
    lifecycle = rules_until(terms.data_deleted_on, {results: results_days})
    storage = StoragePlan(
        purpose=f"Sandbox {name} of the domain {domain}, until {terms.expires_on.isoformat()}",
        place=where,
        deletion=SANDBOX_GOES_WITH_ITS_DATA,
        zones=(plan_bucket(mistakes, where, regional, SANDBOX_ZONE, lifecycle),),
        logs=plan_log_bucket(mistakes, where, regional, rules_until(terms.data_deleted_on)),
        key_alias=where.name(mistakes, KMS_ALIAS, f"{regional}-{SANDBOX_ZONE}"),
        access=Access((), ()),
    )
    return RegionPlan(
        storage=storage,
        database=where.name(mistakes, GLUE_DATABASE, f"{name}-sandbox"),
        workgroup=where.name(mistakes, ATHENA_WORKGROUP, f"{name}-sandbox"),
        tables_prefix=_beginning(conventions, {ZONE_PLACEHOLDER: SANDBOX_ZONE, DOMAIN_PLACEHOLDER: domain}),
        results_prefix=results,
    )


def results_prefix(conventions: Conventions, domain: str) -> str:
    """Where the results of queries lie: a beginning of the lake's layout that no dataset shares.

    ``query-results`` takes the first placeholder of texts that is neither zone nor domain, as a dataset would; where
    the layout has none, the results lie in a folder of that name beside it.
    """
    values: dict[str, Value] = {ZONE_PLACEHOLDER: SANDBOX_ZONE, DOMAIN_PLACEHOLDER: domain}
    free = [
        part.name for part in conventions.lake.grammar.placeholders if part.type == "str" and part.name not in values
    ]
    if not free:
        return f"{QUERY_RESULTS}/"
    prefix = _beginning(conventions, {**values, free[0]: QUERY_RESULTS})
    return prefix if QUERY_RESULTS in prefix else f"{QUERY_RESULTS}/"


def _beginning(conventions: Conventions, values: Mapping[str, Value]) -> str:
    """The folders of the layout down to the first that ``values`` do not fill, each with a slash behind."""
    return "".join(f"{folder}/" for folder in _filled(conventions.lake.grammar.folders, values))


def _filled(folders: Sequence[Folder], values: Mapping[str, Value]) -> Iterator[str]:
    for folder in folders:
        if any(part.name not in values for part in folder.placeholders):
            return
        yield "".join(part if isinstance(part, str) else part.write(values[part.name]) for part in folder.parts)


def _check_policy_sizes(mistakes: Mistakes, plan: SandboxPlan) -> None:
    """Too many regions or members would be refused by IAM in the middle of a deployment."""
    arns = [catalog_arns(TYPICAL_ACCOUNT, r.region, r.database, r.workgroup) for r in plan.regions]
    typical = [TestData(TYPICAL_BUCKET_ARN, TYPICAL_PREFIX, TYPICAL_ALIAS_ARN, "s3.eu-central-1.amazonaws.com")]
    data = typical * len(plan.test_datasets)
    rights = member_policy(arns, [r.region for r in plan.regions], plan.terms.access_ends, data)
    members = [member if isinstance(member, str) else TYPICAL_ARN for member in plan.members]
    trust = trust_policy(members, plan.terms.access_ends)
    for argument, policy, maximum in (
        ("regions, test_datasets" if data else "regions", rights, ROLE_POLICY_MAXIMUM_CHARACTERS),
        ("members", trust, TRUST_POLICY_MAXIMUM_CHARACTERS),
    ):
        size = len(re.sub(r"\s", "", json.dumps(policy)))
        if size > maximum:
            expected = f"fewer {argument}: IAM takes {maximum} characters of such a policy"
            mistakes.add(argument, expected, f"{size} characters")
