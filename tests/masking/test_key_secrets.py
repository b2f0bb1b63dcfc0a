"""Keys in secret managers: real clients against servers of this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking import key_secrets
from dataops_infra.masking.key_secrets import GOOGLE_ENDPOINT_VARIABLE, key_from_secret
from tests.support.cloud_servers import aws_server, google_credentials, google_payload, google_secrets
from tests.support.masked_runs import KEY, KEY_BYTES

SECRET = "projects/p/secrets/masking-key"
ANSWERS: dict[str, tuple[int, Any]] = {
    f"{SECRET}/versions/latest:access": (200, google_payload(KEY_BYTES)),
    f"{SECRET}/versions/2:access": (200, google_payload(KEY_BYTES.hex().encode())),
    "projects/p/secrets/short/versions/latest:access": (200, google_payload(b"planted")),
    "projects/p/secrets/denied/versions/latest:access": (403, {"error": {"message": "planted detail"}}),
    "projects/p/secrets/odd/versions/latest:access": (200, {"payload": {"data": "planted!"}}),
    "projects/p/secrets/html/versions/latest:access": (200, b"<html>planted</html>"),
}


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    with aws_server() as environment:
        yield environment


@pytest.fixture
def secrets_manager(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    return boto3.client("secretsmanager", region_name="eu-west-1")


@pytest.fixture(scope="module")
def google_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with google_secrets(ANSWERS) as address:
        yield address, google_credentials(tmp_path_factory.mktemp("google") / "account.json", address)


@pytest.fixture
def google(google_account: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GOOGLE_ENDPOINT_VARIABLE, google_account[0])
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(google_account[1]))


@pytest.mark.parametrize(
    "content",
    [{"SecretBinary": KEY_BYTES}, {"SecretString": KEY_BYTES.hex()}, {"SecretString": KEY_BYTES.hex() + "\n"}],
    ids=["binary", "hex", "line"],
)
def test_aws_secret_gives_the_key(secrets_manager: Any, content: dict[str, Any], request: Any) -> None:
    arn = secrets_manager.create_secret(Name=f"masking/{request.node.callspec.id}", **content)["ARN"]
    assert key_from_secret(arn).key_id == KEY.key_id


@pytest.mark.parametrize("version", ["", "/versions/2", "/versions/latest"])
def test_google_secret_gives_the_key(google: None, version: str) -> None:
    assert key_from_secret(SECRET + version).key_id == KEY.key_id


def test_missing_aws_secret_is_told_with_what_is_needed(secrets_manager: Any) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf"
    with pytest.raises(MaskingError) as raised:
        key_from_secret(arn)
    assert str(raised.value) == (
        f"secret {arn} cannot be read (ResourceNotFoundException): check that it exists and can be reached from here, "
        "and that this job's identity has secretsmanager:GetSecretValue and kms:Decrypt for it"
    )
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("projects/p/secrets/none", "HTTP 404"),
        ("projects/p/secrets/denied", "HTTP 403"),
        ("projects/p/secrets/odd", "no answer of Secret Manager"),
        ("projects/p/secrets/html", "no answer of Secret Manager"),
    ],
)
def test_unreadable_google_secret_is_told_without_the_answer(google: None, reference: str, why: str) -> None:
    with pytest.raises(MaskingError) as raised:
        key_from_secret(reference)
    assert str(raised.value).startswith(f"secret {reference}/versions/latest cannot be read ({why}): check that it")
    assert "secretmanager.versions.access" in str(raised.value)
    assert "planted" not in str(raised.value)


def test_secret_that_is_no_key_is_not_repeated(google: None) -> None:
    with pytest.raises(MaskingError, match=r"^secret projects/p/secrets/short holds no masking key, which is 32 bytes"):
        key_from_secret("projects/p/secrets/short")


def test_unreachable_secret_managers_are_told(
    secrets_manager: Any, google: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv(GOOGLE_ENDPOINT_VARIABLE, "http://127.0.0.1:1")
    monkeypatch.setattr(key_secrets, "ATTEMPTS", 1)
    with pytest.raises(MaskingError, match=r"cannot be read \(EndpointConnectionError\)"):
        key_from_secret("arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf")
    with pytest.raises(MaskingError, match=r"cannot be read \(ConnectionError\)"):
        key_from_secret(SECRET)


def test_without_credentials_that_is_said(
    secrets_manager: Any, google: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(MaskingError, match=r"cannot be read \(NoCredentialsError\)"):
        key_from_secret("arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf")
    with pytest.raises(MaskingError, match=r"cannot be read \(DefaultCredentialsError\)"):
        key_from_secret(SECRET)


@pytest.mark.parametrize(
    "reference", ["", "masking-key", KEY_BYTES.hex(), "arn:aws:s3:::bucket", "projects/p/secrets/"]
)
def test_what_names_no_secret_is_not_repeated(reference: str) -> None:
    with pytest.raises(MaskingError) as raised:
        key_from_secret(reference)
    assert str(raised.value).startswith("--key-secret names no secret: give arn:aws:secretsmanager:REGION")
    assert KEY_BYTES.hex() not in str(raised.value)


@pytest.mark.parametrize(
    ("reference", "module", "library"),
    [
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf", "boto3", "boto3"),
        (SECRET, "google.auth", "google-auth"),
        (SECRET, "google.auth.transport.requests", "google-auth"),
    ],
)
def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, reference: str, module: str, library: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(MaskingError, match=rf"^--key-secret needs {library}: pip install 'dataops-infra\[job\]'$"):
        key_from_secret(reference)
