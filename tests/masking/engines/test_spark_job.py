"""The job that components deploy: its arguments, exit codes and log, and copies in object stores."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking import run as run_module
from dataops_infra.masking.engines import spark_job
from dataops_infra.masking.engines.job_arguments import Engine, read_arguments
from dataops_infra.masking.engines.spark_job import main
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.stores import StorePath, path_of
from tests.support.cloud_servers import aws_server
from tests.support.masked_runs import KEY, KEY_BYTES, contents, write_people, write_plan
from tests.support.spark import needs_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class Job:
    """A job on this machine, and what it says."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        self.source = write_people(self.folder / "source")
        self.plan = write_plan(self.folder / "plan.yaml", self.source)
        self.key = self.folder / "k"
        self.key.write_text(KEY_BYTES.hex())
        self.key.chmod(0o600)

    @property
    def target(self) -> Path:
        return self.folder / "masked"

    def run(self, *more: str | Path, engine: str = "local", plan: str | Path | None = None) -> int:
        words = [plan or self.plan, "--source", self.source, "--target", self.target, "--key-file", self.key]
        return main([str(word) for word in (*words, "--engine", engine, *more)])

    def said(self) -> list[dict[str, Any]]:
        shown = self.capsys.readouterr()
        assert KEY_BYTES.hex() not in shown.out + shown.err
        assert "planted" not in shown.out
        return [json.loads(line) for line in shown.out.splitlines()]


@pytest.fixture
def job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Job:
    return Job(tmp_path, capsys)


def test_job_publishes_what_a_run_makes_and_says_each_step(job: Job) -> None:
    assert job.run("--report", job.folder / "reports" / "gate.json", "--as-of", "2026-11-23") == 0
    expected = run(RunRequest(job.plan, job.source, job.folder / "expected", KEY))
    assert contents(job.target) == contents(job.folder / "expected")
    lines = job.said()
    assert [line["message"] for line in lines] == [
        "Reading the plan", "Opening the source", "Learning", "Masking", "Judging", "Publishing", "Published",
    ]  # fmt: skip
    assert {**lines[-1], "seconds": 0} == {
        "severity": "INFO",
        "message": "Published",
        "seconds": 0,
        "verdict": "pass",
        "failedChecks": [],
        "rows": {"customers": 300, "orders": 300},
        "planHash": read_plan(job.plan).digest,
        "keyId": KEY.key_id,
        "exitCode": 0,
    }
    report = json.loads((job.folder / "reports" / "gate.json").read_text())
    assert (report["schema"], report["verdict"], report["asOf"]) == ("dataops.mask-gate/v1", "pass", "2026-11-23")
    assert len(report["checks"]) == len(expected.gate.checks)


@needs_spark
def test_job_on_spark_publishes_the_same(job: Job, spark: "SparkSession") -> None:
    assert job.run(engine="spark") == 0
    run(RunRequest(job.plan, job.source, job.folder / "expected", KEY))
    assert contents(job.target) == contents(job.folder / "expected")
    assert job.said()[1]["engine"] == "spark"


def refused(job: Job) -> None:
    """The plan keeps the addresses and says nothing of why."""
    text = job.plan.read_text().replace("operator: token", "operator: keep")
    job.plan.write_text(text)


@pytest.mark.parametrize("engine", ["local", pytest.param("spark", marks=needs_spark)])
def test_refused_copy_is_published_nowhere(job: Job, engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    refused(job)
    assert job.run("--report", job.folder / "gate.json", engine=engine) == 1
    assert not job.target.exists()
    assert not [path for path in job.folder.iterdir() if path.name.startswith(".")]
    last = job.said()[-1]
    assert (last["message"], last["severity"]) == ("Refused by the gate; nothing was published", "ERROR")
    assert "unclassified-columns" in last["failedChecks"]
    assert json.loads((job.folder / "gate.json").read_text())["verdict"] == "fail"


def test_another_plan_is_refused(job: Job) -> None:
    digest = read_plan(job.plan).digest
    assert job.run("--plan-hash", digest.upper()) == 0
    job.said()
    refused(job)
    assert job.run("--plan-hash", digest, "--overwrite") == 2
    (line,) = [line for line in job.said() if line["severity"] == "ERROR"]
    assert line["message"].startswith(f"{job.plan} has the hash {read_plan(job.plan).digest}, and --plan-hash demands")
    assert line["exitCode"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--source", "{folder}/none"), "{folder}/none does not exist"),
        (("--source", "{folder}/source", "--target", "{folder}/none/x"), "the target's folder {folder}/none does not"),
        (("--target", "ftp://host/x"), "ftp:// is no place of this job: give a path, s3://bucket/prefix or gs://"),
        (("--staging", "s3://bucket/x"), "{folder}/masked is a local path, whose copy is made beside it: leave"),
        (("--approval", "{folder}/none.yaml"), "the approval {folder}/none.yaml cannot be read (FileNotFoundError)"),
        (("--work-dir", "{folder}/none"), "no working folder can be made in"),
        (
            ("--report", "{folder}/masked/gate.json"),
            "the report {folder}/masked/gate.json lies in the target {folder}/",
        ),
        (
            ("--report", "{folder}/source/gate.json"),
            "the report {folder}/source/gate.json lies in the source {folder}/",
        ),
        (("--report", "{folder}/k/gate.json"), "the copy was published, but the report {folder}/k/gate.json cannot be"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(job: Job, words: tuple[str, ...], said: str) -> None:
    assert job.run(*(word.format(folder=job.folder) for word in words)) == 2
    line = job.said()[-1]
    assert line["message"].startswith(said.format(folder=job.folder))
    assert (line["severity"], line["exitCode"]) == ("ERROR", 2)


def test_mistakes_of_a_plan_name_the_plan_that_was_given(job: Job) -> None:
    job.plan.write_text(job.plan.read_text().replace("operator: token", "operator: tokne"))
    assert job.run() == 2
    assert job.said()[-1]["message"].startswith(f"{job.plan}:")
    assert job.run(plan=job.folder / "none.yaml") == 2
    assert job.said()[-1]["message"] == f"the plan {job.folder / 'none.yaml'} cannot be read (FileNotFoundError)"


def test_key_may_stand_in_the_environment_or_nowhere(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [str(job.plan), "--source", str(job.source), "--target", str(job.target), "--engine", "local"]
    monkeypatch.setenv("MASKING_KEY", KEY_BYTES.hex())
    assert main([*words, "--key-env", "MASKING_KEY"]) == 0
    assert main([*words, "--overwrite", "--key-env", "NO_MASKING_KEY"]) == 2
    assert "NO_MASKING_KEY" in job.said()[-1]["message"]
    assert main([*words, "--overwrite", "--key-secret", KEY_BYTES.hex()]) == 2
    assert job.said()[-1]["message"].startswith("--key-secret names no secret")


@pytest.mark.parametrize("error", [ValueError("planted value"), KeyboardInterrupt()], ids=["error", "signal"])
def test_unexpected_ends_are_told_without_what_they_say(
    job: Job, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(run_module, "judge", fail)
    assert job.run() == 2
    line = job.said()[-1]
    if isinstance(error, ValueError):
        assert line["message"] == "unexpected ValueError"
        assert line["at"][-1].startswith(f"{__file__}:")
    else:
        assert line["message"] == "the job was interrupted; nothing was published"
    assert not job.target.exists()


def test_signal_of_a_cloud_that_stops_the_job_is_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt):
        spark_job._interrupt(15, None)


GLUE = ["--JOB_NAME", "mask", "--JOB_RUN_ID=jr_1", "--TempDir", "s3://b/tmp", "--job-bookmark-option", "disable"]


def test_arguments_may_all_be_named_among_those_of_glue() -> None:
    found = read_arguments(
        [*GLUE, "--plan", "s3://b/plan.yaml", "--source", "s3://b/in", "--target", "s3://c/out", "--key-secret", "arn",
         "--overwrite", "true", "--engine", "local", "--threads", "3"]
    )  # fmt: skip
    assert (found.plan, found.source, found.target) == ("s3://b/plan.yaml", "s3://b/in", "s3://c/out")
    assert (found.is_overwritten, found.engine, found.threads, found.key_secret) == (True, Engine.local, 3, "arn")
    assert (found.staging, found.plan_hash, found.report, found.key_file, found.key_env) == (None,) * 5


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["plan.yaml", "--source", "a", "--target", "b"],
        ["plan.yaml", "--source", "a", "--target", "b", "--key-env", "A", "--key-file", "B"],
        ["plan.yaml", "--plan", "p", "--source", "a", "--target", "b", "--key-env", "A"],
        ["plan.yaml", "--source", "a", "--target", "b", "--key-env", "A", "--threads", "0"],
        ["plan.yaml", "--source", "a", "--target", "b", "--key-env", "A", "--overwrite", "perhaps"],
        ["plan.yaml", "--source", "a", "--target", "b", "--key-env", "A", "--engine", "flink"],
        ["plan.yaml", "--source", "a", "--target", "b", "--key-env", "A", "--as-of", "tomorrow"],
    ],
    ids=["none", "no-key", "two-keys", "two-plans", "threads", "overwrite", "engine", "date"],
)
def test_wrong_arguments_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(words)
    assert ended.value.code == 2
    assert "usage: python -m dataops_infra.masking.engines.spark_job" in capsys.readouterr().err


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    with aws_server() as environment:
        yield environment


@pytest.fixture
def bucket(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> StorePath:
    """An empty bucket."""
    import boto3

    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    name = f"b{abs(hash(request.node.name)):x}"[:40]
    client = boto3.Session().client("s3")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    path = path_of(f"s3://{name}")
    assert isinstance(path, StorePath)
    return path


def upload(folder: Path, place: StorePath) -> None:
    for name, content in contents(folder).items():
        (place / name).write_bytes(content)


def objects(place: StorePath) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path, _size in place.files()}


def test_copy_goes_from_store_to_store(job: Job, bucket: StorePath) -> None:
    upload(job.source, bucket / "in")
    (bucket / "plans" / "plan.yaml").write_bytes(job.plan.read_bytes())
    run(RunRequest(job.plan, job.source, job.folder / "expected", KEY))
    words = ("--source", str(bucket / "in"), "--target", str(bucket / "out"), "--report", str(bucket / "gate.json"))
    assert job.run(*words, plan=str(bucket / "plans" / "plan.yaml")) == 0
    assert objects(bucket / "out") == contents(job.folder / "expected")
    assert json.loads((bucket / "gate.json").read_bytes())["verdict"] == "pass"
    (bucket / "out" / "old" / "x.parquet").write_bytes(b"of a former copy")
    (bucket / "out" / "_staging" / "left").write_bytes(b"of a killed run")
    assert job.run(*words) == 2
    assert "holds a masked copy; choose another, or replace it with --overwrite" in job.said()[-1]["message"]
    assert job.run(*words, "--overwrite") == 0
    assert objects(bucket / "out") == contents(job.folder / "expected")


def test_refused_copy_leaves_a_store_as_it_was(job: Job, bucket: StorePath) -> None:
    upload(job.source, bucket / "in")
    refused(job)
    words = ("--source", str(bucket / "in"), "--target", str(bucket / "out"), "--staging", str(bucket / "private"))
    assert job.run(*words) == 1
    assert objects(bucket / "out") == {}
    assert objects(bucket / "private") == {}


def test_copy_that_was_cut_off_has_no_manifest_and_is_made_anew(
    job: Job, bucket: StorePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(job.source, bucket / "in")
    words = ("--source", str(bucket / "in"), "--target", str(bucket / "out"), "--overwrite")
    assert job.run(*words) == 0
    complete = objects(bucket / "out")

    def fail(*_: object) -> None:
        raise OSError("planted detail")

    with monkeypatch.context() as broken:
        broken.setattr(StorePath, "copy_to", fail)
        assert job.run(*words) == 2
    assert job.said()[-1]["message"].endswith("the target is incomplete, its manifest is not there: run again")
    assert "_manifest.json" not in objects(bucket / "out")
    assert not [path for path, _size in bucket.files() if "_staging" in path.parts]
    assert job.run(*words) == 0
    assert objects(bucket / "out") == complete


@pytest.mark.parametrize(
    ("target", "staging", "said"),
    [
        ("{bucket}/in/masked", None, "overlaps the source"),
        ("{bucket}/other", None, "holds objects that no earlier run put there"),
        ("s3://nobodys-bucket/x", None, "s3://nobodys-bucket does not exist; make it first"),
        ("{bucket}/out", "gs://bucket/x", "is not in the store of"),
        ("{bucket}/out?endpoint=http://x", None, "set AWS_ENDPOINT_URL_S3"),
        ("s3://key@bucket/out", None, "a s3:// URI holds no credentials"),
    ],
)
def test_unusable_targets_in_stores_are_told(
    job: Job, bucket: StorePath, target: str, staging: str | None, said: str
) -> None:
    upload(job.source, bucket / "in")
    (bucket / "other" / "notes.txt").write_bytes(b"mine")
    words = ["--source", str(bucket / "in"), "--target", target.format(bucket=bucket)]
    assert job.run(*words, *(["--staging", staging] if staging else [])) == 2
    assert said in job.said()[-1]["message"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".arrow", ".csv.gz"])
def test_other_formats_stream_through_stores(job: Job, bucket: StorePath, suffix: str) -> None:
    table = pa.table({"name": ["Johannes Brandt", "Zyta Quuxowa"]})
    source = job.folder / "other"
    source.mkdir()
    if suffix == ".arrow":
        with pa.ipc.new_file(source / "t.arrow", table.schema) as writer:
            writer.write_table(table)
    elif suffix == ".jsonl":
        (source / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in table.to_pylist()))
    else:
        with pa.output_stream(str(source / f"t{suffix}")) as file:
            file.write(b"name\nJohannes Brandt\nZyta Quuxowa\n")
    plan = write_plan(job.folder / "other.yaml", source)
    run(RunRequest(plan, source, job.folder / "expected", KEY))
    upload(source, bucket / "in")
    assert job.run("--source", str(bucket / "in"), "--target", str(bucket / "out"), plan=plan) == 0
    assert objects(bucket / "out") == contents(job.folder / "expected")


def test_one_object_becomes_a_table_of_a_prefix(job: Job, bucket: StorePath) -> None:
    pq.write_table(pa.table({"name": ["Johannes Brandt"]}), job.folder / "people.parquet")
    upload(job.folder / "people.parquet", bucket / "in")
    plan = write_plan(job.folder / "one.yaml", job.folder / "people.parquet")
    assert job.run("--source", str(bucket / "in" / "people.parquet"), "--target", str(bucket / "out"), plan=plan) == 0
    assert sorted(objects(bucket / "out")) == ["_manifest.json", "people.parquet"]


@needs_spark
def test_spark_masks_from_store_to_store(
    job: Job, bucket: StorePath, aws: dict[str, str], spark: "SparkSession", monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(job.source, bucket / "in")
    run(RunRequest(job.plan, job.source, job.folder / "expected", KEY))
    for name, value in aws.items():
        spark.sparkContext.environment[name] = value  # what executors get beside their own
    words = ("--source", str(bucket / "in"), "--target", str(bucket / "out"))
    assert job.run(*words, engine="spark") == 0
    assert objects(bucket / "out") == contents(job.folder / "expected")
