"""A kind of edge as a record: the types of the resources that make it, and a function or a pair of properties."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dataops_infra.policy import Items, Properties, Resource, Unknown

from .graph import Copied, Edge, Node
from .kinds import Kind
from .places import Atlas, flow

Spot = tuple[Properties | Items, Any]
"""Where a reference stands: an object or a list, and the key or index in it."""


@dataclass(frozen=True)
class EdgeKind:
    """One kind of edge.

    :param name: what it is, for the tests and the documentation.
    :param types: type tokens of the resources that make it.
    :param paths: properties that it reads, as far as the record says them.
    """

    name: str
    types: frozenset[str]
    edges: Callable[[Atlas, Resource], Iterable[Edge]]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class End:
    """One end of an edge: the property that names it (``rules[].destination.bucket``), and what it may name.

    Without a path it is the resource itself; without kinds, anything that has an ARN.
    """

    path: str = ""
    kinds: tuple[Kind, ...] = ()

    def nodes(self, atlas: Atlas, resource: Resource) -> tuple[Node, ...]:
        """The nodes at this end."""
        if not self.path:
            return (resource.urn,)
        return tuple(node for spot in spots(resource, self.path) for node in atlas.ends(resource, *spot, *self.kinds))


ITSELF: Final = End()


def at(path: str, *kinds: Kind) -> End:
    """The end that a property names."""
    return End(path, kinds)


def link(
    token: str, source: End, text: str, target: End, *, copy: Copied | None = None, key: str = "", name: str = ""
) -> EdgeKind:
    """The kind of edge between what two properties of one resource name.

    :param copy: whether it copies data as it is.
    :param key: the property that names the customer-managed key of the copy.
    """

    def edges(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
        encrypted = (copied_with(resource.props, key) if key else copy) if copy else None
        targets = target.nodes(atlas, resource)
        if targets:
            yield from flow(resource, source.nodes(atlas, resource), targets, text, copy=encrypted)

    paths = tuple(path for path in (source.path, target.path, key) if path)
    return EdgeKind(name or f"{token.rpartition(':')[2]} {text}", frozenset({token}), edges, paths)


def copied_with(holder: Properties, key: str) -> Copied:
    """How a copy is encrypted whose key stands in a property; one that is not known yet is one."""
    return Copied.WITH_KEY if holder.peek(key) is not None else Copied.WITHOUT_KEY


def is_given(resource: Resource, name: str) -> bool:
    """Whether the program gave an input: an output of that name may be there all the same."""
    return (resource.inputs is None or name in resource.inputs) and resource.props.peek(name) is not None


def spots(resource: Resource, path: str) -> Iterator[Spot]:
    """Where the values at a path stand, one for each item of its lists; it ends where something is unknown."""
    steps = [step.removesuffix("[]") for step in path.split(".")]
    if is_given(resource, steps[0]):
        yield from _spots(resource.props, steps)


def _spots(holder: Properties, steps: list[str]) -> Iterator[Spot]:
    name, *rest = steps
    if not rest or isinstance(holder.peek(name), Unknown):
        yield holder, name
        return
    inner = holder[name]
    if isinstance(inner, Properties):
        yield from _spots(inner, rest)
    elif isinstance(inner, Items):
        for index in range(len(inner)):
            if isinstance(inner.peek(index), Unknown):
                yield inner, index
            elif isinstance(inner.peek(index), Mapping):
                yield from _spots(inner[index], rest)


def blocks(resource: Resource, *path: str) -> Iterator[Properties]:
    """The objects at a path, through every list on the way; notes an unknown on it."""
    if is_given(resource, path[0]):
        yield from inner_blocks(resource.props, *path)


def inner_blocks(holder: Properties, *path: str) -> Iterator[Properties]:
    """:func:`blocks` below an object."""
    if not path:
        yield holder
        return
    value = holder[path[0]]
    for item in value if isinstance(value, Items) else [value]:
        if isinstance(item, Properties):
            yield from inner_blocks(item, *path[1:])


def text_at(holder: Properties, key: str) -> str:
    """A text that messages may show or that decides; empty where it is absent or unknown (which is noted)."""
    value = holder.at(key)
    return value if isinstance(value, str) else ""
