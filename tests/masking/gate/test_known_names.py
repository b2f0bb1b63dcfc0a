"""Which words of a text name somebody of the data, and which do not."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

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


def left(folder: Path, columns: dict[str, Any], people: dict[str, list[str]], text: str) -> set[tuple[str, str | None]]:
    """What the gate says of a copy in which ``text`` stands as it stood in the source."""
    masked = {name: ["Jo Smith"] for name in people}
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


def test_too_many_names_are_sampled_by_their_hash_and_the_note_says_so(tmp_path: Path) -> None:
    letters = "abcdefghijklmnopqrst"
    names = [f"Q{one}{two} W{two}x{one}" for one in letters for two in letters]
    sides = [
        write(tmp_path / side, {"people": pa.table({"name": listed}), "tickets": pa.table({"body": names})})
        for side, listed in (("source", names), ("copy", ["Jo Smith"] * len(names)))
    ]
    tables = {"people": {"columns": FULL}, "tickets": {"columns": {"body": {"operator": "text"}}}}
    source = open_source(sides[0])
    report = judge(
        Plan.model_validate({"tables": tables}), source, open_source(sides[1], like=source), limit=2 * len(names) // 3
    )
    (check,) = named(report, "known-names")
    # Each name is known in two orders: of 800 pairs 266 may be remembered.
    (level,) = (level for level in (2, 3) if f"one name in {1 << level} was looked for" in check.explanation)
    assert check.observed == int(np.count_nonzero(in_sample(hashes(pa.array(names, pa.large_string())), level)))
