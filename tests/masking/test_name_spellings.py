"""Names in texts are spelled with letters that their column lacks, and the other way round; and in another order."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import words_of
from dataops_infra.masking.name_spellings import respelled, respelled_words
from dataops_infra.masking.run import RunRequest, run
from tests.support.judged import failures
from tests.support.masked_runs import KEY

PLAN = """\
schema: dataops.mask-plan/v1
tables:
  t:
    columns:
      name: {operator: pool, options: {pool: full_name}, classification: full_name}
      note: {operator: text}
"""
OTHERS = [f"Petra{'abcdefgh'[n]}k Qvist{'hgfedcba'[n]}a" for n in range(8)]


def masked(folder: Path, name: str, note: str) -> list[str]:
    """The note of a row of somebody else, after masking; the gate must pass it."""
    (folder / "plan.yaml").write_text(PLAN)
    pq.write_table(pa.table({"name": [name, *OTHERS], "note": [note, note, *["nothing"] * 7]}), folder / "t.parquet")
    result = run(RunRequest(folder / "plan.yaml", folder / "t.parquet", folder / "copy.parquet", KEY))
    assert failures(result.gate) == set()
    return pq.read_table(folder / "copy.parquet")["note"].to_pylist()[:2]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("Jose Garcia", "José García"),
        ("José García", "Jose Garcia"),
        ("Lukasz Walesa", "Łukasz Wałęsa"),
        ("Łukasz Wałęsa", "Lukasz Walesa"),
        ("Jorgen Sorensen", "Jørgen Sørensen"),
        ("Jørgen Sørensen", "Joergen Soerensen"),
        ("Joergen Soerensen", "Jørgen Sørensen"),
        ("Anna Mueller", "Anna Müller"),
        ("Anna Müller", "Anna Mueller"),
        ("Anna Müller", "ANNA MUELLER"),
        ("Anna Gross", "Anna Groß"),
        ("Anna Groß", "ANNA GROSS"),
        ("Aasa Aeroe", "Åsa Ærø"),
        ("Mark Brown", "MARK BROWN"),
        ("Mark Brown", "BROWN, MARK"),
        ("Anna Berg", "BERG, ANNA"),
        ("Anna Maria Berg", "Berg, Anna Maria"),
    ],
)
def test_a_name_is_found_in_other_spellings(column: str, text: str, tmp_path: Path) -> None:
    for note in masked(tmp_path, column, f"({text}) called"):
        assert note.endswith(") called")
        assert not {word.casefold() for word in text.replace(",", "").split()} & {
            word.casefold() for word in note.removesuffix(" called").strip("()").split()
        }


def test_common_words_with_marks_are_no_names_without(tmp_path: Path) -> None:
    (_, note) = masked(tmp_path, "Otto Schon", "das ist schön, Herr Schön")
    assert note.startswith("das ist schön, Herr ")
    assert not note.endswith("Schön")


def spellings(*texts: str) -> list[tuple[list[int], list[str]]]:
    return [(rows.tolist(), found.to_pylist()) for rows, found in respelled(pa.array(texts, pa.large_string()))]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Anna", ""), []),
        (("Anna", "José"), [([1], ["Jose"])]),
        (("Müller", "x", "Łoś"), [([0, 2], ["Muller", "Los"]), ([0], ["Mueller"])]),
        (("Андрій", "พิมพ์", "안나"), [([0], ["Андріи"])]),
        (("Straße",), [([0], ["Strasse"])]),
    ],
)
def test_other_spellings(texts: tuple[str, ...], expected: list[tuple[list[int], list[str]]]) -> None:
    assert spellings(*texts) == expected


def test_words_keep_their_places_and_change_their_hashes() -> None:
    texts = FlatTexts.of(pa.array(["Frau José Müller", "Jose ½ Mueller"], pa.large_string()))
    words = words_of(texts, 0, 2)
    found = list(respelled_words(texts, words))
    jose, mueller = words.hashes[[3, -1]].tolist()
    assert [changed.tolist() for _, changed in found][-1] == [2]
    assert found[0][0].hashes[1] == jose
    assert found[-1][0].hashes[2] == mueller
    assert (found[0][0].starts == words.starts).all()
    assert list(respelled_words(FlatTexts.of(pa.array(["Anna"], pa.large_string())), words_of(texts, 0, 0))) == []
