"""Keeps decrypted configuration out of everything that people read, as Pulumi's CLI does.

A program may print a secret, put it in an exception or hand it to a rule as plain text. The engine's marks do not help
there; what does is to look for the text itself. The rules are those of ``logging.CreateFilter`` in Pulumi.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "[secret]"
_SHORTEST = 3
_SHORTEST_PART = 6
_PLAIN_WORDS = ("true", "false")
_SHOWN = {
    "policyEvents": ("message",),
    "diagnostics": ("message",),
    "resources": ("inputs",),
    "remediations": ("before", "after"),
    "functions": ("entry",),
}
"""What of result.json comes from the program or a pack; names and places are needed as they are."""


class Mask:
    """Replaces secrets in texts. A text of fewer than three characters, or a truth value, is nobody's secret.

    The lines of a secret of several lines (a private key), which output may be cut between, and the texts in a secret
    JSON document are hidden one by one too, from six characters on: shorter ones are words like ``admin``.

    :param secrets: the decrypted texts.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        hidden = {text for text in secrets if len(text) >= _SHORTEST and text.lower() not in _PLAIN_WORDS}
        parts = {part for text in hidden for part in (*map(str.strip, text.splitlines()), *_texts(_document(text)))}
        hidden |= {part for part in parts if len(part) >= _SHORTEST_PART}
        hidden |= {json.dumps(text, ensure_ascii=plain)[1:-1] for text in hidden for plain in (True, False)}
        # The longest first: one secret may be the beginning of another.
        ordered = sorted(hidden, key=lambda text: (-len(text), text))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """``text`` with every secret in it masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def lines(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Lines of output; a secret of several lines is masked in all of them."""
        before = tuple(lines)
        return tuple(self.text("\n".join(before)).split("\n")) if before and self._pattern else before

    def value(self, value: Any) -> Any:
        """``value`` with every text in it masked; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def observed(self, observed: Mapping[str, Any]) -> Mapping[str, Any]:
        """The engine's result.json, masked."""
        if self._pattern is None:
            return observed
        shown = {
            key: [{**entry, **{name: self.value(entry[name]) for name in names if name in entry}} for entry in found]
            for key, names in _SHOWN.items()
            if (found := observed.get(key))
        }
        return {**observed, **shown, "outputs": self.value(observed["outputs"]), "error": self._error(observed)}

    def _error(self, observed: Mapping[str, Any]) -> Any:
        error = observed.get("error")
        if not error:
            return error
        frames = [{**frame, "text": self.text(frame.get("text", ""))} for frame in error.get("frames", ())]
        masked = {key: self.text(error.get(key) or "") for key in ("message", "detail")}
        return {**error, **masked, "frames": frames}


def _document(text: str) -> Any:
    try:
        return json.loads(text) if text.startswith(("{", "[")) else None
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON document; its keys are none."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)
