"""The report for programs: ``dataops.audit/v1``, described by ``audit-v1.schema.json`` beside this file.

Keys are sorted, stacks by project, stack and file; no time is in it: two audits of the same exports give equal bytes.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from dataops_infra.audit.model import SCHEMA, AuditedStack, AuditResult, ExportFailure
from dataops_infra.preview.model import Deferred, Summary, Violation
from dataops_infra.preview.reports.json_report import source_document, violation_document
from dataops_infra.reporting.json_text import json_text

Document = dict[str, Any]


def render(result: AuditResult) -> str:
    """The report as JSON text with a final newline."""
    return json_text(document(result))


def document(result: AuditResult) -> Document:
    """The report as plain values; keys are only ever added to."""
    return {
        "schema": SCHEMA,
        "asOf": result.as_of,
        "conventions": {
            "source": result.conventions.source,
            "digest": result.conventions.digest,
            "packsWithout": list(result.conventions.without),
        },
        "packs": [{"name": pack.name, "version": pack.version} for pack in result.packs],
        "stacks": [_stack(stack) for stack in result.stacks],
        "violations": [_violation(stack, v) for stack in result.stacks for v in stack.violations],
        "deferred": [_deferred(stack, d) for stack in result.stacks for d in stack.deferred],
        "aside": [_violation(stack, v) for stack in result.stacks for v in stack.aside],
        "exemptions": _exemptions(v for _, v in result.violations()),
        "diagnostics": [
            {**_name(stack), "severity": said.severity, "message": said.message, "urn": said.urn}
            for stack in result.stacks
            for said in stack.diagnostics
        ],
        "notes": list(result.notes),
        "summary": {"stacks": len(result.stacks), "failed": len(result.failed), **_counts(result.summary)},
    }


def _name(stack: AuditedStack) -> Document:
    return {"project": stack.project, "stack": stack.stack}


def _counts(summary: Summary) -> Document:
    return {
        "resources": summary.resources,
        "mandatory": summary.mandatory,
        "advisory": summary.advisory,
        "deferred": summary.deferred,
        "exempted": summary.exempted,
    }


def _stack(stack: AuditedStack) -> Document:
    return {
        **_name(stack),
        "environment": stack.environment,
        "file": stack.file,
        "digest": stack.digest,
        "external": stack.external,
        "pendingOperations": stack.pending_operations,
        "closedSecrets": stack.closed_secrets,
        "error": _failure(stack.error),
        **_counts(stack.summary),
    }


def _failure(failure: ExportFailure | None) -> Document | None:
    if failure is None:
        return None
    return {"kind": failure.kind, "message": failure.message, "detail": failure.detail}


def _violation(stack: AuditedStack, violation: Violation) -> Document:
    return {**violation_document(violation), **_name(stack)}


def _deferred(stack: AuditedStack, deferred: Deferred) -> Document:
    return {
        **_name(stack),
        "pack": deferred.pack,
        "policy": deferred.policy,
        "urn": deferred.urn,
        "property": deferred.property,
        "reason": deferred.reason,
        "source": source_document(deferred.source),
    }


def _exemptions(violations: Iterable[Violation]) -> list[Document]:
    """The exemptions that some violation used, and how often."""
    used = Counter(
        (v.policy, v.exemption.owner, v.exemption.reason, v.exemption.expires)
        for v in violations
        if v.exemption is not None
    )
    return [
        {"policy": policy, "owner": owner, "reason": reason, "expires": expires, "violations": times}
        for (policy, owner, reason, expires), times in sorted(used.items())
    ]
