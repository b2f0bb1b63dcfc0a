"""What addresses of S3 and Google Cloud Storage say, and the file systems of pyarrow behind them.

Credentials and regions come from where the clouds' own tools look for them, never from the address;
``AWS_ENDPOINT_URL_S3``, ``AWS_ENDPOINT_URL`` and ``STORAGE_EMULATOR_HOST`` name another server.

An object store has no rename, so a copy is complete when its ``_manifest.json`` is there: it is made below
``_staging/`` first, then the former manifest goes, the tables move to their places, and the manifest comes last.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from dataops_infra.errors import MaskingError
from dataops_infra.masking.manifest import FOLDER_MANIFEST, SCHEMA

STAGING = "_staging"
"""Below the target; names that begin with ``_`` are no data."""
MARKER = "_incomplete.json"
"""There while tables are moved to their places: what stands beside it is part of a copy, not somebody's data."""
_THREADS = 8
_CONNECT_SECONDS = 10.0
_ATTEMPTS = 4
_GCS_RETRIES = timedelta(seconds=60)
"""How long Google's client tries again; by itself it does so for a quarter of an hour."""


@dataclass(frozen=True)
class StoreLocation:
    """What a URI says.

    :param key: the prefix below which the tables lie, without slashes at its ends; '' = the whole bucket.
    """

    scheme: str
    bucket: str
    key: str

    @property
    def root(self) -> str:
        """Bucket and prefix, as pyarrow's file systems name them."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    @property
    def shown(self) -> str:
        """The URI."""
        return f"{self.scheme}://{self.root}"


def parse_location(text: str) -> StoreLocation:
    """What the URI ``text`` says.

    :raises MaskingError: it names no bucket, or holds credentials or options.
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
    if parts.query:
        variable = "AWS_ENDPOINT_URL_S3 or AWS_REGION" if parts.scheme == "s3" else "STORAGE_EMULATOR_HOST"
        raise MaskingError(f"{shown} is given without ?…: set {variable} in the environment")
    return StoreLocation(parts.scheme, parts.netloc, key)


def file_system(location: StoreLocation, environment: Mapping[str, str] = os.environ) -> fs.FileSystem:
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
            return fs.GcsFileSystem(retry_time_limit=_GCS_RETRIES)
        return fs.GcsFileSystem(
            anonymous=True,
            scheme=address.scheme,
            endpoint_override=address.netloc,
            retry_time_limit=_GCS_RETRIES,
        )


def check_store_target(location: StoreLocation, *, is_overwritten: bool) -> None:
    """Refuse a prefix that holds what no earlier run put there.

    :raises MaskingError: it cannot be reached, or holds something else.
    """
    store = file_system(location)
    with explained(location):
        if not _has_bucket(store, location):
            raise MaskingError(f"{location.scheme}://{location.bucket} does not exist; make it first")
        held = _listed(store, location)
        if not held or f"{location.root}/{MARKER}" in held:
            return
        if _is_masked_copy(store, location, held):
            if not is_overwritten:
                raise MaskingError(
                    f"the target {location.shown} holds a masked copy; choose another, or replace it with --overwrite"
                )
            return
    if not all(key.startswith(f"{location.root}/{STAGING}/") for key in held):
        raise MaskingError(
            f"the target {location.shown} holds objects that no earlier run put there: they are not overwritten; "
            "choose another prefix, or remove them yourself"
        )


def _has_bucket(store: fs.FileSystem, location: StoreLocation) -> bool:
    """Whether the bucket is there. Who has rights to a prefix only may not ask: the next request tells."""
    try:
        return bool(store.get_file_info(location.bucket).type is not fs.FileType.NotFound)
    except OSError:
        return True


def _listed(store: fs.FileSystem, location: StoreLocation) -> set[str]:
    """The objects below the prefix."""
    infos = store.get_file_info(fs.FileSelector(location.root, recursive=True, allow_not_found=True))
    return {info.path for info in infos if info.type is fs.FileType.File}


def _is_masked_copy(store: fs.FileSystem, location: StoreLocation, held: Set[str]) -> bool:
    key = f"{location.root}/{FOLDER_MANIFEST}"
    if key not in held:
        return False
    try:
        with store.open_input_stream(key, compression=None) as stream:
            document = json.loads(stream.read())
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def _endpoint(location: StoreLocation, environment: Mapping[str, str]) -> str:
    if location.scheme == "s3":
        return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    host = environment.get("STORAGE_EMULATOR_HOST", "")
    return host if "://" in host or not host else f"http://{host}"


def _s3(location: StoreLocation, endpoint: str, environment: Mapping[str, str]) -> fs.FileSystem:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region and not endpoint:
        region = fs.resolve_s3_region(location.bucket)
    return fs.S3FileSystem(
        region=region or "us-east-1",
        endpoint_override=endpoint or None,
        connect_timeout=_CONNECT_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def each_at_once(work: Callable[[str], None], keys: Iterable[str]) -> None:
    """``work`` on every key, several at a time; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in [pool.submit(work, key) for key in keys]:
            done.result()


_REASONS = (
    (r"ACCESS_DENIED|PERMISSION_DENIED|status 403", "access is denied: check who you are, and the bucket's policy"),
    (r"NO_SUCH_BUCKET|NOT_FOUND|status 404", "there is no such bucket or object"),
    (r"INVALID_ACCESS_KEY|SIGNATURE|UNAUTHENTICATED|status 401|credential", "the credentials are missing or wrong"),
    (r"NETWORK_CONNECTION|UNAVAILABLE|resolve|[Cc]onnect|[Tt]imeout|DEADLINE", "it cannot be reached"),
)


@contextmanager
def explained(location: StoreLocation, consequence: str = "") -> Iterator[None]:
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
