"""The rules: from a column's name, type and values to what it holds. What no rule recognises is unknown, and masked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dataops_infra.masking.classify.evidence import Evidence
from dataops_infra.masking.classify.shapes import STRONG
from dataops_infra.masking.detection.kinds import KINDS, Kind
from dataops_infra.masking.detection.names import NameReading

MOST_VALUES = 0.6
"""Share of the distinct values that must share a look that hardly anything else has."""
MANY_VALUES = 0.35
"""The same where the name says so too, and for looks in parts of texts."""
FEWEST_VALUES = 20
"""With fewer values seen, repetition proves nothing."""
SHORT_LIST = 30
"""Distinct values that a list of codes may have."""
REPETITION = 0.1
"""A list of codes has at most this share of distinct values."""
MANY_ROWS = 200
"""So many whole numbers that are all different are no measures; with fewer they must lie as densely as row numbers."""
CODE_WIDTH, CODE_VARIETY = 4, 0.3
"""Text of digits only, always as many, and of so many different values: a postcode, a number of something."""
LONG_TEXT_WORDS, LONG_TEXT_CHARACTERS = 5, 80
ALL_WITH_DIGITS = 0.97
"""Short texts of which so many hold a digit are addresses in the notation of some country: notes lack them at times."""
IDENTIFIER_DIGITS = (7, 19)
"""Whole numbers of so many digits are identifiers until somebody says otherwise."""
FIXED_WIDTH, FIXED_WIDTH_DIGITS = 0.97, 5
"""Whole numbers that nearly all have the same five digits or more are numbers of something, not counts."""
BIRTH_YEARS = (1900, 2000, 15)
"""Dates whose 10th percentile lies after the first, their median before the second and spread over so many years."""
NO_MEASURE_DIGITS = (7, 9)
"""Whole numbers that nearly all have the first number of digits, or of which many have the second, are no measures,
whatever their name says."""
EPOCHS = tuple((1.0e9 * unit, 2.6e9 * unit) for unit in (1, 1e3, 1e6, 1e9))
"""2001 to 2052 in seconds, milliseconds, microseconds and nanoseconds since 1970."""
FEW_NAMES, SOME_NAMES = 0.1, 0.5
"""Shares of known names in a short list, or in the names of things, that make a list of people of them: of two values
or more, and of one."""
FINE_DEGREES = 0.5
"""Share of fractions within 180 and with four decimals or more (10 m on the ground) that may be coordinates."""
CHILDHOOD_YEARS = 5
"""Days that spread over fewer years are hardly those of births."""
_DIGIT_KINDS = frozenset({"phone", "payment_card", "iban", "us_ssn", "national_id", "bank_account", "ip_address"})
_NAMES = frozenset({"full_name", "first_name", "last_name"})
_GAZETTEERS = {"city": 0.3, "first_name": 0.3, "last_name": 0.2, "country": 0.5}
"""Kind -> share of the distinct values that its list must know; lists know a part of what there is."""
SEVERAL_WORDS = 1.5
"""Mean number of words of what people are called; a user name is one word."""
FULL_NAMES, NAME_WORDS = 0.08, 0.4
"""Shares of values in which a first and a last name are known, and of those in which one of both is."""


@dataclass(frozen=True)
class Finding:
    """What a column holds, why we think so, and how sure that is."""

    kind: Kind
    reason: str
    score: float


@dataclass(frozen=True)
class Column:
    """What the rules look at."""

    path: str
    family: str
    evidence: Evidence
    reading: NameReading

    @property
    def named(self) -> Kind | None:
        """What the name says."""
        return KINDS[self.reading.kind] if self.reading.kind is not None else None

    def is_named(self, *kinds: str) -> bool:
        """Whether the name says one of ``kinds``."""
        return self.reading.kind in kinds


def find(column: Column) -> Finding:
    """The best explanation of a column."""
    rules = _RULES.get(column.family, (_opaque,))
    return next(found for rule in rules for found in rule(column))


def beside_people(column: Column, finding: Finding) -> Finding:
    """``finding``, or a date of birth where a table of people has days that no name says are those of events."""
    is_nameless = (
        column.reading.kind is None and finding.kind.name == "event_time" and column.family in ("date", "text")
    )
    years = column.evidence.years
    if not is_nameless or years is None or column.evidence.has_hours or years[2] - years[0] < CHILDHOOD_YEARS:
        return finding
    return _found("birth_date", "days in a table of people, and no name says of which event", 0.6)


Rule = Callable[[Column], Iterator[Finding]]
"""Yields a finding, or nothing where it does not apply."""


def _found(kind: str, reason: str, score: float) -> Finding:
    return Finding(KINDS[kind], reason, score)


def _values(kind: str, share: float) -> str:
    return f"{share:.0%} of the values look like {KINDS[kind].title}"


def _strong(column: Column) -> Iterator[Finding]:
    """Looks that hardly anything else has, whatever the name says."""
    for shape in STRONG:
        share = column.evidence.share(shape.name)
        if share >= MOST_VALUES:
            agrees = column.named is not None and column.named.name == shape.name
            said = _values(shape.name, share) + (", as the name says" if agrees else "")
            yield _found(shape.name, said, 0.99 if agrees else 0.95)


def _named(column: Column) -> Iterator[Finding]:
    """A name that means personal data, unless the values cannot be that."""
    named, evidence = column.named, column.evidence
    if named is None or not column.reading.is_certain or _contradicts(named, column):
        return
    if named.name == "full_name" and column.family not in ("text", "binary"):
        yield _found("identifier", "the name says somebody, told by a number", 0.8)
    if named.name in _NAMES and _are_codes(evidence):
        yield _found("identifier", f"the name says {named.title}, and the values are codes", 0.8)
    if named.name == "username" and evidence.words >= SEVERAL_WORDS and _are_full_names(evidence):
        # `user.name` of an object, and many a `user_name`, is what people are called.
        share = evidence.share("name_word")
        yield _found("full_name", f"{share:.0%} of the values have a known name in them, of several words", 0.9)
    share = evidence.share(named.name)
    said = f"the name says {named.title}"
    if share >= MANY_VALUES:
        yield Finding(named, f"{said}, as {share:.0%} of the values do", 0.99)
    else:
        yield Finding(named, said, 0.9 if evidence.values else 0.8)


def _are_codes(evidence: Evidence) -> bool:
    """Whether single words with digits in them stand where people's names could."""
    has_names = max(evidence.share("name_word"), evidence.share("inner_name")) >= FEW_NAMES
    return evidence.has_digits >= ALL_WITH_DIGITS and evidence.words < SEVERAL_WORDS and not has_names


def _contradicts(named: Kind, column: Column) -> bool:
    evidence = column.evidence
    if column.family == "text" and evidence.values >= FEWEST_VALUES and evidence.share("flag") == 1:
        return True
    if named.name in ("gender", "age", "country") and evidence.values >= FEWEST_VALUES:
        return not _is_short_list(evidence) and not evidence.share("country") and evidence.distinct > 2 * SHORT_LIST
    return (
        named.name in _DIGIT_KINDS
        and evidence.values >= FEWEST_VALUES
        and not evidence.has_digits
        and _is_short_list(evidence)
    )


def _medium_values(column: Column) -> Iterator[Finding]:
    """Looks that other things have too: dates of birth, phones, names, places."""
    evidence = column.evidence
    yield from _degrees(column)
    phone = evidence.share("phone")
    if phone >= MOST_VALUES and evidence.share("date") < MANY_VALUES:
        yield _found("phone", _values("phone", phone), 0.85)
    if evidence.share("date") >= MOST_VALUES:
        yield _dated(column)
    if _looks_long(evidence):
        return
    if evidence.share("street") >= MOST_VALUES:
        yield _found("address", _values("address", evidence.share("street")), 0.75)
    if _are_full_names(evidence):
        words = evidence.share("name_word")
        yield _found("full_name", f"{words:.0%} of the values have a known name in them", _sureness(words))
    known = [kind for kind, least in _GAZETTEERS.items() if evidence.share(kind) >= least]
    if known:
        best = max(known, key=evidence.share)
        yield _found(
            best,
            f"{evidence.share(best):.0%} of the values are known {KINDS[best].title}",
            _sureness(evidence.share(best)),
        )
    if evidence.share("company") >= MANY_VALUES:
        yield _found("company", _values("company", evidence.share("company")), 0.7)


def _are_full_names(evidence: Evidence) -> bool:
    words = evidence.share("name_word")
    return evidence.share("full_name") >= max(FULL_NAMES, evidence.share("city")) and words >= NAME_WORDS


def _sureness(share: float) -> float:
    """The score of values that a gazetteer knows a part of."""
    return round(min(0.95, 0.5 + share / 2), 2)


def _looks_long(evidence: Evidence) -> bool:
    has_sentences = evidence.words >= LONG_TEXT_WORDS and evidence.characters >= LONG_TEXT_CHARACTERS / 2
    return has_sentences or evidence.characters >= LONG_TEXT_CHARACTERS


def _long_text(column: Column) -> Iterator[Finding]:
    evidence = column.evidence
    if not _looks_long(evidence) or evidence.words < LONG_TEXT_WORDS:
        return
    if evidence.share("street") >= MANY_VALUES:
        yield _found(
            "address", f"{_values('address', evidence.share('street'))}, which no detector clears from texts", 0.8
        )
    if column.named is None and evidence.characters < LONG_TEXT_CHARACTERS and evidence.has_digits >= ALL_WITH_DIGITS:
        yield _found("address", "short texts of several words that all hold numbers, as addresses do", 0.6)
    yield _found("free_text", f"long texts of {evidence.words:.0f} words", 0.9)


def _few_people(column: Column) -> Iterator[Finding]:
    """A short list in which names stand is a list of people, as of the staff of an office, whatever it is called."""
    evidence = column.evidence
    if evidence.distinct <= SHORT_LIST and (share := names_among(evidence)):
        # Streets are named after people: what holds a number beside the name is an address.
        kind = "address" if evidence.has_digits >= ALL_WITH_DIGITS else "full_name"
        yield _found(kind, f"a short list, and {share:.0%} of its values hold a known name", 0.6)


def names_among(evidence: Evidence) -> float:
    """The share of values in which a known name stands; 0 where so few do that chance may have made them one."""
    # Names that are written without a space are no words of their own.
    share = max(map(evidence.share, ("name_word", "full_name", "inner_name", "last_name")))
    is_chance = share < SOME_NAMES and share * evidence.distinct < 2 and evidence.values >= FEWEST_VALUES
    return share if share >= FEW_NAMES and not is_chance else 0.0


_FORMATS_SAID = {
    "currency": "currencies",
    "time_zone": "time zones",
    "mime_type": "MIME types",
    "version": "versions",
    "colour": "colours",
    "clock": "times of day",
    "locale": "locales",
}


def _formats(column: Column) -> Iterator[Finding]:
    """Notations that name nobody."""
    evidence = column.evidence
    if evidence.share("flag") == 1 and evidence.distinct <= 2:
        yield _found("flag", "the values say yes or no", 0.95)
    for name, said in _FORMATS_SAID.items():
        if evidence.share(name) >= 0.95 and evidence.values >= FEWEST_VALUES:
            yield _found("format", f"the values are written as {said}", 0.9)


def _weakly_named(column: Column) -> Iterator[Finding]:
    """A name that means a thing, a measure or a code, where nothing personal was seen in the values."""
    named, evidence = column.named, column.evidence
    if named is None or column.reading.is_certain or not evidence.values:
        return
    has_numbers = evidence.share("whole_number") >= MANY_VALUES or evidence.digits[1] >= IDENTIFIER_DIGITS[0]
    is_short = evidence.distinct <= SHORT_LIST and not has_numbers
    if named.name == "thing" and is_short and not names_among(evidence):
        yield Finding(named, f"the name says a thing, and {_different(evidence)}, which name nobody known", 0.7)
    if named.name == "enumeration" and is_short:
        yield Finding(named, f"the name says a code, and {_different(evidence)}", 0.75)


def _different(evidence: Evidence) -> str:
    if evidence.distinct == 1:
        return f"one value in all of {evidence.values}"
    return f"{evidence.distinct} different values among {evidence.values}"


def _short_list(column: Column) -> Iterator[Finding]:
    evidence = column.evidence
    if _is_short_list(evidence):
        yield _found("enumeration", _different(evidence), 0.8)


def _is_short_list(evidence: Evidence) -> bool:
    enough = evidence.values >= FEWEST_VALUES and evidence.distinct <= SHORT_LIST
    return (
        enough
        and evidence.distinct <= max(2, REPETITION * evidence.values)
        and evidence.digits[1] < IDENTIFIER_DIGITS[0]
    )


def _numbers_as_text(column: Column) -> Iterator[Finding]:
    evidence = column.evidence
    is_fixed = evidence.share("whole_number") == 1 and evidence.commonest_width == 1
    if is_fixed and evidence.digits[0] >= CODE_WIDTH and evidence.distinct >= CODE_VARIETY * evidence.values:
        yield _found("identifier", f"texts of {evidence.digits[0]} digits each", 0.6)
    if evidence.share("number") >= 0.95:
        yield from (_integers if column.evidence.share("whole_number") >= MANY_VALUES else _fractions)(column)


def _unknown(column: Column) -> Iterator[Finding]:
    seen = column.evidence.values
    yield _found("unknown", "nothing here recognises the values" if seen else "no value was seen", 0.5)


def _integers(column: Column) -> Iterator[Finding]:
    """Whole numbers: identifiers by name, by their number of digits, or because nearly all differ; else measures."""
    evidence, (least, most) = column.evidence, IDENTIFIER_DIGITS
    if evidence.share("payment_card") >= MOST_VALUES:
        yield _found("payment_card", _values("payment_card", evidence.share("payment_card")), 0.95)
    low, high = evidence.digits
    few_digits = low < NO_MEASURE_DIGITS[0] and (high < NO_MEASURE_DIGITS[1] or low < IDENTIFIER_DIGITS[0] - 1)
    if column.is_named("measure", "event_time") and few_digits:
        yield _found("measure", "the name says a measure or a time", 0.85)
    if column.is_named("event_time") and _is_epoch(evidence):
        yield _found("event_time", "the name says a time, and the values are seconds since 1970 or parts of them", 0.8)
    if not evidence.values:
        yield from _unknown(column)
    elif (low >= least - 1 and high >= least and high <= most + 1) or high >= NO_MEASURE_DIGITS[1]:
        yield _found("identifier", f"whole numbers of {low} to {high} digits", 0.7)
    elif low >= FIXED_WIDTH_DIGITS and evidence.commonest_width >= FIXED_WIDTH and not _is_short_list(evidence):
        yield _found("identifier", f"nearly all have {high} digits", 0.6)
    elif _counts_rows(evidence):
        yield _found("identifier", "every value is different", 0.6)
    yield _found("measure", "whole numbers that look like measures or codes", 0.7)


def _is_epoch(evidence: Evidence) -> bool:
    return evidence.extent is not None and any(
        least <= evidence.extent[0] and evidence.extent[1] <= greatest for least, greatest in EPOCHS
    )


def _counts_rows(evidence: Evidence) -> bool:
    """Whether whole numbers number the rows: all different, and as dense as row numbers."""
    if evidence.values < FEWEST_VALUES or evidence.distinct < evidence.values or evidence.extent is None:
        return False
    least, greatest = evidence.extent
    return least >= 0 and (evidence.values >= MANY_ROWS or greatest - least < 2 * evidence.values)


def _fractions(column: Column) -> Iterator[Finding]:
    """Numbers with decimals; those that have none and many digits are identifiers which lost their type."""
    evidence = column.evidence
    yield from _degrees(column)
    widest = max(map(abs, evidence.extent)) if evidence.extent is not None else 0
    digits = NO_MEASURE_DIGITS[1] if column.is_named("measure", "event_time") else IDENTIFIER_DIGITS[0]
    if evidence.is_whole and widest >= 10 ** (digits - 1):
        yield _found("identifier", "whole numbers of many digits in a column for fractions", 0.6)
    yield _found("measure", "numbers that look like measures", 0.8)


def _degrees(column: Column) -> Iterator[Finding]:
    """Fractions fine enough to find a house by, unless their name says what they measure."""
    evidence = column.evidence
    is_wide = evidence.extent is not None and max(map(abs, evidence.extent)) > 1
    if not column.is_named("measure") and is_wide and evidence.share("fine_degrees") >= FINE_DEGREES:
        yield _found("coordinate", "numbers within 180 and with so many decimals as coordinates", 0.6)


def _dates(column: Column) -> Iterator[Finding]:
    yield _dated(column)


def _dated(column: Column) -> Finding:
    evidence = column.evidence
    first, middle, spread = BIRTH_YEARS
    if evidence.years is not None and (column.named is None or column.named.name != "event_time"):
        low, median, high = evidence.years
        if low >= first and median <= middle and high - low >= spread:
            return _found("birth_date", "dates spread over years as those of births", 0.75)
    return _found("event_time", "dates that are not those of births", 0.75)


def _flags(_column: Column) -> Iterator[Finding]:
    yield _found("flag", "the type says yes or no", 0.95)


def _times(_column: Column) -> Iterator[Finding]:
    yield _found("event_time", "a time of day or a duration", 0.8)


def _opaque(_column: Column) -> Iterator[Finding]:
    yield _found("unknown", "values of a type that cannot be looked into", 0.5)


_RULES: dict[str, tuple[Rule, ...]] = {
    "text": (
        *(_strong, _named, _long_text, _medium_values, _few_people, _formats, _weakly_named),
        *(_numbers_as_text, _short_list, _unknown),
    ),
    "integer": (_named, _integers),
    "float": (_named, _fractions),
    "decimal": (_named, _fractions),
    "boolean": (_flags,),
    "date": (_named, _dates),
    "time": (_times,),
    "binary": (_opaque,),
}
"""Family of types -> its rules, in order; the last one always finds something."""
