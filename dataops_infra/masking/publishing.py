"""Puts a finished copy in the target's place by one rename, so that a reader sees nothing or all of it."""

import ctypes
import errno
import json
import os
from pathlib import Path

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.manifest import SCHEMA, manifest_path

_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def check_target(target: Path, source: Path, *, is_overwritten: bool) -> None:
    """Refuse, before any work is done, a target that nothing may be published to.

    :param is_overwritten: whether a former masked copy may be replaced.
    :raises MaskingError: it exists, is no masked copy, overlaps the source or cannot be written.
    """
    shown = shown_path(target)
    if not target.parent.is_dir():
        raise MaskingError(f"the target's folder {shown_path(target.parent)} does not exist; make it first")
    if target.is_symlink():  # perhaps in a circle, of which not even the place can be asked for
        raise MaskingError(f"the target {shown} is a link; name the place itself")
    real, real_source = target.resolve(), source.resolve()
    if real == real_source or real_source in real.parents or real in real_source.parents:
        raise MaskingError(
            f"the target {shown} overlaps the source {shown_path(source)}; choose a folder apart from it"
        )
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise MaskingError(
            f"the target's folder {shown_path(target.parent)} cannot be written; choose another --target"
        )
    if not target.exists():
        return
    if not is_overwritten:
        raise MaskingError(f"the target {shown} exists; choose another, or replace a former copy with --overwrite")
    if not _is_masked_copy(target) or target.is_dir() != source.is_dir():
        raise MaskingError(
            f"the target {shown} is no masked copy that an earlier run made of such a source: it is not overwritten; "
            "choose another, or remove it yourself"
        )


def sync(folder: Path) -> None:
    """Bring everything below ``folder`` to the disk."""
    for path, _folders, files in os.walk(folder):
        for name in files:
            _fsync(Path(path, name))
        _fsync(Path(path))


def publish(staged: Path, target: Path, aside: Path) -> None:
    """Move ``staged`` to ``target`` in one step; what stood there moves to ``aside``.

    Where the system cannot exchange two names (not Linux, some network file systems), the former copy is moved away
    first: for that moment there is no target, and one that cannot be replaced is put back.

    :raises MaskingError: somebody else made the target meanwhile, or it cannot be renamed.
    """
    try:
        if target.exists():
            _exchange(staged, target, aside)
        else:
            _rename_new(staged, target)
        _fsync(target.parent)
    except OSError as error:
        raise MaskingError(
            f"{shown_path(target)} could not be published ({error.strerror}); what stood there is untouched"
        ) from None


def _is_masked_copy(target: Path) -> bool:
    path = manifest_path(target)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def _exchange(staged: Path, target: Path, aside: Path) -> None:
    if _renameat2(staged, target, _EXCHANGE):
        staged.rename(aside)
        return
    try:
        target.rename(aside)
        staged.rename(target)
    except BaseException:  # a signal's too: what lies aside is removed with the staging folder
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise


def _rename_new(staged: Path, target: Path) -> None:
    if not _renameat2(staged, target, _NO_REPLACE):
        staged.rename(target)


def _renameat2(old: Path, new: Path, flags: int) -> bool:
    """Rename as ``flags`` say; False = this system cannot."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return False
    if function(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), ctypes.c_uint(flags)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(new))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
