"""Takes away the quasi-identifiers of rows that cannot be hidden among enough others.

Rows without quasi-identifiers are a group too, and whoever measures the copy counts it like any other. So it must meet
the demand itself: where it does not, the smallest other groups join it.
"""

import numpy as np

from dataops_infra.masking.anonymity.groups import Integers
from dataops_infra.masking.anonymity.mondrian import Booleans, Demand, Entries, meets


def suppressed_groups(
    entries: Entries, groups: Integers, anchors: Integers, bare: Booleans, demand: Demand
) -> Booleans | None:
    """Which groups are suppressed (g,); None where no choice of groups meets the demand.

    :param groups: group of each entry (n,), numbers from 0, none left out, in the order in which ties are broken.
    :param anchors: what stays of each group even when it is suppressed (g,): groups with the same join each other.
    :param bare: groups that are as good as suppressed from the start, such as rows with nothing but nulls (g,).
    """
    count = len(anchors)
    everything = np.arange(len(groups))
    sizes = np.bincount(groups, entries.rows, count)
    suppressed = ~meets(entries, everything, groups, demand)
    for anchor in np.unique(anchors[suppressed]):
        here = anchors == anchor
        sink = here & (suppressed | bare)
        candidates = np.flatnonzero(here & ~sink)
        joining = iter(candidates[np.argsort(sizes[candidates], kind="stable")])
        while not _sink_meets(entries, groups, sink, demand):
            smallest = next(joining, None)
            if smallest is None:
                return None
            sink[smallest] = True
        suppressed |= sink
    return suppressed


def _sink_meets(entries: Entries, groups: Integers, sink: Booleans, demand: Demand) -> bool:
    chosen = np.flatnonzero(sink[groups])
    return bool(meets(entries, chosen, np.zeros(len(chosen), np.int64), demand)[0])
