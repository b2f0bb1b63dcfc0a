"""Secrets of an export: opened, unknown, or an error that shows nothing of them."""

from typing import Any

import pytest

from dataops_infra.audit.exported import ExportError
from dataops_infra.audit.secrets import Secrets
from dataops_infra.preview.engine.values import SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, secret
from tests.audit.states import PASSPHRASE, Vault, shown_secret

VAULT = Vault()
DEFER = "encrypted in the export; set PULUMI_CONFIG_PASSPHRASE, or export with --show-secrets"


def test_plaintext_secrets_are_known_and_remembered() -> None:
    secrets = Secrets({}, None)
    value = {"a": [shown_secret("hunter2"), 1], "b": shown_secret({"port": 123456, "on": True, "few": 7, "k": ["xyz"]})}
    assert secrets.wire(value) == {
        "a": [secret("hunter2"), 1],
        "b": secret({"port": 123456, "on": True, "few": 7, "k": ["xyz"]}),
    }
    assert secrets.texts == {"hunter2", "123456", "xyz"}
    assert not secrets.closed


def test_ciphertext_is_opened_with_the_passphrase() -> None:
    secrets = Secrets(VAULT.provider, PASSPHRASE)
    assert secrets.wire(VAULT.secret("hunter2")) == secret("hunter2")
    assert secrets.texts == {"hunter2"}


@pytest.mark.parametrize(
    ("provider", "passphrase", "reason"),
    [
        (VAULT.provider, None, DEFER),
        (
            {"type": "service"},
            PASSPHRASE,
            "encrypted in the export by service; export with `pulumi stack export --show-secrets`",
        ),
        ({}, PASSPHRASE, "encrypted in the export; export with `pulumi stack export --show-secrets`"),
    ],
)
def test_closed_secrets_are_unknown_for_a_reason(provider: Any, passphrase: str | None, reason: str) -> None:
    secrets = Secrets(provider, passphrase)
    assert secrets.wire({"a": VAULT.secret("x")}) == {"a": UNKNOWN}
    assert secrets.closed
    assert secrets.reason == reason


@pytest.mark.parametrize(
    ("provider", "passphrase", "value", "sentence"),
    [
        (
            VAULT.provider,
            "wrong",
            VAULT.secret("hunter2"),
            "cannot be decrypted: PULUMI_CONFIG_PASSPHRASE is not the passphrase of this stack; give the right one,"
            " or unset it to defer what hangs on secrets",
        ),
        (
            {"type": "passphrase", "state": {"salt": "v1:hunter2"}},
            PASSPHRASE,
            VAULT.secret("x"),
            "is damaged: the salt of its secrets is malformed; export the stack again",
        ),
        (
            {"type": "passphrase", "state": None},
            PASSPHRASE,
            VAULT.secret("x"),
            "is damaged: the salt of its secrets is malformed; export the stack again",
        ),
        (
            VAULT.provider,
            PASSPHRASE,
            {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": "v1:hunter2:x"},
            "is damaged: a secret in it cannot be decrypted; export the stack again",
        ),
        (
            {},
            None,
            {SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": "hunter2"},
            "is damaged: a secret in it is not JSON; export the stack again",
        ),
        (
            {},
            None,
            {SIGNATURE_KEY: SECRET_SIGNATURE, "hunter2": 1},
            "is damaged: a secret has neither plaintext nor ciphertext; export the stack again",
        ),
    ],
)
def test_secrets_that_cannot_be_read_are_one_sentence(
    provider: Any, passphrase: str | None, value: Any, sentence: str
) -> None:
    with pytest.raises(ExportError) as caught:
        Secrets(provider, passphrase).wire([value])
    assert str(caught.value) == sentence
