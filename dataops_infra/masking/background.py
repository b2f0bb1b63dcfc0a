"""Long work in a thread of its own, so that the thread that gets the signals can act on one at once.

Python handles a signal in its main thread, and only between two steps of its own: a sort or a search that takes seconds
in a library keeps Ctrl-C waiting. A thread cannot be ended from outside; work that nobody waits for any more ends by
itself, and what it gives is dropped.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")

THREADS = "dataops-work"
"""Names of threads that may still be at work when nobody waits for them begin so."""
PATIENCE = 0.1
"""Seconds between two looks: a wait without end would keep signals from being handled."""


def in_background(work: Callable[[], Given]) -> Given:
    """What ``work`` gives or raises.

    An exception in this thread, such as that of a signal, goes up without waiting for it.
    """
    given: list[Given] = []
    raised: list[BaseException] = []
    ended = threading.Event()

    def do() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            raised.append(error)
        finally:
            ended.set()

    threading.Thread(target=do, name=THREADS).start()
    while not ended.wait(PATIENCE):
        pass
    if raised:
        raise raised[0]
    return given[0]
