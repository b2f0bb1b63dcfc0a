"""What single values look like: whole-value patterns with their validators, over many columns at once.

Every test runs over the distinct values of all columns together, and only over those that a cheap look lets through, so
that 10,000 columns cost a few passes instead of 10,000 times as many.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dataops_infra.masking.classify.dates import is_date_like
from dataops_infra.masking.detection import gazetteer, patterns

Test = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class Shape:
    """One look that a value can have."""

    name: str
    gate: pl.Expr
    """Over the columns of :func:`looks`: what a value must have for the test to be worth its while."""
    test: Test | None = None
    """None: the gate says all."""


PLACEHOLDERS = (
    "",
    "-",
    "--",
    ".",
    "?",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "null",
    "unknown",
    "undefined",
    "tbd",
    "x",
    "xxx",
)
"""Written where there is no value."""

_CHARS, _DIGITS, _LETTERS, _SPACES = pl.col("chars"), pl.col("digits"), pl.col("letters"), pl.col("spaces")


def _matches(pattern: str) -> Test:
    return lambda values: values.str.contains(pattern)


def looks(values: pl.Expr) -> tuple[pl.Expr, ...]:
    """The cheap looks at a value that gates ask for: characters, digits, letters, spaces."""
    return (
        values.str.len_chars().alias("chars"),
        values.str.count_matches(r"\d").alias("digits"),
        values.str.count_matches(r"\p{L}").alias("letters"),
        values.str.count_matches(r"\s").alias("spaces"),
    )


def _patterns(*names: str) -> Test:
    """Whether a value is, as a whole, what one of the patterns for texts describes, check digits included."""

    def test(values: pl.Series) -> pl.Series:
        texts = values.to_arrow()
        found = np.zeros(len(values), np.bool_)
        for name in names:
            found |= patterns.matches(texts, patterns.BY_NAME[name])
        return pl.Series(found)

    return test


_NATIONAL_IDS = tuple(pattern.name for pattern in patterns.PATTERNS if pattern.kind == "national_id")

STRONG: tuple[Shape, ...] = (
    Shape("email", pl.col("has_at"), _patterns("email")),
    Shape("url", (_CHARS >= 8) & (_SPACES == 0) & ~pl.col("has_at"), _patterns("url")),
    Shape("iban", (_LETTERS >= 2) & (_DIGITS >= 8) & _CHARS.is_between(15, 42), _patterns("iban")),
    Shape("payment_card", (_LETTERS == 0) & _DIGITS.is_between(13, 19), _patterns("payment_card")),
    Shape("us_ssn", (_LETTERS == 0) & (_DIGITS == 9) & (_CHARS == 11), _patterns("us_ssn")),
    Shape(
        "identifier",
        _CHARS.is_between(32, 38) & (_SPACES == 0),
        _matches(r"(?i)^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$"),
    ),
    Shape("ip_address", (_CHARS.is_between(3, 45)) & (_SPACES == 0) & (_CHARS > _LETTERS), _patterns("ipv4", "ipv6")),
    Shape("mac_address", _CHARS == 17, _patterns("mac_address")),
    Shape("national_id", (_DIGITS >= 5) & _CHARS.is_between(8, 24), _patterns(*_NATIONAL_IDS)),
    Shape(
        "postcode",
        (_CHARS <= 9) & (_LETTERS.is_between(1, 4)) & (_DIGITS >= 1),
        _matches(
            r"(?i)^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$|^[A-Z]\d[A-Z][ -]?\d[A-Z]\d$|^\d{4} ?[A-Z]{2}$"
            r"|^(AD|LV|LT|MD|L|SI|AZ|BB|HR|FI|SE|B|CH|D|F)-\d{3,5}$"
        ),
    ),
    Shape(
        "coordinate",
        _CHARS.is_between(9, 60) & (_DIGITS >= 6),
        _matches(r"^\(?-?\d{1,3}\.\d{3,}°?\s?[NS]?\s?[,;\s]\s?-?\d{1,3}\.\d{3,}°?\s?[EWO]?\)?$"),
    ),
    Shape("document", (_CHARS >= 7) & (_CHARS > _LETTERS), _matches(r"(?s)^\s*(\{.*\}|\[.*\])\s*$")),
)
"""Looks that hardly anything else has; the first that most values share decides."""


def _is_phone(values: pl.Series) -> pl.Series:
    written = _patterns("phone_international", "phone_national")(values)
    separated = values.str.contains(
        r"^\(?\d{1,5}\)?([\s.\-/]{1,3}\(?\d{1,6}\)?){1,6}(\s?(x|ext\.?)\s?\d{1,6})?$|^\+?0\d{8,11}$|^tel:"
    )
    amount = values.str.contains(r"^([1-9]\d*|[1-9]\d{0,2}([ ']\d{3})+)\.\d{1,2}$")
    return (written | separated) & ~amount  # whoever parts a phone number by dots puts more than two digits last


_LEGAL_FORM = (
    r"(?i)\b(inc|ltd|llc|plc|gmbh|ag|kg|ohg|e\.?k|ug|s\.?a\.?|s\.?a\.?r\.?l|s\.?l|srl|s\.?p\.?a|b\.?v|n\.?v|oy|ab|as|a/s"
    r"|aps|kft|zrt|bt|sp\. z o\.o|s\.r\.o|d\.o\.o|lda|ltda|eireli|corp|co|company|group|and sons|& sons"
    r"|株式会社|有限会社|有限公司|公司)\.?$"
    r"|^(株式会社|有限会社|合同会社|ооо|зао|оао|ип|пао|pt|cv|ud|pd|유한회사|주식회사)\b"
)
"""What companies are registered as, behind or before their names."""

MEDIUM: tuple[Shape, ...] = (
    Shape("date", (_DIGITS >= 4) & (_CHARS <= 35), is_date_like),
    Shape(
        "number",
        (_LETTERS <= 1) & (_DIGITS >= 1) & (_CHARS <= 30),
        _matches(r"^[-+]?(\d+|\d{1,3}([ ,'.]\d{3})+)([.,]\d+)?([eE][-+]?\d+)?\s?%?$"),
    ),
    Shape(
        "fine_degrees",
        (_LETTERS == 0) & (_DIGITS >= 5) & (_CHARS <= 30),
        _matches(r"^[-+]?(\d|[1-9]\d|1[0-7]\d|180)[.,]\d{4,}$"),
    ),
    Shape("whole_number", (_LETTERS == 0) & (_DIGITS == _CHARS), None),
    Shape("phone", (_LETTERS <= 3) & _DIGITS.is_between(7, 18) & (_CHARS <= 30), _is_phone),
    Shape(
        "street",
        (_LETTERS >= 3) & _CHARS.is_between(6, 120) & (_DIGITS.is_between(1, 12)) & (_SPACES >= 1),
        _matches(r"(?i)(^\d{1,5}[a-z]?\s+\p{L}{2,})|(\p{L}{3,}\.?,?\s+\d{1,5}\s?[a-z]?(/\d+)?(,|\n|$))"),
    ),
    Shape("full_name", (_DIGITS == 0) & _CHARS.is_between(2, 60) & _SPACES.is_between(0, 5), gazetteer.is_persons_name),
    Shape("name_word", (_DIGITS == 0) & _CHARS.is_between(4, 60) & _SPACES.is_between(1, 5), gazetteer.has_name_word),
    Shape("inner_name", _LETTERS.is_between(3, 60), gazetteer.has_inner_name),
    Shape(
        "first_name",
        (_DIGITS == 0) & (_CHARS <= 30) & (_SPACES <= 1),
        lambda values: gazetteer.is_known(values, "first_name"),
    ),
    Shape(
        "last_name",
        (_DIGITS == 0) & (_CHARS <= 40) & (_SPACES <= 2),
        lambda values: gazetteer.is_known(values, "last_name"),
    ),
    Shape("city", (_DIGITS == 0) & (_CHARS <= 60), lambda values: gazetteer.is_known(values, "city")),
    Shape("company", _CHARS.is_between(4, 80) & (_DIGITS <= 4) & (_SPACES >= 1), _matches(_LEGAL_FORM)),
    Shape("country", (_DIGITS == 0) & (_CHARS <= 60), lambda values: gazetteer.is_known(values, "country")),
)
"""Looks that other things have too."""

FORMATS: tuple[Shape, ...] = (
    Shape("currency", _CHARS == 3, lambda values: values.is_in(gazetteer.currencies().implode())),
    Shape("time_zone", (_CHARS >= 3) & (_SPACES == 0), lambda values: values.is_in(gazetteer.time_zones().implode())),
    Shape(
        "mime_type",
        _CHARS >= 6,
        _matches(r"^(application|text|image|audio|video|font|multipart|model|message)/[\w.+-]+$"),
    ),
    Shape(
        "version", (_DIGITS >= 2) & (_CHARS <= 20), _matches(r"^v?\d{1,4}\.\d{1,4}\.\d{1,6}([-+][0-9A-Za-z.-]{1,20})?$")
    ),
    Shape("colour", _CHARS == 7, _matches(r"(?i)^#[0-9a-f]{6}$")),
    Shape("clock", (_DIGITS >= 3) & (_CHARS <= 16), _matches(r"^([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$")),
    Shape("locale", _CHARS.is_between(2, 6), _matches(r"^[a-z]{2,3}([_-][A-Z]{2})$")),
    Shape("flag", _CHARS <= 5, _matches(r"(?i)^(true|false|yes|no|t|f|y|n|0|1|on|off)$")),
)
"""Notations that name nobody."""

SHAPES: Mapping[str, Shape] = {shape.name: shape for shape in (*STRONG, *MEDIUM, *FORMATS)}
