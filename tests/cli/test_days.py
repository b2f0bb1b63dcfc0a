"""``--as-of``: one way to write a day, and one sentence where it is none."""

from datetime import UTC, date, datetime

import pytest
import typer

from dataops_infra.cli import main
from dataops_infra.cli.days import day, today


def test_a_day_is_read_and_today_is_that_of_utc() -> None:
    assert day("2026-11-05") == date(2026, 11, 5)
    assert abs((today() - datetime.now(UTC).date()).days) <= 1


@pytest.mark.parametrize("written", ["tomorrow", "", "2026-13-01", "05.11.2026", "2026-11-05T00:00:00"])
def test_what_is_no_day_is_told_in_one_sentence(written: str) -> None:
    with pytest.raises(typer.BadParameter) as told:
        day(written)
    assert str(told.value) == f"expected a day such as 2027-01-31, got {written!r}"


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "exports"),
        ("preview",),
        ("conventions", "check"),
        ("policies", "config"),
        ("mask", "run", "p.yaml", "-s", "s", "-t", "t"),
        ("mask", "verify", "p.yaml", "-s", "s", "-t", "t"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_command_says_so(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main([*words, "--as-of", "tomorrow"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said == "dataops: --as-of: expected a day such as 2027-01-31, got 'tomorrow'\n"
    assert "Value error" not in said
