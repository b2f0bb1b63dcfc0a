"""What MaskedTestDataset makes on AWS: the job and its arguments, the schedule, alarms, the bucket, what it tells."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.data_lake import S3DataLake
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.masking.engines import spark
from dataops_infra.masking.plan import read_plan
from dataops_infra.test_datasets import MaskedTestDataset, aws_runs
from dataops_infra.test_datasets.aws_plan import aws_cron
from dataops_infra.test_datasets.schedules import Schedule, read_schedule
from tests.support.recording import UNKNOWN, Recording, record
from tests.test_datasets.arguments import NETWORK, ON_EMR, ON_GLUE, PLAN, SECRET

OWN = "s3://acme-dev-growth-orders-masked"
SOURCE = "s3://acme-dev-growth-events-curated/curated/growth/orders/v1/"
ROLE = "arn:aws:iam::111111111111:role/acme-dev-growth-orders-masking"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:acme-dev-growth-orders-masking-alarms"


def digest() -> str:
    return read_plan(Path(PLAN)).digest


def made(args: Any = ON_GLUE, **how: Any) -> Recording:
    return record(lambda: MaskedTestDataset("orders", args), **how)


def test_glue_job_gets_what_spark_job_needs_and_nobody_can_override_it() -> None:
    job = made().named("orders-job").inputs
    assert job["nonOverridableArguments"] == {
        "--plan": f"{OWN}/masking/plan-{digest()[:16]}.yaml",
        "--source": SOURCE,
        "--target": f"{OWN}/masked/",
        "--staging": f"{OWN}/staging/",
        "--key-secret": SECRET,
        "--plan-hash": digest(),
        "--report": f"{OWN}/masking/verdict.json",
        "--additional-python-modules": "s3://acme-artifacts/masking/1.4.0.gluewheels.zip",
        "--python-modules-installer-option": "--no-index",
        "--conf": "spark.io.encryption.enabled=true",
        "--custom-logGroup-prefix": "/dataops/masking/acme-dev-growth-orders-masking",
        "--job-language": "python",
    }
    assert "defaultArguments" not in job
    assert job["command"]["scriptLocation"] == f"{OWN}/masking/masking_job.py"
    assert (job["glueVersion"], job["workerType"], job["numberOfWorkers"]) == ("5.0", "G.1X", 2)
    assert (job["timeout"], job["maxRetries"], job["executionProperty"]) == (120, 0, {"maxConcurrentRuns": 1})
    assert job["roleArn"] == ROLE
    assert job["tags"]["data-classification"] == "masked"


def test_part_of_the_source_is_asked_for_by_the_options_of_the_job() -> None:
    subset = {"root": "orders", "fraction": 0.25, "keep_values": 0}
    arguments = made({**ON_GLUE, "masking": {**ON_GLUE["masking"], "subset": subset}}).named("orders-job").inputs
    found = arguments["nonOverridableArguments"]
    asked = {option: found[option] for option in ("--root", "--fraction", "--keep-values")}
    assert asked == {"--root": "orders", "--fraction": "0.25", "--keep-values": "0"}
    assert "--rows" not in found


def test_setting_without_which_the_job_refuses_to_work_is_the_engines() -> None:
    assert aws_runs.DISK_ENCRYPTION == spark.ENCRYPTION


def test_size_of_the_job_is_what_was_asked_for() -> None:
    args = {**ON_GLUE, "job": {**ON_GLUE["job"], "worker_size": "large", "workers": 9, "timeout_minutes": 30}}
    job = made(args).named("orders-job").inputs
    assert (job["workerType"], job["numberOfWorkers"], job["timeout"]) == ("G.4X", 9, 30)


def test_job_reaches_its_workers_and_the_endpoints_of_its_network_only() -> None:
    recording = made()
    group = recording.named("orders-network").inputs
    assert group["vpcId"] == NETWORK["vpc"]
    assert group["ingress"] == [
        {"protocol": "tcp", "fromPort": 0, "toPort": 65535, "self": True, "description": "Workers of the job"}
    ]
    reached = [{key: value for key, value in rule.items() if key != "description"} for rule in group["egress"]]
    https = {"protocol": "tcp", "fromPort": 443, "toPort": 443}
    assert reached == [
        {"protocol": "tcp", "fromPort": 0, "toPort": 65535, "self": True},
        {**https, "securityGroups": [NETWORK["endpoints_security_group"]]},
        {**https, "prefixListIds": [NETWORK["s3_prefix_list"]]},
    ]
    assert "cidrBlocks" not in json.dumps(group)
    connection = recording.named("orders-connection").inputs
    assert connection["connectionType"] == "NETWORK"
    assert connection["physicalConnectionRequirements"] == {
        "availabilityZone": "eu-west-1a",
        "securityGroupIdLists": [UNKNOWN],
        "subnetId": "subnet-0a1b2c3d",
    }
    assert recording.named("orders-job").inputs["connections"] == [connection["name"]]


def test_emr_serverless_runs_the_same_job_in_an_image() -> None:
    recording = record(lambda: MaskedTestDataset("orders", ON_EMR), preview=False)  # type: ignore[arg-type]
    application = recording.named("orders-job").inputs
    assert application["imageConfiguration"] == {"imageUri": ON_EMR["job"]["image"]}
    assert application["maximumCapacity"] == {"cpu": "12 vCPU", "memory": "48 GB"}
    assert "networkConfiguration" not in application  # then it reaches AWS services of the region only
    assert application["tags"]["test-dataset"] == "acme-dev-growth-orders-masking"
    assert recording.of_type("aws:glue/connection:Connection") == []
    assert recording.of_type("aws:ec2/securityGroup:SecurityGroup") == []


def test_run_of_emr_serverless_finds_its_application_by_a_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.recording._Answers.new_resource", lambda _, args: ("00f1", dict(args.inputs)))
    recording = record(lambda: MaskedTestDataset("orders", ON_EMR), preview=False)  # type: ignore[arg-type]
    parameter, made_from = (
        recording.named("orders-application-id").inputs,
        recording.named("orders-application-id").property_dependencies,
    )
    assert parameter["type"] == "String"
    assert made_from["value"] == (recording.named("orders-job").urn,)
    definition = json.loads(recording.named("orders-run").inputs["definition"])
    find, run = (definition["States"][name] for name in ("FindTheApplication", "StartTheRun"))
    assert (definition["StartAt"], find["Next"], run["End"]) == ("FindTheApplication", "StartTheRun", True)
    assert find["Resource"] == "arn:aws:states:::aws-sdk:ssm:getParameter"
    assert find["Parameters"] == {"Name": parameter["name"]}
    assert (find["ResultSelector"], find["ResultPath"]) == ({"id.$": "$.Parameter.Value"}, "$.application")
    assert run["Resource"] == "arn:aws:states:::aws-sdk:emrserverless:startJobRun"
    assert run["Parameters"]["ApplicationId.$"] == "$.application.id"
    assert run["Parameters"]["ClientToken.$"] == "States.UUID()"
    assert recording.named("orders-run").inputs["roleArn"] == f"{ROLE}-run"


def test_request_is_one_of_the_api() -> None:
    session = pytest.importorskip("botocore.session", reason="botocore comes with principalmapper").get_session()
    asked = session.get_service_model("emr-serverless").operation_model("StartJobRun").input_shape
    recording = made(ON_EMR)
    states = json.loads(recording.named("orders-run").inputs["definition"])["States"]
    given = states["StartTheRun"]["Parameters"]
    # Step Functions writes the members' names with capitals and marks paths and intrinsic functions by `.$`.
    names = {name.removesuffix(".$")[0].lower() + name.removesuffix(".$")[1:] for name in given}
    assert names <= set(asked.members)
    assert set(asked.required_members) <= names


def test_run_of_emr_serverless_says_what_is_run_as_whom_at_preview() -> None:
    recording = made(ON_EMR)
    schedule = recording.named("orders-schedule").inputs["target"]
    machine = "arn:aws:states:eu-west-1:111111111111:stateMachine:acme-dev-growth-orders-masking"
    assert (schedule["arn"], schedule["input"], schedule["roleArn"]) == (machine, "{}", f"{ROLE}-start")
    assert recording.outputs("orders")["job_name"] == recording.named("orders-run").inputs["name"]
    request = json.loads(recording.named("orders-run").inputs["definition"])["States"]["StartTheRun"]["Parameters"]
    assert request["ExecutionRoleArn"] == ROLE
    submitted = request["JobDriver"]["SparkSubmit"]
    assert submitted["EntryPoint"] == f"{OWN}/masking/masking_job.py"
    words = submitted["EntryPointArguments"]
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        "--plan": f"{OWN}/masking/plan-{digest()[:16]}.yaml",
        "--source": SOURCE,
        "--target": f"{OWN}/masked/",
        "--staging": f"{OWN}/staging/",
        "--key-secret": SECRET,
        "--plan-hash": digest(),
        "--report": f"{OWN}/masking/verdict.json",
    }
    assert "--conf spark.executorEnv.PYSPARK_PYTHON=/opt/masking/bin/python" in submitted["SparkSubmitParameters"]
    for key in ("spark.io.encryption.enabled", "spark.network.crypto.enabled"):
        assert f"--conf {key}=true" in submitted["SparkSubmitParameters"]
    assert "--conf spark.executor.memory=14g" in submitted["SparkSubmitParameters"]
    logging = request["ConfigurationOverrides"]["MonitoringConfiguration"]["CloudWatchLoggingConfiguration"]
    assert logging["LogGroupName"] == recording.named("orders-log-job").inputs["name"]


def test_events_of_emr_serverless_are_told_by_who_started_the_run() -> None:
    recording = made(ON_EMR)
    run_role = json.loads(recording.named("orders-run-role").inputs["assumeRolePolicy"])
    assert run_role["Statement"][0]["Principal"] == {"Service": "states.amazonaws.com"}
    name = recording.named("orders-run-role").inputs["name"]
    started = {"wildcard": f"arn:aws:sts::111111111111:assumed-role/{name}/*"}
    details = {
        rule: json.loads(recording.named(f"orders-{rule}").inputs["eventPattern"])["detail"]
        for rule in ("failed", "published")
    }
    assert details == {
        "failed": {"createdBy": [started], "state": ["FAILED", "CANCELLED"]},
        "published": {"createdBy": [started], "state": ["SUCCESS"]},
    }


def test_emr_serverless_without_a_schedule_is_started_by_hand() -> None:
    recording = made({key: value for key, value in ON_EMR.items() if key != "schedule"})
    assert [r.name for r in recording.of_type("aws:sfn/stateMachine:StateMachine")] == ["orders-run"]
    assert not [r.name for r in recording.resources if r.type.startswith("aws:scheduler/") or "start" in r.name]


def test_emr_serverless_can_be_put_into_a_network() -> None:
    recording = made({**ON_EMR, "job": {**ON_EMR["job"], "network": NETWORK}})
    inside = recording.named("orders-job").inputs["networkConfiguration"]
    assert inside == {"securityGroupIds": [UNKNOWN], "subnetIds": NETWORK["subnets"]}
    assert recording.named("orders-network").inputs["name"] == "acme-dev-growth-orders-masking"


def test_schedule_starts_the_job_by_a_role_of_its_own() -> None:
    recording = made({**ON_GLUE, "schedule": {"cron": "30 2 * * 1-5", "time_zone": "Europe/Berlin"}})
    schedule = recording.named("orders-schedule").inputs
    assert schedule["scheduleExpression"] == "cron(30 2 ? * MON,TUE,WED,THU,FRI *)"
    assert schedule["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:glue:startJobRun"
    assert json.loads(schedule["target"]["input"]) == {"JobName": "acme-dev-growth-orders-masking"}
    assert schedule["target"]["roleArn"] == f"{ROLE}-start"


def test_without_a_schedule_nothing_starts_by_itself_and_nothing_is_missed() -> None:
    recording = made({key: value for key, value in ON_GLUE.items() if key != "schedule"})
    kinds = {resource.type.partition("/")[0] for resource in recording.resources}
    assert "aws:scheduler" not in kinds
    assert recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") == []
    assert [r.name for r in recording.of_type("aws:cloudwatch/eventRule:EventRule")] == ["orders-failed"]


@pytest.mark.parametrize(
    ("cron", "alarms", "hours"),
    [
        ("0 3 * * *", {}, 26),
        ("0 */6 * * *", {}, 26),
        ("0 3 * * 1", {}, None),
        ("0 3 1 * *", {}, None),
        ("0 3 * * 1", {"missed_after_hours": 168}, 168),
        ("0 3 * * *", {"missed_after_hours": 48}, 48),
    ],
)
def test_run_counts_as_missed_after_a_day_or_what_was_said(cron: str, alarms: Any, hours: int | None) -> None:
    recording = made({**ON_GLUE, "schedule": {"cron": cron}, "alarms": alarms})
    found = [alarm.inputs for alarm in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")]
    assert [(alarm["evaluationPeriods"], alarm["datapointsToAlarm"]) for alarm in found] == (
        [(hours, hours)] if hours else []
    )


def test_refused_failed_and_missed_runs_reach_the_topic() -> None:
    recording = made({**ON_GLUE, "alarms": {"emails": ["data@acme.example"]}})
    rule = json.loads(recording.named("orders-failed").inputs["eventPattern"])
    assert rule == {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {"jobName": ["acme-dev-growth-orders-masking"], "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"]},
    }
    target = recording.named("orders-failed-target").inputs
    assert target["arn"] == TOPIC
    assert target["inputTransformer"]["inputPaths"] == {"state": "$.detail.state"}
    assert f"{OWN}/masking/verdict.json" in json.loads(target["inputTransformer"]["inputTemplate"])
    alarm = recording.named("orders-missed").inputs
    assert (alarm["namespace"], alarm["metricName"], alarm["statistic"]) == ("AWS/Events", "TriggeredRules", "Sum")
    assert alarm["dimensions"] == {"RuleName": recording.named("orders-published").inputs["name"]}
    assert (alarm["comparisonOperator"], alarm["threshold"], alarm["period"]) == ("LessThanThreshold", 1, 3600)
    assert (alarm["treatMissingData"], alarm["alarmActions"]) == ("breaching", [TOPIC])
    subscription = recording.named("orders-alarms-0").inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "data@acme.example")
    assert recording.named("orders-alarms").inputs["kmsMasterKeyId"].endswith(":alias/acme-dev-growth-orders-masked")


def test_topic_of_somebody_else_is_told_instead_of_one_of_its_own() -> None:
    theirs = "arn:aws:sns:eu-west-1:111111111111:data-platform"
    recording = made({**ON_GLUE, "alarms": {"topic_arn": theirs}})
    assert recording.of_type("aws:sns/topic:Topic") == []
    assert recording.named("orders-failed-target").inputs["arn"] == theirs
    assert recording.outputs("orders")["alarm"] == theirs


def test_topic_is_not_encrypted_with_a_key_whose_policy_may_shut_the_alarms_out() -> None:
    recording = made({**ON_GLUE, "kms_key_arn": "arn:aws:kms:eu-west-1:111111111111:key/1234abcd"})
    assert recording.of_type("aws:kms/key:Key") == []
    assert "kmsMasterKeyId" not in recording.named("orders-alarms").inputs


def test_ref_tells_of_the_copy_and_nothing_of_its_source() -> None:
    outputs = made().outputs("orders")
    assert outputs["ref"] == {
        "cloud": "aws",
        "target_uri": f"{OWN}/masked/",
        "bucket": "acme-dev-growth-orders-masked",
        "prefix": "masked/",
        "kms_key": "arn:aws:kms:eu-west-1:111111111111:alias/acme-dev-growth-orders-masked",
        "manifest_uri": f"{OWN}/masked/_manifest.json",
        "verdict_uri": f"{OWN}/masking/verdict.json",
        "plan_digest": digest(),
        "region": "eu-west-1",
        "domain": "growth",
        "environment": "dev",
        "data_classification": "masked",
    }
    assert "events" not in json.dumps(outputs)
    assert (outputs["role"], outputs["alarm"]) == (ROLE, TOPIC)
    assert outputs["job_name"] == "acme-dev-growth-orders-masking"


def test_lake_as_source_and_as_target_is_read_from_their_refs() -> None:
    def program() -> None:
        source, target = (
            S3DataLake(name, {"domain": "growth", "data_classification": "internal"}) for name in ("events", "tests")
        )
        place = {"zone": "curated", "prefix": "curated/growth/orders/v1"}
        args: Any = {
            **ON_GLUE,
            "source": {"s3_lake": source.ref, **place},
            "target": {"s3_lake": target.ref, **place},
        }
        MaskedTestDataset("orders", args)

    recording = record(program)
    arguments = recording.named("orders-job").inputs["nonOverridableArguments"]
    target = "s3://acme-dev-growth-tests-curated/curated/growth/orders/v1/"
    assert (arguments["--source"], arguments["--target"]) == (SOURCE, target)
    assert arguments["--staging"] == f"{OWN}/staging/"
    rights = {
        each["Sid"]: each for each in json.loads(recording.named("orders-role-policy").inputs["policy"])["Statement"]
    }
    aliases = {
        sid: rights[sid]["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"]
        for sid in ("DecryptSource", "EncryptCopy", "EncryptStaging")
    }
    assert aliases == {
        "DecryptSource": ["alias/acme-dev-growth-events"],
        "EncryptCopy": ["alias/acme-dev-growth-tests"],
        "EncryptStaging": ["alias/acme-dev-growth-orders-masked"],
    }
    ref = recording.outputs("orders")["ref"]
    assert ref["bucket"] == "acme-dev-growth-tests-curated"
    assert ref["kms_key"].endswith("alias/acme-dev-growth-tests")


def test_place_without_a_key_of_the_organisation_needs_no_right_to_one() -> None:
    target = {"uri": "s3://acme-tests/orders"}
    recording = made({**ON_GLUE, "source": {"uri": "s3://acme-events/orders"}, "target": target})
    sids = [each["Sid"] for each in json.loads(recording.named("orders-role-policy").inputs["policy"])["Statement"]]
    assert not {"DecryptSource", "EncryptCopy"} & set(sids)
    assert recording.outputs("orders")["ref"]["kms_key"] == ""


def test_own_bucket_holds_masked_data_outside_of_the_lake_and_ends_by_its_class() -> None:
    recording = made({**ON_GLUE, "retention_class": "transient"})
    tags = recording.named("orders-masked").inputs["tags"]
    assert (tags["data-classification"], tags["zone"]) == ("masked", "none")
    assert tags["test-dataset"] == "acme-dev-growth-orders-masking"
    rules = {rule["id"]: rule for rule in recording.named("orders-masked-lifecycle").inputs["rules"]}
    assert rules["expire-current"]["expiration"] == {"days": 29}
    assert rules["expire-current"]["filter"] == {"prefix": "masked/"}  # plan and script stay
    assert rules["delete-staged"]["filter"] == {"prefix": "staging/"}
    assert rules["delete-staged"]["expiration"] == {"days": 2}
    assert rules["delete-staged"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert rules["delete-noncurrent"]["filter"] == {}
    assert recording.named("orders-masked").protect


def test_tiers_are_for_the_copy_and_plans_can_be_replaced_by_the_next() -> None:
    recording = made({**ON_GLUE, "retention_class": "regulated"})
    rules = {rule["id"]: rule for rule in recording.named("orders-masked-lifecycle").inputs["rules"]}
    assert rules["move-to-colder-tiers"]["filter"] == {"prefix": "masked/"}
    assert not recording.named("orders-plan").protect
    assert recording.named("orders-masked").protect


def test_data_goes_when_both_keys_are_turned() -> None:
    config = {"dataops:allowDataLoss": "true"}
    recording = made({**ON_GLUE, "deletion_protection": False}, config=config)
    assert recording.named("orders-masked").inputs["forceDestroy"]
    assert not recording.named("orders-plan").retain_on_delete
    assert made().named("orders-plan").retain_on_delete


def test_names_of_an_account_that_nobody_declared_are_those_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    conventions = tmp_path / "dataops.yaml"
    conventions.write_text(
        "organisation: acme\nenvironments: {dev: {production: false}}\n"
        "domains: {growth: {owner: growth-data, cost_center: cc-1234}}\n"
    )
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(conventions))
    outputs = made({**ON_GLUE, "region": "eu-west-1"}).outputs("orders")
    assert outputs["role"] == "arn:aws:iam::999999999999:role/acme-dev-growth-orders-masking"


def test_secret_may_be_an_output() -> None:
    args = {**ON_GLUE, "masking": {"plan": PLAN, "key_secret": pulumi.Output.from_input(SECRET)}}
    assert made(args).named("orders-job").inputs["nonOverridableArguments"]["--key-secret"] == SECRET


@pytest.mark.parametrize(
    ("cron", "written"),
    [
        ("0 3 * * *", "cron(0 3 * * ? *)"),
        ("*/15 8-18 * * *", "cron(*/15 8-18 * * ? *)"),
        ("0 3 1,15 * *", "cron(0 3 1,15 * ? *)"),
        ("0 3 * 1-6/2 *", "cron(0 3 * 1-6/2 ? *)"),
        ("0 3 * * 0", "cron(0 3 ? * SUN *)"),
        ("0 3 * * 7", "cron(0 3 ? * SUN *)"),
        ("0 3 * * 5-7", "cron(0 3 ? * FRI,SAT,SUN *)"),
        ("0 3 * * */2", "cron(0 3 ? * SUN,TUE,THU,SAT *)"),
        ("0 3 * * 1,1-3", "cron(0 3 ? * MON,TUE,WED *)"),
    ],
)
def test_cron_of_posix_is_written_as_aws_reads_it(cron: str, written: str) -> None:
    schedule = read_schedule(Mistakes("test"), "schedule", cron, "UTC")
    assert schedule is not None
    assert aws_cron(schedule) == written


numbers = st.integers(0, 70).map(str)
parts = st.one_of(st.just("*"), numbers, st.builds("{}-{}".format, numbers, numbers), st.builds("*/{}".format, numbers))


@given(st.lists(st.lists(parts, min_size=1, max_size=3).map(",".join), min_size=5, max_size=5))
def test_whatever_passes_for_cron_is_in_range(fields: list[str]) -> None:
    mistakes = Mistakes("test")
    schedule = read_schedule(mistakes, "schedule", " ".join(fields), "UTC")
    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    in_range = all(
        low <= int(number) <= high
        for field, (low, high) in zip(fields, bounds, strict=True)
        for part in field.split(",")
        for number in part.partition("/")[0].replace("*", str(low)).split("-")
    )
    assert in_range or mistakes.found
    if not mistakes.found:
        assert isinstance(schedule, Schedule)
        assert aws_cron(schedule).startswith("cron(")
