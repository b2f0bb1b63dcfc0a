"""Resources made inside ``.apply``: where the value is unknown the callback does not run, and nobody sees them.

No preview can show them; this one at least counts the callbacks that would have made resources, and says where.
"""

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, ModuleType
from typing import Any

import pulumi

from .frames import UserCode


class UnseenResources:
    """Watches ``Output.apply`` from :meth:`watch` on; :meth:`sentences` are the warnings for people."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._candidates: dict[CodeType, bool] = {}
        self._waiting: dict[int, Any] = {}

    def watch(self) -> None:
        """Replace ``Output.apply`` by a version that notices which callbacks ran."""
        original: Callable[..., Any] = pulumi.Output.apply
        watched = self

        def apply(self: Any, func: Callable[..., Any], run_with_unknowns: bool = False) -> Any:
            return original(self, watched.noticing(func), run_with_unknowns)

        pulumi.Output.apply = apply  # type: ignore[method-assign]

    def noticing(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """``func`` itself, or, where it could make resources, a version that is noticed when it runs."""
        code = getattr(func, "__code__", None)
        if code is None or not self._may_construct(code):
            return func
        key = len(self._waiting)
        self._waiting[key] = func

        def run(value: Any) -> Any:
            self._waiting[key] = None
            return func(value)

        return run

    def _may_construct(self, code: CodeType) -> bool:
        """Whether the user's code names anything that is spelled like a class."""
        known = self._candidates.get(code)
        if known is None:
            named = any(name[:1].isupper() for name in _names(code))
            known = self._candidates[code] = named and self._user_code.owns(code.co_filename)
        return known

    def sentences(self) -> list[str]:
        """One sentence per callback that did not run and makes resources; sorted."""
        found = set()
        for func in self._waiting.values():
            made = sorted(_resources(func)) if func is not None else []
            if made:
                place = f"{func.__code__.co_filename}:{func.__code__.co_firstlineno}"
                found.add(
                    f"{place}: what is made inside this .apply ({', '.join(made)}) cannot be previewed, because the"
                    " value it waits for is unknown before deployment; make the resource outside of .apply"
                )
        return sorted(found)


def _names(code: CodeType) -> Iterator[str]:
    """Every global and attribute a function names, in functions inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _resources(func: Any) -> set[str]:
    """The names of the resource classes that a function's code reaches, such as ``aws.s3.Bucket``."""
    names = list(_names(func.__code__))
    scope = {**func.__globals__, **inspect.getclosurevars(func).nonlocals}
    found: set[str] = set()
    for name in names:
        value = scope.get(name)
        if _is_resource(value):
            found.add(name)
        elif isinstance(value, ModuleType):
            found |= _in_module(value, name, names)
    return found


def _in_module(module: ModuleType, path: str, names: list[str], depth: int = 3) -> set[str]:
    found: set[str] = set()
    for name in dict.fromkeys(names):
        value = getattr(module, name, None) if depth else None
        if _is_resource(value):
            found.add(f"{path}.{name}")
        elif isinstance(value, ModuleType) and value is not module:
            found |= _in_module(value, f"{path}.{name}", names, depth - 1)
    return found


def _is_resource(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, pulumi.Resource)
