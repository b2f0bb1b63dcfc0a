"""Everything about a GCP sandbox that can be known before its first resource: checked, named, as plain data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from dataops_infra.conventions import RetentionClass, names
from dataops_infra.conventions.name_limits import BIGQUERY_DATASET, GCP_BUDGET, GCP_SERVICE_ACCOUNT
from dataops_infra.conventions.tags import SANDBOX, SANDBOX_ZONE
from dataops_infra.data_lake.gcs_access import Access
from dataops_infra.data_lake.gcs_lifecycle import SHORTEST_SOFT_DELETE_DAYS, lifetime
from dataops_infra.data_lake.gcs_plan import LakePlan, plan_bucket, plan_key, plan_logs
from dataops_infra.foundation.gcp import (
    GcpPlacement,
    check_channels,
    check_key_name,
    place_in_locations,
    principals,
    until,
)
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import Placement
from dataops_infra.sandbox.gcp_access import of_one_sandbox
from dataops_infra.sandbox.gcp_spending import BudgetCounts, Quota, QuotaOf, quota_kind
from dataops_infra.sandbox.terms import MOST_GIB, SANDBOX_GOES_WITH_ITS_DATA, Terms, given_of, read_sandbox
from dataops_infra.sandbox.test_datasets import read_test_datasets
from dataops_infra.test_datasets.component import TestDatasetRef
from dataops_infra.test_datasets.places import Cloud

MEMBERS_AT_MOST = 500
"""Each stands in two bindings of a bucket's policy, and IAM takes 1,500 principals in all bindings of a policy
(https://cloud.google.com/iam/quotas#limits); a group counts as one."""
NOTIFICATION_CHANNELS_AT_MOST = 5
"""https://cloud.google.com/billing/docs/how-to/budgets-notification-recipients"""
# https://cloud.google.com/bigquery/docs/locations
_BIGQUERY_LOCATION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}|us|eu")
_BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}(-[0-9A-F]{6}){2}")
_TOPIC = re.compile(r"projects/[a-z0-9.:-]+/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")


@dataclass(frozen=True)
class CopyPlan:
    """The sandbox in one location: the same in each, but for what follows from the location's name."""

    lake: LakePlan
    dataset: str

    @property
    def location(self) -> str:
        """The GCP location."""
        return self.lake.place.location

    @property
    def bucket(self) -> str:
        """Name of the bucket that holds the data."""
        return self.lake.zones[0].name


@dataclass(frozen=True)
class BudgetPlan:
    """The budget: what it is called, what it may come to in a month, what counts, and who is told beside the admins."""

    name: str
    usd: float
    billing_account: pulumi.Input[str]
    labels: Mapping[str, str]
    project_number: str | None
    channels: tuple[pulumi.Input[str], ...]
    topic: pulumi.Input[str] | None


@dataclass(frozen=True)
class SandboxPlan:
    """One sandbox: what stands once in the project, and its copies.

    :param condition: on every grant, so that it ends by itself.
    :param project_condition: the same for the project's policy, which all sandboxes share.
    :param data_days: the age at which objects and tables are deleted.
    :param adopted_quotas: ids of quotas that are there already and must stay there.
    :param test_datasets: what members may read beside.
    """

    placement: Placement
    terms: Terms
    copies: tuple[CopyPlan, ...]
    account_id: str
    account: str
    members: tuple[str, ...]
    condition: Mapping[str, str]
    project_condition: Mapping[str, str]
    data_days: int
    budget: BudgetPlan
    quotas: tuple[Quota, ...]
    adopted_quotas: tuple[pulumi.Input[str], ...]
    test_datasets: tuple[pulumi.Output[TestDatasetRef], ...]

    @property
    def principals(self) -> tuple[str, ...]:
        """Who gets in: the sandbox's service account, and the members."""
        return (self.account, *self.members)

    @property
    def home(self) -> GcpPlacement:
        """The first location, whose project is that of all."""
        return self.copies[0].lake.place


def plan_sandbox(mistakes: Mistakes, name: str, args: Mapping[str, Any], spec: type) -> SandboxPlan:
    """Check every argument of one sandbox and derive its names.

    :raises ComponentInputError: with everything that is wrong.
    """
    args, placement, terms = read_sandbox(mistakes, name, args, spec)
    places = place_in_locations(mistakes, placement, args.get("locations"))
    _check_bigquery_locations(mistakes, places)
    longest = placement.conventions.sandbox.longest_data_days
    data_days = args.get("data_days", longest)
    if not 1 <= data_days <= longest:
        mistakes.add("data_days", f"1 to {longest} days (maximum_days and grace_days of sandboxes)", data_days)
    _check_members(mistakes, args.get("members", ()))
    _check_spending(mistakes, args, places)
    _check_keys(mistakes, args, places)
    datasets = read_test_datasets(mistakes, placement, Cloud.GCP, args.get("test_datasets", ()))
    mistakes.stop()  # names are made of what was checked above
    plan = _plan(mistakes, name, args, replace(placement, tags={**placement.tags, **terms.tags}), terms, places)
    return replace(plan, test_datasets=datasets)


def _plan(
    mistakes: Mistakes,
    name: str,
    args: Mapping[str, Any],
    placement: Placement,
    terms: Terms,
    places: Sequence[GcpPlacement],
) -> SandboxPlan:
    home, condition = places[0], until(terms.expires_on)
    data_days = args.get("data_days", placement.conventions.sandbox.longest_data_days)
    account_id = home.name(mistakes, GCP_SERVICE_ACCOUNT, f"{name}-sandbox")
    mistakes.stop()
    account = names.service_account_member(account_id, home.project)
    if account in args["members"]:
        mistakes.add("members", "others than the sandbox's own service account, which gets in anyway", account)
    marked = replace(placement, tags={**placement.tags, SANDBOX: account_id})
    access = Access((), (account, *args["members"]), condition)
    keys = args.get("kms_key_names", {})
    plan = SandboxPlan(
        placement=marked,
        terms=terms,
        copies=tuple(
            _copy(mistakes, replace(where, placement=marked), name, data_days, access, keys) for where in places
        ),
        account_id=account_id,
        account=account,
        members=tuple(args["members"]),
        condition=condition,
        project_condition=of_one_sandbox(condition, account_id),
        data_days=data_days,
        budget=_budget(mistakes, home, f"{name}-sandbox", args, {SANDBOX: account_id}),
        quotas=_quotas(args),
        adopted_quotas=tuple(given_of(args, "query_quota").get("adopted_ids", ())),
        test_datasets=(),
    )
    mistakes.stop()
    return plan


def _copy(
    mistakes: Mistakes, where: GcpPlacement, name: str, data_days: int, access: Access, keys: Mapping[str, Any]
) -> CopyPlan:
    local = f"{name}-{where.location}"  # names of buckets are the world's, those of datasets the project's
    lake = LakePlan(
        place=where,
        retention=data_retention(data_days),
        deletion=SANDBOX_GOES_WITH_ITS_DATA,
        zones=(plan_bucket(mistakes, where, local, SANDBOX_ZONE, SANDBOX_ZONE),),
        logs=plan_logs(mistakes, where, local),
        key=plan_key(mistakes, where, f"{name}-{SANDBOX_ZONE}"),
        adopted_key_name=keys.get(where.location),
        access=access,
        audit_logs=False,  # the project's setting outlives a sandbox; usage logs are its own (ADR 0087)
    )
    return CopyPlan(lake, where.name(mistakes, BIGQUERY_DATASET, f"{name}-sandbox-{where.location}"))


def data_retention(data_days: int) -> RetentionClass:
    """What makes a bucket delete at the age of ``data_days``: an object is then noncurrent for one day more.

    Soft delete, by which a class counts too, lasts a week from there; data that lives for less than that has none.
    """
    gone = data_days + 1
    restorable = RetentionClass(maximum_days=gone + SHORTEST_SOFT_DELETE_DAYS)
    kept = restorable if lifetime(restorable).soft_delete_days else RetentionClass(maximum_days=gone)
    return kept.named(SANDBOX_ZONE)


def _check_bigquery_locations(mistakes: Mistakes, places: Sequence[GcpPlacement]) -> None:
    for index, place in enumerate(places):
        if not _BIGQUERY_LOCATION.fullmatch(place.location):
            expected = "a region, us or eu, as BigQuery has no others of Cloud Storage's locations"
            mistakes.add(f"locations[{index}]", expected, place.location)


def _check_members(mistakes: Mistakes, members: Sequence[str]) -> None:
    principals(mistakes, "members", members)
    mistakes.each_once("members", "member", members)
    if len(members) > MEMBERS_AT_MOST:
        mistakes.add("members", f"at most {MEMBERS_AT_MOST} members; make a group of them", f"{len(members)} members")


def _check_keys(mistakes: Mistakes, args: Mapping[str, Any], places: Sequence[GcpPlacement]) -> None:
    keys = args.get("kms_key_names", {})
    where = {place.location: place for place in places}
    for location, key in keys.items():
        if location in where:
            check_key_name(mistakes, f"kms_key_names.{location}", key, where[location])
        elif where:
            mistakes.require_one_of(f"kms_key_names.{location}", list(where), location)


def _check_spending(mistakes: Mistakes, args: Mapping[str, Any], places: Sequence[GcpPlacement]) -> None:
    account = args.get("billing_account")
    if isinstance(account, str) and not _BILLING_ACCOUNT.fullmatch(account):
        mistakes.add("billing_account", "the id of a billing account such as 012345-6789AB-CDEF01", account)
    budget = given_of(args, "budget")
    if budget.get("counts") == BudgetCounts.PROJECT and places and not places[0].project_number:
        environment = places[0].placement.environment.name
        expected = (
            f"{BudgetCounts.LABELLED.value}, as gcp_project_number of {environment} is not declared in dataops.yaml"
        )
        mistakes.add("budget.counts", expected, BudgetCounts.PROJECT.value)
    channels = budget.get("notification_channels", ())
    if len(channels) > NOTIFICATION_CHANNELS_AT_MOST:
        expected = f"{NOTIFICATION_CHANNELS_AT_MOST} channels at most"
        mistakes.add("budget.notification_channels", expected, f"{len(channels)} channels")
    check_channels(mistakes, "budget.notification_channels", channels)
    topic = budget.get("pubsub_topic")
    if isinstance(topic, str) and not _TOPIC.fullmatch(topic):
        mistakes.add("budget.pubsub_topic", "a topic (projects/<project>/topics/<topic>)", topic)
    _check_quota(mistakes, args, places)


def _check_quota(mistakes: Mistakes, args: Mapping[str, Any], places: Sequence[GcpPlacement]) -> None:
    quota = given_of(args, "query_quota")
    if "query_quota" in args and not quota:
        mistakes.add("query_quota", "a quota to create or the ids of those to adopt; leave it out for none", {})
    for argument in ("user_gib_per_day", "project_gib_per_day"):
        if not 1 <= quota.get(argument, 1) <= MOST_GIB:
            mistakes.add(f"query_quota.{argument}", f"1 to {MOST_GIB:,} GiB", quota[argument])
    created = {each.of for each in _quotas(args)}
    for index, known in enumerate(quota.get("adopted_ids", ())):
        if not isinstance(known, str) or not places:
            continue
        kind = quota_kind(known, places[0].project)
        if kind is None:
            expected = f"the id of a quota of BigQuery's query usage in {places[0].project}"
            mistakes.add(f"query_quota.adopted_ids[{index}]", expected, known)
        elif kind in created:
            expected = "another quota: this one exists already, so that it cannot be created too"
            mistakes.add(f"query_quota.adopted_ids[{index}]", expected, known)


def _quotas(args: Mapping[str, Any]) -> tuple[Quota, ...]:
    given = given_of(args, "query_quota")
    wanted = {QuotaOf.USER: given.get("user_gib_per_day"), QuotaOf.PROJECT: given.get("project_gib_per_day")}
    return tuple(Quota(of, gibibytes) for of, gibibytes in wanted.items() if gibibytes is not None)


def _budget(
    mistakes: Mistakes, home: GcpPlacement, name: str, args: Mapping[str, Any], labels: Mapping[str, str]
) -> BudgetPlan:
    given = given_of(args, "budget")
    return BudgetPlan(
        name=home.name(mistakes, GCP_BUDGET, name),
        usd=args["monthly_budget_usd"],
        billing_account=args["billing_account"],
        labels={} if given.get("counts") == BudgetCounts.PROJECT else labels,
        project_number=home.project_number,
        channels=tuple(given.get("notification_channels", ())),
        topic=given.get("pubsub_topic"),
    )
