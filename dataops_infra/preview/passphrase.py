"""Values that `pulumi config set --secret` encrypted with a passphrase.

``encryptionsalt: v1:<salt>:v1:<nonce>:<ciphertext of "pulumi">`` and ``secure: v1:<nonce>:<ciphertext>``, all base64:
the key is PBKDF2-HMAC-SHA256 of the passphrase (1,000,000 rounds, 32 bytes), the cipher AES-256-GCM, tag appended
(pulumi/pulumi, sdk/go/common/resource/config/crypt.go and pkg/secrets/passphrase).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

from dataops_infra.errors import PreviewError

_ROUNDS = 1_000_000
_KEY_BYTES = 32
_PROOF = "pulumi"


class WrongPassphraseError(ValueError):
    """The passphrase does not open the stack's ``encryptionsalt``."""


class Decrypter:
    """Opens the secrets of one stack; the key is derived once, which takes about a second.

    :raises ValueError: ``salt`` is no ``encryptionsalt``.
    :raises WrongPassphraseError: ``passphrase`` is not the one the stack was made with.
    """

    def __init__(self, salt: str, passphrase: str) -> None:
        version, _, rest = salt.partition(":")
        encoded, _, proof = rest.partition(":")
        if version != "v1" or not encoded or not proof:
            raise ValueError("is not of the form v1:<salt>:v1:<nonce>:<text>")
        self._key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), _decoded(encoded), _ROUNDS, _KEY_BYTES)
        try:
            opened = self.open(proof)
        except ValueError:
            opened = ""
        if opened != _PROOF:
            raise WrongPassphraseError

    def open(self, secure: str) -> str:
        """The plain text of a ``secure:`` value.

        :raises ValueError: it is malformed, or was encrypted with another key.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        parts = secure.split(":")
        if len(parts) != 3 or parts[0] != "v1":
            raise ValueError("is not of the form v1:<nonce>:<text>")
        try:
            return AESGCM(self._key).decrypt(_decoded(parts[1]), _decoded(parts[2]), None).decode()
        except (InvalidTag, UnicodeDecodeError):
            raise ValueError("was encrypted with another key") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None


def find_passphrase(environ: Mapping[str, str]) -> str | None:
    """What ``PULUMI_CONFIG_PASSPHRASE`` or ``PULUMI_CONFIG_PASSPHRASE_FILE`` gives; None when neither is set.

    :raises PreviewError: the file cannot be read.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in environ:
        return environ["PULUMI_CONFIG_PASSPHRASE"]
    file = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        return None
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise PreviewError(f"PULUMI_CONFIG_PASSPHRASE_FILE={file}: {reason}; name a readable text file") from None
