"""Reasons that ``classify`` writes are told from those of people."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.classify import classify, contracts, deciding, presidio_vote
from dataops_infra.masking.detection.reasons import is_of_classify
from tests.support.tables import source_of


def written(node: ast.expr) -> str | None:
    """What a reason in the source looks like in a plan."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(map(_part, node.values)) if isinstance(node, ast.JoinedStr) else None


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    if ast.unparse(node.value).startswith(("said", "_values(")):
        return "the name says names" if isinstance(node.value, ast.Name) else "50% of the values"
    return "50%" if node.format_spec is not None and "%" in ast.unparse(node.format_spec) else "50"


def reasons() -> Iterator[str]:
    for module in (contracts, deciding, presidio_vote):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_found", "Finding"):
                said = node.args[1]
                yield from filter(
                    None, map(written, [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said])
                )


ALL = sorted(set(reasons()))


def test_there_are_reasons() -> None:
    assert len(ALL) > 20


@pytest.mark.parametrize(
    "reason",
    [
        *ALL,
        *("39% of the values look like IBANs", "the name says x; a quasi-identifier"),
        *("one value in all of 400", "3 different values among 40"),
    ],
)
def test_every_reason_of_classify_is_known(reason: str) -> None:
    assert is_of_classify(reason)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a7q"] * 40, "one value in all of 40"),
        (["a7q", "b9q"] * 20, "2 different values among 40"),
    ],
    ids=["one", "two"],
)
@pytest.mark.parametrize(
    ("name", "before", "behind"),
    [
        ("c1", "", ""),
        ("kind", "the name says a code, and ", ""),
        ("brand", "the name says a thing, and ", ", which name nobody known"),
    ],
    ids=["none", "code", "thing"],
)
def test_values_are_counted_in_words(values: list[str], said: str, name: str, before: str, behind: str) -> None:
    plan = classify(source_of({"t": pa.table({name: values})}), (), Classification())
    reason = plan.tables["t"].columns[name].reason
    assert reason == f"{before}{said}{behind}"
    assert is_of_classify(reason)


@pytest.mark.parametrize(
    "reason", ["", "names of our test actors", "public register", "Ann says so", "values are codes of our own shops"]
)
def test_reasons_of_people_are_theirs(reason: str) -> None:
    assert not is_of_classify(reason)
