"""The master key of a masked copy: where it comes from, its id, and the sub-key of each domain.

A domain's sub-key is HMAC-SHA256(master, ``mask/v1/`` + domain): equal domains join across tables, and without the
master key nothing tells that two domains have to do with each other.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
from pathlib import Path

from dataops_infra.errors import MaskingError
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.sealing import Sealed

KEY_BYTES = 32
KEY_ID_DIGITS = 16
DOMAIN_LABEL = b"mask/v1/"
KEY_ID_LABEL = b"mask/key-id/v1"
"""Begins otherwise than :data:`DOMAIN_LABEL`: no domain's sub-key shares a digit with the public key id."""
MAXIMUM_FILE_BYTES = 4096
"""More than any spelling of a key: what is longer is not read to its end."""
HOW_TO_MAKE = "make one with: openssl rand -hex 32"
ANOTHER_KEY = (
    "with another key than the first copy's its joins are lost; only for a first copy make one: openssl rand -hex 32"
)
FEWEST_DIFFERENT = 12
"""Of 32 random bytes fewer differ once in 10^24 keys: zeros, and what somebody typed."""

_HEX = re.compile(rb"[0-9A-Fa-f]{64}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{43}=?")


class MasterKey(Sealed):
    """The secret that all replacements hang on. Everybody who has it can tell which pseudonym belongs to whom.

    :param raw: 32 random bytes.
    :raises MaskingError: they are not 32.
    """

    __slots__ = ("__raw", "key_id")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise MaskingError(f"a masking key has {KEY_BYTES} bytes, and this one has {len(raw)}: {HOW_TO_MAKE}")
        self.__raw = bytes(raw)
        self.key_id = _hmac(self.__raw, KEY_ID_LABEL).hex()[:KEY_ID_DIGITS]
        """Names the key in manifests; tells nothing about it."""

    @classmethod
    def from_file(cls, path: Path) -> "MasterKey":
        """The key in a file: 32 raw bytes, 64 hex digits or base64; a final newline is allowed.

        :raises MaskingError: the file cannot be read, others than its owner may read it, or it holds something else.
        """
        try:
            with path.open("rb") as stream:
                if os.name == "posix" and os.fstat(stream.fileno()).st_mode & 0o077:
                    raise MaskingError(f"key file {path} may be read by others: chmod 600 {path}")
                content = stream.read(MAXIMUM_FILE_BYTES)
        except OSError as error:
            raise MaskingError(
                f"key file {path} cannot be read ({error.strerror}): give the file that holds the key; {ANOTHER_KEY}"
            ) from None
        return cls(_decoded(content, f"key file {path}"))

    @classmethod
    def from_environment(cls, name: str) -> "MasterKey":
        """The key in an environment variable, spelled as in a file.

        :raises MaskingError: the variable is not set or holds something else.
        """
        value = os.environ.get(name)
        if not value:
            raise MaskingError(
                f"environment variable {name} is {'not set' if value is None else 'empty'}: give it the masking key; "
                f"{ANOTHER_KEY}"
            )
        return cls(_decoded(os.fsencode(value), f"environment variable {name}"))

    @classmethod
    def from_secret(cls, content: bytes, where: str) -> "MasterKey":
        """The key that a secret manager gave, spelled as in a file.

        :param where: what to call the secret in the error.
        :raises MaskingError: it holds something else.
        """
        return cls(_decoded(content, where))

    def domain(self, name: str) -> DomainKey:
        """The key of one domain."""
        # Table names come from file names, which may hold bytes that are no UTF-8 (PEP 383).
        return DomainKey(_hmac(self.__raw, DOMAIN_LABEL + name.encode("utf-8", "surrogatepass")), name)

    def reveal(self) -> bytes:
        """The 32 bytes, for an engine that hands them to its own workers; nobody else asks."""
        return self.__raw

    def _shown(self) -> str:
        return f"key_id={self.key_id!r}"


def new_key() -> str:
    """A new random key as 64 hex digits, for a key file or a secret manager."""
    return secrets.token_hex(KEY_BYTES)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _decoded(content: bytes, where: str) -> bytes:
    """The key that ``content`` spells; an error never repeats any of it."""
    raw = _spelled(content)
    if raw is None:
        raise MaskingError(
            f"{where} holds no masking key, which is {KEY_BYTES} bytes: raw, as 64 hex digits or as base64; "
            f"{HOW_TO_MAKE}"
        )
    different = len(set(raw))
    if different < FEWEST_DIFFERENT:
        values = "one value" if different == 1 else f"{different} different values"
        raise MaskingError(
            f"{where} holds a key whose {KEY_BYTES} bytes have only {values}, which anybody can guess: {HOW_TO_MAKE}"
        )
    return raw


def _spelled(content: bytes) -> bytes | None:
    for spelled in (content, content.removesuffix(b"\n").removesuffix(b"\r")):
        if len(spelled) == KEY_BYTES:
            return spelled
        if _HEX.fullmatch(spelled):
            return binascii.unhexlify(spelled)
        if _BASE64.fullmatch(spelled):
            return base64.urlsafe_b64decode(spelled.translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=") + b"=")
    return None
