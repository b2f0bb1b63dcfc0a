"""Addresses in texts, however they are typed, at hosts that somebody may own."""

from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.judged import judge_tables, named

TEXT = {"operator": "text"}


def found(folder: Path, text: str) -> list[tuple[str | None, float | int | str]]:
    """What is said of a text that was another one before."""
    before, after = pa.table({"c": ["nothing"]}), pa.table({"c": [text]})
    checks = named(judge_tables(folder, {"c": TEXT}, before, after), "foreign-e-mails")
    return [(check.column, check.observed) for check in checks if check.observed]


@pytest.mark.parametrize(
    "text",
    [
        "write to anna@real.org",
        "ANNA@REAL.ORG",
        "anna＠real.org",
        "ａｎｎａ＠ｒｅａｌ．ｏｒｇ",
        "anna﹫real.org",
        "谢谢anna@real.org谢谢",
        "<anna@real.org>,",
        "anna@bücher.de",
        "anna@例子.公司",
        "почта: анна@почта.рф.",
        "a@example.com, b@real.org",
    ],
)
def test_an_address_at_a_real_host_is_refused(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, text) == [("c", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com",
        "ａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "谢谢a@example.com谢谢",
        "a@shop.test.",
        "at 5 @ home",
        "@real.org",
        "",
        "a@b",
    ],
)
def test_addresses_of_nobody_and_other_signs_pass(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, text) == []
