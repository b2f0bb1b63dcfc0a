"""On what terms a sandbox exists, the same on both clouds: its last day, its budget, its members, its data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.sandboxes import (
    LEAST_BUDGET_USD,
    MOST_BUDGET_USD,
    access_ends,
    expected_expires_on,
    read_expires_on,
    timestamp,
)
from dataops_infra.conventions.tags import EXPIRES_ON, SANDBOX_ZONE, ZONE
from dataops_infra.foundation.deletion import Deletion
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import Placement, read_call

_REFUSED = {
    "readers": "no readers: a sandbox is open to its members only",
    "writers": "no writers: a sandbox is open to its members only",
    "deletion_protection": "nothing: a sandbox ends, and its data with it",
    "retention_class": "nothing: a sandbox's data stays until expires_on and the grace days",
}
"""What other components take and a sandbox does not, and why."""
MOST_GIB = 2**30
"""An exbibyte: a limit of more bytes is a mistake, and soon more than the clouds' numbers hold (64 bits)."""
SANDBOX_GOES_WITH_ITS_DATA = Deletion(protected=False, destroys_data=True)
"""What a sandbox inverts: no key has to turn, for it was made to end."""


@dataclass(frozen=True)
class Terms:
    """When one sandbox ends.

    :param expires_on: the last day on which members get in, in UTC.
    :param access_ends: the first instant without access, as IAM conditions of both clouds take it.
    :param data_deleted_on: the first day on which data is deleted.
    """

    expires_on: date
    access_ends: str
    data_deleted_on: date

    @property
    def tags(self) -> dict[str, str]:
        """What marks everything that belongs to the sandbox."""
        return {ZONE: SANDBOX_ZONE, EXPIRES_ON: self.expires_on.isoformat()}


def read_sandbox(mistakes: Mistakes, name: object, args: object, spec: type) -> tuple[dict[str, Any], Placement, Terms]:
    """What both clouds' sandboxes begin with: sound arguments with their defaults, the placement, and the terms."""
    _refuse_what_lakes_take(mistakes, args)

    def complete(conventions: Conventions, sound: dict[str, Any]) -> dict[str, Any]:
        # The highest level that a sandbox may have is the one that it has. What an environment may hold is told
        # second: a level that fits the environment can still be too high.
        given = {"data_classification": conventions.sandbox.classification_at_most, **sound}
        _check_level(mistakes, conventions, given["data_classification"])
        return given

    given, placement = read_call(mistakes, name, args, spec, complete)
    return given, placement, _read_terms(mistakes, placement.conventions, given)


def _refuse_what_lakes_take(mistakes: Mistakes, args: object) -> None:
    # Before the arguments are checked: that could only say that there is no such argument.
    for argument, expected in _REFUSED.items():
        if isinstance(args, Mapping) and args.get(argument) is not None:
            mistakes.add(argument, expected, argument)


def given_of(args: Mapping[str, Any], argument: str) -> dict[str, Any]:
    """What was given in a nested argument; nothing where it was left out, and ``None`` is left out too."""
    return {key: value for key, value in args.get(argument, {}).items() if value is not None}


def _read_terms(mistakes: Mistakes, conventions: Conventions, args: Mapping[str, Any]) -> Terms:
    """Check what both clouds' sandboxes are asked for.

    Where the day is wrong the terms hold a stand-in, and ``mistakes`` must be asked to stop before they are used.
    """
    if not args.get("members", True):
        mistakes.add("members", "at least one member", [])
    budget = args.get("monthly_budget_usd", LEAST_BUDGET_USD)
    if not LEAST_BUDGET_USD <= budget <= MOST_BUDGET_USD or round(budget, 2) != budget:
        expected = f"{LEAST_BUDGET_USD} to {MOST_BUDGET_USD:,} US dollars, in whole cents"
        mistakes.add("monthly_budget_usd", expected, budget)
    if SANDBOX_ZONE not in conventions.lake.zones:
        mistakes.add("lake.zones in dataops.yaml", f"the zone {SANDBOX_ZONE!r}", ", ".join(conventions.lake.zones))
    text = args.get("expires_on", "")
    day = read_expires_on(text)
    if day is None:
        mistakes.add("expires_on", expected_expires_on(text), text)
    last = day or date.min
    return Terms(last, timestamp(access_ends(last)), conventions.sandbox.data_deleted_on(last))


def _check_level(mistakes: Mistakes, conventions: Conventions, level: str) -> None:
    highest, levels = conventions.sandbox.classification_at_most, conventions.classification
    if level in levels.levels and levels.rank(level) > levels.rank(highest):
        mistakes.add("data_classification", f"{highest} or a lower level: what a sandbox may hold", level)
