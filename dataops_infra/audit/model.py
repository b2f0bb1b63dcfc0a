"""What one audit found: frozen values that every report renders.

A stack's verdicts are those of a :class:`~dataops_infra.preview.model.PreviewResult`, with the line of the export as
their source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dataops_infra.preview.model import Conventions, Deferred, Diagnostic, Pack, Summary, Violation

SCHEMA = "dataops.audit/v1"
"""The name and version of the JSON report."""


@dataclass(frozen=True, slots=True)
class ExportFailure:
    """Why an export could not be judged: a sentence that begins with the file, and further lines for people."""

    kind: str
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditedStack:
    """One export and what was found in it.

    ``file`` is relative to the current folder where it lies below it. ``resources`` were shown to the packs;
    ``external`` of them the stack only reads. ``aside`` are verdicts on these, which do not count: another stack
    manages them, and an export does not hold their inputs. Names are "" where the export does not tell them.
    """

    file: str
    project: str = ""
    stack: str = ""
    environment: str | None = None
    digest: str = ""
    resources: int = 0
    external: int = 0
    pending_operations: int = 0
    closed_secrets: bool = False
    violations: tuple[Violation, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    aside: tuple[Violation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    error: ExportFailure | None = None

    @property
    def title(self) -> str:
        """``project/stack``, or the file of an export that does not tell them."""
        return f"{self.project}/{self.stack}" if self.project and self.stack else self.stack or self.file

    @property
    def summary(self) -> Summary:
        """The counts of this stack; ``seconds`` are those of the audit, so 0 here."""
        counted = [v for v in self.violations if v.exemption is None]
        return Summary(
            resources=self.resources,
            mandatory=sum(v.level == "mandatory" for v in counted),
            advisory=sum(v.level == "advisory" for v in counted),
            deferred=len(self.deferred),
            exempted=len(self.violations) - len(counted),
            seconds=0.0,
        )


@dataclass(frozen=True)
class AuditResult:
    """Everything one audit found; ``stacks`` are sorted by project, stack and file.

    ``notes`` are sentences about the whole audit, such as a misspelt policy in a configuration.
    """

    stacks: tuple[AuditedStack, ...]
    packs: tuple[Pack, ...]
    conventions: Conventions
    as_of: str
    seconds: float
    notes: tuple[str, ...] = ()

    @cached_property
    def summary(self) -> Summary:
        """The sums over all stacks."""
        found = [stack.summary for stack in self.stacks]
        return Summary(
            resources=sum(s.resources for s in found),
            mandatory=sum(s.mandatory for s in found),
            advisory=sum(s.advisory for s in found),
            deferred=sum(s.deferred for s in found),
            exempted=sum(s.exempted for s in found),
            seconds=round(self.seconds, 1),
        )

    @property
    def failed(self) -> tuple[AuditedStack, ...]:
        """The exports that could not be judged."""
        return tuple(stack for stack in self.stacks if stack.error is not None)

    @property
    def exit_code(self) -> int:
        """2 when an export could not be judged, whatever the others say; else 1 for a mandatory violation, else 0.

        An audit that has not seen everything must not be taken for one that has.
        """
        if self.failed:
            return 2
        return 1 if self.summary.mandatory else 0

    def violations(self) -> Iterator[tuple[AuditedStack, Violation]]:
        """Every violation with its stack."""
        return ((stack, violation) for stack in self.stacks for violation in stack.violations)
