"""Cases: masking jobs with a gate, and without."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

RULE = "masked-dataset-has-gate"
GLUE, EMR = "aws:glue/job:Job", "aws:emrserverless/application:Application"
CLOUD_RUN, WORKFLOW = "gcp:cloudrunv2/job:Job", "gcp:workflows/workflow:Workflow"
EVENT_RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
DIGEST = "0123456789abcdef" * 4
OPTIONS = {
    "--plan": "s3://work/plan.yaml",
    "--source": "s3://lake/shop/",
    "--target": "s3://copies/masked/",
    "--staging": "s3://copies/staging/",
    "--key-secret": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:key",
    "--plan-hash": DIGEST,
    "--report": "s3://work/verdict.json",
}
ANY_PLAN = "the job masks by whatever plan it finds"
NO_DIGEST = "`--plan-hash` is no digest of a plan"
NO_VERDICT = "the gate's verdict is kept nowhere"
UNWATCHED = "nobody is told when the gate refuses the copy or a run fails"


def options(**changed: str | None) -> dict[str, str]:
    """The options, with some of them changed or, where None, left out; ``plan_hash`` is ``--plan-hash``."""
    named = {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return {name: value for name, value in (OPTIONS | named).items() if value is not None}


def glue(given: Mapping[str, str], **more: Any) -> Given:
    return Given(GLUE, {"name": "mask", "nonOverridableArguments": dict(given), **more}, "job")


def cloud_run(given: Mapping[str, str]) -> Given:
    words = ["gs://work/plan.yaml", *(word for pair in given.items() if pair[0] != "--plan" for word in pair)]
    container = {"image": "mask:1", "args": words}
    return Given(CLOUD_RUN, {"name": "mask", "template": {"template": {"containers": [container]}}}, "job")


def workflow(given: Mapping[str, str]) -> Given:
    words = ["gs://work/plan.yaml", *(word for pair in given.items() if pair[0] != "--plan" for word in pair)]
    source = {"main": {"steps": [{"submit": {"args": {"body": {"pysparkBatch": {"args": words}}}}}]}}
    return Given(WORKFLOW, {"name": "mask", "sourceContents": json.dumps(source)}, "job")


def rule(detail: Mapping[str, Any] | None = None, **more: Any) -> Given:
    found = {"jobName": ["mask"], "state": ["FAILED", "TIMEOUT"]} if detail is None else detail
    pattern = json.dumps({"source": ["aws.glue"], "detail": found})
    return Given(EVENT_RULE, {"name": "failed", "eventPattern": pattern, **more}, "rule")


SENT = Given(TARGET, {"rule": "failed", "arn": "arn:aws:sns:eu-west-1:111111111111:alarms"}, "target")
TOLD = Given(
    ALERT,
    {
        "conditions": [{"conditionPrometheusQueryLanguage": {"query": 'failed{job_name="mask"} > 0'}}],
        "notificationChannels": ["projects/acme/notificationChannels/1"],
    },
    "alert",
)


def case(label: str, *resources: Given, said: tuple[str, ...] = (), **more: Any) -> Case:
    return Case(RULE, resources, {"job": said} if said else {}, label, **more)


def watched(label: str, job: Given, *said: str, **more: Any) -> Case:
    """A job that somebody is told of."""
    telling = (rule(), SENT) if job.type == GLUE else (TOLD,)
    return case(label, job, *telling, said=said, **more)


def joined(where: str) -> Given:
    """A Cloud Run job whose options are single words, in one of the container's lists."""
    words = [f"{name}={value}" for name, value in options(plan_hash=None).items()]
    return Given(CLOUD_RUN, {"name": "mask", "template": {"template": {"containers": [{where: words}]}}}, "job")


YAML_WORKFLOW = """
main:
  steps:
    - submit:
        args: &arguments [--source, gs://lake/shop, --target=gs://copies/masked, --key-secret, projects/p/secrets/s]
    - again: *arguments
"""
UNKNOWN_RULE = Given(
    EVENT_RULE, {"name": "failed", "eventPattern": UNKNOWN}, "rule", depends_on={"eventPattern": ("job",)}
)
EMR_FAILED = {"state": ["FAILED"]}


def started_by(role: str, detail: Mapping[str, Any] | None = None) -> Given:
    """A rule on runs of EMR Serverless that one role started."""
    by = {"createdBy": [{"wildcard": f"arn:aws:sts::111111111111:assumed-role/{role}/*"}]}
    pattern = {"source": ["aws.emr-serverless"], "detail": {**EMR_FAILED, **by} if detail is None else detail}
    return Given(EVENT_RULE, {"name": "failed", "eventPattern": json.dumps(pattern)}, "rule")


_MADE = Given(EMR, {"name": "mask", "tags": {"test-dataset": "shop"}}, "job")
_EMR_RULE = Given(
    EVENT_RULE, {"name": "failed", "eventPattern": UNKNOWN}, "rule", depends_on={"eventPattern": ("job",)}
)

CASES = (
    watched("glue", glue(OPTIONS)),
    watched("cloud-run", cloud_run(OPTIONS)),
    watched("workflow", workflow(OPTIONS)),
    case("emr", _MADE, _EMR_RULE, SENT),
    case("emr-by-its-starter", _MADE, started_by("shop-run"), SENT),
    case("emr-by-another-starter", _MADE, started_by("crm-run"), SENT, said=(UNWATCHED,)),
    case("emr-of-every-starter", _MADE, started_by("shop-run", EMR_FAILED), SENT),
    case("another-glue-job", Given(GLUE, {"name": "etl", "defaultArguments": {"--source": "s3://a/"}}, "job")),
    case("another-cloud-run-job", cloud_run({"--source": "gs://a/"})),
    case("another-workflow", Given(WORKFLOW, {"name": "x", "sourceContents": "main:\n  steps: []\n"}, "job")),
    case("another-emr-application", Given(EMR, {"name": "x", "tags": {"team": "crm"}}, "job")),
    watched("args-in-one-word", joined("args"), ANY_PLAN),
    watched("commands-in-one-word", joined("commands"), ANY_PLAN),
    watched(
        "yaml-workflow",
        Given(WORKFLOW, {"name": "mask", "sourceContents": YAML_WORKFLOW}, "job"),
        ANY_PLAN,
        NO_VERDICT,
    ),
    case(
        "hostile-workflow",
        Given(WORKFLOW, {"name": "x", "sourceContents": "a: [!!python/object:os.system {}, {"}, "job"),
    ),
    # A job's own name is known: what is unknown in the pattern may be any state.
    case("rule-unknown", glue(OPTIONS), UNKNOWN_RULE, SENT, deferred={"rule": ("eventPattern",)}),
    watched("glue-any-plan", glue(options(plan_hash=None)), ANY_PLAN),
    watched("cloud-run-any-plan", cloud_run(options(plan_hash=None)), ANY_PLAN),
    watched("workflow-any-plan", workflow(options(plan_hash=None)), ANY_PLAN),
    watched("no-digest", glue(options(plan_hash="latest")), NO_DIGEST),
    watched("no-verdict", cloud_run(options(report=None)), NO_VERDICT),
    watched(
        "overridable",
        glue(options(source=None), defaultArguments={"--source": "s3://lake/shop/"}),
        "whoever starts the job may give another `--source`",
    ),
    watched("default-that-is-fixed-too", glue(OPTIONS, defaultArguments={"--source": "s3://lake/"})),
    case("unwatched-glue", glue(OPTIONS), said=(UNWATCHED,)),
    case("unwatched-cloud-run", cloud_run(OPTIONS), said=(UNWATCHED,)),
    case("unwatched-workflow", workflow(OPTIONS), said=(UNWATCHED,)),
    case("unwatched-emr", _MADE, said=(UNWATCHED,)),
    case("watched-elsewhere", glue(OPTIONS), config={"alarmsElsewhere": True}),
    case("rule-without-target", glue(OPTIONS), rule(), said=(UNWATCHED,)),
    case("rule-that-is-off", glue(OPTIONS), rule(state="DISABLED"), SENT, said=(UNWATCHED,)),
    case("rule-of-another-job", glue(OPTIONS), rule({"jobName": ["etl"]}), SENT, said=(UNWATCHED,)),
    case("rule-of-success", glue(OPTIONS), rule({"state": ["SUCCEEDED"]}), SENT, said=(UNWATCHED,)),
    case("rule-of-every-job", glue(OPTIONS), rule({"state": ["FAILED"]}), SENT),
    case(
        "alert-without-channels",
        cloud_run(OPTIONS),
        Given(ALERT, {**TOLD.properties, "notificationChannels": []}, "alert"),
        said=(UNWATCHED,),
    ),
    case(
        "alert-that-is-off",
        cloud_run(OPTIONS),
        Given(ALERT, {**TOLD.properties, "enabled": False}, "alert"),
        said=(UNWATCHED,),
    ),
    case(
        "arguments-unknown",
        Given(GLUE, {"name": "x", "nonOverridableArguments": UNKNOWN}, "job"),
        deferred={"job": ("nonOverridableArguments",)},
    ),
)
