"""``masked-dataset-has-gate``: a masking job masks by the plan that was reviewed, tells its verdict, and is watched."""

import re
from collections.abc import Iterator
from typing import Final

from dataops_infra.policy import Stack, Violation

from .command_lines import ENTRY_POINT, SOURCE, TARGET
from .jobs import MaskingJob, masking_jobs
from .watching import Watched

PLAN_HASH, REPORT, STAGING = "--plan-hash", "--report", "--staging"
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
PINNED: Final = frozenset({"--plan", PLAN_HASH, SOURCE, TARGET, STAGING, REPORT})
"""Options by which whoever starts a job could send other data, elsewhere, by another plan."""
_PIN: Final = f"pin the reviewed plan by `{PLAN_HASH}` of `python -m {ENTRY_POINT}`"
"""``dataops mask run``, which people use by hand, masks by the plan that it is given."""


def has_gate(stack: Stack) -> Iterator[Violation]:
    """Every masking job of the stack."""
    jobs = masking_jobs(stack)
    watched = Watched(stack) if jobs else None
    for job in jobs:
        yield from _stated(job)
        if watched is not None and not stack.config["alarmsElsewhere"] and not watched.tells_of(job):
            yield Violation(
                "nobody is told when the gate refuses the copy or a run fails",
                (watched.step(job),),
                job.resource.urn,
            )


def _stated(job: MaskingJob) -> Iterator[Violation]:
    if not job.is_told:
        return
    urn = job.resource.urn
    digest = job.option(PLAN_HASH)
    if digest is None:
        yield Violation("the job masks by whatever plan it finds", (_PIN,), urn)
    elif isinstance(digest, str) and not DIGEST.fullmatch(digest):
        step = f"give `{PLAN_HASH}` the plan's digest, 64 hex digits"
        yield Violation(f"`{PLAN_HASH}` is no digest of a plan", (step,), urn)
    if job.option(REPORT) is None:
        yield Violation("the gate's verdict is kept nowhere", (f"say where by `{REPORT}`",), urn)
    loose = sorted(job.loose.intersection(PINNED))
    if loose:
        listed = ", ".join(f"`{option}`" for option in loose)
        step = "state them in `nonOverridableArguments`"
        yield Violation(f"whoever starts the job may give another {listed}", (step,), urn)
