"""Numbers whose last digits or first signs stayed are refused; what chance keeps, and what all have, is not."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.judged import judge_tables, leaks

ROWS = 1200
FPE = {"operator": "fpe", "domain": "number"}


def numbers(seed: int, like: str = "9999 9999 9999 9999") -> list[str]:
    """Random digits in the places of nines."""
    rng = random.Random(seed)
    return ["".join(rng.choice("0123456789") if sign == "9" else sign for sign in like) for _ in range(ROWS)]


def refused(folder: Path, before: list[Any], after: list[Any], **options: Any) -> set[tuple[str, str | None]]:
    plan = {"number": {**FPE, **({"options": options} if options else {})}}
    return leaks(judge_tables(folder, plan, pa.table({"number": before}), pa.table({"number": after})))


KEPT: dict[str, Callable[[str, str], str]] = {
    "last four": lambda old, new: new[:-4] + old[-4:],
    "first twelve": lambda old, new: old[:14] + new[14:],
}


@pytest.mark.parametrize("change", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("step", [1, 40], ids=["in all rows", "in one of forty"])
def test_parts_that_stay_are_found(tmp_path: Path, change: Callable[[str, str], str], step: int) -> None:
    before, fresh = numbers(1), numbers(2)
    pairs = zip(before, fresh, strict=True)
    after = [change(old, new) if row % step == 0 else new for row, (old, new) in enumerate(pairs)]
    assert refused(tmp_path, before, after) == {("own-row-survivors", "number")}


def test_no_number_is_shown(tmp_path: Path) -> None:
    before, fresh = numbers(1), numbers(2)
    after = [new[:-4] + old[-4:] for old, new in zip(before, fresh, strict=True)]
    sides = (pa.table({"number": values}) for values in (before, after))
    (check,) = [each for each in judge_tables(tmp_path, {"number": FPE}, *sides).failed if each.examples]
    assert (
        check.explanation == "516 of 516 numbers that were looked at keep their last four signs: mask the column again"
    )
    assert check.allowed == 3
    assert check.examples == ("9999 9999 9999 9999",)


@pytest.mark.parametrize(
    "like",
    ["9999 9999 9999 9999", "ABC-99999999-2024", "+353 99 999 9999", "2024-99-99999999", "99999999,99 EUR"],
)
def test_other_numbers_pass(tmp_path: Path, like: str) -> None:
    assert refused(tmp_path, numbers(1, like), numbers(2, like)) == set()


def test_words_that_differ_from_row_to_row_may_stay(tmp_path: Path) -> None:
    words = [("EURO", "USD.", "CHF ")[row % 3] for row in range(ROWS)]
    before, after = ([f"{number} {word}" for number, word in zip(numbers(n), words, strict=True)] for n in (1, 2))
    assert ("own-row-survivors", "number") not in refused(tmp_path, before, after)


def test_one_number_of_many_rows_counts_once(tmp_path: Path) -> None:
    before, after = [f"12345678{n % 2}" for n in range(ROWS)], [f"87605678{n % 2}" for n in range(ROWS)]
    before[::2], after[::2] = numbers(1, "999999999")[::2], numbers(2, "999999999")[::2]
    assert refused(tmp_path, before, after) == set()


def test_whole_numbers_are_looked_at(tmp_path: Path) -> None:
    before, fresh = [int(f"1{n}") for n in numbers(1, "999999999")], [int(f"1{n}") for n in numbers(2, "999999999")]
    after = [new - new % 10_000 + old % 10_000 for old, new in zip(before, fresh, strict=True)]
    assert refused(tmp_path, before, after) == {("own-row-survivors", "number")}


def test_invented_numbers_keep_what_they_keep(tmp_path: Path) -> None:
    before = numbers(1, "+1 201 999 9999")
    after = [f"+1 201 555 01{old[-2:]}" for old in before]
    failed = refused(tmp_path, before, after, shape="phone", mode="fictional")
    assert ("own-row-survivors", "number") not in failed
