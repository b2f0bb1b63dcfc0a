"""What a place offers: its tables as files, and taking in a copy that the gate passed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from dataops_infra.masking.progress import Progress


class Place(Protocol):
    """Where tables are, or where a masked copy goes. Made by :func:`.opening.open_place`; nothing is connected yet."""

    @property
    def shown(self) -> str:
        """How messages and reports call it: without password, key or token."""

    @property
    def path(self) -> Path | None:
        """The path that it is, of this machine or in a store; None = a :class:`Database`."""

    def check_target(self, *, is_overwritten: bool) -> None:
        """Refuse, before any work is done, what cannot take a copy.

        :param is_overwritten: whether a former masked copy may be replaced.
        :raises MaskingError: it cannot be reached or written, or holds what no earlier run made.
        """


@runtime_checkable
class Database(Place, Protocol):
    """A place whose tables are fetched as files, and that takes a finished copy in."""

    def fetch(self, folder: Path, progress: Progress, *, is_copy: bool = False) -> None:
        """Write every table as Parquet below the empty ``folder``, all as of one moment, with what is stated about
        them (:mod:`dataops_infra.masking.catalogue`) and the copy's ``_manifest.json`` where one is there.

        :param is_copy: whether it is a copy that is judged: not all tables that its keys name need be chosen.
        :raises MaskingError: it cannot be reached or read; what it says names no password and no value.
        """

    def check_apart(self, source: Place) -> None:
        """Refuse, as a target, what would be replaced by a copy of itself.

        :raises MaskingError: it is ``source``, whatever that is called.
        """

    def check_takes(self, source: Path) -> None:
        """Refuse, before anything is masked, tables that it cannot hold: masking changes no name and no type.

        :param source: the folder of the tables.
        :raises MaskingError: it names all of them, and their columns.
        """

    def trial(self, source: Path) -> Callable[[Path], None] | None:
        """What refuses some masked rows, before the others are masked; None = nothing here is told by them.

        :param source: the folder of the tables. What is returned takes the folder of their first rows, masked, in
            which it may work, and raises MaskingError where one does not fit.
        """

    def former_manifest(self) -> bytes | None:
        """What stands in the manifest of the masked copy that it holds; None = it holds none.

        :raises MaskingError: it cannot be reached.
        """

    def loaded_tables(self) -> frozenset[str] | None:
        """The tables of a copy that it takes in, as plans call them; None = all.

        :raises MaskingError: some are not there, or it cannot be reached.
        """

    def deliver(self, copy: Path, progress: Progress, *, is_overwritten: bool) -> None:
        """Take in the finished copy in the folder ``copy``, its manifest included: all of it, or none.

        :raises MaskingError: it was not taken in; the place is as it was.
        """


@dataclass(frozen=True)
class Files:
    """A file or folder of this machine, or a prefix in an object store: read and written where it is, by streams."""

    path: Path
    shown: str
    """The path as reports print it."""

    def check_target(self, *, is_overwritten: bool) -> None:
        """Nothing: the run's own destination looks at paths (:mod:`dataops_infra.masking.destinations`)."""
