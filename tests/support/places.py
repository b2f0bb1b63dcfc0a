"""Masked copies between places, as the command line makes and judges them."""

from datetime import date
from pathlib import Path
from typing import Any

from dataops_infra.masking.moving import both_fetched, deliver, ends_of_run, fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.run import RunRequest, RunResult, run
from dataops_infra.masking.verify import Verification, VerifyRequest, verify
from tests.support.masked_runs import KEY, Operators, write_plan

AS_OF = date(2026, 11, 23)


def plan_for(place: str, path: Path, operators: Operators | None = None, **more: Any) -> Path:
    """A plan for all columns of the tables at ``place``, as :func:`write_plan` makes it."""
    with fetched(open_place(place), path.parent) as folder:
        return write_plan(path, folder, operators, **more)


def copy_between(source: str, target: str, plan: Path, *, is_overwritten: bool = False) -> RunResult:
    """Mask the tables at ``source`` into ``target``."""
    place = open_place(target)
    place.check_target(is_overwritten=is_overwritten)
    with ends_of_run(open_place(source), place, plan.parent) as ends:
        asked = RunRequest(
            plan,
            ends.source,
            ends.target,
            KEY,
            is_overwritten=is_overwritten,
            as_of=AS_OF,
            names=ends.names,
            loaded=ends.tables,
            try_out=ends.try_out,
        )
        result = run(asked)
        if result.is_published:
            deliver(ends, place, is_overwritten=is_overwritten)
        return result


def judge_between(source: str, target: str, plan: Path, approval: Path | None = None) -> Verification:
    """Judge the copy at ``target``."""
    with both_fetched(open_place(source), open_place(target), plan.parent) as ends:
        return verify(
            VerifyRequest(plan, ends.source, ends.target, AS_OF, approval, names=ends.names, tables=ends.tables)
        )
