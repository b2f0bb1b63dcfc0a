"""presidio's vote: it names what nothing else knew and masks what would be kept, and never the other way round."""

import socket

import pyarrow as pa
import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.errors import MaskingError
from dataops_infra.masking.classify import Choices, classify, presidio_vote
from dataops_infra.masking.plan import ColumnPlan
from tests.support.tables import source_of

INDIAN_PANS = [f"ABCP{chr(65 + i % 26)}{1000 + i}K" for i in range(30)]
CODES = [f"{i * 7919:x}zq" for i in range(30)]


def voted(values: list[object], name: str = "c1") -> ColumnPlan:
    data = {"t": pa.table({name: values})}
    return classify(source_of(data), (), Classification(), Choices(presidio=True)).tables["t"].columns[name]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the vote asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_it_names_what_nothing_else_knew() -> None:
    without = classify(source_of({"t": pa.table({"c1": INDIAN_PANS})}), (), Classification()).tables["t"].columns["c1"]
    assert without.classification == "unknown"
    column = voted(list(INDIAN_PANS))
    assert (column.classification, column.score) == ("national_id", 0.7)
    assert column.reason.startswith("presidio takes ")


def test_it_masks_what_a_weak_name_would_keep() -> None:
    assert voted(list(INDIAN_PANS), "item_code_name").operator != "keep"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (CODES, "unknown"),
        ([f"p{i}@example.org" for i in range(30)], "email"),
        (["yes", "no"] * 15, "flag"),
        ([1, 2, 3] * 10, "measure"),
        ([None] * 30, "unknown"),
    ],
)
def test_it_leaves_everything_else(values: list[object], kind: str) -> None:
    assert voted(list(values)).classification == kind


def test_a_mention_within_a_longer_value_does_not_count() -> None:
    assert (
        voted([f"call {i} about {nino} once more" for i, nino in enumerate(INDIAN_PANS)]).classification
        != "national_id"
    )


def test_without_presidio_it_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presidio_vote.util, "find_spec", lambda _name: None)
    with pytest.raises(MaskingError, match="--presidio needs presidio, which is not installed"):
        classify(source_of({}), (), Classification(), Choices(presidio=True))
