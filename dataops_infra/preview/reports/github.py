"""Annotations for GitHub Actions: workflow commands that show a verdict on the changed line of a pull request.

Escaping follows the runner: ``%``, CR and LF in the message, besides ``:`` and ``,`` in a property. GitHub shows
at most ten annotations of a kind per step, so repeats of one verdict on one line are one annotation.
"""

from collections.abc import Iterator

from dataops_infra.preview.model import PreviewResult, Source, Violation
from dataops_infra.preview.reports.changes import change_text
from dataops_infra.preview.reports.naming import (
    counted,
    deferred_text,
    exemption_text,
    failure_message,
    full_message,
    headline,
    resource_title,
)
from dataops_infra.reporting.escaping import visible, without_commands

_KINDS = {"mandatory": "error", "advisory": "warning"}


def render(result: PreviewResult) -> str:
    """One command per verdict, mandatory ones first, and the verdict's headline as an ordinary line."""
    return "\n".join([*commands(result), without_commands(f"dataops preview {headline(result)}")]) + "\n"


def commands(result: PreviewResult, thing: str = "resource", where: str = "made here") -> Iterator[str]:
    """A command for the error, if there is one, and one per verdict, the most urgent ones first.

    :param thing: what further verdicts of one rule on one line are about; ``where`` says how it belongs to the line.
    """
    if result.error is not None:
        place = result.error.source or Source(result.project_file, 1)
        yield command("error", place, f"preview: {result.error.kind}", failure_message(result.error))
    for violations in _repeats(result.counted).values():
        first = violations[0]
        others = counted(len(violations) - 1, f"more {thing}")
        more = f"\n(and {others} {where})" if len(violations) > 1 else ""
        message = f"{resource_title(first.urn)}: {full_message(first)}{more}"
        yield command(_KINDS[first.level], _place(first.source, result), first.policy, message)
    for violation in result.exempted:
        message = f"{resource_title(violation.urn)}: {violation.message}"
        if violation.exemption is not None:
            message += f"\n{exemption_text(violation.exemption)}"
        yield command("notice", _place(violation.source, result), violation.policy, message)
    for deferred in result.deferred:
        message = f"{resource_title(deferred.urn)}: {deferred_text(deferred)}"
        yield command("notice", _place(deferred.source, result), deferred.policy, message)
    for mended in result.remediations:
        yield command("notice", _place(mended.source, result), mended.policy, change_text(mended))


def _repeats(violations: tuple[Violation, ...]) -> dict[tuple[object, ...], list[Violation]]:
    groups: dict[tuple[object, ...], list[Violation]] = {}
    for v in violations:
        groups.setdefault((v.level, v.pack, v.policy, v.source, v.remediation), []).append(v)
    return groups


def _place(source: Source | None, result: PreviewResult) -> Source:
    return source or Source(result.project_file, 1)


def command(kind: str, place: Source, title: str, message: str) -> str:
    """One workflow command: ``error``, ``warning`` or ``notice`` at a place."""
    properties = f"file={_property(place.file)},line={place.line},title={_property(title)}"
    return f"::{kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    shown = visible(text, keep="\n").replace("##[", "# #[")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
