"""The gate: what must hold before a masked copy is published. It has no key; it reads both sides, row by row."""

from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import Check, GateReport, Verdict

__all__ = ["Check", "GateReport", "Verdict", "judge"]
