"""Generalising reaches k, l and t on every table it takes, tells nothing false, and touches nothing else."""

import datetime
import pickle
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity import mondrian
from dataops_infra.masking.anonymity.axes import ORDINARY, make_axis
from dataops_infra.masking.anonymity.bands import Bands, tell
from dataops_infra.masking.anonymity.keys import CombinationKeys
from dataops_infra.masking.anonymity.measures import measure
from dataops_infra.masking.anonymity.recoding import learn_recoding
from dataops_infra.masking.anonymity.rules import Generalise
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.sources import open_source
from tests.masking.anonymity.tables import TABLE, learned, learned_if_any, plan_for, recoded

UTC = datetime.UTC
INTEGERS = st.one_of(st.integers(0, 40), st.sampled_from([-(2**63), 2**63 - 1]))
FLOATS = st.one_of(st.floats(-5, 5), st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0, 1e308, 5e-324]))
DATES = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
SPAN = datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)  # noqa: DTZ001 - as hypothesis wants it
INSTANTS = st.datetimes(*SPAN, timezones=st.just(UTC))
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int64": (pa.int64(), INTEGERS),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "uint64": (pa.uint64(), st.integers(2**64 - 50, 2**64 - 1)),
    "float": (pa.float64(), FLOATS),
    "float32": (pa.float32(), st.floats(-5, 5, width=32)),
    "decimal": (pa.decimal128(9, 2), st.decimals(-99, 99, places=2)),
    "large decimal": (pa.decimal128(38, 2), st.decimals(-(10**30), 10**30, places=2)),
    "date": (pa.date32(), DATES),
    "date64": (pa.date64(), DATES),
    "instant": (pa.timestamp("us", "America/New_York"), INSTANTS),
    "naive": (
        pa.timestamp("s"),
        st.datetimes(*SPAN).map(lambda value: value.replace(microsecond=0)),
    ),
    "ages": (pa.string(), st.integers(0, 120).map(str)),
    "day texts": (pa.string(), DATES.map(str)),
    "day texts and others": (pa.string(), st.one_of(*[DATES.map(str)] * 20, st.sampled_from(["", "?", "2001-02-30"]))),
    "postcodes": (pa.large_string(), st.integers(0, 99_999).map("{:05}".format)),
    "words": (pa.string_view(), st.text("abé*{},", max_size=3)),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", "c", "d"])),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Up to 60 rows, one to three quasi-identifiers of any kind, a sensitive number or text."""
    rows = draw(st.integers(0, 60))
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))
    columns = {}
    for position, name in enumerate(names):
        kind, values = KINDS[name]
        pool = draw(st.lists(values, min_size=1, max_size=12))
        if draw(st.booleans()):
            pool.append(None)
        columns[f"q{position}"] = pa.array([draw(st.sampled_from(pool)) for _ in range(rows)], kind)
    columns["s"] = pa.array([draw(st.integers(0, 3)) for _ in range(rows)], pa.int64())
    columns["other"] = pa.array(range(rows))
    return pa.table(columns)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables(), st.integers(2, 6), st.sampled_from([None, 2, 3]), st.sampled_from([None, 0.1, 0.5]))
def test_every_group_reaches_k_l_and_t(table: pa.Table, k: int, l: int | None, t: float | None) -> None:  # noqa: E741
    identifiers = [name for name in table.schema.names if name.startswith("q")]
    plan = plan_for(
        dict.fromkeys(identifiers, "generalise"), identifiers, k=k, l=l, t=t, sensitive=["s"], maximum_suppression=1
    )
    distinct = len(set(table["s"].to_pylist()))
    if 0 < table.num_rows < k:
        with pytest.raises(MaskingError, match=rf"people has {table.num_rows} rows, fewer than k = {k}"):
            learned(plan, table)
        return
    if l is not None and table.num_rows and distinct < l:
        with pytest.raises(MaskingError, match=r"cannot be reached whatever is suppressed"):
            learned(plan, table)
        return
    recoding = learned(plan, table)
    copy = recoded(recoding, table)
    found = measure(copy.to_batches(), identifiers, ["s"])
    assert found.shortfalls(k, l, t) == []
    assert copy.schema == table.schema
    assert copy.select(["s", "other"]).equals(table.select(["s", "other"]))
    for name in identifiers:
        before, after = table[name].to_pylist(), copy[name].to_pylist()
        assert all(new is None for old, new in zip(before, after, strict=True) if old is None)


BORN = [datetime.date(1980, 1, 1) + datetime.timedelta(days=97 * n) for n in range(100)]


@pytest.mark.parametrize("others", [[], [None] * 9, ["unknown"] * 9], ids=["dates", "nulls", "others"])
def test_iso_dates_in_texts_are_told_as_dates(others: list[str | None]) -> None:
    plan = plan_for({"q0": "generalise", "q1": "generalise"}, ["q0", "q1"], k=5, maximum_suppression=0.1)
    q1 = pa.array([n % 3 for n in range(len(BORN) + len(others))])
    texts = pa.table({"q0": [*map(str, BORN), *others], "q1": q1})
    told = recoded(learned(plan, texts), texts)["q0"].to_pylist()
    dates = pa.table({"q0": BORN, "q1": q1[: len(BORN)]})
    if others:
        assert [datetime.date.fromisoformat(day) for day in told[:80]]
        assert set(told[100:]) <= {None, "unknown", "*"}
    else:
        assert told == list(map(str, recoded(learned(plan, dates), dates)["q0"].to_pylist()))
    assert len(set(told[:80])) >= 5


def test_codes_of_several_lengths_share_a_beginning() -> None:
    plan = plan_for({"q0": "generalise"}, ["q0"], k=5)
    codes = [f"{area}{n} {n}XY" for area in ("SW", "N", "EC") for n in range(10)]
    table = pa.table({"q0": codes})
    told = recoded(learned(plan, table), table)["q0"].to_pylist()
    assert [new[:1] for old, new in zip(codes, told, strict=True) if new != "*"] == [
        old[:1] for old, new in zip(codes, told, strict=True) if new != "*"
    ]
    assert told.count("*") == len(codes) // 2  # halves do not fall where beginnings change


def test_a_few_dates_among_texts_are_no_dates() -> None:
    plan = plan_for({"q0": "generalise"}, ["q0"], k=5, maximum_suppression=1)
    table = pa.table({"q0": [*["tall", "small"] * 20, *map(str, BORN[:3])]})
    assert set(recoded(learned(plan, table), table)["q0"].to_pylist()) == {"{tall,*}", "small"}


def reordered(table: pa.Table, order: list[int]) -> pa.Table:
    # pyarrow 26 cannot take from a string_view.
    columns = {name: table[name].to_pylist() for name in table.schema.names}
    return pa.table(
        [pa.array([values[at] for at in order], table.schema.field(name).type) for name, values in columns.items()],
        schema=table.schema,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables(), st.randoms(use_true_random=False))
def test_order_of_rows_and_batches_changes_nothing(table: pa.Table, shuffle: Any) -> None:
    identifiers = [name for name in table.schema.names if name.startswith("q")]
    plan = plan_for(dict.fromkeys(identifiers, "generalise"), identifiers, k=2, maximum_suppression=1)
    if table.num_rows == 1:
        return
    order = list(range(table.num_rows))
    shuffle.shuffle(order)
    moved = reordered(table, order)
    copy = recoded(learned(plan, table), table)
    again = recoded(learned(plan, moved, chunk=1000), moved, chunk=3)
    assert repr(again.to_pydict()) == repr(reordered(copy, order).to_pydict())


@pytest.mark.parametrize(("entries_at_once", "cells_per_entry"), [(3, 2), (500_000, 0), (1, 0)])
def test_large_tables_are_split_in_several_goes_alike(
    entries_at_once: int, cells_per_entry: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(3)
    table = pa.table({"q0": draw.integers(0, 50, 300), "q1": draw.integers(0, 9, 300), "s": draw.integers(0, 4, 300)})
    operators = {"q0": "generalise", "q1": "generalise", "s": "keep"}
    plan = plan_for(operators, ["q0", "q1"], k=4, l=2, sensitive=["s"])
    at_once = recoded(learned(plan, table), table)
    monkeypatch.setattr(mondrian, "_ENTRIES_AT_ONCE", entries_at_once)
    monkeypatch.setattr(mondrian, "_CELLS_PER_ENTRY", cells_per_entry)
    assert recoded(learned(plan, table), table).equals(at_once)
    assert measure(at_once.to_batches(), ["q0", "q1"]).groups > 20


@settings(max_examples=100, deadline=None)
@given(st.lists(INTEGERS, min_size=2, max_size=80), st.integers(2, 8))
def test_numbers_stay_in_their_band_and_bands_apart(values: list[int], k: int) -> None:
    if len(values) < k:
        return
    copy = recoded(learned(plan_for({"q": "generalise"}, ["q"], k=k), pa.table({"q": values})), pa.table({"q": values}))
    told: dict[int, list[int]] = {}
    for old, new in zip(values, copy["q"].to_pylist(), strict=True):
        told.setdefault(new, []).append(old)
    spans = sorted((min(held), new, max(held)) for new, held in told.items())
    assert all(low <= new <= high for low, new, high in spans)
    assert all(before[2] < after[0] for before, after in pairwise(spans))
    assert all(len(held) >= k for held in told.values())


def one(values: list[Any], kind: pa.DataType | None = None, k: int = 2, **options: Any) -> list[Any]:
    """What a table of one quasi-identifier becomes."""
    table = pa.table({"q": pa.array(values, kind)})
    return list(recoded(learned(plan_for({"q": options}, ["q"], k=k), table), table)["q"].to_pylist())


DAY = datetime.date
PLACES = {"Bonn": ["NRW", "DE"], "Köln": ["NRW", "DE"], "Lyon": ["FR"], "Nice": ["FR"]}


@pytest.mark.parametrize(
    ("values", "kind", "k", "options", "expected"),
    [
        ([31, 33, 34, 36, 38, 39], None, 6, {}, [35] * 6),
        ([31, 33, 34, 36, 38, 9_000_000], None, 6, {}, [35] * 6),
        ([-3, 4, 98, 104], None, 2, {}, [0, 0, 100, 100]),
        ([7, 7, 7, 9], None, 2, {}, [7, 7, 7, 7]),
        ([0.031, 0.033, 0.036, 0.0389], None, 4, {}, [0.035] * 4),
        ([-1.5, 2.5], None, 2, {}, [0.0] * 2),
        ([Decimal("1.98"), Decimal("2.03")], pa.decimal128(5, 2), 2, {}, [Decimal("2.00")] * 2),
        ([Decimal("-1.98"), Decimal("-1.93")], pa.decimal128(5, 2), 2, {}, [Decimal("-1.95")] * 2),
        ([DAY(1987, 5, 2), DAY(1990, 2, 3)], None, 2, {}, [DAY(1990, 1, 1)] * 2),
        ([DAY(1987, 5, 2), DAY(1987, 6, 3)], None, 2, {}, [DAY(1987, 6, 1)] * 2),
        ([DAY(1987, 5, 2), DAY(1987, 5, 6)], None, 2, {}, [DAY(1987, 5, 4)] * 2),
        (["31", "38", "7", "100"], None, 2, {}, ["0-39", "20-119", "0-39", "20-119"]),
        (["31", "38"], None, 2, {}, ["30-39"] * 2),
        (["7", "07"], None, 2, {}, ["7"] * 2),
        (["90210", "90211", "90299", "10115", "10117"], None, 2, {}, ["902**", "902**", "902**", "1011*", "1011*"]),
        (["A", "A", "A", "A", "rare"], None, 3, {}, ["{A,*}"] * 5),
        (["x", "y", "z"], None, 3, {}, ["*"] * 3),
        ([f"Bad {letter}" for letter in "abcdefghi"], None, 9, {}, ["Bad *"] * 9),
        (["ba", "ab", "bb", "aa"], None, 2, {"to": "mondrian", "order": "alphabetical"}, ["*"] * 4),
        (["Bonn", "Köln", "Lyon", "Nice"], None, 2, {"hierarchy": PLACES}, ["NRW", "NRW", "FR", "FR"]),
        (["Bonn", "Nice", "Rome"], None, 3, {"hierarchy": PLACES}, ["*"] * 3),
        ([88, 95, 103, 20], None, 2, {"to": "mondrian", "top": 90}, [50, 90, 90, 50]),
    ],
)
def test_bands_are_told(values: list[Any], kind: Any, k: int, options: Any, expected: Any) -> None:
    assert one(values, kind, k, **options) == expected


def test_sets_list_texts_that_enough_rows_hold() -> None:
    axis = make_axis(pa.array(["A", "B", "C", "D"], pa.large_string()), np.array([9, 9, 9, 1]), Generalise())
    place = np.array([ORDINARY])
    told = tell(axis, Bands(place, place, place, place, place + 3), 5)
    assert told.to_pylist() == ["{A,B,C,*}"]
    assert tell(axis, Bands(place, place, place, place, place + 1), 5).to_pylist() == ["{A,B}"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("2020-05-02T10:11:12", "2020-05-02T10:11:50", "2020-05-02T10:11:20"),
        ("2020-05-02T10:11:12", "2020-05-02T12:11:50", "2020-05-02T11:00:00"),
        ("2020-05-02T10:11:12", "2020-05-02T10:11:13.5", "2020-05-02T10:11:12"),
        ("2020-05-02T10:11:12.0002", "2020-05-02T10:11:12.0018", "2020-05-02T10:11:12.001"),
        ("2020-05-02T10:11:12", "2020-05-04T12:11:50", "2020-05-03T00:00:00"),
        ("1969-12-31T10:00:00", "1970-01-01T10:00:00", "1970-01-01T00:00:00"),
        ("1969-12-31T10:00:00", "1969-12-31T10:00:00", "1969-12-31T10:00:00"),
    ],
)
def test_instants_are_told_by_the_roundest(low: str, high: str, expected: str) -> None:
    kind = pa.timestamp("us", "UTC")
    texts = pa.array([low, high]).cast(pa.timestamp("us")).cast(kind)
    assert one(texts.to_pylist(), kind) == [datetime.datetime.fromisoformat(expected).replace(tzinfo=UTC)] * 2


def test_the_ends_of_a_type_are_told_without_wrapping() -> None:
    ends = [2**64 - 3, 2**64 - 2, 2**64 - 1]
    assert set(one(ends, pa.uint64(), 3)) <= set(ends)
    assert one([-(2**63), 2**63 - 1]) == [0, 0]
    assert one([5e-324, 1e-323], pa.float64()) == [5e-324] * 2
    late = datetime.datetime(2262, 4, 11, 23, 47, 16, tzinfo=UTC)
    assert one([late, late.replace(second=15)], pa.timestamp("ns", "UTC"))[0] <= late


def test_values_without_neighbours_stay_apart_or_go() -> None:
    nan, inf = float("nan"), float("inf")
    table = pa.table({"q": pa.array([1.0, 2.0, nan, nan, inf, -inf, None, 3.0])})
    plan = plan_for({"q": "generalise"}, ["q"], k=2, maximum_suppression=0.5)
    recoding = learned(plan, table)
    # One null, one inf, one -inf: together they are three rows of which nothing is told.
    assert repr(recoded(recoding, table)["q"].to_pylist()) == repr([2.0, 2.0, nan, nan, None, None, None, 2.0])
    assert (recoding.rows, recoding.suppressed) == (8, 2)


def test_a_lonely_null_takes_the_smallest_group_along() -> None:
    table = pa.table({"q": pa.array([None, 1, 1, 2, 2, 2])})
    recoding = learned(plan_for({"q": "generalise"}, ["q"], k=2, maximum_suppression=0.5), table)
    assert recoded(recoding, table)["q"].to_pylist() == [None, None, None, 2, 2, 2]
    assert recoding.suppressed == 2


def test_more_suppression_than_allowed_is_refused() -> None:
    table = pa.table({"q": pa.array([None, 1, 1, 2, 2, 2])})
    with pytest.raises(MaskingError) as caught:
        learned(plan_for({"q": "generalise"}, ["q"], k=2), table)
    assert str(caught.value) == (
        "people: 2 of 6 rows would lose all quasi-identifiers to reach k = 2, and maximum_suppression allows 1.00%: "
        "raise it, or generalise or drop more columns"
    )


def test_what_cannot_be_null_is_told_by_one_value_for_all() -> None:
    schema = pa.schema(
        [pa.field("age", pa.int8(), False), pa.field("place", pa.string(), False), pa.field("x", pa.int64())]
    )
    table = pa.table([[20, 30, 40, 50, 60], ["a"] * 5, [None, 1, 2, 3, 4]], schema=schema)
    plan = plan_for(dict.fromkeys(schema.names, "generalise"), schema.names, k=2, maximum_suppression=1)
    copy = recoded(learned(plan, table), table)
    assert copy.to_pylist()[0] == {"age": 50, "place": "*", "x": None}
    assert measure(copy.to_batches(), schema.names).k >= 2


def test_kept_columns_part_groups_and_cannot_be_taken_away() -> None:
    table = pa.table({"age": [1, 2, 3, 4], "sex": ["f", "m", "f", "m"]})
    plan = plan_for({"age": "generalise", "sex": "keep"}, ["age", "sex"], k=2)
    copy = recoded(learned(plan, table), table)
    assert (
        copy.to_pydict() == {"age": [1, 2, 1, 2], "sex": ["f", "m", "f", "m"]}
        or measure(copy.to_batches(), ["age", "sex"]).k == 2
    )
    lonely = pa.table({"age": [1, 2, 3], "sex": ["f", "m", "f"]})
    with pytest.raises(MaskingError, match=r"people: k = 2 cannot be reached whatever is suppressed: sex must be gen"):
        learned(plan, lonely)


def test_dropped_columns_tell_nothing() -> None:
    table = pa.table({"age": [1, 1, 2, 2], "name": ["a", "b", "c", "d"]})
    plan = plan_for({"age": "generalise", "name": "drop"}, ["age", "name"], k=2)
    assert recoded(learned(plan, table), table)["age"].to_pylist() == [1, 1, 2, 2]


def test_fixed_rules_are_applied_before_and_suppressed_with_the_rest() -> None:
    born = [DAY(1980, 1, 5), DAY(1980, 7, 6), DAY(1991, 2, 3), DAY(2005, 1, 1)]
    table = pa.table({"born": born, "zip": ["11111", "11112", "22222", "11113"]})
    plan = plan_for({"born": {"to": "year"}, "zip": {}}, ["born", "zip"], k=2, maximum_suppression=0.5)
    assert recoded(learned(plan, table), table).to_pydict() == {
        "born": [DAY(1980, 1, 1), DAY(1980, 1, 1), None, None],
        "zip": ["1111*", "1111*", None, None],
    }


def test_sensitive_columns_hold_back_a_split() -> None:
    table = pa.table({"age": [1, 1, 9, 9], "ill": ["flu", "flu", "flu", "cold"]})
    operators = {"age": "generalise", "ill": "keep"}
    assert recoded(learned(plan_for(operators, ["age"], k=2), table), table)["age"].to_pylist() == [1, 1, 9, 9]
    for demand in ({"l": 2}, {"t": 0.2}):
        plan = plan_for(operators, ["age"], k=2, sensitive=["ill"], **demand)
        assert recoded(learned(plan, table), table)["age"].to_pylist() == [5] * 4


def test_l_and_t_hold_for_tables_that_have_sensitive_columns() -> None:
    plan = plan_for({"age": "generalise"}, ["age"], k=2, l=2, t=0.1)
    table = pa.table({"age": [1, 1]})
    assert recoded(learned(plan, table), table)["age"].to_pylist() == [1, 1]


def test_nested_columns_are_generalised(tmp_path: Path) -> None:
    struct = pa.struct([pa.field("zip", pa.string(), False), pa.field("born", pa.date32())])
    rows = [{"zip": f"1011{digit}", "born": DAY(1990, 1, 1 + digit)} for digit in range(4)]
    pq.write_table(pa.table({"home": pa.array([*rows, *rows], struct)}), tmp_path / f"{TABLE}.parquet")
    source = open_source(tmp_path).tables[TABLE]
    names = ["home.zip", "home.born"]
    recoding = learn_recoding(plan_for(dict.fromkeys(names, "generalise"), names, k=4), TABLE, source)
    assert recoding is not None
    [batch] = source.batches()
    assert recoding.apply("home.zip", BatchRows(batch)).to_pylist() == ["1011*"] * 8
    assert set(recoding.apply("home.born", BatchRows(batch)).to_pylist()) == {DAY(1990, 1, 1), DAY(1990, 1, 3)}


def test_nothing_to_learn_is_no_recoding() -> None:
    table = pa.table({"age": [1, 2]})
    for plan in (plan_for({"age": "keep"}, ["age"], k=2), plan_for({"age": {"to": {"band": 5}}}, ["age"])):
        assert learned_if_any(plan, table) is None


def test_a_recoding_is_for_the_data_it_was_learned_of() -> None:
    recoding = learned(
        plan_for({"age": "generalise", "x": "generalise"}, ["age", "x"], k=2),
        pa.table({"age": [1, 2], "x": ["a", "b"]}),
    )
    for other in (
        {"age": [1], "x": ["b"]},
        {"age": [7], "x": ["a"]},
        {"age": [1], "x": ["z"]},
        {"age": [None], "x": ["a"]},
    ):
        batch = pa.record_batch({"age": pa.array(other["age"], pa.int64()), "x": other["x"]})
        with pytest.raises(MaskingError, match=r"^people changed after its quasi-identifiers were learned"):
            recoding.apply("age", BatchRows(batch))


def test_a_recoding_tells_nothing_by_its_repr_and_travels() -> None:
    table = pa.table({"age": ["secret", "hidden"]})
    recoding = learned(plan_for({"age": "generalise"}, ["age"], k=2), table)
    assert "secret" not in repr(recoding)
    assert recoded(pickle.loads(pickle.dumps(recoding)), table) == recoded(recoding, table)


def test_keys_never_overflow() -> None:
    columns = [np.arange(5), np.arange(5)[::-1].copy(), np.array([0, 0, 1, 1, 2])]
    sizes = [2**40, 2**40, 2**40]
    keys, numbers = CombinationKeys.of(columns, sizes)
    assert numbers.tolist() == [0, 1, 2, 3, 4]
    found = keys.find([column[::-1] for column in columns])
    assert found is not None
    assert found.tolist() == [4, 3, 2, 1, 0]
    assert keys.find([np.array([0]), np.array([3]), np.array([0])]) is None
    assert keys.find([np.array([0]), np.array([-1]), np.array([0])]) is None
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("operators", "identifiers", "rest", "messages"),
    [
        ({"age": {}}, [], {"k": 2}, ["people.age: generalise learns from k and quasi_identifiers"]),
        ({"age": {}}, ["age"], {}, ["people.age: generalise learns from k and quasi_identifiers"]),
        (
            {"age": {}},
            ["age", "size"],
            {"k": 2},
            ["people.size is a quasi-identifier, and the table has no such column"],
        ),
        ({"age": {}}, ["age"], {"k": 2, "sensitive": ["age"]}, ["people.age is sensitive and a quasi-identifier"]),
        ({"age": {}}, ["age"], {"k": 2, "l": 2, "sensitive": ["ill"]}, ["people.ill is sensitive, and the table has"]),
        (
            {"age": {}, "born": "shift_date"},
            ["age", "born", "size"],
            {"k": 2},
            [
                "people.size is a quasi-id",
                "people.born is a quasi-identifier, and shift_date gives equal values different",
            ],
        ),
    ],
)
def test_every_mistake_is_told_before_data_is_read(
    operators: dict[str, Any], identifiers: list[str], rest: dict[str, Any], messages: list[str]
) -> None:
    table = pa.table({"age": [1, 1], "born": [DAY(1980, 1, 1)] * 2})
    with pytest.raises(MaskingError) as caught:
        learned(plan_for({"born": "keep", **operators}, identifiers, **rest), table)
    assert [message for message in messages if message not in str(caught.value)] == []


def test_lists_are_no_quasi_identifiers() -> None:
    table = pa.table({"tags": [["a"], ["b"]]})
    with pytest.raises(MaskingError, match=r"^people: tags\[\] cannot be a quasi-identifier"):
        learned(plan_for({"tags[]": "generalise"}, ["tags[]"], k=2), table)
