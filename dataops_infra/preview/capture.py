"""The output of a process, read to its end and kept in part: a program may print more than anybody wants to hold."""

import os
import threading
from dataclasses import dataclass
from typing import IO

HEAD_BYTES = 128 * 1024
TAIL_BYTES = 128 * 1024
"""What is kept of each stream."""
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Captured:
    """What a process wrote: the text, with a line that says what was left out, and how much it was in all."""

    text: str
    lines: int
    bytes: int

    @property
    def complete(self) -> bool:
        """Whether the text is all there was."""
        return self.bytes <= HEAD_BYTES + TAIL_BYTES


class Capture:
    """Reads a stream by a thread of its own, so that its writer never waits, and keeps its start and its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._head, self._tail = bytearray(), bytearray()
        self._bytes = self._lines = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        descriptor = self._stream.fileno()
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            with self._lock:
                self._bytes += len(chunk)
                self._lines += chunk.count(b"\n")
                room = HEAD_BYTES - len(self._head)
                self._head += chunk[:room]
                self._tail += chunk[room:]
                del self._tail[:-TAIL_BYTES]

    def finish(self, seconds: float) -> None:
        """Wait for the end of the stream and close it; a process that outlived its session may keep it open longer."""
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._stream.close()

    def text(self) -> Captured:
        """What was written so far."""
        with self._lock:
            head, tail = bytes(self._head), bytes(self._tail)
            left_out = self._bytes - len(head) - len(tail)
            lines, total = self._lines, self._bytes
        if left_out <= 0:
            return Captured((head + tail).decode(errors="replace"), lines, total)
        # Whole lines only, so that no half of one passes for a line.
        head, _, _ = head.rpartition(b"\n")
        _, _, tail = tail.partition(b"\n")
        text = f"{head.decode(errors='replace')}\n… {left_out:,} bytes left out …\n{tail.decode(errors='replace')}"
        return Captured(text, lines, total)
