"""Examples that tell nothing: digits as 9, letters as x or X."""

import polars as pl

LENGTH = 40
"""Characters of an example that are shown."""
NUMBER = 3
"""Examples of one check that are shown."""


def shape(value: object) -> str:
    """How a value is written, without the value: ``Xxxx.99@xxx.xx``."""
    text = str(value)
    shown = "".join(_shape_of(character) for character in text[:LENGTH])
    return f"{shown}…" if len(text) > LENGTH else shown


def shapes(values: pl.Series) -> pl.Series:
    """The same for a column of texts."""
    return values.map_elements(shape, return_dtype=pl.String)


def _shape_of(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    if character.isnumeric():
        return "9"
    return character if character.isascii() and character.isprintable() else "?"
