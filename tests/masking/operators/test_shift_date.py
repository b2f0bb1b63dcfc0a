from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators import shift_date
from dataops_infra.masking.operators.base import Setting
from dataops_infra.masking.operators.shift_date import ShiftDateOptions, midnight, offsets, shifted, ticks_a_day

KEY = MasterKey(bytes(range(32)))
INT64 = np.iinfo(np.int64)
TYPES = [
    pa.date32(),
    pa.date64(),
    *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "Europe/Berlin")),
]


class Columns:
    """The other columns of the rows that are masked."""

    def __init__(self, **columns: pa.Array) -> None:
        self.columns = columns

    def column(self, path: str) -> pa.Array:
        return self.columns[path]


def move(
    values: pa.Array, subjects: pa.Array | None = None, domain: str = "dates", whose: str = "patients", **options
) -> pa.Array:
    chosen = ShiftDateOptions(subject=None if subjects is None else "who", **options)
    setting = Setting("visits", "day", values.type, KEY.domain(domain), chosen, domain_of={"who": whose}.__getitem__)
    return shift_date.SPEC.build(setting).apply(values, Columns(who=subjects))


def moved_texts(*texts: str | None, **options) -> list[str | None]:
    return move(pa.array(texts, pa.string()), **options).to_pylist()


def day_differences(before: pa.Array, after: pa.Array) -> list[float]:
    ticks = ticks_a_day(before.type)
    width = pa.int32() if pa.types.is_date32(before.type) else pa.int64()
    return [
        (new - old) / ticks
        for new, old in zip(after.view(width).to_pylist(), before.view(width).to_pylist(), strict=True)
    ]


@pytest.mark.parametrize("days", [1, 2, 3, 180, 36_500])
def test_offset_is_never_zero_and_every_other_one_as_likely(days):
    drawn = offsets(np.arange(2 * days * 3, dtype=np.uint64), days)
    assert sorted(set(drawn.tolist())) == [*range(-days, 0), *range(1, days + 1)]
    assert set(np.unique(drawn, return_counts=True)[1].tolist()) == {3}


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1), st.integers(1, 36_500))
def test_offset_lies_within_its_bounds(bits, days):
    drawn = offsets(np.array(bits, np.uint64), days)
    assert ((drawn != 0) & (np.abs(drawn) <= days)).all()


def test_no_subject_of_many_keeps_its_dates():
    subjects = pa.array(range(200_000))
    days = pa.array(np.full(200_000, 10_000, np.int32)).view(pa.date32())
    moved = np.array(day_differences(days, move(days, subjects)))
    assert not (moved == 0).any()
    assert (moved.min(), moved.max()) == (-180, 180)


def test_equal_ids_of_different_domains_move_apart():
    subjects, days = pa.array(range(1_000)), pa.array(np.full(1_000, 10_000, np.int32)).view(pa.date32())
    patients, staff = move(days, subjects), move(days, subjects, whose="staff")
    assert patients.equals(move(days, subjects))
    assert sum(one == other for one, other in zip(patients, staff, strict=True)) < 15


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_all_dates_of_a_subject_move_by_the_same_days(kind):
    seconds = np.array([0, 86_399, 86_400 * 5, 86_400 * 9 + 7, 86_400 * 9 + 7], np.int64) + 86_400 * 12_000
    days = pa.array(seconds, pa.timestamp("s", getattr(kind, "tz", None))).cast(kind, safe=False)
    before = pa.concat_arrays([days, pa.nulls(1, kind)])[1:]
    after = move(before, pa.array(["ada", "ada", "ada", "bob", None]))
    assert after.type == kind
    assert after[-1].as_py() is None
    first, second, third, bob = day_differences(before[:-1], after[:-1])
    assert first == second == third == day_differences(before[:1], move(before[:1], pa.array(["ada"])))[0]
    assert first == int(first) != 0
    assert bob == int(bob) != 0


def test_days_are_absolute_in_a_zone_with_summer_time():
    berlin = ZoneInfo("Europe/Berlin")
    before = pa.array([datetime(2024, 3, 1, 12, tzinfo=berlin)], pa.timestamp("us", "Europe/Berlin"))
    by = [day_differences(before, move(before, pa.array([subject])))[0] for subject in range(40)]
    assert all(days == int(days) for days in by)
    assert max(by) > 60  # into summer time


def test_order_and_distances_of_a_subject_stay_across_columns_of_a_domain():
    subjects = pa.array([7, 7, 7, 8])
    born, seen = pa.array([31, 131, 231, 31], pa.date32()), pa.array(["1970-02-01"] * 4)
    first, second = move(born, subjects), move(seen, subjects.cast(pa.string()).dictionary_encode())
    by = day_differences(born, first)
    assert by[0] == by[1] == by[2] != by[3]
    assert second.to_pylist() == [(date(1970, 2, 1) + timedelta(days=days)).isoformat() for days in by]


def test_value_is_its_own_subject_where_there_is_none():
    days = pa.array([10_000, 10_000, 10_001, 10_000], pa.date32())
    assert move(days, pa.nulls(4)) == move(days)
    alone, unknown = move(days), move(days, pa.array([None, "ada", None, None], pa.string()))
    assert unknown.to_pylist()[::3] == [alone[0].as_py(), alone[0].as_py()]
    assert unknown[2] == alone[2]
    assert alone[0] == alone[1]
    assert move(pa.array(["1997-05-19"])).to_pylist() == [alone[0].as_py().isoformat()]


@pytest.mark.parametrize(
    "day", ["9999-12-31", "2099-12-31", "2050-01-01", "1900-01-01", "0001-01-01", "1970-01-01", "1999-12-31"]
)
def test_dates_that_stand_for_none_do_not_tell_by_how_much_a_subject_moved(day):
    values = pa.array([day] * 50 + ["1990-06-15"] * 50)
    subjects = pa.array([*range(50), *range(50)])
    after = move(values, subjects).to_pylist()
    assert len(set(after[:50])) == 1
    assert len(set(after[50:])) > 30
    assert day not in after


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_what_would_leave_the_calendar_moves_the_other_way(kind):
    limits = np.iinfo(np.int32 if pa.types.is_date32(kind) else np.int64)
    day = ticks_a_day(kind)
    last = min((shift_date.LAST_DAY + 1) * day - 1, limits.max)
    first = max(shift_date.FIRST_DAY * day, limits.min)
    ticks = np.array([last] * 40 + [first] * 40)
    by = np.concatenate([np.arange(1, 41), -np.arange(1, 41)])
    after = shifted(ticks, by, day)
    assert (after - ticks == -by * day).all()
    assert (shifted(ticks, -by, day) - ticks == -by * day).all()


@given(
    st.lists(st.tuples(st.integers(INT64.min, INT64.max), st.integers(-36_500, 36_500)), min_size=1),
    st.sampled_from([1, 86_400, 86_400 * 10**3, 86_400 * 10**6, 86_400 * 10**9]),
)
def test_no_shift_wraps_around(cases, day):
    ticks, by = (np.array(column, np.int64) for column in zip(*cases, strict=True))
    for before, days, after in zip(ticks.tolist(), by.tolist(), shifted(ticks, by, day).tolist(), strict=True):
        assert abs(after - before) == abs(days) * day


@given(st.lists(st.integers(INT64.min, INT64.max), min_size=1))
def test_midnight_begins_a_day_and_stays_in_range(ticks):
    day = 86_400 * 10**9
    begun = midnight(np.array(ticks, np.int64), day).tolist()
    assert all(tick % day == 0 and abs(tick - old) < day for tick, old in zip(begun, ticks, strict=True))


def test_time_of_day_stays_or_becomes_midnight():
    before = pa.array([datetime(2024, 3, 1, 12, 34, 56, 789, UTC)])
    kept, cut = move(before), move(before, keep_time=False)
    assert kept[0].as_py().time() == before[0].as_py().time()
    assert cut[0].as_py() == datetime.combine(kept[0].as_py().date(), time.min, UTC)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("1990-12-31", "%Y-%m-%d"),
        (" 1990-12-31 ", "%Y-%m-%d"),
        ("1990/12/31", "%Y/%m/%d"),
        ("1990.12.31", "%Y.%m.%d"),
        ("19901231", "%Y%m%d"),
        ("1990年12月31日", "%Y年%m月%d日"),
        ("31.12.1990", "%d.%m.%Y"),
        ("31/12/1990", "%d/%m/%Y"),
        ("31-12-1990", "%d-%m-%Y"),
        ("12/31/1990", "%m/%d/%Y"),
        ("1990-12-31T10:20:30.123Z", "%Y-%m-%dT10:20:30.123Z"),
        ("1990-12-31 10:20", "%Y-%m-%d 10:20"),
        ("1990-12-31T10:20:30+01:00", "%Y-%m-%dT10:20:30+01:00"),
        ("31.12.1990 10:20", "%d.%m.%Y 10:20"),
        ("19901231T102030", "%Y%m%dT102030"),
        ("7.9.1990", "%-d.%-m.%Y"),
        ("1990-9-7", "%Y-%-m-%-d"),
        ("1990-09-7", "%Y-%m-%-d"),
    ],
)
def test_text_keeps_its_format(text, pattern):
    subjects = pa.array([3])
    born = date(1990, 9, 7) if "9" in text.replace("199", "") and "31" not in text else date(1990, 12, 31)
    by = int(day_differences(pa.array([born]), move(pa.array([born]), subjects))[0])
    assert move(pa.array([text]), subjects).to_pylist() == [(born + timedelta(days=by)).strftime(pattern)]


def test_reading_of_day_and_month_is_chosen():
    subjects = pa.array([1])
    by = int(day_differences(pa.array([31], pa.date32()), move(pa.array([31], pa.date32()), subjects))[0])
    for day_first, meant, pattern in ((True, date(1990, 4, 3), "%d/%m/%Y"), (False, date(1990, 3, 4), "%m/%d/%Y")):
        after = move(pa.array(["03/04/1990"]), subjects, day_first=day_first)
        assert after.to_pylist() == [(meant + timedelta(days=by)).strftime(pattern)]


def test_time_in_a_text_becomes_zeros_when_it_is_not_kept():
    (after,) = moved_texts("1990-12-31T10:20:30.5+01:00", keep_time=False)
    assert after.endswith("T00:00:00.0+00:00")
    assert moved_texts("1990-12-31", keep_time=False) == moved_texts("1990-12-31")


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "1990-02-30",
        "1990-13-01",
        "0000-01-01",
        "31.12.90",
        "12 Mar 1990",
        "1990-12-31 is when",
        "٣١/١٢/١٩٩٠",
        "7",
    ],
)
def test_text_that_is_no_date_becomes_a_token(text):
    (after,) = moved_texts(text)
    assert len(after) == 16
    assert set(after) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert moved_texts("x", text) == [moved_texts("x")[0], after]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_nulls_empties_and_slices_keep_their_places_in_every_kind_of_string(kind):
    values = pa.array(["left out", None, "", "31.12.1990", "?", "1990-12-31", None], kind)
    after = move(values[1:])
    assert after.type == kind
    assert after.to_pylist() == [None, "", *moved_texts("31.12.1990", "?", "1990-12-31"), None]


@pytest.mark.parametrize("kind", [*TYPES, pa.string()], ids=str)
@pytest.mark.parametrize("length", [0, 3])
def test_column_without_values_stays_as_it_is(kind, length):
    values = pa.nulls(length, kind)
    assert move(values).equals(values)
    assert move(values, pa.nulls(length, pa.int64())).equals(values)


def test_column_of_chunks_of_any_size_comes_out_the_same():
    values = pa.array([f"{1950 + row % 50}-0{1 + row % 9}-1{row % 10}" for row in range(60)] + ["31.1.1999", "?"])
    subjects = pa.array([f"s{row % 7}" for row in range(62)])
    whole = move(values, subjects).to_pylist()
    parts = [move(values[at : at + 7], subjects[at : at + 7]).to_pylist() for at in range(0, 62, 7)]
    assert whole == [text for part in parts for text in part]


@given(st.lists(st.dates() | st.none()), st.integers(1, 400))
def test_no_date_is_its_own_replacement(dates, days):
    values = pa.array(dates, pa.date32())
    for moved in (move(values, days=days), move(values, pa.array(range(len(dates)), pa.int64()), days=days)):
        assert all(
            old is None or (new is not None and new != old) for old, new in zip(dates, moved.to_pylist(), strict=True)
        )


@given(st.lists(st.text(max_size=12) | st.from_regex(r"\A\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\Z"), min_size=1))
def test_no_text_is_its_own_replacement(texts):
    for old, new in zip(texts, moved_texts(*texts), strict=True):
        assert (new == "" and not old.strip()) or (new != old and new != "")


def test_domains_move_dates_differently():
    subjects, days = pa.array(range(500)), pa.array(np.zeros(500, np.int32)).view(pa.date32())
    here, there = (move(days, subjects, domain=domain).to_pylist() for domain in ("here", "there"))
    assert sum(one == other for one, other in zip(here, there, strict=True)) < 10


def test_spec_says_what_it_takes_reads_and_draws_from():
    spec = shift_date.SPEC
    refused = [kind for kind in (*TYPES, pa.string(), pa.int64(), pa.time64("us")) if not spec.accepts(kind)]
    assert refused == [pa.int64(), pa.time64("us")]
    assert (spec.reads(ShiftDateOptions()), spec.reads(ShiftDateOptions(subject="id"))) == ((), ("id",))
    assert spec.spaces(pa.array([1, 2], pa.date32()), ShiftDateOptions(days=30)).tolist() == [60, 60]
    assert not spec.per_value


@pytest.mark.parametrize("options", [{"days": 0}, {"days": -1}, {"days": 36_501}, {"day": 3}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValidationError):
        ShiftDateOptions.model_validate(options)
