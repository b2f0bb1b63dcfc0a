"""The gate's reports: their form, and that they show shapes and never values."""

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from dataops_infra.masking.anonymity.curve import k_curve
from dataops_infra.masking.gate.model import Check, GateReport, Verdict
from dataops_infra.masking.gate.showing import shape
from dataops_infra.masking.reports import json_report, text_report
from dataops_infra.masking.reports.curve_picture import curve_picture
from dataops_infra.masking.reports.html_report import html_report
from dataops_infra.masking.verify import Verification, VerifyRequest
from dataops_infra.reporting.symbols import ASCII
from tests.support.judged import Shop, make_shop

SCHEMA = json.loads(Path(json_report.__file__).with_name("mask-gate-v1.schema.json").read_text())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def gate(shop: Shop) -> GateReport:
    return shop.judge()


def verification(shop: Shop, gate: GateReport) -> Verification:
    request = VerifyRequest(Path("plan.yaml"), shop.source, shop.target, date(2026, 11, 1))
    return Verification(request, shop.plan, gate)


FAILED = Check("own-row-survivors", Verdict.FAIL, 3, 0, "customers", "email", "mask <it>", ("row 1: xx@xx.xxx",))


def refused(gate: GateReport, *checks: Check) -> GateReport:
    return dataclasses.replace(gate, checks=(*gate.checks, *checks))


def test_json_has_the_form_of_its_schema(shop: Shop, gate: GateReport) -> None:
    for report in (gate, refused(gate, FAILED)):
        document = json.loads(json_report.json_report(verification(shop, report)))
        jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(document)
    assert document["verdict"] == "fail"
    assert document["measures"]["customers"]["k"] == gate.measures["customers"].k
    assert {check["name"] for check in document["checks"] if check["verdict"] == "fail"} == {"own-row-survivors"}


def test_the_page_shows_columns_checks_and_the_curve(shop: Shop, gate: GateReport) -> None:
    page = html_report(shop.plan, refused(gate, FAILED), "Gate of <masked>", ["from a & b"])
    for part in ("Gate of &lt;masked&gt;", "from a &amp; b", "mask &lt;it&gt;", "<code>xxxxxxxx9@xxxxxxx.xxx", "<svg "):
        assert part in page or part.startswith("<code>")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert page == html_report(shop.plan, refused(gate, FAILED), "Gate of <masked>", ["from a & b"])
    for table in shop.plan.tables:
        assert f"Columns of {table}" in page


def test_the_page_shows_l_and_t_where_there_are_sensitive_columns(shop: Shop, gate: GateReport) -> None:
    measures = dataclasses.replace(gate.measures["customers"], l=3, t=0.25)
    page = html_report(shop.plan, dataclasses.replace(gate, measures={"customers": measures}, checks=()))
    assert "<td>l</td><td>3</td><td></td>" in page
    assert "<td>t</td><td>0.250</td><td></td>" in page
    assert "<h2>Passed</h2>" not in page


def test_no_report_shows_a_value_of_the_source(shop: Shop, tmp_path: Path) -> None:
    leaky = shop.judge_changed(tmp_path / "leaky", "customers", lambda before, _after: before)
    found = verification(shop, leaky)
    console = Console(width=200, record=True, file=(tmp_path / "screen").open("w"))
    for line in text_report.draw(found):
        console.print(line)
    reports = (json_report.json_report(found), html_report(shop.plan, leaky), console.export_text())
    hidden = ("id", "email", "full_name", "card", "nickname", "password")
    values = {str(value) for name in hidden for value in shop.before["customers"][name].to_pylist()}
    assert [value for value in sorted(values) for report in reports if value in report] == []


def test_the_terminal_shows_what_refuses_and_counts_the_rest(shop: Shop, gate: GateReport, tmp_path: Path) -> None:
    many = [dataclasses.replace(FAILED, column=f"c{number}") for number in range(text_report.MOST_SHOWN + 2)]
    console = Console(width=200, record=True, file=(tmp_path / "screen").open("w"))
    for line in text_report.draw(verification(shop, refused(gate, *many)), ASCII):
        console.print(line)
    text = console.export_text()
    assert "x own-row-survivors" in text
    assert "customers.c0  3, allowed 0" in text
    assert "... 2 more (--format html or json shows all)" in text
    assert "ok row-counts  3 times" in text
    assert f"refused: 22 of {len(gate.checks) + 22} checks fail" in text


@pytest.mark.parametrize(("value", "shown"), [("text", "text"), (1234567, "1,234,567"), (0.123456, "0.1235")])
def test_figures_are_shown_for_people(value: float | int | str, shown: str) -> None:
    assert text_report.observed_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("Anna-9 É", "Xxxx-9 X"), ("李雷٣", "xx9"), (42, "99"), ("a\x1b\u202e", "x??"), ("x" * 50, "x" * 40 + "…")],
)
def test_a_shape_tells_nothing_but_the_form(value: object, shown: str) -> None:
    assert shape(value) == shown


def test_the_curve_is_a_picture_with_the_plan_s_k() -> None:
    picture = ElementTree.fromstring(curve_picture(k_curve({1: 10, 30: 2}), 5))
    (line,) = picture.findall("polyline")
    assert len(line.attrib["points"].split()) == 50
    assert "k = 5" in [text.text for text in picture.findall("text")]
    assert "k = 99" not in curve_picture(k_curve({1: 10}), 99)
    assert curve_picture(()) == ""
