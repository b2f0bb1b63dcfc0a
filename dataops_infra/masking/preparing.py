"""The first pass over the data: what must be known of all of it before its first row is masked."""

from dataops_infra.masking.anonymity.recoding import learn_recoding
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_collecting import collect_known
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source


def learn(plan: Plan, source: Source, key: MasterKey, people: Source | None = None, threads: int = 1) -> Learned:
    """What the operators of ``plan`` need to know of ``source``; columns that none asks about are not read.

    :param people: where the people are whom texts may name, if not only in ``source``: what that is a subset of.
    :param threads: how many may be at work; what is learned does not hang on it.
    """
    found = {name: learn_recoding(plan, name, table) for name, table in source.tables.items()}
    recodings = {name: recoding for name, recoding in found.items() if recoding is not None}
    return Learned(known=collect_known(plan, people or source, key, threads), recodings=recodings)
