"""A hidden folder beside the target, on the same file system, where a copy is made before anybody sees it.

Its name follows from the target's, so the next run finds and removes what a killed one left. A lock on the folder
itself, which the system lets go of when its owner dies, keeps two runs from destroying each other's work.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.open_files import out_of_files, reserve_files

_PRIVATE = 0o700
_ATTEMPTS = 10


def staging_path(target: Path) -> Path:
    """The staging folder of ``target``."""
    return target.parent / f".{target.name}.masking"


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """An empty staging folder of ``target``, readable by its owner alone; whatever is left in it at the end is removed.

    :raises MaskingError: another run has it, or it cannot be made.
    """
    folder = staging_path(target)
    held: list[int] = []
    reserve = reserve_files()
    try:
        _lock(folder, target, held)
        _empty(folder)
        yield folder
    finally:
        reserve.close()
        if held:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held[0])


def _lock(folder: Path, target: Path, held: list[int]) -> None:
    """Make ``folder``, lock it, and note the lock in ``held`` at once: a signal may come at any point."""
    try:
        for _attempt in range(_ATTEMPTS):
            if _try_to_lock(folder, target, held):
                return
    except OSError as error:
        if out_of_files(error):
            raise
        raise MaskingError(
            f"{shown_path(target.parent)} cannot be written ({error.strerror}); choose another --target"
        ) from None
    raise MaskingError(f"other runs keep writing {shown_path(target)}; wait for them, or choose another --target")


def _try_to_lock(folder: Path, target: Path, held: list[int]) -> bool:
    """False: the owner of the folder finished just now, and took it away."""
    folder.mkdir(mode=_PRIVATE, exist_ok=True)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise MaskingError(
            f"another run is writing {shown_path(target)}; wait for it, or choose another --target"
        ) from None
    if not _is_same(folder, descriptor):
        os.close(descriptor)
        return False
    held.append(descriptor)
    folder.chmod(_PRIVATE)
    return True


def _is_same(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(folder.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
