"""The first pass over the data: what must be known of all of it before its first row is masked."""

from collections.abc import Mapping
from dataclasses import dataclass

from dataops_infra.masking.anonymity.recoding import Recoding, learn_recoding
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import KnownCollection, Watch, begin_collection
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source


@dataclass(frozen=True)
class Learning:
    """What is being learned of a source.

    Only tables with free text wait until all is learned. The others can be masked meanwhile, and be learned from as
    they are read: that spares reading them twice.
    """

    recodings: Mapping[str, Recoding]
    """Table -> how its quasi-identifiers are generalised."""
    _known: KnownCollection | None
    _is_of_source: bool
    """Whether the people whom texts may name are those of the tables that are masked."""

    @property
    def waiting(self) -> frozenset[str]:
        """The tables that cannot be masked before :meth:`finished`."""
        return frozenset() if self._known is None else self._known.searched

    @property
    def so_far(self) -> Learned:
        """What the tables need that do not wait."""
        return Learned(recodings=self.recodings)

    def watch(self, table: str) -> Watch | None:
        """What is told all batches of ``table`` as they are read; None = nothing is learned from it."""
        return self._known.watch(table) if self._known is not None and self._is_of_source else None

    def finished(self) -> Learned:
        """All of it; tables that were not watched are read now.

        :raises MaskingError: a file is damaged.
        """
        return Learned(None if self._known is None else self._known.finished(), self.recodings)


def begin_learning(
    plan: Plan, source: Source, key: MasterKey, people: Source | None = None, threads: int = 1
) -> Learning:
    """Learn what the operators of ``plan`` need to know of ``source`` before its first row is masked.

    :param people: where the people are whom texts may name, if not only in ``source``: what that is a subset of.
    :param threads: how many may be at work; what is learned does not hang on it.
    """
    found = {name: learn_recoding(plan, name, table) for name, table in source.tables.items()}
    recodings = {name: recoding for name, recoding in found.items() if recoding is not None}
    asked = people or source
    return Learning(recodings, begin_collection(plan, asked, key, threads), asked is source)


def learn(plan: Plan, source: Source, key: MasterKey, people: Source | None = None, threads: int = 1) -> Learned:
    """All that the operators of ``plan`` need to know of ``source``; columns that none asks about are not read.

    Parameters are those of :func:`begin_learning`.
    """
    return begin_learning(plan, source, key, people, threads).finished()
