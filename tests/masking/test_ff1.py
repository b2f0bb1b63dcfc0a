"""FF1 over columns against the standard's samples, an independent package and an implementation in whole numbers."""

import string
from collections.abc import Iterator

import fastfpe
import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking import ff1
from dataops_infra.masking.ff1 import FF1, Words
from dataops_infra.masking.keys import MasterKey

KEY = bytes(range(32))
ALPHABET = string.digits + string.ascii_lowercase + string.ascii_uppercase
AES_256 = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
AES_192 = AES_256[:48]
AES_128 = AES_256[:32]
DIGITS, LETTERS = "0123456789", "0123456789abcdefghi"
DIGITS_TWEAK, LETTERS_TWEAK = "39383736353433323130", "3737373770717273373737"
SAMPLES = [  # NIST, "Block Cipher Modes of Operation: FF1", samples 1 to 9
    (AES_128, 10, "", DIGITS, "2433477484"),
    (AES_128, 10, DIGITS_TWEAK, DIGITS, "6124200773"),
    (AES_128, 36, LETTERS_TWEAK, LETTERS, "a9tv40mll9kdu509eum"),
    (AES_192, 10, "", DIGITS, "2830668132"),
    (AES_192, 10, DIGITS_TWEAK, DIGITS, "2496655549"),
    (AES_192, 36, LETTERS_TWEAK, LETTERS, "xbj3kv35jrawxv32ysr"),
    (AES_256, 10, "", DIGITS, "6657667009"),
    (AES_256, 10, DIGITS_TWEAK, DIGITS, "1001623463"),
    (AES_256, 36, LETTERS_TWEAK, LETTERS, "xs8a0azh2avyalyzuwd"),
]
CASES = [
    (radix, length, tweak)
    for radix, lengths in {
        2: (20, 31, 63, 64, 65, 127, 128),
        3: (13, 40, 80),
        7: (9, 44),
        10: (6, 7, 9, 10, 15, 16, 17, 18, 19, 20, 26, 30, 36, 38),
        16: (6, 16, 31, 32),
        26: (5, 20, 26),
        36: (4, 7, 12, 13, 24),
        62: (4, 11, 20),
    }.items()
    for length in lengths
    for tweak in (b"", b"t", b"a tweak of more than one block of AES")
]
"""123 of them, each with :data:`VALUES` values."""
VALUES = 45


def numeral_string(value: int, radix: int, length: int) -> str:
    numerals = ""
    for _ in range(length):
        value, numeral = divmod(value, radix)
        numerals = ALPHABET[numeral] + numerals
    return numerals


def number(text: str, radix: int) -> int:
    value = 0
    for character in text:
        value = value * radix + ALPHABET.index(character)
    return value


def halves(texts: list[str], radix: int) -> tuple[Words, Words]:
    cut = len(texts[0]) // 2
    return (
        np.array([number(text[:cut], radix) for text in texts], np.uint64),
        np.array([number(text[cut:], radix) for text in texts], np.uint64),
    )


def texts_of(a: Words, b: Words, radix: int, length: int) -> list[str]:
    cut = length // 2
    return [
        numeral_string(int(first), radix, cut) + numeral_string(int(second), radix, length - cut)
        for first, second in zip(a, b, strict=True)
    ]


def by_the_book(key: bytes, radix: int, length: int, tweak: bytes, value: int) -> int:
    """Algorithm 7 of SP 800-38G, line by line, in Python's whole numbers."""
    u = length // 2
    v = length - u
    b = ((radix**v - 1).bit_length() + 7) // 8
    d = 4 * -(-b // 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256])
    p += length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
    first, second = divmod(value, radix**v)
    for i in range(10):
        q = tweak + bytes(-(len(tweak) + b + 1) % 16) + bytes([i]) + second.to_bytes(b, "big")
        mac = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor().update(p + q)[-16:]
        y = int.from_bytes(mac[:d], "big")
        first, second = second, (first + y) % radix ** (v if i % 2 else u)
    return int(first * radix**v + second)


def values_of(radix: int, length: int, count: int) -> Iterator[int]:
    """The ends of a domain and values spread over it."""
    size = radix**length
    generator = np.random.default_rng([radix, length])
    yield from (0, 1, size - 1)
    yield from (int.from_bytes(generator.bytes(32), "big") % size for _ in range(count - 3))


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "coded"), SAMPLES, ids=range(1, 10))
def test_values_are_those_of_the_standards_samples(key: str, radix: int, tweak: str, plain: str, coded: str) -> None:
    permutation = FF1(bytes.fromhex(key), radix, len(plain), bytes.fromhex(tweak))
    encrypted = permutation.encrypt(*halves([plain], radix))
    assert texts_of(*encrypted, radix, len(plain)) == [coded]
    assert texts_of(*permutation.decrypt(*encrypted), radix, len(plain)) == [plain]


def test_the_comparison_has_more_than_5000_cases() -> None:
    assert len(CASES) * VALUES > 5_000


@pytest.mark.parametrize(("radix", "length", "tweak"), CASES)
def test_values_are_those_of_an_independent_package(radix: int, length: int, tweak: bytes) -> None:
    texts = [numeral_string(value, radix, length) for value in values_of(radix, length, VALUES)]
    expected = [fastfpe.ff1.encrypt(KEY.hex(), tweak.hex(), ALPHABET[:radix], text) for text in texts]
    permutation = FF1(KEY, radix, length, tweak)
    plain = halves(texts, radix)
    encrypted = permutation.encrypt(*plain)
    assert texts_of(*encrypted, radix, length) == expected
    decrypted = permutation.decrypt(*encrypted)
    assert np.array_equal(decrypted[0], plain[0])
    assert np.array_equal(decrypted[1], plain[1])


@pytest.mark.parametrize(("radix", "length"), [(65_536, 8), (65_536, 2), (65_535, 8), (1000, 2), (1625, 12), (7131, 9)])
def test_great_radices_are_as_the_standard_says(radix: int, length: int) -> None:
    permutation, values = FF1(KEY, radix, length, b"tweak"), list(values_of(radix, length, 300))
    right = radix ** (length - length // 2)
    plain = np.array([value // right for value in values], np.uint64), np.array([v % right for v in values], np.uint64)
    a, b = permutation.encrypt(*plain)
    expected = [by_the_book(KEY, radix, length, b"tweak", value) for value in values]
    assert [int(first) * right + int(second) for first, second in zip(a, b, strict=True)] == expected
    back = permutation.decrypt(a, b)
    assert np.array_equal(back[0], plain[0])
    assert np.array_equal(back[1], plain[1])


@given(st.integers(2, 65_536), st.data())
@settings(max_examples=150, deadline=None)
def test_every_radix_and_length_is_as_the_standard_says(radix: int, data: st.DataObject) -> None:
    longest = max(length for length in range(1, 130) if radix ** (length - length // 2) <= 2**64)
    shortest = next(length for length in range(2, 21) if radix**length >= ff1.MINIMUM_SIZE)
    length = data.draw(st.integers(shortest, longest))
    tweak, value = data.draw(st.binary(max_size=40)), data.draw(st.integers(0, radix**length - 1))
    first, second = divmod(value, radix ** (length - length // 2))
    a, b = FF1(KEY, radix, length, tweak).encrypt(np.array([first], np.uint64), np.array([second], np.uint64))
    expected = divmod(by_the_book(KEY, radix, length, tweak, value), radix ** (length - length // 2))
    assert (int(a[0]), int(b[0])) == expected


@pytest.mark.parametrize(("radix", "length"), [(10, 6), (2, 64), (10, 19), (36, 12)])
def test_decrypting_whole_numbers_undoes_encrypting_them(radix: int, length: int) -> None:
    permutation = FF1(KEY, radix, length)
    values = np.array(list(values_of(radix, length, 1000)), np.uint64)
    encrypted = permutation.encrypt_integers(values)
    assert not np.array_equal(encrypted, values)
    assert np.array_equal(permutation.decrypt_integers(encrypted), values)


def test_all_numbers_of_a_domain_are_permuted() -> None:
    encrypted = FF1(KEY, 10, 6).encrypt_integers(np.arange(10**6, dtype=np.uint64))
    assert np.array_equal(np.sort(encrypted), np.arange(10**6))


def test_chunks_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    permutation, values = FF1(KEY, 10, 15), np.arange(1_000, dtype=np.uint64)
    expected = permutation.encrypt_integers(values)
    monkeypatch.setattr(ff1, "CHUNK_ROWS", 7)
    assert np.array_equal(permutation.encrypt_integers(values), expected)
    assert np.array_equal(permutation.encrypt_integers(values[::-1]), expected[::-1])


def test_no_values_give_no_values() -> None:
    assert len(FF1(KEY, 10, 15).encrypt_integers(np.empty(0, np.uint64))) == 0


def test_other_tweaks_keys_and_domains_give_other_values() -> None:
    value = np.array([123_456_789_012_345], np.uint64)
    master = MasterKey(KEY)
    permutations = [master.domain(domain).ff1(10, 15, tweak) for domain in "ab" for tweak in (b"", b"1", b"2")]
    assert len({int(permutation.encrypt_integers(value)[0]) for permutation in permutations}) == 6


def test_a_domains_values_are_frozen() -> None:
    # A new version that fails here would give every person a new pseudonym.
    permutation = MasterKey(KEY).domain("customers.phone").ff1(10, 15)
    values = np.array([0, 1, 123_456_789_012_345, 10**15 - 1], np.uint64)
    encrypted = [511506629394831, 319499481252832, 851208168330056, 431847346766793]
    assert permutation.encrypt_integers(values).tolist() == encrypted


@pytest.mark.parametrize(
    ("radix", "length", "message"),
    [
        (1, 30, "radix: expected 2 to 65536, got 1"),
        (65_537, 3, "radix: expected 2 to 65536, got 65537"),
        (10, 5, "length: expected at least 2, and 10**length at least 1000000, got 5"),
        (65_536, 1, "length: expected at least 2, and 65536**length at least 1000000, got 1"),
        (10, 39, "length: expected so much that 10**(length / 2) stays within 64 bits, got 39"),
    ],
)
def test_domains_too_small_or_too_great_are_refused(radix: int, length: int, message: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        FF1(KEY, radix, length)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.array([1]), np.array([1], np.uint64), "a: expected one-dimensional uint64, got '1-dimensional int64'"),
        (np.array([[1]], np.uint64), np.array([1], np.uint64), "a: expected one-dimensional uint64"),
        (np.array([1], np.uint64), np.array([10**8], np.uint64), "b: expected numbers below 100000000, got 'greater"),
        (np.array([1], np.uint64), np.array([1, 2], np.uint64), "b: expected as many as a, 1, got 2"),
    ],
    ids=["type", "dimensions", "too great", "counts"],
)
def test_halves_that_are_none_are_refused_without_showing_them(a: Words, b: Words, message: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        FF1(KEY, 10, 15).encrypt(a, b)
    assert str(refusal.value).startswith(message)


def test_whole_numbers_need_a_domain_of_64_bits() -> None:
    with pytest.raises(InvalidInputError, match=r"halves, since 10\*\*20 exceeds 64 bits"):
        FF1(KEY, 10, 20).encrypt_integers(np.array([1], np.uint64))
