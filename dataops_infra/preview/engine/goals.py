"""What a program asks for: one registration, from the request or as transforms left it."""

import re
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import resource_pb2

from .values import Properties, from_struct, resolve_outputs

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_OPERATIONS = ("create", "update", "delete", "read")


@dataclass
class Goal:
    """A resource as the program wants it. ``protect`` and ``delete_before_replace`` are None where it says nothing."""

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
    alias_urns: list[str] = field(default_factory=list)
    retain_on_delete: bool = False
    deleted_with: str = ""
    import_id: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    version: str = ""
    download_url: str = ""
    package: str = ""
    hooks: Any = None


def goal_of(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """The goal of a ``RegisterResource`` request; output values are resolved, empty property dependencies dropped."""
    inputs = from_struct(request.object)
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        remote=request.remote,
        parent=request.parent,
        inputs=resolve_outputs(inputs) if request.remote else inputs,
        dependencies=set(request.dependencies),
        property_dependencies={
            name: set(dependencies.urns)
            for name, dependencies in request.propertyDependencies.items()
            if dependencies.urns
        },
        protect=request.protect if _is_set(request, "protect") else None,
        ignore_changes=list(request.ignoreChanges),
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        additional_secret_outputs=list(request.additionalSecretOutputs),
        timeouts=_timeouts(request.customTimeouts) if request.HasField("customTimeouts") else {},
        aliases=list(request.aliases),
        alias_urns=list(request.aliasURNs),
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        import_id=request.importId,
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        download_url=request.pluginDownloadURL,
        package=getattr(request, "packageRef", ""),
        hooks=request.hooks if _has(request, "hooks") and request.HasField("hooks") else None,
    )


def options_of(goal: Goal) -> resource_pb2.TransformResourceOptions:
    """The goal's options as transforms receive them."""
    options = resource_pb2.TransformResourceOptions(
        depends_on=sorted(goal.dependencies),
        ignore_changes=goal.ignore_changes,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=goal.aliases,
        retain_on_delete=goal.retain_on_delete,
        deleted_with=goal.deleted_with,
        provider=goal.provider,
        providers=goal.providers,
        version=goal.version,
        plugin_download_url=goal.download_url,
    )
    if goal.protect is not None:
        options.protect = goal.protect
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
    """Take over the options that a transform returned; what depends on inputs stays."""
    of_inputs = {urn for urns in goal.property_dependencies.values() for urn in urns}
    goal.dependencies = set(options.depends_on) | of_inputs
    goal.ignore_changes = list(options.ignore_changes)
    goal.additional_secret_outputs = list(options.additional_secret_outputs)
    goal.aliases = list(options.aliases)
    goal.retain_on_delete = options.retain_on_delete
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
    """The seconds of a Go duration such as ``1h30m`` or ``90s``; 0 for anything else."""
    if _DURATION.sub("", duration):
        return 0.0
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))


def _timeouts(message: Any) -> dict[str, float]:
    texts = {operation: getattr(message, operation, "") for operation in _OPERATIONS}
    return {operation: seconds_of(text) for operation, text in texts.items() if text}


def _has(message: Any, field_name: str) -> bool:
    """Whether this SDK's version of the message knows the field."""
    return field_name in message.DESCRIPTOR.fields_by_name


def _is_set(message: Any, field_name: str) -> bool:
    """Whether an optional field is set; in SDKs where it was a plain one, whether it is true."""
    if message.DESCRIPTOR.fields_by_name[field_name].has_presence:
        return bool(message.HasField(field_name))
    return bool(getattr(message, field_name))
