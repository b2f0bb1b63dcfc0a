"""Writes plans as people review them: one line for each column, in the schema's order, the same bytes every time."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dataops_infra.masking.classify.quasi_identifiers import proposed_quasi_identifiers, proposed_sensitive
from dataops_infra.masking.plan import SCHEMA, ColumnPlan, ForeignKey, Plan
from dataops_infra.reporting.writing import write_report

HEADER = """\
# How this dataset is masked. Every line is one column: read the reasons, change what is wrong, commit the file.
#   operator: keep = published as it is; token, email, fpe, pool, shift_date, text, redact, drop, generalise replace
#   domain:   columns of one domain get equal replacements for equal values, so that joins survive
#   score:    how sure the classification is, 0 to 1; begin with the lowest, and with every keep
# A column that is missing here, or whose type has changed, stops the run. docs/guides/masking-plans.md tells more.
"""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(\[\])?[A-Za-z0-9_.]*")
_LONGEST_KEY = 900
"""Characters of a key that need no question mark before it; YAML allows 1,024."""
_WORDS_OF_YAML = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff\u0085]")


def write_plan(plan: Plan, path: Path) -> None:
    """Write ``plan`` to ``path``, whole or not at all.

    :raises InvalidInputError: the file cannot be written.
    """
    write_report(path, plan_text(plan))


def plan_text(plan: Plan) -> str:
    """The plan as YAML; reading it gives the same plan, writing it again the same text."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield from HEADER.splitlines()
    yield f"schema: {SCHEMA}"
    yield ""
    yield from _tables(plan)
    if plan.foreign_keys:
        yield ""
        yield "foreign_keys:"
        yield from (f"  - {_flow(_foreign_key(key))}" for key in plan.foreign_keys)
    yield from _demands(plan)


def _tables(plan: Plan) -> Iterator[str]:
    yield "tables:" if plan.tables else "tables: {}"
    for name, table in plan.tables.items():
        yield _key("  ", name)
        yield "    columns:" if table.columns else "    columns: {}"
        yield from (f"{_key('      ', path)} {_flow(_column(column))}" for path, column in table.columns.items())


def _demands(plan: Plan) -> Iterator[str]:
    """What must hold of the copy; what might be demanded is proposed as a comment."""
    stated = plan.model_dump(exclude={"tables", "foreign_keys", "schema_"}, exclude_defaults=True)
    proposed = {} if plan.quasi_identifiers else proposed_quasi_identifiers(plan)
    if proposed:
        yield ""
        yield "# Columns that together may point at a person. To have 5 rows or more share each combination, give"
        yield "# them the operator generalise and take the comment signs away, or classify with --k 5:"
        yield "# k: 5"
        yield f"# quasi_identifiers: {_flow(proposed)}"
    sensitive = {} if plan.sensitive else proposed_sensitive(plan)
    if sensitive:
        yield ""
        yield "# Columns that are kept and whose values nobody may learn of a person: mask them, or, with a k and"
        yield "# quasi_identifiers, have each group of rows show at least l different values of each:"
        yield "# l: 2"
        yield f"# sensitive: {_flow(sensitive)}"
    if stated:
        yield ""
        yield from (f"{name}: {_flow(value)}" for name, value in stated.items())


def _column(column: ColumnPlan) -> Mapping[str, Any]:
    stated = column.model_dump(exclude_defaults=True)
    return {name: stated[name] for name in ColumnPlan.model_fields if name in stated}


def _foreign_key(key: ForeignKey) -> Mapping[str, Any]:
    stated = key.model_dump(exclude_defaults=True)
    return {name: stated[name] for name in ForeignKey.model_fields if name in stated}


def _key(indent: str, name: str) -> str:
    key = _scalar(name)
    if len(key) < _LONGEST_KEY:
        return f"{indent}{key}:"
    return f"{indent}? {key}\n{indent}:"


def _number(value: float) -> str:
    """A floating number as YAML 1.1 knows it: with a point, infinity and not-a-number in its own spelling."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key('', name)} {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A value as YAML reads it back: what is not plain is written as a JSON string, which YAML understands."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()  # plain, which YAML reads as a date again
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and "[]" not in value and value.lower() not in _WORDS_OF_YAML:
        return value
    text = json.dumps(value, ensure_ascii=False)
    return _SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
