"""Batches that are made by a thread of their own while the driver sends the ones before."""

import threading
from collections.abc import Iterator
from queue import Full, Queue
from types import TracebackType
from typing import Self

import pyarrow as pa

from dataops_infra.masking.progress import Progress

_AHEAD = 2
"""Batches that wait at most."""
_LOOK_AGAIN = 0.1
"""Seconds after which a waiting thread looks whether anybody still wants its batch."""


class Feed:
    """Gives batches to a driver that pulls them, and keeps what went wrong meanwhile.

    The driver turns every exception into one of its own; the signal or error behind it is raised by
    :meth:`raise_own`.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch], progress: Progress) -> None:
        self._made, self._progress = batches, progress
        self._queue: Queue[pa.RecordBatch | BaseException | None] = Queue(_AHEAD)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._make, name="feed", daemon=True)
        self._own: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What the thread makes, in order."""
        try:
            while (item := self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
                self._progress.advance(item.num_rows)
        except BaseException as error:
            self._own = error
            raise

    def raise_own(self) -> None:
        """Raise what went wrong on this side, if anything did.

        :raises BaseException: it.
        """
        if self._own is not None and not isinstance(self._own, GeneratorExit):
            raise self._own

    def _make(self) -> None:
        try:
            for batch in self._made:
                if not self._put(batch):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the batches are taken
            self._put(error)

    def _put(self, item: pa.RecordBatch | BaseException | None) -> bool:
        """Whether somebody will take it."""
        while not self._is_over.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_AGAIN)
            except Full:
                continue
            return True
        return False
