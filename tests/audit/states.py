"""Exported stacks for the tests, as the CLI lays them out, and secrets as it encrypts them."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dataops_infra.preview.engine.values import SECRET_SIGNATURE, SIGNATURE_KEY

BUCKET = "aws:s3/bucket:Bucket"
STACK_TYPE = "pulumi:pulumi:Stack"
PASSPHRASE = "correct horse"
GOOD_TAGS = {
    "owner": "growth-data", "cost-center": "cc-1234", "environment": "dev", "domain": "growth",
    "data-classification": "internal", "managed-by": "pulumi",
}  # fmt: skip


def urn(type_token: str, name: str, stack: str = "dev", project: str = "shop") -> str:
    """The URN of a top-level resource."""
    return f"urn:pulumi:{stack}::{project}::{type_token}::{name}"


def provider(stack: str = "dev", project: str = "shop", **inputs: Any) -> dict[str, Any]:
    """A default AWS provider."""
    place = urn("pulumi:providers:aws", "default", stack, project)
    given = {"version": "7.51.1", **inputs}
    return {
        "urn": place,
        "custom": True,
        "id": "pid",
        "type": "pulumi:providers:aws",
        "inputs": given,
        "outputs": given,
    }


def bucket(
    name: str = "lake", tags: Any = None, stack: str = "dev", project: str = "shop", **changes: Any
) -> dict[str, Any]:
    """A bucket; ``tags`` None = the right ones."""
    found = GOOD_TAGS if tags is None else tags
    inputs: dict[str, Any] = {"__defaults": [], "bucket": name, "tags": found, "tagsAll": found}
    outputs = {"bucket": name, "arn": f"arn:aws:s3:::{name}", "id": name, "tags": found, "tagsAll": found}
    return {
        "urn": urn(BUCKET, name, stack, project),
        "custom": True,
        "id": name,
        "type": BUCKET,
        "inputs": inputs,
        "outputs": outputs,
        "parent": urn(STACK_TYPE, f"{project}-{stack}", stack, project),
        "provider": f"{urn('pulumi:providers:aws', 'default', stack, project)}::pid",
        **changes,
    }


def state(
    *resources: Mapping[str, Any], stack: str = "dev", project: str = "shop", secrets: Any = None, **changes: Any
) -> dict[str, Any]:
    """An export with the stack's own resource, a provider with default tags, and ``resources``."""
    root = {"urn": urn(STACK_TYPE, f"{project}-{stack}", stack, project), "custom": False, "type": STACK_TYPE}
    tagged = provider(stack, project, defaultTags='{"tags":{"managed-by":"pulumi"}}')
    deployment = {
        "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "m", "version": "v3.260.0"},
        **({"secrets_providers": secrets} if secrets else {}),
        "resources": [root, tagged, *resources],
        "metadata": {},
    }
    return {"version": 3, "deployment": deployment | changes}


def write(path: Path, document: Any) -> Path:
    """The document as the CLI writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=4), encoding="utf-8")
    return path


def shown_secret(value: Any) -> dict[str, Any]:
    """A secret as ``--show-secrets`` exports it."""
    return {SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": json.dumps(value)}


class Vault:
    """The passphrase provider of one stack."""

    def __init__(self, passphrase: str = PASSPHRASE) -> None:
        salt = hashlib.sha256(passphrase.encode()).digest()[:8]
        self._key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 1_000_000, 32)
        self._number = 0
        self.provider = {
            "type": "passphrase",
            "state": {"salt": f"v1:{base64.b64encode(salt).decode()}:{self._sealed('pulumi')}"},
        }

    def secret(self, value: Any) -> dict[str, Any]:
        """A secret as a plain export holds it."""
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": self._sealed(json.dumps(value))}

    def _sealed(self, text: str) -> str:
        self._number += 1
        nonce = self._number.to_bytes(12, "big")
        sealed = AESGCM(self._key).encrypt(nonce, text.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def ordered(paths: Sequence[Path]) -> list[str]:
    """The paths as arguments."""
    return [str(path) for path in paths]
