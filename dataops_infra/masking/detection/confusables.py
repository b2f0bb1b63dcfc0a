"""Letters that look alike in two scripts, reduced to those of names: Latin ones, their Cyrillic and Greek doubles.

From the Unicode Consortium's ``confusables.txt`` (Unicode Technical Standard 39, "Unicode Security Mechanisms",
https://www.unicode.org/Public/security/latest/confusables.txt), without letters that only some fonts draw alike.
"""

import unicodedata

_CYRILLIC = dict(zip("АВЕКМНОРСТУХІЈЅԌԚԜаеорсухіјѕһԁԛԝӏѵ", "ABEKMHOPCTYXIJSGQWaeopcyxijshdqwlv", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναιρυ", "ABEZHIKMNOPTYXovaipu", strict=True))

LATIN = {**_CYRILLIC, **_GREEK}
"""Cyrillic and Greek letters -> the Latin letter that each looks like."""
CYRILLIC = {latin: double for double, latin in _CYRILLIC.items()}
"""Latin letters -> the Cyrillic letter that each looks like."""
_INTO_LATIN, _INTO_CYRILLIC = str.maketrans(LATIN), str.maketrans(CYRILLIC)
_TWO = r"\p{Latin}[\p{Greek}\p{Cyrillic}]|[\p{Greek}\p{Cyrillic}]\p{Latin}"
MIXED = rf"[\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}]*(?:{_TWO})[\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}]*"
"""Words with letters of more than one of these scripts, as a regular expression in Rust's syntax."""


def in_one_script(word: str) -> str:
    """A word in Latin letters, if it may be read so, or else in Cyrillic ones, if it may; or as it is."""
    for table, script in ((_INTO_LATIN, "LATIN"), (_INTO_CYRILLIC, "CYRILLIC")):
        read = word.translate(table)
        if all(unicodedata.name(letter, "").startswith(script) for letter in read):
            return read
    return word
