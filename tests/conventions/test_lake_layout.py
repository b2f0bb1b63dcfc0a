"""The grammar of lake paths: what it reads is what it builds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions, Lake, LakeLayout
from dataops_infra.errors import InvalidInputError

LAKE = Conventions().lake
FOLDERS = "{zone}/{domain}/{dataset}/v{version}/dt={date}"
ZONES = "raw, staged, curated, quarantine, sandbox, logs"
PATH = "raw/growth/events/v1/dt=2026-01-31"
VALUES = {"zone": "raw", "domain": "growth", "dataset": "events", "version": 1, "date": date(2026, 1, 31)}

words = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
values_of = {"str": words, "int": st.integers(0, 10**18 - 1), "date": st.dates()}


def test_a_path_is_read_into_typed_values() -> None:
    read = LAKE.parse_path(PATH)
    assert (dict(read.values), read.zone, read.rest) == (VALUES, "raw", "")


def test_what_lies_below_the_last_folder_is_the_rest() -> None:
    assert LAKE.parse_path(f"/{PATH}/hour=3/part-0.parquet").rest == "hour=3/part-0.parquet"
    assert LAKE.parse_path(f"{PATH}/").rest == ""


def test_a_path_is_built_from_its_values() -> None:
    assert LAKE.build_path(**VALUES) == PATH


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("raw/growth", f"path: expected at least the folders {FOLDERS}, got 'raw/growth'"),
        ("raw//events/v1/dt=2026-01-31", "path: expected at least the folders"),
        ("bronze/growth/events/v1/dt=2026-01-31", f"zone: expected one of {ZONES}, got 'bronze'"),
        ("raw/Growth/events/v1/dt=2026-01-31", "domain: expected lowercase letters, digits, hyphens and underscores"),
        ("raw/growth/../v1/dt=2026-01-31", "dataset: expected lowercase letters"),
        ("raw/growth/events/1/dt=2026-01-31", "path: expected a folder such as v{version}, got '1'"),
        ("raw/growth/events/v01/dt=2026-01-31", "version: expected a whole number without leading zeros, got '01'"),
        ("raw/growth/events/v-1/dt=2026-01-31", "version: expected a whole number without leading zeros, got '-1'"),
        ("raw/growth/events/v1/dt=2026-1-31", "date: expected a date as YYYY-MM-DD, got '2026-1-31'"),
        ("raw/growth/events/v1/dt=2026-02-30", "date: expected a date as YYYY-MM-DD, got '2026-02-30'"),
        ("raw/growth/events/v1/2026-01-31", "path: expected a folder such as dt={date}, got '2026-01-31'"),
        ("raw/growth\n/events/v1/dt=2026-01-31", "path: expected a folder such as {domain}, got 'growth\\n'"),
    ],
)
def test_a_path_off_the_layout_says_which_part(path: str, error: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        LAKE.parse_path(path)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"zone": "bronze"}, "zone: expected one of raw, staged, curated, quarantine, sandbox, logs, got 'bronze'"),
        ({"version": -1}, "version: expected a whole number without leading zeros, got -1"),
        ({"version": "1"}, "version: expected a whole number without leading zeros, got '1'"),
        ({"dataset": "a/b"}, "dataset: expected lowercase letters"),
        ({"hour": 3}, "hour: expected a placeholder of {zone}/{domain}/{dataset}/v{version}/dt={date}, got 3"),
    ],
)
def test_a_value_that_no_path_can_hold_is_refused(change: dict[str, str | int], error: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        LAKE.build_path(**{**VALUES, **change})
    assert str(caught.value).startswith(error)


def test_all_wrong_values_come_in_one_error() -> None:
    with pytest.raises(InvalidInputError) as caught:
        LAKE.build_path(zone="raw", domain="X", dataset="events", version=1)
    assert caught.value.input == "domain, date"


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("{domain}", "the placeholder {zone} somewhere"),
        ("/{zone}", "folders that are not empty, without a slash at either end"),
        ("{zone}//{domain}", "folders that are not empty, without a slash at either end"),
        ("{zone}/../x", "folders with a name"),
        ("{zone}/{zone}", "placeholder {zone} once"),
        ("{zone}/{}", "placeholders such as {dataset} or {version:int}"),
        ("{zone}/{a:b:c}", "placeholders such as {dataset} or {version:int}"),
        ("{zone}/{v:float}", "a type of str, int, date in {v:float}"),
        ("{zone}/{domain}-{dataset}", "one of .=+@ between two placeholders of one folder"),
        ("{zone}/{domain}{dataset}", "one of .=+@ between two placeholders of one folder"),
        ("{zone}/a b", "letters, digits and _.=+@- beside the placeholders"),
        ("{zone}/{domain", "letters, digits and _.=+@- beside the placeholders"),
        ("{zone}/*", "letters, digits and _.=+@- beside the placeholders"),
    ],
)
def test_a_layout_that_is_none_says_why(layout: str, expected: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        LakeLayout.parse(layout)
    assert (caught.value.expected, caught.value.got) == (expected, layout)


@pytest.mark.parametrize(
    "layout", ["{zone}", "{domain}.{dataset}/z={zone}/{year:int}", "x/{zone}/{from:date}+{to:date}"]
)
def test_a_layout_reads_as_it_is_written(layout: str) -> None:
    types = {part.name: part.type for part in LakeLayout.parse(layout).placeholders}
    assert types["zone"] == "str"
    assert {"year": "int", "from": "date", "to": "date"}.items() >= {
        k: v for k, v in types.items() if v != "str"
    }.items()


@given(
    st.fixed_dictionaries(
        {
            "zone": st.sampled_from(LAKE.zones),
            "domain": words,
            "dataset": words,
            "version": values_of["int"],
            "date": values_of["date"],
        }
    )
)
def test_every_built_path_is_read_back(values: dict[str, str | int | date]) -> None:
    assert LAKE.parse_path(LAKE.build_path(**values)).values == values


@given(st.data())
def test_any_legal_layout_maps_paths_and_values_one_to_one(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), max_size=5, unique=True))
    types = {
        "zone": "str",
        **{name: data.draw(st.sampled_from(["str", "int", "date"])) for name in names if name != "zone"},
    }
    separators = [data.draw(st.sampled_from(["/", "=", "/v", ".x."])) for _ in types]
    layout = "".join(f"{{{name}:{kind}}}{sep}" for (name, kind), sep in zip(types.items(), separators, strict=True))
    grammar = LakeLayout.parse(layout.rstrip("/") + "/end")
    values = {name: data.draw(values_of[kind]) for name, kind in types.items()}
    assert grammar.read(grammar.build(values)).values == values


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(path: str) -> None:
    try:
        read = LAKE.parse_path(path)
    except InvalidInputError:
        return
    assert LAKE.build_path(**read.values) + (f"/{read.rest}" if read.rest else "") == path.strip("/")


def test_a_lake_made_in_python_is_checked_too() -> None:
    with pytest.raises(ValueError, match="expected the placeholder"):
        Lake(layout="{domain}")
