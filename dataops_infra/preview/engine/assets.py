"""Assets and archives: their hashes, computed when a resource is registered, as the engine does it."""

import hashlib
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .records import EngineFailure
from .values import Properties, Wire, is_archive, is_asset

_ZIP_SUFFIXES = (".zip", ".jar")
_ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tar.gz", *_ZIP_SUFFIXES)
_BOOKKEEPING = ".pulumi"
_BLOCK = 512
_NAME_BYTES = 100
_PREFIX_BYTES = 155


def with_hashes(properties: Properties, subject: str = "") -> Properties:
    """``properties`` with every asset's hash; the same object when there is none to add.

    :param subject: whose properties these are, for the detail of a failure (the sentence is the engine's own).
    :raises EngineFailure: see :func:`hash_assets`.
    """
    try:
        hashed = {
            name: hash_assets(value, name) if isinstance(value, (dict, list)) else value
            for name, value in properties.items()
        }
    except EngineFailure as failure:
        raise EngineFailure(failure.kind, str(failure), detail=subject) from None
    return hashed if any(hashed[name] is not properties[name] for name in properties) else properties


def hash_assets(value: Wire, name: str) -> Wire:
    """``value`` with the hash of every asset and archive in it filled in.

    :param name: the top-level property, for the sentence of a failure.
    :raises EngineFailure: a file is missing, or the asset would have to be fetched (kind ``asset``).
    """
    if is_asset(value) or is_archive(value):
        if value.get("hash"):
            return value
        try:
            return _hashed(value)
        except OSError as error:
            raise EngineFailure("asset", _missing(name, error)) from None
        except _Remote as error:
            raise EngineFailure(
                "asset",
                f'failed to compute asset hash for "{name}": {error} would have to be fetched, and a preview here uses'
                " no network; download it and use a FileAsset or FileArchive, or run with --engine pulumi",
            ) from None
    if isinstance(value, dict):
        changed = {key: hash_assets(item, name) for key, item in value.items()}
        return changed if any(changed[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [hash_assets(item, name) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


class _Remote(Exception):
    """The text is the address."""


def _missing(name: str, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return (
        f"failed to compute asset hash for \"{name}\": failed to open asset file '{error.filename}':"
        f" open {error.filename}: {reason}"
    )


def _hashed(value: Properties) -> Properties:
    if is_asset(value):
        return {**value, "hash": hashlib.sha256(_asset_bytes(value)).hexdigest()}
    if isinstance(value.get("assets"), dict):
        value = {**value, "assets": {key: _hashed(item) for key, item in value["assets"].items()}}
    return {**value, "hash": _archive_hash(value)}


def _asset_bytes(value: Properties) -> bytes:
    if value.get("uri"):
        raise _Remote(value["uri"])
    if value.get("path"):
        return Path(value["path"]).absolute().read_bytes()
    return str(value.get("text") or "").encode()


def _archive_hash(value: Properties) -> str:
    """SHA-256 of the archive's file as it is, else of the tar that the engine would write."""
    path = str(value.get("path") or "")
    if path.endswith(_ARCHIVE_SUFFIXES):
        return hashlib.sha256(Path(path).absolute().read_bytes()).hexdigest()
    digest = hashlib.sha256()
    seen: set[str] = set()
    for name, content in _entries(value):
        if name not in seen:
            seen.add(name)
            digest.update(_tar_header(name, len(content)))
            digest.update(content)
            digest.update(bytes(-len(content) % _BLOCK))
    digest.update(bytes(2 * _BLOCK))
    return digest.hexdigest()


def _entries(value: Properties) -> Iterator[tuple[str, bytes]]:
    """Names and contents in the order in which the engine writes them."""
    if value.get("uri"):
        raise _Remote(value["uri"])
    assets = value.get("assets")
    if isinstance(assets, dict):
        for name, item in sorted(assets.items()):
            yield from _member_entries(name, item)
        return
    path = Path(str(value.get("path") or "")).absolute()
    if path.name.endswith(_ARCHIVE_SUFFIXES):
        yield from _file_entries(path)
    else:
        yield from _folder_entries(path, "")


def _member_entries(name: str, item: Any) -> Iterator[tuple[str, bytes]]:
    if is_asset(item):
        yield name, _asset_bytes(item)
    else:
        for inner, content in _entries(item):
            yield f"{name}/{inner}", content


def _file_entries(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.name.endswith(_ZIP_SUFFIXES):
        with zipfile.ZipFile(path) as archive:
            yield from ((info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir())
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content:
                    yield member.name, content.read()


def _folder_entries(folder: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name == _BOOKKEEPING or (path.is_symlink() and path.is_dir()):
            continue
        if path.is_dir():
            yield from _folder_entries(path, f"{prefix}{path.name}/")
        else:
            yield prefix + path.name, path.read_bytes()


def _tar_header(name: str, size: int) -> bytes:
    """The USTAR header that Go's ``archive/tar`` writes: mode 0600, no owner, no time, device numbers as zeros.

    A name that USTAR cannot hold (not ASCII, too long) is cut: the engine's hash differs then, ours stays the same in
    every run.
    """
    encoded = name.encode("ascii", "replace").decode()
    prefix, _, base = encoded.rpartition("/") if len(encoded) > _NAME_BYTES else ("", "", encoded)
    header = bytearray(_BLOCK)
    fields = (
        (0, base[:_NAME_BYTES]),
        (100, "0000600"),
        (108, "0000000"),
        (116, "0000000"),
        (124, f"{size:011o}"),
        (136, f"{0:011o}"),
        (148, " " * 8),
        (156, "0"),
        (257, "ustar\x0000"),
        (329, "0000000"),
        (337, "0000000"),
        (345, prefix[:_PREFIX_BYTES]),
    )
    for offset, text in fields:
        header[offset : offset + len(text)] = text.encode()
    header[148:156] = f"{sum(header):06o}\x00 ".encode()
    return bytes(header)
