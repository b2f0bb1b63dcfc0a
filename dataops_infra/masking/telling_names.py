"""Names of columns, tables, files and folders that look like values: masking leaves names as they are.

A CSV file without a header makes its first row the names of the columns, and objects in JSON may have people as keys.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from string import punctuation

import polars as pl
import pyarrow as pa

from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection import gazetteer
from dataops_infra.masking.detection.ambiguous_names import COMMON_WORDS
from dataops_infra.masking.detection.names import read_name
from dataops_infra.masking.gate.showing import shape

_VALUES = re.compile(
    r"""
    [^@\s]+@[^@\s]+\.[^@\s]+                    # an e-mail address
    | \d{5,}                                    # a number that is no year
    | [+(]?\d(?:[ ()/.-]*\d){6,}                # a telephone number, or a date of eight digits
    | \d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})   # a date
    """,
    re.VERBOSE,
)
_INSIDE_NAMES = re.compile(r"@|(?<![0-9A-Za-z])\+[1-9](?:[ -]?\d){6,}|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")
"""An e-mail address, a telephone number or a US social security number; Spark and Kafka number their files."""
_BREAKS = re.compile(r"[\s_.,;=+-]+")
_WRITTEN_AS_NAME = r"^\p{Lu}[\p{L}'-]+( \p{Lu}[\p{L}'-]*\.?)? \p{Lu}[\p{L}'-]+$"
_POOLS = ("first_name", "last_name", "city", "street")
_MOST_SPANS = 20
_FEWEST_PEOPLE = 3
_FEWEST_DIGITS = 3
_MAJORITY = 0.5
_PEOPLE = 0.3
"""Share of known first or last names below a name that make it one of them: lists know a part of what there is."""
_FEWEST_NAMES = 2
_FEWEST_LETTERS = 4
_ONE_NAME = re.compile(r"(?=[^\W\d_a-z])[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WORDS_TOO = frozenset(
    (
        *("alexa", "among", "ants", "apollo", "capa", "edit", "harm", "house", "julian", "kelvin", "kendra", "kick"),
        *("lone", "made", "meta", "paris", "polly", "said", "tilde", "verde", "viking"),
    )
)
"""First names that are more often words of another kind where columns are called after them."""
_COUNTED_ROWS = 200
"""Rows of a column that its name is held against."""


def check_columns(table: str, schema: pa.Schema, hint: str) -> None:
    """Refuse columns, and fields of nested ones, that are called like an address, a number, a date or a person.

    :param hint: what to do in files of this format.
    :raises MaskingError: it shows the shape of the name.
    """
    names = list(dict.fromkeys(name for field in schema for name in _names(field)))
    telling = next((name for name in names if _VALUES.fullmatch(name.strip())), None) or _persons(
        names, fewest=_FEWEST_PEOPLE
    )
    if telling is not None:
        raise MaskingError(_refusal(table, telling, hint))


def check_header(table: str, sample: pa.Table, hint: str) -> None:
    """Refuse a header that is a row: a name written as the values below it, or out of the same list of names.

    So are several names of people over texts, of which one is hardly anything else (``Anna;Kern``).

    :param sample: a few rows, every column as text.
    :raises MaskingError: it shows the shape of the name.
    """
    below = {
        name: pl.Series(column.slice(0, _COUNTED_ROWS).drop_null().to_pylist(), dtype=pl.String)
        for name, column in zip(sample.column_names, sample.columns, strict=True)
    }
    for name, values in below.items():
        if len(values) and (_is_written_alike(name, values) or _is_of_one_pool(name, values)):
            raise MaskingError(_refusal(table, name, hint))
    people = _people(below)
    over_texts = [name for name in people if not _are_numbers(below[name])]
    if len(over_texts) >= _FEWEST_NAMES and any(map(_is_a_name_alone, over_texts)):
        raise MaskingError(_refusal(table, over_texts[0], hint))
    for name in people:
        if name.lower() not in COMMON_WORDS and _hold_people(below[name]):
            raise MaskingError(_refusal(table, name, hint))


@lru_cache(maxsize=4096)
def names_a_person(name: str) -> bool:
    """Whether the name of a table, file or folder holds an address or number of somebody, or is a person's name."""
    if _INSIDE_NAMES.search(name):
        return True
    words = [word for word in _BREAKS.split(name) if word and not any(letter.isdigit() for letter in word)]
    if not any(map(_may_be_of_a_name, words)):
        return False
    # Words that say what a table holds may stand before or behind: visits Anna Müller.
    spans = [" ".join(words[start:end]) for start in range(len(words)) for end in (start + 2, start + 3)]
    return any(_persons([span], fewest=1) is not None for span in spans[:_MOST_SPANS])


def _may_be_of_a_name(word: str) -> bool:
    """Whether :func:`_persons` could take a word for part of a name; asking that of few words takes long."""
    lower = word.lower()
    return not word.isascii() or lower in gazetteer.name_words() or lower.strip(punctuation) in gazetteer.name_words()


def _names(field: pa.Field) -> list[str]:
    kind, found = field.type, [field.name]
    if pa.types.is_struct(kind):
        return found + [name for item in kind for name in _names(item)]
    below = [kind.field(position) for position in range(kind.num_fields)]
    return found + [name for item in below for name in _names(item)[1:]]


def _persons(names: Sequence[str], fewest: int) -> str | None:
    """The first name that is a person's: with a known first and a known last name, or written as ``Anna Kern``.

    One known name is enough there where at least ``fewest`` and most names with spaces are so (``Page`` is a name too),
    unless the words say what a column holds or are a city's.
    """
    spaced = {name: re.sub(r"\d", "", name).strip() for name in names if " " in name.strip()}
    spaced = {name: plain for name, plain in spaced.items() if read_name(name).kind is None}
    if not spaced:
        return None
    words = pl.Series(list(spaced.values()), dtype=pl.String)
    found = gazetteer.is_persons_name(words)
    written = words.str.contains(_WRITTEN_AS_NAME) & ~gazetteer.is_known(words, "city") & gazetteer.has_name_word(words)
    if written.sum() >= max(fewest, _MAJORITY * len(words)):
        found = found | written
    return next((name for name, is_person in zip(spaced, found, strict=True) if is_person), None)


def _is_written_alike(name: str, values: pl.Series) -> bool:
    if sum(letter.isdigit() for letter in name) < _FEWEST_DIGITS or not name.strip("0123456789"):
        return False
    return sum(shape(value) == shape(name) for value in values) > _MAJORITY * len(values)


def _is_of_one_pool(name: str, values: pl.Series) -> bool:
    own = pl.Series([name.strip()], dtype=pl.String)
    if not own[0][:1].isupper():
        return False
    return any(
        gazetteer.is_known(own, pool)[0] and int(gazetteer.is_known(values, pool).sum()) > _MAJORITY * len(values)
        for pool in _POOLS
    )


def _people(names: Iterable[str]) -> list[str]:
    """The names that are a known first or last name, written as one, and say nothing of what a column holds."""
    written = [name for name in names if _ONE_NAME.fullmatch(name.strip()) and read_name(name).kind is None]
    plain = pl.Series([name.strip() for name in written], dtype=pl.String)
    if not written:
        return []
    known = gazetteer.is_known(plain, "first_name") | gazetteer.is_known(plain, "last_name")
    places = gazetteer.is_known(plain, "city") | gazetteer.is_known(plain, "country")
    return [name for name, is_one in zip(written, known & ~places, strict=True) if is_one]


def _is_a_name_alone(name: str) -> bool:
    """Whether a name is a first name and hardly anything else: neither ``May`` nor ``Mark``, no abbreviation."""
    plain = name.strip().lower()
    is_word = plain in COMMON_WORDS or plain in _WORDS_TOO or (plain.isascii() and len(plain) < _FEWEST_LETTERS)
    return not is_word and bool(gazetteer.is_known(pl.Series([plain]), "first_name")[0])


def _hold_people(values: pl.Series) -> bool:
    known = gazetteer.is_known(values, "first_name") | gazetteer.is_known(values, "last_name")
    return int(known.sum()) > _PEOPLE * len(values)


def _are_numbers(values: pl.Series) -> bool:
    return int(values.str.contains(r"\d").sum()) > _MAJORITY * len(values)


def _refusal(table: str, name: str, hint: str) -> str:
    return f"table {table}: a column is called {shape(name)}, like a value, and names are not masked; {hint}"
