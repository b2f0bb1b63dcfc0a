import builtins

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dataops_infra.errors import MaskingError
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators import presidio
from dataops_infra.masking.operators.base import Setting
from dataops_infra.masking.operators.presidio import PresidioOptions

KEY = MasterKey(bytes(range(32)))


def build(kind: pa.DataType | None = None, **options):
    chosen = PresidioOptions.model_validate(options)
    return presidio.SPEC.build(Setting("notes", "text", kind or pa.string(), KEY.domain("notes"), chosen))


@pytest.mark.parametrize(
    ("operator", "params", "expected"),
    [
        ("replace", {"new_value": "<PERSON>"}, ["<PERSON>", None, "<PERSON>", "<PERSON>"]),
        ("redact", {}, ["", None, "", ""]),
        ("keep", {}, ["Anna", None, "Bo", "Anna"]),
        ("mask", {"chars_to_mask": 3}, ["***a", None, "**", "***a"]),
        ("mask", {"chars_to_mask": 2, "masking_char": "x", "from_end": True}, ["Anxx", None, "xx", "Anxx"]),
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_operator_does_what_presidio_does(operator, params, expected, kind):
    values = pa.array(["left out", "Anna", None, "Bo", "Anna"], kind)[1:]
    masked = build(kind, operator=operator, params=params).apply(values, None)
    assert (masked.type, masked.to_pylist()) == (kind, expected)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_column_without_values_stays_as_it_is(values):
    assert build(operator="redact").apply(pa.array(values, pa.string()), None).to_pylist() == values


def test_each_distinct_value_is_asked_about_once_with_parameters_of_its_own(monkeypatch):
    operator = build(operator="mask", params={"chars_to_mask": 1})
    seen = []

    class Spy:
        def operate(self, text, params):
            seen.append((text, dict(params)))
            params["entity_type"] = "added by the engine"
            return text

    monkeypatch.setattr(operator.operator, "operate", Spy().operate)
    operator.apply(pa.array(["a", "b", "a"]), None)
    parameters = {"masking_char": "*", "chars_to_mask": 1, "from_end": False}
    assert seen == [("a", parameters), ("b", parameters)]
    assert operator.options.params == {"chars_to_mask": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operator": "hash"}, "presidio's hash cannot be used here: it salts every value anew"),
        ({"operator": "encrypt"}, "presidio's encrypt cannot be used here: it takes a new initialisation vector"),
        ({"operator": "custom"}, "presidio's custom cannot be used here: a plan is data"),
        ({"operator": "shred"}, "Input should be 'replace', 'redact', 'mask' or 'keep'"),
        ({"operator": 3}, "Input should be 'replace', 'redact', 'mask' or 'keep'"),
        ({}, "Field required"),
        ({"operator": "replace"}, "params of replace: new_value: Field required"),
        ({"operator": "replace", "params": {"new_value": ""}}, "new_value: String should have at least 1 character"),
        ({"operator": "redact", "params": {"hard": True}}, "params of redact: hard: Extra inputs are not permitted"),
        (
            {"operator": "mask", "params": {"masking_char": "**", "chars_to_mask": 0}},
            "masking_char: String should have at most 1 character; chars_to_mask: Input should be greater than",
        ),
    ],
)
def test_wrong_options_are_refused_with_the_reason(options, message):
    with pytest.raises(ValidationError, match=message):
        PresidioOptions.model_validate(options)


def test_missing_package_is_named_with_its_extra(monkeypatch):
    original = builtins.__import__

    def blocked(name, *rest, **more):
        if name.startswith("presidio_anonymizer"):
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(MaskingError, match=r'notes\.text: .* not installed: pip install "dataops-infra\[ner\]"'):
        build(operator="redact")


def test_spec_takes_text_alone():
    assert [presidio.SPEC.accepts(kind) for kind in (pa.string(), pa.int64())] == [True, False]
    assert not presidio.SPEC.keyed
