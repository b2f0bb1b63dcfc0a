"""SARIF 2.1.0, one run over all stacks: code-scanning pages take few runs in a file, and few files.

A verdict's place is the resource's line in the export; its URN names stack and project.
"""

from typing import Any

from dataops_infra.audit.model import AuditResult, ExportFailure
from dataops_infra.audit.reports.merging import merged
from dataops_infra.preview.reports import sarif
from dataops_infra.reporting.escaping import visible
from dataops_infra.reporting.json_text import json_text

Document = dict[str, Any]


def render(result: AuditResult) -> str:
    """The log as JSON text with a final newline."""
    return json_text(document(result))


def document(result: AuditResult) -> Document:
    """The log as plain values."""
    log = sarif.document(merged(result))
    (run,) = log["runs"]
    run["tool"]["driver"]["name"] = "dataops audit"
    run["originalUriBaseIds"]["SRCROOT"]["description"]["text"] = "The folder in which the audit was run."
    run["invocations"] = [_invocation(result)]
    run["properties"] = {
        "stacks": [stack.title for stack in result.stacks],
        "asOf": result.as_of,
        "conventions": {"source": result.conventions.source, "digest": result.conventions.digest},
    }
    return log


def _invocation(result: AuditResult) -> Document:
    invocation: Document = {"executionSuccessful": not result.failed, "exitCode": result.exit_code}
    if result.failed:
        invocation["toolExecutionNotifications"] = [
            _notification(stack.file, stack.error) for stack in result.failed if stack.error
        ]
    return invocation


def _notification(file: str, failure: ExportFailure) -> Document:
    return {
        "level": "error",
        "message": {"text": visible(failure.message, keep="\n")},
        "locations": [{"physicalLocation": {"artifactLocation": sarif.artifact(file)}}],
    }
