"""Cases: masking jobs that a request, a schedule or a trigger starts, judged by what of the stack runs them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support import masking_jobs as jobs
from tests.support.rule_cases import Case

GATE, LEAK = "masked-dataset-has-gate", "masked-job-cannot-leak"
ANY_PLAN = "the job masks by whatever plan it finds"
NO_VERDICT = "the gate's verdict is kept nowhere"
UNWATCHED = "nobody is told when the gate refuses the copy or a run fails"
ELSEWHERE = "a statement lets the job write objects elsewhere than its copy"
NOWHERE = "the job reaches the internet: it runs in no network of the organisation's"
OPEN_GROUP = "the job reaches the internet: its security group lets everything out"
QUIET = {"alarmsElsewhere": True}
LINE = jobs.words("s3")
OPTIONS = dict(zip(LINE[::2], LINE[1::2], strict=True))
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:run-mask"
GROUP = Given(
    "aws:ec2/securityGroup:SecurityGroup",
    {"id": "sg-1", "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]},
    "group",
)
DROP = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::drop/*"}
RIGHTS = Given(jobs.ROLE_POLICY, {"role": "masker", "policy": json.dumps({"Statement": [DROP]})}, "rights")


def machine(resource: str, parameters: Mapping[str, Any]) -> Given:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    return Given(jobs.STATE_MACHINE, {"name": "nightly", "definition": json.dumps({"States": {"Run": task}})}, "job")


def case(rule: str, label: str, *resources: Given, at: str = "", said: str = "", **more: Any) -> Case:
    return Case(rule, resources, {at: (said,)} if at else {}, label, **more)


# --- EMR ------------------------------------------------------------------------------------------------------------

STEP = {
    "Name": "mask",
    "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://w/masking_job.py", *LINE]},
}
ADDED = machine("elasticmapreduce:addStep.sync", {"ClusterId": "j-1", "Step": STEP})
LATE = replace(
    machine("elasticmapreduce:addStep.sync", {"ClusterId.$": "$.cluster", "Step": STEP}),
    depends_on={"definition": ["cluster"]},
)
_MACHINES = {"instanceProfile": "spark", "additionalMasterSecurityGroups": "sg-9,sg-1"}
CLUSTER = Given(jobs.EMR_CLUSTER, {"id": "j-1", "name": "spark", "ec2Attributes": _MACHINES}, "cluster")
OTHER = replace(CLUSTER, properties={**CLUSTER.properties, "id": "j-2"})
ON_EMR = (
    case(GATE, "step-is-watched", ADDED, *jobs.failed("aws.emr", state=["FAILED"])),
    case(GATE, "step-is-watched-by-name", ADDED, *jobs.failed("aws.emr", state=["FAILED"], name=["mask"])),
    case(GATE, "step-is-not-watched", ADDED, *jobs.failed("aws.glue", state=["FAILED"]), at="job", said=UNWATCHED),
    case(LEAK, "step-writes-elsewhere", ADDED, CLUSTER, jobs.MACHINES, jobs.MASKING_ROLE, RIGHTS, at="rights",
         said=ELSEWHERE, needless=frozenset({"cluster.id", "job.name"})),
    case(LEAK, "step-on-a-cluster-that-it-is-made-from", CLUSTER, LATE, jobs.MACHINES, jobs.MASKING_ROLE, RIGHTS,
         at="rights", said=ELSEWHERE),
    case(LEAK, "step-on-another-cluster", ADDED, OTHER, jobs.MACHINES, jobs.MASKING_ROLE, RIGHTS),
    case(LEAK, "step-on-machines-that-are-let-out", ADDED, CLUSTER, GROUP, at="group", said=OPEN_GROUP,
         needless=frozenset({"cluster.id", "group.id"})),
)  # fmt: skip


# --- functions ------------------------------------------------------------------------------------------------------


def zipped(**more: Any) -> Given:
    """A function that does what its event says."""
    given = {"name": "run-mask", "role": jobs.MASKER_ROLE, "handler": "app.handler", "runtime": "python3.13"}
    return Given(jobs.LAMBDA, {**given, "vpcConfig": {"securityGroupIds": ["sg-1"]}, **more}, "function")


CALLED = machine("lambda:invoke", {"FunctionName": FUNCTION, "Payload": {"args": LINE}})
SCHEDULED = Given(
    jobs.SCHEDULE, {"name": "nightly", "target": {"arn": FUNCTION, "input": json.dumps({"args": LINE})}}, "job"
)
SENT = Given(jobs.EVENT_TARGET, {"rule": "nightly", "arn": FUNCTION, "input": json.dumps({"args": LINE})}, "job")
TRANSFORMED = {"inputPaths": {"day": "$.time"}, "inputTemplate": json.dumps({"args": LINE, "day": "<day>"})}
BY_TEMPLATE = Given(jobs.EVENT_TARGET, {"rule": "nightly", "arn": FUNCTION, "inputTransformer": TRANSFORMED}, "job")
IN_NO_NETWORK = replace(zipped(), properties={k: v for k, v in zipped().properties.items() if k != "vpcConfig"})
STARTERS = {"called": CALLED, "scheduled": SCHEDULED, "sent": SENT, "by-template": BY_TEMPLATE}
# A function's name that nobody knows yet is none that somebody wrote into a request.
UNNAMED = frozenset({"function.name"})
ON_FUNCTIONS = tuple(
    each
    for label, job in STARTERS.items()
    for each in (
        case(GATE, f"function-{label}", job, zipped(), *jobs.alarm("run-mask"), needless=UNNAMED),
        case(GATE, f"function-{label}-alarm-of-another", job, zipped(), *jobs.alarm("etl"), at="job", said=UNWATCHED,
             needless=UNNAMED),
        case(LEAK, f"function-{label}-in-a-network", job, zipped(), needless=UNNAMED),
        case(LEAK, f"function-{label}-in-no-network", job, IN_NO_NETWORK, at="function", said=NOWHERE,
             needless=UNNAMED),
        case(LEAK, f"function-{label}-writes-elsewhere", job, zipped(), jobs.MASKING_ROLE, RIGHTS, at="rights",
             said=ELSEWHERE, needless=UNNAMED),
    )
)  # fmt: skip


def variables(label: str, *said: str, handler: str = "app.handler", **given: Any) -> Case:
    job = jobs.zipped((), **given)
    job = replace(job, properties={**job.properties, "handler": handler})
    return Case(GATE, (job,), {"job": said} if said else {}, label, config=QUIET)


OURS = f"{jobs.ENTRY_POINT}.main"
SIDES = {"SOURCE": "s3://lake/shop/", "TARGET": "s3://copies/masked"}
OF_VARIABLES = (
    variables("variables-that-name-options", ANY_PLAN, NO_VERDICT, **SIDES, KEY_SECRET="mask"),
    variables("variables-of-ours", ANY_PLAN, NO_VERDICT, MASK_SOURCE="s3://a/", MASK_TARGET="s3://b/",
              MASK_KEY_ENV="K"),
    variables("variables-all", **SIDES, KEY_SECRET="mask", PLAN_HASH=jobs.DIGEST, REPORT="s3://copies/verdict.json"),
    variables("variables-no-digest", "`--plan-hash` is no digest of a plan", **SIDES, KEY_SECRET="mask",
              PLAN_HASH="latest", REPORT="s3://copies/verdict.json"),
    variables("handler-of-ours", ANY_PLAN, NO_VERDICT, handler=OURS, LOG_LEVEL="info"),
    variables("handler-of-ours-by-path", ANY_PLAN, handler=OURS.replace(".", "/", 3), REPORT="s3://x/verdict.json"),
    variables("variables-of-a-copier", **SIDES, KEY_FILE="/opt/sftp.key"),
    variables("variables-of-others", LINE="dataops mask verify", OPTIONS="--source a --target b"),
    Case(GATE, (jobs.zipped((), MASK_ARGUMENTS=UNKNOWN),), label="variable-of-ours-unknown", config=QUIET,
         deferred={"job": ("environment.variables.MASK_ARGUMENTS",)}),
    Case(GATE, (jobs.zipped((), TABLE=UNKNOWN),), label="variable-of-others-unknown", config=QUIET),
    Case(GATE, (replace(jobs.zipped(()), properties={"name": "mask", "handler": OURS}),),
         {"job": (ANY_PLAN, NO_VERDICT)}, "handler-without-variables", config=QUIET),
)  # fmt: skip


# --- Glue -----------------------------------------------------------------------------------------------------------

GLUE_STARTED = machine("glue:startJobRun.sync", {"JobName": "spark", "Arguments": OPTIONS})
OPEN_JOB = replace(jobs.STARTED, properties={k: v for k, v in jobs.STARTED.properties.items() if k != "connections"})


def triggered(arguments: Any, **more: Any) -> Given:
    return Given(
        jobs.TRIGGER, {"type": "SCHEDULED", "actions": [{"jobName": "spark", "arguments": arguments}], **more}, "job"
    )


def glue(**more: Any) -> Given:
    return replace(jobs.STARTED, properties={**jobs.STARTED.properties, **more})


SIDES_OF_JOB = {"--source": "s3://lake/shop/", "--target": "s3://copies/masked"}
REST = {name: text for name, text in OPTIONS.items() if name not in SIDES_OF_JOB}
UNPINNED = {name: text for name, text in REST.items() if name != "--plan-hash"}
ON_GLUE = (
    case(LEAK, "request-to-a-job-in-a-network", GLUE_STARTED, jobs.STARTED),
    case(LEAK, "request-to-a-job-in-no-network", GLUE_STARTED, OPEN_JOB, at="glue", said=NOWHERE,
         needless=frozenset({"glue.name"})),
    case(LEAK, "request-to-a-job-that-writes-elsewhere", GLUE_STARTED, jobs.STARTED, jobs.MASKING_ROLE, RIGHTS,
         at="rights", said=ELSEWHERE, needless=frozenset({"glue.name"})),
    case(LEAK, "trigger-of-a-job-in-no-network", triggered(OPTIONS), OPEN_JOB, at="glue", said=NOWHERE),
    case(LEAK, "trigger-of-a-job-of-another-stack", triggered(OPTIONS)),
    case(GATE, "trigger-watched-by-the-job-s-name", triggered(OPTIONS), jobs.STARTED,
         *jobs.failed("aws.glue", state=["FAILED"], jobName=["spark"])),
    case(GATE, "trigger-watched-by-another-name", triggered(OPTIONS), jobs.STARTED,
         *jobs.failed("aws.glue", state=["FAILED"], jobName=["etl"]), at="job", said=UNWATCHED),
    case(GATE, "trigger-adds-to-the-job", triggered(SIDES_OF_JOB), glue(defaultArguments=REST), config=QUIET),
    case(GATE, "trigger-adds-no-plan", triggered(SIDES_OF_JOB), glue(defaultArguments=UNPINNED), at="job",
         said=ANY_PLAN, config=QUIET),
    case(GATE, "trigger-of-our-script", triggered({"--plan": "s3://work/plan.yaml", "--report": "s3://copies/v.json"}),
         glue(command={"scriptLocation": "w/masking_job.py"}, nonOverridableArguments={"--plan-hash": jobs.DIGEST}),
         at="glue", said=NO_VERDICT, config=QUIET),  # who starts the job by hand may leave it out
    case(GATE, "trigger-cannot-change-what-the-job-fixes", triggered({**OPTIONS, "--plan-hash": "latest"}),
         glue(nonOverridableArguments={"--plan-hash": jobs.DIGEST}), config=QUIET),
    case(GATE, "trigger-changes-what-the-job-leaves-open", triggered({**OPTIONS, "--plan-hash": "latest"}),
         glue(defaultArguments={"--plan-hash": jobs.DIGEST}), at="job",
         said="`--plan-hash` is no digest of a plan", config=QUIET),
    case(LEAK, "request-to-another-job", GLUE_STARTED, replace(OPEN_JOB, properties={"name": "etl"})),
    case(GATE, "trigger-of-others", triggered({"--input": "s3://lake/"}), glue(defaultArguments=REST), config=QUIET),
    case(GATE, "trigger-of-a-crawler", Given(jobs.TRIGGER, {"actions": [{"crawlerName": "x"}]}, "job"), jobs.STARTED),
    case(GATE, "trigger-of-a-dataset-unknown", triggered(UNKNOWN, tags={"test-dataset": "orders"}), config=QUIET,
         deferred={"job": ("actions[0].arguments",)}),
)  # fmt: skip

# --- Dataproc -------------------------------------------------------------------------------------------------------

TEMPLATE = jobs.template(jobs.words("gs"))
SELECTOR = {"clusterSelector": {"clusterLabels": {"for": "masking"}}}
SELECTED = replace(TEMPLATE, properties={**TEMPLATE.properties, "placement": SELECTOR})
PUBLIC = {"serviceAccount": jobs.MASKER, "internalIpOnly": False}


def labelled(value: str) -> Given:
    return Given(jobs.CLUSTER, {"labels": {"for": value}, "clusterConfig": {"gceClusterConfig": PUBLIC}}, "cluster")


def managed(**machines: Any) -> Given:
    cluster = {"clusterName": "x", "config": {"gceClusterConfig": {"serviceAccount": jobs.MASKER, **machines}}}
    properties = {**SELECTED.properties, "placement": {"managedCluster": cluster}}
    return replace(SELECTED, properties=properties)


PUBLIC_CLUSTER = "the job reaches the internet: its cluster has public addresses"
ON_DATAPROC = (
    case(LEAK, "template-on-private-machines", managed(internalIpOnly=True)),
    case(LEAK, "template-on-public-machines", managed(), at="job", said=PUBLIC_CLUSTER),
    case(LEAK, "template-that-selects-public-machines", SELECTED, labelled("masking"), at="cluster",
         said=PUBLIC_CLUSTER),
    case(LEAK, "template-that-selects-others", SELECTED, labelled("etl")),
)  # fmt: skip

CASES = (*ON_EMR, *ON_FUNCTIONS, *OF_VARIABLES, *ON_GLUE, *ON_DATAPROC)
