"""Prefixes of the lake: whether a path that ends early, or is a pattern of paths, keeps to ``lake.layout``.

What reads or writes the lake names folders rather than objects (a table ends at its version), and engines fill in parts
of them (``dt=${day}``): :meth:`.lake_layout.Lake.parse_path` reads whole paths only.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dataops_infra.conventions.beginnings import Piece, begins, one_of
from dataops_infra.conventions.lake_layout import ZONE_PLACEHOLDER, Folder, Placeholder
from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import InvalidInputError

LONGEST_KEY = 1024
"""Bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html and
https://cloud.google.com/storage/docs/objects#naming say the same."""

DOMAIN_PLACEHOLDER = "domain"

_BEGUN = {
    "str": Piece(r"[a-z0-9][a-z0-9_-]*", r"(?:[a-z0-9][a-z0-9_-]*)?"),
    "int": Piece(r"[0-9]{1,18}", r"[0-9]{0,18}"),
    "date": Piece(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"(?:[0-9]{0,4}|[0-9]{4}-[0-9]{0,2}|[0-9]{4}-[0-9]{2}-[0-9]{0,2})"),
}


def prefix_mistake(conventions: Conventions, prefix: str, zone: str) -> str | None:
    """What keeps ``prefix`` out of the lake's layout, in words that can stand behind "its"; None when nothing does.

    A beginning of the layout is legal as far as it goes, what follows its last folder is free. ``*`` stands for any
    text within a folder. Never repeats the prefix.

    :param zone: the zone of the bucket, which the path must name too.
    """
    if len(prefix) > LONGEST_KEY:
        return f"path is longer than {LONGEST_KEY} bytes"
    written = prefix.removesuffix("/")
    if not written:
        return None
    folders = conventions.lake.grammar.folders
    for position, (folder, name) in enumerate(zip(folders, written.split("/"), strict=False), 1):
        expected = _expected(conventions, folder, name, zone)
        if expected:
            return f"folder {position} must be {expected}"
    return None


def _expected(conventions: Conventions, folder: Folder, name: str, zone: str) -> str | None:
    """What ``name`` should be in place of ``folder``; None where it is that, or can be."""
    legal = {part.name: _legal(conventions, part, zone) for part in folder.placeholders}
    if "*" in name:
        pieces = [_piece(part, legal[part.name] if isinstance(part, Placeholder) else ()) for part in folder.parts]
        return None if begins(pieces, name.partition("*")[0]) else _described(folder, legal)
    try:
        values = folder.read(name)
    except InvalidInputError as error:
        return (
            _listed(error.input, legal[error.input]) or error.expected
            if error.input in legal
            else _described(folder, legal)
        )
    return next((_listed(key, legal[key]) for key in legal if legal[key] and values[key] not in legal[key]), None)


def _described(folder: Folder, legal: Mapping[str, Sequence[str]]) -> str:
    alone = folder.placeholders[0] if len(folder.parts) == len(folder.placeholders) == 1 else None
    return f"like {folder}" if alone is None else _listed(alone.name, legal[alone.name]) or alone.expected


def _legal(conventions: Conventions, part: Placeholder, zone: str) -> tuple[str, ...]:
    """The values that a placeholder may have; empty where any of its type will do."""
    if part.name == ZONE_PLACEHOLDER:
        return (zone,)
    return tuple(conventions.domains) if part.name == DOMAIN_PLACEHOLDER else ()


def _listed(name: str, legal: Sequence[str]) -> str | None:
    if name == ZONE_PLACEHOLDER:
        return f"{legal[0]}, the zone of the bucket"
    return f"a {name} ({', '.join(legal)})" if legal else None


@lru_cache(maxsize=256)
def _piece(part: str | Placeholder, legal: tuple[str, ...]) -> Piece:
    if isinstance(part, str):
        return one_of([part])
    return one_of(legal) if legal else _BEGUN[part.type]
