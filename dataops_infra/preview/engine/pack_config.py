"""What each policy of a pack is configured with: level and properties, as Pulumi's engine reconciles them.

Later wins: the policy's own level and schema defaults, the pack's initial configuration, what the user configured.
Every policy gets an entry with its level: the policy SDK reads a missing one as advisory and fills in no default.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from .schema_check import check
from .values import from_struct

ALL = "all"
CONVENTIONS = "conventions"
LEVELS = {"advisory": 0, "mandatory": 1, "disabled": 2, "remediate": 3}
"""Level -> its number in the protocol (``EnforcementLevel`` of analyzer.proto)."""
LEVEL_NAMES = {number: name for name, number in LEVELS.items()}
SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
_KINDS = {1: "resource", 2: "stack"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One policy's level and configuration."""

    level: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as its pack describes it. ``kind`` is "" when the pack's SDK is too old to tell."""

    name: str
    level: str
    severity: str
    description: str
    kind: str
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, info: analyzer_pb2.PolicyInfo) -> "Policy":
        """Read one ``PolicyInfo``; fields that older SDKs do not know count as not given."""
        schema = info.configSchema
        return cls(
            name=info.name,
            level=LEVEL_NAMES.get(info.enforcementLevel, "advisory"),
            severity=SEVERITIES.get(getattr(info, "severity", 0), ""),
            description=info.description,
            kind=_KINDS.get(getattr(info, "policy_type", 0), ""),
            properties=from_struct(schema.properties),
            required=list(schema.required),
        )


def initial_config(info: analyzer_pb2.AnalyzerInfo) -> dict[str, Any]:
    """The configuration that a pack's own code starts with, in the form of a config file."""
    return {
        name: {"enforcementLevel": LEVEL_NAMES.get(entry.enforcementLevel, "advisory"), **from_struct(entry.properties)}
        for name, entry in info.initialConfig.items()
    }


def reconcile(
    policies: Iterable[Policy],
    layers: Iterable[Mapping[str, Any]],
    conventions: Mapping[str, Any] | None = None,
) -> dict[str, Setting]:
    """Level and properties of every policy, and of every other name that a layer mentions (the engine passes those on).

    :param layers: configurations, the weakest first; each maps a policy, or ``all``, to a level or to an object with
        ``enforcementLevel`` and properties. ``all`` changes the level of all policies, before the layer's own entries.
    :param conventions: added as the property ``conventions`` where a policy accepts it and no layer gave one.
    """
    policies = list(policies)
    settings = {policy.name: Setting(policy.level, _defaults(policy)) for policy in policies}
    for layer in layers:
        _apply(settings, layer)
    if conventions is not None:
        for policy in policies:
            if CONVENTIONS in policy.properties:
                settings[policy.name].properties.setdefault(CONVENTIONS, dict(conventions))
    return settings


def config_problems(policies: Iterable[Policy], settings: Mapping[str, Setting]) -> list[str]:
    """What is wrong with the policies' properties, as ``policy: field: what``."""
    return [
        f"{policy.name}: {problem}"
        for policy in policies
        if policy.properties or policy.required
        for problem in check(
            settings[policy.name].properties,
            {"type": "object", "properties": policy.properties, "required": policy.required},
        )
    ]


def config_warnings(policies: Iterable[Policy], config: Mapping[str, Any]) -> list[str]:
    """What a user's configuration says to nobody: misspelt policies and properties, which the real CLI passes over.

    A policy without a schema may read any property.
    """
    known = {policy.name: policy for policy in policies}
    found = []
    for name, entry in config.items():
        if name == ALL:
            continue
        if name not in known:
            found.append(f"has no policy {name!r}: its configuration does nothing{_nearest(name, known)}")
            continue
        legal = known[name].properties
        unread = sorted(key for key in _parts(entry)[1] if legal and key not in legal)
        found += [f"reads no property {key!r} in its policy {name}{_nearest(key, _settable(legal))}" for key in unread]
    return found


def _settable(properties: Iterable[str]) -> list[str]:
    return ["enforcementLevel", *(name for name in properties if name != CONVENTIONS)]


def _nearest(word: str, legal: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(legal), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _defaults(policy: Policy) -> dict[str, Any]:
    return {name: schema["default"] for name, schema in policy.properties.items() if "default" in schema}


def _apply(settings: dict[str, Setting], layer: Mapping[str, Any]) -> None:
    for_all, _ = _parts(layer.get(ALL, {}))
    if for_all:
        for name, setting in settings.items():
            settings[name] = Setting(for_all, setting.properties)
    for name, entry in layer.items():
        level, properties = _parts(entry)
        before = settings.get(name, Setting("advisory", {}))
        settings[name] = Setting(level or before.level, {**before.properties, **properties})


def _parts(entry: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    return entry.get("enforcementLevel", ""), {k: v for k, v in entry.items() if k != "enforcementLevel"}
