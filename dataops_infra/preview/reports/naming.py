"""How the reports for people name resources, packs and verdicts."""

from dataops_infra.preview.model import (
    STACK_TYPE,
    Deferred,
    Exemption,
    Failure,
    FunctionUse,
    MadeBy,
    PreviewResult,
    Summary,
    Violation,
)

_DETAILS = 4


def urn_type(urn: str) -> str:
    """The type of the resource itself, without its parents' (``a$b`` in the URN)."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def urn_name(urn: str) -> str:
    """The logical name at the end of a URN (it may contain ``::`` itself)."""
    return urn.split("::", 3)[-1]


def short_type(token: str) -> str:
    """``aws:s3/bucket:Bucket`` as ``aws:s3:Bucket``, ``my-package:index:Lake`` as ``my-package:Lake``."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    module = module.split("/", 1)[0]
    return ":".join(part for part in (package, "" if module == "index" else module, name) if part)


def resource_title(urn: str) -> str:
    """``aws:s3:Bucket exports``; the stack is just called that."""
    token = urn_type(urn)
    return "the stack" if token == STACK_TYPE or not token else f"{short_type(token)} {urn_name(urn)}"


def component_note(made_by: MadeBy) -> str:
    """Where the component around a resource was made."""
    return f"in {resource_title(made_by.urn)}, made at {made_by.source}"


def deferred_text(deferred: Deferred) -> str:
    """Why a check could not be made, and who makes it."""
    value = f"`{deferred.property}`" if deferred.property else "a value"
    return f"{value} is {deferred.reason or 'unknown before deployment; `dataops audit` judges it afterwards'}"


def exemption_text(exemption: Exemption) -> str:
    """Who allowed it, why, and until when."""
    return f"exempted until {exemption.expires} by {exemption.owner}: {exemption.reason}"


def full_message(violation: Violation) -> str:
    """Message, component and fix of a violation as lines of one text."""
    lines = [violation.message]
    if violation.made_by is not None:
        lines.append(component_note(violation.made_by))
    if violation.remediation:
        lines.append(f"Fix: {violation.remediation}")
    return "\n".join(lines)


def failure_message(failure: Failure) -> str:
    """Why the preview could not be finished, with the second place of a duplicate."""
    return f"{failure.message} (the other one: {failure.where})" if failure.where else failure.message


def failure_details(failure: Failure) -> list[str]:
    """The last lines of a failure's details that say something a person can use: no traceback, no blank lines."""
    if failure.frames:
        return []
    lines = [line for line in failure.detail.splitlines() if line.strip() and not line[0].isspace()]
    return [line for line in lines if not line.startswith("Traceback") and line != failure.message][-_DETAILS:]


def counted(number: int, thing: str) -> str:
    """``1 resource``, ``2 resources``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def headline(result: PreviewResult) -> str:
    """The verdict in one line, without the time."""
    return verdict_line(result.exit_code, result.summary, counted(result.summary.resources, "resource"))


def verdict_line(exit_code: int, summary: Summary, seen: str) -> str:
    """How a run ended, and its verdicts.

    :param seen: what was judged.
    """
    counts = [
        f"{summary.mandatory} mandatory",
        f"{summary.advisory} advisory",
        f"{summary.deferred} deferred",
        f"{summary.exempted} exempted",
    ]
    verdict = {0: "passed", 1: "failed", 2: "could not be finished"}[exit_code]
    return f"{verdict}: {', '.join(counts)} in {seen}"


def conventions_line(result: PreviewResult) -> str:
    """Where the conventions came from, their digest, and the date they were judged by."""
    conventions = result.conventions
    digest = f" (digest {conventions.digest[:12]})" if conventions.digest else ""
    return f"{conventions.source}{digest}, as of {result.as_of}"


def environment_line(result: PreviewResult) -> list[str]:
    """The environment that the stack belongs to; nothing to say where the conventions declare none."""
    conventions = result.conventions
    if not conventions.environments:
        return []
    return [conventions.environment or f"none of {', '.join(conventions.environments)}"]


def answer_note(function: FunctionUse) -> str:
    """How a function was answered that a person may answer better."""
    if function.answered:
        return f"answered in part ({function.answered_by})"
    return "answered by a placeholder" if function.answered_by == "placeholder" else "unknown"
