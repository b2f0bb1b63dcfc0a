"""Where a function was called from: its form, the declared type of its result, the user's lines.

A request names none of these. In the program's own process they can be read off the SDK while the request is answered:
the plain form blocks the event loop's thread inside ``pulumi.runtime.invoke``, so its frames are on that thread's
stack; the output form runs as a task of the loop. Both hold the request itself in a local variable, which tells calls
apart that have the same token. Nothing in the SDK is replaced.

Requests are answered in other threads. CPython 3.11 crashes now and then when a thread reads the frames of another one
that runs, so the look is taken by the loop's own thread, as a callback. It costs no time: the answer too can only be
received when that loop turns.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise
from types import FrameType
from typing import Any

from .frames import UserCode
from .records import Frame

_INVOKE_MODULE = "pulumi.runtime.invoke"
_CHECK_SECONDS = 0.5
"""How often to see whether the loop that should take the look is still there."""
_PATIENCE_SECONDS = 10.0
"""A loop that has not turned for so long may wait for a thread of the program's own that made the call."""


@dataclass(frozen=True)
class CallSite:
    """One call of a function.

    :param plain: True when the program waits for the answer and cannot go on without one.
    :param result_type: the SDK's class of the result, None where it declares none.
    :param frames: the user's frames, innermost first; empty for the output form, whose caller has gone on.
    :param secret: whether an argument is, or may be, a secret (requests carry arguments as plain text).
    """

    plain: bool
    result_type: type | None = None
    frames: list[Frame] = field(default_factory=list)
    secret: bool = False


NOT_SEEN = CallSite(False, secret=True)
"""A call that nobody here made: of another process, or of a program that has ended."""
ELSEWHERE = CallSite(True, secret=True)
"""A call that the program's loop knows nothing of: one of its own threads made it, and waits for the answer."""


class CallSites:
    """Finds the site of each call; :meth:`watch` tells it which loop the program runs in."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """The program's SDK uses this loop."""
        self._loop = loop

    def of(self, request: Any) -> CallSite:
        """The call that sent ``request`` (a ``ResourceInvokeRequest`` object); to be asked from another thread."""
        loop = self._loop
        if loop is None or not loop.is_running():
            return NOT_SEEN
        seen: Future[CallSite] = Future()
        loop.call_soon_threadsafe(self._look, request, seen)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while loop.is_running():
            try:
                return seen.result(_CHECK_SECONDS)
            except TimeoutError:
                if time.monotonic() > deadline:
                    return ELSEWHERE
        return NOT_SEEN

    def _look(self, request: Any, seen: "Future[CallSite]") -> None:
        try:
            seen.set_result(self._site(request))
        except Exception as error:  # noqa: BLE001 - it belongs to the thread that asked
            seen.set_exception(error)

    def _site(self, request: Any) -> CallSite:
        stack = list(_stack(sys._getframe()))
        for inner, frame in pairwise(stack):
            if _is_plain_call(frame, request.tok):
                call = _sender(inner.f_locals.get("fut"), request)
                if call:
                    frames = self._frames(stack[stack.index(frame) :])
                    return CallSite(True, frame.f_locals.get("typ"), frames, _has_secret(call))
        for task in asyncio.all_tasks():
            call = _variables(task, request)
            if call:
                return CallSite(False, call.get("typ"), [], _has_secret(call))
        return ELSEWHERE

    def _frames(self, stack: list[FrameType]) -> list[Frame]:
        return self._user_code.frames_of(stack)


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


def _sender(task: Any, request: Any) -> dict[str, Any]:
    """The variables of the coroutine that sent ``request``, of ``task`` or of the tasks it waits for."""
    while task is not None and hasattr(task, "get_coro"):
        variables = _variables(task, request)
        if variables:
            return variables
        task = getattr(task, "_fut_waiter", None)
    return {}


def _variables(task: Any, request: Any) -> dict[str, Any]:
    frame = getattr(task.get_coro(), "cr_frame", None)
    if frame is None or frame.f_code.co_name != "do_invoke" or frame.f_locals.get("req") is not request:
        return {}
    return dict(frame.f_locals)


def _has_secret(call: dict[str, Any]) -> bool:
    return bool(call.get("inputs_contain_secrets"))
