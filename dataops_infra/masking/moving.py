"""Runs and verdicts between places: what is not at hand is fetched first, and what passed is delivered last."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import FILE_NAME
from dataops_infra.masking.manifest_checks import key_id_of
from dataops_infra.masking.places.base import Database, Place
from dataops_infra.masking.places.working import remedy, why_unwritten, working_folder
from dataops_infra.masking.progress import LOADING, QUIET, Progress


@dataclasses.dataclass(frozen=True)
class AtHand:
    """Source and target as paths of this machine.

    :param names: how reports call the places; None where both are local already.
    :param tables: the tables of the copy that the target takes in, or holds; None = all.
    :param try_out: what refuses some masked rows for the target, before the others are masked; None = nothing.
    """

    source: Path
    target: Path
    names: tuple[str, str] | None
    tables: frozenset[str] | None = None
    try_out: Callable[[Path], None] | None = None


@contextmanager
def fetched(place: Place, within: Path | None, progress: Progress = QUIET) -> Iterator[Path]:
    """The place's tables as a local path, for as long as the context lasts.

    :param within: where the private working folder is made.
    :raises MaskingError: the place or the working folder cannot be used.
    """
    if not isinstance(place, Database):
        yield _path(place)
        return
    with working_folder(within) as work:
        yield _fetch(place, work / "source", progress)


@contextmanager
def both_fetched(source: Place, target: Place, within: Path | None, progress: Progress = QUIET) -> Iterator[AtHand]:
    """Both places as local paths: what :mod:`.verify` needs.

    :raises MaskingError: a place or the working folder cannot be used.
    """
    names = _names(source, target)
    if names is None:
        yield AtHand(_path(source), _path(target), None)
        return
    with working_folder(within) as work:
        one = _at_hand(source, work / "source", progress)
        other = _at_hand(target, work / "target", progress, is_copy=True)
        tables = None
        if isinstance(target, Database):
            (other / FILE_NAME).unlink(missing_ok=True)  # what a database states is no part of the copy in it
            tables = target.loaded_tables()
        yield AtHand(one, other, names, tables)


@contextmanager
def ends_of_run(source: Place, target: Place, within: Path | None, progress: Progress = QUIET) -> Iterator[AtHand]:
    """The source as a local path and a local path for the copy, which :func:`deliver` brings to its place.

    :raises MaskingError: a place or the working folder cannot be used.
    """
    names = _names(source, target)
    if names is None:
        yield AtHand(_path(source), _path(target), None)
        return
    if target.path is None and source.path is not None and source.path.is_file():
        raise MaskingError(f"{target.shown} takes folders of tables: give the folder that {source.shown} lies in")
    tables = None
    if isinstance(target, Database):
        target.check_apart(source)
        tables = target.loaded_tables()
    with working_folder(within) as work:
        one = _at_hand(source, work / "source", progress)
        try_out = None
        if isinstance(target, Database):
            target.check_takes(one)
            try_out = target.trial(one)
        yield AtHand(one, target.path or work / "copy", names, tables, try_out)


def deliver(ends: AtHand, target: Place, progress: Progress = QUIET, *, is_overwritten: bool) -> None:
    """Bring a published copy to its place, with what its source states about the tables; nothing where it stands there
    already.

    :raises MaskingError: the place did not take it in, and is as it was.
    """
    if not isinstance(target, Database):
        return
    catalogue = ends.source / FILE_NAME
    progress.begin(f"{LOADING} {target.shown}", None)
    try:
        if catalogue.is_file():
            (ends.target / FILE_NAME).write_bytes(catalogue.read_bytes())
        target.deliver(ends.target, progress, is_overwritten=is_overwritten)
    except OSError as error:
        raise MaskingError(
            f"{target.shown}: the copy was not loaded ({why_unwritten(error)}): {remedy(ends.target)}; the target is "
            "as it was"
        ) from None


def former_key_id(target: Place) -> str | None:
    """Which key the copy was made with that a database holds; None = there is no copy, or the run itself sees to it.

    :raises MaskingError: the database cannot be reached.
    """
    return key_id_of(target.former_manifest()) if isinstance(target, Database) else None


def _names(source: Place, target: Place) -> tuple[str, str] | None:
    return None if source.path is not None and target.path is not None else (source.shown, target.shown)


def _path(place: Place) -> Path:
    if place.path is None:
        raise TypeError(f"{place.shown} is neither files nor a database")
    return place.path


def _at_hand(place: Place, folder: Path, progress: Progress, *, is_copy: bool = False) -> Path:
    return _fetch(place, folder, progress, is_copy=is_copy) if isinstance(place, Database) else _path(place)


def _fetch(place: Database, folder: Path, progress: Progress, *, is_copy: bool = False) -> Path:
    folder.mkdir()
    progress.begin(f"Fetching {place.shown}", None)
    try:
        place.fetch(folder, progress, is_copy=is_copy)
    except OSError as error:
        raise MaskingError(f"{place.shown} cannot be fetched ({why_unwritten(error)}): {remedy(folder)}") from None
    return folder
