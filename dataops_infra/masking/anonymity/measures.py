"""How hard it is to single a person out of a table: k-anonymity, l-diversity and t-closeness.

Two rows are in one group when all their quasi-identifiers are equal; a null is a value like any other, and so is NaN.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking.anonymity.combinations import (
    ROWS,
    CombinationCounter,
    as_frame,
    column_name,
    leaf,
    refuse_uncountable,
)
from dataops_infra.masking.anonymity.curve import CurvePoint, k_curve
from dataops_infra.masking.anonymity.groups import Groups, Integers

ROUNDING = 1e-9
"""t may exceed what is allowed by so much: sums of shares in floating point."""


@dataclass(frozen=True)
class SensitiveMeasures:
    """What is told about one sensitive column by knowing somebody's group."""

    l: int  # noqa: E741 - the term of the field
    """Fewest distinct values in a group (distinct l-diversity)."""
    entropy_l: float
    """Smallest e**entropy of a group (entropy l-diversity)."""
    t: float
    """Farthest that a group's distribution is from the table's, 0 to 1 (t-closeness)."""


@dataclass(frozen=True)
class Measures:
    """One table; all 0 where it has no row; l, entropy_l and t are None where there is no sensitive column."""

    k: int
    """Rows of the smallest group."""
    l: int | None  # noqa: E741 - the term of the field
    entropy_l: float | None
    t: float | None
    groups: int
    rows: int
    sensitive: Mapping[str, SensitiveMeasures] = field(default_factory=dict)
    """Column -> its own measures; those above are the worst of them."""
    curve: tuple[CurvePoint, ...] = ()
    """Rows in groups smaller than k, for each k of :data:`.curve.CURVE`."""

    def shortfalls(self, k: int | None, l: int | None, t: float | None) -> list[str]:  # noqa: E741
        """What is missing to the k, l and t that are asked, in words; a table without rows misses nothing."""
        if not self.rows:
            return []
        found = []
        if k is not None and self.k < k:
            found.append(f"k is {self.k}, below {k}")
        if l is not None and self.l is not None and self.l < l:
            found.append(f"l is {self.l}, below {l}")
        if t is not None and self.t is not None and self.t > t + ROUNDING:
            found.append(f"t is {self.t:.3f}, above {t}")
        return found


def measure(
    batches: Iterable[pa.RecordBatch], quasi_identifiers: Sequence[str], sensitive: Sequence[str] = ()
) -> Measures:
    """The measures of a table that comes as a stream; memory is bounded by its distinct combinations.

    t of numbers, dates and times is the ordered earth mover's distance with nulls before the smallest value; of all
    else the equal distance (Li, Li, Venkatasubramanian, "t-Closeness", 2007). Same figures as the package pycanon.

    :param quasi_identifiers: at least one column; nested ones as ``address.zip``.
    :raises InvalidInputError: no quasi-identifier, or a column that is both.
    :raises MaskingError: a column that is missing, a list, or of a type that cannot be compared.
    """
    if not quasi_identifiers:
        raise InvalidInputError("quasi_identifiers", "at least one column", list(quasi_identifiers))
    if both := [name for name in sensitive if name in quasi_identifiers]:
        raise InvalidInputError("sensitive", "columns that are not quasi-identifiers as well", both)
    paths = [*quasi_identifiers, *sensitive]
    identifiers = [column_name(position) for position in range(len(quasi_identifiers))]
    others = [column_name(position) for position in range(len(quasi_identifiers), len(paths))]
    counters = [CombinationCounter([*identifiers, other]) for other in others] or [CombinationCounter(identifiers)]
    checked: pa.Schema | None = None
    for batch in batches:
        if batch.schema is not checked:
            refuse_uncountable(batch.schema, paths, "the table")
            checked = batch.schema
        frame = as_frame([leaf(batch, path) for path in paths])
        for counter in counters:
            counter.add(frame)
    counted = [counter.counted() for counter in counters]
    frames = {name: (other, frame) for name, other, frame in zip(sensitive, others, counted, strict=False)}
    return _measures(identifiers, frames, counted[0])


def _measures(
    identifiers: list[str], sensitive: Mapping[str, tuple[str, pl.DataFrame | None]], counted: pl.DataFrame | None
) -> Measures:
    if counted is None or not counted.height:
        none = 0 if sensitive else None
        return Measures(0, none, none, none, 0, 0, curve=k_curve({}))
    sizes = counted.group_by(identifiers).agg(pl.col(ROWS).sum())[ROWS].value_counts().iter_rows()
    groups_of_size = dict(sizes)
    each = {
        name: _sensitive_measures(frame, identifiers, other)
        for name, (other, frame) in sensitive.items()
        if frame is not None
    }
    return Measures(
        k=min(groups_of_size),
        l=min((found.l for found in each.values()), default=None),
        entropy_l=min((found.entropy_l for found in each.values()), default=None),
        t=max((found.t for found in each.values()), default=None),
        groups=sum(groups_of_size.values()),
        rows=sum(size * groups for size, groups in groups_of_size.items()),
        sensitive=each,
        curve=k_curve(groups_of_size),
    )


def _sensitive_measures(counted: pl.DataFrame, identifiers: list[str], other: str) -> SensitiveMeasures:
    ranks, total, ordered = sensitive_ranks(counted, other)
    # Within a group polars keeps the order of the rows, so sorting once sorts every group.
    listed = (
        counted.lazy()
        .select(*identifiers, ROWS)
        .with_columns(pl.Series("rank", ranks))
        .sort("rank")
        .group_by(identifiers)
        .agg(pl.col("rank"), pl.col(ROWS))
        .select(pl.col("rank").list.len().alias("values"), "rank", ROWS)
        .collect()
    )
    values = listed["values"].to_numpy().astype(np.int64)
    groups = Groups(np.cumsum(values) - values, listed["rank"].explode().to_numpy(), listed[ROWS].explode().to_numpy())
    return SensitiveMeasures(
        l=int(groups.distinct.min()),
        entropy_l=float(groups.entropy_l().min()),
        t=float(groups.distance(total, ordered).max()),
    )


def sensitive_ranks(counted: pl.DataFrame, name: str) -> tuple[Integers, Integers, bool]:
    """The rank of each combination's sensitive value, the rows of the table per rank, and whether ranks have an order.

    Nulls come first; values that are no numbers, dates or times have ranks too, but no order.
    """
    column = counted[name]
    distinct = counted.group_by(name).agg(pl.col(ROWS).sum()).sort(name, nulls_last=False)
    numbered = distinct.select(name, pl.int_range(pl.len(), dtype=pl.Int64).alias("rank"))
    ranks = counted.select(name).join(numbered, on=name, how="left", nulls_equal=True, maintain_order="left")["rank"]
    ordered = column.dtype.is_numeric() or column.dtype.is_temporal()
    return ranks.to_numpy(), distinct[ROWS].to_numpy(), ordered
