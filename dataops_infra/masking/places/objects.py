"""S3 and Google Cloud Storage through pyarrow's file systems: ``s3://bucket/prefix`` and ``gs://bucket/prefix``.

Credentials come from where the clouds' own tools look for them, never from the URI. ``?endpoint=URL`` and
``?region=NAME`` name another server, as ``AWS_ENDPOINT_URL_S3``, ``AWS_ENDPOINT_URL`` and ``STORAGE_EMULATOR_HOST`` do.

An object store has no rename, so a copy is complete when its ``_manifest.json`` is there: it is uploaded below
``_staging/`` first, then the former manifest goes, the tables move to their places, and the manifest comes last.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
from pyarrow import fs

from dataops_infra.errors import MaskingError
from dataops_infra.masking.catalogue import FILE_NAME as CATALOGUE_NAME
from dataops_infra.masking.manifest import FOLDER_MANIFEST, SCHEMA
from dataops_infra.masking.progress import Progress

STAGING = "_staging"
"""Below the target; names that begin with ``_`` are no data."""
MARKER = "_incomplete.json"
"""There while tables are moved to their places: what stands beside it is part of a copy, not somebody's data."""
_CHUNK = 8 * 1024 * 1024
_THREADS = 8
_OPTIONS = ("endpoint", "region")
_CONNECT_SECONDS = 10.0
_ATTEMPTS = 4


@dataclass(frozen=True)
class ObjectLocation:
    """What a URI says.

    :param key: the prefix below which the tables lie, without slashes at its ends; '' = the whole bucket.
    """

    scheme: str
    bucket: str
    key: str
    options: Mapping[str, str]

    @property
    def root(self) -> str:
        """Bucket and prefix, as pyarrow's file systems name them."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    @property
    def shown(self) -> str:
        """The URI without its options."""
        return f"{self.scheme}://{self.root}"


def open_uri(text: str) -> "ObjectPlace":
    """The place that ``text`` names; nothing is connected yet.

    :raises MaskingError: it is written wrongly.
    """
    return ObjectPlace(parse_location(text))


def parse_location(text: str) -> ObjectLocation:
    """What the URI ``text`` says.

    :raises MaskingError: it names no bucket, holds credentials, or asks for what is not known.
    """
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise MaskingError(
            f"a {parts.scheme}:// URI holds no credentials, which would stay in shell histories and logs: use the "
            "environment, a profile or the machine's own identity"
        )
    key = parts.path.strip("/")
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if not parts.netloc:
        raise MaskingError(f"{shown} names no bucket: write {parts.scheme}://bucket/prefix")
    if parts.fragment or any(part in ("", ".", "..") for part in key.split("/") if key):
        raise MaskingError(f"{shown} is no prefix: write {parts.scheme}://bucket/prefix without //, . , .. or #")
    if any(part.startswith("_") for part in key.split("/")):
        raise MaskingError(f"{shown} lies below a name that begins with _, which is no data; choose another prefix")
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise MaskingError(f"{shown}: ?{unknown[0]}= is not known; legal here: {', '.join(_OPTIONS)}")
    return ObjectLocation(parts.scheme, parts.netloc, key, options)


def file_system(location: ObjectLocation, environment: Mapping[str, str] = os.environ) -> fs.FileSystem:
    """The file system that holds ``location``; nothing is connected yet.

    :raises MaskingError: the endpoint is no URL.
    """
    endpoint = _endpoint(location, environment)
    address = urlsplit(endpoint) if endpoint else None
    if address is not None and (address.scheme not in ("http", "https") or not address.netloc):
        raise MaskingError(f"{location.shown}: the endpoint must be a URL such as http://127.0.0.1:9000")
    with explained(location):
        if location.scheme == "s3":
            return _s3(location, endpoint, environment)
        if address is None:
            return fs.GcsFileSystem()
        return fs.GcsFileSystem(anonymous=True, scheme=address.scheme, endpoint_override=address.netloc)


class ObjectPlace:
    """Tables below a prefix of a bucket."""

    path = None

    def __init__(self, location: ObjectLocation) -> None:
        self._location = location

    @property
    def shown(self) -> str:
        """The URI without its options."""
        return self._location.shown

    def fetch(self, folder: Path, progress: Progress) -> None:
        """Copy the objects below the prefix, or the one object that it names, into ``folder``.

        :raises MaskingError: nothing is there, it cannot be read, or it changed meanwhile.
        """
        store = file_system(self._location)
        with explained(self._location):
            before = self._objects(store)
            if not before:
                raise MaskingError(f"{self.shown} holds nothing")
            names = {key: _relative(key, self._location) for key in before}
            progress.begin(f"Downloading {len(names):,} objects", None)
            each_at_once(lambda key: _download(store, key, folder.joinpath(*names[key].parts)), names)
            if self._objects(store) != before:
                raise MaskingError(f"{self.shown} changed while it was read; run again when nobody writes to it")

    def check_target(self, *, is_overwritten: bool) -> None:
        """Refuse a prefix that holds what no earlier run put there.

        :raises MaskingError: it cannot be reached, or holds something else.
        """
        store = file_system(self._location)
        with explained(self._location):
            if not self._has_bucket(store):
                raise MaskingError(f"{self._location.scheme}://{self._location.bucket} does not exist; make it first")
            held = self._listed(store)
            if not held or self._key(MARKER) in held:
                return
            if self._is_masked_copy(store, held):
                if not is_overwritten:
                    raise MaskingError(
                        f"the target {self.shown} holds a masked copy; choose another, or replace it with --overwrite"
                    )
                return
        if not all(self._is_staged(key) for key in held):
            raise MaskingError(
                f"the target {self.shown} holds objects that no earlier run put there: they are not overwritten; "
                "choose another prefix, or remove them yourself"
            )

    def _has_bucket(self, store: fs.FileSystem) -> bool:
        """Whether the bucket is there. Who has rights to a prefix only may not ask: the next request tells."""
        try:
            return store.get_file_info(self._location.bucket).type is not fs.FileType.NotFound
        except OSError:
            return True

    def deliver(self, copy: Path, progress: Progress, *, is_overwritten: bool) -> None:
        """Upload below ``_staging/``, then put every table in its place, the manifest last.

        :raises MaskingError: the upload failed and the target is as it was, or it failed later and says so.
        """
        store = file_system(self._location)
        self.check_target(is_overwritten=is_overwritten)
        paths = (path for path in sorted(copy.rglob("*")) if path.is_file() and path.name != CATALOGUE_NAME)
        files = {path.relative_to(copy).as_posix(): path for path in paths}
        progress.begin(f"Uploading {len(files):,} objects", None)
        with explained(self._location, "the target is as it was"):
            each_at_once(lambda name: _upload(store, files[name], self._key(f"{STAGING}/{name}")), files)
        with explained(self._location, "the target is incomplete, its manifest is not there: run again"):
            self._publish(store, files)

    def _publish(self, store: fs.FileSystem, files: Mapping[str, Path]) -> None:
        _write(store, self._key(MARKER), b"{}\n")
        former = [key for key in self._listed(store) if not self._is_staged(key)]
        kept = {self._key(name) for name in files} | {self._key(MARKER)}
        _delete(store, [self._key(FOLDER_MANIFEST)])
        _delete(store, [key for key in former if key not in kept])
        tables = [name for name in files if name != FOLDER_MANIFEST]
        each_at_once(lambda name: _put(store, self._key(f"{STAGING}/{name}"), self._key(name), files[name]), tables)
        _upload(store, files[FOLDER_MANIFEST], self._key(FOLDER_MANIFEST))
        _delete(store, [self._key(f"{STAGING}/{name}") for name in files])
        _delete(store, [self._key(MARKER)])

    def _is_staged(self, key: str) -> bool:
        return _relative(key, self._location).parts[0] == STAGING

    def _key(self, name: str) -> str:
        return f"{self._location.root}/{name}"

    def _listed(self, store: fs.FileSystem) -> dict[str, tuple[int, int]]:
        """Object -> its size in bytes and time of change, below the prefix."""
        selector = fs.FileSelector(self._location.root, recursive=True, allow_not_found=True)
        infos = store.get_file_info(selector)
        return {info.path: (info.size, info.mtime_ns) for info in infos if info.type is fs.FileType.File}

    def _objects(self, store: fs.FileSystem) -> dict[str, tuple[int, int]]:
        """What is fetched: all that the gate must see, which is all but an unfinished copy; or the one object named."""
        found = self._listed(store)
        if not found and self._location.key:
            info = store.get_file_info(self._location.root)
            found = {info.path: (info.size, info.mtime_ns)} if info.type is fs.FileType.File else {}
        return {key: seen for key, seen in found.items() if not self._is_staged(key)}

    def _is_masked_copy(self, store: fs.FileSystem, held: Mapping[str, Any]) -> bool:
        key = self._key(FOLDER_MANIFEST)
        if key not in held:
            return False
        try:
            with store.open_input_stream(key, compression=None) as stream:
                document = json.loads(stream.read())
        except ValueError:
            return False
        return isinstance(document, dict) and document.get("schema") == SCHEMA


def _endpoint(location: ObjectLocation, environment: Mapping[str, str]) -> str:
    if stated := location.options.get("endpoint"):
        return stated
    if location.scheme == "s3":
        return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    host = environment.get("STORAGE_EMULATOR_HOST", "")
    return host if "://" in host or not host else f"http://{host}"


def _s3(location: ObjectLocation, endpoint: str, environment: Mapping[str, str]) -> fs.FileSystem:
    region = location.options.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region and not endpoint:
        region = fs.resolve_s3_region(location.bucket)
    return fs.S3FileSystem(
        region=region or "us-east-1",
        endpoint_override=endpoint or None,
        connect_timeout=_CONNECT_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _relative(key: str, location: ObjectLocation) -> PurePosixPath:
    """Where an object lies below the prefix.

    :raises MaskingError: its name would lead out of any folder that it is copied to.
    """
    name = key[len(location.root) + 1 :] if key != location.root else key.rpartition("/")[2]
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in name.split("/")):
        raise MaskingError(f"{location.shown} holds an object whose name is no path below it; rename it")
    return PurePosixPath(name)


def each_at_once(work: Callable[[str], None], keys: Iterable[str]) -> None:
    """``work`` on every key, several at a time; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in [pool.submit(work, key) for key in keys]:
            done.result()


def _download(store: fs.FileSystem, key: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.open_input_stream(key, compression=None) as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def _upload(store: fs.FileSystem, path: Path, key: str) -> None:
    with path.open("rb") as source, store.open_output_stream(key, compression=None) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def _write(store: fs.FileSystem, key: str, content: bytes) -> None:
    with store.open_output_stream(key, compression=None) as target:
        target.write(content)


def _put(store: fs.FileSystem, staged: str, key: str, path: Path) -> None:
    """Copy inside the store; what is too large for that (S3: 5 GiB) is uploaded once more."""
    try:
        store.copy_file(staged, key)
    except OSError:
        _upload(store, path, key)


def _delete(store: fs.FileSystem, keys: Iterable[str]) -> None:
    for key in keys:
        try:
            store.delete_file(key)
        except FileNotFoundError:
            continue


_REASONS = (
    (r"ACCESS_DENIED|PERMISSION_DENIED|status 403", "access is denied: check who you are, and the bucket's policy"),
    (r"NO_SUCH_BUCKET|NOT_FOUND|status 404", "there is no such bucket or object"),
    (r"INVALID_ACCESS_KEY|SIGNATURE|UNAUTHENTICATED|status 401|credential", "the credentials are missing or wrong"),
    (r"NETWORK_CONNECTION|UNAVAILABLE|resolve|[Cc]onnect|[Tt]imeout|DEADLINE", "it cannot be reached"),
)


@contextmanager
def explained(location: ObjectLocation, consequence: str = "") -> Iterator[None]:
    """Turn what the library says into one sentence: its own text may repeat headers and request bodies.

    :raises MaskingError: whatever went wrong.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        text = str(error)
        reason = next((said for pattern, said in _REASONS if re.search(pattern, text)), type(error).__name__)
        after = f"; {consequence}" if consequence else ""
        raise MaskingError(f"{location.shown}: {reason}{after}") from None
