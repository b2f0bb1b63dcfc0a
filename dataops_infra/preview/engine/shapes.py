"""The declared shape of a function's result, read from the SDK that is loaded in the program's process."""

import re
import sys
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import Enum
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pulumi import _types

Kind = Literal["string", "number", "boolean", "list", "map", "object", "enum", "any"]

_SCALARS: dict[Any, Kind] = {str: "string", bool: "boolean", int: "number", float: "number"}
_LISTS = (list, Sequence, AbstractSet, set, tuple)
_MAPS = (dict, Mapping)
_DEEPEST = 8
"""Objects nested deeper than this are left open: some SDK types contain themselves."""


@dataclass(frozen=True)
class Shape:
    """What a value must look like.

    :param optional: the value may be absent.
    :param item: of a list or map, the shape of its values.
    :param fields: of an object, wire name → shape.
    :param choices: of an enum, its values.
    """

    kind: Kind
    optional: bool = False
    item: "Shape | None" = None
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    choices: tuple[Any, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Whether ``value`` is of this kind; what is inside a list, map or object is not looked at."""
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        if self.kind == "enum":
            return value in self.choices
        expected = {"string": str, "list": list, "map": dict, "object": dict}.get(self.kind)
        return value is not None and (expected is None or isinstance(value, expected))

    def describe(self) -> str:
        """The kind for people: ``a list``, ``true or false``, …"""
        if self.kind == "enum":
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        words = {"string": "a text", "number": "a number", "boolean": "true or false", "list": "a list", "map": "a map"}
        return words.get(self.kind, f"an {self.kind}")


def shape_of(result_type: type | None) -> Shape | None:
    """The shape of an SDK's result class; None when there is none or it is no ``@pulumi.output_type``."""
    if result_type is None or not _types.is_output_type(result_type):
        return None
    return _shape(result_type, 0)


def _shape(declared: Any, depth: int) -> Shape:
    inner, optional = _without_none(declared)
    if inner in _SCALARS:
        return Shape(_SCALARS[inner], optional)
    origin, arguments = get_origin(inner) or inner, get_args(inner)
    if origin in _LISTS:
        return Shape("list", optional, _shape(arguments[0] if arguments else Any, depth + 1))
    if origin in _MAPS:
        return Shape("map", optional, _shape(arguments[1] if len(arguments) == 2 else Any, depth + 1))
    if isinstance(inner, type) and issubclass(inner, Enum):
        return Shape("enum", optional, choices=tuple(member.value for member in inner))
    if isinstance(inner, type) and _types.is_output_type(inner) and depth <= _DEEPEST:
        return Shape("object", optional, fields=_fields(inner, depth + 1))
    return Shape("any", optional)


def _fields(output_type: type, depth: int) -> dict[str, Shape]:
    """Wire name → shape. The SDK's own table drops ``Optional``, which only the getters' annotations keep."""
    absent_allowed = {
        getattr(member.fget, "_pulumi_name", name)
        for name, member in vars(output_type).items()
        if isinstance(member, property) and _without_none(member.fget.__annotations__.get("return"))[1]
    }
    return {
        name: replace(_shape(declared, depth), optional=name in absent_allowed)
        for name, declared in _types.output_type_types(output_type).items()
    }


def _without_none(declared: Any) -> tuple[Any, bool]:
    """A union's first member other than None, and whether None is among them."""
    if get_origin(declared) not in (typing.Union, UnionType):
        return declared, False
    members = [member for member in get_args(declared) if member is not type(None)]
    return members[0], len(members) < len(get_args(declared))


def find_result_type(token: str) -> type | None:
    """The result class of a function by its token, among the SDK modules that are loaded; None when there is none.

    For calls whose site is not visible (another process). Generated SDKs keep ``getCallerIdentity`` in a module
    ``get_caller_identity`` with a class ``GetCallerIdentityResult``, in the folder that the token names. A function of
    the same name in another folder has a result of its own: which one is loaded must not decide.
    """
    package, _, rest = token.partition(":")
    name = rest.rpartition(":")[2]
    if not name:
        return None
    root, getter, wanted = f"pulumi_{package.replace('-', '_')}", snake_case(name), f"{name[0].upper()}{name[1:]}Result"
    folder = rest.rpartition(":")[0].partition("/")[0].lower() or "index"
    # Folders that are words of Python's own have an underscore: `aws:lambda/…` is pulumi_aws.lambda_.
    begins = (f"{root}.{getter}",) if folder == "index" else (f"{root}.{folder}.", f"{root}.{folder}_.")
    found = [module for module in list(sys.modules) if module.startswith(begins) and module.endswith(f".{getter}")]
    for module in sorted(found):
        candidate = getattr(sys.modules[module], wanted, None)
        if isinstance(candidate, type) and _types.is_output_type(candidate):
            return candidate
    return None


def snake_case(name: str) -> str:
    """``kmsKeyId`` → ``kms_key_id``, ``getIAMPolicy`` → ``get_iam_policy``, as the generated SDKs spell names."""
    split = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", split).lower()


def wire_name(name: str, fields: Mapping[str, Any]) -> str:
    """The field that ``name`` means, in the wire's or in Python's spelling; ``name`` itself when none fits."""
    if name in fields:
        return name
    return next((known for known in fields if snake_case(known) == name), name)
