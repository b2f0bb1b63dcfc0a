"""Which kind of place a text names: a scheme of :data:`KINDS`, an object store, or else a path."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.places.base import Files, Place
from dataops_infra.masking.stores import path_of

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "postgresql": "dataops_infra.masking.places.postgresql",
        "duckdb": "dataops_infra.masking.places.duckdb",
        "sqlite": "dataops_infra.masking.places.sqlite",
    }
)
"""Scheme -> the module whose ``open_uri(text)`` makes the place. Imported only when it is named."""
_SERVER_AS_PATH = re.compile(r"(?i)\bpassword\s*=|^[a-z][a-z0-9+]*:/?[^/:@]*:[^/]*@")
"""libpq's keywords, and URIs without ``//``: as paths they would be repeated in messages, password included."""
_FILE = "file:/"
_ALIASES = {"postgres": "postgresql"}
_STORES = ("s3", "s3a", "s3n", "gs", "gcs")
_FEW_SLASHES = re.compile(rf"(?i)^({'|'.join((*KINDS, *_ALIASES, *_STORES))}):")
_FILLED = {"postgresql": "user@host:5432/database", "duckdb": "/file.duckdb", "sqlite": "/file.db"}


def open_place(text: str) -> Place:
    """The place that ``text`` names; nothing is opened or connected yet.

    :raises MaskingError: no such kind of place, or it is written wrongly.
    """
    if text[: len(_FILE)].lower() == _FILE:
        path = path_of(text)
        return Files(path, shown_path(path))
    scheme, separator, rest = text.partition("://")
    if not separator or "/" in scheme:
        if _SERVER_AS_PATH.search(text):
            raise MaskingError(
                "a place is no text with a password: name a database as postgresql://user@host:5432/database, and its "
                "password by PGPASSWORD, a password file (PGPASSFILE) or a service (PGSERVICE)"
            )
        if few := _FEW_SLASHES.match(text):
            raise MaskingError(_few_slashes(few[1].lower()))
        return Files(Path(text), shown_path(Path(text)))
    scheme = _ALIASES.get(scheme.lower(), scheme.lower())
    if scheme in _STORES:
        path = path_of(f"{scheme}://{rest}")
        return Files(path, shown_path(path))
    if scheme not in KINDS:
        raise MaskingError(f"{scheme}:// is no kind of place: give a path, or a URI that begins with {_listed()}")
    try:
        module = import_module(KINDS[scheme])
    except ModuleNotFoundError as error:
        raise MaskingError(
            f'{scheme}:// needs {error.name}, which this environment lacks: pip install "dataops-infra[{scheme}]"'
        ) from None
    place: Place = module.open_uri(f"{scheme}://{rest}")
    return place


def _few_slashes(scheme: str) -> str:
    rest = _FILLED.get(_ALIASES.get(scheme, scheme), "bucket/prefix")
    return f"{scheme}: is written {scheme}://{rest}, and a file whose name begins so ./{scheme}:"


def _listed() -> str:
    return ", ".join(f"{scheme}://" for scheme in (*KINDS, "s3", "gs"))
