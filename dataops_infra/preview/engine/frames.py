"""Which lines of a call stack are the user's own: what a finding points at."""

import site
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from .records import Frame

_LIBRARY_FOLDERS = ("site-packages", "dist-packages")


class UserCode:
    """Tells the user's files from those of libraries, the interpreter and the engine.

    The user's are all files below the project's folder or the program's, and every other file that is in no library
    folder (a package shared by several projects). A virtualenv inside the project is a library folder.

    :param roots: absolute folders of the user's own code.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = tuple(str(root) for root in roots)
        stdlib = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
        self._foreign = tuple(
            f"{folder}/"
            for folder in {*stdlib, *site.getsitepackages(), str(Path(__file__).parent), sys.base_prefix + "/lib"}
        )
        self.owns = lru_cache(maxsize=None)(self._owns)
        self._path_of = lru_cache(maxsize=None)(_path_of_uri)

    def _owns(self, path: str) -> bool:
        if not path.startswith("/") or any(folder in path.split("/") for folder in _LIBRARY_FOLDERS):
            return False
        if path.startswith(self._foreign):
            return False
        if any(path == root or path.startswith(f"{root}/") for root in self._roots):
            return True
        return not path.startswith(f"{sys.prefix}/")

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


def _path_of_uri(uri: str) -> str:
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else ""
