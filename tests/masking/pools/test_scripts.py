import numpy as np
import pyarrow as pa
import pytest

from dataops_infra.masking.pools.folding import folded
from dataops_infra.masking.pools.scripts import SCRIPTS, Script, dominant_scripts, foreign_rows, text_bytes
from tests.support.people import people

WRITTEN = {
    "Anna": Script.LATIN,
    "Łucja Ørsted": Script.LATIN,
    "": Script.LATIN,
    "12/34": Script.LATIN,
    "😀": Script.LATIN,
    "বাংলা": Script.LATIN,
    "Dr. Анна": Script.CYRILLIC,
    "Γιώργος": Script.GREEK,
    "נח": Script.HEBREW,
    "محمد": Script.ARABIC,
    "रेशमी": Script.DEVANAGARI,
    "ทิพย์": Script.THAI,
    "დიანა": Script.GEORGIAN,
    "Վիոլետա": Script.ARMENIAN,
    "김수진": Script.HANGUL,
    "やまだ": Script.JAPANESE,
    "山田ひろし": Script.JAPANESE,
    "山田太郎": Script.HAN,
    "Smith (Анна)": Script.CYRILLIC,
}


def texts(*values: str) -> pa.Array:
    return pa.array(values, pa.large_string())


def scripts(values: pa.Array) -> list[Script]:
    return [SCRIPTS[place] for place in dominant_scripts(values, foreign_rows(values))]


def test_script_is_that_of_the_first_letter_outside_latin():
    assert scripts(texts(*WRITTEN)) == list(WRITTEN.values())


@pytest.mark.parametrize("text", WRITTEN)
def test_script_does_not_hang_on_the_other_rows(text):
    assert scripts(texts(text)) == [WRITTEN[text]]


def test_sliced_column_is_read_where_it_begins():
    values = texts(*WRITTEN)[7:]
    assert scripts(values) == list(WRITTEN.values())[7:]
    data, bounds = text_bytes(values)
    assert data[bounds[0] : bounds[1]].tobytes().decode() == "Γιώργος"


@pytest.mark.parametrize("values", [texts(), texts("", ""), texts("Anna", "")])
def test_column_of_ascii_has_no_foreign_rows(values):
    assert foreign_rows(values).tolist() == []
    assert scripts(values) == [Script.LATIN] * len(values)


def test_foreign_rows_are_those_beyond_ascii():
    assert foreign_rows(texts("a", "ä", "", "я", "z")).tolist() == [1, 3]


def test_array_without_buffers_is_empty():
    data, bounds = text_bytes(pa.nulls(0, pa.large_string()))
    assert (len(data), bounds.tolist()) == (0, [0])


@pytest.mark.parametrize(
    ("locale", "script"),
    [
        ("ru_RU", Script.CYRILLIC),
        ("uk_UA", Script.CYRILLIC),
        ("bg_BG", Script.CYRILLIC),
        ("el_GR", Script.GREEK),
        ("he_IL", Script.HEBREW),
        ("fa_IR", Script.ARABIC),
        ("ar_AA", Script.ARABIC),
        ("hi_IN", Script.DEVANAGARI),
        ("th_TH", Script.THAI),
        ("ka_GE", Script.GEORGIAN),
        ("hy_AM", Script.ARMENIAN),
        ("ko_KR", Script.HANGUL),
        ("zh_TW", Script.HAN),
        ("vi_VN", Script.LATIN),
        ("tr_TR", Script.LATIN),
    ],
)
def test_names_of_a_country_are_in_its_script(locale, script):
    assert set(scripts(texts(*(person.full_name for person in people(locale))))) == {script}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna-Maria", "ANNA MARIA"),
        ("José", "Jose\u0301"),
        ("Straße", "STRASSE"),
        ("Øyvind", "oyvind"),
        ("Łukasz", "lukasz"),
        ("O'Brien", "obrien"),
        ("Γιώργος", "ΓΙΩΡΓΟΣ"),
        ("Ｔａｎａｋａ", "tanaka"),
        ("Йосиф", "ЙОСИФ"),
    ],
)
def test_folding_makes_spellings_equal(one, other):
    assert folded(texts(one)).to_list() == folded(texts(other)).to_list()


def test_folding_of_a_row_does_not_hang_on_the_other_rows():
    values = ["Anna Maria", "José", "12-34", "", "Straße"]
    assert folded(texts(*values)).to_list() == [folded(texts(value))[0] for value in values]
    assert folded(texts("É", "è")).to_list() == ["e", "e"]
    assert np.array_equal(folded(texts()).to_numpy(), [])
