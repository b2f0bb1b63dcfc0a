"""The tags and labels of a resource: its own, and those that the provider adds."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dataops_infra.policy.values import UNKNOWN, Items, Properties, ReadLog, Unknown, plain
from dataops_infra.provider_facts import TypeFacts

DEFAULT_TAGS: Final[Mapping[str, str]] = {"aws": "defaultTags", "gcp": "defaultLabels"}
"""Provider -> the property of its provider resource that holds default tags or labels."""

_HOLDS_TAGS: Final = re.compile(r"tags|labels|\w+Tags|\w+Labels")
_TELLS_OF_TAGS: Final = re.compile(r"(tag|label)|.*(Tag|Label)")
"""Names such as ``tagSpecifications``: an unknown value of this name may hold tags."""
_FILLED_IN_LATER: Final = frozenset({"tagsAll", "effectiveLabels", "pulumiLabels", "terraformLabels"})
"""Own tags merged with the provider's defaults: what is wrong with them is told where it was written."""


def provider_defaults(provider: str, props: Properties) -> Properties | Unknown:
    """The default tags or labels that a provider resource declares; empty if none.

    They arrive as JSON text: ``'{"tags": {…}}'`` on AWS, ``'{…}'`` on GCP; what is no JSON declares none, to the
    provider too.
    """
    name = DEFAULT_TAGS[provider]
    value = props[name]
    if isinstance(value, str):
        value = _decoded(value, props, name)
    if provider == "aws" and isinstance(value, Properties):
        value = value["tags"]
    if isinstance(value, Unknown):
        return UNKNOWN
    return value if isinstance(value, Properties) else Properties({}, ReadLog())


def _decoded(text: str, props: Properties, name: str) -> Any:
    try:
        data = plain(json.loads(text))
    except (ValueError, RecursionError):
        data = None
    # Read through the same log, so that an unknown below is noted with its path.
    return Properties({name: data}, props.log, props.path)[name]


def as_text(value: Any) -> str | None:
    """A tag's value as the provider sends it: numbers and booleans become texts; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


class Tags:
    """The tags or labels of one resource by key; reading notes an unknown on the way, as :class:`Properties` do."""

    def __init__(self, facts: TypeFacts, props: Properties, provider: Properties | None) -> None:
        self._facts, self._props, self._provider = facts, props, provider

    @property
    def path(self) -> str:
        """Where the resource's own tags stand, for messages."""
        return ".".join(self._facts.tags)

    def own(self) -> Properties | Unknown:
        """The resource's own tags, without the provider's."""
        value: Any = self._props.at(self.path) if self._facts.tags else None
        if isinstance(value, Items):
            return self._from_pairs(value)
        if isinstance(value, Unknown):
            return UNKNOWN
        return value if isinstance(value, Properties) else Properties({}, self._props.log, self.path)

    def _from_pairs(self, items: Items) -> Properties | Unknown:
        pairs: dict[str, Any] = {}
        for item in items:
            if not isinstance(item, Properties) or isinstance(item["key"], Unknown):
                return UNKNOWN
            pairs[str(item["key"])] = item.peek("value")
        return Properties(pairs, self._props.log, self.path)

    def get(self, key: str) -> Any:
        """The value of a tag as the cloud will see it: its own, else the provider's default; None if it has none."""
        own = self.own()
        if isinstance(own, Unknown):
            return UNKNOWN
        value = own[key]
        return self._inherited(key) if value is None else value

    def _inherited(self, key: str) -> Any:
        """A default tag: from ``tagsAll`` where Check has filled it, else from the provider's declaration."""
        if not self.takes_defaults:
            return None
        merged = self._props.peek("tagsAll")
        if isinstance(merged, Mapping) and merged.get(key) is not None:
            return self._props["tagsAll"][key]
        if self._provider is None:
            # Nothing says what the provider adds; where the merged tags are unknown, so is this one.
            return self._props["tagsAll"] if isinstance(merged, Unknown) else None
        defaults = provider_defaults(self._facts.provider, self._provider)
        return UNKNOWN if isinstance(defaults, Unknown) else defaults[key]

    @property
    def takes_defaults(self) -> bool:
        """Whether the provider adds its defaults: not to the tag blocks of an Auto Scaling group, nor to nested labels
        and those called ``userLabels``, but to the ``resourceLabels`` of a GKE cluster (its output ``pulumiLabels``
        holds them merged).

        Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs#default_tags (Auto Scaling groups) and
        https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference#default_labels.
        """
        return not self._facts.tag_list and self._facts.tags in (("tags",), ("labels",), ("resourceLabels",))

    def keys(self) -> Iterator[str]:
        """The keys of the resource's own tags (none where they are unknown)."""
        own = self.own()
        if isinstance(own, Properties):
            yield from own


def every_tag(props: Properties) -> Iterator[tuple[str, str, Any]]:
    """Path, key and value of all that serves as a tag, at any depth: every map, or list of pairs, of such a name.

    Notes an unknown only where it is a tag, or its name says that it holds some (``tagSpecifications``): any other
    block could hold tags too, and waiting for each would leave hardly a resource judged before its deployment.
    """
    for key in props:
        if key not in _FILLED_IN_LATER and (_may_hold_tags(key) or not isinstance(props.peek(key), Unknown)):
            yield from _tags_below(props[key], key)


def _may_hold_tags(name: str) -> bool:
    return _TELLS_OF_TAGS.match(name) is not None


def _tags_below(value: Any, name: str) -> Iterator[tuple[str, str, Any]]:
    is_tags = _HOLDS_TAGS.fullmatch(name) is not None
    if isinstance(value, Properties):
        yield from ((value.path, key, value[key]) for key in value) if is_tags else every_tag(value)
    elif isinstance(value, Items):
        for index in range(len(value)):
            if isinstance(value.peek(index), Unknown) and not _may_hold_tags(name):
                continue
            item = value[index]
            if is_tags and isinstance(item, Properties) and "key" in item:
                yield value.path, str(item["key"]), item["value"]
            elif isinstance(item, Properties):
                yield from every_tag(item)
