"""Ends what a preview started and what left its process group: a session of its own, a daemon forked twice.

Such a process still carries the environment it was started with, in which every preview has a mark of its own. Linux
shows it; elsewhere nothing is found. Used by both ends of a preview, hence the standard library only.
"""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "DATAOPS_PREVIEW_RUN"
"""The variable that holds a preview's mark."""
WORKDIR_PREFIX = "dataops-preview-"
_PROCESSES = Path("/proc")
_END_SECONDS = 2.0
_PAUSE_SECONDS = 0.005
_TRIES = 5


def end_marked(mark: str) -> None:
    """Kill every process but this one that carries ``mark``, until there is none; "" is nobody's."""
    deadline = time.monotonic() + _END_SECONDS
    empty = 0
    # Twice none, because a process may fork behind the look's back and end before the look comes to it.
    while mark and empty < 2 and time.monotonic() < deadline:
        found = list(_marked(mark))
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        empty = 0 if found else empty + 1
        time.sleep(_PAUSE_SECONDS)


def remove_workdir(folder: Path) -> None:
    """Remove a preview's working folder while its program may still write there; no other folder."""
    if not folder.name.startswith(WORKDIR_PREFIX):
        return
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def _marked(mark: str) -> Iterator[int]:
    entry = f"{MARK}={mark}".encode()
    for folder in _PROCESSES.iterdir() if _PROCESSES.is_dir() else ():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):  # it has ended, or is somebody else's
                if entry in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)
