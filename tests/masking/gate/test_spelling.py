"""Replacements are spelled as their operator spells them: what is not may be the original in another spelling."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.judged import Shop, failures, judge_tables, make_shop, mask, named, put, write

CODE = "abcdefghijklmn27"
PHONE = {"operator": "fpe", "options": {"shape": "phone"}}
OPERATORS: dict[str, dict[str, Any]] = {
    "token": {"operator": "token"},
    "short": {"operator": "token", "options": {"length": 10}},
    "email": {"operator": "email"},
    "host": {"operator": "email", "options": {"host": "shop.test"}},
    "fpe": {"operator": "fpe"},
    "fictional": {"operator": "fpe", "options": {"shape": "phone", "mode": "fictional"}},
    "city": {"operator": "pool", "options": {"pool": "city"}},
    "name": {"operator": "pool", "options": {"pool": "full_name"}},
}
CASES = [
    ("token", "anna berg", CODE, True),
    ("token", "anna berg", CODE[:-1], False),
    ("token", "anna berg", CODE[:-1] + "1", False),
    ("token", "anna berg", CODE[:-1] + "A", False),
    ("token", "anna berg", "Anna Berg -2qwqw", False),
    ("token", "anna@real.org", b64encode(b"anna@real.or").decode(), False),
    ("token", "anna berg", CODE[:-2] + "é", False),
    ("short", "anna berg", CODE[:10], True),
    ("short", "anna berg", CODE, False),
    ("email", "anna@real.org", f"{CODE}@example.com", True),
    ("email", "anna@real.org", f"{CODE}@example.con", False),
    ("email", "anna@real.org", f"{CODE[:-1]}_@example.com", False),
    ("email", "anna@real.org", "annareal@example.com", False),
    ("host", "anna@real.org", f"{CODE}@shop.test", True),
    ("host", "anna@real.org", f"{CODE}@example.com", False),
    ("fpe", "4111 1111-1111 1111", "4222 2222-2222 2222", True),
    ("fpe", "4111 1111 1111 1111", "4111-1111-1111-1112", False),
    ("fpe", "4111111111111111", "4111-1111-1111-1111", False),
    ("fpe", "DE12 ab", "XY98 qr", True),
    ("fpe", "DE12 ab", "xy98 qr", False),
    ("fpe", "DE12", "1E12", False),
    ("fpe", "078-05-1120", "0780511209", False),
    ("fpe", "+4915112345678", "015112345678", False),
    ("fpe", "nö", f"~{CODE}", True),
    ("fpe", "nö", f"~{CODE}x", False),
    ("fpe", "n" * 16 + "ö" * 17, f"~{CODE}", True),
    ("fpe", "12345678901234567", f"~{CODE}", True),
    ("fpe", "+৮৮০ ১৮০৭", "+৮৮০ ২৯১৬", True),
    ("fpe", "١٢٣-٤٥٦٧ 𝟏", "٩٨٧-٠١٢٣ 𝟗", True),
    ("fpe", "１２３", "４５６", True),
    ("fpe", "+৮৮০ ১৮০৭", "+৮৮০ 291666666666", False),
    ("fpe", "১২৩", "१२४", False),
    ("fpe", "১২৩", "১২ঀ", False),
    ("fictional", "+44 20 7946 0000", "+1 555 0100", True),
    ("city", "Planted", "Abbottfurt", True),
    ("city", "Planted", "ABBOTTFURT", True),
    ("city", "Planted", "Abbottfurt ", False),
    ("city", "Planted", "detnalP", False),
    ("name", "Anna Berg", "Salman Laaksonen", True),
    ("name", "Anna Berg", "SALMAN LAAKSONEN", True),
    ("name", "Anna Berg", "Somebody Else", False),
    ("name", "Anna Berg", "Salman nenoskaaL", False),
]


@pytest.mark.parametrize(("operator", "before", "after", "is_right"), CASES)
def test_spelling_is_what_the_operator_promises(
    operator: str, before: str, after: str, is_right: bool, tmp_path: Path
) -> None:
    sides = [pa.table({"c": pa.array([value, None, ""])}) for value in (before, after)]
    found = named(judge_tables(tmp_path, {"c": OPERATORS[operator]}, *sides), "promised-spelling")
    assert [(check.column, check.observed, check.allowed) for check in found] == ([] if is_right else [("c", 1, 0)])


def test_a_wrong_spelling_is_told_with_examples_that_tell_nothing(tmp_path: Path) -> None:
    before = pa.table({"c": ["078-05-1120", "078-05-1121", None]})
    after = pa.table({"c": ["0780511209", "123-45-6789", None]})
    (check,) = named(judge_tables(tmp_path, {"c": OPERATORS["fpe"]}, before, after), "promised-spelling")
    assert check.examples == ("9999999999",)
    assert check.explanation == (
        "1 values are not spelled as fpe spells its replacements: the copy was changed after masking, so mask again"
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("column", ["card", "email", "first_name"])
def test_one_row_in_a_thousand_is_seen(good: Shop, column: str, tmp_path: Path) -> None:
    def change(_before: pa.Table, after: pa.Table) -> pa.Table:
        values = after[column].to_pylist()
        values[617] = f"{values[617]} "
        return put(after, column, values)

    assert ("promised-spelling", column) in failures(good.judge_changed(tmp_path / "copy", "customers", change))


ODD = ["+49 (0)151/123-456", "0049 151 12", "a", "ab-12", "ÄÖ 12", "DE89 3704 0044 0532 0130 00", "1234.56", "½", "😀1"]
ODD += ["4111-1111-1111-1111", "078-05-1120", "~" + CODE, "x" * 300, "12 34 56 78 90 12 34 56 78", "A1B2C3", " 0 "]
ODD += ["+৮৮০ ১৮০-৭৩০২১৫৭", "٠٩١٢٣٤٥٦٧٨٩", "४१११ 1111 ١١١١ ११११", "ＡＢ１２３４５６", "𝟏𝟐𝟑𝟒𝟓𝟔𝟕"]


@pytest.mark.parametrize("shape", ["auto", "digits", "card", "phone", "ssn", "iban"])
def test_whatever_fpe_makes_of_odd_values_is_spelled_so(shape: str, tmp_path: Path) -> None:
    from dataops_infra.masking.plan import Plan

    columns = {"c": {"operator": "fpe", "options": {"shape": shape}}, "t": {"operator": "token"}}
    document = {"schema": "dataops.mask-plan/v1", "tables": {"t": {"columns": columns}}}
    before = pa.table({"c": ODD * 3, "t": pa.array(ODD * 3, pa.string_view())})
    target = mask(write(tmp_path / "source", {"t": before}), tmp_path / "target", Plan.model_validate(document))
    after = pa.parquet.read_table(target / "t.parquet")
    assert named(judge_tables(tmp_path / "judged", columns, before, after), "promised-spelling") == []
