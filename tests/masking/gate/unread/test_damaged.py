"""Bytes of a copy that somebody changed are told or found, whatever they are; no parser of ours falls over them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.gate.unread import unread_values
from dataops_infra.masking.sources import open_source

TABLE = pa.table(
    {
        "text": ["x", "y", None] * 20,
        "number": [1, 2, 3] * 20,
        "decimal": pa.array([1, 2, 3] * 20).cast(pa.decimal128(22, 2)),
        "list": [[1], [2, 3], None] * 20,
    }
)


def written(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.suffix == ".parquet":
        pq.write_table(TABLE, path, write_page_index=True)
    else:
        opened = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
        with opened(str(path), TABLE.schema) as writer:
            writer.write_table(TABLE)
    return path.read_bytes()


def outcome(path: Path) -> str:
    try:
        checks = list(unread_values(open_source(path).tables["t"], TABLE.schema))
    except MaskingError as error:
        return "told of the file" if path.name in str(error) else f"told of no file: {error}"
    return "judged" if {check.name for check in checks} == {"unread-values"} else f"judged otherwise: {checks}"


def test_names_of_items_are_read_like_those_of_columns(tmp_path: Path) -> None:
    data = written(tmp_path, "t.arrow").replace(b"item", b"\x98tem")
    (tmp_path / "t.arrow").write_bytes(data)
    assert outcome(tmp_path / "t.arrow") == "told of the file"


@pytest.mark.parametrize(
    ("name", "share", "byte", "expected"),
    [("t.arrows", 0.21336070728101889, 128, "told of the file"), ("t.parquet", 0.091796875, 1, "judged")],
)
def test_negative_sizes_are_mistakes_of_the_file(
    tmp_path: Path, name: str, share: float, byte: int, expected: str
) -> None:
    """Found by the test below."""
    data = bytearray(written(tmp_path, name))
    data[4 + int(share * (len(data) - 4))] = byte
    (tmp_path / name).write_bytes(data)
    assert outcome(tmp_path / name) == expected


changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.arrows"])
@given(at_end=st.booleans(), changed=changes)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes_are_told_or_found(
    tmp_path: Path, name: str, at_end: bool, changed: list[tuple[float, int]]
) -> None:
    data = bytearray(written(tmp_path, name))
    first = max(len(data) - 700, 4) if at_end else 4
    for share, byte in changed:
        data[first + int(share * (len(data) - first))] = byte
    (tmp_path / name).write_bytes(data)
    assert outcome(tmp_path / name) in ("told of the file", "judged")
