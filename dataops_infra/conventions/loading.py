"""Finds ``dataops.yaml`` and reads it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import ConventionsError, FileProblem

if TYPE_CHECKING:
    from dataops_infra.conventions.contracts import DatasetContract

FILE_NAME = "dataops.yaml"
ENVIRONMENT_VARIABLE = "DATAOPS_CONVENTIONS"
CONTRACTS_FOLDER = "contracts"
BUILT_IN = "built-in defaults"
"""The source of conventions that no file gave."""


@dataclass(frozen=True)
class LoadedConventions:
    """Conventions and where they came from.

    ``source`` is what reports print: the file's path (relative to the current folder where it lies below it) or
    ``built-in defaults``. ``digest`` is that of the conventions alone, see :func:`rules_digest`.
    """

    conventions: Conventions
    source: str
    digest: str
    path: Path | None = None

    @property
    def contracts_folder(self) -> Path | None:
        """The folder ``contracts`` beside the file, None where there is none."""
        folder = self.path.parent / CONTRACTS_FOLDER if self.path else None
        return folder if folder and folder.is_dir() else None


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
    return LoadedConventions(conventions, BUILT_IN if path is None else _shown(path), rules_digest(conventions), path)


def find_conventions(start: Path | None, explicit: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that :func:`load_conventions` reads, absolute; None = the built-in defaults hold.

    :raises ConventionsError: a file that was named does not exist.
    """
    if explicit is not None:
        return _existing(explicit, "")
    if environ.get(ENVIRONMENT_VARIABLE):
        return _existing(Path(environ[ENVIRONMENT_VARIABLE]), f"named by {ENVIRONMENT_VARIABLE}")
    folder = (start or Path()).absolute()
    return next((found for above in (folder, *folder.parents) if (found := above / FILE_NAME).is_file()), None)


def read_conventions(path: Path) -> Conventions:
    """The conventions in one file; an empty file holds the built-in defaults.

    :raises ConventionsError: every mistake of the file, with line and hint.
    """
    from dataops_infra.conventions.documents import read_document
    from dataops_infra.conventions.validation import validate_document

    conventions, problems = validate_document(Conventions, read_document(path))
    if conventions is None:
        raise ConventionsError(_shown(path), problems)
    return conventions


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
            contract.model_dump(mode="json") for contract in sorted(contracts, key=lambda c: c.key)
        ]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _existing(path: Path, hint: str) -> Path:
    if not path.is_file():
        raise ConventionsError(str(path), [FileProblem(0, "is not a file", hint)])
    return path.absolute()


def _shown(path: Path) -> str:
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else str(absolute)
