"""The gate's own look at masked texts."""

import logging
import socket

import pyarrow as pa
import pytest

from dataops_infra.masking.detection import independent
from dataops_infra.masking.detection.independent import EXAMPLES, ResidualReport, detectors, residual, shown
from dataops_infra.masking.detection.plain_scan import is_reserved_host

SURVIVORS = [
    ("payment_card", "card 4111 1111 1111 1111."),
    ("payment_card", "5500000000000004"),
    ("us_ssn", "ssn 219-09-9999"),
    ("phone", "+49 171 1234567 rang"),
    ("iban", "to DE89370400440532013000"),
    ("foreign_email", "ｔａｄｅｋ＠ｏ２．ｐｌ"),
]
ONLY_PRESIDIO = [
    ("phone", "call (212) 555-1234"),
    ("ip_address", "from 10.20.30.40"),
    ("mac_address", "at 00:1a:2b:3c:4d:5e"),
    ("url", "see https://firm.com/u/17"),
]
FINE = [
    ("card 4111 1111 1111 1111.", "card 5500 0000 0000 0004."),
    ("order 2125551234, 4111111111111112", "order 2125551234, 4111111111111112"),
    ("a@b.com", "q7x@example.com"),
    ("Phone: +49 171 1234567. Birth date 04.04.1962", "Phone: +49 171 7654321. Birth date 04.04.1962"),
    ("tel. 0171 1234567 until 1962-04-04", "tel. 0171 7654321 until 1962-04-04"),
    ("a@b.com", "q7x@mail.example.org."),
    ("on 2024-05-01 at 14:33:10", "on 2024-05-01 at 14:33:10"),
    ("meet @ 5 @home a@b", "meet @ 5 @home a@b"),
    ("1.234.567,89 EUR and 000-12-3456", "1.234.567,89 EUR and 000-12-3456"),
    ("我的邮箱是a@b.cn谢谢", "我的邮箱是q7x@example.com谢谢"),
    ("メールはa@b.noです", "メールはq7x@example.comです"),
    ("", ""),
    ("x", None),
]


def look(source: list[str | None], target: list[str | None], **options: object) -> ResidualReport:
    return residual(pa.array(source, pa.string()), pa.array(target, pa.string()), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "text"), SURVIVORS)
@pytest.mark.parametrize("presidio_texts", [0, 10])
def test_value_that_survived_in_its_row_is_found(kind: str, text: str, presidio_texts: int) -> None:
    assert look([text], [text], presidio_texts=presidio_texts).counts[kind] == 1


def test_hyphens_of_word_processors_part_no_number() -> None:
    text = "+49\u2011171\u20111234567 rang"
    assert look([text], [text], presidio_texts=0).counts == {"phone": 1}


@pytest.mark.parametrize(("kind", "text"), ONLY_PRESIDIO)
def test_presidio_finds_what_the_scan_does_not_know(kind: str, text: str) -> None:
    assert look([text], [text], presidio_texts=0).counts == {}
    assert look([text], [text]).counts[kind] == 1


@pytest.mark.parametrize(("source", "target"), FINE)
def test_masked_and_harmless_texts_are_fine(source: str, target: str | None) -> None:
    assert look([source], [target]).counts == {}


def test_value_of_another_row_is_no_survivor() -> None:
    assert look(["219-09-9999", "x"], ["y", "219-09-9999"]).counts == {}


@pytest.mark.parametrize("address", ["a@firm.com", "A.B+c@sub.firm.de", "x@example.com.evil.org", "x@notexample.com"])
def test_address_at_a_real_host_is_found_even_when_it_is_new(address: str) -> None:
    for texts in (0, 5):
        assert look(["y"], [f"mail <{address}>, ok"], presidio_texts=texts).counts == {"foreign_email": 1}


@pytest.mark.parametrize(
    ("host", "expected"),
    [("example.com", True), ("A.Example.ORG.", True), ("x.test", True), ("localhost", True), ("myexample.com", False)],
)
def test_reserved_hosts(host: str, expected: bool) -> None:
    assert is_reserved_host(host) is expected


def test_left_kinds_are_not_counted() -> None:
    text = "from 10.20.30.40 see https://firm.com/u/17"
    assert look([text], [text], leave=("ip_address", "url")).counts == {}


def test_report_tells_where_without_a_value() -> None:
    text = "Card 4111-1111-1111-1111"
    report = look(["x", text], ["x", text], presidio_texts=0)
    assert report == ResidualReport(2, 0, {"payment_card": 1}, ("9999-9999-9999-9999",), (1,))
    assert report.total == 1


def test_reports_add_up() -> None:
    one = ResidualReport(2, 1, {"phone": 1}, ("9",) * 4, (1,) * 4)
    two = ResidualReport(3, 0, {"phone": 2, "email": 1}, ("x",) * 4, (2,) * 4)
    assert one + two == ResidualReport(5, 1, {"email": 1, "phone": 3}, ("9", "9", "9", "9", "x"), (1, 1, 1, 1, 2))
    assert ResidualReport().total == 0


def test_shown_keeps_the_shape_only() -> None:
    assert shown("Zoë.K99@Firm.de") == "Xxx.X99@Xxxx.xx"
    assert len(shown("a" * 100)) == 40


def test_sample_is_spread_and_bounded() -> None:
    rows = [f"call (212) 555-{number:04}" for number in range(100)]
    report = look(rows, rows, presidio_texts=10)
    assert (report.texts, report.sampled, report.counts["phone"]) == (100, 10, 10)
    assert report.rows[0] == 0
    assert len(report.examples) == EXAMPLES


def test_names_what_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(detectors()) == ["presidio-analyzer", "plain-scan"]
    assert detectors()["presidio-analyzer"].startswith("2.")
    monkeypatch.setattr(independent, "_has_presidio", lambda: False)
    assert detectors() == {"plain-scan": "5"}
    text = "call (212) 555-1234, 219-09-9999"
    assert look([text], [text]) == ResidualReport(1, 0, {"us_ssn": 1}, ("999-99-9999",), (0,))


def test_network_is_never_asked(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    independent._asked.cache_clear()
    with caplog.at_level(logging.DEBUG):
        assert look(["a@firm.com"], ["a@firm.com"]).counts == {"foreign_email": 1}
    assert "firm.com" not in caplog.text


def test_chunked_and_sliced_columns() -> None:
    chunked = pa.chunked_array([pa.array(["219-09-9999"]), pa.array(["b"])])
    sliced = pa.array(["skip", "219-09-9999", "c"]).slice(1)
    assert residual(chunked, sliced, presidio_texts=0).counts == {"us_ssn": 1}


@pytest.mark.parametrize(
    ("original", "text", "kinds"),
    [
        ("call (212) 555-1234", "call (212) 555-1234", {"PHONE_NUMBER"}),
        ("call (212) 5551 99", "call (212) 5551 234", {"PHONE_NUMBER"}),
        ("call (212) 555-9999", "call (212) 555-1234", set()),
        ("order 35-7267", "order 35-7267", set()),
        ("call me", "call (212) 555-1234", set()),
        ("y", "see https://firm.com/u/17", {"URL"}),
        ("y", "see firm.com/u/17", set()),
        ("y", "to a@firm.com", {"EMAIL_ADDRESS"}),
        ("219-09-9999", "ssn 219-09-9999", {"US_SSN"}),
        ("219-09", "ssn 219-09-9999", set()),
    ],
)
def test_costly_recognisers_read_what_may_have_survived(original: str, text: str, kinds: set[str]) -> None:
    assert {entity for entity, _ in independent._analyze(original, text)} == kinds
