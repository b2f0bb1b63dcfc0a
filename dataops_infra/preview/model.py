"""What one preview found: frozen values that every report renders and nothing changes afterwards.

Paths are relative to the program's repository, in POSIX spelling; an unknown value is the string ``"<unknown>"``,
a secret ``"<secret>"``. Sequences are sorted, so that two runs of one program compare equal except for
:attr:`Summary.seconds` and :attr:`PreviewResult.program_output`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = "dataops.preview/v1"
"""The name and version of the JSON report."""

UNKNOWN = "<unknown>"
SECRET = "<secret>"  # noqa: S105 - the marker that stands where a secret was

STACK_TYPE = "pulumi:pulumi:Stack"

Engine = Literal["embedded", "pulumi"]
Level = Literal["mandatory", "advisory"]


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file; ``line`` is 1-based."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One of the user's own frames of a traceback: where, in which function, and the text of that line."""

    source: Source
    function: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that the program registered (``read``: fetched with ``.get()``, not managed by it)."""

    urn: str
    type: str
    name: str
    custom: bool = True
    parent: str = ""
    provider: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    aliases: tuple[str, ...] = ()
    source: Source | None = None
    read: bool = False


@dataclass(frozen=True, slots=True)
class Exemption:
    """The entry of ``dataops.yaml`` that a violation used; ``expires`` is an ISO date."""

    owner: str
    reason: str
    expires: str


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The outermost component a resource belongs to, and the line that made it, where that line is another one."""

    urn: str
    source: Source


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule on one resource.

    ``remediation`` holds the steps that mend it, joined by ``"; "`` (empty where the rule names none). With an
    ``exemption`` the violation does not count: its level is then ``advisory`` and it is listed as exempted.
    """

    pack: str
    pack_version: str
    policy: str
    level: Level
    severity: str
    urn: str
    message: str
    remediation: str = ""
    source: Source | None = None
    made_by: MadeBy | None = None
    exemption: Exemption | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """A check that waits for a value which is unknown before deployment; ``property`` is its path ("" = not said).

    ``reason`` says why it is unknown and what settles it, where that is not the deployment.
    """

    pack: str
    policy: str
    urn: str
    property: str
    source: Source | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Remediation:
    """Inputs of a resource before and after a policy mended them; ``source`` is the line that made the resource."""

    pack: str
    policy: str
    urn: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """A provider function that the program called; ``entry`` is what to add to the answers file.

    ``made_up`` names the fields of an answer that are placeholders although the rest of it is known.
    """

    function: str
    form: str
    answered_by: str
    source: Source | None = None
    entry: Any = None
    urn: str = ""
    made_up: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """True when the answer is one that a cloud would give (offline or from ``--answers``)."""
        return self.answered_by in ("offline", "answers")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An input that became unknown because it was built from the placeholder of an unanswered function."""

    urn: str
    property: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program (``pulumi.log``) or of the engine."""

    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule as its pack describes it."""

    name: str
    level: str = "advisory"
    severity: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy pack that took part; ``policies`` is empty where the engine does not tell them (real CLI)."""

    name: str
    version: str
    policies: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Conventions:
    """Where the conventions came from: a path or "built-in defaults", and the SHA-256 of the rules in hexadecimal.

    ``without`` names the packs that were given no conventions and judged by the built-in defaults. ``environment`` is
    the one of the declared ``environments`` that the stack belongs to, None where it belongs to none of them.
    """

    source: str
    digest: str
    without: tuple[str, ...] = ()
    environment: str | None = None
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the preview could not be finished: one sentence, and the user's own frames, outermost first.

    ``source`` is the place to look at; ``where`` a second one (the first of two resources of one name).
    """

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    source: Source | None = None
    where: Source | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts, and the wall-clock seconds of the whole preview. Exempted violations count as ``exempted`` only."""

    resources: int
    mandatory: int
    advisory: int
    deferred: int
    exempted: int
    seconds: float


_SEVERITIES = ("critical", "high", "medium", "low")


def _urgency(violation: Violation) -> tuple[bool, int, str]:
    """Sorts first what people mend first; a severity that a pack does not say comes last."""
    known = violation.severity in _SEVERITIES
    rank = _SEVERITIES.index(violation.severity) if known else len(_SEVERITIES)
    return violation.level != "mandatory", rank, violation.policy


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """Everything one preview found. ``project_file`` is the place for verdicts that belong to no line."""

    project: str
    stack: str
    engine: Engine
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    violations: tuple[Violation, ...]
    deferred: tuple[Deferred, ...]
    remediations: tuple[Remediation, ...]
    functions: tuple[FunctionUse, ...]
    placeholders: tuple[Placeholder, ...]
    diagnostics: tuple[Diagnostic, ...]
    packs: tuple[Pack, ...]
    conventions: Conventions
    as_of: str
    summary: Summary
    error: Failure | None = None
    program_output: tuple[str, ...] = ()
    project_file: str = "Pulumi.yaml"

    @property
    def counted(self) -> tuple[Violation, ...]:
        """The violations that no exemption covers: mandatory ones first, then the worst first, by severity and rule."""
        return tuple(sorted((v for v in self.violations if v.exemption is None), key=_urgency))

    @property
    def exempted(self) -> tuple[Violation, ...]:
        """The violations that an exemption covers."""
        return tuple(v for v in self.violations if v.exemption is not None)

    @property
    def unanswered(self) -> tuple[FunctionUse, ...]:
        """The functions whose answer only a cloud knows."""
        return tuple(f for f in self.functions if not f.answered)

    @property
    def to_answer(self) -> tuple[FunctionUse, ...]:
        """What a person may answer: unanswered functions, and where inputs became unknown those answered in part."""
        return tuple(f for f in self.functions if not f.answered or (f.made_up and self.placeholders))

    @property
    def exit_code(self) -> int:
        """0 fine, 1 a mandatory violation, 2 the preview could not be finished."""
        if self.error is not None:
            return 2
        return 1 if self.summary.mandatory else 0
