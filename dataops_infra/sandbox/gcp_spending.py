"""What a sandbox on Google Cloud may cost: its budget, and the project's quota of queries. Pure functions of numbers.

Neither stops everything: a budget tells, and a quota stops queries that are paid by the byte, no other cost.
Sources: Cloud Billing, "Create, edit, or delete budgets and budget alerts"; REST reference of
``billingAccounts.budgets`` (``Money``, ``Filter``); BigQuery, "Create custom query quotas"; ``gcloud services quota
list`` (the metric's unit is MiBy).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any
from urllib.parse import quote

from dataops_infra.conventions.sandboxes import BUDGET_ALERT_PERCENTS

BIGQUERY = "bigquery.googleapis.com"
# The provider puts both into a URL as they are (terraform-provider-google issue 7194).
QUERY_METRIC = quote(f"{BIGQUERY}/quota/query/usage", safe="")
MIB_IN_A_GIB = 1024
_NANOS_IN_A_DOLLAR = 1_000_000_000


class BudgetCounts(str, Enum):
    """What a sandbox's budget counts."""

    LABELLED = "labelled"
    """What carries the sandbox's label: its storage, and those jobs that their users label."""
    PROJECT = "project"
    """Everything in the project: right where the sandbox has it to itself."""


class QuotaOf(Enum):
    """Whose bytes a quota counts, as the limit's name in URLs says it."""

    USER = quote("/d/project/user", safe="")
    PROJECT = quote("/d/project", safe="")


@dataclass(frozen=True)
class Quota:
    """One limit of query bytes per day.

    :param gibibytes: bytes that queries may process in a day, in GiB.
    """

    of: QuotaOf
    gibibytes: int

    @property
    def role(self) -> str:
        """What the quota is called among the sandbox's children."""
        return f"{self.of.name.lower()}-quota"

    @property
    def arguments(self) -> dict[str, Any]:
        """What the provider wants to know of the quota."""
        return {
            "service": BIGQUERY,
            "metric": QUERY_METRIC,
            "limit": self.of.value,
            "override_value": str(self.gibibytes * MIB_IN_A_GIB),
            "force": True,  # else a quota more than a tenth below the present one is refused
        }


def quota_kind(override_id: str, project: str) -> QuotaOf | None:
    """Which quota of ``project`` has this id; None for an id of anything else.

    The id is ``projects/<project>/services/…/consumerQuotaMetrics/<metric>/limits/<limit>/consumerOverrides/<name>``.
    """
    for kind in QuotaOf:
        start = f"projects/{project}/services/{BIGQUERY}/consumerQuotaMetrics/{QUERY_METRIC}/limits/{kind.value}/"
        if override_id.startswith(f"{start}consumerOverrides/"):
            return kind
    return None


def dollars(amount: float) -> dict[str, Any]:
    """``amount`` of US dollars as the API has money: whole units and billionths of one."""
    exact = Decimal(str(amount)).quantize(Decimal(1) / _NANOS_IN_A_DOLLAR, ROUND_HALF_UP)
    nanos = int((exact % 1) * _NANOS_IN_A_DOLLAR)
    return {"currency_code": "USD", "units": str(int(exact)), **({"nanos": nanos} if nanos else {})}


def thresholds() -> list[dict[str, float]]:
    """When somebody is told: shares of the budget, 1 being all of it."""
    return [{"threshold_percent": percent / 100} for percent in BUDGET_ALERT_PERCENTS]


def budget_filter(labels: Mapping[str, str], project_number: str | None) -> dict[str, Any]:
    """What counts: what carries all these labels (the API takes one), in the project of this number if one is given.

    A project's id is no substitute: the API answers with the number, which would show as drift for ever.
    """
    return {
        **({"projects": [f"projects/{project_number}"]} if project_number else {}),
        **({"labels": dict(labels)} if labels else {}),
        "calendar_period": "MONTH",
    }
