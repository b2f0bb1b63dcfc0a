"""The replacement pools: lists of invented values, frozen as files beside this module, each with its SHA-256.

faker's lists change with its version, and pseudonyms drawn from them would change too; these never do. The files are
made by :mod:`.build`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from dataops_infra.conventions.documents import nearest
from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.pools.scripts import SCRIPTS, Script

FOLDER = Path(__file__).parent / "lists"
DIGESTS = FOLDER / "digests.json"
"""File -> its SHA-256, written when the files are built and held against them when they are read."""

LISTS = ("first_name", "last_name", "company", "street", "city", "job", "country")
"""What values are kept of. A street stands as ``Main Street``; its house numbers are made up when it is used."""
POOLS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in LISTS},
    "full_name": ("first_name", "last_name"),
    "username": ("first_name", "last_name"),
}
"""Name of a pool in a plan -> the lists that its values are made from."""


@dataclass(frozen=True)
class Pool:
    """One frozen list in one script."""

    name: str
    values: pa.Array
    """``large_string``, sorted, all different; as many as a prime number, so that any step through it meets all."""
    sha256: str
    """Digest of the list's file, in hexadecimal digits."""


def load_pool(name: str, script: Script = Script.LATIN) -> Pool:
    """The list ``name`` of :data:`LISTS` in one script, the Latin one where there is none in that script.

    :raises InvalidInputError: there is no such list.
    :raises MaskingError: the file is missing, or is not the one that was frozen.
    """
    if name not in LISTS:
        raise InvalidInputError("pool", f"one of the lists {', '.join(LISTS)}", name)
    return _read(_file(name, script))


def pool_hashes(names: Iterable[str]) -> dict[str, str]:
    """Pool -> one SHA-256 over the files that its values are drawn from, for the manifest.

    :param names: names as in :data:`POOLS`.
    :raises InvalidInputError: there is no such pool.
    """
    return {name: _pool_hash(name) for name in sorted(set(names))}


@cache
def _pool_hash(name: str) -> str:
    if name not in POOLS:
        raise InvalidInputError("pool", nearest(name, POOLS) or "the name of a pool", name)
    files = sorted({_file(part, script) for part in POOLS[name] for script in SCRIPTS})
    return hashlib.sha256("".join(f"{_read(file).sha256}  {file}\n" for file in files).encode()).hexdigest()


def _file(name: str, script: Script) -> str:
    own = f"{name}.{script.value}.txt"
    return own if own in _digests() else f"{name}.{Script.LATIN.value}.txt"


@cache
def _digests() -> dict[str, str]:
    try:
        digests: dict[str, str] = json.loads(DIGESTS.read_text(encoding="utf-8"))
    except OSError as error:
        raise MaskingError(f"the replacement pools cannot be read ({DIGESTS}): install the package again") from error
    return digests


@cache
def _read(file: str) -> Pool:
    try:
        content = (FOLDER / file).read_bytes()
    except OSError as error:
        raise MaskingError(f"the replacement pool {file} cannot be read: install the package again") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != _digests()[file]:
        raise MaskingError(
            f"the replacement pool {file} is not the one that was frozen, so pseudonyms would change: "
            "install the package again"
        )
    return Pool(file.removesuffix(".txt"), pa.array(content.decode().splitlines(), pa.large_string()), digest)
