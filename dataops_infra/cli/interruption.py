"""Ctrl-C, SIGTERM and the end of a terminal: long work tidies up and says that nothing came of it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from dataops_infra.errors import DataopsError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_REPEAT_SECONDS = 0.05


class _Interruption(BaseException):
    """A signal came; no ``except Exception`` on its way may take it for a failure."""


@contextmanager
def interruptible(
    error: type[DataopsError], work: str, consequence: str | Callable[[], str]
) -> Iterator[Callable[[], None]]:
    """Turn the first of these signals into an error; a later one finds the tidying up, or the telling, under way.

    After a signal they stay caught: the process is about to say what became of its work, and to end.

    What is yielded raises again where a signal came and its exception was lost: a library that calls back from C may
    drop one. To be called before anything that cannot be taken back.

    :param error: what to raise: "``work`` was interrupted (SIGINT); ``consequence``".
    :param consequence: a function is asked once all is tidied up.
    :raises DataopsError: a signal came.
    """
    received: list[signal.Signals] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        if len(received) == 1:
            raise _Interruption

    def stop_if_interrupted() -> None:
        if received:
            raise _Interruption

    # Ignored ones stay ignored: nohup.
    before = {n: signal.signal(n, interrupt) for n in _SIGNALS if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        with _repeated(lambda: not received):
            yield stop_if_interrupted
    except BaseException:
        # Whatever fails after a signal fails for it: its exception may strike within the steps of a lock.
        if not received:
            raise
        so = consequence if isinstance(consequence, str) else consequence()
        told = error(f"{work} was interrupted ({received[0].name}); {so}")
        told.is_interruption = True
        raise told from None
    finally:
        for number, handler in before.items() if not received else ():
            signal.signal(number, handler)


@contextmanager
def _repeated(is_unheard: Callable[[], bool]) -> Iterator[None]:
    """Send a signal to this thread again until Python's handler has run.

    Python only notes a signal and runs its handler before the next instruction. One that comes after the last
    instruction before a wait for a lock, and before the wait itself, would be heard when the wait is over: perhaps
    never. The number that Python writes to a descriptor at once tells another thread of it.
    """
    waiting = threading.get_ident()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    ended = threading.Event()

    def repeat() -> None:
        while (number := os.read(reader, 1)[0]) and not ended.is_set():
            while number in _SIGNALS and is_unheard() and not ended.wait(_REPEAT_SECONDS):
                signal.pthread_kill(waiting, number)

    thread = threading.Thread(target=repeat, name="signals", daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        ended.set()
        with suppress(BlockingIOError):  # full: the thread has something to read
            os.write(writer, b"\0")
        thread.join()
        os.close(reader)
        os.close(writer)
