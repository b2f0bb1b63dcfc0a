"""The command line of the masking job, which the component ``MaskedTestDataset`` writes and the job's container reads.

``python -m dataops_infra.masking.engines.spark_job PLAN --source URI --target URI --key-secret REFERENCE …``
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from dataops_infra.masking.subset.request import FEW_VALUES, SubsetRequest

PROGRAM = "python -m dataops_infra.masking.engines.spark_job"

_DESCRIPTION = """\
Mask the data at SOURCE by a plan, judge the copy, and publish it at TARGET with its manifest written last.

Places are local paths, s3://bucket/prefix or gs://bucket/prefix. Exit code 0: published, 1: the gate refused and
nothing was published, 2: the job could not do its work. Each step is one line of JSON on standard output."""
_GLUE_OWN = frozenset(
    """
    JOB_NAME JOB_ID JOB_RUN_ID TempDir job-language job-bookmark-option job-bookmark-from job-bookmark-to
    enable-metrics enable-observability-metrics enable-continuous-cloudwatch-log enable-spark-ui spark-event-logs-path
    enable-glue-datacatalog enable-job-insights additional-python-modules extra-py-files extra-files conf scriptLocation
    continuous-log-logGroup security-configuration
    """.split()  # noqa: SIM905 - a list of words
)
"""Arguments of AWS Glue itself, each with a value, which it hands to the script among the job's own."""


class Engine(StrEnum):
    """Where the rows are masked."""

    local = "local"
    """In this process; needs no Java."""
    spark = "spark"
    """By the executors of a Spark application, whose driver this process is."""


@dataclass(frozen=True)
class JobArguments:
    """What one job is to do; exactly one of the three keys is given."""

    plan: str
    source: str
    target: str
    staging: str | None
    """Of a target in a store: the prefix below which the copy is made; None = ``_staging/`` below the target."""
    key_secret: str | None
    """ARN of an AWS secret, or ``projects/P/secrets/S[/versions/V]`` of GCP Secret Manager."""
    key_file: str | None
    key_env: str | None
    plan_hash: str | None
    """The digest that the plan must have; None = any."""
    report: str | None
    """Where the gate's verdict is written as JSON, also when it refuses."""
    engine: Engine
    threads: int | None
    """Of the local engine; None = one a core."""
    work_dir: str | None
    """Folder for private working files; None = the system's."""
    is_overwritten: bool
    approval: str | None
    subset: SubsetRequest | None
    """Which rows are masked; None = all."""
    as_of: date


def parser() -> argparse.ArgumentParser:
    """The parser; its option names are a contract with the components that deploy the job."""
    made = argparse.ArgumentParser(PROGRAM, description=_DESCRIPTION, formatter_class=argparse.RawTextHelpFormatter)
    plan = made.add_mutually_exclusive_group(required=True)
    plan.add_argument("plan", nargs="?", metavar="PLAN", help="the plan: a local path or a URI")
    plan.add_argument(
        "--plan", dest="named_plan", metavar="URI", help="the same, where all arguments need a name (Glue)"
    )
    made.add_argument("--source", required=True, metavar="URI", help="the data to mask")
    made.add_argument("--target", required=True, metavar="URI", help="where the masked copy goes")
    made.add_argument(
        "--staging", metavar="URI", help="of a target in a store: where the copy is made; default: _staging/ below it"
    )
    key = made.add_mutually_exclusive_group(required=True)
    key.add_argument(
        "--key-secret",
        metavar="REFERENCE",
        help="ARN of an AWS Secrets Manager secret, or projects/P/secrets/S[/versions/V] of GCP Secret Manager",
    )
    key.add_argument("--key-file", metavar="FILE", help="a local file with the key")
    key.add_argument("--key-env", metavar="NAME", help="an environment variable with the key")
    made.add_argument("--plan-hash", metavar="SHA256", help="refuse a plan with another digest")
    made.add_argument("--report", metavar="URI", help="write the gate's verdict here as JSON")
    made.add_argument("--engine", type=Engine, choices=list(Engine), default=Engine.spark, help="default: spark")
    made.add_argument("--threads", type=_positive, metavar="N", help="of the local engine; default: one a core")
    made.add_argument("--work-dir", metavar="DIR", help="folder for private working files; default: the system's")
    made.add_argument(
        "--overwrite",
        nargs="?",
        type=_yes_or_no,
        const=True,
        default=False,
        metavar="true|false",
        help="replace a former masked copy at the target",
    )
    part = made.add_argument_group("a part of the source (docs/guides/subsets.md)")
    part.add_argument("--root", metavar="TABLE", help="the table that the subset grows from")
    part.add_argument("--rows", type=int, metavar="N", help="how many rows of it")
    part.add_argument("--fraction", type=float, metavar="F", help="or which share of its rows")
    part.add_argument("--where", metavar="SQL", help="only of rows that meet a condition on its columns")
    part.add_argument(
        "--keep-values", type=int, default=FEW_VALUES, metavar="N", help="keep all values of columns of at most N"
    )
    made.add_argument("--approval", metavar="URI", help="who answers for sharing the copy externally")
    made.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help="judge dates on this day; default: today"
    )
    return made


def read_arguments(words: Sequence[str] | None = None) -> JobArguments:
    """The arguments in ``words``, or of this process.

    :raises SystemExit: 2, after one sentence on standard error.
    """
    found = parser().parse_args(_without_glue(sys.argv[1:] if words is None else words))
    return JobArguments(
        plan=found.plan or found.named_plan,
        source=found.source,
        target=found.target,
        staging=found.staging,
        key_secret=found.key_secret,
        key_file=found.key_file,
        key_env=found.key_env,
        plan_hash=found.plan_hash,
        report=found.report,
        engine=found.engine,
        threads=found.threads,
        work_dir=found.work_dir,
        is_overwritten=found.overwrite,
        approval=found.approval,
        subset=_subset(found),
        as_of=found.as_of or datetime.now(UTC).date(),
    )


def _subset(found: argparse.Namespace) -> SubsetRequest | None:
    asked = SubsetRequest(found.root, found.rows, found.fraction, found.where, found.keep_values)
    return None if asked == SubsetRequest() else asked


def _without_glue(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        name, is_joined, _value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in _GLUE_OWN:
            kept.append(word)
        elif not is_joined:
            next(rest, None)
    return kept


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
