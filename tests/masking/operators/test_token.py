"""Tokens for text, bytes and whole numbers."""

import base64
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.masking import tokens
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.operators.token import RANGES, TokenOptions
from dataops_infra.masking.prf import DomainKey
from tests.support.arrow_columns import BYTES_TYPES, every_layout
from tests.support.operators import KEY, applied

SPEC = OPERATORS["token"]
INTEGERS = (pa.int32(), pa.int64(), pa.uint32(), pa.uint64())
BOUNDS = {
    pa.int32(): (-(2**31), 2**31),
    pa.int64(): (-(2**63), 2**63),
    pa.uint32(): (0, 2**32),
    pa.uint64(): (0, 2**64),
}
FROZEN_TEXT = ["o57zu3p35tctntb7", "kexx2w3vsoe577tp", "", None]
FROZEN_BYTES = [b"w\x7f\x9am\xfb\xec\xc56\xcc?dy)h1_"]
FROZEN_INTEGERS = [1953970140, 1141172324, -592055522, 3206249627, 5878134359670456891, 1475245870469470307]


@given(st.lists(st.none() | st.text(max_size=30), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_text_becomes_the_same_token_in_every_layout(values: list[str | None]) -> None:
    key = KEY.domain("people")
    codes = key.cmac(pa.array(values, pa.string())).astype(">u8")
    expected = [
        value and base64.b32encode(code.tobytes()).decode().lower()[:16]
        for value, code in zip(values, codes, strict=True)
    ]
    for column in every_layout(values):
        assert applied("token", column).to_pylist() == expected


@pytest.mark.parametrize("length", range(10, 27))
def test_a_token_is_as_long_as_asked_for(length: int) -> None:
    column = pa.array([str(number) for number in range(100)])
    codes = KEY.domain("people").cmac(column).astype(">u8")
    expected = [base64.b32encode(code.tobytes()).decode().lower()[:length] for code in codes]
    assert applied("token", column, length=length).to_pylist() == expected


def test_tokens_are_frozen() -> None:
    # A new version that fails here would give every person a new pseudonym.
    assert applied("token", pa.array(["Ann", "Zoë", "", None])).to_pylist() == FROZEN_TEXT
    assert applied("token", pa.array([b"Ann"], pa.binary())).to_pylist() == FROZEN_BYTES
    assert applied("token", pa.array([0, 1, -1, 2**31, 2**32, 2**63 - 1])).to_pylist() == FROZEN_INTEGERS


def test_more_rows_than_a_chunk_have_a_token_each() -> None:
    column = pa.array([f"person {number}" for number in range(40_000)])
    masked = applied("token", column)
    assert len(pc.unique(masked)) == 40_000
    assert masked.slice(30_000, 5).to_pylist() == applied("token", column.slice(30_000, 5)).to_pylist()


@pytest.mark.parametrize("kind", BYTES_TYPES, ids=str)
def test_bytes_become_16_bytes(kind: pa.DataType) -> None:
    masked = applied("token", pa.array([b"a", b"", None, b"\xff" * 40], kind)).to_pylist()
    code = KEY.domain("people").cmac(pa.array(["a"])).astype(">u8").tobytes()
    assert masked[:3] == [code, b"", None]
    assert len(masked[3]) == 16


@pytest.mark.parametrize("width", [10, 16, 20, 32, 33])
def test_bytes_of_fixed_size_keep_it(width: int) -> None:
    values = [bytes([number]) * width for number in range(50)] + [None]
    masked = applied("token", pa.array(values, pa.binary(width))).to_pylist()
    assert len(set(masked)) == 51
    assert masked[50] is None
    assert not {value[16 * part : 16 * part + 10] for value in masked[:50] for part in (1,) if value} & set(masked)


@pytest.mark.parametrize("kind", INTEGERS, ids=str)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_number_becomes_another_of_its_range_in_every_type(kind: pa.DataType, data: st.DataObject) -> None:
    low, high = BOUNDS[kind]
    values = data.draw(st.lists(st.none() | st.integers(low, high - 1), max_size=20))
    masked = applied("token", pa.array(values, kind)).to_pylist()
    for value, replaced in zip(values, masked, strict=True):
        if value is None:
            assert replaced is None
            continue
        assert replaced != value
        assert _range_of(replaced) == _range_of(value)
        for other in INTEGERS:
            if BOUNDS[other][0] <= value < BOUNDS[other][1]:
                assert applied("token", pa.array([value], other)).to_pylist() == [replaced]
    assert len(set(masked)) == len(set(values))


def _range_of(value: int) -> tuple[bool, int]:
    magnitude = ~value if value < 0 else value
    return value < 0, max(start for start, _ in RANGES if start <= magnitude)


def test_numbers_below_nulls_do_not_matter() -> None:
    below = [pa.py_buffer(np.array(numbers, np.int64)) for numbers in ([7, -9], [7, 2**40])]
    validity = pa.array([True, False]).buffers()[1]
    first, second = (pa.Array.from_buffers(pa.int64(), 2, [validity, numbers]) for numbers in below)
    assert applied("token", first).equals(applied("token", second))


def test_a_slice_of_numbers_gets_the_tokens_of_the_whole() -> None:
    column = pa.array([*range(1000), None])
    assert applied("token", column.slice(500)).equals(applied("token", column).slice(500))


def test_domains_give_other_tokens() -> None:
    for column in (pa.array([str(number) for number in range(2000)]), pa.array(range(2000))):
        first, second = applied("token", column, "a"), applied("token", column, "b")
        assert not set(first.to_pylist()) & set(second.to_pylist())


@pytest.mark.parametrize(
    "values",
    [pa.array(["own", "other", None, ""]), pa.array([b"own", b"other", None, b""], pa.binary_view())],
    ids=["string", "binary view"],
)
def test_what_comes_out_as_it_went_in_is_drawn_again(values: pa.Array) -> None:
    own = values[0].as_py()

    def draw(some: pa.Array, key: DomainKey) -> pa.Array:
        replaced = [own, own, own, own + own]
        again = dict(zip(["people", *(f"people/again/{n}" for n in (1, 2, 3))], replaced, strict=True))[key.name]
        return pa.array([item and again for item in some.to_pylist()], some.type)

    drawn = tokens.draw_never_own(values, KEY.domain("people"), draw)
    assert drawn.type == values.type
    assert drawn.to_pylist() == [own + own, own, None, own[:0]]


def test_space_tells_how_many_tokens_there_are() -> None:
    assert SPEC.spaces is not None
    options = TokenOptions()
    assert SPEC.spaces(pa.array(["a", None]), options).tolist() == [2.0**80] * 2
    assert SPEC.spaces(pa.array(["a"]), TokenOptions(length=10)).tolist() == [2.0**50]
    assert SPEC.spaces(pa.array([b"a"], pa.binary()), options).tolist() == [2.0**80]
    numbers = pa.array([5, -5, 2**31, 2**40, None])
    assert SPEC.spaces(numbers, options).tolist() == [2.0**31, 2.0**31, 2.0**31, float(2**63 - 2**32), 2.0**31]
    assert SPEC.spaces(pa.array([2**63], pa.uint64()), options).tolist() == [2.0**63]


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        *((kind, True) for kind in (*INTEGERS, *BYTES_TYPES, pa.string(), pa.large_string(), pa.string_view())),
        (pa.binary(10), True),
        (pa.binary(9), False),
        *((kind, False) for kind in (pa.int8(), pa.int16(), pa.uint8(), pa.uint16(), pa.float64(), pa.bool_())),
        *((kind, False) for kind in (pa.date32(), pa.timestamp("us"), pa.decimal128(38, 0), pa.list_(pa.string()))),
    ],
    ids=str,
)
def test_types_are_accepted_where_no_code_can_be_tried_out(kind: pa.DataType, accepted: bool) -> None:
    assert SPEC.accepts(kind) is accepted


def test_the_refusal_says_what_to_take_instead() -> None:
    assert "take shift_date for dates and times, redact or generalise for decimals" in SPEC.accepted


@pytest.mark.parametrize(("options", "injective"), [({}, True), ({"length": 15}, False), ({"length": 26}, True)])
def test_tokens_are_injective_from_80_bits(options: dict[str, Any], injective: bool) -> None:
    assert SPEC.injective(SPEC.options.model_validate(options)) is injective


@pytest.mark.parametrize("options", [{"length": 9}, {"length": 27}, {"size": 16}, {"length": "long"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SPEC.options.model_validate(options)
