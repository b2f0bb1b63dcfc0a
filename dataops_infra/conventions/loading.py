"""Finds ``dataops.yaml`` and reads it."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.model import FILE_NAME, Conventions
from dataops_infra.errors import ContractError, ConventionsError, FileProblem

if TYPE_CHECKING:
    from dataops_infra.conventions.contracts import DatasetContract

ENVIRONMENT_VARIABLE = "DATAOPS_CONVENTIONS"
CONTRACTS_FOLDER = "contracts"
BUILT_IN = "built-in defaults"
"""The source of conventions that no file gave."""


@dataclass(frozen=True)
class LoadedConventions:
    """Conventions and where they came from; the contracts beside them are read when they are first asked for."""

    conventions: Conventions
    source: str
    """What reports print: the file's path, relative to the current folder if below it, or ``built-in defaults``."""
    path: Path | None = None

    @property
    def contracts_folder(self) -> Path | None:
        """The folder ``contracts`` beside the file, None where there is none; what is no folder is told when read."""
        folder = self.path.parent / CONTRACTS_FOLDER if self.path else None
        return folder if folder and os.path.lexists(folder) else None

    @cached_property
    def contracts(self) -> "tuple[DatasetContract, ...]":
        """The dataset contracts in :attr:`contracts_folder`.

        :raises ContractError: one of them is wrong.
        """
        return load_contracts(self.contracts_folder, self.conventions)

    @cached_property
    def digest(self) -> str:
        """The digest of conventions and contracts, see :func:`rules_digest`.

        :raises ContractError: a contract is wrong.
        """
        return rules_digest(self.conventions, self.contracts)


def load_conventions(
    start: Path | None = None, explicit: Path | None = None, environ: Mapping[str, str] | None = None
) -> LoadedConventions:
    """The conventions that hold for a program.

    Looked up in this order: ``explicit``, the file named by ``DATAOPS_CONVENTIONS`` in ``environ``, the nearest
    ``dataops.yaml`` in ``start`` (a folder or a file; the current folder when None) or above, the built-in defaults.

    :raises ConventionsError: the file does not exist or is wrong (every mistake at once).
    """
    path = find_conventions(start, explicit, environ or {})
    conventions = Conventions() if path is None else read_conventions(path)
    return LoadedConventions(conventions, BUILT_IN if path is None else shown_path(path), path)


def find_conventions(start: Path | None, explicit: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that :func:`load_conventions` reads, absolute; None = the built-in defaults hold.

    :raises ConventionsError: a file that was named does not exist, or what is called ``dataops.yaml`` cannot be read.
    """
    if explicit is not None:
        return _existing(explicit, "")
    if environ.get(ENVIRONMENT_VARIABLE):
        return _existing(Path(environ[ENVIRONMENT_VARIABLE]), f"named by {ENVIRONMENT_VARIABLE}")
    folder = (start or Path()).absolute()
    return next((found for above in (folder, *folder.parents) if (found := _conventions_of(above))), None)


def read_conventions(path: Path) -> Conventions:
    """The conventions in one file; an empty file holds the built-in defaults.

    :raises ConventionsError: every mistake of the file, with line and hint.
    """
    from dataops_infra.conventions.documents import read_document
    from dataops_infra.conventions.validation import validate_document

    conventions, problems = validate_document(Conventions, read_document(path))
    if conventions is None:
        raise ConventionsError(shown_path(path), problems)
    return conventions


def load_contracts(folder: Path | None, conventions: Conventions) -> "tuple[DatasetContract, ...]":
    """Every dataset contract (``*.yaml``, ``*.yml``) in ``folder`` and below, by name; none for None.

    :raises ContractError: a file is wrong, or two describe one dataset; holds the mistakes of all files.
    """
    if folder is None:
        return ()
    # The standard's models and schema cost a tenth of a second, which whoever has no contracts should not pay.
    from dataops_infra.conventions.contract_files import check_contracts

    contracts, errors = check_contracts(folder, conventions)
    if errors:
        raise ContractError.all(errors)
    return contracts


def expired_exemptions(path: Path, conventions: Conventions, as_of: date) -> list[FileProblem]:
    """The exemptions in the file at ``path`` whose last day lies before ``as_of``, with their lines."""
    from dataops_infra.conventions.documents import read_document

    document = read_document(path)
    return [
        FileProblem(
            document.line_of(("exemptions", position)),
            f"the exemption from {exemption.policy} expired on {exemption.expires}",
            f"mend {exemption.resource} and remove it, or agree on a new date with {exemption.owner}",
        )
        for position, exemption in enumerate(conventions.exemptions)
        if exemption.expired(as_of)
    ]


def canonical(conventions: Conventions) -> dict[str, Any]:
    """The conventions as plain JSON data with every default filled in."""
    return conventions.model_dump(mode="json")


def rules_digest(conventions: Conventions, contracts: "Sequence[DatasetContract]" = ()) -> str:
    """SHA-256 (hex) of what the rules *say*: the same for two files that differ in layout, order of keys or comments.

    Order that means something (levels, zones, tiers) counts; contracts count in the order of their names.
    """
    document: dict[str, Any] = {"conventions": canonical(conventions)}
    if contracts:
        document["contracts"] = [
            contract.model_dump(mode="json") for contract in sorted(contracts, key=lambda c: c.name)
        ]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _conventions_of(folder: Path) -> Path | None:
    """The file in one folder. What was meant to be one and is none is told, as weaker rules would hold unnoticed."""
    path = folder / FILE_NAME
    if os.path.lexists(path):
        return _existing(path, f"make it a file with the rules; without any {FILE_NAME} the built-in defaults hold")
    if (other := path.with_suffix(".yml")).is_file():
        raise ConventionsError(shown_path(other), [FileProblem(0, "is not read", f"call it {FILE_NAME}")])
    return None


def _existing(path: Path, hint: str) -> Path:
    if path.is_symlink() and not path.exists():
        raise ConventionsError(str(path), [FileProblem(0, f"is a link to {path.readlink()}, which is no file", hint)])
    if path.is_fifo():
        pipe = "is a pipe, which can be read once: a program and its packs read it too; write it to a file"
        raise ConventionsError(str(path), [FileProblem(0, pipe, hint)])
    if not path.is_file():
        raise ConventionsError(str(path), [FileProblem(0, "is not a file", hint)])
    if not os.access(path, os.R_OK):
        raise ConventionsError(str(path), [FileProblem(0, "may not be read by this user", hint)])
    return path.absolute()
