"""The graph of flows and the search in it: the shortest way from each source to each end that must not be reached.

Plain Python on text keys; what a node is, is known elsewhere. Each search is a breadth-first one, linear in the part
of the graph that lies between a source and a forbidden end, so a stack in which nothing is wrong costs one pass.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum

Node = str
"""The key of a node."""


class Copied(Enum):
    """How an edge that copies data as it is encrypts the copy."""

    BY_TARGET = "by the target's own encryption"
    WITH_KEY = "with a customer-managed key"
    WITHOUT_KEY = "without a customer-managed key"


@dataclass(frozen=True, order=True)
class Edge:
    """Data flows from ``source`` to ``target``.

    :param text: how a message says so, between the two names: ``replicated to``.
    :param by: URN of the resource that makes the edge, the one to mend.
    :param detail: what stands in parentheses behind the target's name.
    :param copy: for a replica, a snapshot or an export: how it is encrypted; None = no copy that is kept as it is.
    """

    source: Node
    target: Node
    text: str
    by: str
    detail: str = ""
    copy: Copied | None = field(default=None, compare=False)


Trail = tuple[Edge, ...]
"""Edges in their order, each begins where the one before ends."""


class FlowGraph:
    """Edges, indexed once; the first of several edges between two nodes counts (in the order of :class:`Edge`)."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._forward: dict[Node, dict[Node, Edge]] = {}
        self._backward: dict[Node, list[Node]] = {}
        for edge in sorted(set(edges)):
            targets = self._forward.setdefault(edge.source, {})
            if edge.source != edge.target and edge.target not in targets:
                targets[edge.target] = edge
                self._backward.setdefault(edge.target, []).append(edge.source)

    @property
    def nodes(self) -> frozenset[Node]:
        """Every node that an edge touches."""
        return frozenset(self._forward) | frozenset(self._backward)

    def trails(self, sources: Iterable[Node], forbidden: Callable[[Node], bool]) -> Iterator[Trail]:
        """The shortest trail from each source to each forbidden node that it reaches, sorted by source, then end.

        A trail ends at the first forbidden node: what lies behind it is not looked at. Of several shortest trails the
        one whose nodes come first in the alphabet is told.

        :param forbidden: asked once for each node that a source reaches, and for no other.
        """
        starts, ends = list[Node](), set[Node]()
        for source in sorted(frozenset(sources)):
            (ends.add if forbidden(source) else starts.append)(source)
        reached = dict.fromkeys(starts)
        queue = deque(starts)
        while queue:
            for target in self._forward.get(queue.popleft(), ()):
                if target not in reached:
                    reached[target] = None
                    if target in ends or forbidden(target):
                        ends.add(target)
                    else:
                        queue.append(target)
        yield from self._shortest(starts, ends, reached)

    def _shortest(self, starts: list[Node], ends: Set[Node], reached: Mapping[Node, None]) -> Iterator[Trail]:
        wanted = sorted(ends & reached.keys())
        leading = _reached(wanted, lambda node: self._before(node, ends)).keys() & reached.keys()
        starts = [node for node in starts if node in leading]
        if len(wanted) < len(starts):
            yield from self._towards(starts, wanted, ends, leading)
            return
        for start in starts:
            yield from self._from(start, ends, leading)

    def _before(self, node: Node, ends: Set[Node]) -> Iterator[Node]:
        return (source for source in self._backward.get(node, ()) if source not in ends)

    def _from(self, start: Node, ends: Set[Node], leading: Set[Node]) -> Iterator[Trail]:
        """One search forward; for fewer sources than ends."""
        came_by: dict[Node, Edge] = {}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for target, edge in self._forward.get(node, {}).items() if node not in ends else ():
                if target in leading and target not in came_by and target != start:
                    came_by[target] = edge
                    queue.append(target)
        for end in sorted(ends & came_by.keys()):
            yield _walked(came_by, start, end)

    def _towards(self, starts: list[Node], wanted: list[Node], ends: Set[Node], leading: Set[Node]) -> Iterator[Trail]:
        """One search backward from each end; for fewer ends than sources. Gives the same trails."""
        distances = {
            end: _reached([end], lambda node: (before for before in self._before(node, ends) if before in leading))
            for end in wanted
        }
        for start in starts:
            for end in wanted:
                if start in distances[end]:
                    yield self._descended(start, distances[end])

    def _descended(self, start: Node, distance: Mapping[Node, int]) -> Trail:
        trail: list[Edge] = []
        node, left = start, distance[start]
        while left:
            left -= 1
            edge = next(edge for target, edge in self._forward[node].items() if distance.get(target) == left)
            trail.append(edge)
            node = edge.target
        return tuple(trail)


def _reached(starts: Iterable[Node], following: Callable[[Node], Iterable[Node]]) -> dict[Node, int]:
    """Every node that can be reached, and in how many steps."""
    distance = dict.fromkeys(starts, 0)
    queue = deque(distance)
    while queue:
        node = queue.popleft()
        for other in following(node):
            if other not in distance:
                distance[other] = distance[node] + 1
                queue.append(other)
    return distance


def _walked(came_by: Mapping[Node, Edge], start: Node, end: Node) -> Trail:
    trail: list[Edge] = []
    node = end
    while node != start:
        trail.append(came_by[node])
        node = came_by[node].source
    return tuple(reversed(trail))
