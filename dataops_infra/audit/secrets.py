"""The secrets of one export: opened where that is possible, unknown to the rules where it is not, shown nowhere."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dataops_infra.audit.exported import ExportError, holds_half_character
from dataops_infra.preview.engine.values import (
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Wire,
    secret,
    strip_secrets,
)
from dataops_infra.preview.passphrase import Decrypter, WrongPassphraseError

_PASSPHRASE = "passphrase"  # noqa: S105 - the name of a secrets provider
_SHORTEST_NUMBER = 5
"""Digits from which on a number is hidden as a text would be: shorter ones are ports and sizes."""

_decrypter = lru_cache(maxsize=8)(Decrypter)
"""Stacks copied from one another share a salt, and a key takes a second."""


class Secrets:
    """Turns an export's values into wire values.

    A secret in plain text (``--show-secrets``) and one that the passphrase opens are known to the rules, as they are to
    Pulumi's engine; any other is unknown.

    :param provider: ``secrets_providers`` of the export.
    :param passphrase: None = none was given.
    """

    def __init__(self, provider: Mapping[str, Any], passphrase: str | None) -> None:
        self._type = str(provider.get("type") or "")
        self._provider, self._passphrase = provider, passphrase
        self.texts: set[str] = set()
        self.closed = False

    def wire(self, value: Any) -> Wire:
        """``value`` with every secret opened or unknown.

        :raises ExportError: a secret is malformed, or the passphrase is not the export's.
        """
        if isinstance(value, list):
            return [self.wire(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return self._opened(value)
        return {key: self.wire(item) for key, item in value.items()}

    @property
    def reason(self) -> str:
        """Why the values that stayed closed are unknown, and what would open them."""
        if self._type == _PASSPHRASE:
            return "encrypted in the export; set PULUMI_CONFIG_PASSPHRASE, or export with --show-secrets"
        by = f" by {self._type[:40]}" if self._type else ""
        return f"encrypted in the export{by}; export with `pulumi stack export --show-secrets`"

    def _opened(self, envelope: Mapping[str, Any]) -> Wire:
        if isinstance(envelope.get("plaintext"), str):
            plain: str | None = envelope["plaintext"]
        elif isinstance(envelope.get("ciphertext"), str):
            plain = self._decrypted(envelope["ciphertext"])
        else:
            raise ExportError("is damaged: a secret has neither plaintext nor ciphertext; export the stack again")
        if plain is None:
            self.closed = True
            return UNKNOWN
        try:
            value = json.loads(plain)
        except json.JSONDecodeError:
            raise ExportError("is damaged: a secret in it is not JSON; export the stack again") from None
        if holds_half_character(value):
            raise ExportError(
                "is damaged: a secret in it holds half a character (a lone surrogate); mend what wrote it"
            )
        held = self.wire(value)
        self._remember(strip_secrets(held))
        return secret(held)

    def _decrypted(self, ciphertext: str) -> str | None:
        if self._type != _PASSPHRASE or self._passphrase is None:
            return None
        state = self._provider.get("state")
        salt = state.get("salt") if isinstance(state, dict) else None
        try:
            decrypter = _decrypter(str(salt), self._passphrase)
        except WrongPassphraseError:
            raise ExportError(
                "cannot be decrypted: PULUMI_CONFIG_PASSPHRASE is not the passphrase of this stack; give the right one,"
                " or unset it to defer what hangs on secrets"
            ) from None
        except ValueError:
            raise ExportError("is damaged: the salt of its secrets is malformed; export the stack again") from None
        try:
            return decrypter.open(ciphertext)
        except ValueError:
            raise ExportError("is damaged: a secret in it cannot be decrypted; export the stack again") from None

    def _remember(self, value: Any) -> None:
        if isinstance(value, str):
            self.texts.add(value)
        elif isinstance(value, int | float) and len(json.dumps(value)) >= _SHORTEST_NUMBER:
            self.texts.add(json.dumps(value))
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._remember(item)
