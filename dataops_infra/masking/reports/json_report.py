"""The gate's report for machines, in the form of ``mask-gate-v1.schema.json``."""

from typing import Any, Literal

from dataops_infra.conventions.base import shown_path
from dataops_infra.masking.anonymity.measures import Measures
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.verify import Verification
from dataops_infra.reporting.json_text import json_text

SCHEMA: Literal["dataops.mask-gate/v1"] = "dataops.mask-gate/v1"


def json_report(verification: Verification) -> str:
    """The report as JSON text; equal copies give equal bytes."""
    return json_text(document(verification))


def document(verification: Verification) -> dict[str, Any]:
    """The report as plain values; keys are only ever added to."""
    request, gate = verification.request, verification.gate
    return {
        "schema": SCHEMA,
        "plan": {"file": shown_path(request.plan), "hash": verification.plan.digest},
        "source": request.shown[0],
        "target": request.shown[1],
        "asOf": request.as_of.isoformat(),
        "verdict": gate.verdict.value,
        "checks": [_check(check) for check in gate.checks],
        "measures": {table: _measures(measures) for table, measures in gate.measures.items()},
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "verdict": check.verdict.value,
        "table": check.table,
        "column": check.column,
        "observed": check.observed,
        "allowed": check.allowed,
        "explanation": check.explanation,
        "examples": list(check.examples),
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return {
        "k": measures.k,
        "l": measures.l,
        "entropyL": measures.entropy_l,
        "t": measures.t,
        "groups": measures.groups,
        "rows": measures.rows,
        "curve": [{"k": point.k, "rows": point.rows} for point in measures.curve],
    }
