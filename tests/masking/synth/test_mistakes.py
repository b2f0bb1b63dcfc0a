"""Contracts that contradict themselves: every mistake with its line, and nothing is made."""

import re
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import FileError, InvalidInputError, MaskingError
from dataops_infra.masking.synth.making import SynthRequest, synthesise
from dataops_infra.masking.synth.writing import SynthFormat
from tests.support.synthetic_contracts import CONVENTIONS, column, made, primary, write_contract

KEYED = [primary(), column("other", "integer")]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([column("n", "integer", minimum=5, maximum=3)], "n: no value lies between its limits (minimum 5, maximum 3)"),
        ([column("n", "integer", exclusiveMinimum=5, exclusiveMaximum=6)], "no value lies between its limits"),
        ([column("n", "number", minimum=0.1, maximum=0.4, multipleOf=0.5)], "no value lies between its limits"),
        ([column("n", "integer", enum=[1, 30], maximum=10)], "n: 30 in enum is not what its type and limits allow"),
        ([column("n", "integer", enum=[1, "2"])], "n: '2' in enum is not"),
        ([column("n", "number", enum=["x"])], "n: 'x' in enum is not"),
        ([column("b", "boolean", enum=["yes"])], "b: 'yes' in enum is not"),
        ([column("d", "date", enum=["2024-02-30"])], "d: '2024-02-30' in enum is not"),
        ([column("d", "date", enum=["2024-02-20"], exclusiveMinimum="2024-02-20")], "in enum is not"),
        ([column("s", "string", enum=["abc"], maxLength=2)], "s: 'abc' in enum is not"),
        ([column("s", "string", enum=["abc"], pattern="[A-Z]+")], "s: 'abc' in enum is not"),
        ([column("n", "integer", unique=True, minimum=1, maximum=9)], "n: it is unique and has 9 values, and 100 rows"),
        ([column("b", "boolean", unique=True)], "b: it is unique and has 2 values"),
        ([column("s", "string", pattern="a*b*", unique=True)], "s: it is unique, and parts of various lengths"),
        ([column("s", "string", pattern="[A-Z]{5}", maxLength=3)], "its shortest text has 5 characters"),
        ([column("s", "string", pattern="[A-Z]{5}", physicalType="varchar(4)")], "and at most 4 are allowed"),
        ([column("s", "string", pattern="(?=a)b")], "s: no text is made of this pattern"),
        ([column("s", "string", minLength=5, maxLength=3)], "s: at least 5 characters, and at most 3"),
        ([column("d", "date", minimum="2025-01-01", maximum="2024-01-01")], "d: no value lies between its limits"),
        ([column("d", "date", minimum="soon")], "d: minimum 'soon' is no date"),
        ([column("d", "timestamp", maximum="soon")], "d: maximum 'soon' is no timestamp"),
        ([column("v", "vector")], "v: no rows are made of vector"),
        ([column("n", "number", physicalType="decimal(5,2)", maximum=5000)], "need more digits than its type has"),
        ([column("n", "number", physicalType="decimal(60,2)")], "no rows are made of decimal(60,2)"),
        ([column("n", "number", physicalType="decimal(5,1)", multipleOf=0.25)], "has more than 1 decimal places"),
        ([column("n", "integer", format="i8", maximum=500)], "are not all of type int8"),
        ([column("n", "integer", format="u8", minimum=-5)], "are not all of type uint8"),
        ([column("n", "integer", format="i128")], "no rows are made of i128"),
        ([column("n", "integer", multipleOf=0.5)], "whole numbers are no multiples of 0.5"),
        ([column("b", "boolean", synthetic={"weights": {"yes": 1}})], "'yes' has a weight and is no value of it"),
        ([column("b", "boolean", synthetic={"weights": {"true": 0}})], "all weights are 0"),
        ([column("n", "integer", synthetic={"weights": {"1": 1}})], "weights are for values of an enum"),
        ([column("b", "boolean", synthetic={"weight": {"yes": 1}})], "unknown key `weight` (did you mean weights?)"),
        ([column("b", "boolean", synthetic={"distribution": "even"})], "`distribution`"),
        ([column("b", "boolean", synthetic={"nullShare": 1})], "`nullShare`"),
        ([column("b", "boolean", required=True, synthetic={"nullShare": 0.5})], "it is required, and nullShare says"),
        ([column("b", "boolean", synthetic={"distribution": "zipf", "weights": {"true": 1}})], "of their own"),
        ([column("n", "integer", synthetic={"exponent": 2})], "exponent belongs to the distribution zipf"),
        ([column("n", "integer", synthetic={"mean": 2})], "mean and standardDeviation belong to"),
        ([column("n", "number", synthetic={"distribution": "normal"})], "normal needs a mean"),
        ([column("n", "number", synthetic={"distribution": "normal", "mean": 5})], "takes a standardDeviation"),
        (
            [column("n", "number", synthetic={"distribution": "exponential", "mean": 5, "standardDeviation": 1})],
            "takes no standardDeviation",
        ),
        (
            [column("n", "number", synthetic={"distribution": "lognormal", "mean": 0, "standardDeviation": 1})],
            "above 0",
        ),
        ([column("n", "number", minimum=9, synthetic={"distribution": "exponential", "mean": 5})], "above its least"),
        (
            [
                column(
                    "n", "number", maximum=9, synthetic={"distribution": "normal", "mean": 500, "standardDeviation": 1}
                )
            ],
            "hardly anything of its distribution lies between its limits",
        ),
        (
            [column("s", "string", synthetic={"distribution": "normal", "mean": 5, "standardDeviation": 1})],
            "no distribution",
        ),
        (
            [column("b", "boolean", synthetic={"distribution": "normal", "mean": 5, "standardDeviation": 1})],
            "normal is a distribution of numbers",
        ),
        ([column("s", "string", synthetic={"meaning": "emial"})], "'emial' is no meaning (did you mean email?)"),
        ([column("s", "string", maxLength=5, synthetic={"meaning": "email"})], "email has up to 43 characters"),
        ([column("s", "string", maxLength=5, format="uuid")], "uuid has up to 36 characters"),
        ([primary(), column("p", "integer", to="t.id", required=True)], "is required and refers to itself"),
        (
            [primary(), column("p", "integer", to="other.id")],
            "refers to other, a table that no contract given describes",
        ),
        ([*KEYED, column("p", "integer", to="t.other")], "other is no key of t"),
        ([*KEYED, column("p", "integer", to="t.ids")], "t has no column ids (did you mean id?)"),
        ([primary(), column("p", "string", to="t.id")], "t.p is string, and t.id is not"),
        ([column("s", "object")], "s: an object without properties"),
        ([column("s", "array")], "an array needs items"),
        ([column("s", "array", items=column("x", "integer"), minItems=5, maxItems=2)], "minItems below maxItems"),
        (
            [column("s", "array", items=column("x", "integer", minimum=3, maximum=1))],
            "no value lies between its limits",
        ),
        ([column("o", "object", properties=[column("x", "vector")])], "o.x: no rows are made of vector"),
        ([], "table t has no columns"),
    ],
)
def test_contradiction_is_told_with_its_line(tmp_path: Path, columns: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(FileError) as caught:
        made(tmp_path, {"t": columns})
    assert said in str(caught.value)
    assert re.search(r"shop\.yaml:\d+: ", str(caught.value))
    assert not (tmp_path / "made").exists()


def test_all_mistakes_of_all_contracts_come_at_once(tmp_path: Path) -> None:
    one = write_contract(tmp_path, {"a": [column("n", "integer", minimum=5, maximum=3), column("m", "vector")]}, "one")
    two = write_contract(tmp_path, {"b": [column("d", "date", minimum="soon")]}, "two")
    with pytest.raises(FileError) as caught:
        synthesise(SynthRequest([one, two], CONVENTIONS, tmp_path / "made", 10))
    text = str(caught.value)
    lines = one.read_text().splitlines()
    line = next(number for number, each in enumerate(lines, 1) if "logicalTypeOptions" in each)
    assert f"one.yaml:{line}: a.n: no value lies" in text
    assert "a.m: no rows are made of vector" in text
    assert "two.yaml:" in text
    assert "b.d: minimum 'soon' is no date" in text


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            {
                "a": [primary(), column("b", "integer", required=True, to="b.id")],
                "b": [primary(), column("a", "integer", required=True, to="a.id")],
            },
            "a(b) is required and refers to b, which leads back to a",
        ),
        (
            {"a": [primary()], "b": [primary(to="a.id")]},
            "b.id: it is unique, and 100 rows would refer to 10 of a",
        ),
        (
            {"a": [primary()], "b": [primary("a", to="a.id"), primary("n", minimum=1, maximum=3)]},
            "b(a, n) has 30 different keys, and 100 rows are asked for",
        ),
        (
            {"a": [primary("x"), primary("y")], "b": [primary("x"), primary("n"), column("y", "integer")]},
            "stands in its primary key with a part only",
        ),
    ],
)
def test_keys_that_cannot_be_kept_are_told(tmp_path: Path, tables: dict[str, Any], said: str) -> None:
    path = write_contract(tmp_path, tables)
    if "part only" in said:
        text = path.read_text() + "  relationships:\n  - from: [b.x, b.y]\n    to: [a.x, a.y]\n"
        path.write_text(text)
    with pytest.raises(FileError) as caught:
        synthesise(SynthRequest([path], CONVENTIONS, tmp_path / "made", 100, rows_of={"a": 10}))
    assert said in str(caught.value)


def test_type_of_a_key_is_wide_enough(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="n: it is unique and has 127 values, and 200 rows are asked for"):
        made(tmp_path, {"t": [column("n", "integer", unique=True, format="i8")]}, rows=200)


def test_table_is_described_once(tmp_path: Path) -> None:
    one, two = (write_contract(tmp_path, {"a": [primary()]}, name) for name in ("one", "two"))
    with pytest.raises(FileError, match=r"two\.yaml:\d+: table a is described twice"):
        synthesise(SynthRequest([one, two], CONVENTIONS, tmp_path / "made", 10))


def test_column_stands_in_one_foreign_key(tmp_path: Path) -> None:
    both = column("p", "integer") | {"relationships": [{"to": "a.id"}, {"to": "b.id"}]}
    with pytest.raises(FileError, match="p stands in two foreign keys"):
        made(tmp_path, {"a": [primary()], "b": [primary()], "c": [both]})


def test_key_that_leads_back_to_itself_is_told(tmp_path: Path) -> None:
    unique = {"unique": True}
    tables = {
        "a": [column("x", "integer", to="b.y", **unique)],
        "b": [column("y", "integer", to="a.x", **unique)],
    }
    with pytest.raises(FileError, match="refers to itself by way of other keys"):
        made(tmp_path, tables)


def test_nested_columns_are_no_csv(tmp_path: Path) -> None:
    tables = {"t": [column("tags", "array", items=column("tag", "string"))]}
    with pytest.raises(
        FileError, match=r"t\.tags is nested, which CSV cannot hold \(choose --format parquet or jsonl\)"
    ):
        made(tmp_path, tables, form=SynthFormat.csv)


def test_table_that_is_no_file_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"table 'a/b' cannot be the name of a file"):
        made(tmp_path, {"a/b": [primary()]})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rows": 0}, "--rows: expected a whole number from 1"),
        ({"rows_of": {"t": 0}}, "--rows: expected a whole number from 1"),
        ({"rows_of": {"tt": 5}}, "did you mean t?"),
        ({"seed": -1}, "--seed: expected a whole number from 0"),
    ],
)
def test_numbers_are_checked(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(said)):
        made(tmp_path, {"t": [primary()]}, **options)


def test_target_is_never_taken_from_somebody(tmp_path: Path) -> None:
    tables = {"t": [primary()]}
    (tmp_path / "made").mkdir()
    with pytest.raises(MaskingError, match="exists; choose another"):
        made(tmp_path, tables)
    with pytest.raises(MaskingError, match="holds no rows that an earlier run made"):
        made(tmp_path, tables, is_overwritten=True)
    (tmp_path / "made").rmdir()
    (tmp_path / "made").symlink_to(tmp_path / "there")
    with pytest.raises(MaskingError, match="is a link"):
        made(tmp_path, tables)
    path = write_contract(tmp_path, tables)
    with pytest.raises(MaskingError, match="does not exist; make it first"):
        synthesise(SynthRequest([path], CONVENTIONS, tmp_path / "no" / "made", 10))


def test_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dataops_infra.masking.synth.making.write_table", full)
    with pytest.raises(MaskingError, match=r"cannot be written \(No space left on device\)"):
        made(tmp_path, {"t": [primary()]})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.yaml"]


def test_files_that_are_no_contracts_are_told_first(tmp_path: Path) -> None:
    right = write_contract(tmp_path, {"a": [column("n", "integer", minimum=5, maximum=3)]}, "right")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("kind: DataContract\n")
    with pytest.raises(FileError, match=r"wrong\.yaml"):
        synthesise(SynthRequest([right, wrong], CONVENTIONS, tmp_path / "made", 10))


def test_other_custom_properties_are_not_looked_at(tmp_path: Path) -> None:
    properties = [{"property": "steward", "value": 5}, {"property": "synthetic", "value": "x", "vendor": "acme"}]
    made(tmp_path, {"a": [column("n", "integer") | {"customProperties": properties}]}, 10)
    assert (tmp_path / "made" / "a.parquet").exists()
