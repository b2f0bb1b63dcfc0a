"""What decides how a value is permuted is told from its replacement too: permutations of different sets never meet."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataops_infra.masking.detection.validators import is_ssn
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators.fpe import FpeOptions, ShapeName, column_of
from dataops_infra.masking.shapes import phone
from dataops_infra.masking.shapes.auto import Auto
from dataops_infra.masking.shapes.card import Card
from dataops_infra.masking.shapes.decimals import to_numbers
from dataops_infra.masking.shapes.iban import Iban
from dataops_infra.masking.shapes.opaque import is_spelled_as_token
from dataops_infra.masking.shapes.pattern import Pattern
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import KeyedPermuter
from dataops_infra.masking.shapes.ssn import Ssn
from dataops_infra.masking.shapes.text import Text

KEY = MasterKey(bytes(range(32))).domain("closure")
PERMUTER = KeyedPermuter(KEY)

THOROUGH = settings(deadline=None, max_examples=60)
PHONES = st.from_regex(
    r"\A(\+|00|0|1|\+1|\+44|tel:)?[0-9 ()\-.]{4,16}( ?(x|y|ext\.|EXT|abc|extn|Extensiom) ?[0-9]{0,4})?\Z"
)
CODES = st.from_regex(r"\A[A-Za-z]{0,3}[0-9]{0,20}[ -]?[A-Z0-9a-z]{0,12}\Z")
NUMBERS = st.from_regex(r"\A[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}([ -]?[0-9]{0,12})\Z")
STRANGE = st.text("~0a9zé٣+- x", max_size=24)
VALUES = st.lists(PHONES | CODES | NUMBERS | STRANGE, max_size=12)


def described(payload: Payload) -> list[list[object]]:
    """All that hangs on a phone number's characters."""
    rows = np.arange(len(payload.text))
    kept, kinds = phone.parse(payload, rows)
    ten = np.flatnonzero(payload.digits.counts - kept == phone.NORTH_AMERICAN_DIGITS)
    alike = phone.north_american(to_numbers(payload.digits.take(ten, kept[ten], phone.NORTH_AMERICAN_DIGITS)))
    codes = phone.country_codes(payload, rows)
    facts = [kept, kinds, ten, alike, codes, payload.digits.counts, phone.has_known_words(payload, rows)]
    return [fact.tolist() for fact in facts]


def replaced_by(shape: ShapeName, values: list[str], pattern: str | None = None) -> tuple[Text, Text, np.ndarray]:
    column = column_of(FpeOptions(shape=shape, pattern=pattern))
    before, after = (Text.of(pa.array(values, pa.string())) for _ in range(2))
    return before, after, column._permute(after, PERMUTER)


def only(rows: np.ndarray, text: Text) -> Text:
    return Text.of(text.array().filter(pa.array(rows, pa.bool_())))


@THOROUGH
@given(VALUES)
@example(["2155550100 y", "4155550100 x", "11234567890", "21234567890", "0000000000", "10123456789"])
def test_phones_are_read_alike_before_and_after(values: list[str]) -> None:
    before, after, replaced = replaced_by(ShapeName.PHONE, values)
    members = phone.Phone().members(Payload(before))
    assert members[replaced].tolist() == phone.Phone().members(Payload(only(replaced, after))).tolist()
    phones = replaced & members
    assert described(Payload(only(phones, before))) == described(Payload(only(phones, after)))


@pytest.mark.parametrize("shape", [ShapeName.DIGITS, ShapeName.CARD, ShapeName.SSN, ShapeName.IBAN, ShapeName.AUTO])
@THOROUGH
@given(values=VALUES)
def test_what_is_replaced_is_replaced_again_by_the_same_shape(shape: ShapeName, values: list[str]) -> None:
    before, after, replaced = replaced_by(shape, values)
    old, new = Payload(only(replaced, before)), Payload(only(replaced, after))
    for of in (Card(), Ssn(), Iban(), phone.Phone()):
        assert of.members(old).tolist() == of.members(new).tolist()
    assert [members.tolist() for _, members in Auto()._shapes(old)] == [
        members.tolist() for _, members in Auto()._shapes(new)
    ]
    assert not is_spelled_as_token(new.text).any()


@THOROUGH
@given(st.lists(st.from_regex(r"\A[XYxA9][0-9A-F]{8}[A-Zz5]\Z"), max_size=12))
def test_patterns_and_other_values_stay_apart(values: list[str]) -> None:
    members = Pattern("X9999999#A").members
    before, after, replaced = replaced_by(ShapeName.PATTERN, values, "X9999999#A")
    old, new = only(replaced, before), only(replaced, after)
    assert members(Payload(old)).tolist() == members(Payload(new)).tolist()
    matched = pa.array(members(Payload(old)), pa.bool_())
    assert {value[0] for text in (old, new) for value in text.array().filter(matched).to_pylist()} <= {"X"}


@THOROUGH
@given(
    st.lists(st.integers(0, 10**9 - 1) | st.sampled_from([0, 666_000_000, 10_000, 1_000_000, 999_999_999]), min_size=1)
)
def test_social_security_numbers_stay_valid_or_invalid(numbers: list[int]) -> None:
    _, after, replaced = replaced_by(ShapeName.SSN, [f"{number:09d}" for number in numbers])
    assert replaced.all()
    found = np.array([int(text) for text in after.array().to_pylist()])
    assert is_ssn(found).tolist() == is_ssn(np.array(numbers)).tolist()


@pytest.mark.parametrize("shape", [ShapeName.PHONE, ShapeName.DIGITS, ShapeName.AUTO])
def test_all_texts_of_six_digits_stay_distinct(shape: ShapeName) -> None:
    digits = pa.array(np.arange(10**6)).cast(pa.string())
    values = pc.utf8_lpad(digits, 6, "0")
    masked = column_of(FpeOptions(shape=shape)).replace(values, KEY, PERMUTER)
    assert len(masked.unique()) == 10**6
    assert not pc.any(pc.equal(masked, values)).as_py()
