"""Where a function was called from: its form, the declared type of its result, the user's lines.

A request names none of these. In the program's own process they can be read off the SDK while the request is answered:
the plain form blocks its thread inside ``pulumi.runtime.invoke``, so its frames are on that thread's stack; the output
form runs as a task of the event loop. Both hold the request itself in a local variable, which tells calls apart that
have the same token. Nothing in the SDK is replaced.
"""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from .frames import UserCode
from .records import Frame

_INVOKE_MODULE = "pulumi.runtime.invoke"


@dataclass(frozen=True)
class CallSite:
    """One call of a function.

    :param plain: True when the program waits for the answer and cannot go on without one.
    :param result_type: the SDK's class of the result, None where it declares none.
    :param frames: the user's frames, innermost first; empty for the output form, whose caller has gone on.
    :param secret: whether an argument is a secret (requests carry arguments as plain text).
    """

    plain: bool
    result_type: type | None = None
    frames: list[Frame] = field(default_factory=list)
    secret: bool = False


def call_site(request: Any, user_code: UserCode) -> CallSite:
    """The call that sent ``request`` (a ``ResourceInvokeRequest`` object, in-process)."""
    stacks = [list(_stack(frame)) for frame in sys._current_frames().values()]
    for stack in stacks:
        for position, frame in enumerate(stack):
            if _is_plain_call(frame, request.tok):
                call = _sender(stack[position - 1].f_locals.get("fut") if position else None, request)
                if call is not None:
                    return _plain_site(stack[position:], call, user_code)
    for stack in stacks:
        for task in _tasks_of(stack):
            variables = _request_variables(task, request)
            if variables:
                return CallSite(False, variables.get("typ"), [], bool(variables.get("inputs_contain_secrets")))
    return CallSite(False)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_plain_call(frame: FrameType, token: str) -> bool:
    return (
        frame.f_code.co_name == "invoke"
        and frame.f_globals.get("__name__") == _INVOKE_MODULE
        and frame.f_locals.get("tok") == token
    )


def _plain_site(stack: list[FrameType], call: dict[str, Any], user_code: UserCode) -> CallSite:
    frames = [
        Frame(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        for frame in stack
        if user_code.owns(frame.f_code.co_filename)
    ]
    return CallSite(True, stack[0].f_locals.get("typ"), frames, bool(call.get("inputs_contain_secrets")))


def _sender(task: Any, request: Any) -> dict[str, Any] | None:
    """The variables of the coroutine that sent ``request`` among ``task`` and the tasks it waits for, or None."""
    while task is not None and hasattr(task, "get_coro"):
        variables = _request_variables(task, request)
        if variables:
            return variables
        task = getattr(task, "_fut_waiter", None)
    return None


def _request_variables(task: Any, request: Any) -> dict[str, Any]:
    frame = getattr(task.get_coro(), "cr_frame", None)
    if frame is None or frame.f_code.co_name != "do_invoke" or frame.f_locals.get("req") is not request:
        return {}
    return dict(frame.f_locals)


def _tasks_of(stack: list[FrameType]) -> Iterator[Any]:
    """The tasks of the event loop that runs in this stack, if one does."""
    for frame in stack:
        loop = frame.f_locals.get("self")
        if frame.f_code.co_name == "_run_once" and isinstance(loop, asyncio.AbstractEventLoop):
            yield from asyncio.all_tasks(loop)
            return
