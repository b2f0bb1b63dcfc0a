"""What packs are shown of an export: as Pulumi's ``policy analyze`` does it (pkg/resource/deploy/analyze_snapshot.go).

Every resource that is not waiting for its deletion, also those that the stack only reads, in the order of the export:
``Analyze`` gets the inputs, ``AnalyzeStack`` the outputs.
"""

from collections.abc import Mapping
from typing import Any

from dataops_infra.audit.exported import Export
from dataops_infra.audit.secrets import Secrets
from dataops_infra.preview.engine.records import PROVIDER_PREFIX, ProviderRecord, ResourceRecord
from dataops_infra.preview.engine.urns import name_of

_TIMEOUTS = ("create", "update", "delete")


def resource_records(export: Export, secrets: Secrets) -> list[ResourceRecord]:
    """The resources of ``export`` as the engine's records; ``import_id`` and the like, which no pack sees, stay empty.

    :raises ExportError: a secret cannot be read.
    """
    providers = {
        resource["urn"]: _provider(resource, secrets)
        for resource in export.resources
        if resource["type"].startswith(PROVIDER_PREFIX)
    }
    return [
        _record(resource, providers, secrets) for resource in export.resources if resource.get("delete") is not True
    ]


def external_urns(export: Export) -> frozenset[str]:
    """The resources that the stack reads (``.get()``, stack references) and another one manages."""
    return frozenset(resource["urn"] for resource in export.resources if resource.get("external") is True)


def _provider(resource: Mapping[str, Any], secrets: Secrets) -> ProviderRecord:
    inputs = secrets.wire(resource.get("inputs") or {})
    return ProviderRecord(
        resource["urn"], str(resource.get("id") or ""), resource["type"], name_of(resource["urn"]), inputs
    )


def _record(resource: Mapping[str, Any], providers: Mapping[str, ProviderRecord], secrets: Secrets) -> ResourceRecord:
    urn = resource["urn"]
    # A provider is referred to as <urn>::<id>.
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    timeouts = resource.get("customTimeouts")
    dependencies = resource.get("propertyDependencies")
    return ResourceRecord(
        urn=urn,
        type=resource["type"],
        name=name_of(urn),
        custom=resource.get("custom") is True,
        parent=str(resource.get("parent") or ""),
        provider=providers.get(provider),
        inputs=secrets.wire(resource.get("inputs") or {}),
        outputs=secrets.wire(resource.get("outputs") or {}),
        dependencies=_texts(resource.get("dependencies")),
        property_dependencies={str(name): _texts(urns) for name, urns in dependencies.items()}
        if isinstance(dependencies, dict)
        else {},
        protect=resource.get("protect") is True,
        ignore_changes=_texts(resource.get("ignoreChanges")),
        additional_secret_outputs=_texts(resource.get("additionalSecretOutputs")),
        timeouts=_timeouts(timeouts) if isinstance(timeouts, dict) else {},
        former_urns=_texts(resource.get("aliases")),
    )


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _timeouts(given: Mapping[str, Any]) -> dict[str, float]:
    """Seconds by operation."""
    numbers = {name: given.get(name) for name in _TIMEOUTS}
    return {name: float(n) for name, n in numbers.items() if isinstance(n, int | float) and not isinstance(n, bool)}
