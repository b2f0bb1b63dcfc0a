"""Editing the properties of a resource in a remediation, in place.

In ``Remediate`` properties arrive as a proxy that keeps the marks of secrets, and unknowns as their raw marker strings.
The result is not checked by the provider again. So edits happen below the proxy, move values instead of copying them,
and touch nothing that is unknown. They also commute: an edit depends on the tags alone, never on what ran before.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from pulumi_policy.secret import Secret

from dataops_infra.policy.values import is_unknown
from dataops_infra.provider_facts import TypeFacts, facts


class EditableResource:
    """A resource in a remediation: its type and its properties, which are edited in place."""

    def __init__(self, type: str, props: Any) -> None:  # noqa: A002 - the word of the domain
        self.type = type
        self.props = props

    @property
    def facts(self) -> TypeFacts:
        """What the provider's SDK says about the type."""
        return facts(self.type)

    def rename_own_tags(self, renamed: Callable[[Sequence[str]], Mapping[str, str]]) -> bool:
        """Rename keys of the resource's own tags, and the same keys in ``tagsAll``; True if any was renamed.

        :param renamed: from the keys that are there to ``{old key: new key}``.
        """
        tags: Any = _raw(self.props)
        for step in self.facts.tags:
            tags = _raw(tags.get(step)) if isinstance(tags, MutableMapping) else None
        if isinstance(tags, list):
            return _rename_pairs(tags, renamed)
        if not isinstance(tags, MutableMapping) or not self.facts.tags:
            return False
        changes = dict(renamed(list(tags)))
        _rename_keys(tags, changes)
        merged = _raw(_raw(self.props).get("tagsAll")) if changes else None
        if isinstance(merged, MutableMapping):
            _rename_keys(merged, changes)
        return bool(changes)


def _raw(value: Any) -> Any:
    """What stands behind a proxy or a mark of a secret: the object itself, so that an edit reaches it."""
    if isinstance(value, Secret):
        value = value.value
    if isinstance(value, dict | list) or not isinstance(value, Mapping | Sequence) or isinstance(value, str):
        return value
    return value["__target"]  # type: ignore[call-overload]


def _rename_keys(tags: MutableMapping[str, Any], changes: Mapping[str, str]) -> None:
    for old, new in changes.items():
        if old in tags:
            # Moved as it is: a secret keeps its mark, an unknown its marker.
            tags[new] = tags.pop(old)


def _rename_pairs(pairs: list[Any], renamed: Callable[[Sequence[str]], Mapping[str, str]]) -> bool:
    entries = [entry for entry in map(_raw, pairs) if isinstance(entry, dict)]
    keyed = [entry for entry in entries if isinstance(entry.get("key"), str) and not is_unknown(entry["key"])]
    if len(keyed) < len(pairs):
        # A key that cannot be read may be the very one that would be doubled.
        return False
    changes = renamed([entry["key"] for entry in keyed])
    for entry in keyed:
        entry["key"] = changes.get(entry["key"], entry["key"])
    return bool(changes)
