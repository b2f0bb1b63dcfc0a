"""What holds of every subset, on random schemas: composite keys, cycles, self references, nulls, dangling keys."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from dataops_infra.masking.plan import ForeignKey, Plan, TablePlan
from dataops_infra.masking.subset.links import below
from dataops_infra.masking.subset.planning import TOLERANCE, Subset, foreign_keys, make_subset
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.masking.subset.selecting import Reason
from tests.support.memory_tables import memory_source, rows_in

FEW = 3
"""Values that are few: small, so that small tables have columns of many."""
MANY_KEYS = 9


@dataclass(frozen=True)
class Dataset:
    """Tables with their foreign keys."""

    tables: dict[str, pa.Table]
    keys: tuple[ForeignKey, ...]

    @property
    def plan(self) -> Plan:
        """A plan that keeps everything."""
        columns = {
            name: TablePlan(columns={column: {"operator": "keep"} for column in table.schema.names})  # type: ignore[dict-item]
            for name, table in self.tables.items()
        }
        return Plan(tables=columns, foreign_keys=self.keys)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """Up to five tables; each is named by one column or by two, and refers to any, itself included."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 5)))]
    rows = {name: draw(st.integers(0, 40)) for name in names}
    is_composite = {name: draw(st.booleans()) for name in names}
    columns: dict[str, dict[str, list[Any]]] = {name: _own(name, rows[name], is_composite[name]) for name in names}
    keys = []
    for number, (child, parent) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=6, unique=True))
    ):
        referenced = ("a", "b") if is_composite[parent] else ("id",)
        chosen = draw(st.lists(st.integers(-2, max(rows[parent] - 1, -2)), min_size=rows[child], max_size=rows[child]))
        own = tuple(f"k{number}_{column}" for column in referenced)
        for column, there in zip(own, referenced, strict=True):
            values = columns[parent][there]
            columns[child][column] = [None if n == -1 else -7 if n == -2 else values[n] for n in chosen]
        keys.append(ForeignKey(table=child, columns=own, references=parent, referenced_columns=referenced))
    for name in names:
        columns[name]["few"] = draw(
            st.lists(st.sampled_from(["x", "y", "z", None]), min_size=rows[name], max_size=rows[name])
        )
    tables = {
        name: pa.table({column: pa.array(values, _type(column)) for column, values in each.items()})
        for name, each in columns.items()
    }
    return Dataset(tables, tuple(keys))


def _own(name: str, rows: int, is_composite: bool) -> dict[str, list[Any]]:
    if is_composite:
        return {"a": [n // MANY_KEYS for n in range(rows)], "b": [n % MANY_KEYS for n in range(rows)]}
    return {"id": list(range(rows))}


def _type(column: str) -> pa.DataType:
    return pa.string() if column == "few" else pa.int64()


@st.composite
def requests(draw: st.DrawFn) -> SubsetRequest:
    rows = draw(st.one_of(st.none(), st.integers(1, 50)))
    fraction = draw(st.floats(0.01, 1)) if rows is None else None
    where = draw(st.sampled_from([None, "few = 'x'", "few IS NULL OR few <> 'y'"]))
    return SubsetRequest("t0", rows, fraction, where, FEW)


def subset_of(dataset: Dataset, request: SubsetRequest) -> Subset:
    return make_subset(memory_source(dataset.tables), dataset.plan, request)


def is_met(row: dict[str, Any], where: str | None) -> bool:
    few = row["few"]
    return where is None or (few == "x" if where == "few = 'x'" else few is None or few != "y")


def keys_of(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> set[tuple[Any, ...]]:
    found = {tuple(row[column] for column in columns) for row in rows}
    return {key for key in found if None not in key}


@given(datasets(), requests())
def test_every_subset_keeps_what_is_promised(dataset: Dataset, request: SubsetRequest) -> None:
    whole = {name: table.to_pylist() for name, table in dataset.tables.items()}
    candidates = [row for row in whole["t0"] if is_met(row, request.where)]
    assume(candidates)
    subset = subset_of(dataset, request)
    chosen = {name: rows_in(subset.source, name) for name in whole}

    _check_counts(subset, whole, chosen)
    for key in dataset.keys:
        there = keys_of(whole[key.references], key.referenced_columns)
        left = keys_of(chosen[key.table], key.columns) & there
        assert left <= keys_of(chosen[key.references], key.referenced_columns)
    _check_size(subset, request.target(len(candidates)), len(candidates), len(chosen["t0"]))
    if request.where is None:
        _check_values(dataset, whole, chosen)
    else:
        _check_condition(subset, candidates, chosen["t0"], request.where)


def _check_counts(subset: Subset, whole: dict[str, list[Any]], chosen: dict[str, list[Any]]) -> None:
    for table in subset.tables:
        assert (table.of, table.rows) == (len(whole[table.name]), len(chosen[table.name]))
        places = iter(whole[table.name])
        assert all(row in places for row in chosen[table.name]), "rows stand in the order of the source"


def _check_size(subset: Subset, target: int, available: int, rows: int) -> None:
    wanted = min(target, available)
    is_close = abs(rows - wanted) <= TOLERANCE * wanted
    assert is_close or any(note.startswith("t0 has ") for note in subset.notes)
    assert (target > available) == any("were asked for, and there are" in note for note in subset.notes)


def _check_values(dataset: Dataset, whole: dict[str, list[Any]], chosen: dict[str, list[Any]]) -> None:
    fed = below("t0", foreign_keys(dataset.plan, _no_catalogue()))
    following = {(key.table, column) for key in dataset.keys if key.references in fed for column in key.columns}
    for name, rows in whole.items():
        for column in dataset.tables[name].schema.names:
            counted = Counter(row[column] for row in rows if row[column] is not None)
            if (name, column) not in following and len(counted) <= FEW and 2 * len(counted) <= counted.total():
                assert {row[column] for row in chosen[name]} - {None} == set(counted)


def _check_condition(
    subset: Subset, candidates: list[dict[str, Any]], chosen: list[dict[str, Any]], where: str | None
) -> None:
    why = next(table.reasons for table in subset.tables if table.name == "t0")
    others = [row for row in chosen if not is_met(row, where)]
    needed = why.get(Reason.REFERRED, 0) + why.get(Reason.VALUE, 0)
    assert len(others) <= needed
    assert why.get(Reason.ASKED, 0) <= len(candidates)


def _no_catalogue() -> Any:
    from dataops_infra.masking.catalogue import Catalogue

    return Catalogue()


@given(datasets(), st.integers(1, 40))
def test_what_refers_to_the_rows_asked_for_follows_them(dataset: Dataset, rows: int) -> None:
    assume(dataset.tables["t0"].num_rows)
    subset = subset_of(dataset, SubsetRequest("t0", rows, few_values=0))
    asked = next(table.reasons.get(Reason.ASKED, 0) for table in subset.tables if table.name == "t0")
    others = [key for key in dataset.keys if key.references == "t0" and key.table != "t0"]
    chosen = {name: rows_in(subset.source, name) for name in dataset.tables}
    for key in others:
        named = keys_of(chosen["t0"], key.referenced_columns)
        whole = dataset.tables[key.table].to_pylist()
        followers = [row for row in whole if tuple(row[column] for column in key.columns) in named]
        here = [row for row in chosen[key.table] if tuple(row[column] for column in key.columns) in named]
        if asked == len(chosen["t0"]):
            assert len(here) == len(followers)


@given(datasets(), requests())
def test_equal_requests_choose_equal_rows_however_the_files_are_cut(dataset: Dataset, request: SubsetRequest) -> None:
    assume(any(is_met(row, request.where) for row in dataset.tables["t0"].to_pylist()))
    one = subset_of(dataset, request)
    other = make_subset(memory_source(dataset.tables, files=5), dataset.plan, request)
    for name in dataset.tables:
        assert rows_in(one.source, name) == rows_in(other.source, name)
    assert one.tables == other.tables
