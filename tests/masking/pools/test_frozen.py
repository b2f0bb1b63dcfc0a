import hashlib
import json
from pathlib import Path

import faker
import pyarrow as pa
import pytest

from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.pools import LISTS, POOLS, Pool, frozen, load_pool, pool_hashes
from dataops_infra.masking.pools import build as building
from dataops_infra.masking.pools.folding import folded
from dataops_infra.masking.pools.scripts import SCRIPTS, Script

BUILT_WITH = "40.54.0"
"""The release of faker that the lists were built with."""
FILES = sorted(path.name for path in frozen.FOLDER.glob("*.txt"))


@pytest.fixture
def other_folder(tmp_path, monkeypatch):
    """The lists are read from here; what was read before is forgotten, and afterwards again."""
    monkeypatch.setattr(frozen, "FOLDER", tmp_path)
    monkeypatch.setattr(frozen, "DIGESTS", tmp_path / "digests.json")
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    for cached in (frozen._digests, frozen._read, frozen._pool_hash):
        cached.cache_clear()


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def test_every_file_is_the_one_that_was_frozen():
    digests = {name: hashlib.sha256((frozen.FOLDER / name).read_bytes()).hexdigest() for name in FILES}
    assert digests == json.loads(frozen.DIGESTS.read_text())


@pytest.mark.parametrize("file", FILES)
def test_list_is_sorted_distinct_and_of_prime_size(file):
    values = (frozen.FOLDER / file).read_text(encoding="utf-8").splitlines()
    compared = folded(pa.array(values, pa.large_string())).to_list()
    assert values == sorted(values)
    assert len(set(compared)) == len(values)
    assert all(compared)
    assert is_prime(len(values))
    assert len(values) >= building.SMALLEST


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.value)
@pytest.mark.parametrize("name", LISTS)
def test_builder_makes_the_same_list(name, script):
    if faker.VERSION != BUILT_WITH:
        pytest.skip(f"the lists were built with faker {BUILT_WITH}; {faker.VERSION} may know other names")
    file = frozen.FOLDER / f"{name}.{script.value}.txt"
    frozen_values = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    built = building.list_of(name, script)
    assert (built if len(built) >= building.SMALLEST else []) == frozen_values


def test_build_writes_lists_and_their_digests(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "LOCALES", {Script.GEORGIAN: ("ka_GE",)})
    digests = building.build(tmp_path / "lists")
    assert sorted(digests) == [f"{name}.georgian.txt" for name in ("city", "company", "first_name", "last_name")]
    assert json.loads((tmp_path / "lists" / "digests.json").read_text()) == digests
    assert digests == {name: frozen._digests()[name] for name in digests}


def test_loaded_list_carries_its_digest():
    pool = load_pool("first_name")
    assert pool == Pool("first_name.latin", pool.values, frozen._digests()["first_name.latin.txt"])
    assert (pool.values.type, len(pool.values)) == (pa.large_string(), 4_999)
    assert load_pool("first_name") is pool


def test_script_without_a_list_has_the_latin_one():
    assert load_pool("job", Script.THAI) is load_pool("job")
    assert load_pool("city", Script.HEBREW).name == "city.hebrew"


@pytest.mark.parametrize("name", ["full_name", "colour"])
def test_loading_what_is_no_list_is_refused(name):
    with pytest.raises(InvalidInputError, match=f"one of the lists first_name, .* got '{name}'"):
        load_pool(name)


def test_hashes_cover_every_list_of_a_pool():
    hashes = pool_hashes(["full_name", "city", "full_name"])
    assert list(hashes) == ["city", "full_name"]
    files = sorted({frozen._file(name, script) for name in POOLS["full_name"] for script in SCRIPTS})
    lines = "".join(f"{hashlib.sha256((frozen.FOLDER / file).read_bytes()).hexdigest()}  {file}\n" for file in files)
    assert hashes["full_name"] == hashlib.sha256(lines.encode()).hexdigest()
    assert len(set(pool_hashes(LISTS).values())) == len(LISTS)


def test_hash_of_an_unknown_pool_is_refused():
    with pytest.raises(InvalidInputError, match="did you mean full_name"):
        pool_hashes(["ful_name"])


def test_changed_list_is_refused(other_folder):
    (other_folder / "digests.json").write_text('{"city.latin.txt": "00"}')
    (other_folder / "city.latin.txt").write_text("Atlantis\n")
    with pytest.raises(MaskingError, match=r"city\.latin\.txt is not the one that was frozen"):
        load_pool("city")


@pytest.mark.parametrize(
    ("digests", "message"),
    [
        (None, "the replacement pools cannot be read"),
        ('{"city.latin.txt": ""}', r"pool city\.latin\.txt cannot be read"),
    ],
)
def test_missing_files_are_an_error_that_says_what_to_do(other_folder: Path, digests, message):
    if digests is not None:
        (other_folder / "digests.json").write_text(digests)
    with pytest.raises(MaskingError, match=f"{message}.*install the package again"):
        load_pool("city")


@pytest.mark.parametrize(("number", "prime"), [(1, 0), (2, 2), (4, 3), (500, 499), (5_000, 4_999)])
def test_lists_are_cut_to_a_prime(number, prime):
    assert building._prime_up_to(number) == prime
