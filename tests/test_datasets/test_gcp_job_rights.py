"""The real job with the rights of its account and no others, against a Cloud Storage that asks for each of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops_infra.test_datasets.gcp_access import COPY_FOLDER
from tests.support.cel_grants import grants_of
from tests.support.gcs_with_iam import Store, store
from tests.support.masked_runs import KEY_BYTES, write_people, write_plan
from tests.support.recording import Recording
from tests.test_datasets.gcp_arguments import COPY, ON_CLOUD_RUN, STAGING, WORK, account, dataset

ROOT = Path(__file__).parents[2]
LAKE, PREFIX = "acme-dev-growth-events-curated", "curated/growth/orders/v1"
ELSEWHERE, TESTS = "acme-test-data", "tests/orders"
NAME_OF_THE_SOURCE = ("storage.objects.get", f"projects/_/buckets/{LAKE}/objects/{PREFIX}")
"""What pyarrow asks for before it lists: whether an object has the prefix's own name. No right to it is needed."""


@contextmanager
def deployed(folder: Path, **args: Any) -> Iterator[tuple[Store, list[str]]]:
    """A dataset's store, with data at the source and beside it, and its job's command line with a key at hand."""
    source = write_people(folder / "source")
    plan = write_plan(folder / "plan.yaml", source)
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_text(KEY_BYTES.hex())
    recording = dataset({**ON_CLOUD_RUN, "masking": {**ON_CLOUD_RUN["masking"], "plan": str(plan)}, **args})
    with store(grants_of(recording), account(recording, "job"), [LAKE, WORK, STAGING, COPY, ELSEWHERE]) as running:
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            running.put(LAKE, f"{PREFIX}/{file.relative_to(source).as_posix()}", file.read_bytes())
        running.put(LAKE, f"{PREFIX}0/orders.parquet", b"another dataset")
        uploaded = recording.named("orders-plan").inputs
        running.put(uploaded["bucket"], uploaded["name"], plan.read_bytes())
        yield running, _words(recording, key)


def _words(recording: Recording, key: Path) -> list[str]:
    """The job's arguments; the key comes from a file, as no Secret Manager is here."""
    (container,) = recording.named("orders-job").inputs["template"]["template"]["containers"]
    words: list[str] = [*container["commands"][1:], *container["args"]]
    at = words.index("--key-secret")
    return [*words[:at], "--key-file", str(key), *words[at + 2 :]]


def run(running: Store, words: list[str]) -> tuple[int, dict[str, Any]]:
    """The job's exit code and the last line of its log."""
    environment = {**os.environ, "STORAGE_EMULATOR_HOST": running.address}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout, done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, last


PUBLISHED = ["_manifest.json", "customers.parquet", "orders/b.parquet", "orders/dt=2026-01-01/a.parquet"]


def test_job_publishes_with_the_rights_of_its_account_and_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    with deployed(tmp_path) as (running, words):
        code, said = run(running, words)
        assert (code, said["message"]) == (0, "Published")
        assert set(running.denied) == {NAME_OF_THE_SOURCE}
        assert running.names(COPY) == [f"{COPY_FOLDER}{name}" for name in PUBLISHED]
        assert json.loads(running.read(WORK, "verdict/verdict.json"))["verdict"] == "pass"
        before = {name: running.read(COPY, name) for name in running.names(COPY)}
        code, said = run(running, _with_another_plan(running, words, tmp_path / "plan.yaml"))
        assert (code, said["message"]) == (1, "Refused by the gate; nothing was published")
        assert {name: running.read(COPY, name) for name in running.names(COPY)} == before
        assert running.names(STAGING) == []
        assert json.loads(running.read(WORK, "verdict/verdict.json"))["verdict"] == "fail"


def _with_another_plan(running: Store, words: list[str], plan: Path) -> list[str]:
    """The command line with a plan that keeps what it should mask."""
    name = next(word for word in words if "/plan/" in word).removeprefix(f"gs://{WORK}/")
    running.put(WORK, name, plan.read_text().replace("operator: token", "operator: keep").encode())
    at = words.index("--plan-hash")
    return [*words[:at], *words[at + 2 :]]


def test_job_publishes_into_a_bucket_of_somebody_else_with_a_right_to_its_folder(tmp_path: Path) -> None:
    with deployed(tmp_path, target={"uri": f"gs://{ELSEWHERE}/{TESTS}"}) as (running, words):
        code, said = run(running, words)
        assert (code, said["message"]) == (0, "Published")
        assert running.names(ELSEWHERE) == [f"{TESTS}/{name}" for name in PUBLISHED]
