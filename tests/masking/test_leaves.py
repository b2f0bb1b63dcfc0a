"""Masking of nested columns: every leaf of every row is reached once, with its own row, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.leaves import find_leaf, leaf_types, required_leaves
from dataops_infra.masking.masker import BatchRows, BoundOperator, TableMasker, mask_batch
from dataops_infra.masking.operators.base import Rows

TEXTS = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()))
LEAVES = st.sampled_from([*TEXTS, pa.int64()])


class AppendRow:
    """Appends the row's number to texts and adds it to numbers."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        assert not pa.types.is_nested(values.type)
        assert not pa.types.is_dictionary(values.type)
        ids = rows.column("id")
        assert len(ids) == len(values)
        if pa.types.is_integer(values.type):
            return pc.add(values, pc.multiply(ids, 1000))
        return pa.array([None if value is None else f"{value}/{at}" for value, at in _pairs(values, ids)], values.type)


class Each:
    """Applies a function to each value alone."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self.seen: list[Any] = []

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        self.seen += values.to_pylist()
        return pa.array([None if value is None else self._function(value) for value in values.to_pylist()], values.type)


class Keep:
    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        return values


def _pairs(values: pa.Array, ids: pa.Array) -> list[tuple[Any, Any]]:
    return list(zip(values.to_pylist(), ids.to_pylist(), strict=True))


def kinds(inner: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    named = st.lists(inner, max_size=3).map(lambda some: pa.struct([(f"f{at}", kind) for at, kind in enumerate(some)]))
    return st.one_of(
        named,
        inner.map(pa.list_),
        inner.map(pa.large_list),
        st.tuples(inner, st.integers(0, 3)).map(lambda pair: pa.list_(*pair)),
        inner.map(lambda kind: pa.map_(pa.string(), kind)),
    )


TYPES = st.recursive(LEAVES, kinds, max_leaves=5)


def values_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    present: st.SearchStrategy[Any]
    if pa.types.is_struct(kind):
        present = st.fixed_dictionaries({item.name: values_of(item.type) for item in kind})
    elif pa.types.is_map(kind):
        present = st.lists(st.tuples(st.sampled_from("abc"), values_of(kind.item_type)), max_size=3)
    elif pa.types.is_fixed_size_list(kind):
        present = st.lists(values_of(kind.value_type), min_size=kind.list_size, max_size=kind.list_size)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        present = st.lists(values_of(kind.value_type), max_size=3)
    elif kind == pa.int64():
        present = st.integers(0, 999)
    else:
        present = st.sampled_from(["x", "yy", ""])
    return st.none() | present


def expected(value: Any, kind: pa.DataType, row: int) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {item.name: expected(value[item.name], item.type, row) for item in kind}
    if pa.types.is_map(kind):
        return [(f"{key}/{row}", expected(item, kind.item_type, row)) for key, item in value]
    if isinstance(value, list):
        return [expected(item, kind.value_type, row) for item in value]
    if isinstance(value, int):
        return value + 1000 * row
    return f"{value}/{row}"


def masked(batch: pa.RecordBatch, *, per_value: bool = False, operator: Any = None) -> pa.RecordBatch:
    leaves = {path: BoundOperator(operator or AppendRow(), per_value) for path in leaf_types(batch.schema)}
    leaves["id"] = BoundOperator(Keep(), per_value=True)
    result = mask_batch(batch, TableMasker("t", leaves))
    result.validate(full=True)
    assert result.schema.equals(batch.schema, check_metadata=True)
    assert result.num_rows == batch.num_rows
    return result


def one(values: pa.Array, *, nullable: bool = True) -> pa.RecordBatch:
    ids = pa.array(range(len(values)), pa.int64())
    schema = pa.schema([("id", pa.int64()), pa.field("c", values.type, nullable)], metadata={"made": "here"})
    return pa.RecordBatch.from_arrays([ids, values], schema=schema)


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_every_leaf_of_every_row_is_masked_with_its_own_row(data: st.DataObject) -> None:
    kind = data.draw(TYPES)
    values = data.draw(st.lists(values_of(kind), max_size=6))
    start = data.draw(st.integers(0, len(values)))
    length = data.draw(st.integers(0, len(values) - start))
    batch = one(pa.array(values, kind)).slice(start, length)
    rows = range(start, start + length)
    wanted = pa.array([expected(values[row], kind, row) for row in rows], kind)
    assert masked(batch).column(1).to_pylist() == wanted.to_pylist()


GARBAGE = {
    "struct": pa.StructArray.from_arrays([pa.array(["x", "under"])], ["a"], mask=pa.array([False, True])),
    "list": pa.ListArray.from_arrays([0, 1, 3], pa.array(["x", "under", "it"]), mask=pa.array([False, True])),
    "large list": pa.LargeListArray.from_arrays(
        [0, 1, 3], pa.array(["x", "under", "it"]), mask=pa.array([False, True])
    ),
    "fixed": pa.FixedSizeListArray.from_arrays(pa.array(["x", "under"]), 1, mask=pa.array([False, True])),
    "map": pa.MapArray.from_arrays([0, 1, 2], ["x", "under"], ["x", "under"], mask=pa.array([False, True])),
    "nested": pa.StructArray.from_arrays(
        [pa.ListArray.from_arrays([0, 1, 2], pa.array(["x", "under"]))], ["a"], mask=pa.array([False, True])
    ),
}


@pytest.mark.parametrize("column", GARBAGE.values(), ids=GARBAGE)
def test_nothing_below_a_null_reaches_an_operator_or_the_copy(column: pa.Array) -> None:
    each = Each(lambda _value: "masked")
    copy = masked(one(column), operator=each).column(1)
    assert set(each.seen) - {None} == {"x"}
    assert copy[1].as_py() is None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("c", copy.type)])) as writer:
        writer.write(pa.RecordBatch.from_arrays([copy], ["c"]))
    assert b"under" not in sink.getvalue().to_pybytes()


HOLDS_VIEWS = pa.struct(
    [
        ("text", pa.string_view()),
        ("bytes", pa.list_(pa.binary_view())),
        ("long", pa.large_list(pa.string_view())),
        ("map", pa.map_(pa.string_view(), pa.string_view())),
        ("fixed", pa.list_(pa.string_view(), 1)),
    ]
)


def test_views_below_lists_of_fixed_size_take_their_places() -> None:
    value = {"text": "a", "bytes": [b"b"], "long": ["c", None], "map": [("d", "e")], "fixed": ["f"]}
    column = pa.array([None, [value], None, [None]], pa.list_(HOLDS_VIEWS, 1))
    assert masked(one(column), operator=Keep()).column(1).equals(column)


def test_fields_that_must_not_be_null_stay_so() -> None:
    inner = pa.struct([pa.field("a", pa.string(), nullable=False)])
    kind = pa.list_(pa.field("el", inner, nullable=False))
    batch = one(pa.array([[{"a": "x"}], [], [{"a": "y"}]], kind), nullable=False)
    assert masked(batch).column(1).to_pylist() == [[{"a": "x/0"}], [], [{"a": "y/2"}]]


def test_leaves_and_those_that_must_not_be_null_are_named_by_their_paths() -> None:
    inner = pa.struct([pa.field("a", pa.string(), nullable=False), ("b", pa.int8())])
    schema = pa.schema(
        [
            ("plain", pa.int8()),
            pa.field("key", pa.uuid(), nullable=False),
            ("one", inner),
            ("many", pa.list_(pa.field("el", inner))),
            ("fixed", pa.list_(pa.field("el", pa.string(), nullable=False), 2)),
            ("labels", pa.map_(pa.string(), pa.large_list(pa.int8()))),
            ("kinds", pa.dictionary(pa.int8(), pa.string())),
            ("none", pa.struct([])),
        ]
    )
    assert {path: str(kind) for path, kind in leaf_types(schema).items()} == {
        "plain": "int8",
        "key": "fixed_size_binary[16]",
        "one.a": "string",
        "one.b": "int8",
        "many[].a": "string",
        "many[].b": "int8",
        "fixed[]": "string",
        "labels[].key": "string",
        "labels[].value[]": "int8",
        "kinds": "dictionary<values=string, indices=int8, ordered=0>",
    }
    assert required_leaves(schema) == {"key", "one.a", "many[].a", "fixed[]", "labels[].key"}


def test_values_that_bear_another_types_name_are_masked_as_what_they_are() -> None:
    keys = pa.array([b"k" * 16, None], pa.uuid())
    column = pa.StructArray.from_arrays([keys], ["key"])
    each = Each(lambda value: value[:15] + b"!")
    for batch in (one(keys), one(column)):
        copy = masked(batch, operator=each).column(1)
        storage = (copy.field("key") if pa.types.is_struct(copy.type) else copy).storage
        assert storage.to_pylist() == [b"k" * 15 + b"!", None]


def test_a_batch_without_columns_keeps_its_rows() -> None:
    batch = pa.RecordBatch.from_struct_array(pa.array([{}, {}, {}], pa.struct([])))
    assert mask_batch(batch, TableMasker("t", {})).num_rows == 3


def dictionary(indices: list[int | None], entries: list[str | None], *, ordered: bool = False) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(entries), ordered=ordered)


def test_a_dictionary_is_masked_once_and_stays_one() -> None:
    column, each = dictionary([0, 1, None, 0, 0], ["x", "y"], ordered=True), Each(str.upper)
    copy = masked(one(column), per_value=True, operator=each).column(1)
    assert each.seen == ["x", "y"]
    assert copy.to_pylist() == ["X", "Y", None, "X", "X"]


def test_entries_that_no_row_uses_are_not_carried_along() -> None:
    copy = masked(one(dictionary([1], ["x", "y", "z"])), per_value=True, operator=Each(str.upper)).column(1)
    assert copy.dictionary.to_pylist() == ["Y"]


def test_replacements_of_a_dictionary_may_be_equal() -> None:
    copy = masked(one(dictionary([0, 1, 1], ["x", "y"])), per_value=True, operator=Each(lambda _value: "z")).column(1)
    assert copy.to_pylist() == ["z", "z", "z"]


@pytest.mark.parametrize("per_value", [True, False])
def test_nulls_in_place_of_entries_are_nulls_in_place_of_values(per_value: bool) -> None:
    column = dictionary([0, 1, 1], ["x", None])
    copy = masked(one(column), per_value=per_value, operator=Each(lambda _value: None)).column(1)
    assert copy.null_count == 3
    assert copy.dictionary.to_pylist() == []


def test_a_dictionary_with_too_narrow_indices_is_refused_without_its_values() -> None:
    column = dictionary([0] * 200, ["x"])
    with pytest.raises(MaskingError) as refusal:
        masked(one(column))
    assert str(refusal.value) == (
        "c is a dictionary with int8 indices, too few for 200 different replacements: "
        "store it with wider indices or as plain values"
    )


def batch_of(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


ORDERS = batch_of(
    **{
        "id": pa.array([1, 2]),
        "a.b": pa.array([{"c.d": "x"}, {"c.d": "y"}]),
        "a": pa.array([{"b": "wrong"}, None]),
        "kind": pa.array(["p", "q"]).dictionary_encode(),
        "view": pa.array(["v", "w"], pa.string_view()),
        "bytes": pa.array([b"v", b"w"], pa.binary_view()),
        "items": pa.array([[{"sku": "s", "n": 1}, {"sku": "t", "n": 2}], [{"sku": "u", "n": 3}]]),
        "tags": pa.array([["m"], ["n", "o"]]),
    }
)
OWNERS = pa.array([0, 0, 1])


@pytest.mark.parametrize(
    ("masking", "owners", "path", "values"),
    [
        ("id", None, "a.b.c.d", ["x", "y"]),
        ("id", None, "a.b", ["wrong", None]),
        ("id", None, "kind", ["p", "q"]),
        ("items[].sku", OWNERS, "id", [1, 1, 2]),
        ("items[].sku", OWNERS, "kind", ["p", "p", "q"]),
        ("items[].sku", OWNERS, "view", ["v", "v", "w"]),
        ("items[].sku", OWNERS, "bytes", [b"v", b"v", b"w"]),
        ("items[].sku", OWNERS, "items[].n", [1, 2, 3]),
    ],
)
def test_another_column_is_aligned_with_what_is_masked(
    masking: str, owners: pa.Array | None, path: str, values: list[Any]
) -> None:
    assert BatchRows(ORDERS, owners, masking).column(path).to_pylist() == values


@pytest.mark.parametrize(
    ("masking", "path", "message"),
    [
        ("id", "gone", "id looks at the column gone, which does not exist"),
        ("id", "a.b.c", "id looks at the column a.b.c, which does not exist"),
        ("id", "tags[]", "id cannot look at tags[], which has several values for each of its own"),
        ("items[].n", "tags[]", "items[].n cannot look at tags[], which has several values for each of its own"),
    ],
)
def test_a_column_that_cannot_be_aligned_is_refused(masking: str, path: str, message: str) -> None:
    owners = OWNERS if "[]" in masking else None
    with pytest.raises(MaskingError) as refusal:
        BatchRows(ORDERS, owners, masking).column(path)
    assert str(refusal.value) == message


def test_a_leaf_is_found_by_its_whole_path_alone() -> None:
    column = pa.array([{"ab": 1, "a": 2}])
    found = find_leaf("s", column, "s.a")
    assert found is not None
    assert found.to_pylist() == [2]
    assert find_leaf("s", column, "s") is None
    assert find_leaf("s", column, "s.abc") is None
