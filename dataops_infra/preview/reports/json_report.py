"""The report for programs: ``dataops.preview/v1``, described by ``preview-v1.schema.json`` beside this file.

Keys are sorted, resources sorted by URN, text is ASCII: two runs of one program give the same bytes,
``summary.seconds`` apart.
"""

from collections.abc import Iterable
from typing import Any

from dataops_infra.preview.model import (
    SCHEMA,
    Deferred,
    Exemption,
    Failure,
    Frame,
    FunctionUse,
    MadeBy,
    PreviewResult,
    Resource,
    Source,
    Violation,
)
from dataops_infra.reporting.json_text import json_text

Document = dict[str, Any]


def render(result: PreviewResult) -> str:
    """The report as JSON text with a final newline."""
    return json_text(document(result))


def document(result: PreviewResult) -> Document:
    """The report as plain values; the keys are those of design.md and are only ever added to."""
    return {
        "schema": SCHEMA,
        "project": result.project,
        "stack": result.stack,
        "environment": result.conventions.environment,
        "engine": result.engine,
        "asOf": result.as_of,
        "conventions": {
            "source": result.conventions.source,
            "digest": result.conventions.digest,
            "packsWithout": list(result.conventions.without),
        },
        "packs": [{"name": p.name, "version": p.version} for p in result.packs],
        "resources": [_resource(r) for r in result.resources],
        "outputs": dict(result.outputs),
        "violations": [violation_document(v) for v in result.violations],
        "deferred": [_deferred(d) for d in result.deferred],
        "remediations": [
            {
                "pack": r.pack,
                "policy": r.policy,
                "urn": r.urn,
                "before": dict(r.before),
                "after": dict(r.after),
                "source": source_document(r.source),
            }
            for r in result.remediations
        ],
        "answeredFunctions": _functions(f for f in result.functions if f.answered),
        "unansweredFunctions": _functions(result.unanswered),
        "placeholders": [{"urn": p.urn, "property": p.property} for p in result.placeholders],
        "diagnostics": [{"severity": d.severity, "message": d.message, "urn": d.urn} for d in result.diagnostics],
        "error": _failure(result.error),
        "summary": {
            "resources": result.summary.resources,
            "mandatory": result.summary.mandatory,
            "advisory": result.summary.advisory,
            "deferred": result.summary.deferred,
            "exempted": result.summary.exempted,
            "seconds": result.summary.seconds,
        },
    }


def source_document(source: Source | None) -> Document | None:
    """A place as plain values."""
    return None if source is None else {"file": source.file, "line": source.line}


def _resource(resource: Resource) -> Document:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "custom": resource.custom,
        "parent": resource.parent,
        "provider": resource.provider,
        "inputs": dict(resource.inputs),
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
        "protect": resource.protect,
        "retainOnDelete": resource.retain_on_delete,
        "aliases": list(resource.aliases),
        "source": source_document(resource.source),
        "read": resource.read,
    }


def violation_document(violation: Violation) -> Document:
    """A violation as plain values."""
    return {
        "pack": violation.pack,
        "packVersion": violation.pack_version,
        "policy": violation.policy,
        "level": violation.level,
        "severity": violation.severity,
        "urn": violation.urn,
        "message": violation.message,
        "remediation": violation.remediation,
        "source": source_document(violation.source),
        "madeBy": _made_by(violation.made_by),
        "exemption": _exemption(violation.exemption),
    }


def _deferred(deferred: Deferred) -> Document:
    return {
        "pack": deferred.pack,
        "policy": deferred.policy,
        "urn": deferred.urn,
        "property": deferred.property,
        "source": source_document(deferred.source),
    }


def _made_by(made_by: MadeBy | None) -> Document | None:
    return None if made_by is None else {"urn": made_by.urn, "source": source_document(made_by.source)}


def _exemption(exemption: Exemption | None) -> Document | None:
    if exemption is None:
        return None
    return {"owner": exemption.owner, "reason": exemption.reason, "expires": exemption.expires}


def _functions(functions: Iterable[FunctionUse]) -> list[Document]:
    return [
        {
            "function": f.function,
            "form": f.form,
            "answeredBy": f.answered_by,
            "urn": f.urn,
            "source": source_document(f.source),
            "entry": f.entry,
            "madeUp": list(f.made_up),
        }
        for f in functions
    ]


def _failure(failure: Failure | None) -> Document | None:
    if failure is None:
        return None
    return {
        "kind": failure.kind,
        "message": failure.message,
        "source": source_document(failure.source),
        "where": source_document(failure.where),
        "frames": [_frame(f) for f in failure.frames],
    }


def _frame(frame: Frame) -> Document:
    return {"file": frame.source.file, "line": frame.source.line, "function": frame.function, "text": frame.text}
