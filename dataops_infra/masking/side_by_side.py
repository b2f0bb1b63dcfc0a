"""Several pieces of work in threads of this process, which numpy, polars and Arrow let run at the same time."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from dataops_infra.masking.background import THREADS

Given = TypeVar("Given")
Piece = Callable[[threading.Event], Given]
"""Work that looks, now and then, whether it is still wanted: not any more once the event is set."""


def side_by_side(pieces: Sequence[Piece[Given]], threads: int) -> list[Given]:
    """What each piece gives, in their order; so many threads, this one among them, begin them in that order.

    :raises BaseException: what the first piece raised that failed; the others are told to stop, and waited for.
    """
    stop = threading.Event()
    given: dict[int, Given] = {}
    raised: dict[int, BaseException] = {}
    waiting = deque(enumerate(pieces))

    def work() -> None:
        while not stop.is_set():
            try:
                number, piece = waiting.popleft()
            except IndexError:
                return
            try:
                given[number] = piece(stop)
            except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
                raised[number] = error
                stop.set()

    others = [threading.Thread(target=work, name=THREADS) for _ in range(1, min(threads, len(pieces)))]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if raised:
        raise raised[min(raised)]
    return [given[number] for number in range(len(pieces))]
