"""The real job against a server that speaks S3: whatever it asks there, its role allows, and it asks for nothing else.

The server is moto, which checks no rights; each of its requests is put to the IAM evaluator that is not ours, with the
role's own policy alone. That the job *needs* a right is seen here, that it has no other in ``test_aws_access``.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote
from urllib.request import urlopen
from xml.sax.saxutils import unescape

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking import stores
from dataops_infra.masking.engines import spark_job
from dataops_infra.test_datasets import MaskedTestDataset, masking_job
from tests.support import iam_evaluator
from tests.support.cloud_servers import AWS_VARIABLES
from tests.support.iam_evaluator import Request
from tests.support.masked_runs import KEY_BYTES, write_people, write_plan
from tests.support.recording import Recording, record
from tests.test_datasets.arguments import ON_GLUE

pytestmark = pytest.mark.skipif(
    not iam_evaluator.AVAILABLE, reason="principalmapper, the independent IAM evaluator, is not installed"
)
ROLE = "arn:aws:iam::111111111111:role/acme-dev-growth-orders-masking"
LAKE, OWN = "acme-dev-growth-events-curated", "acme-dev-growth-orders-masked"
PREFIX = "curated/growth/people/v1"
EMPTY = '"d41d8cd98f00b204e9800998ecf8427e"'
"""Hash of no byte: pyarrow leaves markers of folders where it removes objects."""


@dataclass(frozen=True)
class Asked:
    """One request to S3 or Secrets Manager, and its status."""

    method: str
    path: str
    query: dict[str, list[str]]
    copied: str
    target: str
    body: bytes
    status: int


@dataclass
class Server:
    """S3 and Secrets Manager on this machine, which keeps what it was asked."""

    endpoint: str = ""
    asked: list[Asked] = field(default_factory=list)

    def answering(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """``app`` with a record of each request."""

        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            is_told = "HTTP_X_AMZ_TARGET" in environ or environ["QUERY_STRING"] == "delete"
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if is_told else b""
            if is_told:
                environ["wsgi.input"] = BytesIO(body)

            def begin(status: str, *rest: Any) -> Any:
                status = as_for_the_role(environ, status)
                self.asked.append(
                    Asked(
                        environ["REQUEST_METHOD"],
                        unquote(environ["PATH_INFO"]),
                        parse_qs(environ["QUERY_STRING"], keep_blank_values=True),
                        unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")),
                        environ.get("HTTP_X_AMZ_TARGET", ""),
                        body,
                        int(status.split()[0]),
                    )
                )
                return start(status, *rest)

            return app(environ, begin)

        return answer


def as_for_the_role(environ: dict[str, Any], status: str) -> str:
    """As S3 answers in the source: "not found" only to who may list the whole bucket, lists only below the prefix."""
    bucket, _, key = environ["PATH_INFO"].removeprefix("/").partition("/")
    method, prefix = environ["REQUEST_METHOD"], parse_qs(environ["QUERY_STRING"]).get("prefix", [""])[0]
    is_missing = method == "HEAD" and status.startswith("404") and bool(key)
    is_elsewhere = method == "GET" and not key and not f"{prefix}/".startswith(f"{PREFIX}/")
    return "403 Forbidden" if bucket == LAKE and (is_missing or is_elsewhere) else status


@contextmanager
def recording_server() -> Iterator[Server]:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = Server()
    listening = make_server(
        "127.0.0.1", 0, server.answering(DomainDispatcherApplication(create_backend_app)), threaded=True
    )
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    server.endpoint = f"http://127.0.0.1:{listening.server_port}"
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@dataclass
class Account:
    """Buckets with the source and a secret with the key; the dataset as it was deployed last."""

    server: Server
    clients: Any
    folder: Path
    secret: str
    recording: Recording = field(default_factory=Recording)

    def deploy(self, operators: dict[str, str] | None = None, **masking: Any) -> None:
        """Deploy the dataset by a plan; its file goes where the component puts it."""
        plan = write_plan(self.folder / "plan.yaml", self.folder / "source", operators)
        args: Any = {
            **ON_GLUE,
            "source": {"uri": f"s3://{LAKE}/{PREFIX}"},
            "masking": {"plan": str(plan), "key_secret": self.secret, **masking},
        }
        self.recording = record(lambda: MaskedTestDataset("orders", args))
        stored = self.recording.named("orders-plan").inputs
        self.clients("s3").put_object(Bucket=OWN, Key=stored["key"], Body=plan.read_bytes())

    def run(self) -> int:
        """A run of the job by the arguments that it was deployed with."""
        arguments = self.recording.named("orders-job").inputs["nonOverridableArguments"]
        given = [word for option in arguments.items() for word in option]
        self.server.asked.clear()
        return spark_job.main([*masking_job.words_for_job(given), "--engine", "local", "--threads", "1"])

    def objects(self, prefix: str) -> dict[str, str]:
        """Key -> hash of the objects in the component's own bucket."""
        found = self.clients("s3").list_objects_v2(Bucket=OWN, Prefix=prefix).get("Contents", [])
        return {each["Key"]: each["ETag"] for each in found}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests: pyarrow's connections outlive a test."""
    with recording_server() as running:
        yield running


@pytest.fixture
def account(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    boto3 = pytest.importorskip("boto3")
    source = write_people(tmp_path / "source")
    urlopen(f"{server.endpoint}/moto-api/reset", data=b"").close()  # what another test of this process left
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    stores._filesystem.cache_clear()

    def client(service: str) -> Any:
        return boto3.Session().client(service)

    for bucket in (LAKE, OWN):
        client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    secret = client("secretsmanager").create_secret(Name="growth/masking", SecretString=KEY_BYTES.hex())["ARN"]
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        key = f"{PREFIX}/{file.relative_to(source).as_posix()}"
        client("s3").put_object(Bucket=LAKE, Key=key, Body=file.read_bytes())
    return Account(server, client, tmp_path, secret)


def rights_needed(asked: Asked) -> list[tuple[str, str, dict[str, str]]]:
    """(action, resource, condition keys) that AWS asks for (Amazon S3 user guide, "Required permissions for S3 API
    operations")."""
    if asked.target:
        assert asked.target == "secretsmanager.GetSecretValue"
        return [("secretsmanager:GetSecretValue", json.loads(asked.body)["SecretId"], {})]
    bucket, _, key = asked.path.removeprefix("/").partition("/")
    if asked.method == "POST" and "delete" in asked.query:
        removed = [unescape(found) for found in re.findall(r"<Key>(.*?)</Key>", asked.body.decode())]
        assert removed
        return [("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{each}", {}) for each in removed]
    listed: tuple[str, str, dict[str, str]] = ("s3:ListBucket", f"arn:aws:s3:::{bucket}", {})
    if not key:
        assert asked.method in ("GET", "HEAD"), asked
        prefix = asked.query.get("prefix")
        return [(*listed[:2], {"s3:prefix": prefix[0]} if prefix else {})]
    resource = f"arn:aws:s3:::{bucket}/{key}"
    action = {
        "GET": "GetObject",
        "HEAD": "GetObject",
        "PUT": "PutObject",
        "POST": "PutObject",
        "DELETE": "DeleteObject",
    }
    found: list[tuple[str, str, dict[str, str]]] = [(f"s3:{action[asked.method]}", resource, {})]
    if asked.method == "DELETE" and "uploadId" in asked.query:
        found = [("s3:AbortMultipartUpload", resource, {})]
    if asked.copied:
        found.append(("s3:GetObject", f"arn:aws:s3:::{asked.copied.removeprefix('/')}", {}))
    return [*found, listed] if asked.method in ("GET", "HEAD") and asked.status == 404 else found


def forbidden(account: Account) -> list[tuple[str, str, dict[str, str]]]:
    """What the job asked for and its role does not allow; what it was refused and could do without is left out."""
    rights = json.loads(account.recording.named("orders-role-policy").inputs["policy"])
    answered = [asked for asked in account.server.asked if asked.status != 403]
    needed = list({str(need): need for asked in answered for need in rights_needed(asked)}.values())
    assert len(needed) > 3
    requests = [Request(ROLE, action, resource, (rights,), context=context) for action, resource, context in needed]
    return [need for need, allowed in zip(needed, iam_evaluator.allowed(requests), strict=True) if not allowed]


def test_role_allows_all_that_a_run_and_the_next_one_ask_for(account: Account) -> None:
    account.deploy()
    for _ in range(2):
        assert account.run() == 0
        assert forbidden(account) == []
    assert {"masked/_manifest.json", "masked/customers.parquet"} <= account.objects("masked/").keys()
    assert set(account.objects("staging/").values()) <= {EMPTY}
    assert "masking/verdict.json" in account.objects("masking/")


def test_role_allows_all_that_a_refused_run_asks_for_and_the_former_copy_stays(account: Account) -> None:
    account.deploy()
    assert account.run() == 0
    before = account.objects("masked/")
    account.deploy({"email": "keep"})
    assert account.run() == 1
    assert forbidden(account) == []
    assert account.objects("masked/") == before
    assert set(account.objects("staging/").values()) <= {EMPTY}


def test_role_allows_all_that_a_part_of_the_source_asks_for(account: Account) -> None:
    account.deploy(subset={"root": "customers", "rows": 40})
    assert account.run() == 0
    assert forbidden(account) == []
    manifest = account.clients("s3").get_object(Bucket=OWN, Key="masked/_manifest.json")["Body"].read()
    assert json.loads(manifest)["tables"]["customers"]["rows"] == 40


def test_subset_that_says_nonsense_is_refused_before_anything_is_read(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.deploy()
    words = ["--plan", "x", "--source", "s3://a/b", "--target", "s3://c/d", "--key-secret", "s", "--rows", "0"]
    plan = f"s3://{OWN}/{account.recording.named('orders-plan').inputs['key']}"
    assert spark_job.main([plan if word == "x" else word for word in words]) == 2
    assert "--rows: expected a whole number of at least 1, got 0" in capsys.readouterr().out


def test_names_that_may_not_be_asked_for_are_looked_up_in_lists(account: Account) -> None:
    source = stores.path_of(f"s3://{LAKE}/{PREFIX}")
    assert (source.is_dir(), source.exists()) == (True, True)
    assert (source / "customers.parquet").is_file()
    assert not (source / "nothing.parquet").exists()
    assert not (source / "orders" / "nothing.parquet").exists()
    with pytest.raises(MaskingError, match=f"^s3://{LAKE}/curated/growth: access is denied"):
        stores.path_of(f"s3://{LAKE}/curated/growth").exists()
    assert account.server.asked


def test_job_does_nothing_with_another_plan_than_the_reviewed_one(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.deploy()
    stored = account.recording.named("orders-plan").inputs["key"]
    reviewed = account.clients("s3").get_object(Bucket=OWN, Key=stored)["Body"].read()
    account.clients("s3").put_object(Bucket=OWN, Key=stored, Body=reviewed + b"maximum_suppression: 0.5\n")
    assert account.run() == 2
    assert account.objects("masked/") == {}
    assert KEY_BYTES.hex() not in capsys.readouterr().out
