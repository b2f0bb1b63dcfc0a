"""From what was counted to a :class:`Check`."""

from collections.abc import Sequence

from dataops_infra.masking.gate.model import Check, Verdict


def judged(
    name: str,
    observed: float | int | str,
    allowed: float | int | str,
    table: str | None = None,
    column: str | None = None,
    explanation: str = "",
    examples: Sequence[str] = (),
    fails: bool | None = None,
    note: str = "",
) -> Check:
    """A check that refuses when more was observed than is allowed.

    :param explanation: what is wrong and what to do about it; left out where the check passes.
    :param fails: whether it refuses, where that is no matter of more or less.
    :param note: how it was looked at, told either way.
    """
    refuses = _exceeds(observed, allowed) if fails is None else fails
    return Check(
        name=name,
        verdict=Verdict.FAIL if refuses else Verdict.PASS,
        observed=observed,
        allowed=allowed,
        table=table,
        column=column,
        explanation="; ".join(filter(None, (explanation if refuses else "", note))),
        examples=tuple(dict.fromkeys(examples)) if refuses else (),
    )


def _exceeds(observed: float | int | str, allowed: float | int | str) -> bool:
    if isinstance(observed, str) or isinstance(allowed, str):
        return observed != allowed
    return observed > allowed
