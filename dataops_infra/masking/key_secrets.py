"""The masking key from a secret manager: AWS Secrets Manager, or GCP Secret Manager.

The clouds' own libraries (extra ``job``) are imported only when a secret of theirs is read; who asks is whoever this
process runs as. What they say goes into no message: only which secret, and what kind of failure.
"""

import base64
import binascii
import os
import re
from importlib import import_module
from types import ModuleType
from typing import Any

from dataops_infra.errors import MaskingError
from dataops_infra.masking.keys import MasterKey

GOOGLE_ENDPOINT = "https://secretmanager.googleapis.com"
GOOGLE_ENDPOINT_VARIABLE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"
"""What gcloud reads another endpoint from, such as that of a private network."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TIMEOUT_SECONDS = 20
ATTEMPTS = 3

_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@!-]+")
_RESOURCE = re.compile(r"projects/[A-Za-z0-9:.-]+/secrets/[A-Za-z0-9_-]+(?P<version>/versions/(\d+|[A-Za-z0-9_-]+))?")


def key_from_secret(reference: str) -> MasterKey:
    """The key in the secret that ``reference`` names.

    :param reference: the ARN of an AWS secret (its current version), or ``projects/P/secrets/S`` of GCP Secret Manager
        (its latest version) with or without ``/versions/V``. The secret spells the key as a key file does.
    :raises MaskingError: it is no such reference, cannot be read or holds something else.
    """
    if (arn := _ARN.fullmatch(reference)) is not None:
        content = _aws_secret(reference, arn["region"])
    elif (resource := _RESOURCE.fullmatch(reference)) is not None:
        content = _google_secret(reference if resource["version"] else f"{reference}/versions/latest")
    else:
        raise MaskingError(
            "--key-secret names no secret: give arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME or "
            "projects/PROJECT/secrets/NAME, never the key itself"
        )
    return MasterKey.from_secret(content, f"secret {reference}")


def _aws_secret(arn: str, region: str) -> bytes:
    boto3, config = _imported("boto3"), _imported("botocore.config")
    options = config.Config(
        connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"total_max_attempts": ATTEMPTS}
    )
    try:
        found = (
            boto3.Session().client("secretsmanager", region_name=region, config=options).get_secret_value(SecretId=arn)
        )
    except _imported("botocore.exceptions").ClientError as error:
        raise _unreadable(
            arn, error.response["Error"]["Code"], "secretsmanager:GetSecretValue and kms:Decrypt"
        ) from None
    except _imported("botocore.exceptions").BotoCoreError as error:
        raise _unreadable(arn, type(error).__name__, "secretsmanager:GetSecretValue and kms:Decrypt") from None
    return bytes(found["SecretBinary"]) if "SecretBinary" in found else str(found["SecretString"]).encode()


def _google_secret(resource: str) -> bytes:
    auth, requests = _imported("google.auth"), _imported("google.auth.transport.requests")
    endpoint = os.environ.get(GOOGLE_ENDPOINT_VARIABLE, GOOGLE_ENDPOINT).rstrip("/")
    try:
        credentials, _project = auth.default(scopes=[GOOGLE_SCOPE])
        with requests.AuthorizedSession(credentials) as session:
            answer = session.get(f"{endpoint}/v1/{resource}:access", timeout=TIMEOUT_SECONDS)
    except (auth.exceptions.GoogleAuthError, _imported("requests").RequestException) as error:
        raise _unreadable(resource, type(error).__name__, "secretmanager.versions.access") from None
    if answer.status_code != 200:
        raise _unreadable(resource, f"HTTP {answer.status_code}", "secretmanager.versions.access")
    return _payload(resource, answer)


def _payload(resource: str, answer: Any) -> bytes:
    """The bytes in an answer of the method ``access``."""
    try:
        return base64.b64decode(answer.json()["payload"]["data"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise _unreadable(resource, "no answer of Secret Manager", "secretmanager.versions.access") from None


def _imported(name: str) -> ModuleType:
    """A module of a cloud's library, which only this needs.

    :raises MaskingError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        library = name.partition(".")[0]
        raise MaskingError(
            f"--key-secret needs {'google-auth' if library == 'google' else library}: pip install 'dataops-infra[job]'"
        ) from None


def _unreadable(reference: str, why: str, needed: str) -> MaskingError:
    return MaskingError(
        f"secret {reference} cannot be read ({why}): check that it exists and can be reached from here, and that this "
        f"job's identity has {needed} for it"
    )
