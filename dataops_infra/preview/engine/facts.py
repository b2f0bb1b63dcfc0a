"""What is known of resource types without asking a provider: automatic names and tags (``provider_facts/*.json``)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .urns import package_of


@dataclass(frozen=True)
class NameRule:
    """How a provider makes up the name of a resource that was given none (keys of ``autoName`` in the facts).

    :param property: the input that holds it.
    :param maximum: most characters, 0 = no limit.
    :param separator: stands between the logical name and the random part.
    :param random: characters of the random part, 0 = the logical name alone.
    :param letters: the random part is letters instead of hexadecimal digits.
    :param lower: the logical name is written in lower case.
    :param prefix: stands before the logical name unless that has it already (``alias/``).
    :param suffix: stands after the random part (``.fifo``), beyond ``maximum``.
    :param unless: an input beside which there is no automatic name (``bucketPrefix``).
    :param when: an input that changes the rule: ``{"property", "equals" | "contains", ...what it changes}``.
    """

    property: str
    maximum: int = 0
    separator: str = "-"
    random: int = 7
    letters: bool = False
    lower: bool = False
    prefix: str = ""
    suffix: str = ""
    unless: str = ""
    when: dict[str, Any] | None = None


@dataclass(frozen=True)
class TypeFacts:
    """What Check fills in for one resource type: an automatic name, and ``tagsAll`` from the property ``tags``."""

    name: NameRule | None = None
    tags: str = ""
    tags_all: bool = False


NOTHING = TypeFacts()


class ProviderFacts:
    """The facts of every package, read from the folder when a package is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packages: dict[str, dict[str, Any]] = {}
        self._types: dict[str, TypeFacts] = {}

    def of(self, token: str) -> TypeFacts:
        """The facts of one type; :data:`NOTHING` for a type or a package that is not listed."""
        known = self._types.get(token)
        if known is None:
            document = self._package(package_of(token))
            label = document.get("types", {}).get(token)
            known = _type_facts(document["shapes"][label]) if label is not None else NOTHING
            self._types[token] = known
        return known

    def _package(self, package: str) -> dict[str, Any]:
        if package not in self._packages:
            path = self._folder / f"{package}.json"
            readable = package.isidentifier() and path.is_file()
            self._packages[package] = json.loads(path.read_text(encoding="utf-8")) if readable else {}
        return self._packages[package]


def name_rule(entry: dict[str, Any]) -> NameRule:
    """The rule that an ``autoName`` object describes."""
    return NameRule(
        property=entry["property"],
        maximum=entry.get("maxLength", 0),
        separator=entry.get("separator", "-"),
        random=entry.get("random", 7),
        letters=entry.get("charset") == "letters",
        lower=entry.get("lower", False),
        prefix=entry.get("prefix", ""),
        suffix=entry.get("suffix", ""),
        unless=entry.get("unless", ""),
        when=entry.get("when"),
    )


def _type_facts(entry: dict[str, Any]) -> TypeFacts:
    name = entry.get("autoName")
    return TypeFacts(
        name=name_rule(name) if name else None, tags=entry.get("tags", ""), tags_all=entry.get("tagsAll", False)
    )
