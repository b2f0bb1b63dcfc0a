"""YAML read with lines: what is refused, and where each key stands."""

from pathlib import Path

import pytest

from dataops_infra.conventions.documents import MAXIMUM_BYTES, MAXIMUM_DEPTH, nearest, parse_document, read_document

QUOTE = "(put quotes around it if it is meant as text)"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def problems(content: str) -> list[tuple[int, str]]:
    return [(problem.line, str(problem)) for problem in parse_document(content).problems]


def test_every_key_and_item_knows_its_line() -> None:
    document = parse_document("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert document.value == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert document.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4, ("b", 1, "d"): 5}


def test_the_line_of_what_is_missing_is_that_of_what_lies_around_it() -> None:
    document = parse_document("# nothing here\na:\n  b: 1\n")
    assert document.line_of(("a", "gone", 3)) == 2
    assert document.line_of(("gone",)) == 2  # where the mapping begins
    assert parse_document("").line_of(("gone",)) == 0


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n", "﻿"])
def test_an_empty_file_holds_nothing_and_is_right(content: str, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(content, encoding="utf-8")
    document = read_document(path)
    assert (document.value, document.problems) == (None, [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (BOMB, [(2, "alias *a is refused (write the value out where it is meant)")]),
        ("a: !!python/name:os.system [ls]", [(1, "tag !!python/name:os.system is refused (write plain YAML)")]),
        ("a: !secret x", [(1, "tag !secret is refused (write plain YAML)")]),
        ("a: !!int x", [(1, f"'x' is no legal value: invalid literal for int() with base 10: 'x' {QUOTE}")]),
        ("a: !!bool x", [(1, "'x' does not fit its tag !!bool (write plain YAML)")]),
        ("a: !!timestamp x", [(1, "'x' does not fit its tag !!timestamp (write plain YAML)")]),
        ("a: !!set {x, y}", [(1, "tag !!set is refused (write plain YAML)")]),
        ("a: 2027-13-01", [(1, f"'2027-13-01' is no legal value: month must be in 1..12 {QUOTE}")]),
        ("a: 1\nb: 2\na: 3\n", [(3, "key `a` stands twice (first on line 1)")]),
        ("x: {a: 1,\n    a: 3}\n", [(2, "key `a` stands twice (first on line 1)")]),
        ("on: 1\n", [(1, 'key on is not text in YAML (write it in quotes: "on")')]),
        ("2: x\n", [(1, 'key 2 is not text in YAML (write it in quotes: "2")')]),
        ("? [a, b]\n: 1\n", [(1, "a key must be text")]),
        ("<<: {a: 1}\n", [(1, 'key << is not text in YAML (write it in quotes: "<<")')]),
        (f"a: {'9' * 5000}", [(1, f"'{'9' * 40}' is no legal value: it has too many digits {QUOTE}")]),
        ("ü: ü\nb: \x07", [(2, "is not YAML: unacceptable character #x0007: control characters are not allowed")]),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_its_line(content: str, expected: list[tuple[int, str]]) -> None:
    assert problems(content) == expected


@pytest.mark.parametrize(
    ("content", "line"),
    [("a: [1, 2", 1), ("a: 1\n b: 2\n", 2), ("a: 1\n---\nb: 2\n", 2), ("a: 'open\n", 1), ("a:\n\tb: 1", 2)],
)
def test_broken_yaml_is_one_problem_with_its_line(content: str, line: int) -> None:
    [(found, message)] = problems(content)
    assert message.startswith("is not YAML: ")
    assert found == line


def test_nesting_is_bounded_before_anything_recursive_runs() -> None:
    assert problems("[" * 100_000) == [(1, f"is nested more than {MAXIMUM_DEPTH} levels deep")]
    allowed = "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH
    assert problems(allowed) == []


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    assert [str(problem) for problem in read_document(path).problems] == ["is larger than 1,000,000 bytes"]


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert [(p.line, str(p)) for p in read_document(path).problems] == [
        (2, "is not UTF-8 text (save the file as UTF-8)")
    ]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert [str(problem) for problem in read_document(tmp_path).problems] == ["cannot be read: Is a directory"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("domans", "did you mean domains?"),
        ("cost-center", "did you mean cost_center?"),
        ("COST_CENTRE", "did you mean cost_center?"),
        ("qqq", "legal here: cost_center, domains"),
    ],
)
def test_the_nearest_legal_word_is_the_hint(word: str, hint: str) -> None:
    assert nearest(word, ["domains", "cost_center"]) == hint


def test_without_legal_words_there_is_no_hint() -> None:
    assert nearest("x", []) == ""
