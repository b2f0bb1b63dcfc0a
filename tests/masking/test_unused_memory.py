"""Memory that was let go of goes back to the system."""

import platform
from pathlib import Path

import numpy as np
import pytest

from dataops_infra.masking.unused_memory import _function, give_back, without_huge_pages


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def is_without_huge_pages() -> bool:
    """What the system says of this process (man 5 proc)."""
    return "THP_enabled:\t0" in Path("/proc/self/status").read_text()


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
    _function.cache_clear()
    assert _function("malloc_trim") is None
    give_back()
    with without_huge_pages():
        assert _function("prctl") is None
    _function.cache_clear()


@pytest.mark.skipif(platform.system() != "Linux", reason="Linux has this setting")
def test_huge_pages_are_not_made_meanwhile_and_somebodys_choice_stays() -> None:
    assert not is_without_huge_pages()
    with without_huge_pages():
        assert is_without_huge_pages()
        with without_huge_pages():
            assert is_without_huge_pages()
        assert is_without_huge_pages()
    assert not is_without_huge_pages()


@pytest.mark.skipif(platform.system() != "Linux", reason="Linux has this setting")
def test_failures_leave_the_setting_as_it_was() -> None:
    with pytest.raises(KeyError), without_huge_pages():
        raise KeyError
    assert not is_without_huge_pages()
