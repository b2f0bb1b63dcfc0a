"""Free text: found values get what their columns would get, everything else stays byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection import ner
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.patterns import find
from dataops_infra.masking.detection.spans import FlatTexts, Spans
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators import OPERATORS, text
from dataops_infra.masking.operators.base import Operator, Outcome, Setting
from dataops_infra.masking.operators.text import FOUND_KINDS, TextOptions

KEY = MasterKey(bytes(range(32)))
TYPES = [pa.string(), pa.large_string(), pa.string_view()]


def operator(kind: pa.DataType | None = None, **options: object) -> Operator:
    chosen = TextOptions.model_validate(options)
    setting = Setting("tickets", "body", kind or pa.string(), KEY.domain("tickets.body"), chosen, domains=KEY.domain)
    return text.SPEC.build(setting)


def masked(*texts: str | None, **options: object) -> list[str | None]:
    return operator(**options).apply(pa.array(texts, pa.string()), None).to_pylist()  # type: ignore[arg-type]


def column(kind: str, value: str, domain: str | None = None) -> str:
    """What a column of that kind would hold in place of the value."""
    spec = OPERATORS[KINDS[kind].operator]
    options = spec.options.model_validate(dict(KINDS[kind].options))
    built = spec.build(Setting("customers", kind, pa.string(), KEY.domain(domain or kind), options))
    return str(built.apply(pa.array([value], pa.string()), None)[0])  # type: ignore[arg-type]


VALUES = [
    ("email", "john.o'brien@firm.com"),
    ("phone", "+1 (212) 555-3456"),
    ("payment_card", "4111 1111 1111 1111"),
    ("iban", "DE89370400440532013000"),
    ("us_ssn", "219-09-9999"),
    ("national_id", "529.982.247-25"),
    ("ip_address", "10.20.30.40"),
    ("mac_address", "00:1a:2b:3c:4d:5e"),
    ("url", "https://firm.com/u/17"),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_value_becomes_what_its_column_holds(kind: str, value: str) -> None:
    assert masked(f"On file: {value}, thanks.") == [f"On file: {column(kind, value)}, thanks."]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_value_never_stays(kind: str, value: str) -> None:
    assert column(kind, value) != value


def test_stated_domain_is_used() -> None:
    before, after = column("email", "a@b.de"), column("email", "a@b.de", "mail")
    assert before != after
    assert masked("a@b.de", domains={"email": "mail"}) == [after]


def test_left_kinds_stay() -> None:
    given_text = "see https://a.de/x or 10.0.0.1, a@b.de"
    expected = given_text.replace("a@b.de", column("email", "a@b.de"))
    assert masked(given_text, leave=["url", "ip_address"]) == [expected]


def test_encoded_address_equals_the_plain_one() -> None:
    plain = column("email", "john@firm.com")
    assert masked("u=john%40firm.com john＠firm.com") == [f"u={plain.replace('@', '%40')} {plain}"]


def test_digits_of_other_scripts_become_those_of_the_column() -> None:
    assert masked("هاتف ٠٥٠١٢٣٤٥٦٧") == [f"هاتف {column('phone', '0501234567')}"]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_type_length_and_nulls_stay(kind: pa.DataType) -> None:
    values = pa.array(["cut", "mail a@b.de", None, "", "nothing here"], pa.string()).cast(kind).slice(1)
    result = operator(kind).apply(values, None)  # type: ignore[arg-type]
    assert result.type == kind
    assert result.to_pylist() == [f"mail {column('email', 'a@b.de')}", None, "", "nothing here"]


def test_what_stands_under_a_null_is_not_read() -> None:
    offsets, data = np.array([0, 6, 12], np.int32), b"a@b.dec@d.de"
    validity = pa.py_buffer(bytes([0b10]))
    values = pa.StringArray.from_buffers(2, pa.py_buffer(offsets), pa.py_buffer(data), validity)
    assert operator().apply(values, None).to_pylist() == [None, column("email", "c@d.de")]  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[], [None, None], ["", ""]])
def test_nothing_stays_nothing(values: list[str | None]) -> None:
    assert masked(*values) == values


def test_text_with_nul_and_every_control_character() -> None:
    marks = "".join(map(chr, range(32)))
    assert masked(f"\x00a@b.de\x00{marks}") == [f"\x00{column('email', 'a@b.de')}\x00{marks}"]


def test_several_values_of_one_text_and_equal_ones_alike() -> None:
    email, card = column("email", "a@b.de"), column("payment_card", "4111111111111111")
    assert masked("a@b.de 4111111111111111 a@b.de") == [f"{email} {card} {email}"]


def test_address_within_a_web_address_goes_with_it() -> None:
    assert masked("https://x.de/?m=a@b.de") == [column("url", "https://x.de/?m=a@b.de")]


def test_text_of_megabytes() -> None:
    long = "lorem ipsum " * 200_000
    assert masked(f"{long}a@b.de") == [f"{long}{column('email', 'a@b.de')}"]


@given(st.lists(st.one_of(st.none(), st.text(alphabet="ab @.de1 \n\x00é王", max_size=30)), max_size=8))
def test_texts_do_not_hang_on_one_another(texts: list[str | None]) -> None:
    one = operator()
    alone = [one.apply(pa.array([each], pa.string()), None)[0].as_py() for each in texts]  # type: ignore[arg-type]
    assert one.apply(pa.array(texts, pa.string()), None).to_pylist() == alone  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [({"leave": ["shoe_size"]}, "shoe_size is nothing that is found"), ({"domains": {"x": "y"}}, "x is nothing")],
)
def test_unknown_kind_is_refused(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        TextOptions.model_validate(options)


def test_without_other_domains_it_cannot_be_built() -> None:
    setting = Setting("t", "c", pa.string(), KEY.domain("x"), TextOptions())
    with pytest.raises(ValueError, match="several domains"):
        text.SPEC.build(setting)


def test_declares_what_it_is() -> None:
    assert text.SPEC.outcome is Outcome.CLEANED
    assert [text.SPEC.accepts(kind) for kind in (*TYPES, pa.int64(), pa.binary())] == [True] * 3 + [False] * 2
    assert set(FOUND_KINDS) <= set(KINDS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A spaCy model that knows one person and one place by heart."""
    spacy = pytest.importorskip("spacy")
    language = spacy.blank("en")
    ruler = language.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Zoë Quux"}, {"label": "GPE", "pattern": "Vineland"}])
    folder = tmp_path_factory.mktemp("model") / "people"
    language.to_disk(folder)
    yield folder
    ner.entity_finder.cache_clear()


def test_model_finds_names_on_what_is_left(model: Path) -> None:
    result = masked("é Zoë Quux of Vineland, zoe@quux.de", None, ner=True, model=str(model))
    names = column("full_name", "Zoë Quux"), column("city", "Vineland"), column("email", "zoe@quux.de")
    assert result == ["é {} of {}, {}".format(*names), None]


def test_model_is_told_by_its_own_name(model: Path) -> None:
    assert ner.model_version(str(model)) == "en_pipeline 0.0.0"


def test_without_a_model_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(MaskingError, match="not installed; install it, nothing is downloaded here"):
        masked("x", ner=True, model=str(tmp_path / "none"))


def test_overlapping_entities_count_once() -> None:
    class Analyzer:
        def analyze(self, text: str, language: str, entities: list[str]) -> list[object]:
            one = type("Result", (), {"start": 0, "end": 8, "entity_type": "PERSON"})
            two = type("Result", (), {"start": 4, "end": 8, "entity_type": "LOCATION"})
            return [one, two] if text else []

    texts = FlatTexts.of(pa.array(["Jane Doe", ""], pa.string()))
    found = ner.EntityFinder(Analyzer(), "en").find(texts)
    assert (found.starts.tolist(), found.ends.tolist(), found.labels.tolist()) == ([0], [8], [0])
    assert len(ner.EntityFinder(Analyzer(), "en").find(FlatTexts.of(pa.array([""], pa.string())))) == 0


def test_a_text_of_several_rows_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[list[str]] = []

    def found(texts: FlatTexts) -> Spans:
        searched.append(texts.values.to_pylist())
        return find(texts)

    monkeypatch.setattr(text, "find", found)
    replaced = masked("thanks", "a@b.de", "thanks", "a@b.de")
    assert searched == [["thanks", "a@b.de"]]
    assert replaced[:2] == replaced[2:]
    assert replaced[0] == "thanks"
    assert replaced[1] != "a@b.de"


def test_texts_that_grow_past_two_gibibytes_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: FlatTexts, *_: object) -> object:
        return type("G", (), {"values": _Uncastable()})()

    class _Uncastable:
        def take(self, _indices: pa.Array) -> "_Uncastable":
            return self

        def cast(self, kind: pa.DataType) -> pa.Array:
            raise pa.ArrowInvalid("offset overflow")

    monkeypatch.setattr(FlatTexts, "replace", fail)
    with pytest.raises(MaskingError, match=r"^tickets\.body: texts of a batch exceed 2 GiB"):
        masked("a@b.de")
