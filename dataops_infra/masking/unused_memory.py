"""Memory that was let go of, given back to the system: allocators keep it otherwise, and more of it in each thread."""

import ctypes
from collections.abc import Callable
from functools import cache

import pyarrow as pa


def give_back() -> None:
    """Return the free pages of glibc's ``malloc`` and of Arrow's pool; some 20 ms, so where much was let go of at once.

    Other C libraries keep theirs.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
    pa.default_memory_pool().release_unused()


@cache
def _trim() -> Callable[[int], int] | None:
    """``malloc_trim`` (glibc, man 3 malloc_trim), where there is one."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, or a platform without one for the process
        return None
