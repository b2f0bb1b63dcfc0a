"""Cases: hand-written masking jobs of every type, under all three rules, each with a twin that is wrong."""

import json
from collections.abc import Callable, Mapping, Sequence

from dataops_infra.policy.judging import Given
from tests.support import masking_jobs as jobs
from tests.support.rule_cases import Case

GATE, LEAK, CONSUMER = "masked-dataset-has-gate", "masked-job-cannot-leak", "masked-source-not-readable-by-consumer"
ANY_PLAN = "the job masks by whatever plan it finds"
UNWATCHED = "nobody is told when the gate refuses the copy or a run fails"
ELSEWHERE = "a statement lets the job write objects elsewhere than its copy"
BOTH = "{} may read the masked copy and what it is made of"


_EMR_FAILED = jobs.failed("aws.emr-serverless", state=["FAILED"], applicationId=[jobs.APPLICATION])
Maker = Callable[[Sequence[str]], Given]
KINDS: Mapping[str, tuple[Maker, tuple[Given, ...], tuple[Given, ...]]] = {
    "ecs": (
        jobs.ecs,
        jobs.failed("aws.ecs", lastStatus=["STOPPED"], taskDefinitionArn=[jobs.TASK]),
        jobs.failed("aws.ecs", lastStatus=["RUNNING"]),
    ),
    "batch": (
        jobs.batch,
        jobs.failed("aws.batch", status=["FAILED"]),
        jobs.failed(
            "aws.batch",
            status=["FAILED"],
            jobDefinition=["arn:aws:batch:eu-west-1:111111111111:job-definition/etl"],
        ),
    ),
    "lambda": (jobs.function, jobs.alarm(), jobs.alarm("etl")),
    "lambda-zip": (jobs.zipped, jobs.alarm(), jobs.alarm("etl")),
    "glue-trigger": (
        jobs.trigger,
        jobs.failed("aws.glue", state=["FAILED"]),
        jobs.failed("aws.glue", state=["SUCCEEDED"]),
    ),
    "emr-step": (
        jobs.emr_step,
        jobs.failed("aws.emr", state=["FAILED"]),
        jobs.failed("aws.emr-serverless", state=["FAILED"]),
    ),
    "state-machine": (jobs.state_machine, _EMR_FAILED, jobs.failed("aws.glue", state=["FAILED"])),
    "schedule": (jobs.schedule, _EMR_FAILED, jobs.failed("aws.emr-serverless", state=["SUCCESS"])),
    "event-target": (
        jobs.event_target,
        jobs.failed("aws.ecs", lastStatus=["STOPPED"]),
        jobs.failed("aws.glue", state=["FAILED"]),
    ),
    "worker-pool": (
        jobs.pool,
        jobs.alert('resource.labels.worker_pool_name="mask"'),
        jobs.alert('resource.labels.job_name="etl"'),
    ),
    "service": (jobs.service, jobs.alert('resource.labels.service_name="mask"'), ()),
    "dataproc-job": (
        jobs.dataproc_job,
        jobs.alert('resource.type="cloud_dataproc_job"'),
        jobs.alert('resource.type="gce_instance"'),
    ),
    "workflow-template": (
        jobs.template,
        jobs.alert('resource.type="cloud_dataproc_job"'),
        jobs.alert('resource.type="cloud_dataproc_batch"'),
    ),
    "dataproc-batch": (
        jobs.dataproc_batch,
        jobs.alert('resource.labels.batch_id="mask"'),
        jobs.alert('resource.type="gce_instance"'),
    ),
    "kubernetes-job": (
        jobs.kube_job,
        jobs.prometheus('kube_job_status_failed{job_name="mask"} > 0'),
        jobs.prometheus("up == 0"),
    ),
    "cron-job": (jobs.cron_job, jobs.alert('resource.labels.pod_name=~"mask-.*"'), ()),
}
"""Type -> what makes such a job, what tells people of its failures, and what does not."""


def scheme_of(make: Maker) -> str:
    return "gs" if make(()).type.startswith("gcp:") else "s3"


def gate(label: str, *resources: Given, said: tuple[str, ...] = ()) -> Case:
    return Case(GATE, resources, {"job": said} if said else {}, label)


def _by_starter(role: str) -> tuple[Given, ...]:
    who = {"wildcard": f"arn:aws:sts::111111111111:assumed-role/{role}/*"}
    return jobs.failed("aws.emr-serverless", state=["FAILED"], createdBy=[who])


BY_STARTER = (
    gate("state-machine-by-its-role", jobs.state_machine(jobs.words("s3")), *_by_starter("starter")),
    gate("state-machine-by-another", jobs.state_machine(jobs.words("s3")), *_by_starter("etl"), said=(UNWATCHED,)),
)
OF_FUNCTIONS = tuple(
    gate(f"lambda-{label}", jobs.function(jobs.words("s3")), *told, said=said)
    for label, told, said in (
        ("alarm-of-all", jobs.alarm(dimensions={}), ()),
        ("alarm-that-tells-nobody", jobs.alarm(alarmActions=[]), (UNWATCHED,)),
        ("alarm-that-is-off", jobs.alarm(actionsEnabled=False), (UNWATCHED,)),
        ("alarm-of-durations", jobs.alarm(metricName="Duration"), (UNWATCHED,)),
        ("destination", jobs.destination("mask"), ()),
        ("destination-of-another", jobs.destination("etl"), (UNWATCHED,)),
    )
)
HAS_GATE = tuple(
    case
    for label, (make, told, untold) in KINDS.items()
    for case in (
        gate(f"{label}-pinned", make(jobs.words(scheme_of(make))), *told),
        gate(f"{label}-any-plan", make(jobs.words(scheme_of(make), pinned=False)), *told, said=(ANY_PLAN,)),
        gate(f"{label}-unwatched", make(jobs.words(scheme_of(make))), *untold, said=(UNWATCHED,)),
        gate(
            f"{label}-of-another-kind", jobs.of_another_program(make(["--input", "s3://lake/", "--output", "s3://x/"]))
        ),
    )
)

# --- what the job may do --------------------------------------------------------------------------------------------

BESIDE: Mapping[str, tuple[Given, ...]] = {
    "glue-trigger": (jobs.STARTED,),
    "emr-step": (jobs.MACHINES,),
    "dataproc-job": (jobs.SPARK,),
    "kubernetes-job": (jobs.PODS, jobs.CLOSED),
    "cron-job": (jobs.GKE_PODS, jobs.CLOSED),
}
"""What tells who a job runs as, where the job itself does not."""


def writing(prefix: str) -> Given:
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{prefix}/*"}
    return Given(jobs.ROLE_POLICY, {"role": "masker", "policy": json.dumps({"Statement": [statement]})}, "rights")


def granted(bucket: str) -> Given:
    given = {"bucket": bucket, "role": "roles/storage.objectUser", "member": f"serviceAccount:{jobs.MASKER}"}
    return Given(jobs.BUCKET_MEMBER, given, "rights")


def _leaks(label: str, make: Maker) -> tuple[Case, ...]:
    job, beside = make(jobs.words(scheme_of(make))), BESIDE.get(label, ())
    on_gcp = job.type.startswith("gcp:") or label == "cron-job"
    right, wrong = (granted("copies"), granted("drop")) if on_gcp else (writing("copies/masked"), writing("drop"))
    said = "the role roles/storage.objectUser lets the job write elsewhere" if on_gcp else ELSEWHERE
    role = () if on_gcp else (jobs.MASKING_ROLE,)
    if label == "cron-job":  # on GKE, in buckets of Google
        job = make(jobs.words("gs"))
    return (
        Case(LEAK, (job, *beside, *role, right), {}, f"{label}-writes-its-copy"),
        Case(LEAK, (job, *beside, *role, wrong), {"rights": (said,)}, f"{label}-writes-elsewhere", echoed=on_gcp),
    )


CANNOT_LEAK = tuple(case for label, (make, _, _) in KINDS.items() for case in _leaks(label, make))


# --- who reads the copy ---------------------------------------------------------------------------------------------


def reader(bucket: str, prefix: str, name: str, *, on_gcp: bool) -> Given:
    if on_gcp:
        given = {"bucket": bucket, "managedFolder": f"{prefix}/", "role": "roles/storage.objectViewer"}
        return Given(jobs.FOLDER_MEMBER, given | {"member": "group:testers@acme.example"}, name)
    who = {"AWS": "arn:aws:iam::111111111111:role/tester"}
    resource = f"arn:aws:s3:::{bucket}/{prefix}/*"
    statement = {"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": resource}
    return Given(jobs.BUCKET_POLICY, {"bucket": bucket, "policy": json.dumps({"Statement": [statement]})}, name)


def _consumers(label: str, make: Maker) -> tuple[Case, ...]:
    job, on_gcp = make(jobs.words(scheme_of(make))), scheme_of(make) == "gs"
    who = "`group:testers@acme.example`" if on_gcp else "role `arn:aws:iam::111111111111:role/tester`"
    beside = (job, *BESIDE.get(label, ()), reader("copies", "masked", "copy", on_gcp=on_gcp))
    at_source, apart = (reader("lake", folder, "source", on_gcp=on_gcp) for folder in ("shop", "crm"))
    return (
        Case(CONSUMER, (*beside, apart), {}, f"{label}-reads-the-copy"),
        Case(CONSUMER, (*beside, at_source), {"source": (BOTH.format(who),)}, f"{label}-reads-both", echoed=True),
    )


_SHORT = ["dataops", "mask", "run", "plan.yaml", "-s", "s3://lake/shop/", "-t", "s3://copies/masked", "--key-env", "K"]
_ECS = Given(jobs.ECS, {"containerDefinitions": json.dumps([{"command": _SHORT}])}, "job")
BY_SHORT_OPTIONS = Case(
    CONSUMER,
    (_ECS, reader("copies", "masked", "copy", on_gcp=False), reader("lake", "shop", "source", on_gcp=False)),
    {"source": (BOTH.format("role `arn:aws:iam::111111111111:role/tester`"),)},
    "short-options-reads-both",
    echoed=True,
)
CONSUMERS = tuple(case for label, (make, _, _) in KINDS.items() for case in _consumers(label, make))

CASES = (*HAS_GATE, *BY_STARTER, *OF_FUNCTIONS, *CANNOT_LEAK, *CONSUMERS, BY_SHORT_OPTIONS)
