"""When a sandbox ends: the last day, the first instant without access, the first day without data."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Sandbox
from dataops_infra.conventions.sandboxes import access_ends, read_expires_on, timestamp


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", date(2026, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
        ("9998-12-29", date(9998, 12, 29)),  # the last whose grace days can all be counted
        ("9998-12-30", None),
        ("9999-12-31", None),
        ("20261231", None),
        ("2026-W53-4", None),
        ("2026-12-31T00:00:00Z", None),
        ("2027-02-29", None),
        ("31.12.2026", None),
        (" 2026-12-31", None),
        ("", None),
    ],
)
def test_expires_on_is_a_date_in_one_form(text: str, day: date | None) -> None:
    assert read_expires_on(text) == day


@pytest.mark.parametrize(
    ("expires_on", "grace_days", "ends", "deleted"),
    [
        (date(2026, 12, 31), 7, "2027-01-01T00:00:00Z", date(2027, 1, 8)),
        (date(2028, 2, 28), 0, "2028-02-29T00:00:00Z", date(2028, 2, 29)),
        (date(999, 1, 1), 366, "0999-01-02T00:00:00Z", date(1000, 1, 3)),
    ],
)
def test_access_ends_with_the_last_day_and_data_after_the_grace_days(
    expires_on: date, grace_days: int, ends: str, deleted: date
) -> None:
    assert timestamp(access_ends(expires_on)) == ends
    assert Sandbox(grace_days=grace_days).data_deleted_on(expires_on) == deleted


def test_timestamp_is_in_utc() -> None:
    assert timestamp(datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-12-31T23:00:00Z"


@given(day=st.dates(), grace_days=st.integers(0, 366))
def test_no_data_is_deleted_while_somebody_still_has_access(day: date, grace_days: int) -> None:
    expires_on = read_expires_on(day.isoformat())
    if expires_on is None:
        assert day > date(9998, 12, 29)
        return
    deleted = Sandbox(grace_days=grace_days).data_deleted_on(expires_on)
    assert datetime.combine(expires_on, datetime.max.time(), UTC) < access_ends(expires_on)
    assert access_ends(expires_on).date() <= deleted
    assert (deleted - expires_on).days == grace_days + 1
