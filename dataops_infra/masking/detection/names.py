"""What a column's name says about its values: words of many languages, in any spelling of identifiers.

``customerEmail``, ``CUST_EMAIL_ADDR`` and ``e-mail`` are read as words; a word such as ``verified`` or ``type`` takes
the name's meaning away, since ``email_verified`` holds no addresses. The words stand in ``name_words.yaml``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

import yaml

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_NOT_A_WORD = re.compile(r"[^0-9A-Za-z]+")
_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ı": "i", "æ": "ae"}
)


@dataclass(frozen=True)
class NameReading:
    """What a name says."""

    kind: str | None = None
    """A kind of :data:`.kinds.KINDS`, or None where the name says nothing."""
    is_certain: bool = True
    """False: the words are weak evidence, which the values must not contradict."""


SAYS_NOTHING = NameReading()
_NAME_PARTS = frozenset({"first_name", "last_name"})
_WEAK = frozenset({"thing", "measure"})
"""Kinds whose names are weak evidence: the values may be personal all the same."""


@dataclass(frozen=True)
class _Vocabulary:
    phrases: Mapping[str, str]
    """Phrase -> kind."""
    longest: int
    """Words of the longest phrase."""
    scripts: Mapping[str, str]
    abbreviations: Mapping[str, str]
    word_lists: Mapping[str, frozenset[str]]

    def has(self, word: str, which: str) -> bool:
        """Whether ``word``, or its singular, stands in a list."""
        return word in self.word_lists[which] or word.removesuffix("s") in self.word_lists[which]


@cache
def _vocabulary() -> _Vocabulary:
    text = resources.files("dataops_infra.masking.detection").joinpath("name_words.yaml").read_text("utf-8")
    stated: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    groups, scripts, abbreviations = stated.pop("phrases"), stated.pop("scripts"), stated.pop("abbreviations")
    spellings = {
        spelling: kind
        for kind, phrases in groups.items()
        for phrase in phrases
        for spelling in (phrase, phrase.replace(" ", ""))  # zip code, zipcode
    }
    return _Vocabulary(
        phrases=spellings,
        longest=max(len(phrase.split()) for phrase in spellings),
        scripts={phrase: kind for kind, phrases in scripts.items() for phrase in phrases},
        abbreviations=abbreviations,
        word_lists={name: frozenset(words) for name, words in stated.items()},
    )


@lru_cache(maxsize=65536)
def read_name(path: str, table: str = "") -> NameReading:
    """What the column ``path`` (``address.street``, ``emails[]``) of ``table`` holds, by its name."""
    script = next((kind for phrase, kind in _vocabulary().scripts.items() if phrase in path), None)
    if script is not None:
        return NameReading(script)
    words = words_of(path)
    if not words:
        return SAYS_NOTHING
    reading = next(_readings(words, words_of(table)), SAYS_NOTHING)
    is_part = reading.kind in _NAME_PARTS and _name_parts(words_of(path.rpartition(".")[2])) == _NAME_PARTS
    return NameReading("full_name") if is_part else reading


@lru_cache(maxsize=65536)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case, without accents, abbreviations written out."""
    plain = unicodedata.normalize("NFKD", name.translate(_WITHOUT_DECOMPOSITION)).encode("ascii", "ignore").decode()
    pieces = _NOT_A_WORD.sub(" ", _BOUNDARY.sub(" ", plain)).lower().split()
    abbreviations = _vocabulary().abbreviations
    return tuple(word for piece in pieces for word in abbreviations.get(piece, piece).split())


def _readings(words: tuple[str, ...], table: tuple[str, ...]) -> Iterator[NameReading]:
    """What the words may mean, best first."""
    known = _vocabulary()
    if len(words) > 1 and words[0] in known.word_lists["voiding_first"]:
        yield NameReading("flag", is_certain=False)
        return
    found = _phrase(words)
    if found is not None and found[0] == "birth_date" and not found[1] and _is_measured(words):
        found = None  # `birth_weight`
    # `address_id` names a row, `tax_id` is a phrase of its own, and `email_id` is what some call an address.
    if found is not None and words[-1] in known.word_lists["identifier"] and not found[1] and found[0] != "email":
        found = ("identifier", True)
    if found is not None and not (words[-1] in known.word_lists["voiding"] and not found[1]):
        yield NameReading(found[0], is_certain=found[0] not in _WEAK)
    if words[-1] in known.word_lists["identifier"]:
        yield NameReading("identifier")
    if _is_somebody(words):
        yield NameReading("full_name")
    if words[-1] == "name":
        yield from _some_name(words, table)
    if words[-1] in known.word_lists["time"]:
        yield NameReading("event_time", is_certain=False)
    if known.has(words[-1], "measure") or known.has(words[0], "measure"):
        yield NameReading("measure", is_certain=False)
    if words[-1] in known.word_lists["voiding"]:
        yield NameReading("enumeration", is_certain=False)


def _is_measured(words: tuple[str, ...]) -> bool:
    known = _vocabulary()
    return known.has(words[-1], "measure") and not known.has(words[-1], "time")


def _is_somebody(words: tuple[str, ...]) -> bool:
    """Whether a name ends with who did something or who it is about: ``created_by``, ``surgeon``, ``last_user``."""
    known = _vocabulary()
    if words[-1] == "by":
        return len(words) > 1 and words[-2] not in known.word_lists["not_by"]
    return known.has(words[-1], "staff") or words[-1] in known.word_lists["people"] - {"people", "staff", "kunden"}


def speaks_of_people(words: Iterable[str]) -> bool:
    """Whether one of ``words`` (of :func:`words_of`) says a person: a customer, a patient, a teacher."""
    known = _vocabulary()
    return any(known.has(word, "people") or known.has(word, "staff") for word in words)


def is_sensitive(path: str) -> bool:
    """Whether a column's name speaks of what nobody may learn of a person: health, belief, income."""
    return any(_vocabulary().has(word, "sensitive") for word in words_of(path))


def _some_name(words: tuple[str, ...], table: tuple[str, ...]) -> Iterator[NameReading]:
    """``name`` is that of whatever the words before it, or the table, speak of."""
    known = _vocabulary()
    about = words[:-1] or table
    if any(known.has(word, "thing") for word in about):
        yield NameReading("thing", is_certain=False)
    elif any(known.has(word, "people") for word in about):
        yield NameReading("full_name")


def _name_parts(words: tuple[str, ...]) -> frozenset[str]:
    """The parts of names that ``words`` speak of: both, of ``Nachname, Vorname``, ``nom_prenom`` and ``Name, Vorname``.

    Beside a first name of one word ``name`` is the last one; ``name_first_name`` says what the first name is part of.
    """
    phrases = _vocabulary().phrases
    single = {phrases.get(word) for word in words}
    paired = {phrases.get(" ".join(pair)) for pair in pairwise(words)}
    parts = _NAME_PARTS & (single | paired)
    is_beside_name = "name" in words and not _NAME_PARTS & paired
    return parts | {"last_name"} if parts and is_beside_name else parts


def _phrase(words: tuple[str, ...]) -> tuple[str, bool] | None:
    """The kind of the longest phrase in ``words``, the last one where several are as long; whether it ends the name."""
    known = _vocabulary()
    told = sum(not word.isdigit() for word in words)  # `pin4` is no other name than `pin`
    for length in range(min(known.longest, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            phrase = " ".join(words[start : start + length])
            if phrase not in known.phrases:
                phrase = phrase.removesuffix("s")
            if phrase not in known.phrases or (length < told and phrase in known.word_lists["alone"]):
                continue
            if length == 1 and any(known.has(word, "thing") for word in words[:start]):
                continue  # `hotel_city`, `server_ip`: about a thing, so its values must speak
            return known.phrases[phrase], start + length == len(words)
    return None
