"""What stands in no row of a source stands nowhere in a copy: the written bytes are searched for it."""

import datetime as dt
import json
import uuid
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.own_values import own_dictionaries, own_values, used_entries
from dataops_infra.masking.sources import open_source
from tests.support.masked_runs import mask, rows_of

ROWS = 60
HIDDEN = 0x5EC2E7A11CE0
"""A number that is found in bytes."""
ODD = np.arange(ROWS) % 2 == 1


def bitmap(valid: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def texts_under_nulls(kind: pa.DataType) -> pa.Array:
    """Each second row is null, over a text."""
    ends = np.cumsum([0, *([2, 14] * (ROWS // 2))]).astype(np.int32)
    data = pa.py_buffer(b"okSECRETunderit!" * (ROWS // 2))
    return pa.Array.from_buffers(kind, ROWS, [bitmap(~ODD), pa.py_buffer(ends), data])


def numbers_under_nulls(kind: pa.DataType) -> pa.Array:
    values = np.where(ODD, HIDDEN, 7)
    return pa.Array.from_buffers(kind, ROWS, [bitmap(~ODD), pa.py_buffer(values)])


def hiding_columns() -> dict[str, pa.Array]:
    """Columns that carry what stands in none of their rows."""
    entries = pa.array(["gold", "SECRET-unused", "silver"])
    coded = pa.DictionaryArray.from_arrays(pa.array([n % 2 * 2 for n in range(ROWS)], pa.int8()), entries)
    hidden_index = pa.Array.from_buffers(pa.int8(), ROWS, [bitmap(~ODD), coded.indices.buffers()[1]])
    views = pa.array([f"SECRETviewed{n}" * 2 for n in range(ROWS)] + ["a gold status"] * ROWS, pa.string_view())
    starts = np.minimum(np.arange(ROWS + 1), 1).astype(np.int32) + 1
    items = pa.array(["SECRET-first", "one", "SECRET-last"])
    levels = pa.array(["SECRETlevel" if odd else "a" for odd in ODD])
    return {
        "coded": coded,
        "coded_null": pa.DictionaryArray.from_arrays(hidden_index, entries),
        "status": texts_under_nulls(pa.string()),
        "raw": texts_under_nulls(pa.binary()),
        "count": numbers_under_nulls(pa.int64()),
        "at": numbers_under_nulls(pa.timestamp("us")),
        "level": pa.StructArray.from_arrays([levels, coded], ["inside", "coded"], mask=pa.array(ODD)),
        "view": views.slice(ROWS),
        "view_null": pc.if_else(pa.array(ODD), None, views.slice(0, ROWS).cast(pa.string())).cast(pa.string_view()),
        "tail": pa.array(["short"] * ROWS + ["SECRET behind"]).slice(0, ROWS),
        "head": pa.array(["SECRET before"] + ["short"] * ROWS).slice(1),
        "list": pa.ListArray.from_arrays(pa.array(starts), items),
        "map": pa.MapArray.from_arrays(pa.array(starts), items, items),
    }


KEPT = ("coded", "coded_null", "status", "raw", "count", "at", "level.inside", "level.coded")
KEEP = dict.fromkeys((*KEPT, "view", "tail", "head", "list[]", "map[].key", "map[].value"), "keep")


def written(folder: Path, name: str, table: pa.Table) -> Path:
    source = folder / "source" / name
    source.parent.mkdir()
    if name.endswith(".parquet"):
        pq.write_table(table, source)
    else:
        opened = pa.ipc.new_stream if name.endswith(".arrows") else pa.ipc.new_file
        with opened(source, table.schema) as writer:
            writer.write_table(table)
    assert b"SECRET" in source.read_bytes()
    return source


def assert_told(data: bytes, rows: str = "") -> None:
    assert b"SECRET" not in data, rows
    assert HIDDEN.to_bytes(8, "little") not in data, rows


@pytest.mark.parametrize("name", ["t.arrow", "t.arrows", "t.parquet"])
def test_kept_columns_tell_nothing_but_their_rows(tmp_path: Path, name: str) -> None:
    columns = hiding_columns()
    del columns["view_null"]  # holds SECRET in its rows: the masked columns' test
    if name.endswith(".parquet"):
        del columns["level"]
    source = written(tmp_path, name, pa.table(columns))
    operators = {leaf: how for leaf, how in KEEP.items() if leaf.partition(".")[0].partition("[")[0] in columns}
    result = mask(tmp_path, source, operators)
    assert result.gate is not None
    assert result.gate.verdict.value == "pass"
    copy = tmp_path / f"masked{source.suffix}"
    assert_told(copy.read_bytes())
    before, after = (rows_of(open_source(path).tables["t" if path == source else "masked"]) for path in (source, copy))
    assert after.to_pylist() == before.to_pylist()
    assert after.schema == before.schema


@pytest.mark.parametrize("name", ["t.arrow", "t.parquet"])
def test_masked_columns_tell_nothing_of_their_originals(tmp_path: Path, name: str) -> None:
    columns = {key: hiding_columns()[key] for key in ("coded", "coded_null", "status", "view", "view_null")}
    source = written(tmp_path, name, pa.table(columns))
    mask(tmp_path, source)
    assert_told((tmp_path / f"masked{source.suffix}").read_bytes())


@pytest.mark.parametrize("leaf", list(hiding_columns()))
def test_each_layout_is_rebuilt(leaf: str) -> None:
    column = hiding_columns()[leaf]
    for start, rows in ((0, ROWS), (3, 20), (ROWS, 0)):
        own = own_values(leaf, column.slice(start, rows))
        own.validate(full=True)
        assert own.to_pylist() == column.slice(start, rows).to_pylist()
        assert own.type == column.type
        held = b"".join(bytes(buffer) for buffer in buffers_of(own))
        if leaf != "view_null":
            assert_told(held, f"{leaf}, {rows} rows from {start}")


def buffers_of(values: pa.Array) -> list[pa.Buffer]:
    found = [buffer for buffer in values.buffers() if buffer is not None]
    return found + (buffers_of(values.dictionary) if pa.types.is_dictionary(values.type) else [])


def test_values_without_nulls_are_not_copied() -> None:
    for values in (pa.array(range(9)), pa.array(["a", "b"]), pa.array([b"12", b"34"], pa.binary(2))):
        assert own_values("a", values).buffers()[-1].address == values.buffers()[-1].address


MIXED = st.one_of(
    st.lists(st.none() | st.text(max_size=20)).map(lambda found: pa.array(found, pa.string())),
    st.lists(st.none() | st.text(max_size=20)).map(lambda found: pa.array(found, pa.large_string())),
    st.lists(st.none() | st.binary(max_size=20)).map(lambda found: pa.array(found, pa.binary_view())),
    st.lists(st.none() | st.booleans()).map(lambda found: pa.array(found, pa.bool_())),
    st.lists(st.none() | st.integers(0, 200)).map(lambda found: pa.array(found, pa.uint8())),
    st.lists(st.none() | st.dates()).map(lambda found: pa.array(found, pa.date32())),
    st.lists(st.none() | st.decimals(0, 99, places=2)).map(lambda found: pa.array(found, pa.decimal128(9, 2))),
    st.lists(st.none() | st.binary(min_size=3, max_size=3)).map(lambda found: pa.array(found, pa.binary(3))),
    st.lists(st.none()).map(lambda found: pa.array(found, pa.null())),
    st.lists(st.none() | st.sampled_from("abc")).map(lambda found: pa.array(found, pa.string()).dictionary_encode()),
    st.lists(st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3)).map(
        lambda found: pa.array(found, pa.large_list(pa.string()))
    ),
)


@given(MIXED, st.integers(0, 5), st.integers(0, 30))
def test_values_stay_what_they_are(values: pa.Array, start: int, rows: int) -> None:
    part = values.slice(min(start, len(values)), rows)
    own = own_values("a", part)
    own.validate(full=True)
    assert own.type == part.type
    assert own.to_pylist() == part.to_pylist()
    assert own_dictionaries("a", part).to_pylist() == part.to_pylist()


@pytest.mark.parametrize(
    ("indices", "entries", "ordered", "expected"),
    [
        ([2, 0, 2], ["a", "b", "c"], False, ["c", "a"]),
        ([2, 0, 2], ["a", "b", "c"], True, ["a", "c"]),
        ([0, 1, 2], ["a", "a", None], False, ["a"]),
        ([0, 1, 1], ["a", "b"], False, ["a", "b"]),
        ([None, None], ["a"], False, []),
        ([None, None], [], False, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("numbers", [pa.int8(), pa.uint8()], ids=str)
def test_dictionaries_hold_entries_in_use(
    indices: list[int | None], entries: list[str | None], ordered: bool, expected: list[str], numbers: pa.DataType
) -> None:
    values = pa.DictionaryArray.from_arrays(pa.array(indices, numbers), pa.array(entries, pa.string()), ordered=ordered)
    used = used_entries(values)
    assert used.dictionary.to_pylist() == expected
    assert used.type == values.type
    assert used.to_pylist() == values.to_pylist()


def test_extensions_keep_their_type() -> None:
    values = pa.array([uuid.UUID(int=1).bytes, None], pa.uuid())
    assert own_values("a", values).to_pylist() == [uuid.UUID(int=1), None]
    assert own_values("a", values).type == pa.uuid()


@pytest.mark.parametrize(
    "values",
    [
        pa.RunEndEncodedArray.from_arrays(pa.array([2, 4]), pa.array(["SECRET", "x"])).slice(2),
        pa.array([["SECRET"], ["x"], None], pa.list_view(pa.string())).slice(1),
        pa.array([["SECRET"], ["x"], None], pa.large_list_view(pa.string())).slice(1),
        pa.nulls(2, pa.sparse_union([pa.field("a", pa.string())])),
    ],
    ids=["runs", "list views", "large list views", "dropped union"],
)
def test_rare_layouts_hold_their_own_values(values: pa.Array) -> None:
    own = own_values("a", values)
    assert own.to_pylist() == values.to_pylist()
    assert own.type == values.type
    batch = pa.record_batch([own], ["a"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    assert b"SECRET" not in bytes(sink.getvalue())


def test_layout_that_cannot_be_rebuilt_is_refused() -> None:
    values = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array(["SECRET", "x"]), pa.array([1, 2])])
    with pytest.raises(MaskingError, match=r"^tier is of type sparse_union<.*; store it as a plain type$") as error:
        own_values("tier", values)
    assert "SECRET" not in str(error.value)


def test_what_pandas_needs_is_kept_and_nothing_else(tmp_path: Path) -> None:
    column = {"name": "when", "field_name": "when", "pandas_type": "datetimetz", "numpy_type": "datetime64[us]"}
    pandas = {
        "index_columns": [{"kind": "range", "name": "SECRET", "start": 0, "stop": 2, "step": 1}],
        "column_indexes": [{"name": "SECRET", "field_name": None, "pandas_type": "unicode", "numpy_type": "object"}],
        "columns": [column | {"metadata": {"timezone": "Europe/Berlin", "example": "SECRET"}}],
        "creator": {"library": "SECRET", "version": "1"},
        "pandas_version": "2.2.3",
    }
    when = pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)] * 2, pa.timestamp("us", "Europe/Berlin"))
    table = pa.table({"when": when}).replace_schema_metadata({"pandas": json.dumps(pandas)})
    source = written(tmp_path, "t.parquet", table)
    mask(tmp_path, source)
    copy = tmp_path / "masked.parquet"
    assert_told(copy.read_bytes())
    assert json.loads(pq.read_schema(copy).metadata[b"pandas"]) == {
        "index_columns": [{"kind": "range", "name": None, "start": 0, "stop": 2, "step": 1}],
        "column_indexes": [
            {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
        ],
        "columns": [column | {"metadata": {"timezone": "Europe/Berlin"}}],
        "pandas_version": "2.2.3",
    }


@pytest.mark.parametrize(
    "pandas",
    [
        {"index_columns": ["SECRET"], "columns": []},
        {"index_columns": [], "columns": [{"pandas_type": "SECRET: @", "numpy_type": "object"}]},
        {"columns": []},
        ["SECRET"],
    ],
    ids=str,
)
def test_what_pandas_never_writes_is_left_out(tmp_path: Path, pandas: object) -> None:
    table = pa.table({"a": [Decimal("1.5")], "b": ["SECRET"]}).replace_schema_metadata({"pandas": json.dumps(pandas)})
    mask(tmp_path, written(tmp_path, "t.parquet", table))
    assert not pq.read_schema(tmp_path / "masked.parquet").metadata
