"""The exports that a command line means: files, folders, globs and ``-``, each file once."""

import contextlib
import glob
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dataops_infra.errors import InvalidInputError

STDIN = "-"
STDIN_NAME = "<stdin>"
_PATTERN = "*.json"
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Named:
    """One export as reports name it, and where it can be read; ``problem`` says why it is not."""

    shown: str
    path: Path | None
    problem: str = ""


def expand(arguments: Sequence[str], spool: Path, maximum_bytes: int) -> list[Named]:
    """The exports that ``arguments`` name, in their order.

    A file that exists is meant as it is, whatever characters it is called by; a folder stands for every ``*.json`` in
    it and below. A file that folders or globs meet twice is judged once; one that is named twice is a problem.

    :param spool: a folder for what can be read only once: ``-`` and pipes, of which at most one byte more than
        ``maximum_bytes`` is kept.
    :raises InvalidInputError: nothing is named.
    """
    if not arguments:
        raise InvalidInputError("STATE.json", "at least one exported stack", [])
    found: list[Named] = []
    seen: dict[object, str] = {}
    for argument in arguments:
        for named, is_explicit in _of(argument, spool, maximum_bytes):
            key = named.path.resolve() if named.path else object()
            if key not in seen:
                seen[key] = named.shown
                found.append(named)
            elif is_explicit:
                found.append(Named(named.shown, None, f"is the same file as {seen[key]}; name it once"))
    return found


def _of(argument: str, spool: Path, maximum_bytes: int) -> Iterator[tuple[Named, bool]]:
    path = Path(argument).expanduser()
    if argument == STDIN:
        yield Named(STDIN_NAME, _spooled(sys.stdin.buffer, spool, maximum_bytes)), True
    elif path.is_dir():
        yield from _listed(argument, sorted(p for p in path.rglob(_PATTERN) if p.is_file()), f"holds no {_PATTERN}")
    elif os.path.lexists(path):
        yield _file(path, spool, maximum_bytes), True
    elif glob.has_magic(argument):
        matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - may be absolute
        yield from _listed(argument, [match for match in matches if match.is_file()], "matches no file")
    else:
        yield Named(shown_path(path), None, "does not exist; name an exported stack"), True


def _listed(argument: str, files: Sequence[Path], otherwise: str) -> Iterator[tuple[Named, bool]]:
    if not files:
        yield Named(argument, None, f"{otherwise}; name exported stacks"), True
    for path in files:
        yield Named(shown_path(path), path), False


def _file(path: Path, spool: Path, maximum_bytes: int) -> Named:
    shown = shown_path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return Named(shown, path)
        with path.open("rb") as stream:
            return Named(shown, _spooled(stream, spool, maximum_bytes))
    except OSError as error:
        return Named(shown, None, f"cannot be read ({error.strerror}); name a file that this user may read")


def _spooled(stream: IO[bytes], spool: Path, maximum_bytes: int) -> Path:
    """A copy that only this user may read: an export may hold secrets."""
    descriptor, name = tempfile.mkstemp(dir=spool, suffix=".json")
    with os.fdopen(descriptor, "wb") as copy:
        left = maximum_bytes + 1
        while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            copy.write(chunk)
            left -= len(chunk)
    return Path(name)


def shown_path(path: Path) -> str:
    """Relative to the current folder where it lies below it, in POSIX spelling."""
    with contextlib.suppress(ValueError):
        return path.absolute().relative_to(Path.cwd()).as_posix()
    return path.as_posix()
