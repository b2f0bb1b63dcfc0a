"""Beginnings and patterns of lake paths: whatever a path can grow out of is legal, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.lake_prefixes import prefix_mistake
from dataops_infra.errors import InvalidInputError

ACME = Conventions.model_validate({"domains": {"growth": {}, "finance": {}}})
OPEN = Conventions()
WORDS = "lowercase letters, digits, hyphens and underscores that begin with a letter or digit"

PATH = "curated/growth/signups/v1/dt=2026-11-22"


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "/",
        "curated",
        "curated/",
        "curated/growth/",
        "curated/growth/signups/v1/",
        PATH,
        f"{PATH}/",
        f"{PATH}/hour=3/Part 0.parquet",
        "curated/growth/signups/v1/dt=*",
        "curated/growth/signups/v1/dt=2026-*/part-*.parquet",
        "curated/growth/signups/v1/dt=*-*-*/",
        "curated/growth/*/v*/dt=*/*",
        "*/gr*/*",
        "curated/*",
        "curated/growth/signups/*",
    ],
)
def test_a_beginning_or_a_pattern_of_the_layout_is_legal(prefix: str) -> None:
    assert prefix_mistake(ACME, prefix, "curated") is None


@pytest.mark.parametrize(
    ("prefix", "mistake"),
    [
        ("raw/growth/", "folder 1 must be curated, the zone of the bucket"),
        ("scripts/etl.py", "folder 1 must be curated, the zone of the bucket"),
        ("/curated/growth", "folder 1 must be curated, the zone of the bucket"),
        ("curated/sales/", "folder 2 must be a domain (growth, finance)"),
        ("curated/Growth/", "folder 2 must be a domain (growth, finance)"),
        ("curated/growth//v1", f"folder 3 must be {WORDS}"),
        ("curated/growth/file.csv", f"folder 3 must be {WORDS}"),
        ("curated/growth/signups/1/", "folder 4 must be like v{version}"),
        ("curated/growth/signups/v01/", "folder 4 must be a whole number without leading zeros"),
        ("curated/growth/signups/v1/part-0.parquet", "folder 5 must be like dt={date}"),
        ("curated/growth/signups/v1/dt=2026-13-01", "folder 5 must be a date as YYYY-MM-DD"),
        ("r*/growth", "folder 1 must be curated, the zone of the bucket"),
        ("curated/s*/signups", "folder 2 must be a domain (growth, finance)"),
        ("curated/growth/signups/year=*", "folder 4 must be like v{version}"),
        ("curated/growth/signups/v1/year=*", "folder 5 must be like dt={date}"),
        ("curated/growth/signups/v1/dt=20261122*", "folder 5 must be like dt={date}"),
        ("curated/" + "x" * 1024, "path is longer than 1024 bytes"),
    ],
)
def test_what_no_path_grows_out_of_says_which_folder(prefix: str, mistake: str) -> None:
    assert prefix_mistake(ACME, prefix, "curated") == mistake


def test_a_layout_of_the_organisation_decides() -> None:
    layout = {"lake": {"layout": "lake/{domain}={dataset}/{zone}", "zones": ["raw"]}}
    conventions = Conventions.model_validate(layout)
    assert prefix_mistake(conventions, "lake/growth=signups/raw/x", "raw") is None
    assert prefix_mistake(conventions, "lake/growth=*", "raw") is None
    assert prefix_mistake(conventions, "lake/*", "raw") is None
    assert prefix_mistake(conventions, "lake/growth", "raw") == "folder 2 must be like {domain}={dataset}"
    assert prefix_mistake(conventions, "late/", "raw") == "folder 1 must be like lake"
    assert prefix_mistake(conventions, "la*", "raw") is None


words = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)


@given(domain=words, dataset=words, version=st.integers(0, 10**18 - 1), day=st.dates(), data=st.data())
def test_every_beginning_and_every_gap_of_a_path_is_legal(
    domain: str, dataset: str, version: int, day: object, data: st.DataObject
) -> None:
    path = f"raw/{domain}/{dataset}/v{version}/dt={day}/rest"
    folders = path.split("/")
    assert prefix_mistake(OPEN, "/".join(folders[: data.draw(st.integers(0, len(folders)))]), "raw") is None
    cut = data.draw(st.integers(0, len(path)))
    assert prefix_mistake(OPEN, f"{path[:cut]}*", "raw") is None


@given(st.text(st.sampled_from("raw/gdt=v10-*._ A"), max_size=40))
def test_a_prefix_that_is_a_whole_path_is_legal_just_when_it_can_be_read(path: str) -> None:
    mistake = prefix_mistake(OPEN, path, "raw")
    try:
        read = OPEN.lake.parse_path(path)
    except InvalidInputError:
        return
    if "*" not in path and not path.startswith("/"):
        assert (mistake is None) == (read.zone == "raw")


@given(st.text(max_size=60), st.sampled_from(OPEN.lake.zones))
def test_judging_a_prefix_never_raises_and_repeats_nothing(text: str, zone: str) -> None:
    mistake = prefix_mistake(OPEN, text, zone)
    assert mistake is None or len(text) < 20 or text not in mistake
