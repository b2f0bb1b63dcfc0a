"""The exports that a command line means: files, folders, globs and ``-``, each file once."""

import contextlib
import fcntl
import glob
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from dataops_infra.errors import DataopsError, InvalidInputError

STDIN = "-"
STDIN_NAME = "<stdin>"
_PATTERN = "*.json"
_COMPRESSED = "*.json.gz"
_BACKEND, _BACKEND_STACKS = ".pulumi", "stacks"
"""A file backend, and the folder in it that holds each stack's present state; beside it lie history, backups, locks,
and in a home folder credentials."""
_DESCRIPTORS = ("/dev", "/proc")
"""Where pipes of the shell (``<(…)``) and of the caller lie."""
_CHUNK_BYTES = 1024 * 1024
_FIRST_FREE_DESCRIPTOR = 3


@dataclass(frozen=True)
class Named:
    """One export as reports name it, and where it can be read; ``problem`` says why it is not.

    ``descriptor`` is the open file behind a ``path`` that only processes to which it is passed on can read.
    """

    shown: str
    path: Path | None
    problem: str = ""
    descriptor: int | None = None


@dataclass
class Expanded:
    """The exports of a command line in its order, and sentences about what folders hold beside.

    As a context it closes, at its end, what was read from pipes.
    """

    exports: list[Named] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __enter__(self) -> "Expanded":
        return self

    def __exit__(self, *_: object) -> None:
        for named in self.exports:
            if named.descriptor is not None:
                os.close(named.descriptor)


def expand(arguments: Sequence[str], maximum_bytes: int, output: Path | None = None) -> Expanded:
    """The exports that ``arguments`` name, in their order.

    A file that exists is meant as it is, whatever characters it is called by; a folder stands for every ``*.json`` in
    it and below, save that of a file backend only the stacks are meant. A file that folders or globs meet twice is
    judged once; one that is named twice is a problem. What can be read only once, ``-`` and pipes, is kept in files
    without a name, so that nothing of it is ever left on the disk, and at most one byte more than ``maximum_bytes``.

    :param output: the file that the report replaces: a folder's report of an earlier run is left out.
    :raises DataopsError: nothing is named, an argument is empty, or ``output`` is one of the exports.
    """
    if not arguments:
        raise InvalidInputError("STATE.json", "at least one exported stack", [])
    if "" in arguments:
        raise DataopsError(f"argument {list(arguments).index('') + 1} is empty: name a file or folder")
    expanded = Expanded()
    replaced = output.resolve() if output and output.is_file() else None
    seen: dict[object, str] = {}
    try:
        for argument in arguments:
            if argument == STDIN and STDIN in seen:
                expanded.exports.append(Named(STDIN_NAME, None, "is named twice; name it once"))
                continue
            for named, is_explicit in _of(argument, maximum_bytes, expanded.notes):
                place = named.path.resolve() if named.path else object()
                key = STDIN if argument == STDIN else place
                if replaced is not None and place == replaced:
                    if not is_explicit and _is_replaceable(replaced):
                        continue
                    raise DataopsError(f"--output is one of the exports ({named.shown}): name another file")
                if key not in seen:
                    seen[key] = named.shown
                    expanded.exports.append(named)
                elif is_explicit:
                    expanded.exports.append(Named(named.shown, None, f"is the same file as {seen[key]}; name it once"))
    except BaseException:
        expanded.__exit__()
        raise
    return expanded


def _is_replaceable(path: Path) -> bool:
    """Whether the file is an earlier report, or empty: nothing is lost when a report takes its place."""
    try:
        document = json.loads(path.read_bytes() or b'{"schema": "dataops."}')
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(document, dict) or "deployment" in document or "checkpoint" in document:
        return False
    return str(document.get("schema", "")).startswith("dataops.") or "sarif" in str(document.get("$schema", ""))


def _of(argument: str, maximum_bytes: int, notes: list[str]) -> Iterator[tuple[Named, bool]]:
    path = Path(os.path.expanduser(argument))  # noqa: PTH111 - of a user that does not exist it leaves the name
    if argument == STDIN:
        yield _standard_input(maximum_bytes), True
    elif stat.S_ISDIR(_mode(path)):
        yield from _below(argument, path, notes)
    elif os.path.lexists(path):
        yield _file(path, maximum_bytes), True
    elif glob.has_magic(argument):
        matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - may be absolute
        files = [match for match in matches if not stat.S_ISDIR(_mode(match))]
        yield from _listed(argument, [_file(match, maximum_bytes) for match in files], "matches no file")
    else:
        yield Named(shown_path(path), None, "does not exist; name an exported stack"), True


def _below(argument: str, folder: Path, notes: list[str]) -> Iterator[tuple[Named, bool]]:
    """The exports in a folder and below; a folder that is a link is not entered: it may lead in a circle."""
    found: list[Named] = []
    compressed = 0
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(place)
        if (here.resolve() if here == folder else here).name == _BACKEND:
            folders[:], names = [name for name in folders if name == _BACKEND_STACKS], []
        compressed += sum(fnmatch(name, _COMPRESSED) for name in names)
        paths = [here / name for name in names if fnmatch(name, _PATTERN)]
        found += [_file(path, 0) for path in paths if _mode(path) == 0 or stat.S_ISREG(_mode(path))]
    found += [_unreadable(Path(error.filename), error) for error in unreadable]
    if compressed:
        files = "1 file is" if compressed == 1 else f"{compressed} files are"
        notes.append(f"{argument}: {files} compressed ({_COMPRESSED}) and left out; unpack with gunzip to audit them")
    yield from _listed(argument, sorted(found, key=lambda named: named.shown.split("/")), f"holds no {_PATTERN}")


def _listed(argument: str, files: Sequence[Named], otherwise: str) -> Iterator[tuple[Named, bool]]:
    if not files:
        yield Named(argument, None, f"{otherwise}; name exported stacks"), True
    for named in files:
        yield named, False


def _standard_input(maximum_bytes: int) -> Named:
    if sys.stdin is None:
        return Named(STDIN_NAME, None, "standard input is closed; pipe an exported stack into it")
    try:
        return _kept(STDIN_NAME, sys.stdin.buffer, maximum_bytes)
    except OSError as error:
        return Named(STDIN_NAME, None, f"cannot be read ({error.strerror}); pipe an exported stack into it")


def _file(path: Path, maximum_bytes: int) -> Named:
    shown = shown_path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return Named(shown, path)
        if stat.S_ISFIFO(mode) and not path.absolute().as_posix().startswith(_DESCRIPTORS):
            # Whoever opens it waits, perhaps for ever, for somebody who writes.
            return Named(shown, None, f"is a named pipe; use `dataops audit - < {shown}`")
        with path.open("rb") as stream:
            return _kept(shown, stream, maximum_bytes)
    except OSError as error:
        return _unreadable(path, error)


def _mode(path: Path) -> int:
    """What kind of file it is; 0 = nobody knows, as of a link that leads nowhere."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _unreadable(path: Path, error: OSError) -> Named:
    return Named(shown_path(path), None, f"cannot be read ({error.strerror}); name a file that this user may read")


def _kept(shown: str, stream: IO[bytes], maximum_bytes: int) -> Named:
    """A copy in a file without a name: an export may hold secrets, and this process may be killed."""
    with tempfile.TemporaryFile() as copy:
        left = maximum_bytes + 1
        while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            copy.write(chunk)
            left -= len(chunk)
        copy.seek(0)
        # Not one of 0 to 2, should these be closed: a process that is passed it has those of its own.
        descriptor = fcntl.fcntl(copy.fileno(), fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE_DESCRIPTOR)
    return Named(shown, Path(f"/dev/fd/{descriptor}"), descriptor=descriptor)


def shown_path(path: Path) -> str:
    """Relative to the current folder where it lies below it, in POSIX spelling."""
    with contextlib.suppress(ValueError):
        return path.absolute().relative_to(Path.cwd()).as_posix()
    return path.as_posix()
