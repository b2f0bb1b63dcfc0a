"""SARIF 2.1.0, for code-scanning pages: every verdict with its line, exempted ones as accepted suppressions.

A result's fingerprint is made of pack, policy, URN and message, so that it survives when the line moves.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from dataops_infra import __version__
from dataops_infra.preview.model import Deferred, Failure, PreviewResult, Remediation, Source, Violation
from dataops_infra.preview.reports.changes import change_text
from dataops_infra.preview.reports.naming import (
    component_note,
    deferred_text,
    exemption_text,
    failure_message,
    full_message,
    resource_title,
)
from dataops_infra.reporting.escaping import json_without_commands, visible

Document = dict[str, Any]

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"mandatory": "error", "remediate": "error", "advisory": "warning", "disabled": "none"}
_FINGERPRINT = "dataopsVerdict/v1"


def render(result: PreviewResult) -> str:
    """The log as JSON text with a final newline."""
    return json_without_commands(json.dumps(document(result), indent=2, sort_keys=True, ensure_ascii=True)) + "\n"


def document(result: PreviewResult) -> Document:
    """The log as plain values, one run."""
    rules = _Rules(result)
    results = [
        *_violations(result, rules),
        *(_deferred(d, result, rules) for d in result.deferred),
        *(_mended(r, result, rules) for r in result.remediations),
    ]
    driver = {"name": "dataops preview", "version": __version__, "rules": rules.descriptors}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(result)],
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the program's repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": _fingerprinted(results),
        "properties": {
            "project": result.project,
            "stack": result.stack,
            "engine": result.engine,
            "asOf": result.as_of,
            "conventions": {"source": result.conventions.source, "digest": result.conventions.digest},
        },
    }
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


class _Rules:
    """The rules of every pack, and those that only a verdict names."""

    def __init__(self, result: PreviewResult) -> None:
        self.descriptors: list[Document] = []
        self._index: dict[tuple[str, str], int] = {}
        for pack in result.packs:
            for policy in pack.policies:
                self._add(pack.name, policy.name, policy.description, _LEVELS.get(policy.level, "warning"), "")
        for v in result.violations:
            self._add(v.pack, v.policy, "", _LEVELS[v.level], v.remediation)
        for d in result.deferred:
            self._add(d.pack, d.policy, "", "note", "")
        for r in result.remediations:
            self._add(r.pack, r.policy, "", "note", "")
        self._help(result)

    def _add(self, pack: str, policy: str, description: str, level: str, remediation: str) -> None:
        if (pack, policy) in self._index:
            return
        self._index[pack, policy] = len(self.descriptors)
        text = visible(description) or f"A rule of the policy pack {visible(pack)}."
        self.descriptors.append(
            {
                "id": policy,
                "name": policy,
                "shortDescription": {"text": text},
                "fullDescription": {"text": text},
                "help": {"text": remediation or text},
                "defaultConfiguration": {"level": level},
                "properties": {"pack": pack, "tags": ["policy", pack]},
            }
        )

    def _help(self, result: PreviewResult) -> None:
        """A rule's help is its description and the first fix that a verdict of it names."""
        for v in reversed(result.violations):
            if v.remediation:
                rule = self.descriptors[self.index(v.pack, v.policy)]
                rule["help"] = {"text": f"{rule['fullDescription']['text']}\nFix: {visible(v.remediation)}"}

    def index(self, pack: str, policy: str) -> int:
        return self._index[pack, policy]


def _violations(result: PreviewResult, rules: _Rules) -> Iterator[Document]:
    for v in result.violations:
        found: Document = {
            "ruleId": v.policy,
            "ruleIndex": rules.index(v.pack, v.policy),
            "level": _LEVELS[v.level],
            "message": {"text": visible(f"{resource_title(v.urn)}: {full_message(v)}", keep="\n")},
            "locations": [_location(v.source, result, v.urn)],
            "properties": {"pack": v.pack, "packVersion": v.pack_version, "severity": v.severity},
            "partialFingerprints": {_FINGERPRINT: _fingerprint(v)},
        }
        if v.made_by is not None:
            note = {"text": visible(component_note(v.made_by))}
            found["relatedLocations"] = [_location(v.made_by.source, result, v.made_by.urn) | {"message": note}]
        if v.exemption is not None:
            justification = visible(exemption_text(v.exemption))
            found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
        yield found


def _deferred(deferred: Deferred, result: PreviewResult, rules: _Rules) -> Document:
    return {
        "ruleId": deferred.policy,
        "ruleIndex": rules.index(deferred.pack, deferred.policy),
        "level": "note",
        "message": {"text": visible(f"{resource_title(deferred.urn)}: {deferred_text(deferred)}")},
        "locations": [_location(deferred.source, result, deferred.urn)],
        "properties": {"pack": deferred.pack, "deferred": True, "property": deferred.property},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(deferred)},
    }


def _mended(mended: Remediation, result: PreviewResult, rules: _Rules) -> Document:
    return {
        "ruleId": mended.policy,
        "ruleIndex": rules.index(mended.pack, mended.policy),
        "level": "note",
        "message": {"text": visible(change_text(mended), keep="\n")},
        "locations": [_location(mended.source, result, mended.urn)],
        "properties": {"pack": mended.pack, "mended": True},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(mended)},
    }


def _location(source: Source | None, result: PreviewResult, urn: str) -> Document:
    place = source or Source(result.project_file, 1)
    physical = {"artifactLocation": artifact(place.file), "region": {"startLine": max(place.line, 1)}}
    logical = {"fullyQualifiedName": urn, "kind": "resource"}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def artifact(file: str) -> Document:
    """The location of a file: absolute, or relative to where the paths of the report begin."""
    path = PurePosixPath(file)
    if path.is_absolute():
        return {"uri": "file://" + quote(file)}
    return {"uri": quote(file), "uriBaseId": "SRCROOT"}


def _fingerprint(verdict: Violation | Deferred | Remediation) -> str:
    if isinstance(verdict, Violation):
        what = verdict.message
    else:
        what = f"deferred {verdict.property}" if isinstance(verdict, Deferred) else "mended"
    text = "\0".join((verdict.pack, verdict.policy, verdict.urn, what))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _fingerprinted(results: list[Document]) -> list[Document]:
    """Equal verdicts on one resource (a rule may report twice) are told apart by their order."""
    seen: dict[str, int] = {}
    for found in results:
        prints = found["partialFingerprints"]
        times = seen[prints[_FINGERPRINT]] = seen.get(prints[_FINGERPRINT], 0) + 1
        prints[_FINGERPRINT] += f":{times}"
    return results


def _invocation(result: PreviewResult) -> Document:
    invocation: Document = {
        "executionSuccessful": result.error is None,
        "exitCode": result.exit_code,
    }
    if result.error is not None:
        invocation["toolExecutionNotifications"] = [_notification(result.error, result)]
    return invocation


def _notification(failure: Failure, result: PreviewResult) -> Document:
    place = failure.source or Source(result.project_file, 1)
    physical = {"artifactLocation": artifact(place.file), "region": {"startLine": max(place.line, 1)}}
    return {
        "level": "error",
        "message": {"text": visible(failure_message(failure), keep="\n")},
        "locations": [{"physicalLocation": physical}],
    }
