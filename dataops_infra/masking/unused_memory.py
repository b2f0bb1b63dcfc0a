"""Memory that was let go of, given back to the system: allocators keep it otherwise, and more of it in each thread."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pyarrow as pa

_SET_THP_DISABLE, _GET_THP_DISABLE = 41, 42
"""Of ``prctl`` (linux/prctl.h): huge pages of the calling process."""


def give_back() -> None:
    """Return the free pages of glibc's ``malloc`` and of Arrow's pool; some 20 ms, so where much was let go of at once.

    Other C libraries keep theirs.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)
    pa.default_memory_pool().release_unused()


@contextmanager
def without_huge_pages() -> Iterator[None]:
    """Meanwhile Linux makes no huge pages of this process's memory.

    Where libraries ask for these, a thread of the kernel (khugepaged) fills what lies unused between the pages in use,
    given back or not, some megabytes a second (linux: Documentation/admin-guide/mm/transhuge.rst, max_ptes_none). So
    the longer a run takes, the more memory it has.
    """
    control = _function("prctl")
    if control is None or control(_GET_THP_DISABLE, 0, 0, 0, 0):  # no Linux, or somebody's choice
        yield
        return
    control(_SET_THP_DISABLE, 1, 0, 0, 0)
    try:
        yield
    finally:
        control(_SET_THP_DISABLE, 0, 0, 0, 0)


@cache
def _function(name: str) -> Callable[..., Any] | None:
    """A function of the C library (man 3 malloc_trim, man 2 prctl), where it has this one."""
    try:
        return getattr(ctypes.CDLL(None), name)  # type: ignore[no-any-return]
    except (AttributeError, OSError, TypeError):  # another C library, or a platform without one for the process
        return None
