"""Finding personal data in short texts such as tag keys and values, with plain Python only.

Finds e-mail addresses, telephone numbers in international (``+49 30 …``) or North American form, payment card numbers
(Luhn), IBANs (mod 97) and US social security numbers. Does not find names of people, postal addresses, dates of birth,
national numbers of other countries, telephone numbers in other national forms, or anything encoded.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

# Each begins where a run of its characters begins: from every place within, a long text would take quadratic time.
_EMAIL: Final = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE: Final = re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}(?!\d)")
_NORTH_AMERICAN: Final = re.compile(r"(?<![\w-])\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}(?![\w-])")
_DIGIT_GROUPS: Final = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_SOCIAL_SECURITY: Final = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")

# Issuer prefixes and lengths: Visa, Mastercard, American Express, Discover, JCB, Maestro, Diners Club.
_CARD: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}|3[47]\d{13}"
    r"|6(?:011|5\d\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}"
)


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return _CARD.fullmatch(digits) is not None and _luhn(digits)


def _is_iban(text: str) -> bool:
    """The check of ISO 13616: the number with its head moved to the end, letters as 10 to 35, is 1 modulo 97."""
    compact = re.sub(r"[ -]", "", text).upper()
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _always(_: str) -> bool:
    return True


class _Detector(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]


_DETECTORS: Final = (
    _Detector("an e-mail address", _EMAIL, _always),
    _Detector("a payment card number", _DIGIT_GROUPS, _is_card),
    _Detector("an IBAN", _IBAN, _is_iban),
    _Detector("a social security number", _SOCIAL_SECURITY, _always),
    _Detector("a telephone number", _PHONE, _always),
    _Detector("a telephone number", _NORTH_AMERICAN, _always),
)
"""Those with a check digit come before those without, which would claim parts of their numbers."""

EMAIL_KIND: Final = _DETECTORS[0].kind


class Finding(NamedTuple):
    """One piece of personal data: what kind it is, and the text itself (never to be shown)."""

    kind: str
    text: str


def find_personal_data(text: str) -> list[Finding]:
    """The personal data in a text, kind by kind; see the module's docstring for what is not found."""
    found: list[Finding] = []
    claimed: list[range] = []
    for detector in _DETECTORS:
        for match in detector.pattern.finditer(text):
            free = all(match.end() <= span.start or match.start() >= span.stop for span in claimed)
            if free and detector.valid(match.group()):
                found.append(Finding(detector.kind, match.group()))
                claimed.append(range(*match.span()))
    return found
