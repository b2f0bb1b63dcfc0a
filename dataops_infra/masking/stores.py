"""Files in object stores, S3 and Google Cloud Storage, as paths: streamed by pyarrow, never fetched whole.

What a path of :mod:`pathlib` offers and masking asks for is there; a store knows no folders and no links. Credentials
and regions are those of the environment the process runs in, as the cloud's own tools find them.
"""

import os
from collections.abc import Generator
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path, PosixPath
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from dataops_infra.errors import MaskingError

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

SCHEMES = ("s3", "gs")
COPIED_AT_ONCE = 5 * 1024**3
"""Bytes of the largest object that S3 copies in one request (CopyObject)."""
_CHUNK = 8 * 1024**2
_MODE_FILE, _MODE_FOLDER = 0o100600, 0o040700


class StorePath(PosixPath):
    """``s3://bucket/key`` or ``gs://bucket/key``: an object, or the common beginning of several."""

    def __str__(self) -> str:
        first, *rest = self.parts or ("",)
        return "/".join([f"{first}/", *rest] if first.removesuffix(":") in SCHEMES else self.parts)

    @property
    def key(self) -> str:
        """``bucket/key``, as pyarrow names it."""
        return "/".join(self.parts[1:])

    @property
    def filesystem(self) -> "FileSystem":
        """What reads and writes it."""
        return _filesystem(self.parts[0].removesuffix(":"), self.parts[1])

    def absolute(self) -> Self:
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> Self:  # noqa: ARG002 - pathlib's signature
        """Itself: a store has no links."""
        return self

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002 - pathlib's signature
        """Size and time of change.

        :raises FileNotFoundError: there is nothing.
        """
        info = self._info()
        if info.type.name == "NotFound":
            raise FileNotFoundError(2, "no such object", str(self))
        changed = info.mtime_ns or 0
        mode = _MODE_FILE if info.is_file else _MODE_FOLDER
        seconds = changed // 10**9
        return os.stat_result(
            (mode, 0, 0, 1, 0, 0, info.size or 0, seconds, seconds, seconds),
            {"st_mtime_ns": changed, "st_ctime_ns": changed, "st_atime_ns": changed},
        )

    def exists(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - pathlib's signature
        """Whether there is an object of this name, or one whose name begins so."""
        return bool(self._info().type.name != "NotFound")

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - pathlib's signature
        """Whether it is an object."""
        return bool(self._info().is_file)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - pathlib's signature
        """Whether there are objects whose names begin so."""
        return bool(self._info().type.name == "Directory")

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def iterdir(self) -> Generator[Self, None, None]:
        """What lies below, one level deep, in the order of the names.

        Told from all objects below: a listing of one level of Cloud Storage leaves out prefixes that no object marks.
        """
        yield from dict.fromkeys(self / path.parts[len(self.parts)] for path, _size in self.files())

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing: a store has no folders."""

    def open_input(self) -> Any:
        """The bytes, to be read in any order."""
        return self.filesystem.open_input_file(self.key)

    def open_output(self) -> Any:
        """What takes the bytes; the object appears when it is closed, in place of a former one."""
        return self.filesystem.open_output_stream(self.key, compression=None)

    def open(self, mode: str = "rb", *_options: Any, **_more: Any) -> Any:
        """:meth:`open_input`, the one way that is asked for."""
        if mode != "rb":
            raise ValueError(f"objects are opened to be read as bytes, not {mode}")
        return self.open_input()

    def rglob(self, pattern: str) -> Generator[Self, None, None]:  # noqa: ARG002 - pathlib's signature
        """All objects below, at any depth."""
        yield from (path for path, _size in self.files())

    def read_bytes(self) -> bytes:
        """All of it."""
        with self.open_input() as file:
            return bytes(file.read())

    def write_bytes(self, data: Any) -> int:
        """Write it anew."""
        with self.open_output() as file:
            return int(file.write(data))

    def files(self) -> list[tuple[Self, int]]:
        """All objects below, at any depth, with their bytes; in the order of their names."""
        from pyarrow.fs import FileSelector

        with self._explained():
            found = self.filesystem.get_file_info(FileSelector(self.key, allow_not_found=True, recursive=True))
        infos = sorted((info.path, info.size) for info in found if info.is_file)
        if any(".." in path.split("/") for path, _size in infos):
            raise MaskingError(f"{self} holds an object with .. in its name, which would lead out of a copy; rename it")
        return [(type(self)(f"{self.parts[0]}//{path}"), size) for path, size in infos]

    def copy_to(self, other: "StorePath", size: int) -> None:
        """Copy the object of so many bytes to another name, within the store where its size and the rights allow."""
        if size <= COPIED_AT_ONCE and other.parts[0] == self.parts[0]:
            # pyarrow first looks at the name above the new one, which rights to a prefix may not cover.
            with suppress(OSError):
                self.filesystem.copy_file(self.key, other.key)
                return
        with self.open_input() as file, other.open_output() as copy:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)

    def remove(self) -> None:
        """Remove the object."""
        self.filesystem.delete_file(self.key)

    def remove_markers(self) -> None:
        """Remove the empty objects that mark folders at and below it, unless objects lie there.

        S3's library makes one for the folder of each object that it removes. Nobody is harmed by one that is left.
        """
        from pyarrow.fs import FileSelector

        with suppress(OSError):
            found = self.filesystem.get_file_info(FileSelector(self.key, allow_not_found=True, recursive=True))
            if found and not any(info.is_file for info in found):
                self.filesystem.delete_dir(self.key)

    def _info(self) -> "FileInfo":
        from pyarrow.fs import FileInfo, FileType

        try:
            info = self.filesystem.get_file_info(self.key)
            # Cloud Storage sees one level: a prefix that holds nothing but prefixes is none to it.
            is_hidden = info.type is FileType.NotFound and self.parts[0] == "gs:" and bool(self.files())
            return FileInfo(self.key, FileType.Directory) if is_hidden else info
        except OSError:
            # Who may list one prefix is told "forbidden" of every name that no object has, also of the prefix's own.
            found = self._listed_info()
            if found is None:
                with self._explained():
                    raise
            return found

    def _explained(self) -> AbstractContextManager[None]:
        """What the library says, as one sentence."""
        from dataops_infra.masking.store_access import StoreLocation, explained

        scheme, bucket, *rest = self.parts
        return explained(StoreLocation(scheme.removesuffix(":"), bucket, "/".join(rest)))

    def _listed_info(self) -> "FileInfo | None":
        """What lists tell: something below, or that there is no such name; None where they may not be asked for."""
        from pyarrow.fs import FileInfo, FileSelector, FileType

        def listed(key: str) -> "list[FileInfo]":
            return list(self.filesystem.get_file_info(FileSelector(key, allow_not_found=True)))

        try:
            if listed(self.key):
                return FileInfo(self.key, FileType.Directory)
            beside = listed(self.key.rpartition("/")[0])
        except OSError:
            return None
        return None if any(info.path == self.key for info in beside) else FileInfo(self.key, FileType.NotFound)


def path_of(text: str) -> Path:
    """The local path or the path in a store that ``text`` names; nothing is looked at yet.

    :raises MaskingError: it is a URI of another kind or of another machine, or names no bucket.
    """
    if text[:6].lower() == "file:/":
        return _local(text)
    parts = urlsplit(text)
    scheme = {"gcs": "gs", "s3a": "s3", "s3n": "s3"}.get(parts.scheme, parts.scheme)
    if "://" not in text:
        return Path(text)
    if scheme not in SCHEMES:
        raise MaskingError(
            f"{scheme}:// is no place of this job: give a path, s3://bucket/prefix or gs://bucket/prefix"
        )
    from dataops_infra.masking.store_access import parse_location

    return StorePath(parse_location(f"{scheme}{text[text.index('://') :]}").shown)


def _local(uri: str) -> Path:
    """The path in a ``file:`` URI, as RFC 8089 has it."""
    rest = uri[len("file:") :]
    host, _slash, path = rest[2:].partition("/") if rest.startswith("//") else ("", "/", rest[1:])
    host, path = host.rpartition("@")[2], unquote(path)
    if host.lower() not in ("", "localhost"):
        raise MaskingError(
            f"file://{host}/ is another machine: give a path of this one, from the root file:///{host}/{path}"
        )
    if not path or "\0" in path:
        raise MaskingError("file:// is followed by a path of this machine: file:///data/shop")
    return Path("/" + path)


def placed(path: Path) -> "tuple[str, FileSystem | None]":
    """What pyarrow's readers and writers take: a name, and the file system it is of (None = this machine's)."""
    return (path.key, path.filesystem) if isinstance(path, StorePath) else (str(path), None)


def input_file(path: Path) -> Any:
    """The bytes of a file, to be read in any order."""
    import pyarrow as pa

    return path.open_input() if isinstance(path, StorePath) else pa.OSFile(str(path))


def output_file(path: Path) -> Any:
    """What takes the bytes of a file."""
    import pyarrow as pa

    return path.open_output() if isinstance(path, StorePath) else pa.OSFile(str(path), "wb")


@cache
def _filesystem(scheme: str, bucket: str) -> "FileSystem":
    from dataops_infra.masking.store_access import file_system, parse_location

    return file_system(parse_location(f"{scheme}://{bucket}"))
