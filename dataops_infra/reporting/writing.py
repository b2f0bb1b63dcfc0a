"""Reports into files: whole or not at all."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from dataops_infra.errors import InvalidInputError

_NEW_FILE_MODE = 0o666


_WRITTEN_BY_PEOPLE = re.compile(r"Pulumi(\..+)?\.(yaml|yml|json)|PulumiPolicy\..+|dataops\.yaml|.+\.py")
"""Programs and their configuration: no report has such a name, and one in its place is lost work."""


def check_writable(
    path: Path,
    inputs: Iterable[Path] = (),
    *,
    option: str = "--output",
    data: Iterable[Path] = (),
    replaces: Callable[[Path], bool] | None = None,
    kind: str = "report",
) -> None:
    """Refuse, before any work is done, a path that no report can be written to.

    :param inputs: files that are read: a report in their place would be the end of them.
    :param option: what the path was given by.
    :param data: files and folders of data: nothing is written in their place or below them.
    :param replaces: whether an existing file may be replaced; none = any may.
    :param kind: what is written, in one word.
    :raises InvalidInputError: it is a folder, a program, its configuration or one of ``inputs``, lies below ``data``,
        would replace what it must not, or its folder does not exist or is not writable.
    """
    target = path.resolve()
    if _WRITTEN_BY_PEOPLE.fullmatch(target.name) or target in {each.resolve() for each in inputs}:
        raise InvalidInputError(option, "a file of its own, no program and no file that is read here", str(path))
    if any(target.is_relative_to(each.resolve()) for each in data):
        raise InvalidInputError(option, f"a file of its own, outside the data: a {kind} is no part of it", str(path))
    if path.is_dir():
        raise InvalidInputError(option, "the path of a file", str(path))
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InvalidInputError(option, f"a file in a folder that exists ({folder} does not)", str(path))
    if not os.access(folder, os.W_OK) and not _is_special(path):
        raise InvalidInputError(option, f"a file in a folder that can be written ({folder} cannot)", str(path))
    if replaces is not None and path.is_file() and not replaces(path):
        raise InvalidInputError(option, f"a new file, or an earlier {kind} (this is neither: it stays)", str(path))


def write_report(path: Path, text: str, option: str = "--output") -> None:
    """Write ``text`` so that a reader finds the former file or the whole new one, and never a part of it.

    A link is followed; a device or a pipe is written to as it is.

    :raises InvalidInputError: the file cannot be written.
    """
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        target = path.resolve()
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(_mode_of(target))
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(option, f"a file that can be written ({error.strerror})", str(path)) from None


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _mode_of(target: Path) -> int:
    """The mode the file has, or that of a new file under this process's umask."""
    if target.exists():
        return target.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return _NEW_FILE_MODE & ~umask
