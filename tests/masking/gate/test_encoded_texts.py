"""Texts that hide somebody behind an encoding that anybody can undo are refused; others are not."""

import base64
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest

from dataops_infra.masking.gate import encoded_texts
from dataops_infra.masking.gate.encoded_texts import decoded
from dataops_infra.masking.gate.model import GateReport
from tests.support.judged import judge_tables, keep, leaks

NAME, ADDRESS = "Demetrius Fotheringay", "d.fotheringay@realmail.org"
PLAIN = "The parcel arrived late and one corner of the box was torn, nothing inside seems broken."
ENCODED: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 without its end": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f'{{"?>":"{text}"}}'.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "characters": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "invisible signs": "\u200b".join,
    "soft hyphens": "\u00ad".join,
}


def judged(
    folder: Path, texts: list[str | None], plan: dict[str, Any], before: list[str | None] | None = None
) -> GateReport:
    rows = len(texts)
    names = [f"{NAME} the {n}." for n in range(rows)]
    masked = [f"somebody{n}" for n in range(rows)]
    source = pa.table({"name": names, "body": pa.array(before or texts, pa.string())})
    target = pa.table({"name": masked, "body": pa.array(texts, pa.string())})
    columns = {"name": {"operator": "token", "domain": "name"}, "body": plan}
    return judge_tables(folder, columns, source, target)


def with_one(text: str, rows: int = 40, place: int = 17) -> list[str | None]:
    """Ordinary texts, one of which says something else; some are null."""
    found: list[str | None] = [None if n % 9 == 8 else PLAIN for n in range(rows)]
    found[place] = f"{PLAIN} Note: {text} bye"
    return found


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("plan", [{"operator": "text"}, keep()], ids=["text", "keep"])
def test_a_name_of_the_row_is_found(tmp_path: Path, encode: Callable[[str], str], plan: dict[str, Any]) -> None:
    report = judged(tmp_path, with_one(encode(f"{NAME} the 17.")), plan)
    assert leaks(report) == {("own-row-survivors", "body")}
    (check,) = report.failed[:1] if len(report.failed) == 1 else [c for c in report.failed if c.column == "body"]
    assert check.explanation.startswith("behind base64, hex, percent or character codes, 1 texts hold")
    assert check.examples[0].startswith("row 18: ")
    assert "Demetrius" not in repr(report)


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED)
def test_an_address_of_anybody_is_found(tmp_path: Path, encode: Callable[[str], str]) -> None:
    report = judged(tmp_path, with_one(encode(f"mail {ADDRESS}, please")), {"operator": "text"})
    assert ("foreign-e-mails", "body") in leaks(report)


def test_a_number_that_the_source_wrote_in_plain_is_found(tmp_path: Path) -> None:
    card = "4111 1111 1111 1111"
    texts = with_one(base64.b64encode(f"card {card}".encode()).decode())
    report = judged(tmp_path, texts, {"operator": "text"}, with_one(card))
    assert leaks(report) == {("residual-text", "body")}


@pytest.mark.parametrize(
    "text",
    [
        "w7njzz4i34lwnxgg@example.com",
        "see https://example.org/a%20b?c=%7B%7D and AT&amp;T &#8364;",
        "sha 3f786850e387550fdab836ed7e6dc881de23001b, card 4769617312911351",
        base64.b64encode(b"an innocent text of somebody").decode(),
        base64.b64encode(bytes(range(128, 160))).decode(),
        quote("w7njzz4i34lwnxgg@example.com", safe=""),
        "Donaudampfschifffahrtsgesellschaft",
    ],
)
def test_other_texts_pass(tmp_path: Path, text: str) -> None:
    assert leaks(judged(tmp_path, with_one(text), {"operator": "text"}, with_one("nothing"))) == set()


def test_items_of_lists_are_read_with_their_rows(tmp_path: Path) -> None:
    lines = [[PLAIN], [PLAIN, ENCODED["hex"](f"{NAME} the first") + " " + PLAIN], [], None]
    before = pa.table({"name": [f"{NAME} of {n}" for n in range(4)], "notes": lines})
    before = before.set_column(0, "name", pa.array(["a b", f"{NAME} the first", "c d", "e f"]))
    after = before.set_column(0, "name", pa.array(["w", "x", "y", "z"]))
    columns = {"name": {"operator": "token"}, "notes[]": keep()}
    assert leaks(judge_tables(tmp_path, columns, before, after)) == {("own-row-survivors", "notes[]")}


def test_of_many_texts_some_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_texts, "TEXTS", 10)
    monkeypatch.setattr(encoded_texts, "DECODED", 3)
    read: list[str] = []
    decode = encoded_texts.decoded

    def noted(text: str) -> str:
        read.append(text)
        return decode(text)

    monkeypatch.setattr(encoded_texts, "decoded", noted)
    texts = [f"{PLAIN} {ENCODED['hex'](f'{NAME} the {n}.')}" for n in range(40)]
    assert ("own-row-survivors", "body") in leaks(judged(tmp_path, list(texts), keep()))
    assert len(read) == 6  # three of the copy, and what stood in the source in their places


DECODED = {
    "": "",
    PLAIN: "",
    "QW5uYSBCZXJn": "Anna Berg",
    "QW5uYSBCZXJnc": "Anna Berg",
    "abcdefghijklmnop": "",
    html.escape("a<b"): "a<b",
    "%C3%9Cber": "Über",
}


@pytest.mark.parametrize(("text", "plain"), DECODED.items())
def test_texts_are_decoded_once(text: str, plain: str) -> None:
    assert decoded(text) == plain
