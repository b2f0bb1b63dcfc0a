import numpy as np
import pyarrow as pa
import pytest

from dataops_infra.masking import own_row
from dataops_infra.masking.binding import bind
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.own_row import GONE, OwnRow
from dataops_infra.masking.plan import Plan

KEY = MasterKey(bytes(range(32)))


def mask(operators: dict[str, str], **columns: pa.Array) -> dict[str, list]:
    batch = pa.RecordBatch.from_pydict(columns)
    plan = Plan.model_validate(
        {"tables": {"t": {"columns": {path: {"operator": name} for path, name in operators.items()}}}}
    )
    return mask_batch(batch, bind(plan, {"t": batch.schema}, KEY, Learned())["t"]).to_pydict()


def note(value: str | None, text: str | None, operator: str = "token") -> tuple[str, str]:
    masked = mask(
        {"c1": operator, "note": "text"}, c1=pa.array([value], pa.string()), note=pa.array([text], pa.string())
    )
    return masked["note"][0], masked["c1"][0]


@pytest.mark.parametrize(
    ("value", "before", "behind"),
    [
        ("Hermighausen", "Mrs ", " called"),
        ("Will", "", " called"),
        ("O'Brien", "(", ")"),
        (" Anna Schmidt ", "for ", "."),
        ("木村", "", "様よりお電話"),
        ("김", "", ""),
        ("ทิพย์", "คุณ", "โทร"),
        ("?!7", "x", " x"),
        ("Янов", "_", "_"),
        ("İnan", "İ ", " İ"),
        ("Schönberger", "", "s Konto"),
        ("Иванов", "с ", "ым"),
        ("Anna", "Annana Annab ", ", Banna"),
    ],
)
def test_value_of_the_row_becomes_what_its_column_shows(value, before, behind):
    text, shown = note(value, f"{before}{value.strip()}{behind}")
    assert text == (f"{before}{shown}{behind}" if len(value) > 1 else value)


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint32(), pa.int32()], ids=str)
def test_whole_numbers_of_the_row_become_what_their_column_shows(kind):
    masked = mask(
        {"c1": "token", "c2": "drop", "note": "text"},
        c1=pa.array([69857, 1234, None], kind),
        c2=pa.array([8888888, None, None], kind),
        note=pa.array(["in 69857 Berg, not 698571, see 8888888", "room 1234", "69857"]),
    )
    assert masked["note"] == [f"in {masked['c1'][0]} Berg, not 698571, see {GONE}", "room 1234", "69857"]


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title])
def test_letter_case_hides_nothing(spelling):
    text, shown = note("Anna van Dijk", f"a {spelling('Anna van Dijk')} b {spelling('Anna van Dijk')}")
    assert text == f"a {shown} b {shown}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("An", "An apple"),
        ("Ana", "Banana, Anais"),
        ("Berna", "Bernadette"),
        ("Berna", "Berna12"),
        ("Anna", "Bo"),
        (None, "Anna"),
        ("", "Anna"),
        ("Anna", None),
        ("", ""),
    ],
)
def test_what_does_not_stand_alone_or_is_too_short_stays(value, text):
    assert note(value, text)[0] == text


def test_column_that_loses_its_values_leaves_a_mark():
    assert note("Anna", "Anna called", "drop") == (f"{GONE} called", None)


def test_values_of_other_rows_and_of_kept_columns_stay():
    masked = mask(
        {"name": "token", "kept": "keep", "note": "text"},
        name=pa.array(["Anna", "Bertha", None]),
        kept=pa.array(["open", "shut", "open"]),
        note=pa.array(["Bertha is open", "Bertha is shut", "Anna is open"]),
    )
    assert masked["note"] == ["Bertha is open", f"{masked['name'][1]} is shut", "Anna is open"]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_every_kind_of_string_is_searched_and_kept(kind):
    name, text = pa.array(["x", "Anna", None, "Anna"], kind), pa.array(["x", "Anna!", "Anna!", None], kind)
    batch = pa.RecordBatch.from_pydict({"name": name, "note": text})[1:]
    plan = Plan.model_validate(
        {"tables": {"t": {"columns": {"name": {"operator": "token"}, "note": {"operator": "text"}}}}}
    )
    masked = mask_batch(batch, bind(plan, {"t": batch.schema}, KEY, Learned())["t"])
    assert masked.schema == batch.schema
    shown = masked["name"].to_pylist()[0]
    assert masked["note"].to_pylist() == [f"{shown}!", "Anna!", None]


def test_texts_in_lists_are_held_against_their_row():
    masked = mask(
        {"name": "token", "notes[]": "text", "tags[]": "token"},
        name=pa.array(["Anna", "Bertha"]),
        notes=pa.array([["hi Anna", "bye Bertha"], ["Bertha"]]),
        tags=pa.array([["bye"], ["x"]]),
    )
    first, second = masked["name"]
    assert masked["notes"] == [[f"hi {first}", "bye Bertha"], [second]]


def test_dates_move_with_the_subject_of_their_row():
    columns = {
        "who": {"operator": "token"},
        "day": {"operator": "shift_date", "options": {"subject": "who"}},
        "note": {"operator": "text"},
    }
    batch = pa.RecordBatch.from_pydict(
        {"who": ["a-1", "a-2", "a-2"], "day": ["1990-05-06"] * 3, "note": ["x", "y", "seen 1990-05-06"]}
    )
    plan = Plan.model_validate({"tables": {"t": {"columns": columns}}})
    masked = mask_batch(batch, bind(plan, {"t": batch.schema}, KEY, Learned())["t"]).to_pydict()
    assert masked["note"][2] == f"seen {masked['day'][2]}"


def test_it_can_be_turned_off():
    columns = {"name": {"operator": "token"}, "note": {"operator": "text", "options": {"known": False}}}
    batch = pa.RecordBatch.from_pydict({"name": ["Anna"], "note": ["Anna called"]})
    plan = Plan.model_validate({"tables": {"t": {"columns": columns}}})
    masker = bind(plan, {"t": batch.schema}, KEY, Learned())["t"]
    assert not isinstance(masker.operators["note"].operator, OwnRow)
    assert mask_batch(batch, masker).to_pydict()["note"] == ["Anna called"]


WORDS = [
    "Anna",
    "anna",
    "Berg",
    "木村",
    "Schönberger",
    "İnan",
    "X1",
    "O'Brien",
    "Anna Berg",
    "ab",
    "123456",
    " Kern ",
    "",
]


@pytest.mark.parametrize("is_null", [False, True])
def test_many_hidden_columns_are_looked_for_as_few_are(is_null: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many, only those are looked for whose trigrams a text has."""
    random = np.random.default_rng(5)
    rows = 400
    columns = {f"c{n}": pa.array(random.choice(WORDS, rows), mask=random.random(rows) < 0.1) for n in range(9)}
    texts = [" ".join(random.choice([*WORDS, "lorem", "Annas", "bergAB", "1234567"], 12)) for _ in range(rows)]
    hidden = dict.fromkeys(columns, "token") | {"number": "token", "note": "text", "notes[]": "text"}
    columns["number"] = pa.array(random.integers(123456, 123460, rows))
    columns["note"] = pa.array(texts, mask=random.random(rows) < 0.1 if is_null else None)
    columns["notes"] = pa.array([[text, None, ""] if n % 3 else [] for n, text in enumerate(texts)])
    many = mask(hidden, **columns)
    monkeypatch.setattr(own_row, "_MANY", 100)
    assert mask(hidden, **columns) == many
    assert many["note"] != columns["note"].to_pylist()


def test_what_one_column_leaves_in_a_text_another_may_hide() -> None:
    names = [f"c{n}" for n in range(9)]
    columns = dict.fromkeys(names, pa.array(["nothing here"])) | {"c0": pa.array(["Hermighausen"])}
    (shown,) = mask(dict.fromkeys(names, "token"), **columns)["c0"]
    columns |= {"c5": pa.array([shown]), "note": pa.array(["for Hermighausen"])}
    masked = mask(dict.fromkeys(names, "token") | {"note": "text"}, **columns)
    assert masked["note"] == [f"for {masked['c5'][0]}"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"operator": "replace", "params": {"new_value": "somebody"}}, "somebody called"),
        ({"operator": "mask", "params": {"chars_to_mask": 3}}, "***aris called"),
        ({"operator": "redact"}, f"{GONE} called"),
        ({"operator": "keep"}, "Damaris called"),
    ],
    ids=lambda options: options["operator"] if isinstance(options, dict) else None,
)
def test_value_becomes_what_presidio_makes_of_it(options, left):
    columns = {"c1": {"operator": "presidio", "options": options}, "note": {"operator": "text"}}
    plan = Plan.model_validate({"tables": {"t": {"columns": columns}}})
    batch = pa.RecordBatch.from_pydict({"c1": ["Damaris"], "note": ["Damaris called"]})
    masked = mask_batch(batch, bind(plan, {"t": batch.schema}, KEY, Learned())["t"])
    assert masked.to_pydict()["note"] == [left]


@pytest.mark.parametrize(
    ("options", "value", "text", "left"),
    [
        ({"to": {"prefix": 3}}, "90210", "in 90210, not 90211", "in 902**, not 90211"),
        ({"to": {"prefix": 3}}, 90210, "in 90210", "in 90200"),
        ({"to": {"band": 10_000}}, 52_417, "earns 52417 here", "earns 50000 here"),
        ({"top": 90_000}, 95_000, "earns 95000", "earns 90000"),
        ({"to": {"prefix": 3}}, "SW1A 1AA", "at sw1a 1aa.", "at SW1*****."),
        ({"to": {"band": 10}}, 57, "aged 57", "aged 57"),
    ],
)
def test_value_that_is_told_roughly_becomes_what_its_column_tells(options, value, text, left):
    columns = {"c1": {"operator": "generalise", "options": options}, "note": {"operator": "text"}}
    plan = Plan.model_validate({"tables": {"t": {"columns": columns}}})
    batch = pa.RecordBatch.from_pydict({"c1": [value], "note": [text]})
    masked = mask_batch(batch, bind(plan, {"t": batch.schema}, KEY, Learned())["t"])
    assert masked.to_pydict()["note"] == [left]
