"""Logs end: they hold data of persons, and the organisation's retention classes say how long that may be kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import Resource, Rule, Unknown
from dataops_infra.policy.tag_reading import as_text

RETENTION: Final = "ISO/IEC 27001:2022 A.8.10"


@dataclass(frozen=True)
class LogStore:
    """How a type of resource says how long it keeps logs.

    :param property: the property, in days.
    :param default: days where it is left out or 0; None = for ever.
    :param unless: property and value with which the provider decides alone.
    """

    property: str
    default: int | None
    unless: tuple[str, str]


_GCP: Final = LogStore("retentionDays", 30, ("bucketId", "_Required"))
"""https://cloud.google.com/logging/quotas#logs_retention_periods: 30 days; the bucket _Required cannot be changed."""

LOG_STORES: Final[Mapping[str, LogStore]] = {
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html; the class
    # DELIVERY keeps logs for two days, whatever is said.
    "aws:cloudwatch/logGroup:LogGroup": LogStore("retentionInDays", None, ("logGroupClass", "DELIVERY")),
    **{
        f"gcp:logging/{holder}BucketConfig:{holder[0].upper()}{holder[1:]}BucketConfig": _GCP
        for holder in ("project", "folder", "organization", "billingAccount")
    },
}


def log_retention_set(store: Resource) -> Iterator[str]:
    """Logs are deleted after some time, at the latest when the longest retention class ends."""
    facts, longest = LOG_STORES[store.type], longest_days(store.settings.conventions)
    other, value = facts.unless
    given = store.props[facts.property]
    if isinstance(given, Unknown) or store.props[other] == value:
        return
    written = as_text(given) or "0"
    days = int(written) if written.isdecimal() and int(written) else facts.default
    if days is None:
        why = "is not set" if given is None else "is no number above 0, and 0 keeps logs for ever"
        yield f"logs are kept for ever: `{facts.property}` {why}"
    elif longest is not None and days > longest:
        yield f"logs are kept for {days} days, longer than any retention class: `{facts.property}` exceeds {longest}"


def longest_days(conventions: Conventions) -> int | None:
    """The most days for which some retention class lets data be kept; None where one has no end."""
    maxima = [each.maximum_days for each in conventions.retention.classes.values()]
    known = [days for days in maxima if days is not None]
    return max(known) if len(known) == len(maxima) else None


RULES = (
    Rule(
        name="log-retention-set",
        description="Logs end, at the latest with the longest retention class.",
        types=frozenset(LOG_STORES),
        check=log_retention_set,
        remediation=("set the days after which logs are deleted, within retention.classes of the conventions",),
        frameworks=(RETENTION,),
    ),
)
