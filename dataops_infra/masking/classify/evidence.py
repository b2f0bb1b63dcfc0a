"""What the sampled values of columns say: how large a share of them has which look, and how much they differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from dataops_infra.masking.classify.dates import years
from dataops_infra.masking.classify.samples import ColumnSample, family
from dataops_infra.masking.classify.shapes import PLACEHOLDERS, SHAPES, looks

COLUMNS_AT_A_TIME = 1_000
"""Columns whose values are looked at in one pass; bounds the memory."""
SHOWN_CHARACTERS = 400
"""Characters of a value that are looked at."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one column's values. Holds no value but the bounds of numbers and years."""

    values: int = 0
    """Values seen, without nulls and placeholders."""
    distinct: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    """Shape -> its share of the distinct values."""
    characters: float = 0
    """Mean length of the distinct values."""
    words: float = 0
    """Mean number of words."""
    digits: tuple[int, int] = (0, 0)
    """Least and most digits among the middle nine tenths of the values."""
    commonest_width: float = 0
    """Share of the commonest number of digits."""
    has_digits: float = 0
    """Share of values with a digit."""
    letters: float = 0
    """Share of letters among all characters."""
    years: tuple[int, int, int] | None = None
    """Of dates: the 10th, 50th and 90th percentile of their years."""
    extent: tuple[float, float] | None = None
    """Of numbers, also those written as texts: least and greatest."""
    has_hours: bool = False
    """Of dates: whether some have a time of day."""
    is_whole: bool = False
    """Of numbers: whether all are integers."""

    def share(self, shape: str) -> float:
        """Share of the distinct values that have a look, 0 where none has."""
        return self.shares.get(shape, 0.0)


def gather(samples: Sequence[ColumnSample]) -> list[Evidence]:
    """The evidence of each sample, many columns at a time."""
    found: list[Evidence] = []
    for start in range(0, len(samples), COLUMNS_AT_A_TIME):
        found += _gather(samples[start : start + COLUMNS_AT_A_TIME])
    return found


def _gather(samples: Sequence[ColumnSample]) -> Iterator[Evidence]:
    distinct = _distinct_values(samples)
    measured = {row["column"]: row for row in _measures(distinct).iter_rows(named=True)}
    shares: dict[int, dict[str, float]] = {}
    for name, hits in _hits(distinct):
        for column, count in hits.iter_rows():
            shares.setdefault(column, {})[name] = count / measured[column]["distinct"]
    for column, sample in enumerate(samples):
        row = measured.get(column)
        yield Evidence() if row is None else _evidence(sample, row, shares.get(column, {}))


def _evidence(sample: ColumnSample, row: Mapping[str, float], shares: Mapping[str, float]) -> Evidence:
    numbers = _numbers(sample, shares)
    has_numbers = numbers is not None and len(numbers) > 0
    return Evidence(
        values=int(row["values"]),
        distinct=int(row["distinct"]),
        shares=shares,
        characters=row["chars"],
        words=row["words"],
        digits=(int(row["digits_low"]), int(row["digits_high"])),
        commonest_width=row["commonest"] / row["distinct"],
        has_digits=row["has_digits"],
        letters=row["letters"] / max(row["chars"], 1),
        years=None if row["year_median"] is None else tuple(int(row[f"year_{at}"]) for at in ("low", "median", "high")),  # type: ignore[arg-type]
        extent=(float(numbers.min()), float(numbers.max())) if has_numbers else None,  # type: ignore[arg-type, union-attr]
        has_hours=_has_hours(sample),
        is_whole=has_numbers and bool((numbers.round() == numbers).all()),  # type: ignore[union-attr]
    )


def _numbers(sample: ColumnSample, shares: Mapping[str, float]) -> pl.Series | None:
    kind = family(sample.value_type)
    if kind == "text" and shares.get("number", 0) > 0:
        texts = pl.Series(sample.values.cast(pa.large_string()), dtype=pl.String).str.strip_chars()
        numbers = texts.cast(pl.Float64, strict=False).drop_nulls()
    elif kind in ("integer", "float", "decimal"):
        numbers = pl.Series(sample.values.cast(pa.float64(), safe=False))
    else:
        return None
    return numbers.filter(numbers.is_finite())


def _has_hours(sample: ColumnSample) -> bool:
    kind = sample.value_type
    if family(kind) == "text":
        texts = pl.Series(sample.values.cast(pa.large_string()), dtype=pl.String)
        return bool(texts.str.contains(r"[T ](0?[1-9]|1\d|2[0-3]):\d\d|[T ]00?:(0[1-9]|[1-5]\d)").any())
    if not pa.types.is_timestamp(kind):
        return False
    days = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[kind.unit]
    moments = pl.Series(sample.values.cast(pa.int64()))
    # Midnight of a time zone is one moment of the day, or two where summer differs.
    return bool((moments % days).n_unique() > 2)


def _distinct_values(samples: Sequence[ColumnSample]) -> pl.DataFrame:
    """column, value, count, and the cheap looks of each distinct value."""
    texts = [(column, _as_text(sample)) for column, sample in enumerate(samples)]
    parts = [(column, text) for column, text in texts if text is not None and len(text)]
    if not parts:
        return pl.DataFrame(schema={"column": pl.UInt32, "value": pl.String, "count": pl.UInt32}).with_columns(
            *looks(pl.col("value")), has_at=pl.col("value").str.contains("@", literal=True)
        )
    lengths = [len(text) for _, text in parts]
    columns = pl.Series(np.repeat(np.array([column for column, _ in parts], np.uint32), lengths))
    values = pl.Series("value", pa.chunked_array([text for _, text in parts]), dtype=pl.String)
    frame = pl.DataFrame({"column": columns, "value": values})
    trimmed = frame.with_columns(pl.col("value").str.slice(0, SHOWN_CHARACTERS).str.strip_chars())
    # Whole numbers that went through a column for fractions: 4915112345678.0 is a phone number.
    trimmed = trimmed.with_columns(pl.col("value").str.replace(r"^(\d+)\.0+$", "$1"))
    said = trimmed.filter(~pl.col("value").str.to_lowercase().is_in(PLACEHOLDERS))
    counted = said.group_by("column", "value").agg(count=pl.len())
    return counted.with_columns(*looks(pl.col("value")), has_at=pl.col("value").str.contains("@", literal=True))


def _as_text(sample: ColumnSample) -> pa.Array | None:
    """Texts as they are, whole numbers and dates in their usual notation; None: there is nothing to read."""
    kind = family(sample.value_type)
    if kind == "text":
        return sample.values.cast(pa.large_string())
    if kind in ("integer", "float", "decimal", "boolean"):
        return sample.values.cast(pa.large_string(), safe=False)
    if kind == "date":
        return _dates_as_text(sample.values)
    return None


def _dates_as_text(values: pa.Array) -> pa.Array | None:
    try:
        return values.cast(pa.date32(), safe=False).cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None  # a time zone that this machine does not know, or a year beyond the calendar


def _measures(distinct: pl.DataFrame) -> pl.DataFrame:
    width = pl.col("digits")
    year = pl.col("year")
    with_years = distinct.with_columns(year=years(distinct["value"]))
    return with_years.group_by("column").agg(
        values=pl.col("count").sum(),
        distinct=pl.len(),
        chars=pl.col("chars").mean(),
        words=pl.col("spaces").mean() + 1,
        letters=pl.col("letters").mean(),
        digits_low=width.quantile(0.05, "nearest"),
        digits_high=width.quantile(0.95, "nearest"),
        commonest=width.mode().first().eq(width).sum(),
        has_digits=(width > 0).mean(),
        year_low=year.quantile(0.1, "nearest"),
        year_median=year.median(),
        year_high=year.quantile(0.9, "nearest"),
    )


def _hits(distinct: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Shape -> how many distinct values of each column have it."""
    for name, shape in SHAPES.items():
        candidates = distinct.filter(shape.gate).select("column", "value")
        if candidates.is_empty():
            continue
        hits = candidates if shape.test is None else candidates.filter(shape.test(candidates["value"]))
        yield name, hits.group_by("column").agg(n=pl.len())
