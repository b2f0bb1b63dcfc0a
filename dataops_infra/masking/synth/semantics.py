"""What a column means: names, addresses and numbers of nobody, from frozen pools and from ranges that nobody is given.

E-mail and web addresses lie at example.com (RFC 2606), IP addresses in blocks for documentation (RFC 5737, 3849),
hardware addresses likewise (RFC 7042), phone numbers among those set aside for fiction (:mod:`.shapes.fictional`).
Cards are those of the test range 4242 42, IBANs of a German bank code that begins with 0 and so is no bank's (Deutsche
Bundesbank: the first digit is 1 to 8), US social security numbers of the area 666, which is never assigned (SSA). Check
digits are right: Luhn (ISO/IEC 7812-1) and modulo 97 (ISO 13616).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.pools import load_pool
from dataops_infra.masking.shapes.fictional import NORTH_AMERICAN
from dataops_infra.masking.synth.domains import TEXT, digit_texts, digits_of, fixed_texts, split
from dataops_infra.masking.synth.streams import Bits

_ZERO = np.uint8(ord("0"))
_ASCII = r"^[A-Za-z]+$"
# fmt: off
_WORDS = (
    "again", "answer", "asked", "because", "before", "call", "came", "change", "could", "delivery", "different",
    "early", "email", "evening", "every", "follow", "found", "friday", "from", "good", "happy", "help", "invoice",
    "item", "later", "letter", "line", "little", "make", "message", "missing", "monday", "more", "morning", "need",
    "never", "next", "note", "offer", "open", "order", "other", "paid", "parcel", "part", "please", "price",
    "question", "ready", "reply", "request", "return", "right", "said", "same", "second", "send", "shipment", "short",
    "small", "soon", "still", "sunday", "thanks", "their", "thing", "third", "today", "together", "tomorrow", "under",
    "update", "wait", "week", "went", "when", "where", "which", "with", "work", "write", "yesterday",
)
# fmt: on


@dataclass(frozen=True)
class Meaning:
    """A set of values with a meaning, as a domain.

    :param longest: characters of the longest value.
    :param pools: the frozen lists that values are made of.
    """

    name: str
    size: int
    longest: int
    make: Callable[[Bits], pa.Array]
    pools: tuple[str, ...] = ()
    type: pa.DataType = TEXT

    def at(self, numbers: Bits) -> pa.Array:
        """The values of these numbers."""
        return self.make(numbers)


def meaning(name: str) -> Meaning:
    """The values that a column of this meaning holds.

    :raises KeyError: there is no such meaning; :data:`MEANINGS` has their names.
    """
    return MEANINGS[name]()


def _listed(name: str) -> Callable[[], Meaning]:
    def made() -> Meaning:
        values = load_pool(name).values
        return Meaning(name, len(values), _longest(values), lambda numbers: values.take(pa.array(numbers)), (name,))

    return made


def _full_name() -> Meaning:
    first, last = load_pool("first_name").values, load_pool("last_name").values

    def make(numbers: Bits) -> pa.Array:
        one, other = split(numbers, (len(first), len(last)))
        return _join(" ", first.take(pa.array(one)), last.take(pa.array(other)))

    longest = _longest(first) + 1 + _longest(last)
    return Meaning("full_name", len(first) * len(last), longest, make, ("first_name", "last_name"))


def _username() -> Meaning:
    """A first name, a last name and a number, in small letters of ASCII."""
    first, last = _plain("first_name"), _plain("last_name")
    sizes = (len(first), len(last), 1_000)

    def make(numbers: Bits) -> pa.Array:
        one, other, number = split(numbers, sizes)
        parts = first.take(pa.array(one)), last.take(pa.array(other)), pa.array(number).cast(TEXT)
        return _join("", _join(".", *parts[:2]), parts[2])

    longest = _longest(first) + _longest(last) + 4
    return Meaning("username", sizes[0] * sizes[1] * sizes[2], longest, make, ("first_name", "last_name"))


def _email() -> Meaning:
    names = _username()

    def make(numbers: Bits) -> pa.Array:
        return _join("", names.at(numbers), pa.scalar("@example.com", TEXT))

    return Meaning("email", names.size, names.longest + len("@example.com"), make, names.pools)


def _street() -> Meaning:
    streets = load_pool("street").values

    def make(numbers: Bits) -> pa.Array:
        number, street = split(numbers, (199, len(streets)))
        return _join(" ", pa.array(number + np.uint64(1)).cast(TEXT), streets.take(pa.array(street)))

    return Meaning("street", 199 * len(streets), 4 + _longest(streets), make, ("street",))


def _address() -> Meaning:
    street, city = _street(), _listed("city")()

    def make(numbers: Bits) -> pa.Array:
        one, other, code = split(numbers, (street.size, city.size, 100_000))
        place = _join(" ", digit_texts(code, 5), city.at(other))
        return _join(", ", street.at(one), place)

    size, longest = street.size * city.size * 100_000, street.longest + city.longest + 8
    return Meaning("address", size, longest, make, ("street", "city"))


def _phone() -> Meaning:
    def make(numbers: Bits) -> pa.Array:
        area, line = split(numbers, (len(NORTH_AMERICAN), 100))
        return _join("", pa.scalar("+1", TEXT), pa.array(NORTH_AMERICAN[area] + line).cast(TEXT))

    return Meaning("phone", len(NORTH_AMERICAN) * 100, 12, make)


def _card() -> Meaning:
    def make(numbers: Bits) -> pa.Array:
        digits = np.concatenate([_constant("424242", len(numbers)), digits_of(numbers, 9)], axis=1)
        return fixed_texts(np.concatenate([digits, _luhn(digits)], axis=1) + _ZERO)

    return Meaning("payment_card", 10**9, 16, make)


def _iban() -> Meaning:
    def make(numbers: Bits) -> pa.Array:
        account = digits_of(numbers, 10)
        # 98 minus the number with "DE00" behind it, modulo 97: D is 13, E is 14; the bank code is 00000000.
        rest = (numbers % np.uint64(97) * np.uint64(10**6 % 97) + np.uint64(131400 % 97)) % np.uint64(97)
        check = digits_of(np.uint64(98) - rest, 2)
        digits = np.concatenate([check, _constant("00000000", len(numbers)), account], axis=1) + _ZERO
        country = np.broadcast_to(np.frombuffer(b"DE", np.uint8), (len(numbers), 2))
        return fixed_texts(np.concatenate([country, digits], axis=1))

    return Meaning("iban", 10**10, 22, make)


def _ssn() -> Meaning:
    def make(numbers: Bits) -> pa.Array:
        group, serial = split(numbers, (99, 9_999))
        one, other = (digit_texts(part + np.uint64(1), count) for part, count in ((group, 2), (serial, 4)))
        return _join("-", pa.scalar("666", TEXT), one, other)

    return Meaning("us_ssn", 99 * 9_999, 11, make)


def _ipv4() -> Meaning:
    blocks = pa.array(["192.0.2.", "198.51.100.", "203.0.113."], TEXT)

    def make(numbers: Bits) -> pa.Array:
        block, host = split(numbers, (3, 256))
        return _join("", blocks.take(pa.array(block)), pa.array(host).cast(TEXT))

    return Meaning("ip_address", 3 * 256, 15, make)


def _ipv6() -> Meaning:
    def make(numbers: Bits) -> pa.Array:
        return _join(
            "", pa.scalar("2001:db8::", TEXT), _hex(numbers, 4), pa.scalar(":", TEXT), _hex(numbers >> np.uint64(16), 4)
        )

    return Meaning("ipv6", 2**32, 19, make)


def _mac() -> Meaning:
    return Meaning(
        "mac_address", 256, 17, lambda numbers: _join("", pa.scalar("00:00:5e:00:53:", TEXT), _hex(numbers, 2))
    )


def _url() -> Meaning:
    return Meaning(
        "url", 2**32, 28, lambda numbers: _join("", pa.scalar("https://example.com/", TEXT), _hex(numbers, 8))
    )


def _hostname() -> Meaning:
    return Meaning(
        "hostname",
        2**32,
        21,
        lambda numbers: _join("", pa.scalar("h", TEXT), _hex(numbers, 8), pa.scalar(".example.com", TEXT)),
    )


def _postcode() -> Meaning:
    return Meaning("postcode", 100_000, 5, lambda numbers: digit_texts(numbers, 5))


def _free_text() -> Meaning:
    """A sentence of five words."""
    words = pa.array(_WORDS, TEXT)

    def make(numbers: Bits) -> pa.Array:
        chosen = [words.take(pa.array(part)) for part in split(numbers, (len(words),) * 5)]
        return _join("", pc.utf8_capitalize(_join(" ", *chosen)), pa.scalar(".", TEXT))

    return Meaning("free_text", len(words) ** 5, 5 * _longest(words) + 5, make)


MEANINGS: Mapping[str, Callable[[], Meaning]] = MappingProxyType(
    {
        **{name: _listed(name) for name in ("first_name", "last_name", "company", "city", "job", "country")},
        "full_name": _full_name,
        "username": _username,
        "email": _email,
        "street": _street,
        "address": _address,
        "postcode": _postcode,
        "phone": _phone,
        "payment_card": _card,
        "iban": _iban,
        "us_ssn": _ssn,
        "ip_address": _ipv4,
        "ipv6": _ipv6,
        "mac_address": _mac,
        "url": _url,
        "hostname": _hostname,
        "free_text": _free_text,
    }
)
"""Name, mostly as in :data:`.detection.kinds.KINDS` -> what makes it."""
FORMATS: Mapping[str, str] = MappingProxyType(
    {"email": "email", "uri": "url", "hostname": "hostname", "ipv4": "ip_address", "ipv6": "ipv6"}
)
"""Formats of texts in a contract -> meaning."""


def _plain(name: str) -> pa.Array:
    values = load_pool(name).values
    return pc.unique(pc.utf8_lower(values.filter(pc.match_substring_regex(values, _ASCII))))


def _join(separator: str, *parts: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar(separator, TEXT))


def _longest(values: pa.Array) -> int:
    return int(pc.max(pc.utf8_length(values)).as_py())


def _constant(digits: str, rows: int) -> npt.NDArray[np.uint8]:
    return np.tile(np.frombuffer(digits.encode(), np.uint8) - _ZERO, (rows, 1))


def _luhn(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    doubled = digits[:, ::-1].astype(np.int64)
    doubled[:, ::2] *= 2
    total = (doubled // 10 + doubled % 10).sum(axis=1)
    check: npt.NDArray[np.uint8] = ((10 - total % 10) % 10).astype(np.uint8)[:, None]
    return check


def _hex(numbers: Bits, count: int) -> pa.Array:
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    shifts = np.arange(4 * (count - 1), -1, -4, dtype=np.uint64)
    return fixed_texts(digits[((numbers[:, None] >> shifts) & np.uint64(15)).astype(np.intp)])
