"""No combination of arguments makes a test dataset on GCP that is open, leaks or says too little."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cel_grants import Grant, grants_of
from tests.support.recording import Recording
from tests.test_datasets.arguments import PLAN
from tests.test_datasets.gcp_arguments import IMAGE, NETWORK, SECRET, SOURCE, account, dataset

ADOPTED = "projects/acme-keys/locations/europe-west1/keyRings/shared/cryptoKeys/test-data"
GOOGLES_OWN = {
    "group:cloud-storage-analytics@google.com",
    "serviceAccount:service-999999999999@gs-project-accounts.iam.gserviceaccount.com",
    "serviceAccount:service-111111111111@dataproc-accounts.iam.gserviceaccount.com",
    "serviceAccount:service-111111111111@compute-system.iam.gserviceaccount.com",
}
READERS = ["group:qa@acme.example", "user:ana@acme.example", "serviceAccount:ci@acme.iam.gserviceaccount.com"]
OWN = "projects/_/buckets/acme-dev-growth-orders-masked-"
ACCOUNT = "gcp:serviceaccount/account:Account"
WITHOUT_DATA = {
    "roles/dataproc.serverlessEditor",
    "roles/dataproc.serverlessNode",
    "roles/logging.logWriter",
    "roles/monitoring.metricWriter",
    "roles/workflows.invoker",
}


def places() -> st.SearchStrategy[dict[str, Any]]:
    folders = st.sampled_from(["create", "adopt", "owner"])
    return st.fixed_dictionaries({"uri": st.just(SOURCE)}, optional={"folder": folders})


def arguments() -> st.SearchStrategy[dict[str, Any]]:
    network = st.fixed_dictionaries(
        {"vpc": st.sampled_from(["data", "projects/host/global/networks/data"]), "subnets": st.just(["jobs"])},
        optional={"firewall": st.just("create")},
    )
    engines = st.one_of(
        st.fixed_dictionaries({"network": network}, optional={"worker_size": st.sampled_from(["small", "medium"])}),
        st.fixed_dictionaries(
            {
                "engine": st.just("dataproc"),
                "network": st.just({**NETWORK, "reachable_ranges": ["10.8.0.0/24"]}),
                "workers": st.integers(2, 299),
            }
        ),
    )
    own = {
        "readers": st.lists(st.sampled_from(READERS), unique=True),
        "retention_class": st.sampled_from(["transient", "standard", "regulated"]),
        "kms_key_name": st.just(ADOPTED),
        "deletion_protection": st.booleans(),
    }
    required = {
        "domain": st.just("growth"),
        "source": places(),
        "job": engines.map(lambda job: {"image": IMAGE, **job}),
        "masking": st.sampled_from(["", "/versions/7"]).map(lambda v: {"plan": PLAN, "key_secret": f"{SECRET}{v}"}),
    }
    shared = {
        "schedule": st.just({"cron": "0 3 * * *"}),
        "alarms": st.fixed_dictionaries({}, optional={"missed_after_hours": st.integers(1, 168)}),
        "data_classification": st.sampled_from(["masked", "internal", "confidential"]),
    }
    elsewhere = {"target": st.just({"uri": "gs://acme-test-data/tests/orders"})}
    return st.one_of(
        st.fixed_dictionaries(required, optional={**shared, **own}),
        st.fixed_dictionaries({**required, **elsewhere}, optional=shared),
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(args=arguments())
def test_every_dataset_is_private_closed_and_narrow_and_tells_somebody(args: Any) -> None:
    recording = dataset(args)
    _assert_private_encrypted_logged(recording, args)
    _assert_closed(recording)
    _assert_narrow(recording, args)
    _assert_told(recording, args)
    everything = json.dumps([r.inputs for r in recording.resources])
    for forbidden in ("None", "allUsers", "allAuthenticatedUsers", "roles/owner", "roles/editor", "storage.admin"):
        assert forbidden not in everything


def _assert_private_encrypted_logged(recording: Recording, args: dict[str, Any]) -> None:
    for bucket in recording.of_type("gcp:storage/bucket:Bucket"):
        assert bucket.inputs["uniformBucketLevelAccess"] is True
        assert bucket.inputs["publicAccessPrevention"] == "enforced"
        assert bucket.inputs["labels"]["data-classification"] == args.get("data_classification", "masked")
        if bucket.name != "orders-logs":
            assert "/cryptoKeys/" in bucket.inputs["encryption"]["defaultKmsKeyName"]
            assert bucket.inputs["logging"]["logBucket"] != bucket.inputs["name"]


def _assert_closed(recording: Recording) -> None:
    rules = [r.inputs for r in recording.of_type("gcp:compute/firewall:Firewall")]
    denied = {address for rule in rules if "denies" in rule for address in rule["destinationRanges"]}
    assert denied == {"0.0.0.0/0", "::/0"}
    assert max(r["priority"] for r in rules if "allows" in r) < min(r["priority"] for r in rules if "denies" in r)
    assert len({tuple(rule["targetTags"]) for rule in rules}) == 1


def _assert_narrow(recording: Recording, args: dict[str, Any]) -> None:
    """Its accounts and readers are let in, and nobody else."""
    grants = grants_of(recording)
    accounts = {account(recording, r.name.split("-")[1]) for r in recording.of_type(ACCOUNT)}
    readers = set(args.get("readers", []))
    assert {grant.principal for grant in grants} - GOOGLES_OWN - readers <= accounts
    for grant in grants:
        if grant.principal in readers:
            assert grant.role == "roles/storage.objectViewer"
            assert grant.resource.startswith(f"{OWN}copy/")
    assert all(_is_narrow(recording, grant) for grant in grants if grant.principal in accounts)


def _is_narrow(recording: Recording, grant: Grant) -> bool:
    """Whether an account's right stands on one thing, or reaches no data."""
    if grant.resource == "projects/acme-data-dev":
        return grant.role in WITHOUT_DATA
    if grant.principal == account(recording, "job") and grant.role == "roles/storage.objectUser":
        return grant.resource.startswith((OWN, "projects/_/buckets/acme-test-data/")) and "-logs" not in grant.resource
    return True


def _assert_told(recording: Recording, args: dict[str, Any]) -> None:
    """Of failed runs always, of missed ones where there is a clock or a promise."""
    names = {r.name for r in recording.of_type("gcp:monitoring/alertPolicy:AlertPolicy")}
    has_end = "schedule" in args or "missed_after_hours" in args.get("alarms", {})
    assert names == {"orders-failed-alarm", *(["orders-missed-alarm"] if has_end else [])}
    assert bool(recording.of_type("gcp:cloudscheduler/job:Job")) == ("schedule" in args)
