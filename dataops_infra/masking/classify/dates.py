"""Texts that are dates."""

import polars as pl


def is_date_like(values: pl.Series) -> pl.Series:
    """Whether each value is written as a date, with or without a time."""
    return values.str.contains(
        r"^(18|19|20|21)\d{2}[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\d|3[01])([T ]\d.*)?$"
        r"|^(0?[1-9]|[12]\d|3[01])[-/.](0?[1-9]|[12]\d|3[01])[-/.]((18|19|20|21)\d{2}|\d{2})([T ]\d.*)?$"
        r"|(?i)^(0?[1-9]|[12]\d|3[01])[ -](\p{L}{3,9})\.?,?[ -](18|19|20|21)\d{2}$"
        r"|(?i)^(\p{L}{3,9}) (0?[1-9]|[12]\d|3[01]), (18|19|20|21)\d{2}$"
    )


def years(values: pl.Series) -> pl.Series:
    """The year of each value that :func:`is_date_like` accepts, null where it is written with two digits."""
    return values.str.extract(r"\b((?:18|19|20|21)\d{2})(?:\b|T)", 1).cast(pl.Int32, strict=False)
