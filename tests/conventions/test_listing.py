"""Lists of many things in one sentence."""

import pytest

from dataops_infra.conventions.listing import clauses, listed


@pytest.mark.parametrize(
    ("items", "names", "sentences"),
    [
        ("", "", ""),
        ("a", "a", "a"),
        ("ab", "a, b", "a; b"),
        ("abc", "a, b and 1 more", "a; b; and 1 more"),
        ("a" * 1002, "a, a and 1,000 more", "a; a; and 1,000 more"),
    ],
)
def test_a_list_names_the_first_and_counts_the_others(items: str, names: str, sentences: str) -> None:
    assert (listed([*items], 2), clauses([*items], 2)) == (names, sentences)
