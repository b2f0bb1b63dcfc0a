"""``pii-stays-in-production``: no way leads from a store of personal data to anything outside production.

The level from which data is kept to production is the conventions' ``classification.production_only_from``. The graph
and its edges are in the package ``flow``; what counts as outside, and what the graph does not see, in ADR 0098 to 0100.
A way ends at a masking job of ``MaskedTestDataset`` whose command line, role and network are what the component makes
(:mod:`.masking.own`). What the job's image or wheels hold is seen by no preview: whoever may change these is trusted.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from dataops_infra.policy import Resource, Rule, Severity, Stack, Violation
from dataops_infra.policy.store_types import STORES
from dataops_infra.policy.stores import classification_of

from .flow.edge_kinds import TYPES, edges_of
from .flow.graph import Copied, Edge, FlowGraph, Node, Trail
from .flow.places import ANY_STORE, Atlas

ARROW: Final = " → "
LONGEST_TOLD: Final = 12
"""Nodes of a trail that a message names; of a longer one the middle is left out."""


class Flows:
    """The stack as the rule sees it: its stores, their levels, the edges between them and all else."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.levels = stack.settings.conventions.classification
        self.atlas = Atlas(stack)

    @cached_property
    def level_of(self) -> Mapping[Node, str]:
        """Each store of a known level."""
        known = {store.urn: classification_of(store) for store in self.stack.resources if store.type in STORES}
        return {urn: level for urn, level in known.items() if isinstance(level, str)}

    def level_at(self, node: Node) -> str | None:
        """The level of what may begin at a node: of a store, or the highest of all where any may."""
        if node == ANY_STORE:
            return self.levels.highest(self.level_of.values())
        return self.level_of.get(node)

    @cached_property
    def sources(self) -> tuple[Node, ...]:
        """The stores whose data is kept to production."""
        return tuple(urn for urn, level in self.level_of.items() if self.levels.is_production_only(level))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge of the stack."""
        return edges_of(self.atlas)

    def named(self, node: Node) -> str:
        """A node as messages name it, a store with its level."""
        level = self.level_of.get(node)
        return f"{self.atlas.label(node)} ({level})" if level else self.atlas.label(node)


def stays_in_production(stack: Stack) -> Iterator[Violation]:
    """Stores of personal data, and all that their data can reach, are in production; copies are as protected."""
    flows = Flows(stack)
    if flows.sources:
        environment = flows.atlas.by_urn[flows.sources[0]].environment
        if environment is None or not environment.production:
            yield from _living_elsewhere(flows, environment.name if environment else None)
            return
        yield from _leaving(flows)
    if flows.level_of:
        # An exported state may show one setting twice: in a resource of its own, and in its bucket.
        yield from dict.fromkeys(_copies(flows))


def _living_elsewhere(flows: Flows, environment: str | None) -> Iterator[Violation]:
    place = f"environment {environment}, which is no production" if environment else "a stack of no environment"
    for node in flows.sources:
        yield Violation(f"{flows.named(node)} lives in {place}", _MOVE, urn=node)


_MOVE: Final = (
    "keep such data in a stack of a production environment, or classify masked data by its own level",
    "name the stack after its environment, or list it in that environment's `stacks` (dataops.yaml)",
)


def _leaving(flows: Flows) -> Iterator[Violation]:
    outside: dict[Node, str] = {}

    def forbidden(node: Node) -> bool:
        reason = flows.atlas.outside(node)
        if reason is not None:
            outside[node] = reason
        return reason is not None

    for trail in FlowGraph(flows.edges).trails(flows.sources, forbidden):
        yield Violation(_told(flows, trail, outside[trail[-1].target]), urn=_maker(trail))
    for node in flows.sources:
        if node in outside:
            yield Violation(f"{flows.named(node)} lies outside production ({outside[node]})", _MOVE, urn=node)


def _maker(trail: Trail) -> str:
    """The resource that makes the last edge: the one to mend."""
    return next(edge.by for edge in reversed(trail) if edge.by)


def _told(flows: Flows, trail: Trail, reason: str) -> str:
    """A trail edge by edge; nodes that only gather others are left out, and of a long one the middle."""
    steps = [edge for edge in trail if not flows.atlas.is_hub(edge.target)]
    left_out = max(0, len(steps) + 1 - LONGEST_TOLD)
    half = LONGEST_TOLD // 2
    begun = [_step(flows, edge) for edge in (steps[: half - 1] if left_out else steps[:-1])]
    ended = [_step(flows, edge) for edge in (steps[-half:-1] if left_out else ())]
    more = [f"{left_out} more steps"] if left_out else []
    told = [flows.named(trail[0].source), *begun, *more, *ended, _step(flows, steps[-1], reason)]
    return ARROW.join(told)


def _step(flows: Flows, edge: Edge, reason: str = "") -> str:
    remarks = "; ".join(filter(None, (edge.detail, reason)))
    return f"{edge.text} {flows.atlas.label(edge.target)}" + (f" ({remarks})" if remarks else "")


def _copies(flows: Flows) -> Iterator[Violation]:
    """A copy is classified at least as high as what it copies, and encrypted with a key of ours where that is."""
    for edge in sorted(set(flows.edges)):
        level = flows.level_at(edge.source)
        if edge.copy is None or level is None:
            continue
        if flows.atlas.is_unknown(edge.target) and flows.levels.needs_customer_managed_key(level):
            flows.atlas.outside(edge.target)  # waits for it
        copy = flows.atlas.by_urn.get(edge.target)
        if copy is not None and copy.type in STORES:
            yield from _classified_alike(flows, edge, level, copy)
        if edge.copy is Copied.WITHOUT_KEY and flows.levels.needs_customer_managed_key(level):
            text = f"{flows.named(edge.source)} is {edge.text} {flows.atlas.label(edge.target)}"
            yield Violation(f"{text} without a customer-managed key", _GIVE_KEY, urn=edge.by)


_GIVE_KEY: Final = ("give the copy a customer-managed key of its own region",)


def _classified_alike(flows: Flows, edge: Edge, level: str, copy: Resource) -> Iterator[Violation]:
    own = classification_of(copy)
    if own is not None and not isinstance(own, str):
        return
    if own is None or not flows.levels.at_least(own, level):
        words = f"which is classified lower ({own})" if own else "which has no classification"
        text = f"{flows.named(edge.source)} is {edge.text} {flows.atlas.label(edge.target)}, {words}"
        yield Violation(text, (f"classify the copy as {level} or higher: a copy is not masked",), urn=edge.target)


def _globs(description: str) -> Mapping[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "default": [], "description": description}


RULES = (
    Rule(
        name="pii-stays-in-production",
        description="Personal data reaches nothing outside production, and its copies are as protected as itself.",
        types=TYPES | frozenset(STORES),
        kind="stack",
        check=stays_in_production,
        remediation=(
            "cut the last step of the way, or send the data through a masking job that `maskers` names",
            "where the end is production: declare its account or project in dataops.yaml, or name it in `production`",
        ),
        severity=Severity.CRITICAL,
        frameworks=("ISO/IEC 27001:2022 A.8.31", "ISO/IEC 27001:2022 A.8.33", "ISO/IEC 27001:2022 A.5.34"),
        config={
            "production": _globs("Globs of accounts, projects, ARNs, bucket names and members that are production."),
            "outside": _globs("Globs of the same, and of groups and users, that are not."),
            "maskers": _globs("Globs of the names or ARNs of jobs and roles whose output is masked."),
        },
    ),
)
