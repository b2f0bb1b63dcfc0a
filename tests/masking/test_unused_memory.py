"""Memory that was let go of goes back to the system."""

import platform
from pathlib import Path

import numpy as np
import pytest

from dataops_infra.masking.unused_memory import _trim, give_back


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives back")
def test_what_was_let_go_of_is_no_longer_resident() -> None:
    blocks = [np.ones(1 << 13) for _ in range(1600)]  # of 64 KiB each, so that they lie in the heap
    kept = blocks[::50]
    before = resident()
    del blocks
    give_back()
    assert resident() < before - (40 << 20)
    assert all(block.all() for block in kept)


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops_infra.masking.unused_memory.ctypes.CDLL", lambda _name: object())
    _trim.cache_clear()
    assert _trim() is None
    give_back()
    _trim.cache_clear()
