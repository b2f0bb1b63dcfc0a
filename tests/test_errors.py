"""The exception tree says what is wrong and what would be right."""

import pytest

from dataops_infra.errors import ConventionsError, DataopsError, FileProblem, InvalidInputError, PreviewError


def test_invalid_input_names_input_expected_and_got() -> None:
    error = InvalidInputError("zones", "names of zones", ["gold"])
    assert (error.input, error.expected, error.got) == ("zones", "names of zones", ["gold"])
    assert str(error) == "zones: expected names of zones, got ['gold']"


def test_one_mistake_stays_itself() -> None:
    error = InvalidInputError("domain", "a domain", "x")
    assert InvalidInputError.all([error]) is error


def test_several_mistakes_of_one_call_are_one_error() -> None:
    error = InvalidInputError.all(
        [InvalidInputError("domain", "a domain", "x"), InvalidInputError("size", "a number", 0)]
    )
    assert str(error) == "2 wrong arguments: domain: expected a domain, got 'x'; size: expected a number, got 0"
    assert error.got == ["x", 0]


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (FileProblem(3, "unknown key `lak`", "lake"), "dataops.yaml:3: unknown key `lak` (lake)"),
        (FileProblem(0, "is empty"), "dataops.yaml: is empty"),
    ],
)
def test_file_errors_show_line_and_hint(problem: FileProblem, text: str) -> None:
    assert str(ConventionsError("dataops.yaml", [problem])) == text


def test_file_error_lists_every_mistake() -> None:
    error = ConventionsError("a.yaml", [FileProblem(1, "one"), FileProblem(2, "two")])
    assert str(error).splitlines() == ["a.yaml:1: one", "a.yaml:2: two"]


def test_preview_error_keeps_detail_beside_the_sentence() -> None:
    error = PreviewError("the program failed", "line 1")
    assert (str(error), error.detail) == ("the program failed", "line 1")
    assert isinstance(error, DataopsError)
