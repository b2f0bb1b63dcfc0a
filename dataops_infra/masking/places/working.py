"""The private folder in which fetched tables and unfinished copies lie while a command runs.

It holds originals: only its owner can read it, and it is removed at the end, also after a signal. What a killed run
left is removed by the next one of the same user: a lock, which the system lets go of when its owner dies, tells which
folders are in use.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.open_files import out_of_files, reserve_files

PREFIX = ".dataops-mask-"
_FULL = {ENOSPC: "No space left on device", EDQUOT: "Disk quota exceeded"}


@contextmanager
def working_folder(within: Path | None = None) -> Iterator[Path]:
    """An empty folder below ``within``, or below the system's folder for temporary files.

    :raises MaskingError: it cannot be made there.
    """
    root = within if within is not None else Path(tempfile.gettempdir())
    held: list[tuple[Path, int]] = []
    reserve = reserve_files()
    try:
        try:
            _remove_abandoned(root)
            while not _make(root, held):
                pass  # another run took the new folder for an abandoned one
        except OSError as error:
            if out_of_files(error):
                raise
            raise MaskingError(
                f"no working folder can be made in {shown_path(root)} ({error.strerror}); name another by --work-dir"
            ) from None
        yield held[0][0]
    finally:
        reserve.close()
        for folder, descriptor in held:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def why_unwritten(error: Exception) -> str:
    """Why something could not be written, as the system calls it; libraries hide that in their texts."""
    full = next((said for said in _FULL.values() if said in str(error)), None)
    if full is not None:
        return full
    why = error.strerror if isinstance(error, OSError) and error.errno is not None else type(error).__name__
    return str(why).partition(".")[0]


def remedy(path: Path) -> str:
    """What to do where ``path`` cannot be written: in a working folder the target is not at fault."""
    if any(part.startswith(PREFIX) for part in path.parts):
        return "make room in the folder for what is fetched, or name another by --work-dir"
    return "make room or choose another target"


def _make(root: Path, held: list[tuple[Path, int]]) -> bool:
    """Make and lock a folder, noted in ``held`` at once: a signal may come at any point. False = it is gone again."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))  # mkdtemp: mode 0700
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    held.append((folder, descriptor))
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if folder.exists():
        return True
    os.close(held.pop()[1])
    return False


def _remove_abandoned(root: Path) -> None:
    for folder in root.glob(f"{PREFIX}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # somebody else's, or no folder
        try:
            if os.fstat(descriptor).st_uid == os.geteuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # in use
        finally:
            os.close(descriptor)
