"""The gate's report for a browser: columns with their decisions, every check, and the k-anonymity curve.

One file, no script, nothing fetched. Values stand in it as shapes only: digits as 9, letters as x or X.
"""

from collections.abc import Iterable, Mapping

from dataops_infra.masking.anonymity.measures import Measures
from dataops_infra.masking.binding import options_of
from dataops_infra.masking.gate.model import Check, GateReport, Verdict
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.reports.curve_picture import curve_picture
from dataops_infra.masking.reports.text_report import gate_headline, observed_text
from dataops_infra.reporting.page import code, escaped, grid, page, table

_CHECKS = ("Check", "Verdict", "Where", "Observed", "Allowed", "What to do")
_COLUMNS = ("Column", "Operator", "Holds", "Why", "Before", "After")


def html_report(plan: Plan, gate: GateReport, title: str = "Masked copy", facts: Iterable[str] = ()) -> str:
    """The page; equal copies give equal bytes.

    :param facts: further lines below the verdict, as plain text.
    """
    sections = [
        table("Refused", _CHECKS, [_check_row(check) for check in gate.failed]),
        *(_anonymity(name, measures, plan) for name, measures in gate.measures.items()),
        *(_columns(name, plan, gate.shapes.get(name, {})) for name in plan.tables),
        _passed(gate),
    ]
    told = [f"plan {code(plan.digest[:12])}", *map(escaped, facts)]
    exit_code = 0 if gate.verdict is Verdict.PASS else 1
    return page(escaped(title), gate_headline(len(gate.checks), len(gate.failed)), exit_code, told, sections)


def _check_row(check: Check) -> tuple[str, ...]:
    where = ".".join(part for part in (check.table, check.column) if part) or "the whole copy"
    examples = "".join(f"<br>{code(example)}" for example in check.examples)
    failed = check.verdict is Verdict.FAIL
    verdict = '<span class="mandatory">refused</span>' if failed else '<span class="exit0">passed</span>'
    return (
        f"<strong>{escaped(check.name)}</strong>",
        verdict,
        code(where),
        escaped(observed_text(check.observed)),
        escaped(observed_text(check.allowed)),
        escaped(check.explanation) + examples,
    )


def _passed(gate: GateReport) -> str:
    rows = [_check_row(check) for check in gate.checks if check.verdict is Verdict.PASS]
    if not rows:
        return ""
    listed = f"<details><summary>{len(rows)} checks</summary>{grid(_CHECKS, rows)}</details>"
    return f"<section><h2>Passed</h2>{listed}</section>"


def _columns(name: str, plan: Plan, shapes: Mapping[str, tuple[tuple[str, str], ...]]) -> str:
    rows = [
        _column_row(name, path, column, plan, shapes.get(path, ()))
        for path, column in plan.tables[name].columns.items()
    ]
    return table(f"Columns of {escaped(name)}", _COLUMNS, rows)


def _column_row(
    name: str, path: str, column: ColumnPlan, plan: Plan, shapes: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    spec = OPERATORS[column.operator]
    notes = [f"domain {escaped(plan.domain_of(name, path))}"] if spec.keyed else []
    notes += ["injective"] if spec.injective(options_of(column)) else []
    score = "" if column.score is None else f' <span class="soft">({column.score:.0%} sure)</span>'
    return (
        code(path),
        f'{escaped(column.operator)}<br><span class="soft">{", ".join(notes)}</span>',
        escaped(column.classification or ""),
        escaped(column.reason) + score,
        "<br>".join(code(before) for before, _ in shapes),
        "<br>".join(code(after) for _, after in shapes),
    )


def _anonymity(name: str, measures: Measures, plan: Plan) -> str:
    columns = ", ".join(plan.quasi_identifiers.get(name, ()))
    rows = [("k", str(measures.k), "" if plan.k is None else f"at least {plan.k}")]
    if measures.l is not None:
        rows.append(("l", str(measures.l), "" if plan.l is None else f"at least {plan.l}"))
    if measures.t is not None:
        rows.append(("t", f"{measures.t:.3f}", "" if plan.t is None else f"at most {plan.t}"))
    facts = f"{measures.rows:,} rows in {measures.groups:,} groups alike in {escaped(columns)}"
    return (
        f"<section><h2>Anonymity of {escaped(name)}</h2><p>{facts}</p>"
        f"{grid(('Measure', 'Copy', 'Plan'), rows)}{curve_picture(measures.curve, plan.k)}</section>"
    )
