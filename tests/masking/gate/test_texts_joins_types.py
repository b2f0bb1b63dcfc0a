"""Names in texts, lists of texts, odd types, approvals, and joins that cannot be compared."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dataops_infra.masking.anonymity.approval import Approval, dataset_hash
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.values import hashes, plain, same, texts
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import judge_tables, keep, leaks, named, write

TEXT = {"operator": "text"}
POOLS = {
    "first": {"operator": "pool", "options": {"pool": "first_name"}},
    "last": {"operator": "pool", "options": {"pool": "last_name"}},
}


def judged(
    folder: Path, document: dict[str, Any], before: dict[str, Any], after: dict[str, Any], **options: Any
) -> Any:
    sides = [write(folder / name, side) for name, side in (("s", before), ("t", after))]
    plan = Plan.model_validate({"schema": "dataops.mask-plan/v1", **document})
    source = open_source(sides[0])
    return judge(plan, source, open_source(sides[1], like=source), **options)


@pytest.mark.parametrize("written", ["Anneke Vandersteen", "vandersteen, anneke", "ANNEKE VANDERSTEEN"])
def test_names_of_people_in_other_tables_are_looked_for_in_texts(written: str, tmp_path: Path) -> None:
    document = {"tables": {"people": {"columns": POOLS}, "tickets": {"columns": {"body": TEXT}}}}
    people = pa.table({"first": ["Anneke", "Berend"], "last": ["Vandersteen", "Kuipersma"]})
    masked = pa.table({"first": ["Jo", "Al"], "last": ["Smith", "Jones"]})
    tickets = pa.table({"body": [f"This is {written}.", "nothing"]})
    clean = pa.table({"body": ["This is Jo Smith.", "nothing"]})
    source = {"people": people, "tickets": tickets}
    good = judged(tmp_path / "good", document, source, {"people": masked, "tickets": clean})
    assert leaks(good) == set()
    bad = judged(tmp_path / "bad", document, source, {"people": masked, "tickets": tickets})
    assert leaks(bad) == {("known-names", "body")}
    assert "nneke" not in repr(bad).lower().replace("xnneke", "")


def test_a_name_of_the_data_that_the_row_never_had_is_chance(tmp_path: Path) -> None:
    document = {"tables": {"people": {"columns": POOLS}, "tickets": {"columns": {"body": TEXT}}}}
    people = pa.table({"first": ["Anneke", "Berend"], "last": ["Vandersteen", "Kuipersma"]})
    masked = pa.table({"first": ["Jo", "Al"], "last": ["Smith", "Jones"]})
    before, after = pa.table({"body": ["I am Anneke Vandersteen."]}), pa.table({"body": ["I am Berend Kuipersma."]})
    report = judged(tmp_path, document, {"people": people, "tickets": before}, {"people": masked, "tickets": after})
    assert leaks(report) == set()


def test_texts_in_lists_are_searched_for_their_row_s_values(tmp_path: Path) -> None:
    columns = {"code": {"operator": "token"}, "notes[]": TEXT}
    kind = pa.list_(pa.string())
    before = pa.table({"code": ["KX-77", "LY-88"], "notes": pa.array([["a", "code kx-77 it is"], ["none"]], kind)})
    after = before.set_column(0, "code", [["q1", "q2"]])
    report = judge_tables(tmp_path, columns, before, after)
    (check,) = (check for check in report.failed if check.name == "own-row-survivors")
    assert (check.name, check.column, check.examples) == (
        "own-row-survivors",
        "notes[]",
        ("row 1: xxxx xx-99 xx xx",),
    )


def test_names_are_whole_words_in_texts(tmp_path: Path) -> None:
    columns = {"name": {"operator": "token"}, "note": TEXT}
    before = pa.table({"name": ["Ann", "Ben"], "note": ["Annual report", "Benefit of doubt"]})
    after = before.set_column(0, "name", [["q1", "q2"]])
    assert leaks(judge_tables(tmp_path, columns, before, after)) == set()


def test_a_long_kept_text_is_read_as_well(tmp_path: Path) -> None:
    columns = {"name": {"operator": "token"}, "note": keep()}
    before = pa.table({"name": ["Annabel Lee"] * 3, "note": ["the parcel of Annabel Lee came back"] * 3})
    after = before.set_column(0, "name", [["q1"] * 3])
    assert leaks(judge_tables(tmp_path, columns, before, after)) == {("own-row-survivors", "note")}


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.5, None, 2.5], pa.float16()),
        pa.array([Decimal("1.50"), None, Decimal("2.50")]),
        pa.array([timedelta(1), None, timedelta(2)]),
        pa.array([b"a", None, b"b"]),
        pa.array([b"ab", None, b"cd"], pa.binary(2)),
        pa.array([date(2020, 1, 1), None, date(2021, 1, 1)]),
        pa.array(["a", None, "b"], pa.string_view()),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array([True, None, False]),
    ],
    ids=lambda values: str(values.type),
)
def test_values_of_every_type_are_hashed_and_compared(values: pa.Array) -> None:
    column = plain(values)
    found = hashes(column)
    assert found[0] != found[2]
    assert (hashes(plain(pa.concat_arrays([values, values])))[3:] == found).all()
    assert same(column, column).tolist() == [True, False, True]
    assert same(column, column.take(pa.array([2, 1, 0]))).tolist() == [False, False, False]
    assert texts(column).is_null().to_pylist() == [False, True, False]


def test_equal_texts_have_equal_hashes_whatever_holds_them() -> None:
    kinds = (pa.string(), pa.large_string(), pa.string_view())
    sliced = pa.array(["x", "anna", "bert"]).slice(1)
    found = [hashes(plain(sliced.cast(kind))).tolist() for kind in kinds]
    assert found[0] == found[1] == found[2] == hashes(plain(sliced.dictionary_encode())).tolist()


COLUMNS = {"age": {"operator": "generalise", "options": {"to": {"band": 10}}}, "ill": keep()}
PEOPLE = pa.table({"age": [30, 30, 40, 40], "ill": ["flu", "cold", "flu", "cold"]})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"expires_on": date(2026, 10, 31)}, "it ended on 2026-10-31"),
        ({"dataset_hash": "0" * 64}, "it is for the copy 000000000000…"),
        ({"k": 3}, "k is 2, below 3"),
    ],
)
def test_an_approval_covers_one_copy_until_a_day(changes: dict[str, Any], told: str | None, tmp_path: Path) -> None:
    document = {
        "tables": {"t": {"columns": COLUMNS}},
        "quasi_identifiers": {"t": ["age"]},
        "k": 2,
        "sharing": "external",
    }
    plan = Plan.model_validate({"schema": "dataops.mask-plan/v1", **document})
    target = write(tmp_path / "first", {"t": PEOPLE})
    given = {
        "plan_hash": plan.digest,
        "dataset_hash": dataset_hash(target),
        "k": 2,
        "approver": "A. Berg",
        "granted_on": date(2026, 1, 1),
        "expires_on": date(2026, 12, 31),
        **changes,
    }
    approval = Approval.model_validate(given)
    report = judged(
        tmp_path,
        document,
        {"t": PEOPLE},
        {"t": PEOPLE},
        approval=approval,
        as_of=date(2026, 11, 1),
        needs_approval=True,
    )
    (check,) = named(report, "approval")
    assert (check.observed == "valid") is (told is None)
    assert (told or "") in check.explanation


def test_measures_that_cannot_be_taken_are_refused(tmp_path: Path) -> None:
    report = judge_tables(tmp_path, COLUMNS, PEOPLE, PEOPLE.drop(["age"]), quasi_identifiers={"t": ["age"]}, k=2)
    assert ("k-anonymity", None) in leaks(report)
    assert report.measures == {}


@pytest.mark.parametrize(
    ("columns", "referenced", "refuses"),
    [(["id"], ["id"], False), (["id"], ["id", "no"], True), (["gone"], ["id"], True), (["ids[]"], ["id"], True)],
)
def test_a_join_that_cannot_be_compared_is_refused(
    columns: list[str], referenced: list[str], refuses: bool, tmp_path: Path
) -> None:
    ids = np.arange(10)
    table = pa.table({"id": ids, "no": ids, "ids": pa.array([[1]] * 10, pa.list_(pa.int64()))})
    kept = {"id": keep(), "no": keep(), "ids[]": keep()}
    key = {"table": "t", "columns": columns, "references": "t", "referenced_columns": referenced}
    report = judge_tables(tmp_path, kept, table, table, foreign_keys=[key])
    (check,) = named(report, "joins-kept")
    assert (check.observed == "not compared") is refuses
    assert check.observed in ("not compared", "10 matched, 0 unmatched")


def test_a_join_goes_by_nested_keys_of_several_columns_and_other_types(tmp_path: Path) -> None:
    def side(first: int) -> dict[str, pa.Table]:
        owner = pa.StructArray.from_arrays([pa.array([str(first), str(first + 1), None])], ["id"])
        child = pa.table({"owner": owner, "land": ["NL", "XX", "NL"]})
        return {"child": child, "parent": pa.table({"id": [first, first + 1], "land": ["NL", "FR"]})}

    token = {"operator": "token", "domain": "id"}
    document = {
        "tables": {
            "child": {"columns": {"owner.id": token, "land": keep()}},
            "parent": {"columns": {"id": token, "land": keep()}},
        },
        "foreign_keys": [
            {
                "table": "child",
                "columns": ["owner.id", "land"],
                "references": "parent",
                "referenced_columns": ["id", "land"],
            }
        ],
    }
    report = judged(tmp_path, document, side(10**6), side(10**7))
    (check,) = named(report, "joins-kept")
    assert (check.observed, check.allowed) == ("1 matched, 1 unmatched", "1 matched, 1 unmatched")
    assert leaks(report) == set()
