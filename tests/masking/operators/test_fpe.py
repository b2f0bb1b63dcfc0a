"""The operator as the engine calls it: every type, layout and option."""

import decimal
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, IbanRecognizer
from pydantic import ValidationError

from dataops_infra.masking.detection.validators import iban, luhn, ssn
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.operators.base import Operator, Setting
from dataops_infra.masking.operators.fpe import SPEC, FpeOptions
from dataops_infra.masking.shapes.columns import CHUNK_ROWS
from tests.support.arrow_columns import TEXT_TYPES, every_layout

KEY = MasterKey(bytes(range(32)))
TEXT = pa.string()
ROWS = BatchRows(pa.record_batch({"number": [1]}))
THOROUGH = settings(deadline=None, max_examples=60)
GOLDEN = {
    ("phone", "+1 415-555-0100"): "+1 303-230-1136",
    ("phone", "020 7946 0018"): "022 4853 2783",
    ("card", "4111 1111 1111 1111"): "6379 3107 1558 4820",
    ("ssn", "123-45-6789"): "473-70-9832",
    ("ssn", "000-00-0000"): "911-19-7112",
    ("iban", "GB82 WEST 1234 5698 7654 32"): "GB44 HIQB 1362 1801 9788 18",
    ("digits", "411111"): "813642",
    ("auto", "AB123456C"): "UW378783E",
    ("auto", "hello world"): "tplxx vwnap",
    ("auto", "n/a"): "~o3quq75vhuerlwcx",
}
"""(shape, value) -> what it becomes. Copies already given out no longer join when one of these changes."""


def operator(kind: pa.DataType = TEXT, domain: str = "d", **options: Any) -> Operator:
    return SPEC.build(Setting("customers", "number", kind, KEY.domain(domain), FpeOptions.model_validate(options)))


def masked(values: Sequence[object] | pa.Array, kind: pa.DataType = TEXT, **options: Any) -> pa.Array:
    array = values if isinstance(values, pa.Array) else pa.array(values, kind)
    result = operator(array.type, **options).apply(array, ROWS)
    result.validate(full=True)
    assert (result.type, len(result)) == (array.type, len(array))
    assert result.is_null().equals(array.is_null())
    return result


def of_shape(shape: str, count: int, seed: int = 3) -> list[str]:
    generator = np.random.default_rng(seed)
    numbers = generator.choice(10**9, count, replace=False).tolist()
    if shape == "ssn":
        return [f"{n // 10**6:03d}-{n // 10**4 % 100:02d}-{n % 10**4:04d}" for n in numbers]
    if shape == "card":
        return [f"4{n:09d}{n % 977:05d}{n % 10}" for n in numbers]
    if shape == "iban":
        return [f"GB{n % 97 + 2:02d}WEST{n:09d}{n % 10**5:05d}" for n in numbers]
    return [("+1 415-555-{}", "0{}", "+4420{}", "({}) x1", "{}")[n % 5].format(f"{n:09d}") for n in numbers]


@pytest.mark.parametrize(("shape", "value"), GOLDEN)
def test_replacements_never_change(shape: str, value: str) -> None:
    assert masked([value], shape=shape).to_pylist() == [GOLDEN[shape, value]]


@pytest.mark.parametrize("shape", ["auto", "digits", "card", "phone", "ssn", "iban"])
@pytest.mark.parametrize("of", ["card", "phone", "ssn", "iban"])
def test_distinct_values_stay_distinct_and_none_keeps_its_own(shape: str, of: str) -> None:
    values = pa.array(of_shape(of, 20_000))
    result = masked(values, shape=shape)
    assert len(result.unique()) == len(values)
    assert not pc.any(pc.equal(values, result)).as_py()
    assert pc.equal(pc.replace_substring_regex(values, "[0-9]", "9"), pc.replace_substring_regex(result, "[0-9]", "9"))


@THOROUGH
@given(st.sampled_from(["auto", "digits", "card", "phone", "ssn", "iban"]), st.sets(st.text(max_size=30), max_size=20))
def test_any_text_is_replaced_by_another(shape: str, values: set[str]) -> None:
    inputs = sorted(values)
    result = masked(inputs, shape=shape).to_pylist()
    assert len(set(result)) == len(inputs)
    assert all(new != old or not old for old, new in zip(inputs, result, strict=True))
    assert all(len(new) == len(old) for old, new in zip(inputs, result, strict=True) if not new.startswith("~"))


def test_cards_stay_valid_and_invalid() -> None:
    values = pa.array(of_shape("card", 3_000))
    valid = luhn(values)
    result = masked(values, shape="card")
    recognizer = CreditCardRecognizer()
    assert [recognizer.validate_result(value) for value in result.to_pylist()] == valid.tolist()
    assert 200 < valid.sum() < 400


def test_ibans_and_social_security_numbers_stay_valid_and_invalid() -> None:
    values = pa.array(of_shape("iban", 5_000))
    result = masked(values, shape="iban")
    assert iban(result).tolist() == iban(values).tolist()
    assert all(IbanRecognizer().validate_result(value) for value in result.filter(pa.array(iban(values))).to_pylist())
    values = pa.array(of_shape("ssn", 5_000))
    assert ssn(masked(values, shape="ssn")).tolist() == ssn(values).tolist()


def test_every_layout_gives_the_same_and_nothing_below_nulls_is_left() -> None:
    values = ["+1 415-555-0100", None, "", "n/a", "4111111111111111", " 5550100 "]
    expected = masked(values, shape="phone").to_pylist()
    assert expected[1:3] == [None, ""]
    for array in every_layout(values):
        result = masked(array, shape="phone")
        assert result.to_pylist() == expected
        assert not any(b"garbage" in buffer.to_pybytes() for buffer in result.buffers() if buffer)
        assert not any(b"before" in buffer.to_pybytes() for buffer in result.buffers() if buffer)


@pytest.mark.parametrize("kind", [*TEXT_TYPES, pa.int32(), pa.uint64(), pa.decimal128(9), pa.decimal128(38)])
@pytest.mark.parametrize("mode", ["unique", "fictional"])
def test_empty_and_null_columns_stay_so(kind: pa.DataType, mode: str) -> None:
    shape = "ssn"
    assert masked([], kind, shape=shape, mode=mode).to_pylist() == []
    assert masked([None, None], kind, shape=shape, mode=mode).to_pylist() == [None, None]


def test_a_value_gets_the_same_wherever_it_stands() -> None:
    values = pa.array([*of_shape("phone", CHUNK_ROWS), *of_shape("card", 500), "n/a", None, "Ünal"])
    whole = masked(values, shape="auto")
    order = np.random.default_rng(1).permutation(len(values))
    assert masked(values.take(pa.array(order)), shape="auto").equals(whole.take(pa.array(order)))
    assert masked(values.slice(17, 100), shape="auto").equals(whole.slice(17, 100))
    assert masked(values.slice(len(values) - 5), shape="auto").equals(whole.slice(len(values) - 5))


@pytest.mark.parametrize("shape", ["auto", "card", "digits"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.decimal128(16), pa.decimal128(38)])
def test_cards_join_as_numbers_and_as_text(shape: str, kind: pa.DataType) -> None:
    texts = pa.array(of_shape("card", 500))
    numbers = masked(texts.cast(pa.decimal128(38)).cast(kind), shape=shape)
    assert numbers.cast(pa.decimal128(38)).cast(pa.string()).equals(masked(texts, shape=shape))


@pytest.mark.parametrize("shape", ["phone", "ssn", "digits"])
def test_numbers_of_seven_digits_and_more_join_with_text(shape: str) -> None:
    numbers = pa.array(np.random.default_rng(5).integers(10**6, 10**12, 2_000))
    texts = numbers.cast(pa.string())
    if shape == "ssn":
        texts = pc.utf8_lpad(texts, 9, "0")
    assert masked(numbers, shape=shape).equals(masked(texts, shape=shape).cast(pa.int64()))


@pytest.mark.parametrize(
    "kind", [pa.int32(), pa.int64(), pa.uint32(), pa.uint64(), pa.decimal128(6), pa.decimal128(18), pa.decimal128(38)]
)
@pytest.mark.parametrize("shape", ["auto", "digits", "card", "phone"])
def test_numbers_stay_distinct_up_to_the_ends_of_their_type(kind: pa.DataType, shape: str) -> None:
    if pa.types.is_decimal(kind):
        greatest = 10**kind.precision - 1
        least = -greatest
    else:
        limits = np.iinfo(kind.to_pandas_dtype())
        least, greatest = int(limits.min), int(limits.max)
    edges = {sign * (10**n + d) for n in range(39) for d in (-1, 0, 1) for sign in (1, -1)} | {least, greatest}
    edges |= set(range(-50, 2_000)) | set(range(greatest - 50, greatest + 1)) | set(range(least, least + 50))
    wide = decimal.Context(prec=40)
    numbers = sorted(edge for edge in edges if least <= edge <= greatest)
    array = pa.array([wide.create_decimal(n) for n in numbers] if pa.types.is_decimal(kind) else numbers, kind)
    result = [int(number) for number in masked(array, shape=shape).to_pylist()]
    assert len(set(result)) == len(numbers)
    assert all(new != old and (new < 0) == (old < 0) for old, new in zip(numbers, result, strict=True))
    assert all(len(str(new)) == len(str(old)) for old, new in zip(numbers, result, strict=True) if old >= 10**6)


def test_all_small_numbers_are_permuted_among_themselves() -> None:
    numbers = pa.array(np.arange(10**6), pa.int32())
    result = masked(numbers).to_numpy()
    assert (np.sort(result) == np.arange(10**6)).all()
    assert (result != np.arange(10**6)).all()


def test_the_lowest_decimals_are_permuted_among_themselves() -> None:
    # The complement of -10^6 is 999999, which lies beyond the type.
    numbers = pa.array(np.arange(-999_999, 0)).cast(pa.decimal128(19)).cast(pa.decimal128(6))
    result = masked(numbers).cast(pa.int64()).to_numpy()
    assert (np.sort(result) == np.arange(-999_999, 0)).all()
    assert (result != np.arange(-999_999, 0)).all()


def test_columns_of_ten_thousand_formats_are_replaced() -> None:
    generator = np.random.default_rng(9)
    values = ["-".join("7" * count for count in generator.integers(0, 9, 5)) + "a" * (n % 7) for n in range(10_000)]
    result = masked(sorted(set(values)), shape="auto")
    assert len(result.unique()) == len(set(values))


def test_domains_are_unlinkable() -> None:
    values = pa.array(of_shape("phone", 500))
    other = operator(domain="other", shape="phone").apply(values, ROWS)
    assert not pc.any(pc.equal(masked(values, shape="phone"), other)).as_py()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+1 212-456-7890", r"^\+1 \d{3}-555-01\d\d$"),
        ("(212) 456-7890", r"^\(\d{3}\) 555-01\d\d$"),
        ("1 212 456 7890", r"^1 \d{3} 555 01\d\d$"),
        ("+44 20 7123 4567", r"^\+44 \d\d \d{4} \d{4}$"),
        ("+49 30 1234567", r"^\+1\d{3}55501\d\d$"),
        ("Ünal", r"^\+1\d{3}55501\d\d$"),
        ("y", r"^\+1\d{3}55501\d\d$"),
    ],
)
def test_fictional_phones_keep_their_spelling_where_their_plan_is_known(value: str, expected: str) -> None:
    result = masked([value], shape="phone", mode="fictional")
    assert pc.match_substring_regex(result, expected).to_pylist() == [True]


def test_fictional_numbers_are_never_their_own() -> None:
    values = pa.array([f"+1 212-555-01{line:02d}" for line in range(100)] + [f"987-65-432{n}" for n in range(10)])
    assert not pc.any(pc.equal(masked(values, shape="phone", mode="fictional"), values)).as_py()
    result = masked(values.slice(100), shape="ssn", mode="fictional")
    assert not pc.any(pc.equal(result, values.slice(100))).as_py()
    assert pc.all(pc.match_substring_regex(result, r"^987-65-432\d$")).as_py()


def test_fictional_numbers_join_across_spellings_and_types() -> None:
    texts = masked(["+1 212-456-7890", "(212) 456-7890"], shape="phone", mode="fictional")
    digits = pc.replace_substring_regex(texts, r"^\+1|\D", "").cast(pa.int64()).to_pylist()
    numbers = masked([2124567890, None, 5], pa.int64(), shape="phone", mode="fictional").to_pylist()
    assert digits == [numbers[0], numbers[0]]
    assert numbers[1] is None
    assert str(numbers[2])[4:9] == "55501"


@pytest.mark.parametrize(
    ("value", "shape", "space"),
    [
        ("4111111111111111", "card", 9e14),
        ("123-45-6789", "ssn", 888_931_098),
        ("+14155550100", "phone", 6.4e9),
        ("n/a", "auto", 2.0**80),
        ("DE89370400440532013000", "iban", 9e17),
    ],
)
def test_spaces_are_what_a_value_could_become(value: str, shape: str, space: float) -> None:
    options = FpeOptions.model_validate({"shape": shape})
    assert SPEC.spaces is not None
    assert SPEC.spaces(pa.array([value, None, ""]), options).tolist() == [pytest.approx(space), 1.0, 1.0]


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.decimal128(10)])
def test_spaces_of_numbers(kind: pa.DataType) -> None:
    assert SPEC.spaces is not None
    array = pa.array([5, None, -7_000_000], pa.int64()).cast(pa.decimal128(19)).cast(kind)
    assert SPEC.spaces(array, FpeOptions()).tolist() == pytest.approx([1e6, 1e6, 9e6])
    fictional = FpeOptions.model_validate({"shape": "ssn", "mode": "fictional"})
    assert SPEC.spaces(array, fictional).tolist() == [10.0] * 3


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [(kind, True) for kind in (*TEXT_TYPES, pa.int32(), pa.uint64(), pa.decimal128(6), pa.decimal256(38))]
    + [(kind, False) for kind in (pa.int16(), pa.float64(), pa.binary(), pa.decimal128(5), pa.decimal128(9, 2))],
)
def test_types_that_hold_numbers_are_accepted(kind: pa.DataType, accepted: bool) -> None:
    assert SPEC.accepts(kind) is accepted


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (pa.int64(), {"shape": "iban"}, "shape iban takes text, and this column is int64"),
        (pa.int64(), {"shape": "pattern", "pattern": "999999"}, "shape pattern takes text"),
        (pa.decimal128(8), {"shape": "ssn"}, "needs 9 digits, and decimal128.8, 0. holds 8"),
        (pa.int32(), {"shape": "phone", "mode": "fictional"}, "needs 11 digits, and int32 holds 9"),
    ],
)
def test_types_that_cannot_hold_a_shape_are_refused(kind: pa.DataType, options: dict[str, str], message: str) -> None:
    assert re.search(message, SPEC.refuses(kind, FpeOptions.model_validate(options)) or "")
    assert SPEC.refuses(pa.string_view(), FpeOptions.model_validate(options)) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": "pattern"}, "a pattern and `shape: pattern` go together"),
        ({"pattern": "999999"}, "a pattern and `shape: pattern` go together"),
        ({"check": "luhn"}, "check is for patterns"),
        ({"shape": "card", "mode": "fictional"}, "no range of card numbers is known"),
        ({"shape": "pattern", "pattern": "99"}, "at least 1000000 possibilities"),
        ({"shape": "passport"}, "Input should be"),
    ],
)
def test_wrong_options_are_told(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FpeOptions.model_validate(options)


def test_it_is_injective_unless_fictional() -> None:
    assert SPEC.injective(FpeOptions()) is True
    assert SPEC.injective(FpeOptions.model_validate({"shape": "ssn", "mode": "fictional"})) is False
