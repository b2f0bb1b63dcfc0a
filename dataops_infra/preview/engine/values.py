"""Wire values: property values as they stand in the protobuf messages, and their two notations for people and tests.

A wire value is plain Python (None, bool, float, str, list, dict). What the wire cannot say with these it says with
marker strings (unknown values) and with dicts that carry a signature key (secrets, assets, archives, output values,
resource references). This module is the only one that knows the markers and signatures; they are those of
``sdk/go/common/resource/properties.go`` and ``sdk/go/common/resource/plugin/rpc.go`` of Pulumi.
"""

import math
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

Wire = Any
Properties = dict[str, Any]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_MARKERS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
"""One marker per kind of value; SDKs send the first, providers may send any."""

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a protocol constant
ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

UNKNOWN_NOTATION = "<unknown>"
SECRET_NOTATION = "<secret>"  # noqa: S105 - a notation, not a password
_NOT_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
"""JSON has no such numbers; these are protobuf's words for them."""


def from_struct(struct: Struct) -> Properties:
    """The properties of a protobuf Struct; numbers are floats, as on the wire."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: Value) -> Wire:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return {key: _from_value(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return value.number_value
    return None


def to_struct(properties: Properties) -> Struct:
    """The protobuf Struct of ``properties``.

    :raises TypeError: a value is none of the kinds the wire knows.
    """
    struct = Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value)
    return struct


def to_value(value: Wire) -> Value:
    """The protobuf Value of one wire value."""
    message = Value()
    _fill(message, value)
    return message


def _fill(target: Value, value: Wire) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif value is None:
        target.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, dict):
        fields = target.struct_value.fields
        if not value:
            target.struct_value.CopyFrom(Struct())
        for key, item in value.items():
            _fill(fields[key], item)
    elif isinstance(value, (list, tuple)):
        if not value:
            target.list_value.CopyFrom(ListValue())
        values = target.list_value.values
        for item in value:
            _fill(values.add(), item)
    else:
        raise TypeError(f"a property cannot hold a {type(value).__name__}")


def is_unknown(value: Wire) -> bool:
    """True for a marker of an unknown value, of whatever kind; not for something that contains one."""
    return isinstance(value, str) and value in UNKNOWN_MARKERS


def signature(value: Wire) -> str | None:
    """The signature of an envelope, None for an ordinary value."""
    return value.get(SIGNATURE_KEY) if isinstance(value, dict) else None


def is_secret(value: Wire) -> bool:
    """True for a secret's envelope; not for something that contains one."""
    return signature(value) == SECRET_SIGNATURE


def secret(value: Wire) -> Wire:
    """``value`` in a secret's envelope; a value that is a secret already stays as it is."""
    return value if is_secret(value) else {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value}


def unwrap(value: Wire) -> Wire:
    """What a secret's envelope holds; any other value stays as it is, and so do secrets nested deeper."""
    while is_secret(value):
        value = value.get("value")
    return value


def _anywhere(value: Wire, wanted: str) -> bool:
    """Whether ``value`` is or contains an unknown (``wanted`` = UNKNOWN) or an envelope with that signature."""
    if isinstance(value, str):
        return wanted == UNKNOWN and value in UNKNOWN_MARKERS
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == wanted:
            return True
        return any(_anywhere(item, wanted) for item in value.values())
    if isinstance(value, list):
        return any(_anywhere(item, wanted) for item in value)
    return False


def contains_unknown(value: Wire) -> bool:
    """True when ``value`` is an unknown or has one at any depth."""
    return _anywhere(value, UNKNOWN)


def contains_secret(value: Wire) -> bool:
    """True when ``value`` is a secret or has one at any depth."""
    return _anywhere(value, SECRET_SIGNATURE)


def strip_secrets(value: Wire) -> Wire:
    """``value`` with every secret's envelope replaced by what it holds, at any depth."""
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return strip_secrets(value.get("value"))
        return {key: strip_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strip_secrets(item) for item in value]
    return value


def resolve_outputs(value: Wire) -> Wire:
    """``value`` with every output value's envelope replaced by its value: an unknown where it has none, a secret where
    it is one. (Output values travel only to remote components and transforms.)"""
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == OUTPUT_SIGNATURE:
            held = resolve_outputs(value["value"]) if "value" in value else UNKNOWN
            return secret(held) if value.get("secret") else held
        return {key: resolve_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_outputs(item) for item in value]
    return value


def output_dependencies(value: Wire) -> set[str]:
    """The URNs that the output values inside ``value`` depend on."""
    found: set[str] = set()
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == OUTPUT_SIGNATURE:
            found.update(value.get("dependencies") or ())
        for item in value.values():
            found |= output_dependencies(item)
    elif isinstance(value, list):
        for item in value:
            found |= output_dependencies(item)
    return found


def is_asset(value: Wire) -> bool:
    """True for an asset's envelope."""
    return signature(value) == ASSET_SIGNATURE


def is_archive(value: Wire) -> bool:
    """True for an archive's envelope."""
    return signature(value) == ARCHIVE_SIGNATURE


def is_resource(value: Wire) -> bool:
    """True for the envelope of a reference to a resource."""
    return signature(value) == RESOURCE_SIGNATURE


def resource_reference(urn: str, identity: str | None) -> Wire:
    """The envelope that refers to a resource; ``identity`` None for a component, "" for an id not known yet."""
    reference = {SIGNATURE_KEY: RESOURCE_SIGNATURE, "urn": urn}
    return reference if identity is None else {**reference, "id": identity}


def referenced(value: Wire) -> Wire:
    """``value`` as providers receive it: each reference to a resource as its id, to a component as its URN."""
    if isinstance(value, list):
        return [referenced(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_resource(value):
        return (value["id"] or UNKNOWN) if "id" in value else value.get("urn", "")
    return {key: referenced(item) for key, item in value.items()}


def to_notation(value: Wire, show_secrets: bool = False) -> Any:
    """``value`` as result.json and the traces spell it: no markers, no signatures, whole numbers as integers.

    :param show_secrets: True spells a secret ``{"<secret>": value}`` (traces of tests), False ``"<secret>"``.
    """
    if isinstance(value, str):
        return UNKNOWN_NOTATION if value in UNKNOWN_MARKERS else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return _NOT_FINITE.get(value, "NaN")
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [to_notation(item, show_secrets) for item in value]
    if isinstance(value, dict):
        if SIGNATURE_KEY in value:
            return _envelope_notation(value, show_secrets)
        return {key: to_notation(item, show_secrets) for key, item in value.items()}
    return value


def _envelope_notation(value: Properties, show_secrets: bool) -> Any:
    kind = value[SIGNATURE_KEY]
    if kind == SECRET_SIGNATURE:
        return {SECRET_NOTATION: to_notation(unwrap(value), show_secrets)} if show_secrets else SECRET_NOTATION
    if kind == RESOURCE_SIGNATURE:
        return value.get("urn", "")
    if kind == OUTPUT_SIGNATURE:
        return to_notation(resolve_outputs(value), show_secrets)
    rest = {
        key: to_notation(item, show_secrets)
        for key, item in value.items()
        if key != SIGNATURE_KEY and item not in (None, "")
    }
    if kind in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
        return {"<asset>" if kind == ASSET_SIGNATURE else "<archive>": rest}
    return rest
