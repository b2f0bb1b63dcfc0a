"""Every kind of edge, and those that a stack has."""

from collections.abc import Iterator, Mapping
from typing import Final

from dataops_infra.conventions.base import glob_matches
from dataops_infra.policy import Resource

from ..masking.own import PROOF, own_maskers
from .edges import EdgeKind
from .edges_aws_access import AWS_ACCESS
from .edges_aws_copies import AWS_COPIES
from .edges_aws_sharing import AWS_SHARING
from .edges_aws_streams import AWS_STREAMS
from .edges_gcp import GCP_COPIES
from .edges_gcp_access import GCP_ACCESS
from .graph import Edge
from .kinds import KIND_OF
from .places import Atlas

EDGE_KINDS: Final = (*AWS_COPIES, *AWS_ACCESS, *AWS_SHARING, *AWS_STREAMS, *GCP_COPIES, *GCP_ACCESS)

TYPES: Final = PROOF.union(KIND_OF, *(kind.types for kind in EDGE_KINDS))
"""What a rule must be shown to see every edge, and which jobs end one."""


def _by_type() -> Mapping[str, tuple[EdgeKind, ...]]:
    by_type: dict[str, tuple[EdgeKind, ...]] = {}
    for kind in EDGE_KINDS:
        for token in kind.types:
            by_type[token] = (*by_type.get(token, ()), kind)
    return by_type


_BY_TYPE: Final = _by_type()


def edges_of(atlas: Atlas) -> tuple[Edge, ...]:
    """The edges of a stack.

    Those that leave a masking job are none: what it writes is masked, be it our component's or named by the rule's
    config. A command line alone proves nothing: any script may be given it (ADR 0169, 0181). One whose source nobody
    knows yet may begin at any store: the search comes to the unknown itself, and goes no further.
    """
    found = [edge for resource in atlas.stack.resources for edge in _edges_at(atlas, resource)]
    maskers, own = atlas.stack.config["maskers"], own_maskers(atlas)
    kept: list[Edge] = []
    for edge in found:
        if edge.source in own:
            continue
        if atlas.is_unknown(edge.source):
            kept.append(Edge(atlas.any_store(), edge.source, "", edge.by, copy=edge.copy))
        elif not any(glob_matches(glob, name) for glob in maskers for name in atlas.names(edge.source)):
            kept.append(edge)
    return (*kept, *atlas.gatherings)


def _edges_at(atlas: Atlas, resource: Resource) -> Iterator[Edge]:
    for kind in _BY_TYPE.get(resource.type, ()):
        yield from kind.edges(atlas, resource)
