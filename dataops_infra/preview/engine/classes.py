"""What the program's own SDK classes say about a resource type: computed outputs, required inputs, JSON documents.

Generated SDKs say all of it in code: an output that is never absent is annotated without ``Optional``, a required input
is an argument without default of the class's ``...Args``, an input that may be a JSON document's text or the document
is annotated ``Union[str, ...]``. A type whose class is not in this process says nothing.
"""

import inspect
import sys
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, ForwardRef, Union, get_args, get_origin

import pulumi

_WIRE_NAME = "_pulumi_name"


@dataclass(frozen=True)
class TypeShape:
    """What the class says of one type.

    :param outputs: wire names of the outputs that are never absent and that a program cannot set, with those of
        :data:`PROVIDER_ARGUMENTS` it has.
    :param required: wire name and SDK name of each required input.
    :param documents: wire names of the inputs that are strings to the provider and objects too to the program.
    """

    outputs: frozenset[str] = frozenset()
    required: tuple[tuple[str, str], ...] = ()
    documents: frozenset[str] = frozenset()


PROVIDER_ARGUMENTS = frozenset({"region", "project"})
"""Inputs that the provider's own arguments fill in, so that they are outputs of every resource."""

UNKNOWN_SHAPE = TypeShape()


class SdkClasses:
    """Finds the class of a type token among the loaded subclasses of ``CustomResource``."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        self._shapes: dict[str, TypeShape] = {}
        self._misses: dict[str, int] = {}

    def shape(self, token: str) -> TypeShape:
        """The shape of one type; :data:`UNKNOWN_SHAPE` when no loaded class has that token."""
        found = self._shapes.get(token)
        if found is None:
            found_class = self._class_of(token)
            if found_class is None:
                return UNKNOWN_SHAPE
            found = self._shapes[token] = _shape_of(found_class)
        return found

    def _class_of(self, token: str) -> type | None:
        if token not in self._classes:
            modules = len(sys.modules)
            if self._misses.get(token) == modules:
                return None
            for subclass in _subclasses(pulumi.CustomResource):
                own_token: object = vars(subclass).get("pulumi_type")
                if isinstance(own_token, str):
                    self._classes.setdefault(own_token, subclass)
            if token not in self._classes:
                # Classes come with modules: looking again is worth it only after an import.
                self._misses[token] = modules
        return self._classes.get(token)


def _subclasses(root: type[Any]) -> Iterator[type[Any]]:
    for subclass in root.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _wire_properties(cls: type) -> Iterator[tuple[str, str, Any]]:
    """(SDK name, wire name, getter) of every property of a generated class."""
    for name, member in vars(cls).items():
        getter = member.fget if isinstance(member, property) else None
        wire = getattr(getter, _WIRE_NAME, None)
        if getter is not None and wire:
            yield name, wire, getter


def _shape_of(cls: type) -> TypeShape:
    present = {
        wire for _, wire, getter in _wire_properties(cls) if not _is_optional(getter.__annotations__.get("return"))
    }
    module = sys.modules.get(cls.__module__)
    # Where a nested type already has the name (BucketLoggingArgs is a property of Bucket), the SDK says InitArgs.
    arguments = getattr(module, f"{cls.__name__}InitArgs", None) or getattr(module, f"{cls.__name__}Args", None)
    if not isinstance(arguments, type):
        return TypeShape(frozenset(present))
    inputs = {name: wire for name, wire, _ in _wire_properties(arguments)}
    computed = present - (set(inputs.values()) - PROVIDER_ARGUMENTS)
    documents = {wire for _, wire, getter in _wire_properties(arguments) if _is_document(getter.__annotations__)}
    return TypeShape(frozenset(computed), _required(arguments, inputs), frozenset(documents))


def _is_document(annotations: Mapping[str, Any]) -> bool:
    """Whether an input's annotation, an ``Input[...]`` and so a union, names a string and something else."""
    named = [kind for kind in get_args(annotations.get("return")) if kind is not type(None)]
    others = [kind for kind in named if kind is not str and get_origin(kind) not in (Awaitable, pulumi.Output)]
    return str in named and bool(others)


def _required(arguments: type, wire_names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (wire_names[name], name)
        for name, parameter in inspect.signature(arguments).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty and name in wire_names
    )


@cache
def _optional_text(text: str) -> bool:
    return "Optional[" in text.split("Output[", 1)[-1][:24] or "None" in text


def _is_optional(annotation: Any) -> bool:
    """Whether ``Output[...]`` of an annotation admits None."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if annotation is None or isinstance(annotation, str):
        return annotation is None or _optional_text(annotation)
    inner = get_args(annotation)
    held = inner[0] if inner else annotation
    if isinstance(held, (str, ForwardRef)):
        return _optional_text(held if isinstance(held, str) else held.__forward_arg__)
    return get_origin(held) in (Union, UnionType) and type(None) in get_args(held)
