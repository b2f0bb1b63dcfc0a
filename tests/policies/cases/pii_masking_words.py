"""Cases: the forms in which a command line says that it masks, and those that do not."""

import json
from collections.abc import Sequence
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support import masking_jobs as jobs
from tests.support.rule_cases import Case

RULE = "masked-dataset-has-gate"
GLUE, CLOUD_RUN = "aws:glue/job:Job", "gcp:cloudrunv2/job:Job"
ANY_PLAN = "the job masks by whatever plan it finds"
NO_DIGEST, NO_VERDICT = "`--plan-hash` is no digest of a plan", "the gate's verdict is kept nowhere"
ELSEWHERE = {"alarmsElsewhere": True}
RUN = ["plan.yaml", "-s", "gs://lake/shop/", "-t", "gs://copies/masked"]
LONG = ["--source", "gs://lake/shop/", "--target", "gs://copies/masked"]


def cloud_run(commands: Any, args: Any = None) -> Given:
    container = {"image": "mask:1", "commands": commands} | ({} if args is None else {"args": args})
    return Given(CLOUD_RUN, {"name": "mask", "template": {"template": {"containers": [container]}}}, "job")


def case(label: str, job: Given, *said: str, **more: Any) -> Case:
    return Case(RULE, (job,), {"job": said} if said else {}, label, config=ELSEWHERE, **more)


def masks(label: str, commands: Sequence[str], args: Sequence[str] | None = None) -> Case:
    """A line that masks, and says neither by which plan nor where the verdict is kept."""
    return case(label, cloud_run(commands, args), ANY_PLAN, NO_VERDICT)


def on_eks(words: Sequence[str]) -> Given:
    pods = {"containers": [{"commands": ["python", "-m", jobs.ENTRY_POINT], "args": list(words)}]}
    return Given(jobs.BATCH, {"name": "mask", "eksProperties": {"podProperties": pods}}, "job")


def batch(digest: str, parameters: Any) -> Given:
    words = ["run", *LONG, "--key-env", "KEY", "--report", "gs://x/verdict.json", "--plan-hash", digest]
    given = {"name": "mask", "containerProperties": json.dumps({"command": words})}
    return Given(jobs.BATCH, given | ({} if parameters is None else {"parameters": parameters}), "job")


def starting_glue(arguments: dict[str, str]) -> Given:
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"Arguments": arguments}}
    return Given(jobs.STATE_MACHINE, {"name": "x", "definition": json.dumps({"States": {"Run": task}})}, "job")


TO_GLUE = {"--source": "s3://lake/shop/", "--target": "s3://copies/masked", "--key-secret": "s"}


def glue(script: str, arguments: dict[str, str]) -> Given:
    return Given(
        GLUE, {"name": "mask", "command": {"scriptLocation": script}, "nonOverridableArguments": arguments}, "job"
    )


MASKING = (
    masks("dataops-mask-run", ["dataops", "mask", "run", *RUN]),
    masks("dataops-by-path", ["/opt/masking/bin/dataops", "mask", "run"], RUN),
    masks("dataops-as-module", ["python", "-m", "dataops_infra.cli", "mask", "run", *RUN]),
    masks("dataops-long-options", ["dataops", "mask", "run", "plan.yaml", *LONG, "--key-file", "/secrets/key"]),
    masks("dataops-with-equals", ["dataops", "mask", "run", "plan.yaml", "--source=gs://lake", "--target=gs://copies"]),
    masks("behind-the-entry-point-of-an-image", [], ["mask", "run", *RUN]),
    masks("in-a-shell", ["sh", "-c", f"set -e; dataops mask run {' '.join(RUN)} && echo done"]),
    masks("in-a-login-shell", ["/bin/bash", "-lc"], [f"exec dataops mask run {' '.join(RUN)}"]),
    masks("in-a-shell-that-does-not-end", ["sh", "-c", f"dataops mask run {' '.join(RUN)} 'open"]),
    masks("entry-point", ["python", "-m", jobs.ENTRY_POINT, "plan.yaml"]),
    masks("entry-point-in-a-shell", ["sh", "-c", f"python -m {jobs.ENTRY_POINT} plan.yaml"]),
    masks("module-as-a-file", ["python", "/srv/dataops_infra/masking/engines/spark_job.py"]),
    masks("entry-point-of-the-image", LONG, ["--key-env", "KEY"]),
    masks("key-in-a-file", [*LONG, "--key-file", "/secrets/key"]),
    case(
        "of-the-shell-s-own",
        cloud_run(["sh", "-c", f"dataops mask run {' '.join(RUN)} --plan-hash $HASH --report verdict.html"]),
        NO_DIGEST,
    ),
    case("option-without-a-value", cloud_run([*LONG, "--key-env", "KEY", "--report", "r", "--plan-hash"]), NO_DIGEST),
    case("eks", on_eks(jobs.words("s3"))),
    case("eks-any-plan", on_eks(jobs.words("s3", pinned=False)), ANY_PLAN),
    case("batch-parameter", batch("Ref::digest", {"digest": jobs.DIGEST})),
    case("batch-parameter-that-is-none", batch("Ref::digest", {"digest": "latest"}), NO_DIGEST),
    case("batch-parameter-that-is-missing", batch("Ref::digest", None), NO_DIGEST),
    case("batch-parameters-unknown", batch("Ref::digest", UNKNOWN), deferred={"job": ("parameters",)}),
    case("request-to-glue", starting_glue(TO_GLUE), ANY_PLAN, NO_VERDICT),
    case("our-script", glue("s3://work/masking_job.py", {"--plan": "s3://work/plan.yaml"}), ANY_PLAN, NO_VERDICT),
)  # fmt: skip

OTHERS = (
    case("dataops-mask-verify", cloud_run(["dataops", "mask", "verify", "plan.yaml"])),
    case("dataops-of-another-word", cloud_run(["dataops", "preview", "--stack", "prod"])),
    case("source-and-target-alone", cloud_run(["rsync", *LONG])),
    case("short-options-of-others", cloud_run(["cp", "-s", "a", "-t", "b", "--key-env", "KEY"])),
    case("script-of-another-name", glue("s3://work/my_masking_job.py", {"--source": "s3://a/", "--target": "s3://b/"})),
    case("request-to-glue-of-others", starting_glue({"--input": "s3://a/"})),
    case("mask-run-of-others", cloud_run(["paint", "mask", "run", "-s", "a", "-t", "b"])),
    case("unknown-word-of-others", cloud_run(["etl", "--input", UNKNOWN])),
)

UNTOLD = tuple(
    case(label, job, deferred={"job": (path.replace("~", "template.template.containers[0].commands"),)})
    for label, job, path in (
        ("shell-line-unknown", cloud_run(["sh", "-c", UNKNOWN]), "~[2]"),
        ("shell-line-unknown-behind-an-option", cloud_run(["bash", "--norc", "-c", UNKNOWN]), "~[3]"),
        ("command-unknown", cloud_run(UNKNOWN), "~"),
        ("programme-unknown", cloud_run([UNKNOWN, "--input", "gs://lake"]), "~[0]"),
        ("verb-unknown", cloud_run(["dataops", UNKNOWN, "run"]), "~[1]"),
        ("key-unknown", cloud_run([*LONG, UNKNOWN]), "~[4]"),
        ("definitions-unknown", Given(jobs.ECS, {"containerDefinitions": UNKNOWN}, "job"), "containerDefinitions"),
        ("pods-unknown", Given(jobs.KUBE_JOB, {"spec": UNKNOWN}, "job"), "spec"),
        ("request-unknown", Given(jobs.SCHEDULE, {"target": {"input": UNKNOWN}}, "job"), "target.input"),
    )
)

CASES = (*MASKING, *OTHERS, *UNTOLD)
