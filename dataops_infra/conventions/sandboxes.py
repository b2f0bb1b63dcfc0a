"""What a sandbox may be: how long it lives, how confidential its data may be, and when it ends, to the second.

A sandbox's ``expires_on`` is its **last day**, in UTC::

    expires_on            2026-12-31      the last day on which members get in; what `sandbox-expires` still accepts
    access_ends           2027-01-01T00:00:00Z    first instant without access: IAM conditions say "before this"
    data_deleted_on       2027-01-08      first day on which data is deleted: `grace_days` after access ended

Nothing here reads the clock: how long a sandbox may live is judged by the rule ``sandbox-expires``, as of a day.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from dataops_infra.conventions.base import WHOLE_NUMBER, Model
from dataops_infra.conventions.classification import MASKED_LEVEL, LevelName

SANDBOX_MAXIMUM_DAYS = 30
SANDBOX_GRACE_DAYS = 7
SANDBOX_CLASSIFICATION_AT_MOST = MASKED_LEVEL

LONGEST_DAYS = 366
"""What ``maximum_days`` and ``grace_days`` cannot exceed."""
LEAST_BUDGET_USD = 1
MOST_BUDGET_USD = 1_000_000_000
"""A month. More is a mistake; and above some 10^14 a float, as other languages send it, has no cents."""
BUDGET_ALERT_PERCENTS = (50, 80, 100)
"""Shares of a sandbox's monthly budget at which somebody is told."""
BUDGET_SPENT_PERCENT = 100
"""Share of the budget at which new spending is denied, where that is asked for."""
SESSION_SECONDS = 3600
"""How long members stay in once they are: the least that AWS lets a role have, and the most that it gives a role that
assumes another (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html, role chaining)."""
QUERY_SCANS_AT_MOST_GIB = 100
"""What one query may scan: half a US dollar at 5 USD per TB (https://aws.amazon.com/athena/pricing, November 2026)."""
QUERY_RESULTS_DAYS = 7
"""How long results of queries stay, and the data of tables made by CREATE TABLE AS with them."""
QUERY_RESULTS = "query-results"
"""Stands in paths where a dataset's name stands."""


class Sandbox(Model):
    """Limits of every sandbox."""

    maximum_days: Annotated[int, WHOLE_NUMBER, Field(ge=1, le=LONGEST_DAYS)] = Field(
        default=SANDBOX_MAXIMUM_DAYS, description="Longest life of a sandbox, in days."
    )
    grace_days: Annotated[int, WHOLE_NUMBER, Field(ge=0, le=LONGEST_DAYS)] = Field(
        default=SANDBOX_GRACE_DAYS, description="Days after the expiry before a sandbox is deleted."
    )
    classification_at_most: LevelName = Field(
        default=SANDBOX_CLASSIFICATION_AT_MOST, description="Most confidential data that a sandbox may hold."
    )

    def data_deleted_on(self, expires_on: date) -> date:
        """The first day (UTC) on which a sandbox's data is deleted: the grace days begin when access has ended."""
        return access_ends(expires_on).date() + timedelta(days=self.grace_days)

    @property
    def longest_data_days(self) -> int:
        """The age at which data of the longest sandbox may go, for stores that know the age of data but no dates."""
        return self.maximum_days + self.grace_days


def read_expires_on(text: str) -> date | None:
    """The day, of a text in the one form 2026-12-31; None where it is no such text.

    Python also reads 20261231 and 2026-W53-4, which no provider's tag filter would. The last years of the calendar are
    refused, for what follows from them (the end of the grace days) is no date any more.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day <= LATEST_EXPIRES_ON else None


def expected_expires_on(text: str) -> str:
    """What is expected, in words, instead of a text that :func:`read_expires_on` does not read."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}", text):
        return "the last day of the sandbox as a date such as 2026-12-31"
    if text > LATEST_EXPIRES_ON.isoformat():
        return f"the last day of the sandbox, {LATEST_EXPIRES_ON.isoformat()} at the latest"
    return "the last day of the sandbox, a day that the calendar has"


LATEST_EXPIRES_ON = date.max - timedelta(days=LONGEST_DAYS + 1)
"""The last day of which all that follows (the end of the grace days) is a date too."""


def access_ends(expires_on: date) -> datetime:
    """The first instant at which nobody gets in any more: the midnight (UTC) that ends the last day."""
    return datetime.combine(expires_on + timedelta(days=1), time(), UTC)


def timestamp(moment: datetime) -> str:
    """``moment`` (aware) as IAM conditions of both clouds take it: RFC 3339 in UTC, such as 2027-01-01T00:00:00Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
