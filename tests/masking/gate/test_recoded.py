"""A hidden value in another spelling: in its own column, and in others of its row."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.judged import FIRST, LAST, failures, judge_tables, keep, make_shop, named

TOKEN = {"operator": "token"}
NAMES = [f"{first} {last}" for first in FIRST for last in LAST]
ROWS = len(NAMES)
PHONES = [f"+49 151 {20_000_000 + 7_919 * n}" for n in range(ROWS)]
CARDS = [f"{4_111_000_011_110_000 + 104_729 * n}" for n in range(ROWS)]
CODES = [f"{'abcdefghijklmnop'[n % 16]}{n:03}qwertz".replace("0", "a").replace("1", "b")[:16] for n in range(ROWS)]

Respell = Callable[[str], str]


def wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


SPELLINGS: list[tuple[list[str], Respell]] = [
    (NAMES, lambda name: ", ".join(reversed(name.split()))),
    (NAMES, lambda name: " ".join(reversed(name.split()))),
    (NAMES, lambda name: name.replace(" ", "")),
    (NAMES, lambda name: name.replace(" ", "  ")),
    (NAMES, lambda name: f"{name}."),
    (NAMES, lambda name: name.upper().replace(" ", "_")),
    (NAMES, lambda name: name[::-1]),
    (NAMES, wide),
    (NAMES, lambda name: b64encode(name.encode()).decode()),
    (NAMES, lambda name: name.encode().hex()),
    (NAMES, lambda name: name.encode().hex().upper()),
    (PHONES, lambda phone: phone.replace("+49 ", "0")),
    (PHONES, lambda phone: phone.replace("+", "00").replace(" ", "")),
    (PHONES, lambda phone: phone.replace(" ", "/")),
    (CARDS, lambda card: "-".join(card[start : start + 4] for start in range(0, 16, 4))),
    ([f"{number[:3]}-{number[3:5]}-{number[5:9]}" for number in CARDS], lambda ssn: ssn.replace("-", "")),
]


def survivors(folder: Path, plan: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    report = judge_tables(folder, plan, pa.table(before), pa.table(after))
    found = named(report, "own-row-survivors")
    return [(check.column, check.observed, check.allowed) for check in found if check.column is not None]


@pytest.mark.parametrize(("values", "respell"), SPELLINGS)
def test_a_column_of_its_own_values_in_another_spelling_is_refused(
    values: list[str], respell: Respell, tmp_path: Path
) -> None:
    shown = {"c": [respell(value) for value in values]}
    assert survivors(tmp_path, {"c": TOKEN}, {"c": values}, shown) == [("c", ROWS, 0)]


@pytest.mark.parametrize(("values", "respell"), SPELLINGS)
def test_a_kept_column_that_respells_a_hidden_one_is_refused(
    values: list[str], respell: Respell, tmp_path: Path
) -> None:
    kept = [respell(value) for value in values]
    before, after = {"c": values, "login": kept}, {"c": CODES, "login": kept}
    assert survivors(tmp_path, {"c": TOKEN, "login": keep()}, before, after) == [("login", ROWS, 2)]


def test_numbers_are_compared_with_texts(tmp_path: Path) -> None:
    numbers = [int(card) for card in CARDS]
    dashed = [f"no. {card[:8]}-{card[8:]}" for card in CARDS]
    before, after = {"c": numbers, "d": dashed}, {"c": [number // 3 for number in numbers], "d": dashed}
    assert survivors(tmp_path, {"c": TOKEN, "d": keep()}, before, after) == [("d", ROWS, 2)]


def test_what_is_told_names_both_columns_and_shows_shapes(tmp_path: Path) -> None:
    before = pa.table({"c": NAMES[:5], "login": [name.lower().replace(" ", ".") for name in NAMES[:5]]})
    after = before.set_column(0, "c", pa.array(CODES[:5]))
    report = judge_tables(tmp_path, {"c": TOKEN, "login": keep()}, before, after)
    (check,) = (check for check in named(report, "own-row-survivors") if check.column == "login")
    assert check.explanation == (
        "5 of 5 rows that were looked at show in login what c hides in another spelling: mask login as well"
    )
    assert check.examples == ("xxxxxxx.xxxxxxxxx", "xxxxxxx.xxxxxxxxxxx", "xxxxxxx.xxxxxxxxxxxx")


def test_a_few_words_that_meet_by_chance_pass(tmp_path: Path) -> None:
    cities = ["Jordan City", "Georgia", *["Paris Nord"] * 30]
    lands = ["JORDAN-CITY", "GEORGIA.", *["France"] * 30]
    before, after = {"c": cities, "land": lands}, {"c": CODES[:32], "land": lands}
    assert survivors(tmp_path, {"c": TOKEN, "land": keep()}, before, after) == []


def test_what_stands_in_as_many_other_rows_is_chance(tmp_path: Path) -> None:
    places = ["Neu-Ulm", "Bad Ems", "Alt Oil"] * 40
    shown = ["NEU ULM", "neu ulm", "Bad-Ems"] * 40
    before, after = {"c": places, "d": shown}, {"c": (CODES * 2)[:120], "d": shown}
    assert survivors(tmp_path, {"c": TOKEN, "d": keep()}, before, after) == []


def test_dates_that_moved_to_the_same_digits_are_chance(tmp_path: Path) -> None:
    days = [f"1990-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(ROWS)]
    moved = ["1990-11-10" if day == "1990-10-11" else "1991-01-01" for day in days]
    spelled = [*moved[:-2], days[-2].replace("-", "/"), "1991-01-01"]
    assert survivors(tmp_path, {"c": {"operator": "shift_date"}}, {"c": days}, {"c": spelled}) == []


@pytest.mark.parametrize("ending", [".123456", "+01:00", ""])
def test_times_of_day_stay_where_dates_move(ending: str, tmp_path: Path) -> None:
    times = [f"{n % 24:02}:{n * 7 % 60:02}:{n * 11 % 60:02}{ending}" for n in range(ROWS)]
    days, moved = ([f"{n % 28 + 1:02}.0{month}.1990 {time}" for n, time in enumerate(times)] for month in (3, 4))
    assert survivors(tmp_path, {"c": {"operator": "shift_date"}}, {"c": days}, {"c": moved}) == []


def test_dates_behind_letters_are_refused_though_dates_move(tmp_path: Path) -> None:
    days, moved = ([f"{1950 + n}-0{month}-{n % 28 + 1:02}" for n in range(ROWS)] for month in (3, 4))
    codes = [f"AB{day.replace('-', '')}" for day in days]
    plan = {"c": {"operator": "shift_date"}, "k": keep()}
    found = survivors(tmp_path, plan, {"c": days, "k": codes}, {"c": moved, "k": codes})
    assert [(column, observed) for column, observed, _ in found] == [("k", ROWS)]


def test_of_a_long_table_some_rows_are_looked_at(tmp_path: Path) -> None:
    names = [f"{name} {n}x" for n in range(40) for name in NAMES]
    shown = [", ".join(reversed(name.split())) for name in names]
    ((column, observed, allowed),) = survivors(tmp_path, {"c": TOKEN}, {"c": names}, {"c": shown})
    assert (column, allowed) == ("c", 0)
    assert 500 <= observed <= 1024


def test_values_in_lists_and_short_ones_are_left_out(tmp_path: Path) -> None:
    before = {"c": ["ab-1", "cd-2"], "l": [["Anna Berg"], ["Carl Dahl"]], "n": pa.array([12, 34], pa.int16())}
    after = {"c": ["ab1", "cd2"], "l": [["Berg, Anna"], ["Dahl, Carl"]], "n": pa.array([12, 34], pa.int16())}
    assert survivors(tmp_path, {"c": TOKEN, "l[]": TOKEN, "n": keep()}, before, after) == []


def test_a_good_copy_passes(tmp_path: Path) -> None:
    assert failures(make_shop(tmp_path, 7).judge()) == set()
