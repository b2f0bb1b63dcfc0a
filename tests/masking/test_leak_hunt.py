"""Invented people of 33 locales, classified, masked and judged as by the command line: nobody stands in the own row."""

from dataclasses import dataclass, fields
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions import Conventions
from dataops_infra.masking.classify import classify
from dataops_infra.masking.gate.model import Check, Verdict
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.run import RunRequest, run
from dataops_infra.masking.sources import open_source
from tests.support.leak_hunt import Leak, leaks
from tests.support.people import LOCALES, Person, cryptic, people, people_table

ROWS = 30
COLUMNS = tuple(field.name for field in fields(Person))
KEY = MasterKey(bytes(range(32)))


@dataclass(frozen=True)
class Hunt:
    """One run over the people of all locales, each locale a table."""

    plan: Plan
    checks: tuple[Check, ...]
    target: Path

    def leaks(self, locale: str) -> list[Leak]:
        """What survives of the people of one locale, but for names that a pool drew for a city or an address.

        Faker calls towns and streets after its own last names; under a cryptic name such a column is drawn from names,
        which is the row's own once in some hundred draws. The gate knows how often chance does that.
        """
        path_of = dict(zip(COLUMNS, self.plan.tables[locale].columns, strict=True))
        drawn = {
            name for name in ("city", "address") if self.plan.tables[locale].columns[path_of[name]].operator == "pool"
        }
        return [leak for leak in self._survivors(locale) if not (leak.kind == "name" and leak.column in drawn)]

    def _survivors(self, locale: str) -> list[Leak]:
        masked = pq.read_table(self.target / f"{locale}.parquet").rename_columns(list(COLUMNS)).to_pylist()
        assert len(masked) == ROWS
        pairs = zip(people(locale, ROWS), masked, strict=True)
        return [leak for person, row in pairs for leak in leaks(person, locale, row)]


def hunt(folder: Path, is_cryptic: bool) -> Hunt:
    source = folder / "source"
    source.mkdir()
    for locale in LOCALES:
        table = people_table(people(locale, ROWS))
        pq.write_table(cryptic(table) if is_cryptic else table, source / f"{locale}.parquet")
    plan = classify(open_source(source), (), Conventions().classification)
    write_plan(plan, folder / "plan.yaml")
    result = run(RunRequest(folder / "plan.yaml", source, folder / "target", KEY))
    return Hunt(plan, result.gate.checks, folder / "target")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "cryptic"])
def masked(request, tmp_path_factory) -> Hunt:
    return hunt(tmp_path_factory.mktemp("hunt"), request.param)


def test_gate_lets_the_copy_of_a_fresh_plan_be_published(masked):
    assert [check for check in masked.checks if check.verdict is Verdict.FAIL] == []


def test_nobody_stands_in_the_own_masked_row(masked):
    # One test for all locales: two workers that share them would each mask everything.
    assert {locale: found for locale in LOCALES if (found := masked.leaks(locale))} == {}


def test_no_column_but_what_says_nothing_is_kept(masked):
    kept = {
        (table, path)
        for table, columns in masked.plan.tables.items()
        for path, column in columns.columns.items()
        if column.operator == "keep"
    }
    assert kept == set()


def test_hunt_finds_what_is_left_alone():
    for locale in LOCALES:
        for person, row in zip(people(locale, 5), people_table(people(locale, 5)).to_pylist(), strict=True):
            found = {leak.column for leak in leaks(person, locale, row)}
            assert {"email", "phone", "card_number", "birth_date", "note", "address"} <= found
            assert len(person.first_name) < 2 or {"first_name", "full_name"} <= found
