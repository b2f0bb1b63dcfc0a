"""What went wrong in a program, in one sentence with the user's own lines."""

import traceback
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pulumi

from .construction import Constructions
from .frames import UserCode
from .records import EngineFailure, Frame

_AUTOMATION = "/pulumi/automation/"
_FRAMES = 20
_REPEATS = 3
"""How often one line of an endless recursion is shown, as in Python's own tracebacks."""
AUTOMATION_SENTENCE = (
    "the program uses the Pulumi Automation API, which starts the Pulumi CLI; preview the inline program or the work"
    " directory it drives instead, or run with --engine pulumi"
)


def error_of(
    error: BaseException, failure: EngineFailure | None, user_code: UserCode, constructions: Constructions
) -> dict[str, Any]:
    """``error`` of result.json for what ended the program.

    :param failure: the first failure of the monitor, which explains whatever came after it.
    """
    cause = _innermost(error, user_code)
    frames = user_code.frames_of_traceback(cause.__traceback__)
    known = failure or _engine_failure(error)
    if known is not None:
        return _of_failure(known, frames)
    if isinstance(error, pulumi.RunError):
        return _error("run", str(error), frames)
    if _in_automation(error):
        return _error("run", AUTOMATION_SENTENCE, frames)
    if isinstance(error, SystemExit):
        return _error("run", f"the program ended itself with sys.exit({error.code!r})", frames)
    if isinstance(error, KeyboardInterrupt):
        return _error("program", "the program raised KeyboardInterrupt; nobody pressed Ctrl-C", frames)
    if isinstance(cause, SyntaxError) and cause.filename:
        frames = [*frames, Frame(cause.filename, cause.lineno or 0, "", (cause.text or "").rstrip("\n"))]
        return _error("program", f"{type(cause).__name__}: {cause.msg}", frames)
    if not frames:
        return _of_request(cause, constructions)
    return _error("program", _headline(cause), frames)


def _of_request(error: BaseException, constructions: Constructions) -> dict[str, Any]:
    """For an error in the SDK's own tasks, which hold no line of the user's: that of the resource or export."""
    subject, frames = constructions.of_error(error)
    headline = _headline(error)
    if isinstance(error, RecursionError) and subject:
        headline = f"{subject}: one of its values contains itself, or is nested too deeply ({headline})"
    return _error("program", headline, frames[::-1])


def error_of_failure(failure: EngineFailure) -> dict[str, Any]:
    """``error`` of result.json for a failure outside the program."""
    return _of_failure(failure, [])


def _of_failure(failure: EngineFailure, frames: list[Frame]) -> dict[str, Any]:
    found = _error(failure.kind, str(failure), frames)
    if failure.source:
        found["source"] = failure.source
    if failure.where:
        found["where"] = failure.where
    found["detail"] = failure.detail
    return found


def _error(kind: str, message: str, frames: list[Frame]) -> dict[str, Any]:
    """``frames`` come outermost first, as a traceback has them; the error holds them innermost first, of very many the
    two ends."""
    frames = _without_repetition(frames)
    if len(frames) > 2 * _FRAMES:
        frames = [*frames[:_FRAMES], *frames[-_FRAMES:]]
    ordered = [
        {"file": frame.file, "line": frame.line, "function": frame.function, "text": frame.text.strip()}
        for frame in reversed(frames)
    ]
    source = {"file": ordered[0]["file"], "line": ordered[0]["line"]} if ordered else None
    return {"kind": kind, "message": message, "frames": ordered, "source": source, "detail": ""}


def _without_repetition(frames: list[Frame]) -> list[Frame]:
    """``frames`` with at most :data:`_REPEATS` of the same line in a row; the last one says how many are left out."""
    kept: list[Frame] = []
    for _, group in groupby(frames, lambda frame: (frame.file, frame.line, frame.function)):
        same = list(group)
        more = len(same) - _REPEATS
        kept += same[:_REPEATS]
        if more > 0:
            plural = "" if more == 1 else "s"
            last = kept.pop()
            kept.append(replace(last, text=f"{last.text.strip()}  [repeated {more} more time{plural}]"))
    return kept


def _headline(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, in that order."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _innermost(error: BaseException, user_code: UserCode) -> BaseException:
    """The exception that says most: the first in the chain that was raised in the user's code, for the SDK wraps."""
    for candidate in _chain(error):
        if user_code.frames_of_traceback(candidate.__traceback__):
            return candidate
    return error


def _engine_failure(error: BaseException) -> EngineFailure | None:
    return next((found for found in _chain(error) if isinstance(found, EngineFailure)), None)


def _in_automation(error: BaseException) -> bool:
    return any(
        _AUTOMATION in Path(summary.filename).as_posix()
        for found in _chain(error)
        for summary in traceback.extract_tb(found.__traceback__)
    )
