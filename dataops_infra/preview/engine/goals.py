"""What a program asks for: one registration, from the request or as transforms left it."""

import re
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import alias_pb2, resource_pb2

from .records import EngineFailure
from .values import Properties, from_struct, resolve_outputs

_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_OPERATIONS = ("create", "update", "delete", "read")
_PASSED_ON = {
    "replaceOnChanges": "replace_on_changes",
    "pluginChecksums": "plugin_checksums",
    "hideDiffs": "hide_diff",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
}
"""Options that mean nothing in a first preview but which transforms see: name in a request -> name in the options."""


@dataclass
class Goal:
    """A resource as the program wants it. ``protect``, ``retain_on_delete`` and ``delete_before_replace`` are None
    where it says nothing; ``asked`` is the message that holds the options which only transforms see."""

    type: str
    name: str
    custom: bool
    remote: bool
    parent: str
    inputs: Properties
    dependencies: set[str]
    property_dependencies: dict[str, set[str]]
    protect: bool | None = None
    ignore_changes: list[str] = field(default_factory=list)
    delete_before_replace: bool | None = None
    additional_secret_outputs: list[str] = field(default_factory=list)
    timeouts: dict[str, float] = field(default_factory=dict)
    aliases: list[Any] = field(default_factory=list)
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    import_id: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    version: str = ""
    download_url: str = ""
    package: str = ""
    hooks: Any = None
    asked: Any = field(default=None, compare=False)


def goal_of(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """The goal of a ``RegisterResource`` request; output values are resolved, empty property dependencies dropped.

    :raises EngineFailure: a time-out is no duration.
    """
    inputs = from_struct(request.object)
    says_order = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        remote=request.remote,
        parent=request.parent,
        inputs=resolve_outputs(inputs) if request.remote else inputs,
        dependencies=set(request.dependencies),
        property_dependencies=_property_dependencies(request, inputs),
        protect=request.protect if _is_set(request, "protect") else None,
        ignore_changes=list(request.ignoreChanges),
        delete_before_replace=request.deleteBeforeReplace if says_order else None,
        additional_secret_outputs=list(request.additionalSecretOutputs),
        timeouts=_timeouts(request.customTimeouts) if request.HasField("customTimeouts") else {},
        aliases=[*(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases],
        retain_on_delete=request.retainOnDelete if _is_set(request, "retainOnDelete") else None,
        deleted_with=request.deletedWith,
        import_id=request.importId,
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        download_url=request.pluginDownloadURL,
        package=getattr(request, "packageRef", ""),
        hooks=request.hooks if _has(request, "hooks") and request.HasField("hooks") else None,
        asked=request,
    )


def _property_dependencies(request: resource_pb2.RegisterResourceRequest, inputs: Properties) -> dict[str, set[str]]:
    """What each input depends on; of a client that does not say so, each depends on all that the resource does."""
    if not request.propertyDependencies and not request.remote and request.dependencies:
        return {name: set(request.dependencies) for name in inputs}
    return {name: set(on.urns) for name, on in request.propertyDependencies.items() if on.urns}


def options_of(goal: Goal) -> resource_pb2.TransformResourceOptions:
    """The goal's options as transforms receive them."""
    options = resource_pb2.TransformResourceOptions(
        depends_on=sorted(goal.dependencies),
        ignore_changes=goal.ignore_changes,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=goal.aliases,
        deleted_with=goal.deleted_with,
        provider=goal.provider,
        providers=goal.providers,
        version=goal.version,
        plugin_download_url=goal.download_url,
    )
    _pass_on(goal.asked, options)
    if goal.protect is not None:
        options.protect = goal.protect
    if goal.retain_on_delete is not None:
        options.retain_on_delete = goal.retain_on_delete
    if goal.delete_before_replace is not None:
        options.delete_before_replace = goal.delete_before_replace
    if goal.timeouts:
        options.custom_timeouts.SetInParent()
        for operation, seconds in goal.timeouts.items():
            setattr(options.custom_timeouts, operation, f"{seconds:g}s")
    if goal.import_id:
        setattr(options, "import", goal.import_id)
    if goal.hooks is not None and _has(options, "hooks"):
        options.hooks.CopyFrom(goal.hooks)
    return options


def apply_options(goal: Goal, options: resource_pb2.TransformResourceOptions) -> None:
    """Take over the options that a transform returned.

    :raises EngineFailure: a time-out is no duration.
    """
    goal.asked = options
    goal.dependencies = set(options.depends_on)
    goal.ignore_changes = list(options.ignore_changes)
    goal.additional_secret_outputs = list(options.additional_secret_outputs)
    goal.aliases = list(options.aliases)
    goal.retain_on_delete = options.retain_on_delete if _is_set(options, "retain_on_delete") else None
    goal.deleted_with = options.deleted_with
    goal.provider = options.provider
    goal.providers = dict(options.providers)
    goal.version = options.version
    goal.download_url = options.plugin_download_url
    goal.protect = options.protect if _is_set(options, "protect") else None
    has_order = options.HasField("delete_before_replace")
    goal.delete_before_replace = options.delete_before_replace if has_order else None
    goal.timeouts = _timeouts(options.custom_timeouts) if options.HasField("custom_timeouts") else {}
    goal.import_id = getattr(options, "import", "")
    if _has(options, "hooks"):
        goal.hooks = options.hooks if options.HasField("hooks") else None


def seconds_of(duration: str) -> float:
    """The seconds of a Go duration such as ``1h30m``, ``1.5h`` or ``90s``.

    :raises EngineFailure: it is none.
    """
    text = duration[1:] if duration.startswith(("+", "-")) else duration
    parts = _DURATION.findall(text)
    if text != "0" and (not parts or _DURATION.sub("", text)):
        raise EngineFailure("program", f"unable to parse customTimeout Value {duration}")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return -seconds if duration.startswith("-") else seconds


def _timeouts(message: Any) -> dict[str, float]:
    texts = {operation: getattr(message, operation, "") for operation in _OPERATIONS}
    return {operation: seconds_of(text) for operation, text in texts.items() if text}


def _pass_on(asked: Any, options: resource_pb2.TransformResourceOptions) -> None:
    """Copy the options that only transforms see, of a request or of what the transform before returned."""
    for in_request, name in _PASSED_ON.items():
        source = name if isinstance(asked, type(options)) else in_request
        if asked is None or not _has(asked, source) or not _has(options, name):
            continue
        value, field_type = getattr(asked, source), options.DESCRIPTOR.fields_by_name[name]
        if field_type.message_type is not None and not field_type.message_type.GetOptions().map_entry:
            if asked.HasField(source):
                getattr(options, name).CopyFrom(value)
        else:
            getattr(options, name).MergeFrom(value)


def _has(message: Any, field_name: str) -> bool:
    """Whether this SDK's version of the message knows the field."""
    return field_name in message.DESCRIPTOR.fields_by_name


def _is_set(message: Any, field_name: str) -> bool:
    """Whether an optional field is set; in SDKs where it was a plain one, whether it is true."""
    if message.DESCRIPTOR.fields_by_name[field_name].has_presence:
        return bool(message.HasField(field_name))
    return bool(getattr(message, field_name))
