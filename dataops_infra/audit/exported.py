"""Reads one exported stack: ``pulumi stack export`` or a checkpoint of a file backend, or says what else the file is.

The formats are ``UntypedDeployment``, ``DeploymentV3`` and ``CheckpointV3`` of Pulumi (sdk/go/common/apitype).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from dataops_infra.preview.engine.urns import is_urn
from dataops_infra.preview.engine.values import SIGNATURE_KEY

SCHEMA_VERSIONS = (3, 4)
"""Deployments of version 4 are those of version 3 that use a feature older CLIs do not know."""
_HARMLESS_FEATURES = frozenset({"refreshBeforeUpdate", "views", "hooks", "taint", "replaceWith"})
"""Features of version 4 that change neither how values are written nor which resources there are."""
_MEBIBYTE = 1024 * 1024
_LONGEST_VERSION = 20
_LONGEST_NAME = 60
_OTHERS_NAMED = 3
"""What is repeated of a file in a sentence about it."""
_LONGEST_HALF = len("\\u0000")
"""Half an escape or half a literal at the end of a file is reported where it begins."""

_HOW = "make one with `pulumi stack export --file state.json`"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "is compressed with gzip; unpack it with gunzip first"),
    (b"PK\x03\x04", "is a zip archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "is compressed with xz; unpack it first"),
    (b"-----BEGIN PGP MESSAGE", "is encrypted with OpenPGP; decrypt it with `gpg --decrypt` first"),
    (b"age-encryption.org/", "is encrypted with age; decrypt it with `age --decrypt` first"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "is encrypted with age; decrypt it with `age --decrypt` first"),
    (b"Salted__", "is encrypted with openssl; decrypt it first"),
    (b"$ANSIBLE_VAULT", "is encrypted with Ansible Vault; decrypt it first"),
)
# Tags 1 and 3 of OpenPGP (session keys) in the old and the new format: https://www.rfc-editor.org/rfc/rfc9580#section-4.2
_OPENPGP_FIRST_BYTES = frozenset({0x84, 0x85, 0x86, 0x8C, 0x8D, 0x8E, 0xC1, 0xC3})
# Go writes a resource's URN first; inside of values the key stands behind the signature of a reference.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half of a pair: by itself it is no character, and no message to a pack can hold it."""
_URN_LINE = re.compile(r'\{\s*"urn"\s*:\s*("(?:[^"\\]|\\.)*")')


class ExportError(Exception):
    """Why an export cannot be judged: a sentence about the file that does not repeat its name nor a value in it."""


@dataclass(frozen=True)
class Export:
    """What one export holds. ``resources`` are as they stand there; ``lines`` are 1-based, by URN.

    ``digest`` is the SHA-256 of the file's bytes. An empty stack has no names where the file does not tell them.
    """

    project: str
    stack: str
    resources: tuple[Mapping[str, Any], ...]
    secrets_provider: Mapping[str, Any]
    pending_operations: int
    lines: Mapping[str, int]
    digest: str


def read_export(path: Path, maximum_bytes: int) -> Export:
    """Read the export at ``path``.

    :raises ExportError: it is none, or larger than ``maximum_bytes``.
    """
    content = _content(path, maximum_bytes)
    text = _text(content)
    document = _document(text)
    deployment, name = _deployment(document)
    resources = _resources(deployment)
    if _HALF_CHARACTER.search(text):
        _refuse_half_characters(document, resources)
    project, stack = _names(resources, name)
    provider = deployment.get("secrets_providers")
    pending = deployment.get("pending_operations")
    return Export(
        project=project,
        stack=stack,
        resources=resources,
        secrets_provider=provider if isinstance(provider, dict) else {},
        pending_operations=len(pending) if isinstance(pending, list) else 0,
        lines=_lines(text, resources),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _content(path: Path, maximum_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(maximum_bytes + 1)
    except OSError as error:
        raise ExportError(f"cannot be read ({error.strerror}); name a file that this user may read") from None
    if len(content) > maximum_bytes:
        limit = f"{round(maximum_bytes / _MEBIBYTE, 6):g} MiB"
        raise ExportError(f"is larger than {limit}; raise the limit with --max-size if it is a real export")
    return content


def _text(content: bytes) -> str:
    start = content[:1024].lstrip()
    if not content.strip():
        raise ExportError(f"is empty; {_HOW}")
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise ExportError(what)
    if content[0] in _OPENPGP_FIRST_BYTES:
        raise ExportError("looks encrypted with OpenPGP; decrypt it with `gpg --decrypt` first")
    try:
        # A shell on Windows writes UTF-16 where the CLI wrote UTF-8.
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise ExportError(f"is no text, so no exported stack; {_HOW}") from None


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        left = len(text.rstrip()) - error.pos
        if (error.pos and left < _LONGEST_HALF) or error.msg.startswith("Unterminated string"):
            raise ExportError(f"ends in the middle, on line {error.lineno}; export the stack again") from None
        raise ExportError(f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg}); {_HOW}") from None
    except RecursionError:
        raise ExportError(f"is nested too deeply to be an exported stack; {_HOW}") from None
    except ValueError:
        raise ExportError(f"holds a number that no export has; {_HOW}") from None


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _deployment(document: Any) -> tuple[Mapping[str, Any], str]:
    """The deployment in a document, and the stack's name where it is told beside."""
    if not isinstance(document, dict):
        raise ExportError(f"is JSON but no exported stack: an object was expected; {_HOW}")
    _refuse_others(document)
    version = document.get("version")
    if "checkpoint" in document:
        checkpoint = document["checkpoint"]
        name = str(checkpoint.get("stack") or "") if isinstance(checkpoint, dict) else ""
        deployment = checkpoint.get("latest") if isinstance(checkpoint, dict) else None
        deployment = {} if deployment is None and name else deployment
    else:
        name, deployment = "", document.get("deployment")
    if not isinstance(deployment, dict):
        raise ExportError(f"is JSON but no exported stack: it has no `deployment`; {_HOW}")
    _check_version(version)
    features = document.get("features")
    unknown = sorted(str(f)[:40] for f in features if f not in _HARMLESS_FEATURES) if isinstance(features, list) else []
    if unknown:
        raise ExportError(f"uses what this version cannot judge ({', '.join(unknown)}); update dataops-infra")
    return deployment, name


def _check_version(version: Any) -> None:
    is_number = isinstance(version, int) and not isinstance(version, bool)
    if is_number and version in SCHEMA_VERSIONS:
        return
    if version is None or is_number:
        told = "no version" if version is None else f"version {version}"
    else:
        told = f"a version that is no whole number, {json.dumps(version)[:_LONGEST_VERSION]}"
    raise ExportError(
        f"is a deployment of {told}, and versions {SCHEMA_VERSIONS[0]} and {SCHEMA_VERSIONS[1]} can be judged;"
        " export it again with a current Pulumi CLI"
    )


def _refuse_others(document: Mapping[str, Any]) -> None:
    """Name formats that are easily taken for an export."""
    if "sops" in document:
        raise ExportError("is encrypted with SOPS; decrypt it with `sops --decrypt` first")
    if "terraform_version" in document:
        raise ExportError(f"is a Terraform state, not an exported Pulumi stack; {_HOW}")
    if str(document.get("schema", "")).startswith("dataops."):
        raise ExportError(f"is a report of dataops, not an exported stack; {_HOW}")
    if "steps" in document and "deployment" not in document:
        raise ExportError(f"is the output of `pulumi preview --json`, not an exported stack; {_HOW}")


def _resources(deployment: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    given = deployment.get("resources")
    if given is None:
        return ()
    if not isinstance(given, list):
        raise ExportError("is damaged: its `resources` are no list; export the stack again")
    for number, resource in enumerate(given, start=1):
        fault = _fault(resource)
        if fault:
            raise ExportError(f"is damaged: resource {number} {fault}; export the stack again")
    return tuple(given)


def _fault(resource: Any) -> str:
    """What is wrong with an entry of ``resources``; "" when nothing is."""
    if not isinstance(resource, dict):
        return "is no object"
    urn = resource.get("urn")
    if not isinstance(urn, str) or not is_urn(urn) or urn.count(":") < 6:
        return "has no valid URN"
    if not isinstance(resource.get("type"), str):
        return "has no type"
    wrong = [key for key in ("inputs", "outputs") if not isinstance(resource.get(key), dict | None)]
    if wrong:
        return f"has {wrong[0]} that are no object"
    # Pulumi wraps the values in them, never the whole: rules judge properties by name, and there would be none.
    wrapped = [key for key in ("inputs", "outputs") if SIGNATURE_KEY in (resource.get(key) or {})]
    return f"has {wrapped[0]} that are one secret as a whole, not properties" if wrapped else ""


def _refuse_half_characters(document: Any, resources: tuple[Mapping[str, Any], ...]) -> None:
    numbered = ((f"resource {number}", resource) for number, resource in enumerate(resources, start=1))
    for where, value in (*numbered, ("it", document)):
        if holds_half_character(value):
            raise ExportError(
                f"is damaged: {where} holds half a character (a lone surrogate such as \\ud800); mend what wrote it"
            )


def holds_half_character(value: Any) -> bool:
    """Whether a text in ``value`` cannot be written as UTF-8, as messages to packs are."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _names(resources: tuple[Mapping[str, Any], ...], told: str) -> tuple[str, str]:
    """Project and stack out of the URNs; of several projects (one was renamed), ``multiple``, as Pulumi says it."""
    found = {tuple(resource["urn"].split("::", 2)[:2]) for resource in resources}
    if not found:
        *above, stack = told.split("/")
        return (above[-1] if above else ""), stack
    projects = {project for _, project in found}
    first, *others = sorted({urn.removeprefix("urn:pulumi:") for urn, _ in found})
    if others:
        number = "two" if len(others) == 1 else len(others) + 1
        names = ", ".join(name[:_LONGEST_NAME] for name in (first, *others[:_OTHERS_NAMED]))
        raise ExportError(f"holds {number} stacks ({names}); export each into a file of its own")
    return (next(iter(projects)) if len(projects) == 1 else "multiple"), first


def _lines(text: str, resources: tuple[Mapping[str, Any], ...]) -> dict[str, int]:
    """The line on which each resource begins, as far as the file is laid out as the CLI does it."""
    found: dict[str, int] = {}
    places = _urn_places(text)
    for resource in resources:
        for urn, line in places:
            if urn == resource["urn"]:
                found.setdefault(urn, line)
                break
    return found


def _urn_places(text: str) -> Iterator[tuple[str, int]]:
    line, position = 1, 0
    for match in _URN_LINE.finditer(text):
        line, position = line + text.count("\n", position, match.start(1)), match.start(1)
        yield json.loads(match[1]), line
