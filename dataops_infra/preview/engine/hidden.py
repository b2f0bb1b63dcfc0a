"""Copies of a resource's secrets that carry no mark: providers and remediations make them, reports must not show them.

``tagsAll`` repeats secret tags in plain text, and a remediation that returns a copy of the properties loses every
mark. Packs receive both as they are, as with Pulumi's engine; what people read has the text hidden.
"""

import json
from typing import Any

from .records import ResourceRecord
from .values import SECRET_NOTATION, Wire, is_secret, strip_secrets

_SHORTEST = 3


def secret_texts(value: Wire) -> frozenset[str]:
    """The texts inside the secrets of ``value``; of a secret JSON document its texts too."""
    found: set[str] = set()
    _collect(value, found)
    return frozenset(found)


def shown(notation: Any, record: ResourceRecord) -> Any:
    """``notation`` (see :func:`values.to_notation`) of inputs of ``record`` without copies of its secrets."""
    texts = record.hidden | (secret_texts(record.provider.inputs) if record.provider else frozenset())
    return _without(notation, texts) if texts else notation


def _collect(value: Wire, found: set[str]) -> None:
    if is_secret(value):
        found.update(text for text in _texts(strip_secrets(value)) if len(text) >= _SHORTEST)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if not isinstance(value, str):
        return []
    inner = _document(value)
    return [value] if inner is None else [value, *_texts(inner)]


def _document(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _without(value: Any, texts: frozenset[str]) -> Any:
    if isinstance(value, str):
        return SECRET_NOTATION if value in texts else value
    if isinstance(value, dict):
        return {key: _without(item, texts) for key, item in value.items()}
    return [_without(item, texts) for item in value] if isinstance(value, list) else value
