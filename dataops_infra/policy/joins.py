"""Which settings belong to which resource, in one pass over a stack.

A bucket's versioning, policy or lifecycle may be resources of their own that name the bucket. They are joined by what
the engine knows of their making (``property_dependencies``), which holds while the name is unknown, and by the physical
name as text, which holds in an audit and where a program writes the name down twice::

    joined = join(stack, buckets, stack.of_types(VERSIONING), reference="bucket", names=("bucket", "id", "arn"))
    joined.of(bucket)        the settings of one bucket, sorted by URN
    joined.strays            settings of a bucket that is not in this stack
    joined.may_miss(bucket)  whether a setting whose subject is unknown could be this bucket's

Signatures::

    join(stack, subjects, settings, *, reference, names) -> Joined
    store_name(text) -> str
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from dataops_infra.policy.rules import Resource, Stack
from dataops_infra.policy.values import Unknown

# Amazon S3 user guide, "S3 resources"; Cloud Storage, "gsutil URI"; the provider's IAM resources take `b/<name>`.
_STORE: Final = re.compile(r"(?:arn:[a-z-]+:s3:::|s3://|gs://|b/|//storage\.googleapis\.com/projects/_/buckets/)?(.*)")


def store_name(text: str) -> str:
    """The name of a bucket in any form that refers to it as a whole: ARN, URI, ``b/<name>`` or the name itself."""
    match = _STORE.fullmatch(text)
    return (match[1] if match else text).rstrip("/")


@dataclass(frozen=True)
class Joined:
    """Settings by subject; see the module's docstring."""

    reference: str
    settings_of: Mapping[str, tuple[Resource, ...]]
    """URN of the subject -> its settings."""
    strays: tuple[Resource, ...]
    """Settings of a subject that is known and not in this stack."""
    unresolved: tuple[Resource, ...]
    """Settings of a subject that only the deployment will tell."""

    def of(self, subject: Resource) -> tuple[Resource, ...]:
        """The settings of one subject."""
        return self.settings_of.get(subject.urn, ())

    def may_miss(self, subject: Resource) -> bool:
        """Whether a setting of this subject may be there that cannot be told yet; notes what has to be waited for."""
        return not self.of(subject) and self._waits

    @cached_property
    def _waits(self) -> bool:
        for setting in self.unresolved:
            setting.props.at(self.reference)
        return bool(self.unresolved)


def join(
    stack: Stack, subjects: Iterable[Resource], settings: Iterable[Resource], *, reference: str, names: Sequence[str]
) -> Joined:
    """Join settings to their subjects, in time linear in their number.

    :param reference: path of the input by which a setting names its subject, such as ``bucket`` or ``details.bucket``.
    :param names: properties of a subject by which it may be named; one that is unknown is not waited for.
    """
    index = _Index(stack, tuple(subjects), reference, names)
    found: dict[str, list[Resource]] = {}
    strays: list[Resource] = []
    unresolved: list[Resource] = []
    for setting in settings:
        urns = index.subjects_of(setting)
        for urn in urns or ():
            found.setdefault(urn, []).append(setting)
        if not urns:
            (unresolved if urns is None else strays).append(setting)
    return Joined(reference, {urn: tuple(each) for urn, each in found.items()}, tuple(strays), tuple(unresolved))


class _Index:
    def __init__(self, stack: Stack, subjects: tuple[Resource, ...], reference: str, names: Sequence[str]) -> None:
        self._stack, self._subjects, self._names = stack, subjects, names
        self._reference, self._input = reference, re.split(r"[.\[]", reference)[0]
        self._urns = frozenset(subject.urn for subject in subjects)

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        named: dict[str, str] = {}
        for subject in self._subjects:
            for name in self._names:
                text = subject.props.peek(name)
                if isinstance(text, str) and text:
                    named.setdefault(store_name(text), subject.urn)
        return named

    def subjects_of(self, setting: Resource) -> tuple[str, ...] | None:
        """URNs of the subjects in this stack; empty = a known one elsewhere, None = it cannot be told yet."""
        text = peeked(setting, self._reference)
        if isinstance(text, str) and store_name(text) in self._by_name:
            return (self._by_name[store_name(text)],)
        made_from = tuple(urn for urn in self._sources(setting) if not self._is_named_otherwise(urn, text))
        if made_from:
            return made_from
        return None if isinstance(text, Unknown) else ()

    def _sources(self, setting: Resource) -> Sequence[str]:
        """The subjects whose outputs the reference was made from, also by way of other settings of theirs."""
        seen: set[str] = set()
        waiting, found = list(setting.property_dependencies.get(self._input, ())), []
        while waiting:
            urn = waiting.pop()
            if urn in seen:
                continue
            seen.add(urn)
            if urn in self._urns:
                found.append(urn)
            elif urn in self._stack.by_urn:
                waiting += self._stack.by_urn[urn].property_dependencies.get(self._input, ())
        return sorted(found)

    def _is_named_otherwise(self, urn: str, text: Any) -> bool:
        """Whether a reference that is known says another name than a subject which it was made from."""
        named = self._stack.by_urn[urn].props.peek(self._names[0])
        return isinstance(text, str) and isinstance(named, str)


def peeked(resource: Resource, path: str) -> Any:
    """The value at a path without waiting for it: what is unknown here, and does not matter, is not noted."""
    first, _, rest = path.partition(".")
    value = resource.props.peek(first)
    for step in filter(None, rest.split(".")):
        value = value.get(step) if isinstance(value, Mapping | Unknown) else None
    return value
