"""Where the program made a resource and where it exported a value, read off the stack while that happens.

The SDK counts functions called ``__init__`` to find the line that made a resource, which gives the line of a base
class's ``super().__init__`` where a component inherits from another one. The object under construction tells better:
whatever runs as its constructor is not the place that asked for it.
"""

import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi.runtime import resource as sdk
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.stack import Stack

from .frames import UserCode
from .records import Frame

_TAKES_THE_TRACE = "_get_stack_trace"
_REGISTERS = ("do_register", "do_read")
_SERIALIZES = "serialize_properties"


class Constructions:
    """From :meth:`watch` on, requests carry the place of construction, and the lines of exports are known."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._exports: dict[str, list[Frame]] = {}

    def watch(self) -> None:
        """Replace the SDK's look at the stack (an older SDK without one stays as it is) and notice exports."""
        if hasattr(sdk, _TAKES_THE_TRACE):
            setattr(sdk, _TAKES_THE_TRACE, stack_of_construction)
        original: Callable[..., None] = Stack.output
        exports, user_code = self._exports, self._user_code

        def output(self: Stack, name: str, value: Any) -> None:
            exports[name] = user_code.frames_of(_outwards(sys._getframe(1)))
            original(self, name, value)

        Stack.output = output  # type: ignore[method-assign]

    def of_error(self, error: BaseException) -> tuple[str, list[Frame]]:
        """The resource or export whose request failed before it was sent, and its lines, innermost first.

        Both are empty when the error is of another kind. The SDK prepares requests in tasks of its own, whose
        tracebacks hold no line of the user's; their variables name the resource.
        """
        inside = {frame.f_code.co_name: frame for frame, _ in traceback.walk_tb(error.__traceback__)}
        for name in _REGISTERS:
            if name in inside and inside[name].f_globals is vars(sdk):
                known = inside[name].f_locals
                frames = self._user_code.frames_of_stack(known["stack_trace"]) if "stack_trace" in known else []
                return f"{known.get('ty')} resource {known.get('name')!r}", frames
        key = inside[_SERIALIZES].f_locals.get("k") if _SERIALIZES in inside else None
        return (f"export {key!r}", self._exports[key]) if key in self._exports else ("", [])


def stack_of_construction() -> Any:
    """A ``pulumirpc.StackTrace`` that begins where the resource in hand was asked for."""
    caller = sys._getframe(1)
    trace = source_pb2.StackTrace()
    for frame in _outside_of_constructors(caller, caller.f_locals.get("res")):
        position = trace.frames.add().pc
        path = Path(frame.f_code.co_filename)
        if path.is_absolute():
            position.uri, position.line = path.as_uri(), frame.f_lineno
    return trace


def _outside_of_constructors(caller: FrameType, made: Any) -> list[FrameType]:
    frames = list(_outwards(caller))
    constructors = [index for index, frame in enumerate(frames) if _constructs(frame, made)]
    return frames[constructors[-1] + 1 :] if constructors else frames


def _constructs(frame: FrameType, made: Any) -> bool:
    """Whether ``made`` is the first argument: before it is registered, only constructors and their helpers have it."""
    code = frame.f_code
    if code.co_argcount:
        return frame.f_locals.get(code.co_varnames[0]) is made
    if not code.co_flags & inspect.CO_VARARGS:
        return False
    given = frame.f_locals.get(code.co_varnames[code.co_kwonlyargcount])
    return isinstance(given, tuple) and len(given) > 0 and given[0] is made


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
