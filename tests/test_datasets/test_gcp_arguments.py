"""Which arguments MaskedTestDataset refuses on Google Cloud: all at once, before anything is registered."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from dataops_infra.test_datasets import MaskedTestDataset
from tests.support import refusals
from tests.support.recording import record
from tests.test_datasets.arguments import NETWORK as AWS_NETWORK
from tests.test_datasets.arguments import ON_GLUE, PLAN
from tests.test_datasets.gcp_arguments import IMAGE, JOB, NETWORK, ON_CLOUD_RUN, ON_DATAPROC, SECRET, SOURCE, WORK

NETWORK_NAME = "the name or self link of a network (projects/…/global/networks/…)"
SUBNETWORK_NAME = "the name or self link of a subnetwork (projects/…/regions/europe-west1/subnetworks/…)"
RANGE = "a private IPv4 range such as 10.8.0.0/24: the job must not reach the internet"
SECRET_NAME = (
    "masking.key_secret: expected the name of a secret, projects/<project>/secrets/<secret>, perhaps with "
    "/versions/<number>, of Secret Manager, got 'a text that names no secret (not shown)'"
)
CHANNEL = "a channel of Cloud Monitoring (projects/<project>/notificationChannels/<number>)"


def refusal(args: dict[str, Any], **how: Any) -> str:
    return refusals.refusal(MaskedTestDataset, args, name="orders", **how)


def cloud_run(**changed: Any) -> dict[str, Any]:
    return {**ON_CLOUD_RUN, **changed}


def job(**changed: Any) -> dict[str, Any]:
    return cloud_run(job={**ON_CLOUD_RUN["job"], **changed})


def batch(**changed: Any) -> dict[str, Any]:
    return {**ON_DATAPROC, "job": {**ON_DATAPROC["job"], **changed}}


def network(**changed: Any) -> dict[str, Any]:
    return job(network={**NETWORK, **changed})


def secret(text: str) -> dict[str, Any]:
    return cloud_run(masking={"plan": PLAN, "key_secret": text})


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (cloud_run(location="europe-west9"), "location: expected one of europe-west1, europe-west4"),
        (job(engine="glue"), "job.engine: expected cloud_run or dataproc, as the source lies on GCP, got 'glue'"),
        (cloud_run(job={"network": NETWORK}), "job.image: expected a value: cloud_run runs what it names, got None"),
        (
            cloud_run(job={"image": IMAGE}),
            "job.network: expected a network: without one a Cloud Run job reaches the internet, got None",
        ),
        (
            {**ON_DATAPROC, "job": {"engine": "dataproc", "image": IMAGE}},
            "job.network: expected a network: Dataproc Serverless has no network of its own, got None",
        ),
        (job(workers=2), "job.workers: expected 1, as Cloud Run has one machine; dataproc has more, got 2"),
        (job(worker_size="large"), "job.worker_size: expected small or medium, the largest machine of Cloud Run"),
        (batch(workers=1), "job.workers: expected 2 at least on Dataproc, got 1"),
        (batch(timeout_minutes=9), "job.timeout_minutes: expected 10 at least on Dataproc, got 9"),
        (batch(workers=300), "job.workers: expected 1 to 299, got 300"),
        (network(vpc="Data"), f"job.network.vpc: expected {NETWORK_NAME}, got 'Data'"),
        (network(vpc="projects/p/networks/data"), f"job.network.vpc: expected {NETWORK_NAME}"),
        (network(subnets=[]), "job.network.subnets: expected at least one subnet, got []"),
        (network(subnets=["projects/p/x"]), f"job.network.subnets[0]: expected {SUBNETWORK_NAME}, got 'projects/p/x'"),
        (
            network(subnets=["projects/host/regions/europe-west4/subnetworks/jobs"]),
            f"job.network.subnets[0]: expected {SUBNETWORK_NAME}",
        ),
        (
            network(reachable_ranges=["0.0.0.0/0"]),
            f"job.network.reachable_ranges[0]: expected {RANGE}, got '0.0.0.0/0'",
        ),
        (network(reachable_ranges=["8.8.8.0/24"]), f"job.network.reachable_ranges[0]: expected {RANGE}"),
        (network(reachable_ranges=["10.0.0.0/7"]), f"job.network.reachable_ranges[0]: expected {RANGE}"),
        (network(reachable_ranges=["10.8.0.1/24"]), f"job.network.reachable_ranges[0]: expected {RANGE}"),
        (network(reachable_ranges=["fd00::/8"]), f"job.network.reachable_ranges[0]: expected {RANGE}"),
        (
            network(reachable_ranges=["10.8.0.0/24", "10.8.0.0/24"]),
            "job.network.reachable_ranges[1]: expected each range once, got '10.8.0.0/24'",
        ),
        (network(firewall="none"), "job.network.firewall: expected one of create, adopt, got 'none'"),
        (
            batch(network=NETWORK),
            "job.network.reachable_ranges: expected the IPv4 range of the subnetwork, in which the machines of a batch",
        ),
        (network(s3_prefix_list="pl-1"), "job.network.s3_prefix_list: expected nothing: the source lies on GCP"),
        (
            cloud_run(source={"uri": SOURCE, "folder": "make"}),
            "source.folder: expected one of create, adopt, owner, got 'make'",
        ),
        (
            cloud_run(kms_key_name="k"),
            "kms_key_name: expected the name of a Cloud KMS key, projects/<project>/locations",
        ),
        (cloud_run(kms_key_arn="arn"), "kms_key_arn: expected nothing: the source lies on GCP, got 'kms_key_arn'"),
        (cloud_run(region="eu-west-1"), "region: expected nothing: the source lies on GCP"),
        (cloud_run(readers=["allUsers"]), "readers[0]: expected user:…, group:…, serviceAccount:…"),
        (
            cloud_run(readers=["group:qa@acme.example"], target={"uri": "gs://acme-test-data/orders"}),
            "readers: expected nothing beside target: whoever owns that bucket decides it there",
        ),
        (cloud_run(target={"uri": "s3://acme-test-data/orders"}), "target: expected a place on GCP, as the source"),
        (cloud_run(target={"uri": f"{SOURCE}/masked"}), "target: expected a place outside of the source"),
        (
            cloud_run(alarms={"notification_channels": ["qa@acme.example"]}),
            f"alarms.notification_channels[0]: expected {CHANNEL}, got 'qa@acme.example'",
        ),
        (
            cloud_run(alarms={"notification_channels": [f"projects/p/notificationChannels/{n}" for n in range(17)]}),
            "alarms.notification_channels: expected 16 channels and e-mail addresses at most, got '17 of them'",
        ),
        (cloud_run(alarms={"topic_arn": "arn"}), "alarms.topic_arn: expected nothing: the source lies on GCP"),
        (
            cloud_run(gate={"approval_uri": "gs://elsewhere/approval.yaml"}),
            f"gate.approval_uri: expected an address below gs://{WORK}/approval/, where the job reads and does not",
        ),
        (
            cloud_run(gate={"approval_uri": f"gs://{WORK}/approval/"}),
            f"gate.approval_uri: expected an address below gs://{WORK}/approval/",
        ),
        (secret("5f" * 32), SECRET_NAME),
        (secret("masking-key"), SECRET_NAME),
        (secret(f"{SECRET}/versions/"), SECRET_NAME),
        (secret(f"{SECRET}/versions/new"), SECRET_NAME),
        (secret("arn:aws:secretsmanager:eu-west-1:111111111111:secret:growth/masking-AbCdEf"), SECRET_NAME),
    ],
)
def test_dataset_on_gcp_refuses(args: dict[str, Any], text: str) -> None:
    assert text in refusal(args)


@pytest.mark.parametrize(
    ("args", "argument"),
    [
        ({**ON_GLUE, "source": {**ON_GLUE["source"], "folder": "adopt"}}, "source.folder"),
        (
            {**ON_GLUE, "job": {**ON_GLUE["job"], "network": {**AWS_NETWORK, "firewall": "adopt"}}},
            "job.network.firewall",
        ),
        (
            {**ON_GLUE, "job": {**ON_GLUE["job"], "network": {**AWS_NETWORK, "reachable_ranges": ["10.0.0.0/8"]}}},
            "job.network.reachable_ranges",
        ),
    ],
)
def test_dataset_on_aws_refuses_what_only_gcp_knows(args: dict[str, Any], argument: str) -> None:
    assert f"{argument}: expected nothing: the source lies on AWS, got {argument!r}" in refusal(args)


def test_dataset_on_gcp_names_every_mistake_of_a_call_at_once() -> None:
    args = cloud_run(
        job={
            "image": IMAGE,
            "workers": 4,
            "worker_size": "large",
            "network": {"vpc": "Data", "subnets": ["Jobs"], "reachable_ranges": ["0.0.0.0/0"]},
        },
        masking={"plan": PLAN, "key_secret": "5f" * 32},
        readers=["allUsers"],
        kms_key_name="k",
        alarms={"notification_channels": ["x"]},
    )
    text = refusal(args)
    found = (
        "job.workers",
        "job.worker_size",
        "job.network.vpc",
        "job.network.subnets[0]",
        "job.network.reachable_ranges[0]",
        "kms_key_name",
        "alarms.notification_channels[0]",
        "readers[0]",
        "masking.key_secret",
    )
    assert text.startswith(f"{len(found)} wrong arguments: ")
    for argument in found:
        assert f"{argument}: expected" in text
    assert "5f5f" not in text


def test_a_key_instead_of_its_secrets_name_is_refused_and_never_repeated_when_it_is_known_late() -> None:
    key = "5f" * 32

    def program() -> None:
        args: Any = secret("")
        args["masking"]["key_secret"] = pulumi.Output.from_input(key)
        MaskedTestDataset("orders", args)

    with pytest.raises(InvalidInputError) as caught:
        record(program)
    assert "masking.key_secret: expected the name of a secret" in str(caught.value)
    assert key not in str(caught.value)


CONVENTIONS = """
environments: {dev: {gcp_project: somewhere-else}}
tags: {required: {}}
regions: {gcp: [europe-west1, eu]}
"""


@pytest.fixture
def other_conventions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conventions that declare no number of the project, and a multi-region."""
    file = tmp_path / "dataops.yaml"
    file.write_text(CONVENTIONS)
    monkeypatch.setenv("DATAOPS_CONVENTIONS", str(file))


@pytest.mark.usefixtures("other_conventions")
def test_job_runs_in_a_region() -> None:
    assert refusal(cloud_run(location="eu")) == (
        "location: expected a region such as europe-west1, as a job runs in one, got 'eu'"
    )


@pytest.mark.usefixtures("other_conventions")
def test_disks_of_a_batch_need_a_key_that_dataproc_can_be_let_use() -> None:
    assert "kms_key_name: expected a key, as gcp_project_number of dev is not declared in dataops.yaml" in refusal(
        ON_DATAPROC
    )
    adopted = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/test-data"
    args: Any = {**ON_DATAPROC, "kms_key_name": adopted}
    assert record(lambda: MaskedTestDataset("orders", args)).named("orders-job").inputs["name"].endswith("masking")


def test_names_follow_the_organisations_pattern() -> None:
    args: Any = ON_CLOUD_RUN
    assert record(lambda: MaskedTestDataset("orders", args)).named("orders-job").inputs["name"] == JOB
