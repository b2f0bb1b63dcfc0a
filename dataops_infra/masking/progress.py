"""Who is told how far a run is."""

from typing import Protocol

PUBLISHING, LOADING = "Publishing", "Loading"
"""What the steps are called, or begin with, in which the target changes: of files, and of a database."""


class Progress(Protocol):
    """Who is told how far a run is."""

    def begin(self, step: str, rows: int | None) -> None:
        """A step begins; ``rows`` is what it will go through, None where that is not known."""

    def advance(self, rows: int) -> None:
        """So many more rows are done. May be called by another thread."""


class Quiet:
    """A progress that nobody watches."""

    def begin(self, step: str, rows: int | None) -> None:
        """Say nothing."""

    def advance(self, rows: int) -> None:
        """Say nothing."""


QUIET = Quiet()
