"""Whole-column AES-CMAC against its standards and against OpenSSL's."""

import threading
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import InvalidInputError
from dataops_infra.masking import cmac
from dataops_infra.masking.cmac import ColumnCmac
from dataops_infra.masking.ff1 import FF1
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.prf import DomainKey
from tests.support.arrow_columns import BYTES_TYPES, TEXT_TYPES, every_layout, tight

KEY = bytes(range(32))
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
LENGTHS = (0, 16, 40, 64)
STANDARD = {
    "2b7e151628aed2a6abf7158809cf4f3c": (  # RFC 4493 §4
        "bb1d6929e95937287fa37d129b756746",
        "070a16b46b4d4144f79bdd9dd04a287c",
        "dfa66747de9ae63030ca32611497c827",
        "51f0bebf7e3b9d92fc49741779363cfe",
    ),
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b": (  # SP 800-38B, AES-192
        "d17ddf46adaacde531cac483de7a9367",
        "9e99a7bf31e710900662f65e617c5184",
        "8a1de5be2eb31aad089a82e6ee908b0e",
        "a1d5df0eed790f794d77589659f39a11",
    ),
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4": (  # SP 800-38B, AES-256
        "028962f61b7bf89efc6b551f4667d983",
        "28a7023f452e8f82bd4bf28d8c37c35c",
        "aaf3d8f1de5640c232f5b169b9c911e6",
        "e1992190549f6ed5696a2c056c315410",
    ),
}

FROZEN_CODES = [
    "d1ddaaf5b30bf3e3f77cdb707ce8ea76",
    "cd85e68063aa9ef3304f1c3b2c76e926",
    "ff1f6d7369cb9c508c1d7496ac12faa6",
    "fc83727988a583f22d124899802ed8b9",
]
FROZEN_SUB_CODES = ["dc6a84861ccde34d88aefe8d163e2bd2"]


def openssl(values: Sequence[bytes | None]) -> list[bytes]:
    codes = []
    for value in values:
        code = CMAC(AES(KEY))
        code.update(value or b"")
        codes.append(bytes(16) if value is None else code.finalize())
    return codes


def shown(codes: npt.NDArray[np.uint64]) -> list[bytes]:
    return [row.tobytes() for row in codes.astype(">u8")]


def codes_of(values: pa.Array | pa.ChunkedArray) -> list[bytes]:
    return shown(ColumnCmac(KEY).of(values))


@pytest.mark.parametrize("key", STANDARD)
def test_codes_are_those_of_the_standards(key: str) -> None:
    column = pa.array([MESSAGE[:length] for length in LENGTHS], pa.binary())
    assert [code.hex() for code in shown(ColumnCmac(bytes.fromhex(key)).of(column))] == list(STANDARD[key])


@pytest.mark.parametrize("kind", [*TEXT_TYPES, *BYTES_TYPES], ids=str)
def test_every_length_in_every_layout_has_the_code_of_openssl(kind: pa.DataType) -> None:
    values = [b"x" * length for length in range(200)] + [None, b""]
    assert codes_of(pa.array(values, pa.binary()).cast(kind)) == openssl(values)


@given(st.lists(st.none() | st.text(max_size=60), max_size=30))
@settings(deadline=None)
def test_texts_have_the_codes_of_openssl_whatever_lies_around_them(values: list[str | None]) -> None:
    expected = openssl([None if value is None else value.encode() for value in values])
    for column in every_layout(values):
        assert codes_of(column) == expected


@given(st.lists(st.none() | st.binary(max_size=40), min_size=1, max_size=40), st.data())
@settings(max_examples=60, deadline=None)
def test_cutting_a_column_changes_no_code(values: list[bytes | None], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    whole = tight(values, pa.binary(), b"under a null")
    bounds = [0, *cuts, len(values)]
    parts = pa.chunked_array([whole[a:b] for a, b in pairwise(bounds)], pa.binary())
    assert codes_of(parts) == codes_of(whole) == openssl(values)


def test_fixed_size_bytes_have_the_codes_of_openssl() -> None:
    values = [bytes([i]) * 20 for i in range(50)] + [None]
    assert codes_of(pa.array(values, pa.binary(20)).slice(3)) == openssl(values[3:])


@pytest.mark.parametrize("size", range(40))
def test_nothing_is_read_behind_the_last_byte(size: int) -> None:
    values = [b"a" * (size // 2), b"", b"b" * (size - size // 2), b""]
    assert codes_of(tight(values, pa.binary())) == openssl(values)


@pytest.mark.parametrize(
    "lengths",
    [
        [5_000_001],
        [3_000_000, *range(300)],
        [17, 40_000, 1, 0, 70_000, 33, *[25] * 500],
        [100 * number for number in range(400)],
        [20_000] * 40,
        [16 * cmac.SHORT_BLOCKS, 16 * cmac.SHORT_BLOCKS + 1, 3],
    ],
    ids=["huge", "huge among short", "few long", "ramp", "equally long", "around the limit"],
)
def test_long_values_have_the_codes_of_openssl(lengths: list[int]) -> None:
    values = [bytes([number % 251]) * length for number, length in enumerate(lengths)]
    assert codes_of(pa.array(values, pa.large_binary())) == openssl(values)


def test_more_rows_than_a_chunk_have_the_codes_of_openssl() -> None:
    values = [f"{number}@example.org".encode() * (1 + number % 3) for number in range(2 * cmac.CHUNK_ROWS + 5)]
    assert codes_of(pa.array(values, pa.string())) == openssl(values)


@pytest.mark.parametrize("kind", [*TEXT_TYPES, *BYTES_TYPES, pa.binary(16)], ids=str)
@pytest.mark.parametrize("length", [0, 3])
def test_no_values_and_only_nulls_have_zeros(kind: pa.DataType, length: int) -> None:
    codes = ColumnCmac(KEY).of(pa.nulls(length, kind))
    assert codes.shape == (length, 2)
    assert not codes.any()


def test_a_column_without_chunks_has_no_codes() -> None:
    assert ColumnCmac(KEY).of(pa.chunked_array([], pa.string())).shape == (0, 2)


def test_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="text or bytes, got 'int64'"):
        ColumnCmac(KEY).of(pa.array([1]))


def test_long_rows_are_those_whose_calls_cost_less_than_their_steps() -> None:
    blocks = np.array([1] * 1000 + [5000, 4000, 1])
    assert np.flatnonzero(cmac._long(blocks)).tolist() == [1000, 1001]
    assert not cmac._long(np.full(1000, cmac.SHORT_BLOCKS + 1)).any()
    assert cmac._long(np.full(1000, 10_000)).all()


def test_several_threads_share_one_key() -> None:
    key = MasterKey(KEY).domain("threads")
    column = pa.array([f"value {number}" for number in range(50_000)])
    expected = key.cmac(column)
    found: list[bool] = []

    def work() -> None:
        found.extend(bool((key.cmac(column) == expected).all()) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 12


def test_domains_and_their_uses_are_unlinkable() -> None:
    values = pa.array([str(number) for number in range(10_000)])
    key = MasterKey(KEY)
    keys = [key.domain("a"), key.domain("b"), key.domain("a").sub("b"), key.domain("a").sub("a"), key.domain("a/b")]
    keys += [MasterKey(KEY[::-1]).domain("a")]
    halves = np.concatenate([key.cmac(values) for key in keys])
    assert len(np.unique(halves[:, 0])) == len(np.unique(halves[:, 1])) == 10_000 * len(keys)


def test_one_domain_gives_equal_codes_however_it_was_made() -> None:
    values = pa.array(["a", None, "42"])
    first, second = MasterKey(KEY).domain("a"), MasterKey(KEY).domain("a")
    assert np.array_equal(first.cmac(values), second.cmac(values))
    assert np.array_equal(first.cmac_of(values, "x", "y"), second.sub("x").sub("y").cmac(values))
    assert np.array_equal(first.cmac_of(values), second.cmac(values))


def test_a_domains_code_is_frozen() -> None:
    # A new version that fails here would give every person a new pseudonym.
    key = MasterKey(KEY).domain("customers.email")
    column = pa.array(["ann@example.org", "", "Zoë", "x" * 100])
    assert [code.hex() for code in shown(key.cmac(column))] == FROZEN_CODES
    assert [code.hex() for code in shown(key.sub("known").cmac(column[:1]))] == FROZEN_SUB_CODES


def test_a_key_of_ff1_differs_from_that_of_cmac() -> None:
    raw = bytes(32)
    number = np.array([7], np.uint64)
    direct = DomainKey(raw, "a").ff1(10, 8).encrypt_integers(number)
    assert direct != FF1(raw, 10, 8).encrypt_integers(number)
