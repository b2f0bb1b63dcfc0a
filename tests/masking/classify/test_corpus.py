"""Recall and precision on tables that no rule was made with: at least those of masking-design.md's table."""

from collections import defaultdict

import polars as pl
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.classify import classify
from dataops_infra.masking.detection import gazetteer
from tests.support.column_corpus import (
    HELD_OUT_LOCALES,
    TUNING_LOCALES,
    LabelledTable,
    held_out_half,
    tuning_half,
)
from tests.support.tables import source_of

Counts = dict[str, tuple[int, int]]
"""Kind -> columns that were masked, columns there are."""


@pytest.fixture(scope="module")
def held_out() -> list[LabelledTable]:
    return list(held_out_half())


def figures(tables: list[LabelledTable], *, cryptic: bool) -> tuple[float, float, Counts]:
    """Recall, precision, and the counts by kind."""
    masked, wrongly, personal = 0, 0, 0
    kinds: dict[str, list[bool]] = defaultdict(list)
    by_name = {f"{each.name}_{each.locale}": each.cryptic() if cryptic else each for each in tables}
    plan = classify(source_of({name: table.data for name, table in by_name.items()}), (), Classification())
    for name, table in by_name.items():
        for column, decided in plan.tables[name].columns.items():
            truth, is_masked = table.truth[column], decided.operator != "keep"
            kinds[truth.kind].append(is_masked)
            personal += truth.is_personal
            masked += truth.is_personal and is_masked
            wrongly += is_masked and not truth.is_personal
    return masked / personal, masked / (masked + wrongly), {k: (sum(v), len(v)) for k, v in sorted(kinds.items())}


def report(title: str, recall: float, precision: float, kinds: Counts) -> None:
    print(f"\n{title}: recall {recall:.3f}, precision {precision:.3f}")
    print("  ".join(f"{kind} {masked}/{total}" for kind, (masked, total) in kinds.items()))


def test_halves_share_no_locale_and_are_large_enough(held_out: list[LabelledTable]) -> None:
    tuning = list(tuning_half(rows=1))
    assert not set(TUNING_LOCALES) & set(HELD_OUT_LOCALES)
    assert not {table.name for table in tuning} & {table.name for table in held_out}
    assert len(TUNING_LOCALES) + len(HELD_OUT_LOCALES) >= 20
    assert len(tuning) + len(held_out) >= 39


@pytest.mark.parametrize("cryptic", [False, True], ids=["plain", "cryptic"])
def test_held_out_tables_reach_the_designs_recall_and_precision(held_out: list[LabelledTable], cryptic: bool) -> None:
    recall, precision, kinds = figures(held_out, cryptic=cryptic)
    report("cryptic names" if cryptic else "plain names", recall, precision, kinds)
    assert recall >= 0.95
    assert precision >= 0.80


@pytest.fixture
def empty_gazetteer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gazetteer, "words", lambda name: pl.Series(name, [], dtype=pl.String))


@pytest.mark.usefixtures("empty_gazetteer")
def test_recall_does_not_hang_on_the_gazetteer(held_out: list[LabelledTable]) -> None:
    recall, precision, kinds = figures(held_out, cryptic=True)
    report("cryptic names, empty gazetteer", recall, precision, kinds)
    # What only the gazetteer sees: columns of few people under cryptic names.
    assert recall >= 0.95
    assert precision >= 0.80
