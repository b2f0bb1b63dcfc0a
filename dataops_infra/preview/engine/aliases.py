"""Aliases: the former names a program declares for a resource, as URNs."""

from typing import Any

from .goals import Goal
from .records import JobSpec
from .urns import make_urn


def alias_urns(goal: Goal, job: JobSpec) -> list[str]:
    """The URNs that the goal's aliases mean, in their order. (A first preview has no old state they could match.)"""
    found = list(goal.alias_urns)
    for alias in goal.aliases:
        found.append(alias.urn if alias.WhichOneof("alias") == "urn" else _urn_of_spec(alias.spec, goal, job))
    return found


def _urn_of_spec(spec: Any, goal: Goal, job: JobSpec) -> str:
    parent = goal.parent
    if spec.WhichOneof("parent") == "parentUrn":
        parent = spec.parentUrn
    elif spec.noParent:
        parent = ""
    return make_urn(
        spec.stack or job.stack, spec.project or job.project, parent, spec.type or goal.type, spec.name or goal.name
    )
