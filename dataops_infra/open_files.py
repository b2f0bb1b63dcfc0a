"""The limit of files that a process may have open, which is told as what it is and not as the fault of a file."""

import errno
import os
import resource
from contextlib import ExitStack
from pathlib import Path

_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)
RESERVED = 8
"""Removing a tree opens its folders, one for each level, and one more."""
NEEDED = 8
"""The least that masking has open beside them; polars ends in a panic, with pages of its own, where it gets too few."""


def out_of_files(error: BaseException) -> str:
    """What to do where ``error`` came of too many open files; empty where it did not."""
    number = getattr(error, "errno", None)
    if number not in _OUT_OF_FILES:
        return ""
    if number == errno.ENFILE:
        return "this machine has too many files open (ENFILE); end other programs, or raise fs.file-max"
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return f"more than {limit} files would be open at once, the limit of this process; raise it: ulimit -n 1024"


def reserve_files() -> ExitStack:
    """Open files of no use, closed before what must open some whatever failed before: removing what is unfinished.

    :raises OSError: so many cannot be open, and those that the work itself needs.
    """
    with ExitStack() as opening, ExitStack() as trying:
        for _ in range(RESERVED):
            opening.enter_context(Path(os.devnull).open("rb"))
        for _ in range(NEEDED):
            trying.enter_context(Path(os.devnull).open("rb"))
        return opening.pop_all()
