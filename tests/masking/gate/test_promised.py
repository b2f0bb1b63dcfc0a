"""Bands that were learned: each row shows the one that its own combination lies in."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.gate.model import GateReport
from dataops_infra.masking.operators.presidio import PresidioOptions
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import Shop, judge_tables, mask, named, put, write

LEARNS = {"operator": "generalise"}
COLUMNS: dict[str, Any] = {
    "age": LEARNS,
    "city": LEARNS,
    "year": {"operator": "generalise", "options": {"to": {"band": 10}}},
    "ill": {"operator": "keep", "classification": "safe"},
}
DOCUMENT = {
    "schema": "dataops.mask-plan/v1",
    "tables": {"t": {"columns": COLUMNS}},
    "quasi_identifiers": {"t": ["age", "city", "year"]},
    "k": 4,
}
ROWS = 400


def table() -> pa.Table:
    rng = random.Random(3)
    return pa.table(
        {
            "age": pa.array([rng.randrange(18, 90) for _ in range(ROWS)], pa.int32()),
            "city": pa.array([rng.choice(["Bonn", "Köln", "Ulm", "Hof"]) for _ in range(ROWS)]).dictionary_encode(),
            "year": [rng.choice([1981, 1987, 1993]) for _ in range(ROWS)],
            "ill": [rng.choice(["flu", "cold"]) for _ in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("bands")
    plan, before = Plan.model_validate(DOCUMENT), table()
    source = write(folder / "source", {"t": before})
    target = mask(source, folder / "target", plan)
    return Shop(source, target, {"t": before}, {"t": pq.read_table(target / "t.parquet")}, plan)


def said(report: GateReport) -> list[Any]:
    return [(check.column, check.observed) for check in named(report, "promised-results") if check.observed]


def test_bands_as_learned_pass(good: Shop) -> None:
    assert said(good.judge()) == []


@pytest.mark.parametrize("column", ["age", "city", "year"])
def test_bands_of_other_rows_are_refused(good: Shop, column: str, tmp_path: Path) -> None:
    values = good.after["t"][column].to_pylist()
    other = next(row for row in range(ROWS) if values[row] not in (values[0], None))

    def swapped(_before: pa.Table, after: pa.Table) -> pa.Table:
        changed = after[column].to_pylist()
        changed[0], changed[other] = changed[other], changed[0]
        return put(after, column, changed)

    assert said(good.judge_changed(tmp_path / "copy", "t", swapped)) == [(column, 2)]


@pytest.mark.parametrize("column", ["age", "year"])
def test_originals_left_among_bands_are_refused(good: Shop, column: str, tmp_path: Path) -> None:
    report = good.judge_changed(tmp_path / "copy", "t", lambda before, after: put(after, column, before[column]))
    ((told, count),) = said(report)
    assert told == column
    assert int(count) > ROWS // 2


def test_bands_at_hand_are_not_learned_again(good: Shop) -> None:
    source = open_source(good.source)
    from dataops_infra.masking.anonymity.recoding import learn_recoding

    learned = learn_recoding(good.plan, "t", source.tables["t"])
    assert learned is not None
    assert said(good.judge(recodings={"t": learned})) == []
    assert said(good.judge(recodings={})) == []


def test_without_a_quasi_identifier_nothing_can_be_told(good: Shop, tmp_path: Path) -> None:
    report = good.judge_changed(tmp_path / "copy", "t", lambda _before, after: after.drop_columns(["city"]))
    assert said(report) == []


def test_what_cannot_reach_k_is_left_to_the_check_of_k(tmp_path: Path) -> None:
    before = pa.table({"age": [1, 2, 3]})
    report = judge_tables(tmp_path, {"age": LEARNS}, before, before, quasi_identifiers={"t": ["age"]}, k=5)
    assert [check.name for check in report.failed] == ["k-anonymity"]


def test_combinations_that_came_later_are_left_to_the_check_of_k(good: Shop) -> None:
    from dataops_infra.masking.anonymity.recoding import learn_recoding

    fewer = write(good.source.parent / "fewer", {"t": good.before["t"].slice(0, 40)})
    learned = learn_recoding(good.plan, "t", open_source(fewer).tables["t"])
    assert learned is not None
    assert said(good.judge(recodings={"t": learned})) == []


TEXTS = ["Anna Bergmann", "Zoë", None, "", "李雷 🙂 7", "x"]
PRESIDIO: dict[str, tuple[str, dict[str, Any]]] = {
    "replace": ("replace", {"new_value": "someone"}),
    "redact": ("redact", {}),
    "mask": ("mask", {"chars_to_mask": 4}),
    "mask from the end": ("mask", {"chars_to_mask": 2, "from_end": True, "masking_char": "ø"}),
    "mask all from the end": ("mask", {"chars_to_mask": 99, "from_end": True}),
    "keep": ("keep", {}),
}


@pytest.mark.parametrize(("operator", "params"), PRESIDIO.values(), ids=PRESIDIO)
def test_what_presidio_makes_of_a_text_is_promised(tmp_path: Path, operator: str, params: dict[str, Any]) -> None:
    operators = pytest.importorskip("presidio_anonymizer.operators")
    made = getattr(operators, operator.capitalize())()
    plan = {"c": {"operator": "presidio", "options": {"operator": operator, "params": params}}}
    options = PresidioOptions.model_validate(plan["c"]["options"])
    masked = [None if text is None else made.operate(text, options.parameters()) for text in TEXTS]
    before = pa.table({"c": TEXTS})
    assert said(judge_tables(tmp_path / "good", plan, before, pa.table({"c": masked}))) == []
    other = ["nnaA nnamgreB", *masked[1:]]
    assert said(judge_tables(tmp_path / "bad", plan, before, pa.table({"c": other}))) == [("c", 1)]
