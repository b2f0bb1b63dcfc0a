"""The operator: a fixed rule, or what was learned; what it takes and refuses."""

import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.anonymity.rules import Generalise
from dataops_infra.masking.binding import bind, check_plan
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.operators import OPERATORS, generalise
from dataops_infra.masking.operators.base import Outcome, Setting
from dataops_infra.masking.plan import Plan
from tests.masking.anonymity.tables import TABLE, learned, plan_for

KEY = MasterKey(bytes(32))
DAY = datetime.date


def masked(plan: Plan, table: pa.Table, about: Learned) -> pa.Table:
    maskers = bind(plan, {TABLE: table.schema}, KEY, about)
    return pa.Table.from_batches([mask_batch(batch, maskers[TABLE]) for batch in table.to_batches(max_chunksize=3)])


def test_record_says_what_it_does() -> None:
    assert OPERATORS["generalise"] is generalise.SPEC
    assert (generalise.SPEC.outcome, generalise.SPEC.keyed, generalise.SPEC.per_value) == (
        Outcome.COARSENED,
        False,
        False,
    )
    assert not generalise.SPEC.injective(Generalise())


def test_fixed_rules_need_nothing_learned() -> None:
    table = pa.table({"age": pa.array([37, None, 99], pa.int8()), "born": [DAY(1987, 5, 12)] * 3})
    plan = plan_for({"age": {"to": {"band": 10}, "top": 90}, "born": {"to": "decade"}}, [])
    assert masked(plan, table, Learned()).to_pydict() == {"age": [30, None, 90], "born": [DAY(1980, 1, 1)] * 3}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_learned_columns_keep_type_and_rows(kind: pa.DataType) -> None:
    table = pa.table(
        {
            "zip": pa.array(["10115", "10117", "90210", "90211", None, None], kind),
            "age": pa.array([1, 2, 30, 31, 50, 50], pa.int16()),
            "other": range(6),
        }
    )
    plan = plan_for({"zip": {}, "age": {}, "other": "keep"}, ["zip", "age"], k=2)
    copy = masked(plan, table, Learned(recodings={TABLE: learned(plan, table)}))
    assert copy.schema == table.schema
    assert copy.to_pydict() == {
        "zip": ["1011*", "1011*", "9021*", "9021*", None, None],
        "age": [2, 2, 30, 30, 50, 50],
        "other": list(range(6)),
    }


def test_fixed_columns_lose_what_the_recoding_takes_away() -> None:
    table = pa.table({"born": [DAY(1980, 1, 5), DAY(1980, 7, 6), DAY(1991, 2, 3), DAY(1995, 1, 1)]})
    plan = plan_for({"born": {"to": "year"}}, ["born"], k=2, maximum_suppression=0.5)
    copy = masked(plan, table, Learned(recodings={TABLE: learned(plan, table)}))
    assert copy["born"].to_pylist() == [DAY(1980, 1, 1), DAY(1980, 1, 1), None, None]


def test_items_of_lists_go_by_fixed_rules() -> None:
    table = pa.table({"visits": [[DAY(1980, 1, 5)], None, []]})
    copy = masked(plan_for({"visits[]": {"to": "year"}}, []), table, Learned())
    assert copy["visits"].to_pylist() == [[DAY(1980, 1, 1)], None, []]


def test_what_has_no_rule_must_have_been_learned() -> None:
    setting = Setting(TABLE, "q", pa.int64(), KEY.domain("q"), Generalise())
    with pytest.raises(
        MaskingError, match=r"^people\.q: generalise has no rule and nothing was learned: list the column"
    ):
        generalise.SPEC.build(setting)


@pytest.mark.parametrize("kind", [pa.bool_(), pa.binary(), pa.time32("s"), pa.decimal256(40, 2), pa.duration("s")])
def test_other_types_are_refused_with_the_plan(kind: pa.DataType) -> None:
    with pytest.raises(
        PlanError, match=r"people\.q: generalise takes integers, floats, decimals up to 38 digits, dates"
    ):
        check_plan(plan_for({"q": {"to": "year"}}, []), {TABLE: pa.schema([("q", kind)])}, Path("plan.yaml"))


def test_mistakes_of_options_are_told_with_the_plan() -> None:
    plan = plan_for({"q": {"to": {"band": 0}}, "r": {"to": "week"}, "s": {"top": 1, "bottom": 2}}, [])
    with pytest.raises(PlanError) as caught:
        check_plan(
            plan, {TABLE: pa.schema([("q", pa.int64()), ("r", pa.date32()), ("s", pa.int8())])}, Path("plan.yaml")
        )
    assert [
        part
        for part in ("people.q: options", "people.r: options", "people.s: options")
        if part not in str(caught.value)
    ] == []
