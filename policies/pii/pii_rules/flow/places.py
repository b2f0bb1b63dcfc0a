"""Where the ends of edges are: resources of the stack, or places elsewhere that a name, an ARN or a principal tells.

A reference is resolved by its text, by the ids and ARNs that an exported state holds, and where the text is unknown by
the resources it was made from. What cannot be resolved is a node of its own: it is waited for when the search reaches
it, and only then, so that nothing is deferred that no personal data can come to.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from dataops_infra.policy import UNKNOWN, Items, Properties, Resource, Stack, Unknown
from dataops_infra.policy.policy_documents import ANYBODY, matches, read_document
from dataops_infra.policy.store_types import STORES

from .borders import EVERYBODY, UNPLACED, Borders
from .graph import Copied, Edge, Node
from .kinds import AWS_KINDS, KIND_OF, Kind, Reference, reference

PUBLIC: Final = "~public"
ANY_STORE: Final = "~any store"
_ARN_ACCOUNT: Final = re.compile(r"arn:[^:]*:[^:]+:[^:]*:([0-9]{12}):.+")

_IDS: Final = ("arn", "url", "email", "selfLink")
_NO_IDS: Final = frozenset({"", str(UNKNOWN)})


@dataclass(frozen=True)
class Place:
    """A node that is no resource of the stack.

    :param label: how messages call it.
    :param outside: why it lies outside production; None = it does not.
    :param name: by which the rule's config may name it.
    :param wait: notes the unknown that has to be waited for.
    """

    label: str
    outside: str | None = None
    name: str = ""
    wait: Callable[[], object] | None = None


class Atlas:
    """All that edges can begin or end at."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.by_urn: Mapping[str, Resource] = stack.by_urn
        self._places: dict[Node, Place] = {PUBLIC: Place(EVERYBODY, "the public")}
        self._hubs: set[Node] = set()
        self.gatherings: list[Edge] = []

    @cached_property
    def borders(self) -> Borders:
        """What lies outside production."""
        own = next((resource.environment for resource in self.stack.resources), None)
        accounts = {account for resource in self.stack.resources for account in _account_of(resource)}
        declared = {environment.aws_account for environment in self.stack.settings.conventions.environments.values()}
        undeclared = accounts - declared if own is None or own.aws_account is None else ()
        return Borders(self.stack.settings, own, undeclared, self.stack.config)

    # --- what a node is -----------------------------------------------------------------------------------------

    def label(self, node: Node) -> str:
        """How messages call a node."""
        resource = self.by_urn.get(node)
        if resource is None:
            return self._places[node].label
        kind = KIND_OF.get(resource.type)
        return f"{kind.word} `{resource.name}`" if kind and kind.word else f"`{resource.name}`"

    def outside(self, node: Node) -> str | None:
        """Why a node lies outside production; notes what has to be waited for to tell."""
        resource = self.by_urn.get(node)
        if resource is not None:
            return self.borders.of_resource(resource, _known_name(resource))
        place = self._places[node]
        if place.wait is not None:
            place.wait()
        return place.outside

    def is_hub(self, node: Node) -> bool:
        """Whether a node only gathers others, such as all buckets that a wildcard means: messages leave it out."""
        return node in self._hubs

    def is_unknown(self, node: Node) -> bool:
        """Whether nobody knows yet what a node is."""
        place = self._places.get(node)
        return place is not None and place.wait is not None

    def names(self, node: Node) -> Iterable[str]:
        """The texts by which people may name a node in the rule's config."""
        resource = self.by_urn.get(node)
        if resource is None:
            return (self._places[node].name,)
        name = _known_name(resource)
        return (resource.name, name) if name else (resource.name,)

    # --- making nodes -------------------------------------------------------------------------------------------

    def place(self, name: str, label: str, outside: str | None, scope: str = "") -> Node:
        """A node elsewhere, in an account or project where its name does not tell."""
        node = f"~{label} {scope} {name}"
        self._places.setdefault(node, Place(label, outside, name))
        return node

    def gathered(self, kind: Kind, glob: str) -> Node:
        """A node that gathers the resources of one kind whose name matches a pattern of IAM; made once for each.

        Its edges are in :attr:`gatherings`.
        """
        node = f"~all {sorted(kind.types)[0]} {glob}"
        if node not in self._hubs:
            self._hubs.add(node)
            self._places[node] = Place(glob)
            self.gatherings += [Edge(urn, node, "", "") for urn in self._matching(kind, glob)]
        return node

    def any_store(self) -> Node:
        """A node that gathers every store, for what is made from one that nobody knows yet."""
        if ANY_STORE not in self._hubs:
            self._hubs.add(ANY_STORE)
            self._places[ANY_STORE] = Place("any store")
            stores = (each.urn for each in self.stack.resources if each.type in STORES)
            self.gatherings += [Edge(urn, ANY_STORE, "", "") for urn in stores]
        return ANY_STORE

    def _matching(self, kind: Kind, glob: str) -> Iterator[Node]:
        if glob == ANYBODY:
            yield from (resource.urn for resource, other in self._of_some_kind() if other is kind)
            return
        prefix = re.split(r"[*?]", glob)[0]
        if prefix == glob:
            yield from self._of_kind(kind, Reference(glob))
            return
        names = self._sorted_names.get(kind, [])
        for position in range(bisect_left(names, (prefix, "")), len(names)):
            name, urn = names[position]
            if not name.startswith(prefix):
                break
            if matches(glob, name):
                yield urn
        for nameless in self._nameless.get(kind, ()):
            _wait_for_name(nameless)

    def host(self, url: str) -> Node:
        """An endpoint on the internet; of its URL, which may hold a key, only the host is kept."""
        host = re.split(r"[/?#]", url.lower().rpartition("://")[2])[0].rpartition("@")[2].partition(":")[0]
        return self.place(host, f"endpoint `{host}`", self.borders.of_name(host, UNPLACED))

    def waiting(self, holder: Properties | Items, key: Any, resource: Resource) -> Node:
        """A node that nobody knows yet: reading ``key`` of ``holder``, a policy document maybe, notes what has to be
        waited for."""
        node = f"~unknown {resource.urn} {holder.path}.{key}"
        self._places.setdefault(node, Place("an unknown end", wait=lambda: read_document(holder[key])))
        return node

    def account(self, account: str) -> Node:
        """An AWS account."""
        return self.place(account, f"account {account}", self.borders.of_scope(account))

    def project(self, project: str) -> Node:
        """A GCP project."""
        return self.place(project, f"project {project}", self.borders.of_scope(project))

    # --- resolving references -----------------------------------------------------------------------------------

    def ends(self, resource: Resource, holder: Properties | Items, key: Any, *kinds: Kind) -> tuple[Node, ...]:
        """The nodes that ``holder[key]`` speaks of, a text or a list of texts; none where it is absent.

        :param kinds: what it may speak of; anything that has an ARN where none is given.
        """
        nodes: list[Node] = []
        for part, index in parts(holder, key):
            value = part.peek(index)
            if isinstance(value, Unknown):
                nodes += self.made_from(resource, part.path or str(key), *kinds) or [
                    self.waiting(part, index, resource)
                ]
            elif isinstance(value, str) and value:
                nodes += self._named(resource, holder, key, value, kinds)
        return tuple(nodes)

    def named(self, text: str, *kinds: Kind) -> tuple[Node, ...]:
        """The nodes that a text speaks of which stands in a document."""
        for kind in kinds:
            found = reference(kind, text)
            if found is not None:
                return self._of_kind(kind, found) or (self._elsewhere(kind, found, text),)
        return self._by_id.get(text) or (self._by_arn(text),)

    def _named(
        self, resource: Resource, holder: Properties | Items, key: Any, text: str, kinds: tuple[Kind, ...]
    ) -> tuple[Node, ...]:
        if text in self._by_id:
            return self._by_id[text]
        for kind in kinds or AWS_KINDS:
            named = reference(kind, text) if kinds or text.startswith("arn:") else None
            if named is None:
                continue
            meant = Reference(named.name, named.scope or _beside(resource, holder, kind))
            made_from = self.made_from(resource, holder.path or str(key), kind, nameless=True)
            return self._of_kind(kind, meant) or made_from or (self._elsewhere(kind, meant, text),)
        return (self._by_arn(text),)

    def made_from(self, resource: Resource, path: str, *kinds: Kind, nameless: bool = False) -> tuple[Node, ...]:
        """The resources that an input was made from, of the kinds that it may speak of.

        :param path: the input, or a path in it.
        :param nameless: only those whose name nobody knows yet.
        """
        made = (self.by_urn.get(urn) for urn in resource.property_dependencies.get(re.split(r"[.\[]", path)[0], ()))
        types = frozenset[str]().union(*(kind.types for kind in kinds or AWS_KINDS))
        found = (other for other in made if other is not None and other.type in types)
        return tuple(sorted(other.urn for other in found if not (nameless and _known_name(other))))

    def _of_kind(self, kind: Kind, named: Reference) -> tuple[Node, ...]:
        """The resources of the stack that have this name, in the account or project that is meant."""
        if not kind.worldwide and named.scope and not self.borders.is_own(named.scope):
            return tuple(urn for urn in self._by_name.get((kind, named.name), ()) if self._stands_in(urn, named.scope))
        found = self._by_name.get((kind, named.name), ())
        if not found:
            for nameless in self._nameless.get(kind, ()):
                _wait_for_name(nameless)
        return found

    def _stands_in(self, urn: str, scope: str) -> bool:
        return bool(self.by_urn[urn].props.peek("project") == scope)

    def _elsewhere(self, kind: Kind, named: Reference, text: str) -> Node:
        """Something outside the stack, judged by its account or project, else by its name."""
        word = f"{kind.word} " if kind.word else ""
        if named.scope:
            outside = self.borders.of_scope(named.scope, text, named.name)
        else:
            outside = self.borders.of_name(named.name, UNPLACED if kind.worldwide else None)
        return self.place(text, f"{word}`{text}`", outside, named.scope)

    def _by_arn(self, text: str) -> Node:
        """Something whose kind is of no matter here: its ARN tells the account."""
        account = _ARN_ACCOUNT.fullmatch(text)
        outside = self.borders.of_scope(account[1], text) if account else self.borders.of_name(text)
        return self.place(text, f"`{text}`", outside)

    # --- indexes ------------------------------------------------------------------------------------------------

    @cached_property
    def _by_name(self) -> Mapping[tuple[Kind, str], tuple[Node, ...]]:
        named: dict[tuple[Kind, str], tuple[Node, ...]] = {}
        for resource, kind in self._of_some_kind():
            name = _known_name(resource)
            if name:
                named[kind, name] = (*named.get((kind, name), ()), resource.urn)
        return named

    @cached_property
    def _nameless(self) -> Mapping[Kind, list[Resource]]:
        nameless: dict[Kind, list[Resource]] = {}
        for resource, kind in self._of_some_kind():
            if not _known_name(resource) and any(isinstance(resource.props.peek(name), Unknown) for name in kind.names):
                nameless.setdefault(kind, []).append(resource)
        return nameless

    @cached_property
    def _by_id(self) -> Mapping[str, tuple[Node, ...]]:
        """ARNs, URLs and e-mail addresses, which are known in an exported state."""
        ids: dict[str, tuple[Node, ...]] = {}
        for resource, _ in self._of_some_kind():
            for text in sorted({str(resource.props.peek(key) or "") for key in _IDS} - _NO_IDS):
                ids[text] = (*ids.get(text, ()), resource.urn)
        return ids

    def _of_some_kind(self) -> Iterator[tuple[Resource, Kind]]:
        for resource in self.stack.resources:
            kind = KIND_OF.get(resource.type)
            if kind is not None:
                yield resource, kind

    @cached_property
    def _sorted_names(self) -> Mapping[Kind, list[tuple[str, Node]]]:
        names: dict[Kind, list[tuple[str, Node]]] = {}
        for (kind, name), urns in self._by_name.items():
            names.setdefault(kind, []).extend((name, urn) for urn in urns)
        return {kind: sorted(found) for kind, found in names.items()}


def flow(
    resource: Resource,
    sources: Iterable[Node],
    targets: Iterable[Node],
    text: str,
    detail: str = "",
    copy: Copied | None = None,
) -> Iterator[Edge]:
    """Edges from each source to each target, made by a resource."""
    ends = tuple(targets)
    for source in sources:
        for target in ends:
            yield Edge(source, target, text, resource.urn, detail, copy)


def parts(holder: Properties | Items, key: Any) -> list[tuple[Properties | Items, Any]]:
    """Where the items of a list stand; the value itself where it is no list."""
    value = holder.peek(key)
    if not isinstance(value, list):
        return [(holder, key)]
    return [(holder[key], index) for index in range(len(value))]


def _known_name(resource: Resource) -> str | None:
    kind = KIND_OF.get(resource.type)
    texts = (resource.props.peek(name) for name in (kind.names if kind else ()))
    return next((text for text in texts if isinstance(text, str) and text), None)


def _wait_for_name(resource: Resource) -> None:
    for name in KIND_OF[resource.type].names:
        resource.props.at(name)


def _beside(resource: Resource, holder: Properties | Items, kind: Kind) -> str:
    """The account or project that stands beside a reference; not one that the cloud fills in, which is its own."""
    if isinstance(holder, Items):
        return ""
    for key in kind.scopes:
        if not holder.path and resource.inputs is not None and key not in resource.inputs:
            continue
        value = holder.peek(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, Unknown):
            holder.at(key)
    return ""


def _account_of(resource: Resource) -> Iterator[str]:
    arn = resource.props.peek("arn")
    found = _ARN_ACCOUNT.fullmatch(arn) if isinstance(arn, str) else None
    if found:
        yield found[1]
