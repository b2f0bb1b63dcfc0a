"""A PostgreSQL database as a place."""

from pathlib import Path

from dataops_infra.masking.places.base import Place
from dataops_infra.masking.places.postgresql.address import Address
from dataops_infra.masking.places.postgresql.apart import check_apart
from dataops_infra.masking.places.postgresql.fetching import fetch
from dataops_infra.masking.places.postgresql.loading import check_takes, deliver
from dataops_infra.masking.places.postgresql.notes import MANIFEST, read_note
from dataops_infra.masking.places.postgresql.parts import loaded_tables
from dataops_infra.masking.places.postgresql.session import connected
from dataops_infra.masking.places.postgresql.target import check_target
from dataops_infra.masking.progress import Progress
from dataops_infra.masking.sources import open_source


class PostgresPlace:
    """Chosen tables of a database. See :class:`dataops_infra.masking.places.base.Place`."""

    path = None

    def __init__(self, address: Address) -> None:
        self.address = address

    @property
    def shown(self) -> str:
        """The URI without parameters."""
        return self.address.shown

    def fetch(self, folder: Path, progress: Progress, *, is_copy: bool = False) -> None:
        """Every chosen table as of one moment.

        :raises MaskingError: the database cannot be reached or read.
        """
        with connected(self.address, is_read_only=True) as session:
            fetch(session, self.address, folder, progress, is_copy=is_copy)

    def check_target(self, *, is_overwritten: bool) -> None:
        """Refuse a database that cannot be written, or whose tables hold rows of others.

        :raises MaskingError: why, and what to do.
        """
        with connected(self.address, is_read_only=False) as session:
            check_target(session, self.address, is_overwritten=is_overwritten)

    def check_apart(self, source: Place) -> None:
        """Refuse, as a target, the tables of ``source``.

        :raises MaskingError: it is they, as far as its server tells.
        """
        if isinstance(source, PostgresPlace):
            check_apart(source.address, self.address)

    def check_takes(self, source: Path) -> None:
        """Refuse tables that the database does not have, or has with other columns.

        :raises MaskingError: it names all of them, or the database cannot be reached.
        """
        with connected(self.address, is_read_only=True) as session:
            check_takes(session, self.address, open_source(source))

    def trial(self, source: Path) -> None:
        """Nothing: the target's tables and checks are its own, and loading is one transaction."""

    def former_manifest(self) -> bytes | None:
        """What is noted as the manifest of a former copy; None = there is none.

        :raises MaskingError: the database cannot be reached.
        """
        with connected(self.address, is_read_only=True) as session:
            return read_note(session, self.address.schemas[0], MANIFEST)

    def loaded_tables(self) -> frozenset[str] | None:
        """The tables of a copy that ``tables=`` names, as plans call them; None = all.

        :raises MaskingError: some are not there, or the database cannot be reached.
        """
        if not self.address.tables:
            return None
        with connected(self.address, is_read_only=True) as session:
            return loaded_tables(session, self.address)

    def deliver(self, copy: Path, progress: Progress, *, is_overwritten: bool) -> None:
        """Load the copy in one transaction.

        :raises MaskingError: it does not fit; the database is as it was.
        """
        with connected(self.address, is_read_only=False) as session:
            deliver(session, self.address, copy, progress, is_overwritten=is_overwritten)
