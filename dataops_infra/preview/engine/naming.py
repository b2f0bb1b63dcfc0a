"""Automatic names: what a provider calls a resource that was given no physical name.

The random part is not random here: it is drawn from the SHA-256 of the URN, so two previews of one program are equal
byte for byte (ADR 0032). Its length and alphabet are the provider's.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from .facts import NameRule
from .records import JobSpec
from .urns import package_of
from .values import Properties, is_unknown, strip_secrets

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "alphanum": _LETTERS + "0123456789",
    "string": _LETTERS,
    "num": "0123456789",
}
_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_CALL = re.compile(r"(hex|alphanum|string|num)\((\d+)\)")


class NameTooLong(Exception):
    """The logical name leaves no room for the random part; the text is the provider's."""


def random_part(urn: str, length: int, alphabet: str = "hex", salt: str = "") -> str:
    """``length`` characters of an alphabet, the same for the same URN (and ``salt``) in every run."""
    characters = _ALPHABETS[alphabet]
    found, block = "", 0
    while len(found) < length:
        digest = hashlib.sha256(f"{urn}|{salt}|{block}".encode() if block or salt else urn.encode())
        if alphabet == "hex":
            found += digest.hexdigest()
        else:
            found += "".join(characters[byte % len(characters)] for byte in digest.digest())
        block += 1
    return found[:length]


@dataclass(frozen=True)
class Proposal:
    """What ``pulumi:autonaming`` says for one resource: a name, or None for "no automatic name"."""

    name: str | None


class Autonaming:
    """The stack's ``pulumi:autonaming`` configuration.

    :param job: its ``autonaming`` is a mapping as in Pulumi's documentation, or None.
    """

    def __init__(self, job: JobSpec) -> None:
        self._job = job
        self._config: dict[str, Any] = job.autonaming if isinstance(job.autonaming, dict) else {}

    def propose(self, urn: str, type_token: str, name: str) -> Proposal | None:
        """The configured name; None when the provider's own rule applies."""
        chosen = self._chosen(type_token)
        if "pattern" in chosen:
            return Proposal(self._expand(str(chosen["pattern"]), urn, name))
        return {"verbatim": Proposal(name), "disabled": Proposal(None)}.get(str(chosen.get("mode", "default")))

    def deletes_before_replace(self, type_token: str) -> bool:
        """True when names have no random part: a replacement could not exist beside what it replaces."""
        chosen = self._chosen(type_token)
        if "pattern" in chosen:
            return not any(_is_random(found) for found in _EXPRESSION.findall(str(chosen["pattern"])))
        return chosen.get("mode") in ("verbatim", "disabled")

    def _chosen(self, type_token: str) -> dict[str, Any]:
        """The most specific setting: of the type, of the package, of the stack."""
        package = self._config.get("providers", {}).get(package_of(type_token), {})
        for setting in (package.get("resources", {}).get(type_token, {}), package, self._config):
            if "mode" in setting or "pattern" in setting:
                return dict(setting)
        return {}

    def _expand(self, pattern: str, urn: str, name: str) -> str:
        known = {
            "name": name,
            "stack": self._job.stack,
            "project": self._job.project,
            "organization": self._job.organization,
        }

        def value_of(match: re.Match[str]) -> str:
            expression = match.group(1).strip()
            call = _CALL.fullmatch(expression)
            if call:
                return random_part(urn, int(call.group(2)), call.group(1))
            if expression == "uuid":
                digits = random_part(urn, 32)
                return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            if expression.startswith("config."):
                key = expression.removeprefix("config.")
                return self._job.config.get(key if ":" in key else f"{self._job.project}:{key}", "")
            return known.get(expression, match.group(0))

        return _EXPRESSION.sub(value_of, pattern)


def _is_random(expression: str) -> bool:
    return expression.strip() == "uuid" or _CALL.fullmatch(expression.strip()) is not None


def apply_condition(rule: NameRule, inputs: Properties) -> NameRule:
    """The rule as the resource's own inputs change it (a FIFO queue's name ends in ``.fifo``)."""
    condition = rule.when
    if not condition:
        return rule
    value = strip_secrets(inputs.get(condition["property"]))
    if "equals" in condition:
        holds = value == condition["equals"]
    else:
        holds = isinstance(value, str) and not is_unknown(value) and condition["contains"] in value.lower()
    if not holds:
        return rule
    return replace(
        rule,
        maximum=condition.get("maxLength", rule.maximum),
        random=condition.get("random", rule.random),
        suffix=condition.get("suffix", rule.suffix),
    )


def automatic_name(rule: NameRule, urn: str, name: str) -> str:
    """The name a provider would make up.

    :raises NameTooLong: the logical name and the random part are longer than the service allows.
    """
    stem = name.lower() if rule.lower else name
    if not stem.startswith(rule.prefix):
        stem = rule.prefix + stem
    if not rule.random:
        return stem + rule.suffix
    stem += rule.separator
    if rule.maximum and len(stem) + rule.random > rule.maximum:
        raise NameTooLong(f"name '{stem}' plus {rule.random} random chars is longer than maximum length {rule.maximum}")
    return stem + random_part(urn, rule.random, "string" if rule.letters else "hex") + rule.suffix
