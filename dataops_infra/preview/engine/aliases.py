"""Aliases: the former names a program declares for a resource, as URNs."""

from typing import Any

from .goals import Goal
from .records import EngineFailure, JobSpec
from .urns import is_urn, make_urn


def alias_urns(goal: Goal, job: JobSpec) -> list[str]:
    """The URNs that the goal's aliases mean, in their order. (A first preview has no old state they could match.)

    :raises EngineFailure: an alias is neither a URN nor a description of one; a former name needs ``Alias(name=...)``.
    """
    found = []
    for alias in goal.aliases:
        if alias.WhichOneof("alias") == "urn":
            found.append(_checked(alias.urn, "alias", goal))
        else:
            found.append(_urn_of_spec(alias.spec, goal, job))
    return found


def _urn_of_spec(spec: Any, goal: Goal, job: JobSpec) -> str:
    parent = "" if spec.noParent else goal.parent
    # An empty URN is what SDKs send for "the parent it has".
    if spec.parentUrn:
        parent = _checked(spec.parentUrn, "parent alias", goal)
    return make_urn(
        spec.stack or job.stack, spec.project or job.project, parent, spec.type or goal.type, spec.name or goal.name
    )


def _checked(urn: str, what: str, goal: Goal) -> str:
    if is_urn(urn):
        return urn
    problem = f'invalid URN "{urn}"' if urn else "missing required URN"
    hint = f"; a former name is written Alias(name={urn!r})" if urn and ":" not in urn else ""
    raise EngineFailure("program", f"{goal.type} {goal.name!r}: invalid {what} URN: {problem}{hint}")
