"""What happens when nobody can take what is printed: a reader that has gone, a full disk, a closed stream.

A reader that has gone (``dataops … | head``) wants no more and changes no verdict. An output that cannot be written is
a command that could not do its work. Without this, click ends the first with exit code 1 - a broken rule - and Python
ends the second with a traceback. What the output's encoding has no character for is escaped, in JSON's way.
"""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from dataops_infra.errors import DataopsError

_STDOUT, _STDERR = 1, 2
_ESCAPING = "dataops-escaping"


class OutputError(DataopsError):
    """The standard output cannot be written."""


class _Stream(io.FileIO):
    """A descriptor whose first failure is told once; what is written after it is dropped."""

    def __init__(self, descriptor: int, *, tells: bool, is_closed: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._tells, self._is_closed, self._has_failed = tells, is_closed, False

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # any buffer, as FileIO takes
        if not self._has_failed:
            try:
                if not self._is_closed:
                    return super().write(data)
                self._fail("it is closed")
            except BrokenPipeError:
                self._has_failed = True
            except OSError as error:
                self._fail(error.strerror or str(error))
        return len(data)

    def _fail(self, why: str) -> None:
        self._has_failed = True
        if self._tells:
            raise OutputError(f"the standard output cannot be written ({why}); send it elsewhere")


@contextmanager
def guarded() -> Iterator[None]:
    """Standard output and error that fail as this module says; streams that a caller put in their place are left."""
    closed = _open_closed_descriptors()
    before = sys.stdout, sys.stderr
    if before[0] is sys.__stdout__:
        sys.stdout = _stream(_STDOUT, before[0], tells=True, is_closed=_STDOUT in closed)
    if before[1] is sys.__stderr__:
        sys.stderr = _stream(_STDERR, before[1], tells=False, is_closed=_STDERR in closed)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _open_closed_descriptors() -> set[int]:
    """Descriptors of the three streams that were closed; they are taken, so that no file gets their number."""
    closed = set()
    for number in (0, _STDOUT, _STDERR):
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            os.open(os.devnull, os.O_RDWR)
    return closed


def _stream(descriptor: int, like: TextIO | None, *, tells: bool, is_closed: bool) -> TextIO:
    raw = _Stream(descriptor, tells=tells, is_closed=is_closed)
    encoding = like.encoding if like else "utf-8"
    errors = (like.errors if like else None) or "strict"
    is_utf = codecs.lookup(encoding).name.startswith("utf")
    if errors == "strict" or (errors == "surrogateescape" and not is_utf):
        codecs.register_error(_ESCAPING, _escaped)
        errors = _ESCAPING
    is_eager = descriptor == _STDERR or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(cast("io.RawIOBase", raw)), encoding, errors, line_buffering=is_eager)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """``ł`` as ``\\u0142``: Python's own escapes (``\\xe9``) are no JSON."""
    if not isinstance(error, UnicodeEncodeError):  # pragma: no cover - the streams are written only
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
