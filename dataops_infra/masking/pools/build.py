"""Builds the frozen lists from faker: ``python -m dataops_infra.masking.pools.build``.

To be run by hand, and only to make new pools: every pseudonym that was ever drawn changes with them.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from dataops_infra.masking.pools.folding import folded
from dataops_infra.masking.pools.frozen import DIGESTS, FOLDER, LISTS
from dataops_infra.masking.pools.scripts import Script, character_class

if TYPE_CHECKING:
    from faker import Faker

SEED = 20_260_101
DRAWS = 4_000
"""Values drawn from each locale for each list; many come several times."""
SMALLEST = 40
"""Fewer values would give the same few names to everybody."""
LARGEST = {True: 4_999, False: 499}
"""Most values of a list in Latin script, and in any other."""

LOCALES: dict[Script, tuple[str, ...]] = {
    Script.LATIN: (
        *("cs_CZ", "da_DK", "de_AT", "de_DE", "en_GB", "en_IE", "en_US", "es_ES", "es_MX", "et_EE", "fi_FI", "fr_FR"),
        *("hr_HR", "hu_HU", "id_ID", "it_IT", "lt_LT", "lv_LV", "nl_NL", "no_NO", "pl_PL", "pt_BR", "pt_PT", "ro_RO"),
        *("sk_SK", "sl_SI", "sv_SE", "tr_TR"),
    ),
    Script.CYRILLIC: ("bg_BG", "ru_RU", "uk_UA"),
    Script.GREEK: ("el_GR",),
    Script.HEBREW: ("he_IL",),
    Script.ARABIC: ("ar_AA", "ar_SA", "fa_IR"),
    Script.DEVANAGARI: ("hi_IN", "ne_NP"),
    Script.THAI: ("th_TH",),
    Script.GEORGIAN: ("ka_GE",),
    Script.ARMENIAN: ("hy_AM",),
    Script.HANGUL: ("ko_KR",),
    Script.JAPANESE: ("ja_JP",),
    Script.HAN: ("zh_CN", "zh_TW"),
}
_ENGLISH_ONLY = ("job", "country")
"""Lists whose words other locales leave in English or do not have: taken from English alone."""
_UNSTABLE = {("it_IT", "city")}
"""What faker draws from a Python set: other values in every process."""
_METHODS = {"street": "street_name"}
_ONE_WORD = ("first_name", "last_name")
_JOINERS = "\u200c\u200d"
"""Persian and Indic spelling needs them inside words."""


def build(folder: Path = FOLDER) -> dict[str, str]:
    """Write every list, and ``digests.json``, into ``folder``.

    :return: file -> its SHA-256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for file, values in _lists():
        content = "".join(f"{value}\n" for value in values).encode()
        (folder / file).write_bytes(content)
        digests[file] = hashlib.sha256(content).hexdigest()
    text = json.dumps(digests, indent=2, sort_keys=True)
    (folder / DIGESTS.name).write_text(f"{text}\n", encoding="utf-8")
    return digests


def _lists() -> Iterator[tuple[str, list[str]]]:
    for script in LOCALES:
        for name in LISTS:
            values = list_of(name, script)
            if len(values) >= SMALLEST:
                yield f"{name}.{script.value}.txt", values


def list_of(name: str, script: Script) -> list[str]:
    """The values of one list in one script, however few."""
    locales = LOCALES[script]
    if name in _ENGLISH_ONLY:
        locales = ("en_US",) if script is Script.LATIN else ()
    drawn = {value for locale in locales if (locale, name) not in _UNSTABLE for value in _draw(locale, name)}
    return _frozen(filter(_shape(name, script).fullmatch, drawn), LARGEST[script is Script.LATIN])


def _draw(locale: str, name: str) -> Iterator[str]:
    invent = getattr(_faker(locale), _METHODS.get(name, name))
    for _ in range(DRAWS):
        yield unicodedata.normalize("NFC", " ".join(invent().split()))


def _faker(locale: str) -> "Faker":
    from faker import Faker  # a tool of those who build the lists; nobody who masks needs it

    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(SEED)
    return faker


def _shape(name: str, script: Script) -> re.Pattern[str]:
    """What a value must look like; what faker filled up with English words does not."""
    letters = character_class(*((script, Script.HAN) if script is Script.JAPANESE else (script,)))
    letter = f"[{letters}{_JOINERS}]"
    if name in _ONE_WORD:
        return re.compile(f"{letter}{{3,}}" if script is Script.LATIN else f"{letter}{{1,20}}")
    separators = " ()-" if name == "country" else " ,&-" if name in ("company", "job") else " -"
    return re.compile(f"{letter}(?:{letter}|[{re.escape(separators)}](?={letter})){{1,39}}")


def _frozen(values: Iterable[str], largest: int) -> list[str]:
    """At most ``largest`` of the values, a prime number of them, chosen by their digests, sorted by code point."""
    ordered = sorted(values)
    different = dict(zip(folded(pa.array(ordered, pa.large_string())), ordered, strict=True))
    chosen = sorted(different.values(), key=lambda value: hashlib.sha256(value.encode()).digest())
    return sorted(chosen[: _prime_up_to(min(len(chosen), largest))])


def _prime_up_to(number: int) -> int:
    return next((n for n in range(number, 1, -1) if all(n % d for d in range(2, int(n**0.5) + 1))), 0)


if __name__ == "__main__":
    build()
