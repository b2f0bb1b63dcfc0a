"""Which place a text names, and the folder in which fetched tables lie."""

import fcntl
import os
import stat
from pathlib import Path

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.base import Database
from dataops_infra.masking.places.working import PREFIX, working_folder


@pytest.mark.parametrize(
    ("text", "shown", "path"),
    [
        ("data/customers.csv", "data/customers.csv", Path("data/customers.csv")),
        ("file:///data/shop", "/data/shop", Path("/data/shop")),
        ("file:///my%20data/100%25", "/my data/100%", Path("/my data/100%")),
        ("file://localhost/data/shop", "/data/shop", Path("/data/shop")),
        ("FILE://LocalHost/data/a?b#c", "/data/a?b#c", Path("/data/a?b#c")),
        ("file:/data/shop", "/data/shop", Path("/data/shop")),
        ("a/b://c", "a/b:/c", Path("a/b://c")),
        ("./s3:shop", "s3:shop", Path("./s3:shop")),
        ("s3-exports", "s3-exports", Path("s3-exports")),
        ("sqlite:///shop.db", "sqlite:///shop.db", None),
        ("sqlite:////data/my%20shop.db", "sqlite:////data/my shop.db", None),
        ("duckdb:///shop.duckdb", "duckdb:///shop.duckdb", None),
    ],
)
def test_a_text_names_a_place(text: str, shown: str, path: Path | None) -> None:
    place = open_place(text)

    assert (place.shown, place.path) == (shown, path)


def test_files_are_read_where_they_are_and_databases_are_fetched() -> None:
    assert not isinstance(open_place("data/shop"), Database)
    assert not isinstance(open_place("s3://bucket/shop"), Database)
    assert isinstance(open_place("sqlite:///shop.db"), Database)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://host/shop", "mysql:// is no kind of place: give a path, or a URI that begins with"),
        (
            "file://data/shop",
            "file://data/ is another machine: give a path of this one, from the root file:///data/shop",
        ),
        ("file://", "file:// is followed by a path of this machine"),
        ("file://localhost", "file:// is followed by a path of this machine"),
        ("file:///a%00b", "file:// is followed by a path of this machine"),
        ("sqlite://shop.db", "sqlite:// is followed by a file alone"),
        ("sqlite:///", "sqlite:// is followed by a file alone"),
        ("duckdb:///a.duckdb?x=1", "duckdb:// is followed by a file alone"),
        ("s3:/bucket/shop", "s3: is written s3://bucket/prefix, and a file whose name begins so ./s3:"),
        ("GS:bucket", "gs: is written gs://bucket/prefix"),
        ("postgres:/db/shop", "postgres: is written postgres://user@host:5432/database"),
        ("sqlite:shop.db", "sqlite: is written sqlite:///file.db"),
    ],
)
def test_a_wrong_text_is_explained(text: str, said: str) -> None:
    with pytest.raises(MaskingError, match=said.replace("?", r"\?")):
        open_place(text)


@pytest.mark.parametrize(
    "text",
    [
        "host=db password=hunter2 dbname=shop",
        "PASSWORD = hunter2",
        "postgresql:ann:hunter2@db/shop",
        "mysql:/ann:hunter2@db",
        "file://ann:hunter2@db/shop",
    ],
)
def test_a_server_that_is_written_like_a_path_is_not_repeated(text: str) -> None:
    with pytest.raises(MaskingError, match=r"PGPASSWORD|is another machine") as raised:
        open_place(text)

    assert "hunter2" not in str(raised.value)


def test_a_working_folder_is_private_and_goes(tmp_path: Path) -> None:
    with working_folder(tmp_path) as folder:
        (folder / "originals.parquet").write_text("x")
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    assert list(tmp_path.iterdir()) == []


def test_a_working_folder_goes_also_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), working_folder(tmp_path):
        raise KeyError

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    left, in_use, other = tmp_path / f"{PREFIX}left", tmp_path / f"{PREFIX}in-use", tmp_path / "other"
    for folder in (left, in_use, other):
        folder.mkdir()
        (folder / "originals.parquet").write_text("x")
    (tmp_path / f"{PREFIX}link").symlink_to(other)
    held = os.open(in_use, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with working_folder(tmp_path):
            assert not left.exists()
            assert (in_use / "originals.parquet").exists()
            assert (other / "originals.parquet").exists()
    finally:
        os.close(held)


def test_a_working_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    said = r"no working folder can be made in .*/nowhere .*name another by --work-dir"
    with pytest.raises(MaskingError, match=said), working_folder(tmp_path / "nowhere"):
        pass
