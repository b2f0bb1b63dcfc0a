"""Pieces of work in several threads."""

import threading
from functools import partial

import pytest

from dataops_infra.masking.side_by_side import side_by_side


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("pieces", [0, 1, 3, 7])
def test_gives_what_each_piece_gives_in_their_order(threads: int, pieces: int) -> None:
    def give(number: int, stop: threading.Event) -> int:
        assert not stop.is_set()
        return number

    assert side_by_side([partial(give, number) for number in range(pieces)], threads) == list(range(pieces))


def test_pieces_are_at_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=120)

    def meet(_stop: threading.Event) -> str:
        meeting.wait()
        return threading.current_thread().name

    names = side_by_side([meet] * 3, 3)
    assert len(names) == 3
    assert threading.current_thread().name in names


@pytest.mark.parametrize("failing", [0, 1])
def test_first_failure_stops_the_others_and_is_raised(failing: int) -> None:
    begun = threading.Event()

    def fail(_stop: threading.Event) -> None:
        assert begun.wait(10)
        raise ValueError(failing)

    def wait(stop: threading.Event) -> None:
        begun.set()
        assert stop.wait(10)

    def never(_stop: threading.Event) -> None:
        pytest.fail("it was begun")

    pieces = [fail, wait] if failing == 0 else [wait, fail]
    before = threading.active_count()
    with pytest.raises(ValueError, match=str(failing)):
        side_by_side([*pieces, never], 2)
    assert threading.active_count() == before
