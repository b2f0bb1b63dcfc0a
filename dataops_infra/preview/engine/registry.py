"""What has been registered so far, and whether the preview still makes sense."""

import threading
import time
from pathlib import Path

from .records import Diagnostic, EngineFailure, ResourceRecord

_PROGRESS_SECONDS = 0.2


class Registry:
    """Resources in the order of their registration, diagnostics, and the first failure. Safe to use from threads.

    :param progress: file that is told the number of resources now and then, or None.
    """

    def __init__(self, progress: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.records: list[ResourceRecord] = []
        self.diagnostics: list[Diagnostic] = []
        self.placeholders: list[tuple[str, str]] = []
        self.failure: EngineFailure | None = None
        self.parents: dict[str, str] = {}
        self._by_urn: dict[str, ResourceRecord] = {}
        self._reserved: dict[str, ResourceRecord] = {}
        self._progress = progress
        self._next_progress = 0.0

    def fail(self, failure: EngineFailure) -> EngineFailure:
        """Remember the first failure, which ends the preview; returns ``failure`` to be raised."""
        with self.lock:
            self.failure = self.failure or failure
        return failure

    def check(self) -> None:
        """Raise the failure there was, so that a program does not go on for nothing.

        :raises EngineFailure: the first failure.
        """
        if self.failure is not None:
            raise self.failure

    def reserve(self, record: ResourceRecord) -> None:
        """Take the URN of ``record``.

        :raises EngineFailure: it is taken (kind ``duplicate``, naming both places).
        """
        with self.lock:
            first = self._reserved.setdefault(record.urn, record)
            if first is record:
                self.parents[record.urn] = record.parent
                return
        raise EngineFailure(
            "duplicate",
            f"Duplicate resource URN '{record.urn}'; try giving it a unique name",
            source=record.source.place() if record.source else None,
            where=first.source.place() if first.source else None,
        )

    def add(self, record: ResourceRecord) -> None:
        """List a resource; what it depends on has been listed before."""
        with self.lock:
            self._reserved.setdefault(record.urn, record)
            self._by_urn[record.urn] = record
            self.records.append(record)
            self._tell_progress()

    def get(self, urn: str) -> ResourceRecord | None:
        """The resource with that URN."""
        return self._by_urn.get(urn)

    def say(self, severity: str, message: str, urn: str = "") -> None:
        """Keep a message for people.

        Takes no lock: a pack may log while the thread that holds the lock waits for that pack's answer.
        """
        self.diagnostics.append(Diagnostic(severity, message, urn))

    def _tell_progress(self) -> None:
        now = time.monotonic()
        if self._progress is not None and now >= self._next_progress:
            self._next_progress = now + _PROGRESS_SECONDS
            self._progress.write_text(str(len(self.records)), encoding="ascii")
