"""Which words of a text name somebody of the data, and which do not."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataops_infra.masking.gate import known_names
from dataops_infra.masking.gate.aligned import RowPair, row_pairs
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.sampling import in_sample
from dataops_infra.masking.gate.values import hashes
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import leaks, named, write

FULL = {"name": {"operator": "pool", "options": {"pool": "full_name"}}}
SEPARATE = {
    "first": {"operator": "pool", "options": {"pool": "first_name"}},
    "last": {"operator": "pool", "options": {"pool": "last_name"}},
}
FAILED = {("known-names", "body")}


def left(
    folder: Path, columns: dict[str, Any], people: Mapping[str, Sequence[str | None]], text: str
) -> set[tuple[str, str | None]]:
    """What the gate says of a copy in which ``text`` stands as it stood in the source."""
    masked = {name: [value and "Jo Smith" for value in values] for name, values in people.items()}
    sides = [
        write(folder / side, {"people": pa.table(names), "tickets": pa.table({"body": [text]})})
        for side, names in (("source", people), ("copy", masked))
    ]
    tables = {"people": {"columns": columns}, "tickets": {"columns": {"body": {"operator": "text"}}}}
    source = open_source(sides[0])
    plan = Plan.model_validate({"tables": tables})
    return leaks(judge(plan, source, open_source(sides[1], like=source)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Jack van der Oudewater", "Wrote Jack van der Oudewater."),
        ("Jack van der Oudewater", "Wrote Jack Oudewater."),
        ("Jack Oudewater", "Wrote Jack van Oudewater."),
        ("Dr. Anneke Vandersteen B.A.", "Anneke Vandersteen called"),
        ("James T. Oudewater", "James Oudewater called"),
        ("Ben Ali", "it was Ben Ali again"),
        ("J. Oudewater", "signed: J. Oudewater"),
        ("Will Young", "from Will Young"),
        ("Anneke Vandersteen", "by \u0410nn\u0435ke V\u03b1ndersteen"),
        ("Иван Оудеватов", "от Ив\u0061н Oудеватов"),
        ("Anneke Vandersteen", "by @AnnekeVandersteen85"),
        ("Anneke Vandersteen", "#VandersteenAnneke!"),
        ("Anneke Vandersteen", "anneke_vandersteen"),
        ("Jack van der Oudewater", "#askJackOudewaterNow"),
        ("Jose Garcia", "was José García"),
        ("José García", "was Jose Garcia"),
        ("Jose\u0301 Garci\u0301a", "was José García"),
        ("Łukasz Wałęsa", "was LUKASZ WALESA"),
        ("Lukasz Walesa", "was Łukasz Wałęsa"),
        ("Jørgen Sørensen", "was Jorgen Sorensen"),
        ("Jørgen Sørensen", "was Joergen Soerensen"),
        ("Anna Müller", "was Anna Mueller"),
        ("Anna Groß", "was ANNA GROSS"),
        ("Mark Brown", "was BROWN, MARK"),
        ("Mark Brown", "was MARK BROWN"),
    ],
)
def test_people_are_recognised_as_texts_call_them(tmp_path: Path, name: str, text: str) -> None:
    assert left(tmp_path, FULL, {"name": [name]}, text) == FAILED


@pytest.mark.parametrize(
    "rule",
    [
        {"operator": "redact"},
        {"operator": "drop"},
        {"operator": "token"},
        {"operator": "fpe"},
        {"operator": "presidio", "options": {"operator": "redact"}},
    ],
    ids=lambda rule: rule["operator"],
)
def test_people_of_columns_that_no_pool_fills_are_known(tmp_path: Path, rule: dict[str, Any]) -> None:
    full = {"name": {**rule, "classification": "full_name"}}
    separate = {name: {**rule, "classification": f"{name}_name"} for name in ("first", "last")}
    text = "was Anneke Vandersteen"
    assert left(tmp_path / "full", full, {"name": ["Anneke Vandersteen"]}, text) >= FAILED
    assert left(tmp_path / "both", separate, {"first": ["Anneke"], "last": ["Vandersteen"]}, text) >= FAILED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dipl.-Ing. Lutz Schleich", "Dipl.-Ing. Guiseppe wrote"),
        ("Lutz Schleich B.A.", "Stefan Mende B.A. called"),
        ("Sig.ra Tonia Mazzi", "Sig.ra Lolita called"),
        ("Jack van Vliet", "Jack van Oudewater called"),
        ("Piet van der Vliet", "een huis van der koning"),
        ("J. R. Vliet", "options J. R. and S."),
        ("Anna Maria Vliet", "Vliet Maria was here"),
        ("Anna Muller", "was Anna Mueller"),
    ],
)
def test_titles_particles_and_initials_name_nobody(tmp_path: Path, name: str, text: str) -> None:
    assert left(tmp_path, FULL, {"name": [name]}, text) == set()


@pytest.mark.parametrize(("text", "expected"), [("you will read it", set()), ("from Will Read", FAILED)])
def test_common_words_in_small_letters_name_nobody(tmp_path: Path, text: str, expected: set[Any]) -> None:
    assert left(tmp_path, SEPARATE, {"first": ["Will"], "last": ["Read"]}, text) == expected


@pytest.mark.parametrize("text", ["Kern Anna", "Maria Kern", "Kern, Anna Maria"])
def test_first_and_last_names_are_one_name_in_both_orders(tmp_path: Path, text: str) -> None:
    people: dict[str, list[str | None]] = {"first": [None, "Anna Maria"], "last": ["Kern", "Kern"]}
    assert left(tmp_path, SEPARATE, people, f"was {text}.") == FAILED


def test_names_that_come_back_the_other_way_round_have_survived(tmp_path: Path) -> None:
    masked = {"people": pa.table({"name": ["Jo Smith"]}), "tickets": pa.table({"body": ["from Kern, Anna"]})}
    original = {"people": pa.table({"name": ["Anna Kern"]}), "tickets": pa.table({"body": ["from Anna Kern"]})}
    source = open_source(write(tmp_path / "source", original))
    tables = {"people": {"columns": FULL}, "tickets": {"columns": {"body": {"operator": "text"}}}}
    copy = open_source(write(tmp_path / "copy", masked), like=source)
    assert leaks(judge(Plan.model_validate({"tables": tables}), source, copy)) == FAILED


def test_names_without_a_first_name_are_no_names(tmp_path: Path) -> None:
    assert left(tmp_path, SEPARATE, {"first": [None], "last": ["Kern Anna"]}, "was Kern Anna") == set()


def test_examples_say_the_row_wherever_texts_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_names, "_TEXTS", 2)
    bodies = ["nobody", None, "nobody else", "was Anna Kern", "Anna", "Kern"]
    folder = write(
        tmp_path / "both", {"people": pa.table({"name": ["Anna Kern"]}), "tickets": pa.table({"body": bodies})}
    )
    tables = {"people": {"columns": FULL}, "tickets": {"columns": {"body": {"operator": "text"}}}}
    source = open_source(folder)
    (check,) = named(judge(Plan.model_validate({"tables": tables}), source, source), "known-names")
    assert (check.observed, check.examples) == (1, ("row 4: Xxxx Xxxx",))


@pytest.mark.parametrize(
    ("order", "read_again"),
    [
        (("people", "tickets", "others"), ["people"]),
        (("people", "others", "tickets"), ["people"]),
        (("tickets", "people", "others"), ["tickets", "people"]),
    ],
)
def test_texts_are_searched_for_names_of_tables_before_and_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...], read_again: list[str]
) -> None:
    held = {
        "people": pa.table({"name": ["Anna Kern"], "note": ["Jo Smith, Anna Kern"]}),
        "tickets": pa.table({"body": ["x", "was Anna Kern"]}),
        "others": pa.table({"word": ["Anna Kern"]}),
    }
    plans: dict[str, Any] = {
        "people": {"columns": {**FULL, "note": {"operator": "text"}}},
        "tickets": {"columns": {"body": {"operator": "text"}}},
        "others": {"columns": {"word": {"operator": "keep"}}},
    }
    source = open_source(write(tmp_path / "both", held))
    plan = Plan.model_validate({"tables": {table: plans[table] for table in order}})
    again: list[str] = []

    def noted(case: Case, table: str, *rest: Any) -> Iterator[RowPair]:
        again.append(table)
        return row_pairs(case, table, *rest)

    monkeypatch.setattr(known_names, "row_pairs", noted)
    checks = named(judge(plan, source, source), "known-names")
    assert {check.column: check.examples for check in checks} == {
        "note": ("row 1: Xxxx Xxxx",),
        "body": ("row 2: Xxxx Xxxx",),
    }
    # Texts that stand beside names are read again too.
    assert again == read_again


def test_too_many_names_are_sampled_by_their_hash_and_the_note_says_so(tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrst"
    names = [f"Q{one}ä{two} W{two}x{one}" for one in letters for two in letters]
    found = hashes(pa.array(names, pa.large_string()))
    chosen, others = in_sample(found, 3).tolist(), (~in_sample(found, 2)).tolist()
    bodies = {
        column: [name.replace("ä", "ae") if is_one else None for name, is_one in zip(names, rows, strict=True)]
        for column, rows in (("chosen", chosen), ("others", others))
    }
    sides = [
        write(tmp_path / side, {"people": pa.table({"name": listed}), "tickets": pa.table(bodies)})
        for side, listed in (("source", names), ("copy", ["Jo Smith"] * len(names)))
    ]
    tables = {"people": {"columns": FULL}, "tickets": {"columns": {column: {"operator": "text"} for column in bodies}}}
    source = open_source(sides[0])
    report = judge(
        Plan.model_validate({"tables": tables}), source, open_source(sides[1], like=source), limit=2 * len(names) // 3
    )
    checks = {check.column: check for check in named(report, "known-names")}
    assert {column: check.observed for column, check in checks.items()} == {"chosen": sum(chosen), "others": 0}
    # Each name is known in two orders and two spellings: of 1,600 pairs 533 may be remembered.
    assert any(f"one name in {number} was looked for" in checks["others"].explanation for number in (4, 8))


@pytest.mark.parametrize(("known", "fix"), [(True, "report a fault of the operator"), (False, "set its option known")])
def test_a_plan_that_does_not_look_for_names_is_told_of_its_option(known: bool, fix: str, tmp_path: Path) -> None:
    body = {"operator": "text", "options": {"known": known}}
    tables = {
        "people": pa.table({"name": ["Anneke Vandersteen"]}),
        "tickets": pa.table({"body": ["by Anneke Vandersteen"]}),
    }
    source = open_source(write(tmp_path / "source", tables))
    plan = Plan.model_validate({"tables": {"people": {"columns": FULL}, "tickets": {"columns": {"body": body}}}})
    (check,) = named(judge(plan, source, source), "known-names")
    assert fix in check.explanation
    assert ("fault" in check.explanation) is known
