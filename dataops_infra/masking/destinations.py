"""Where a copy goes, a local path or a prefix in an object store: made there unseen, and shown when it passed."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.manifest import FOLDER_MANIFEST, manifest_path
from dataops_infra.masking.publishing import check_target, publish, sync
from dataops_infra.masking.sources import Source, format_suffix
from dataops_infra.masking.staging import staging
from dataops_infra.masking.stores import StorePath

_NAME_DIGITS = 16


class Destination(Protocol):
    """Where a copy goes."""

    def check(self, source: Source, *, is_overwritten: bool) -> None:
        """Refuse, before any work is done, what nothing may be published to.

        :raises MaskingError: it holds what no earlier run made, overlaps the source or cannot be written.
        """

    @property
    def manifest(self) -> Path:
        """Where the manifest of a copy that stands there is."""

    def staging(self) -> AbstractContextManager[Path]:
        """An empty folder that nobody else looks into, which is removed at the end."""

    def staged(self, copy: Path, source: Source) -> Path:
        """What of the folder ``copy`` is published: it, or the one file that is the twin of the source."""

    def publish(self, staged: Path, folder: Path, manifest: str) -> None:
        """Show the copy with its manifest.

        :param folder: the staging folder, in which ``staged`` lies.
        :raises MaskingError: it could not be.
        """


def destination_of(target: Path, staging_at: Path | None = None, *, is_passing: bool = False) -> Destination:
    """The destination at ``target``.

    :param staging_at: of a store, the prefix below which copies are made; None = ``_staging/`` below the target.
    :param is_passing: whether the copy only passes through on its way into a database.
    :raises MaskingError: a staging prefix is given that is not in the target's store.
    """
    if isinstance(target, StorePath):
        if staging_at is not None and not (
            isinstance(staging_at, StorePath) and staging_at.parts[0] == target.parts[0]
        ):
            raise MaskingError(f"the staging prefix {staging_at} is not in the store of {target}")
        return StoreDestination(target, staging_at)
    if staging_at is not None:
        raise MaskingError(f"{shown_path(target)} is a local path, whose copy is made beside it: leave --staging out")
    return LocalDestination(target.absolute(), is_passing)


@dataclass(frozen=True)
class LocalDestination:
    """A file or folder of this machine, made beside it and put in its place by one rename.

    :param is_passing: it need not outlast a failure of the machine: the database that takes it in sees to that.
    """

    target: Path
    is_passing: bool = False

    def check(self, source: Source, *, is_overwritten: bool) -> None:
        """As :func:`.check_target` does; a file must have the format of its source."""
        check_target(self.target, source.path, is_overwritten=is_overwritten)
        suffix = format_suffix(self.target)
        if source.path.is_dir() and suffix:
            folder = self.target.with_name(self.target.name[: -len(suffix)])
            raise MaskingError(
                f"the target {shown_path(self.target)} is called like a file, and the copy of a folder is a folder: "
                f"call it {shown_path(folder)}"
            )
        if source.path.is_file() and format_suffix(self.target) != format_suffix(source.path):
            suffix = format_suffix(source.path)
            raise MaskingError(f"the target {shown_path(self.target)} must end in {suffix}: masking keeps the format")

    @property
    def manifest(self) -> Path:
        """Inside a folder, beside a file."""
        return manifest_path(self.target)

    def staging(self) -> AbstractContextManager[Path]:
        """A hidden folder beside the target."""
        return staging(self.target)

    def staged(self, copy: Path, source: Source) -> Path:
        """The folder, or the file of a source that is one."""
        return copy / source.path.name if source.path.is_file() else copy

    def publish(self, staged: Path, folder: Path, manifest: str) -> None:
        """A folder goes with its manifest inside in one step; a file's manifest goes first, so that no file is without.

        It tells which file it is of: beside no file or another one it is what an interrupted run left, and the file, or
        that there is none, is as before the run.
        """
        if staged.is_dir():
            manifest_path(staged).write_text(manifest, encoding="utf-8")
            if not self.is_passing:
                sync(staged)
            publish(staged, self.target, folder / "former")
            return
        beside = folder / "manifest.json"
        beside.write_text(manifest, encoding="utf-8")
        sync(folder)
        beside.replace(manifest_path(self.target))
        publish(staged, self.target, folder / "former")


@dataclass(frozen=True)
class StoreDestination:
    """A prefix in an object store, by the protocol of :mod:`.store_access`: complete when its manifest is there."""

    target: StorePath
    staging_at: StorePath | None = None

    @property
    def _staging(self) -> StorePath:
        """Where copies for this target are made: of a prefix that several targets may share a part of its own."""
        from dataops_infra.masking.store_access import STAGING

        if self.staging_at is None:
            return self.target / STAGING
        return self.staging_at / hashlib.sha256(str(self.target).encode()).hexdigest()[:_NAME_DIGITS]

    def check(self, source: Source, *, is_overwritten: bool) -> None:
        """As :func:`.check_store_target` does; neither may lie in the other."""
        from dataops_infra.masking.store_access import check_store_target, parse_location

        if self.target.is_relative_to(source.path) or source.path.is_relative_to(self.target):
            raise MaskingError(f"the target {self.target} overlaps the source {source.path}; choose a prefix apart")
        check_store_target(parse_location(str(self.target)), is_overwritten=is_overwritten)

    @property
    def manifest(self) -> StorePath:
        """Inside the prefix, also while nothing is there: beside it are objects of others, not ours to ask for."""
        return self.target / FOLDER_MANIFEST

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A prefix of its own; what killed runs for this target left is removed first."""
        folder = self._staging / secrets.token_hex(_NAME_DIGITS // 2)
        with self._explained("the target is as it was"):
            _remove(self._staging)
        try:
            yield folder
        finally:
            with self._explained("what was staged is left for the next run to remove"):
                _remove(folder)
                self._staging.remove_markers()

    def staged(self, copy: Path, source: Source) -> Path:  # noqa: ARG002 - the protocol's
        """The folder: a prefix holds tables, also where there is one."""
        return copy

    def publish(self, staged: Path, folder: Path, manifest: str) -> None:  # noqa: ARG002 - the protocol's
        """The former manifest goes, the tables come to their places, the manifest comes last."""
        from dataops_infra.masking.store_access import MARKER, each_at_once

        assert isinstance(staged, StorePath)
        files = {path.relative_to(staged).as_posix(): (path, size) for path, size in staged.files()}
        with self._explained("the target is incomplete, its manifest is not there: run again"):
            (self.target / MARKER).write_bytes(b"{}\n")
            self._remove_former(files)
            each_at_once(lambda name: files[name][0].copy_to(self.target / name, files[name][1]), files)
            self.manifest.write_bytes(manifest.encode())
            (self.target / MARKER).remove()

    def _remove_former(self, new: Mapping[str, object]) -> None:
        """What stands at the target and is not replaced; the manifest first."""
        from dataops_infra.masking.store_access import MARKER

        former = [path for path, _size in self.target.files() if not path.is_relative_to(self._staging)]
        replaced = {self.target / name for name in (*new, MARKER)}
        for path in sorted(former, key=lambda path: path.name != FOLDER_MANIFEST):
            if path not in replaced:
                path.remove()

    def _explained(self, consequence: str) -> AbstractContextManager[None]:
        from dataops_infra.masking.store_access import explained, parse_location

        return explained(parse_location(str(self.target)), consequence)


def _remove(prefix: StorePath) -> None:
    for path, _size in prefix.files():
        path.remove()
