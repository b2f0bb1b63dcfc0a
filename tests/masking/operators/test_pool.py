import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.operators import pool
from dataops_infra.masking.operators.base import Operator, Setting
from dataops_infra.masking.operators.pool import PoolName, PoolOptions
from dataops_infra.masking.pools import deck, drawing, load_pool
from dataops_infra.masking.pools.scripts import Script
from tests.support.people import LOCALES, people

KEY = MasterKey(bytes(range(32)))
GOLDEN = {
    PoolName.FIRST_NAME: ["Salman", "ДОРИНА", "emiliana"],
    PoolName.LAST_NAME: ["Schmidtke", "ДЕЙСУН", "giolitti"],
    PoolName.FULL_NAME: ["Salman Laaksonen", "ДОРИНА ФЕСЕНКО", "emiliana szpara"],
    PoolName.COMPANY: ["Saulīte-Zariņa", "ДЕЙСУН-ТИТАРЕНКО", "giovine-spinelli e figli"],
    PoolName.STREET: ["40 Soseaua Olga Albu", "ДОРБУДУ 189", "118 estação theo da mota"],
    PoolName.CITY: ["South Canberkshire", "МІСТО НОВИЙ РОЗДІЛ", "horné semerovce"],
    PoolName.JOB: ["Careers adviser", "FISH FARM MANAGER", "statistician"],
    PoolName.COUNTRY: ["Solomon Islands", "UGANDA", "trinidad and tobago"],
    PoolName.USERNAME: ["salman.laaksonen3289", "puck.gallivan2880", "emiliana.szpara7742"],
}
"""What "Anna Schmidt", "АННА" and "x" become. Pseudonyms already given out change when one of these does."""
SINGLE = [PoolName.FIRST_NAME, PoolName.LAST_NAME, PoolName.COMPANY, PoolName.CITY, PoolName.JOB, PoolName.COUNTRY]


def operator(name: str = "first_name", domain: str = "people", kind: pa.DataType | None = None, **options) -> Operator:
    chosen = PoolOptions(pool=PoolName(name), **options)
    return pool.SPEC.build(Setting("customers", "name", kind or pa.string(), KEY.domain(domain), chosen))


def masked(values, name: str = "first_name", **options) -> list[str | None]:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return operator(name, **options).apply(array, None).to_pylist()


def fold(text: str) -> str:
    return drawing.folded(pa.array([text], pa.large_string()))[0]


@pytest.mark.parametrize("name", list(PoolName))
def test_replacements_stay_what_they_are(name):
    assert masked(["Anna Schmidt", "АННА", "x"], name) == GOLDEN[name]


@pytest.mark.parametrize("name", SINGLE)
def test_replacement_comes_from_the_list(name):
    drawn = masked([f"Value {number}" for number in range(2_000)], name)
    listed = set(load_pool(name).values.to_pylist())
    assert set(drawn) <= listed
    assert len(set(drawn)) > min(len(listed) * 0.9, 1_500)


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("spelling", [str, str.upper, str.lower, lambda text: f" {text}  ", lambda text: f"{text}."])
def test_value_of_the_list_is_never_its_own_replacement(name, spelling):
    originals = [spelling(text) for text in load_pool(name).values.to_pylist()]
    for domain in ("one", "two"):
        drawn = masked(originals, name, domain=domain)
        compared = zip(fold_all(originals), fold_all(drawn), strict=True)
        assert [pair for pair in compared if pair[0] == pair[1]] == []


def fold_all(texts: list[str]) -> list[str]:
    return drawing.folded(pa.array(texts, pa.large_string())).to_list()


@pytest.mark.parametrize("locale", LOCALES)
def test_full_name_shares_no_part_with_its_own_in_any_script(locale):
    originals = [person.full_name for person in people(locale)]
    parts = [person.spellings(locale)["name"] for person in people(locale)]
    for original, own, drawn in zip(originals, parts, masked(originals, "full_name"), strict=True):
        assert not [part for part in own if fold(part) in fold_all(drawn.split())], (original, drawn)


def test_full_names_of_the_lists_themselves_are_never_repeated_in_part():
    first, last = (load_pool(name).values.to_pylist() for name in ("first_name", "last_name"))
    originals = [f"{one} {two}" for one, two in zip(first[::8], last[::-8], strict=True)]
    for original, drawn in zip(originals, masked(originals, "full_name"), strict=True):
        assert not set(fold_all(original.split())) & set(fold_all(drawn.split()))


@pytest.mark.parametrize("name", ["full_name", "username"])
def test_text_that_holds_every_name_is_replaced_all_the_same(name):
    everybody = " ".join(load_pool("first_name").values.to_pylist())
    (drawn,) = masked([everybody], name)
    assert drawn != everybody
    assert len(drawn) < 100


def test_draws_stop_when_a_text_holds_the_whole_list():
    # Fewer values than draws: each was tried, and the last one stands.
    every_last_name = "".join(load_pool("last_name", Script.HANGUL).values.to_pylist())
    (drawn,) = masked([every_last_name], "full_name")
    assert drawn != every_last_name
    assert 2 <= len(drawn) <= 4


@pytest.mark.parametrize(
    ("original", "is_so"),
    [("ANNA SCHMIDT", str.isupper), ("anna schmidt", str.islower), ("Anna Schmidt", str.istitle)],
)
@pytest.mark.parametrize("name", ["first_name", "full_name", "city", "street"])
def test_capitals_follow_the_original(name, original, is_so):
    texts = [f"{original} {'ivo' if original.islower() else 'IVO' if original.isupper() else 'Ivo'}" for _ in "ab"]
    drawn = masked(texts, name)
    assert all(is_so(text) or is_so == str.istitle for text in drawn)
    assert is_so != str.istitle or not any(text.isupper() or text.islower() for text in drawn)


def test_full_names_are_ordered_and_spaced_as_the_script_does():
    first, last = (
        {script: set(load_pool(name, script).values.to_pylist()) for script in Script}
        for name in ("first_name", "last_name")
    )
    latin, japanese, han, hangul = masked(["Anna Schmidt", "やまだ たろう", "王小明", "김철수"], "full_name")
    given, family = latin.split()
    assert given in first[Script.LATIN]
    assert family in last[Script.LATIN]
    for drawn, script in ((japanese, Script.JAPANESE), (han, Script.HAN), (hangul, Script.HANGUL)):
        cuts = [(drawn[:cut], drawn[cut:]) for cut in range(1, len(drawn))]
        assert any(family in last[script] and given in first[script] for family, given in cuts)


def test_street_has_its_number_where_the_script_puts_it():
    latin, cyrillic, han = masked(["Main Street 5", "улица Ленина 5", "银川街"], "street")
    assert latin.split(" ", 1)[0].isdigit()
    assert cyrillic.rsplit(" ", 1)[1].isdigit()
    assert han.split(" ", 1)[0].isdigit()
    assert latin.split(" ", 1)[1] in load_pool("street").values.to_pylist()
    assert cyrillic.rsplit(" ", 1)[0] in load_pool("street", Script.CYRILLIC).values.to_pylist()


def test_username_is_plain_ascii_in_every_script():
    drawn = masked(["anna.s", "АннаС", "김철수", "X"] + [f"user{number}" for number in range(3_000)], "username")
    assert all(text.isascii() for text in drawn)
    assert pl.Series(drawn).str.contains(r"^[a-z]+\.[a-z]+[1-9]\d{0,3}$").all()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_nulls_empties_and_slices_keep_their_places_in_every_kind_of_string(kind):
    whole = pa.array(["left out", None, "", "Анна", "Anna"], kind)
    drawn = operator(kind=kind).apply(whole[1:], None)
    assert drawn.type == kind
    assert drawn.to_pylist() == [None, "", *masked(["Анна", "Anna"])]


@pytest.mark.parametrize("name", list(PoolName))
@pytest.mark.parametrize("values", [[], [None, None], ["", ""], [None, ""]])
def test_column_without_values_stays_as_it_is(name, values):
    assert masked(pa.array(values, pa.string()), name) == values


def test_garbage_below_nulls_is_not_looked_at():
    garbage = pa.py_buffer(b"\xff\xfe\xffAnna")
    values = pa.Array.from_buffers(
        pa.string(), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([0, 3, 7], np.int32)), garbage]
    )
    assert masked(values) == [None, *masked(["Anna"])]


@given(st.lists(st.text(max_size=12) | st.none(), max_size=8), st.sampled_from(list(PoolName)))
def test_replacement_hangs_on_its_value_alone(values, name):
    drawn = masked(values, name)
    assert drawn == [masked([value], name)[0] for value in values]
    for value, replacement in zip(values, drawn, strict=True):
        assert (replacement is None, replacement == "") == (value is None, value == "")
        assert not value or replacement != value


def test_domains_give_different_replacements():
    originals = [f"Name {number}" for number in range(1_000)]
    here, there = masked(originals, domain="here"), masked(originals, domain="there")
    assert sum(one == other for one, other in zip(here, there, strict=True)) < 5


def test_draws_are_even():
    counts = np.unique(masked([f"Name {number}" for number in range(50_000)], "country"), return_counts=True)[1]
    expected = 50_000 / 229
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert len(counts) == 229
    assert chi_square < 228 + 6 * np.sqrt(2 * 228)


def test_script_can_be_fixed():
    drawn = masked(["Anna", "Анна"], script="japanese")
    assert set(drawn) <= set(load_pool("first_name", Script.JAPANESE).values.to_pylist())


def test_step_reaches_every_value_of_a_list():
    listed = deck.load_deck("country")
    column = drawing.Column.of(pa.array(["x"]))
    tried: list[int] = []

    def never_satisfied(_column, _deck, places):
        tried.extend(places.tolist())
        return np.ones(len(places), np.bool_)

    drawing.draw(column, listed, np.zeros(1, np.uint8), np.array([12_345_678], np.uint64), never_satisfied)
    assert len(set(tried)) == len(tried) == drawing.MAXIMUM_DRAWS + 1


@pytest.mark.parametrize(
    ("name", "options", "spaces"),
    [
        ("first_name", {}, [4_999, 499]),
        ("full_name", {}, [4_999 * 4_999, 499 * 499]),
        ("street", {}, [199 * 4_999, 199 * 499]),
        ("username", {}, [9_999 * 4_999**2, 9_999 * 4_999**2]),
        ("country", {}, [229, 229]),
        ("first_name", {"script": "hangul"}, [113, 113]),
    ],
)
def test_gate_is_told_of_how_many_replacements_one_is_drawn(name, options, spaces):
    values = pa.array(["Anna", "Анна"])
    assert pool.SPEC.spaces(values, PoolOptions(pool=PoolName(name), **options)).tolist() == spaces


def test_spec_takes_text_alone():
    accepted = [kind for kind in (pa.string(), pa.string_view(), pa.int64(), pa.binary()) if pool.SPEC.accepts(kind)]
    assert accepted == [pa.string(), pa.string_view()]
    assert not pool.SPEC.injective(PoolOptions(pool=PoolName.CITY))


@pytest.mark.parametrize(
    "options", [{}, {"pool": "colour"}, {"pool": "city", "script": "klingon"}, {"pool": "city", "n": 1}]
)
def test_wrong_options_are_refused(options):
    with pytest.raises(ValidationError):
        PoolOptions.model_validate(options)
