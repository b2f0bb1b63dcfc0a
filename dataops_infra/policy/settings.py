"""What a pack was told: the compiled conventions in each policy's config, or the built-in defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from dataops_infra.conventions.compiled import CONFIG_KEY, SCHEMA, from_compiled
from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.loading import BUILT_IN, rules_digest
from dataops_infra.conventions.model import Conventions

CONFIG_SCHEMA: Final[Mapping[str, Any]] = {
    CONFIG_KEY: {
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"type": "string", "enum": [SCHEMA]}},
        "description": "Conventions and contracts, as `dataops policies config` prints them.",
    }
}


@dataclass(frozen=True)
class Settings:
    """The rules that a pack judges by.

    ``day`` is the one that somebody named; ``given`` is False when the pack had to fall back to the built-in defaults.
    """

    conventions: Conventions
    contracts: tuple[DatasetContract, ...]
    day: date | None
    source: str
    digest: str
    given: bool

    @property
    def as_of(self) -> date:
        """The day on which dates are judged: today in UTC unless one was named, also where a pack serves for days."""
        return self.day or datetime.now(UTC).date()


@cache
def built_in() -> Settings:
    """The built-in defaults."""
    conventions = Conventions()
    return Settings(conventions, (), None, BUILT_IN, rules_digest(conventions), given=False)


_known: dict[int, tuple[Mapping[str, Any], Settings]] = {}
"""``id`` of a document -> the document (kept alive, so that no other object gets its id) and the settings in it."""
_unlike: list[tuple[Mapping[str, Any], Settings]] = []
"""The documents among them that differ, which are few: what an unknown document is compared with."""


_bundled: list[Mapping[str, Any]] = []


def use_bundled(config: Mapping[str, Mapping[str, Any]]) -> None:
    """Judge by the conventions in a bundled pack's config wherever a policy is given none (the config of any policy
    will do: all hold the same); an empty config goes back to the built-in defaults.

    :raises InvalidInputError: the conventions in it are not what ``dataops policies config`` prints.
    """
    documents = [entry[CONFIG_KEY] for entry in config.values() if CONFIG_KEY in entry]
    _bundled[:] = documents[:1]
    read_settings({})


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings in a policy's config, else in the pack's bundled config, else the built-in defaults.

    :raises InvalidInputError: the conventions in it are not what ``dataops policies config`` prints.
    """
    document = config.get(CONFIG_KEY) or (_bundled[0] if _bundled else None)
    if not document:
        return built_in()
    # A policy gets a fresh copy of its config at each call, with the same document inside; every policy of a pack has
    # a document of its own, all alike.
    if id(document) not in _known:
        _known[id(document)] = (document, _settings_alike(document))
    return _known[id(document)][1]


def _settings_alike(document: Mapping[str, Any]) -> Settings:
    alike = next((settings for known, settings in _unlike if known == document), None)
    if alike is None:
        alike = _settings_of(document)
        _unlike.append((document, alike))
    return alike


def _sorted(value: Any) -> Any:
    """Objects with sorted keys: on the wire they lose their order, and reports must not change from run to run."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _settings_of(document: Mapping[str, Any]) -> Settings:
    rules = from_compiled(_sorted(document))
    return Settings(rules.conventions, rules.contracts, rules.as_of, rules.source, rules.digest, given=True)
