"""Tells the supervisor which pack the preview is waiting for, so that a time-out blames who was slow."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

FILE = "waiting"
"""In the working folder: what has not been finished for a while; empty when nothing is waited for."""
_TICK_SECONDS = 0.2


class Waits:
    """The waits under way; :meth:`tell` writes the oldest that lasts, looking now and then, as most take no time."""

    def __init__(self) -> None:
        self._open: dict[object, str] = {}
        self._closed = threading.Event()

    @contextlib.contextmanager
    def on(self, sentence: str) -> Iterator[None]:
        """A wait: ``sentence`` says what has not been done, such as ``policy pack x did not finish judging y``."""
        key = object()
        self._open[key] = sentence
        try:
            yield
        finally:
            del self._open[key]

    def tell(self, folder: Path) -> None:
        """Begin to write :data:`FILE` in ``folder``."""
        threading.Thread(target=self._watch, args=(folder / FILE,), name="waits", daemon=True).start()

    def close(self) -> None:
        """Write nothing more."""
        self._closed.set()

    def _watch(self, path: Path) -> None:
        before: dict[object, str] = {}
        told = ""
        while not self._closed.wait(_TICK_SECONDS):
            now = dict(self._open)
            lasting = next((sentence for key, sentence in now.items() if key in before), "")
            if lasting != told:
                told = lasting
                with contextlib.suppress(OSError):  # the folder goes when the supervisor does
                    path.write_text(told, encoding="utf-8")
            before = now
