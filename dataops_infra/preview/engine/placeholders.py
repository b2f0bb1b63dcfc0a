"""Placeholders: stand-in texts and numbers a program may compute with, and their discovery in what it registers.

The plain form of a provider function must answer with something, so it gets a placeholder. Each placeholder carries a
mark that survives slicing, joining and subnetting, and that nothing else carries:

- a **core**, 12 decimal digits drawn from a hash of where the placeholder comes from (inside ids, ARNs, names, zones;
  a number is its core),
- for addresses a **network** in ranges nobody may use (241.0.0.0 to 254.255.0.0, RFC 1112; 2001:db8::/32, RFC 3849),
- for texts that can carry neither (base64) the text itself.

:meth:`Placeholders.scrub` turns every input that holds a mark into an unknown. The search is one regular expression
over each text, whose cost does not grow with the number of placeholders.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping

from .values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    OUTPUT_SIGNATURE,
    RESOURCE_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Properties,
    Wire,
    is_secret,
    secret,
    unwrap,
)

CORE_DIGITS = 12
_SMALLEST_CORE = 10 ** (CORE_DIGITS - 1)
_FIRST_OCTETS = range(241, 255)
_NETWORKS = len(_FIRST_OCTETS) * 256
_NETWORKS6 = 0x10000
_MARKS = (
    r"(?P<digits>\d{12,})|(?<![\d.])(?P<net>2(?:4[1-9]|5[0-4])\.\d{1,3})\.\d{1,3}|2001:db8:(?P<net6>[0-9a-f]{1,4}):"
)
_SIMPLE_KEY = re.compile(r"[A-Za-z_$][\w$-]*\Z")


class Placeholders:
    """The placeholders handed out in one preview. Safe to use from several threads.

    :param config_unknown: config key → text that stands for a secret value which could not be decrypted; such a text
        becomes an unknown *secret*.
    """

    def __init__(self, config_unknown: Mapping[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._cores: dict[str, str] = {}
        self._networks: dict[str, str] = {}
        self._networks6: dict[str, str] = {}
        self._config_texts = frozenset(text for text in (config_unknown or {}).values() if text)
        self._texts: set[str] = set(self._config_texts)
        self._pattern = self._compile()

    def core(self, origin: str) -> str:
        """The 12 digits of ``origin`` (a unique description of call and field); always the same for one origin."""
        return self._draw(self._cores, origin, _SMALLEST_CORE * 9, lambda number: str(_SMALLEST_CORE + number))

    def network(self, origin: str) -> str:
        """The first two octets of an IPv4 /16 of ``origin``: ``"241.7"``. There are 3,584; then they repeat."""
        return self._draw(
            self._networks, origin, _NETWORKS, lambda number: f"{_FIRST_OCTETS[number // 256]}.{number % 256}"
        )

    def network6(self, origin: str) -> str:
        """The first three groups of an IPv6 /48 of ``origin``: ``"2001:db8:1f"``."""
        return "2001:db8:" + self._draw(self._networks6, origin, _NETWORKS6, lambda number: f"{number:x}")

    def text(self, value: str) -> str:
        """Make ``value`` as a whole a placeholder; for texts that can carry neither digits nor an address."""
        with self._lock:
            if value not in self._texts:
                self._texts.add(value)
                self._pattern = self._compile()
        return value

    def _draw(self, taken: dict[str, str], origin: str, size: int, spell: Callable[[int], str]) -> str:
        """``taken`` is mark → origin; a mark that another origin holds is passed over while free ones remain."""
        with self._lock:
            for attempt in range(64):
                digest = hashlib.sha256(f"{attempt}\0{origin}".encode()).digest()
                mark = spell(int.from_bytes(digest[:8], "big") % size)
                if taken.setdefault(mark, origin) == origin:
                    return mark
            return mark

    def _compile(self) -> re.Pattern[str]:
        alternatives = [re.escape(text) for text in sorted(self._texts, key=lambda text: (-len(text), text))]
        return re.compile("|".join([*alternatives, _MARKS]))

    def __bool__(self) -> bool:
        return bool(self._cores or self._networks or self._networks6 or self._texts)

    def found_in(self, value: Wire) -> bool:
        """Whether ``value`` holds a placeholder, at any depth, in map keys too."""
        return bool(self) and self._find(value) is not None

    def _find(self, value: Wire) -> bool | None:
        """None: no placeholder; True: one that stands for a secret; False: an ordinary one."""
        if isinstance(value, str):
            return self._find_in_text(value)
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, float)):
            return False if float(value).is_integer() and str(int(value)) in self._cores else None
        members: list[Wire] = []
        if isinstance(value, dict):
            members = [*value.keys(), *value.values()]
        elif isinstance(value, list):
            members = value
        found = [hit for hit in map(self._find, members) if hit is not None]
        return any(found) if found else None

    def _find_in_text(self, text: str) -> bool | None:
        found = None
        for match in self._pattern.finditer(text):
            if match.lastgroup is None:
                if match.group() in self._config_texts:
                    return True
                found = False
            elif self._is_mark(match):
                found = False
        return found

    def _is_mark(self, match: re.Match[str]) -> bool:
        digits = match["digits"]
        if digits:
            return any(digits[at : at + CORE_DIGITS] in self._cores for at in range(len(digits) - CORE_DIGITS + 1))
        return match["net"] in self._networks or match["net6"] in self._networks6

    def scrub(self, inputs: Properties) -> tuple[Properties, list[str]]:
        """``inputs`` with every value that holds a placeholder replaced by an unknown, and the paths of these values.

        A text is unknown as a whole; a map with a placeholder among its keys is unknown as a whole, and so is an asset
        or archive that holds one; what stands for an undecryptable secret becomes an unknown secret. Without a
        placeholder the same object comes back.
        """
        if not self:
            return inputs, []
        paths: list[str] = []
        cleaned = {key: self._clean(value, _path("", key), paths) for key, value in inputs.items()}
        return (cleaned, paths) if paths else (inputs, [])

    def _clean(self, value: Wire, path: str, paths: list[str]) -> Wire:
        if isinstance(value, list):
            return [self._clean(item, f"{path}[{index}]", paths) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return self._unknown_if_found(value, value, path, paths)
        if SIGNATURE_KEY in value:
            return self._clean_envelope(value, path, paths)
        keys = self._unknown_if_found(list(value), value, path, paths)
        if keys is not value:
            return keys
        return {key: self._clean(item, _path(path, key), paths) for key, item in value.items()}

    def _clean_envelope(self, value: Properties, path: str, paths: list[str]) -> Wire:
        kind = value[SIGNATURE_KEY]
        if kind == SECRET_SIGNATURE:
            return secret(unwrap(self._clean(value.get("value"), path, paths)))
        if kind == OUTPUT_SIGNATURE and "value" in value:
            held = self._clean(value["value"], path, paths)
            rest = {key: item for key, item in value.items() if key != "value"}
            if is_secret(held):
                rest["secret"] = True
            return rest if unwrap(held) == UNKNOWN else {**rest, "value": unwrap(held)}
        if kind in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
            return self._unknown_if_found(value, value, path, paths)
        if kind in (RESOURCE_SIGNATURE, OUTPUT_SIGNATURE):
            return value
        return {key: self._clean(item, _path(path, key), paths) for key, item in value.items()}

    def _unknown_if_found(self, where: Wire, value: Wire, path: str, paths: list[str]) -> Wire:
        found = self._find(where)
        if found is None:
            return value
        paths.append(path)
        return secret(UNKNOWN) if found else UNKNOWN


def _path(parent: str, key: str) -> str:
    if not _SIMPLE_KEY.match(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{parent}["{escaped}"]'
    return f"{parent}.{key}" if parent else key
