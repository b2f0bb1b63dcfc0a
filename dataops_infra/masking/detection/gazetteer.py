"""Known names of people, places and countries: how much of a list of values is made of them.

The lists are the frozen replacement pools, so the gazetteer knows what the pools' locales know, and the commonest names
of ``common_names.yaml``; what it does not know is masked by default all the same.
"""

import zoneinfo
from functools import cache
from importlib import resources

import polars as pl
import yaml

from dataops_infra.masking.pools import load_pool
from dataops_infra.masking.pools.scripts import SCRIPTS

_SURROUNDINGS = r"^[\s\p{P}]+|[\s\p{P}]+$"
_FEWEST_LETTERS = 2

CURRENCIES = (
    *("AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP"),
    *("HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "KWD", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD"),
    *("PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD"),
    *("VND", "ZAR"),
)
"""Currencies in common use (ISO 4217)."""

COMMON_LAST_NAMES = (
    *("Bùi", "Đặng", "Đinh", "Đỗ", "Dương", "Hồ", "Hoàng", "Huỳnh", "Lê", "Lý", "Mai", "Ngô", "Nguyễn", "Phạm", "Phan"),
    *("Trần", "Trịnh", "Trương", "Võ", "Vũ"),
    *("Chen", "Huang", "Liu", "Wang", "Yang", "Zhang", "Zhao", "Zhou", "Choi", "Jung", "Kang", "Kim", "Lee", "Park"),
    *("Kaur", "Khan", "Kumar", "Patel", "Sharma", "Singh"),
)
"""Last names that most people of a country share, so that a column of them looks like a short list of codes.

Vietnamese ones, Chinese and Korean ones as they are romanised, and Indian ones: the pools' locales lack them.
"""


@cache
def words(name: str) -> pl.Series:
    """The entries of a pool in all scripts, lower case, with the single words of names that have several."""
    entries = {value.lower() for script in SCRIPTS for value in load_pool(name, script).values.to_pylist()}
    if name == "last_name":
        entries.update(value.lower() for value in COMMON_LAST_NAMES)
    entries.update(_common_names().get(name, ()))
    # The shortest entries are also codes, initials and abbreviations; in Chinese characters they are whole names.
    return pl.Series(
        name, sorted(entry for entry in entries if len(entry) > _FEWEST_LETTERS or not entry.isascii()), pl.String
    )


@cache
def _common_names() -> dict[str, list[str]]:
    text = resources.files("dataops_infra.masking.detection").joinpath("common_names.yaml").read_text("utf-8")
    stated: dict[str, list[str]] = yaml.safe_load(text)
    return stated


@cache
def time_zones() -> pl.Series:
    """IANA names of time zones."""
    return pl.Series("time_zones", sorted(zoneinfo.available_timezones()), pl.String)


@cache
def currencies() -> pl.Series:
    """ISO 4217 codes."""
    return pl.Series("currencies", sorted(CURRENCIES), pl.String)


@cache
def name_words() -> frozenset[str]:
    """The words that may make a value somebody's name, in lower case: to ask about few words, without a column."""
    return frozenset((*words("first_name"), *words("last_name")))


def is_known(values: pl.Series, name: str) -> pl.Series:
    """Whether each value, whatever its case, is an entry of the pool ``name``."""
    return values.str.to_lowercase().is_in(words(name).implode())


def is_persons_name(values: pl.Series) -> pl.Series:
    """Whether each value is two to five words among which a first and a last name stand.

    In scripts without spaces: whether the value begins with a known last name and goes on with a known first name.
    """
    # Many names stand in both lists: two words are needed that can be told apart.
    found = (pl.col("first") >= 1) & (pl.col("last") >= 1) & (pl.col("either") >= 2)
    return _has_words(values, found) | _is_unspaced_name(values.str.to_lowercase())


def has_name_word(values: pl.Series) -> pl.Series:
    """Whether each value is two to five words, one of which is a known first or last name."""
    return _has_words(values, pl.col("either") >= 1)


def has_inner_name(values: pl.Series) -> pl.Series:
    """Whether a known first or last name stands in each value, between whatever is no letter: ``/home/anna/cv.pdf``."""
    frame = pl.DataFrame(
        {"row": pl.int_range(len(values), eager=True), "word": values.str.to_lowercase().str.extract_all(r"\p{L}{3,}")}
    )
    single = frame.explode("word").drop_nulls()
    names = pl.concat([words("first_name"), words("last_name").alias("first_name")]).unique().implode()
    known = pl.col("word").is_in(names) | pl.col("word").str.strip_suffix("s").is_in(names)  # annas-macbook
    return frame["row"].is_in(single.filter(known)["row"].unique().implode())


def _has_words(values: pl.Series, found: pl.Expr) -> pl.Series:
    lowered = values.str.to_lowercase().str.replace_all(_SURROUNDINGS, "")
    frame = pl.DataFrame({"row": pl.int_range(len(values), eager=True), "word": lowered.str.split(" ")})
    single = frame.explode("word").filter(pl.col("word").str.len_chars() > 1)
    known = single.with_columns(
        first=pl.col("word").is_in(words("first_name").implode()),
        last=pl.col("word").is_in(words("last_name").implode()),
    )
    rows = known.group_by("row").agg(
        n=pl.len(),
        first=pl.col("first").sum(),
        last=pl.col("last").sum(),
        either=(pl.col("first") | pl.col("last")).sum(),
    )
    good = rows.filter(pl.col("n").is_between(2, 5) & found)
    return frame["row"].is_in(good["row"].implode())


def _is_unspaced_name(values: pl.Series) -> pl.Series:
    short = values.str.contains(r"^[\p{Han}\p{Hangul}]{2,5}$")
    found = pl.Series([False] * len(values), dtype=pl.Boolean)
    for length in (1, 2):
        family = values.str.slice(0, length).is_in(words("last_name").implode())
        given = values.str.slice(length).is_in(words("first_name").implode())
        found = found | (family & given)
    return short & found
