"""Which arguments MaskedTestDataset refuses: all at once, before anything is registered, and no secret is repeated."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support import refusals
from tests.support.recording import record
from tests.test_datasets.arguments import LAKE_KEY, NETWORK, ON_EMR, ON_GLUE, PLAN, SECRET

ONE_PLACE = "expected exactly one of uri, s3_lake and gcs_lake, got"
ADDRESS = "expected s3://bucket/prefix or gs://bucket/prefix: the folder of one dataset, got"
PATH = "expected a path of letters, digits and _=.- between slashes, as the job's rights are made of it, got"
SECRET_FORM = (
    "masking.key_secret: expected the whole ARN of a secret, "
    "arn:aws:secretsmanager:eu-west-1:<account>:secret:<name>-<6 letters>, "
    "got 'a text that names no secret (not shown)'"
)
CRON = "schedule.cron: expected minute, hour, day of month, month and day of week in digits, such as 0 3 * * 1-5"
LAKE_REF = {
    "buckets": {"curated": "acme-dev-growth-events-curated"},
    "log_bucket": "acme-dev-growth-events-logs",
    "kms_key_arn": LAKE_KEY,
    "region": "eu-west-1",
    "domain": "growth",
    "environment": "dev",
    "data_classification": "internal",
    "retention_class": "standard",
}
IN_LAKE = {"s3_lake": LAKE_REF, "zone": "curated", "prefix": "curated/growth/orders/v1"}


def refusal(args: dict[str, Any], **how: Any) -> str:
    return refusals.refusal(MaskedTestDataset, args, name="orders", **how)


def glue(**changed: Any) -> dict[str, Any]:
    return {**ON_GLUE, **changed}


def job(**changed: Any) -> dict[str, Any]:
    return glue(job={**ON_GLUE["job"], **changed})


def masking(**changed: Any) -> dict[str, Any]:
    return glue(masking={**ON_GLUE["masking"], **changed})


def network(**changed: Any) -> dict[str, Any]:
    return job(network={key: value for key, value in {**NETWORK, **changed}.items() if value is not None})


@pytest.mark.parametrize(
    ("args", "text"),
    [
        *((glue(**{argument: "absent"}), f"{argument}: expected a value: it is required, got None")
          for argument in ("domain", "source", "masking", "job")),
        # Places.
        (glue(source={}), f"source: {ONE_PLACE} None"),
        (glue(source={"uri": "s3://b/p", "s3_lake": LAKE_REF}), f"source: {ONE_PLACE} 'uri, s3_lake'"),
        (glue(source={"uri": "s3://acme-events"}), f"source.uri: {ADDRESS} 's3://acme-events'"),
        (glue(source={"uri": "postgresql://a@b/c"}), f"source.uri: {ADDRESS} 'postgresql://a@b/c'"),
        (glue(source={"uri": "s3://Acme/orders"}), "source.uri: expected lowercase letters, digits and hyphens"),
        *((glue(source={"uri": f"s3://acme-events/{path}"}), f"source.uri: {PATH}")
          for path in ("*", "a/*", "a/../b", "a//b", "${aws:username}", "a?region=us-east-1", "./a", "a b")),
        (glue(source={"uri": "s3://acme-events/orders", "zone": "raw"}),
         "source.zone: expected nothing beside uri, whose path says it, got 'raw'"),
        (glue(source={"uri": "s3://acme-events/orders", "kms_key_name": "k"}),
         "source.kms_key_name: expected kms_key_arn, as the data lies on AWS, got 'a key'"),
        (glue(source={"uri": "s3://acme-events/orders", "kms_key_arn": "k"}),
         "source.kms_key_arn: expected the ARN of a KMS key in eu-west-1, got 'k'"),
        (glue(source={**IN_LAKE, "zone": None}), "source.zone: expected one of the lake's zones, beside s3_lake"),
        (glue(source={**IN_LAKE, "zone": "golden"}), "source.zone: expected one of raw, staged, curated"),
        (glue(source={**IN_LAKE, "prefix": None}),
         "source.prefix: expected the dataset's path in the zone's bucket, beside s3_lake, got None"),
        (glue(source={**IN_LAKE, "prefix": "raw/growth/orders/v1"}),
         "source.prefix: expected a path by lake.layout, whose folder 1 must be curated, the zone of the bucket"),
        (glue(source={**IN_LAKE, "kms_key_arn": LAKE_KEY}),
         "source.kms_key_arn: expected nothing beside s3_lake, which tells its key, got 'a key'"),
        (glue(target={"uri": "gs://acme-tests/orders"}), "target: expected a place on AWS, as the source, got 'GCP'"),
        (glue(target={"uri": f"{ON_GLUE['source']['uri']}/masked"}),
         "target: expected a place outside of the source"),
        (glue(target={"uri": "s3://acme-dev-growth-events-curated/curated/growth/customers/v1"}),
         "target: expected another bucket than the source's: the job's rights end at buckets"),
        (glue(target={"uri": "s3://acme-tests/orders"}, readers=["arn:aws:iam::111111111111:role/analyst"]),
         "readers: expected nothing beside target: whoever owns that bucket decides it there, got 'readers'"),
        # What is done with the data.
        (masking(plan="no.yaml"), "masking.plan: expected the path of a masking plan without mistakes ("),
        (masking(plan=str(Path(PLAN).with_name("arguments.py"))), "masking.plan: expected the path of a masking plan"),
        *((masking(key_secret=value), SECRET_FORM) for value in (
            "4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4",
            "projects/acme/secrets/masking",
            SECRET.replace("eu-west-1", "us-east-1"),
            SECRET.replace("arn:aws:", "arn:aws-cn:"),
            SECRET.removesuffix("-AbCdEf"),
            f"{SECRET} ",
        )),
        (masking(key_secret_kms_key="k"),
         "masking.key_secret_kms_key: expected the ARN of a KMS key in eu-west-1, got 'k'"),
        (masking(key=SECRET), "masking.key: expected an argument of MaskingSettings"),
        # A part of the source.
        (masking(subset={"root": "orders"}), "masking.subset: expected either rows or fraction, got 'neither'"),
        (masking(subset={"rows": 1, "fraction": 0.5}), "masking.subset: expected either rows or fraction, got 'both'"),
        (masking(subset={"rows": 0}), "masking.subset.rows: expected a whole number of at least 1, got 0"),
        *((masking(subset={"fraction": share}), "masking.subset.fraction: expected a number above 0, at most 1, got")
          for share in (0, -0.1, 1.5, float("nan"))),
        (masking(subset={"rows": 1, "keep_values": 251}), "masking.subset.keep_values: expected 0 to 250, got 251"),
        (masking(subset={"rows": 1, "root": "order"}), "masking.subset.root: expected orders, got 'order'"),
        (masking(subset={"rows": 1, "where": "email = 'jane@acme.example'"}),
         "masking.subset.where: expected an argument of SubsetOfRows"),
        # The gate.
        (glue(gate={"minimum_k": 10}), "masking.plan: expected a plan with k of 10 at least (gate.minimum_k), got 5"),
        (glue(gate={"minimum_l": 2}), "masking.plan: expected a plan with l of 2 at least (gate.minimum_l), got None"),
        (glue(gate={"maximum_t": 0.2}), "masking.plan: expected a plan with t of 0.2 at most (gate.maximum_t)"),
        (glue(gate={"approval_uri": "approval.yaml"}), "gate.approval_uri: expected the s3:// address of one object"),
        # The job.
        (job(engine="dataproc"), "job.engine: expected glue or emr_serverless, as the source lies on AWS, got"),
        (job(engine="spark"), "job.engine: expected one of glue, emr_serverless, dataproc, cloud_run"),
        (job(wheels_uri=None), "job.wheels_uri: expected a value: glue runs what it names, got None"),
        (job(wheels_uri="https://pypi.org"), "job.wheels_uri: expected the s3:// address of one object"),
        (job(image="acme/masking"), "job.image: expected nothing: glue has no use for it, got 'acme/masking'"),
        (job(workers=0), "job.workers: expected 1 to 299, got 0"),
        (job(workers=1), "job.workers: expected 2 at least: Glue runs a driver and workers, got 1"),
        (job(worker_size="huge"), "job.worker_size: expected one of small, medium, large"),
        (job(timeout_minutes=2881), "job.timeout_minutes: expected 1 to 2,880, got 2881"),
        (job(network=None), "job.network: expected a network: without one a Glue job reaches the internet, got None"),
        (network(subnets=[]), "job.network.subnets: expected at least one subnet, got []"),
        (network(availability_zone=None), "job.network.availability_zone: expected a value: Glue's API asks for it"),
        (network(s3_prefix_list=None), "job.network.s3_prefix_list: expected a value: the job reaches nothing else"),
        (network(endpoints_security_group=None), "job.network.endpoints_security_group: expected a value"),
        ({**ON_EMR, "job": {"engine": "emr_serverless"}}, "job.image: expected a value: emr_serverless runs what it"),
        # Schedule and alarms.
        *((glue(schedule={"cron": cron}), CRON) for cron in (
            "0 3 * *", "daily", "60 3 * * *", "0 24 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 * * MON",
            "*/0 3 * * *", "5-1 3 * * *", "0 3 * * * 2026", "rate(1 day)",
        )),
        (glue(schedule={"cron": "0 3 1 * 1"}), "schedule.cron: expected a day of month or a day of week"),
        (glue(schedule={"cron": "0 3 * * *", "time_zone": "Berlin"}),
         "schedule.time_zone: expected a name in the tz database, such as Europe/Berlin, got 'Berlin'"),
        (glue(alarms={"missed_after_hours": 169}), "alarms.missed_after_hours: expected 1 to 168, got 169"),
        (glue(alarms={"emails": ["nobody"]}), "alarms.emails[0]: expected an e-mail address, got 'nobody'"),
        (glue(alarms={"topic_arn": "alarms"}), "alarms.topic_arn: expected the ARN of an SNS topic in eu-west-1"),
        (glue(alarms={"topic_arn": "arn:aws:sns:eu-west-1:111111111111:a", "emails": ["a@acme.example"]}),
         "alarms.emails: expected nothing beside topic_arn: whoever owns the topic subscribes"),
        (glue(alarms={"notification_channels": ["c"]}),
         "alarms.notification_channels: expected nothing: the source lies on AWS"),
        # What all components take.
        (glue(location="europe-west1"), "location: expected nothing: the source lies on AWS, got 'location'"),
        (glue(kms_key_name="k"), "kms_key_name: expected nothing: the source lies on AWS"),
        (glue(kms_key_arn="k"), "kms_key_arn: expected the ARN of a KMS key in eu-west-1, got 'k'"),
        (glue(readers=["*"]), "readers[0]: expected the ARN of an IAM role"),
        (glue(retention_class="forever"), "retention_class: expected one of transient, standard, regulated"),
        (glue(data_classification="secret"), "data_classification: expected one of public, internal, masked"),
        (glue(data_classification="pii"), "data_classification: expected a level below pii, as dev is not production"),
        (glue(region="us-east-1"), "region: expected one of eu-west-1, eu-central-1"),
        (glue(tags={"test-dataset": "mine"}), "tags.test-dataset: expected another key: the library sets this one"),
        (glue(subset={"rows": 10}), "subset: expected an argument of MaskedTestDatasetArgs"),
    ],
)  # fmt: skip
def test_wrong_argument_is_refused_in_one_sentence(args: dict[str, Any], text: str) -> None:
    assert refusal(args).startswith(text)


def test_all_mistakes_of_a_call_come_at_once() -> None:
    text = refusal(job(workers=0, network=None) | {"schedule": {"cron": "x"}, "readers": ["*"], "domain": "absent"})
    assert text.startswith("5 wrong arguments: ")
    for argument in ("domain", "job.workers", "job.network", "schedule.cron", "readers[0]"):
        assert f"{argument}: expected" in text


@pytest.mark.parametrize("make", [str, lambda text: pulumi.Output.from_input(text)], ids=["text", "output"])
def test_key_given_instead_of_a_secret_is_never_repeated(make: Any) -> None:
    key = "4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4"
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: MaskedTestDataset("orders", masking(key_secret=make(key))))  # type: ignore[arg-type]
    assert SECRET_FORM in str(caught.value)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not [error for error in chain if key in repr(error)]


def test_plan_for_external_sharing_needs_an_approval(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(Path(PLAN).read_text() + "sharing: external\n")
    assert refusal(masking(plan=str(plan))) == (
        "gate.approval_uri: expected the address of the approval record, as the plan is for external sharing, got None"
    )


def test_mistakes_of_a_plan_are_told_with_their_lines(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("schema: dataops.mask-plan/v1\ntables:\n  orders: {column: {}}\nk: one\n")
    text = refusal(masking(plan=str(plan)))
    assert "plan.yaml:3: " in text
    assert "; " in text.partition("plan.yaml:3: ")[2].partition("plan.yaml:4: ")[0]
    assert text.endswith(f"got {str(plan)!r}")


def test_subset_of_several_tables_says_where_it_grows_from(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("schema: dataops.mask-plan/v1\ntables: {orders: {columns: {}}, customers: {columns: {}}}\n")
    assert refusal(masking(plan=str(plan), subset={"rows": 10})) == (
        "masking.subset.root: expected the table that the subset grows from, one of orders, customers, got None"
    )
    text = refusal(masking(plan="no.yaml", subset={"rows": 10, "root": "orders"}))
    assert "masking.subset" not in text  # nobody knows the tables of a plan that is none


def test_zone_that_a_lake_does_not_have_is_told_once_its_facts_are_known() -> None:
    place = {**IN_LAKE, "s3_lake": pulumi.Output.from_input(LAKE_REF), "zone": "raw", "prefix": "raw/growth/orders/v1"}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: MaskedTestDataset("orders", glue(source=place)))  # type: ignore[arg-type]
    assert str(caught.value) == "MaskedTestDataset 'orders': source.zone: expected curated, got 'raw'"


def test_source_and_target_in_one_bucket_are_refused_once_it_is_known() -> None:
    target = {**IN_LAKE, "s3_lake": pulumi.Output.from_input(LAKE_REF), "prefix": "curated/growth/tests/v1"}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: MaskedTestDataset("orders", glue(target=target)))  # type: ignore[arg-type]
    assert "target: expected another bucket than the source's" in str(caught.value)


@pytest.mark.parametrize("place", ["source", "target"])
def test_lake_of_another_region_is_refused_once_it_is_known(place: str) -> None:
    elsewhere = {
        **LAKE_REF,
        "buckets": {"curated": "acme-dev-growth-tests-curated"},
        "kms_key_arn": LAKE_KEY.replace("eu-west-1", "eu-central-1"),
    }
    given = {**IN_LAKE, "s3_lake": pulumi.Output.from_input(elsewhere)}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: MaskedTestDataset("orders", glue(**{place: given})))  # type: ignore[arg-type]
    assert f"{place}: expected a place in eu-west-1, where the job is" in str(caught.value)


def test_organisation_without_a_level_called_masked_says_which_one_it_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conventions = tmp_path / "dataops.yaml"
    conventions.write_text(
        "organisation: acme\nenvironments: {dev: {production: false, aws_account: '111111111111'}}\n"
        "classification: {levels: [open, closed], customer_managed_key_from: closed, production_only_from: closed}\n"
        "sandbox: {classification_at_most: open}\ndomains: {growth: {owner: growth-data, cost_center: cc-1234}}\n"
    )
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(conventions))
    text = refusal(glue(region="eu-west-1"))
    assert text.startswith("data_classification: expected the level of a masked copy, as masked is none")


def test_retention_class_that_versions_cannot_keep_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conventions = tmp_path / "dataops.yaml"
    conventions.write_text(
        "organisation: acme\nenvironments: {dev: {production: false, aws_account: '111111111111'}}\n"
        "retention: {default: exact, classes: {exact: {minimum_days: 30, maximum_days: 30}}}\n"
        "domains: {growth: {owner: growth-data, cost_center: cc-1234}}\n"
    )
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(conventions))
    assert refusal(glue(region="eu-west-1")).startswith("retention_class: expected a class whose maximum_days exceed")
