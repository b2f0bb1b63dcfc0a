"""Which columns together may point at a person: proposed, and generalised where somebody asks for a k."""

from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.names import is_sensitive
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan

GENERALISE, POOL = "generalise", "pool"
FEWEST = 2
"""One column alone is no combination."""


def proposed_quasi_identifiers(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Table -> its columns of birth dates, postcodes, genders and the like, where there are several.

    Cities that become others of a pool count, and stay what they are: hundreds of them leave nothing but `*` of each
    other where rows are to share them.
    """
    found = {
        table: tuple(path for path, column in columns.columns.items() if _points(path, column))
        for table, columns in plan.tables.items()
    }
    told = {
        table: tuple(path for path in paths if plan.tables[table].columns[path].operator != POOL)
        for table, paths in found.items()
        if len(paths) >= FEWEST
    }
    return {table: paths for table, paths in told.items() if paths}


def proposed_sensitive(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Table -> its kept columns whose names speak of health, belief or money: the copy tells them exactly."""
    found = {
        table: tuple(
            path
            for path, column in columns.columns.items()
            if column.operator == "keep" and "[]" not in path and is_sensitive(path)
        )
        for table, columns in plan.tables.items()
    }
    return {table: paths for table, paths in found.items() if paths}


def generalised(plan: Plan, k: int) -> Plan:
    """``plan`` with its proposed quasi-identifiers generalised until each combination is shared by ``k`` rows."""
    proposed = proposed_quasi_identifiers(plan)
    if not proposed:
        return plan
    tables = {name: _generalised(table, proposed.get(name, ())) for name, table in plan.tables.items()}
    return plan.model_copy(update={"tables": tables, "quasi_identifiers": proposed, "k": k})


def _generalised(table: TablePlan, paths: tuple[str, ...]) -> TablePlan:
    columns = {
        path: column
        if path not in paths
        else column.model_copy(
            update={
                "operator": GENERALISE,
                "domain": None,
                "options": {},
                "reason": f"{column.reason}; a quasi-identifier",
            }
        )
        for path, column in table.columns.items()
    }
    return TablePlan(columns=columns)


def _points(path: str, column: ColumnPlan) -> bool:
    kind = KINDS.get(column.classification or "")
    is_replaced = column.operator in OPERATORS and OPERATORS[column.operator].makes_nulls
    return kind is not None and kind.is_quasi_identifier and "[]" not in path and not is_replaced
