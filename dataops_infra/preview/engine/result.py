"""result.json: everything the preview found out, written whole or not at all."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from .hidden import shown
from .monitor import Monitor
from .records import Diagnostic, Frame, ResourceRecord
from .values import Properties, to_notation

SCHEMA = "dataops.engine/v1"


def result_document(
    sdk: str, monitor: Monitor | None, packs: Any, diagnostics: list[Diagnostic], error: dict[str, Any] | None
) -> dict[str, Any]:
    """The content of result.json.

    :param monitor: None when the preview failed before there was one.
    :param packs: the PackGroup, or None.
    """
    records = sorted(monitor.registry.records, key=lambda record: record.urn) if monitor else []
    placeholders = sorted(monitor.registry.placeholders) if monitor else []
    return {
        "schema": SCHEMA,
        "sdk": sdk,
        "resources": [_resource(record) for record in records],
        "outputs": to_notation(monitor.stack_outputs()) if monitor else {},
        "packs": packs.packs if packs else [],
        "policyEvents": _by_resource(packs.events) if packs else [],
        "remediations": _by_resource(packs.remediations) if packs else [],
        "functions": monitor.functions.records if monitor else [],
        "placeholders": [{"urn": urn, "property": name} for urn, name in placeholders],
        "diagnostics": [
            {"severity": found.severity, "message": found.message, "urn": found.urn} for found in diagnostics
        ],
        "error": error,
    }


def _by_resource(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries in the order of URNs, those of one resource as they came: resources are registered by several threads."""
    return sorted(entries, key=lambda entry: str(entry["urn"]))


def write(path: Path, document: dict[str, Any]) -> None:
    """Write ``document`` so that a reader never sees half of it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
    temporary.replace(path)


def _resource(record: ResourceRecord) -> dict[str, Any]:
    return {
        "urn": record.urn,
        "type": record.type,
        "name": record.name,
        "custom": record.custom,
        "parent": record.parent,
        "provider": record.provider.urn if record.provider else "",
        "inputs": shown(to_notation(_without_code(record.inputs)), record),
        "dependencies": record.dependencies,
        "propertyDependencies": record.property_dependencies,
        "protect": record.protect,
        "retainOnDelete": record.retain_on_delete,
        "aliases": record.aliases,
        "read": record.read,
        "external": record.read,
        "source": record.source.place() if record.source else None,
        "frames": [_frame(frame) for frame in record.frames],
    }


def _without_code(inputs: Properties) -> Properties:
    """The code of a dynamic provider as its digest; other internal properties are left out."""
    kept = {name: value for name, value in inputs.items() if not name.startswith("__")}
    code = inputs.get("__provider")
    if isinstance(code, str):
        kept["__provider"] = f"sha256:{hashlib.sha256(code.encode()).hexdigest()}"
    return kept


def _frame(frame: Frame) -> dict[str, Any]:
    return {"file": frame.file, "line": frame.line, "function": frame.function}
