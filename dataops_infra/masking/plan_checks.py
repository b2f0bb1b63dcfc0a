"""Every mistake of a plan against the schemas of the data it is for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from dataops_infra.conventions.base import Mistake, Model
from dataops_infra.conventions.documents import KeyPath, nearest
from dataops_infra.conventions.listing import listed
from dataops_infra.conventions.validation import complaint_without_value, dotted
from dataops_infra.masking.anonymity.combinations import UNCOUNTABLE, is_countable
from dataops_infra.masking.anonymity.quasi_identifiers import column_mistakes
from dataops_infra.masking.layouts import without_layout
from dataops_infra.masking.leaves import items_of, leaf_types, required_leaves
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.base import OperatorSpec
from dataops_infra.masking.plan import ColumnPlan, ForeignKey, Plan

Schemas = Mapping[str, pa.Schema]
"""Table -> its schema."""

OTHER_OPERATOR = "choose another operator"
FEW = 2
"""So few operators are told by name."""
CLASSIFY_AGAIN = "classify again and review the change"
WITHOUT_TABLE = (
    "to mask the others alone, copy the plan without this table and the foreign keys that name it; else classify again "
    "and review the change"
)

WITHOUT_KEY = "take the foreign key out if that table is not to be masked"


@dataclass(frozen=True)
class PlanMistake:
    """One mistake and where in the plan it stands."""

    at: KeyPath
    message: str
    hint: str = ""


def plan_mistakes(plan: Plan, schemas: Schemas) -> Iterator[PlanMistake]:
    """All mistakes, table by table."""
    for table in plan.tables:
        if table not in schemas:
            near = nearest(table, schemas)
            hint = near if near.startswith("did you mean") else CLASSIFY_AGAIN
            if schemas.keys() & plan.tables.keys() and hint is CLASSIFY_AGAIN:
                hint = WITHOUT_TABLE
            yield PlanMistake(("tables", table), f"table {table} is in the plan but not in the source", hint)
    for table, schema in schemas.items():
        if table in plan.tables:
            yield from _table_mistakes(plan, table, schema)
        else:
            yield PlanMistake(("tables",), f"table {table} is in the source but not in the plan", CLASSIFY_AGAIN)
    for position, key in enumerate(plan.foreign_keys):
        yield from _foreign_key_mistakes(plan, key, schemas, ("foreign_keys", position))
    yield from _demand_mistakes(plan)


def options_of(column: ColumnPlan) -> Model:
    """The checked options of a column's operator.

    :raises pydantic.ValidationError: they are wrong.
    """
    return OPERATORS[column.operator].options.model_validate(column.options)


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values themselves: what a dictionary holds."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _table_mistakes(plan: Plan, table: str, schema: pa.Schema) -> Iterator[PlanMistake]:
    at: KeyPath = ("tables", table, "columns")
    counted = (
        {name: schema.names.count(name) for name in set(schema.names)} if len(set(schema.names)) < len(schema) else {}
    )
    repeated = sorted(name for name, count in counted.items() if count > 1)
    if repeated:
        hint = "rename them: a plan knows columns by name"
        yield PlanMistake(at, f"table {table} has several columns called {listed(repeated)}", hint)
        return
    leaves, planned = leaf_types(schema), plan.tables[table].columns
    required = required_leaves(schema)
    came, went = [path for path in leaves if path not in planned], [path for path in planned if path not in leaves]
    if came:
        yield PlanMistake(at, f"table {table} has columns the plan does not know: {listed(came)}", CLASSIFY_AGAIN)
    if went:
        yield PlanMistake((*at, went[0]), f"table {table} has lost columns of the plan: {listed(went)}", CLASSIFY_AGAIN)
    for path, column in planned.items():
        if path in leaves:
            wrong = list(_column_mistakes(table, path, column, leaves, path in required))
            said = () if wrong else column_mistakes(plan, table, path, column)
            yield from (*wrong, *(PlanMistake((*at, path), f"{table}.{path}{mistake}") for mistake in said))
    yield from _uncountable_mistakes(plan, table, leaves)


def _uncountable_mistakes(plan: Plan, table: str, leaves: Mapping[str, pa.DataType]) -> Iterator[PlanMistake]:
    for name in ("quasi_identifiers", "sensitive"):
        for path in getattr(plan, name).get(table, ()):
            if path in leaves and not is_countable(path, leaves[path]):
                yield PlanMistake((name, table), f"{table}.{path} {UNCOUNTABLE}")


def _column_mistakes(
    table: str, path: str, column: ColumnPlan, leaves: Mapping[str, pa.DataType], is_required: bool
) -> Iterator[PlanMistake]:
    where, kind, at = f"{table}.{path}", leaves[path], ("tables", table, "columns", path)
    if column.type is not None and without_layout(column.type) != without_layout(str(kind)):
        message = f"{where} was {column.type} when the plan was made and is {kind} now"
        yield PlanMistake((*at, "type"), message, CLASSIFY_AGAIN)
    spec = OPERATORS.get(column.operator)
    if spec is None:
        hint = nearest(column.operator, OPERATORS)
        yield PlanMistake((*at, "operator"), f"{where}: there is no operator {column.operator}", hint)
        return
    if not spec.accepts(value_type(kind)):
        message = f"{where}: {spec.name} takes {spec.accepted}, and this column is {kind}"
        yield PlanMistake((*at, "operator"), message, _other_operator(value_type(kind)))
    if spec.makes_nulls and is_required:
        message = f"{where}: {spec.name} leaves nulls, which this column forbids"
        yield PlanMistake((*at, "operator"), message, "choose redact or token")
    yield from _option_mistakes(where, spec, column, leaves, (*at, "options"), path)


def _other_operator(kind: pa.DataType) -> str:
    takers = [name for name, spec in OPERATORS.items() if spec.accepts(kind)]
    return OTHER_OPERATOR if len(takers) > FEW else f"choose {' or '.join(takers)}: no other operator takes such values"


def _option_mistakes(
    where: str, spec: OperatorSpec, column: ColumnPlan, leaves: Mapping[str, pa.DataType], at: KeyPath, path: str
) -> Iterator[PlanMistake]:
    try:
        options = options_of(column)
    except ValidationError as error:
        # What was written is not repeated: an option may be a text that somebody copied from the data.
        for detail in error.errors(include_url=False, include_input=False):
            if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
                unknown = str(detail["loc"][0])
                said = f"{where}: {spec.name} has no option {unknown}"
                yield PlanMistake((*at, *detail["loc"]), said, nearest(unknown, _option_names(spec)))
                continue
            told = detail.get("ctx", {}).get("mistakes", (Mistake(complaint_without_value(detail)),))
            for mistake in told:
                place = (*detail["loc"], *mistake.at)
                below = dotted(_stated(place, column.options, is_missing=detail["type"] == "missing"))
                said = f"{where}: options{f'.{below}' if below else ''} of {spec.name}: {mistake.message}"
                yield PlanMistake((*at, *place), said, mistake.hint)
        return
    kind = value_type(leaves[path])
    refusal = spec.refuses(kind, options) if spec.accepts(kind) else None
    if refusal is not None:
        yield PlanMistake(at if column.options else (*at[:-1], "operator"), f"{where}: {refusal}", OTHER_OPERATOR)
    for other in spec.reads(options):
        if other not in leaves:
            message = f"{where}: {spec.name} looks at the column {other}, which does not exist"
            yield PlanMistake(at, message, nearest(other, leaves))
        elif items_of(other) not in {"", items_of(path)}:
            yield PlanMistake(
                at, f"{where}: {spec.name} looks at {other}, which has several values for each of its own"
            )


def _stated(place: KeyPath, options: Any, *, is_missing: bool) -> KeyPath:
    """Where in ``options`` a mistake is; pydantic names the choices of a type in between, which nobody wrote."""
    found: list[str | int] = []
    for number, part in enumerate(place, 1):
        is_there = (isinstance(options, dict) and part in options) or (
            isinstance(options, list) and isinstance(part, int) and part < len(options)
        )
        if is_there:
            options = options[part]
        if is_there or (is_missing and number == len(place)):
            found.append(part)
    return tuple(found)


def _option_names(spec: OperatorSpec) -> list[str]:
    return [field.alias or name for name, field in spec.options.model_fields.items()]


def _foreign_key_mistakes(plan: Plan, key: ForeignKey, schemas: Schemas, at: KeyPath) -> Iterator[PlanMistake]:
    own = list(_missing(plan, key.table, key.columns, (*at, "table"), (*at, "columns")))
    own += _missing(plan, key.references, key.referenced_columns, (*at, "references"), (*at, "referenced_columns"))
    yield from own
    if len(key.columns) != len(key.referenced_columns):
        message = f"{len(key.columns)} columns cannot refer to {len(key.referenced_columns)}"
        yield PlanMistake((*at, "referenced_columns"), message, "name as many on both sides")
    elif not own:
        for column, referenced in zip(key.columns, key.referenced_columns, strict=True):
            sides = (key.table, column), (key.references, referenced)
            wrong = list(_type_mistakes(plan, schemas, *sides, at))
            yield from wrong or _pair_mistakes(plan, *sides, at)


def _missing(
    plan: Plan, table: str, columns: Iterable[str], table_at: KeyPath, columns_at: KeyPath
) -> Iterator[PlanMistake]:
    if table not in plan.tables:
        near = nearest(table, plan.tables)
        if table_at[0] == "foreign_keys":
            near = f"{near} Else take the foreign key out" if near.startswith("did you mean") else WITHOUT_KEY
        yield PlanMistake(table_at, f"the plan has no table {table}", near)
        return
    for position, column in enumerate(columns):
        if column not in plan.tables[table].columns:
            hint = nearest(column, plan.tables[table].columns)
            yield PlanMistake((*columns_at, position), f"table {table} has no column {column} in the plan", hint)


def _pair_mistakes(plan: Plan, child: tuple[str, str], parent: tuple[str, str], at: KeyPath) -> Iterator[PlanMistake]:
    """Joins survive where both sides are replaced alike, by an operator that keeps different values different."""
    sides = (child, parent)
    columns = [plan.tables[table].columns[column] for table, column in sides]
    names = " and ".join(f"{table}.{column}" for table, column in sides)
    if any(column.operator not in OPERATORS for column in columns):
        return
    if columns[0].operator != columns[1].operator or columns[0].options != columns[1].options:
        yield PlanMistake(at, f"{names} are joined, so they need the same operator with the same options")
        return
    spec = OPERATORS[columns[0].operator]
    if spec.keyed and plan.domain_of(*child) != plan.domain_of(*parent):
        yield PlanMistake(
            at, f"{names} are joined, so they need the same domain", f"give both {plan.domain_of(*parent)}"
        )
    try:
        is_injective = spec.injective(options_of(columns[0]))
    except ValidationError:
        return  # told where the column stands
    if not is_injective:
        message = f"{names} are joined, and {spec.name} may give different values the same replacement"
        yield PlanMistake(at, message, "choose token, or take the foreign key out")


def _type_mistakes(
    plan: Plan, schemas: Schemas, child: tuple[str, str], parent: tuple[str, str], at: KeyPath
) -> Iterator[PlanMistake]:
    """The same digits as text and as number: only ``keep`` and ``fpe`` treat them alike."""
    operators = [plan.tables[table].columns[path].operator for table, path in (child, parent)]
    told = [operator for operator in operators if operator in OPERATORS and operator not in _ACROSS_TYPES]
    leaves = [leaf_types(schemas[table]).get(path) if table in schemas else None for table, path in (child, parent)]
    kinds = [value_type(leaf) for leaf in leaves if leaf is not None]
    if not told or len(kinds) < len(leaves) or len(set(map(_is_number, kinds))) == 1:
        return
    names = " and ".join(
        f"{table}.{column} ({kind})" for (table, column), kind in zip((child, parent), kinds, strict=True)
    )
    message = f"{names} are joined, and {told[0]} replaces texts and numbers differently: no row would find its partner"
    hint = "store both as one type, or give both fpe with options {shape: digits} if all have seven digits or more"
    yield PlanMistake(at, message, hint)


_ACROSS_TYPES = frozenset({"keep", "fpe"})


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind))


def _demand_mistakes(plan: Plan) -> Iterator[PlanMistake]:
    for name in ("quasi_identifiers", "sensitive"):
        for table, columns in getattr(plan, name).items():
            yield from _missing(plan, table, columns, (name, table), (name, table))
    if plan.k is not None and not any(plan.quasi_identifiers.values()):
        yield PlanMistake(("k",), "k is demanded of no columns", "list them in quasi_identifiers")
    for name in ("l", "t"):
        if getattr(plan, name) is None:
            continue
        if not any(plan.sensitive.values()):
            yield PlanMistake((name,), f"{name} is demanded of no columns", "list them in sensitive")
        elif not any(plan.quasi_identifiers.values()):
            yield PlanMistake((name,), f"{name} is demanded of groups that no column makes", "list quasi_identifiers")
    yield from _in_both(plan)


def _in_both(plan: Plan) -> Iterator[PlanMistake]:
    for table, columns in plan.sensitive.items():
        for column in columns:
            if column in plan.quasi_identifiers.get(table, ()):
                message = f"{table}.{column} is called sensitive and a quasi-identifier"
                yield PlanMistake(("sensitive", table), message, "a value cannot both make a group and be hidden in it")
