"""Which lines of a call stack are the user's own: what a finding points at."""

import json
import site
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from .records import Frame

_LIBRARY_FOLDERS = ("site-packages", "dist-packages")
_LIBRARY = Path(__file__).parents[2]
"""This library, whose components the program may use: it is not the user's even where it is installed as editable."""


class UserCode:
    """Tells the user's files from those of libraries, the interpreter and the engine.

    The user's are all files of the repositories of the project and the program, and every other file that is in no
    library folder (code shared by several projects). Library folders are those of interpreters and virtualenvs,
    wherever they are, this library itself, and what is installed in editable form from elsewhere.

    :param roots: absolute folders of the user's own code.
    :param editable: folders that distributions are installed from in editable form; by default those of this Python.
    """

    def __init__(self, roots: Iterable[Path], editable: Iterable[str] | None = None) -> None:
        self._roots = tuple({str(folder) for root in roots for folder in (root, _repository(root))})
        # Scripts too: a virtual environment often stands inside the repository.
        interpreter = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "scripts")}
        self._foreign = tuple(
            f"{folder}/" for folder in {*interpreter, *site.getsitepackages(), str(_LIBRARY), sys.base_prefix + "/lib"}
        )
        installed = _editable_folders() if editable is None else editable
        self._editable = tuple(f"{folder}/" for folder in installed)
        self.owns = lru_cache(maxsize=None)(self._owns)
        self._path_of = lru_cache(maxsize=None)(_path_of_uri)

    def _owns(self, path: str) -> bool:
        if not path.startswith("/") or any(folder in path.split("/") for folder in _LIBRARY_FOLDERS):
            return False
        if path.startswith(self._foreign):
            return False
        if any(path == root or path.startswith(f"{root}/") for root in self._roots):
            return True
        return not path.startswith((f"{sys.prefix}/", *self._editable))

    def frames_of(self, frames: Iterable[FrameType]) -> list[Frame]:
        """The user's among live frames, in their order."""
        return [
            Frame(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            for frame in frames
            if self.owns(frame.f_code.co_filename)
        ]

    def frames_of_stack(self, stack: Any) -> list[Frame]:
        """The user's frames of a ``pulumirpc.StackTrace``, innermost first (it names no functions)."""
        frames = []
        for frame in stack.frames:
            path = self._path_of(frame.pc.uri)
            if self.owns(path):
                frames.append(Frame(path, frame.pc.line))
        return frames

    def frame_of_position(self, position: Any) -> Frame | None:
        """The ``pulumirpc.SourcePosition`` when it is in the user's own code."""
        path = self._path_of(position.uri)
        return Frame(path, position.line) if self.owns(path) else None

    def frames_of_traceback(self, trace: TracebackType | None) -> list[Frame]:
        """The user's frames of an exception, outermost first, each with its source line."""
        return [
            Frame(summary.filename, summary.lineno or 0, summary.name, summary.line or "")
            for summary in traceback.extract_tb(trace)
            if self.owns(summary.filename)
        ]


def _repository(folder: Path) -> Path:
    """The repository that ``folder`` is in; the folder itself when it is in none."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


@lru_cache(maxsize=1)
def _editable_folders() -> tuple[str, ...]:
    """The folders that distributions of this Python are installed from in editable form (PEP 660, PEP 610)."""
    folders = set()
    for distribution in distributions():
        try:
            origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        except (OSError, ValueError):  # a broken installation of something else
            continue
        if (origin.get("dir_info") or {}).get("editable"):
            folders.add(_path_of_uri(str(origin.get("url"))).rstrip("/"))
    return tuple(sorted(folders - {""}))


def _path_of_uri(uri: str) -> str:
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else ""
