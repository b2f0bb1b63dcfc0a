"""What the parts of the engine hand to one another: the job, resources as registered, diagnostics, failures."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .values import Properties

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"

FAILURE_KINDS = frozenset(
    {"program", "run", "config", "duplicate", "check", "pack", "rule", "answers", "asset", "hook", "stack-reference"}
    | {"internal"}
)


class EngineFailure(Exception):
    """Something that ends the preview; ``str(failure)`` is the sentence for people.

    :param kind: one of the kinds of result.json's ``error``.
    :param where: a second place, as ``{"file", "line"}`` (of a duplicate: the first registration).
    :param source: the place in the user's own files, when the failure knows it.
    :param detail: further lines for people.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        source: dict[str, Any] | None = None,
        where: dict[str, Any] | None = None,
        detail: str = "",
    ) -> None:
        if kind not in FAILURE_KINDS:
            raise ValueError(f"{kind} is no kind of failure")
        self.kind, self.source, self.where, self.detail = kind, source, where, detail
        super().__init__(message)


@dataclass(frozen=True)
class PackSpec:
    """One policy pack of the job; ``command`` is the Python that runs it, ``config`` what the user configured.

    ``version`` is that of PulumiPolicy.yaml; ``conventions`` goes to every policy that accepts a property of that name.
    """

    name: str
    path: str
    command: list[str]
    env: dict[str, str]
    config: dict[str, Any]
    version: str = ""
    conventions: dict[str, Any] | None = None


@dataclass(frozen=True)
class JobSpec:
    """job.json, see docs/architecture.md."""

    project: str
    stack: str
    organization: str
    root: Path
    main: Path
    config: dict[str, str]
    config_secret_keys: list[str]
    config_unknown: dict[str, str]
    autonaming: Any
    stack_outputs: dict[str, dict[str, Any]] | None
    answers: list[dict[str, Any]]
    facts: dict[str, Any]
    provider_facts: Path
    packs: list[PackSpec]
    timeouts: dict[str, float]
    workdir: Path
    trace: bool

    @classmethod
    def load(cls, path: Path) -> "JobSpec":
        """Read job.json.

        :raises KeyError: a key without default is missing (the file is written by the supervisor, not by people).
        """
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            project=data["project"],
            stack=data["stack"],
            organization=data.get("organization") or "organization",
            root=Path(data["root"]),
            main=Path(data["main"]),
            config=data.get("config") or {},
            config_secret_keys=data.get("configSecretKeys") or [],
            config_unknown=data.get("configUnknown") or {},
            autonaming=data.get("autonaming"),
            stack_outputs=data.get("stackOutputs"),
            answers=data.get("answers") or [],
            facts=data.get("facts") or {},
            provider_facts=Path(data["providerFacts"]),
            packs=[PackSpec(**pack) for pack in data.get("packs") or []],
            timeouts=data.get("timeouts") or {},
            workdir=Path(data["workdir"]),
            trace=bool(data.get("trace")),
        )

    @property
    def program_directory(self) -> Path:
        """The folder the program runs in."""
        return self.main if self.main.is_dir() else self.main.parent


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a call stack; ``file`` is absolute, ``text`` the source line where it is known."""

    file: str
    line: int
    function: str = ""
    text: str = ""

    def place(self) -> dict[str, Any]:
        """``{"file", "line"}`` as in result.json."""
        return {"file": self.file, "line": self.line}


@dataclass(slots=True)
class ProviderRecord:
    """A provider as its resources and the packs see it; ``inputs`` are wire values, booleans as strings."""

    urn: str
    id: str
    type: str
    name: str
    inputs: Properties

    @property
    def package(self) -> str:
        """The package it serves, such as ``aws``."""
        return self.type.removeprefix(PROVIDER_PREFIX)

    @property
    def reference(self) -> str:
        """``urn::id``, how requests name a provider."""
        return f"{self.urn}::{self.id}"


@dataclass(slots=True)
class ResourceRecord:
    """A resource as registered: what packs receive and what result.json lists.

    ``inputs`` are the checked inputs (wire values, secrets in envelopes, ``__defaults`` absent); ``outputs`` the same
    with the computed outputs (unknown). ``timeouts`` are seconds. ``aliases`` are the declared ones as URNs,
    ``hidden`` the texts of its secrets; ``former_urns`` the URNs of old resources that became this one.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str = ""
    provider: ProviderRecord | None = None
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: list[str] = field(default_factory=list)
    delete_before_replace: bool | None = None
    additional_secret_outputs: list[str] = field(default_factory=list)
    timeouts: dict[str, float] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    former_urns: list[str] = field(default_factory=list)
    retain_on_delete: bool = False
    deleted_with: str = ""
    import_id: str = ""
    id: str = ""
    read: bool = False
    remote: bool = False
    hidden: frozenset[str] = frozenset()
    source: Frame | None = None
    frames: list[Frame] = field(default_factory=list)

    @property
    def is_provider(self) -> bool:
        """True for explicit and default providers."""
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def analyzed(self) -> bool:
        """False for what no policy is shown: resources read with ``.get()`` and stack references."""
        return not self.read


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message for people; ``severity`` is debug, info, warning or error, ``urn`` may be ""."""

    severity: str
    message: str
    urn: str = ""
