"""CSV and JSON Lines: read as what they say, written as they were read."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats import csv as csv_format
from dataops_infra.masking.formats import jsonl
from dataops_infra.masking.sources import open_source
from tests.support.masked_runs import rows_of


def written_again(path: Path, tmp_path: Path) -> bytes:
    """What the format's own writer makes of the rows of ``path``."""
    target = tmp_path / f"again-{path.name}"
    source = open_source(path)
    file = next(iter(source.tables.values())).files[0]
    writer = file.data.writer(target)
    for batch in file.data.encoded_batches():
        writer.write(batch)
    writer.close()
    content = target.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n001,x\n",
        "a,b\n1,\n,2\n",
        'a,b\n"",x\n',
        'a,b\n"two\nlines","a ""quote"""\n',
        "a;b;c\n1;2,5;3\n",
        "a|b\n1|2\n",
        "a,b\r\n1,2\r\n",
        "a\n1\n\n2\n",
        'a\n""\n\n',
        "a,b\n",
        '"a,1",b\n1,2\n',
        "é,名前\nü,山田\n",
        "a,b\n1e5,+4930\n",
        "sep=;\r\na,b;c\r\n1,5;2\r\n",
        "SEP=|\na|b;c;d\n1|2\n",
        "sep=,\na\n1\n\n2\n",
    ],
    ids=lambda content: repr(content)[:30],
)
def test_csv_is_written_as_it_was_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode())
    assert written_again(path, tmp_path) == content.encode()


def test_tsv_and_compressed_csv_keep_their_form(tmp_path: Path) -> None:
    tsv, compressed = tmp_path / "t.tsv", tmp_path / "u.csv.gz"
    tsv.write_bytes(b"a,b\tc\n1\t2\n")
    compressed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert open_source(tsv).tables["t"].schema.names == ["a,b", "c"]
    assert written_again(tsv, tmp_path) == b"a,b\tc\n1\t2\n"
    assert written_again(compressed, tmp_path) == b"a,b\n1,2\n"


def test_csv_tells_null_from_empty_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n,""\n')
    assert rows_of(open_source(tmp_path / "t.csv").tables["t"]).to_pylist() == [{"a": None, "b": ""}]


def test_csv_reads_some_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n1,2,3\n")
    batches = list(open_source(tmp_path / "t.csv").tables["t"].batches(["c", "a"]))
    assert [batch.to_pydict() for batch in batches] == [{"c": ["3"], "a": ["1"]}]


def test_csv_row_larger_than_a_block_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_format, "_FIRST_BLOCK", 64)
    rows = [f"{n},{'x' * (300 if n == 40 else 3)}" for n in range(60)]
    (tmp_path / "t.csv").write_text("a,b\n" + "\n".join(rows) + "\n")
    found = rows_of(open_source(tmp_path / "t.csv").tables["t"])
    assert found.column("a").to_pylist() == [str(n) for n in range(60)]
    assert found.column("b")[40].as_py() == "x" * 300


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n\xff\xfe,x\n", r"t\.csv, row 2: a value is not UTF-8"),
        (b"a,b\nsecret,x,3\n", r"t\.csv, row 1: the header has 2 fields and this row 3"),
        (b"a,b\n" + b"1,2\n" * 1233 + b"secret\n", r"t\.csv, row 1,234: the header has 2 fields and this row 1"),
        (b"", "no header"),
        (b"\n1,2\n", "no header"),
        (b"a,a\n1,2\n", "several columns called a"),
        (b"a,a,,\n1,2,,\n", "several columns called a; rename"),
        (b"a,,\n1,,\n", "several columns without a name; rename"),
        (b"\xff,b\n1,2\n", r"t\.csv: its header is not UTF-8 text; save the file as UTF-8"),
        ("a\tsecret\n1\t2\n".encode("utf-16"), r"t\.csv: its header is not UTF-8 text; save the file as UTF-8"),
    ],
    ids=[
        "utf-8",
        "fields",
        "late",
        "empty",
        "blank-header",
        "repeated",
        "repeated-beside",
        "unnamed",
        "header-bytes",
        "unicode-text-of-excel",
    ],
)
def test_wrong_csv_is_one_sentence_without_values(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(MaskingError, match=expected) as error:
        rows_of(open_source(path).tables["t"])
    assert "t.csv" in str(error.value)
    assert "secret" not in str(error.value)


def test_truncated_gzip_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7919) for n in range(9999)))[:-200])
    with pytest.raises(MaskingError, match="damaged or cut off"):
        rows_of(open_source(path).tables["t"])


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["1", "-9223372036854775808"], pa.int64()),
        (["9223372036854775808"], pa.decimal128(19, 0)),
        (["1.5", "2", "1e300"], pa.float64()),
        (["0.1234567890123456789"], pa.decimal128(20, 19)),
        (["9007199254740993", "0.5"], pa.decimal128(17, 1)),
        (["true", "null"], pa.bool_()),
        (["null"], pa.string()),
        (['"2026-01-01 00:00:00"'], pa.string()),
        (["[1, null]", "[]"], pa.list_(pa.int64())),
        (['{"b": 1}', '{"c": "x"}', "null"], pa.struct([("b", pa.int64()), ("c", pa.string())])),
    ],
    ids=str,
)
def test_json_lines_have_the_type_that_takes_all_values(tmp_path: Path, lines: list[str], kind: pa.DataType) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"a": {value}}}\n' for value in lines))
    table = open_source(path).tables["t"]
    assert table.schema == pa.schema([("a", kind)])
    assert table.rows == rows_of(table).num_rows == len(lines)


def test_json_lines_keep_numbers_exactly(tmp_path: Path) -> None:
    path = tmp_path / "t.ndjson"
    path.write_bytes(
        b'{"big":123456789012345678901,"fine":0.1234567890123456789,"s":"\\u0000","l":[{"x":1}],"b":true}\n'
    )
    expected = {"big": Decimal("123456789012345678901"), "fine": Decimal("0.1234567890123456789")}
    row = rows_of(open_source(path).tables["t"]).to_pylist()[0]
    assert row == expected | {"s": "\x00", "l": [{"x": 1}], "b": True}
    assert written_again(path, tmp_path) == path.read_bytes()


def test_json_lines_of_a_table_share_one_schema(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"a": 1}\n')
    (folder / "b.jsonl").write_text('{"a": 2.5, "b": "x"}\n\n')
    table = open_source(tmp_path).tables["t"]
    assert rows_of(table).to_pylist() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}]


@pytest.mark.parametrize("source", ['{"n": 1}', '{"n": 12345678901234567890.5}', '{"n": [1.5]}', '{"n": {"d": 1.5}}'])
@pytest.mark.parametrize(
    "changed", ['{"n": "secret"}', '{"n": {"d": "secret"}}', '{"n": [{"secret": 1}]}', '{"n": true}']
)
@pytest.mark.parametrize("beside", ["", ', "exact": 12345678901234567890.5'])
def test_copy_of_json_lines_with_other_types_is_not_called_damaged(
    tmp_path: Path, source: str, changed: str, beside: str
) -> None:
    (tmp_path / "a.jsonl").write_text(f"{source[:-1]}{beside}}}\n")
    (tmp_path / "b.jsonl").write_text(f"{changed[:-1]}{beside}}}\n")
    like = open_source(tmp_path / "a.jsonl")
    with pytest.raises(MaskingError, match=r"b\.jsonl holds keys or types of values that its table does not") as error:
        rows_of(open_source(tmp_path / "b.jsonl", like=like).tables["a"])
    assert "secret" not in str(error.value)


def test_copy_of_json_lines_with_another_key_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"n": 1, "secret": null}\n')
    like = open_source(tmp_path / "a.jsonl")
    with pytest.raises(MaskingError, match=r"b\.jsonl holds keys or types of values that its table does not"):
        rows_of(open_source(tmp_path / "b.jsonl", like=like).tables["a"])


def test_copy_of_json_lines_is_read_with_the_types_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": "x", "b": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"a": null, "b": 1}\n')
    like = open_source(tmp_path / "a.jsonl")
    copy = open_source(tmp_path / "b.jsonl", like=like)
    assert copy.tables["a"].schema == like.tables["a"].schema


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}\n{"a": "secret"}\n', "a holds texts and numbers"),
        (b'{"a": {"b": [1]}}\n{"a": {"b": [true]}}\n', r"a\.b\[\] holds true or false and numbers"),
        (b'{"a": 1}\n[1]\n', "t.jsonl:2 is not an object"),
        (b'{"a": 1}\n{"a": secret}\n', "t.jsonl:2 is not JSON"),
        (b'{"a": 1, "a": 2}\n', "t.jsonl:1: a key stands twice"),
        (b'{"a": NaN}\n', "t.jsonl:1 is not JSON"),
        (b'{"a": "\xff"}\n', "t.jsonl:1: byte 8 is not UTF-8"),
        (b"[" * 100_000, "t.jsonl:1 is nested too deeply|t.jsonl:1 is not JSON"),
        (b'{"a": ' + b"1" * 80 + b"}", "numbers of more than 76 digits"),
        (b"", "no columns"),
    ],
    ids=["mixed", "mixed-nested", "list", "syntax", "repeated", "nan", "utf-8", "deep", "digits", "empty"],
)
def test_wrong_json_lines_are_one_sentence_without_values(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    with pytest.raises(MaskingError, match=expected) as error:
        open_source(path)
    assert "secret" not in str(error.value)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON_VALUES)
def test_any_json_object_is_typed_or_refused_with_a_sentence(tmp_path: Path, value: Any) -> None:
    import json

    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"a": value}) + "\n", encoding="utf-8", errors="surrogatepass")
    try:
        seen = jsonl.look_through(path)
        schema = jsonl.unified_schema("t", {path: seen})
    except MaskingError:
        return
    assert schema.names == ["a"]


def test_a_delimiter_stated_behind_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfsep=;\na;b,c,d\n1;2\n")
    (table,) = open_source(path).tables.values()
    assert rows_of(table).to_pylist() == [{"a": "1", "b,c,d": "2"}]


def test_rows_are_counted_behind_a_stated_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sep=;\na;b\n1;2\n3\n")
    with pytest.raises(MaskingError, match=r"t\.csv, row 2: the header has 2 fields and this row 1;"):
        rows_of(open_source(path).tables["t"])


@pytest.mark.parametrize("statement", ["sep=;", "sep=;\n", "sep=;\r\n"])
def test_a_stated_delimiter_alone_is_no_header(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(statement)
    with pytest.raises(MaskingError, match="has no header"):
        open_source(path)


@pytest.mark.parametrize("line", [r'{"a": "x \ud83d"}', r'{"\uDE00": 1}', r'{"a": [{"b": "\ude00\ud83d"}]}'])
def test_half_a_character_is_told_as_what_it_is(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f'{{"a": null}}\n{line}\n')
    with pytest.raises(MaskingError, match=r"t\.jsonl:2: a text holds half a character"):
        open_source(path)


def test_whole_characters_in_escapes_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": "\\ud83d\\ude00", "b": "\\\\ud83d", "n": 1.5}\n')
    (table,) = open_source(path).tables.values()
    assert rows_of(table).to_pylist() == [{"a": "\U0001f600", "b": "\\ud83d", "n": 1.5}]


def test_a_header_that_ends_with_the_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b")
    (table,) = open_source(path).tables.values()
    assert (table.schema.names, rows_of(table).num_rows) == (["a", "b"], 0)
    assert written_again(path, tmp_path) == b"a,b\n"


def test_lines_that_a_carriage_return_ends_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\r1,2\r3,4")
    (table,) = open_source(path).tables.values()
    assert rows_of(table).to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}


def test_a_key_without_letters_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"":"x","b":{"":1}}\n')
    assert written_again(path, tmp_path) == path.read_bytes()


@pytest.mark.parametrize(
    "line", ['{"a.b": "x", "a": {"b": 1}}', '{"a": {"b": "x"}, "a.b": "y"}', '{"a[]": "x", "a": ["y"]}']
)
def test_a_path_that_two_columns_have_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(MaskingError, match=r"t\.jsonl has several columns called a(\.b|\[\]); rename them"):
        open_source(path)
