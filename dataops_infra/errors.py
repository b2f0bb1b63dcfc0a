"""The exception tree.

::

    DataopsError                 anything a person can mend; the CLI prints it as one sentence and exits with 2
    ├── InvalidInputError        a component's or function's argument is wrong (input, expected, got)
    ├── FileError                a file is wrong; holds every mistake of that file (FileProblem: line, message, hint)
    │   ├── ConventionsError     dataops.yaml
    │   ├── ContractError        a dataset contract
    │   ├── ProjectError         Pulumi.yaml, Pulumi.<stack>.yaml, answers, stack outputs
    │   └── PlanError            a masking plan, or data that is no longer what the plan describes
    ├── MaskingError             data could not be masked or judged (source, target, key; never a value of the data)
    └── PreviewError             the preview could not do its work (program, pack or CLI failed)
"""

from collections.abc import Sequence
from dataclasses import dataclass


class DataopsError(Exception):
    """A mistake that a person can mend: ``str(error)`` names the input and the fix."""

    is_interruption = False
    """Whether a signal ended the work: what libraries still have under way is not waited for."""


class InvalidInputError(DataopsError):
    """One or several wrong arguments of one call.

    :param input: the argument's name; several mistakes of one call are joined by :meth:`all`.
    :param expected: what would be right, in words.
    :param got: what was given (never a secret).
    """

    def __init__(self, input: str, expected: str, got: object) -> None:  # noqa: A002 - the name is fixed by the design
        self.input, self.expected, self.got = input, expected, got
        super().__init__(f"{input}: expected {expected}, got {got!r}")

    @classmethod
    def all(cls, mistakes: Sequence["InvalidInputError"]) -> "InvalidInputError":
        """One error that holds every mistake of a call."""
        if len(mistakes) == 1:
            return mistakes[0]
        error = cls(
            ", ".join(m.input for m in mistakes), "; ".join(m.expected for m in mistakes), [m.got for m in mistakes]
        )
        error.args = (f"{len(mistakes)} wrong arguments: " + "; ".join(str(m) for m in mistakes),)
        return error


@dataclass(frozen=True)
class FileProblem:
    """One mistake in a file: 1-based line (0 = the file as a whole), what is wrong, and what would be right."""

    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}{f' ({self.hint})' if self.hint else ''}"


class FileError(DataopsError):
    """A file with one or several mistakes; the text lists all of them as ``path:line: message``."""

    def __init__(self, path: str, problems: Sequence[FileProblem]) -> None:
        self.path, self.problems = path, tuple(problems)
        super().__init__("\n".join(f"{path}:{p.line}: {p}" if p.line else f"{path}: {p}" for p in self.problems))

    @classmethod
    def all(cls, errors: Sequence["FileError"]) -> "FileError":
        """One error that holds the mistakes of several files."""
        if len(errors) == 1:
            return errors[0]
        error = cls(", ".join(e.path for e in errors), [problem for e in errors for problem in e.problems])
        error.args = ("\n".join(str(e) for e in errors),)
        return error


class ConventionsError(FileError):
    """``dataops.yaml`` is wrong."""


class ContractError(FileError):
    """A dataset contract is wrong."""


class ProjectError(FileError):
    """``Pulumi.yaml``, ``Pulumi.<stack>.yaml``, an answers file or a stack-outputs file is wrong."""


class PlanError(FileError):
    """A masking plan is wrong, or the data is no longer what it describes."""


class MaskingError(DataopsError):
    """Data could not be read, masked, judged or published; the text never repeats a value of the data or a key."""


class PreviewError(DataopsError):
    """The preview could not do its work; ``detail``: further lines for people (a cut traceback, a pack's stderr)."""

    def __init__(self, message: str, detail: str = "") -> None:
        self.detail = detail
        super().__init__(message)
