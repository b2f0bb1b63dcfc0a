"""Full disks between places: the message names the folder that is full, and everything is as it was."""

import sqlite3
from errno import EACCES, ENOSPC
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.engines.local import writing
from dataops_infra.masking.moving import fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.embedded import EmbeddedPlace
from dataops_infra.masking.places.working import PREFIX, why_unwritten
from tests.masking.places.test_embedded import ENGINES, make
from tests.support.places import copy_between, plan_for

FULL = OSError("Error writing bytes to file. Detail: [errno 28] No space left on device")
"""As Arrow says it."""


def refuse(*_given: Any, **_more: Any) -> None:
    raise FULL


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_working_folder_is_named_with_its_option(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = make(engine, tmp_path / "t.db", "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1)")
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", refuse)

    said = r"t\.db cannot be fetched \(No space left on device\): make room in the folder .* another by --work-dir$"
    with pytest.raises(MaskingError, match=said), fetched(open_place(uri), tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["t.db"]


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (f"{PREFIX}x/.copy.masking", "make room in the folder for what is fetched, or name another by --work-dir"),
        ("shop", "make room or choose another target"),
    ],
)
def test_a_copy_on_its_way_is_in_the_working_folder(folder: str, said: str, tmp_path: Path) -> None:
    message = f"^t.parquet cannot be written \\(No space left on device\\); {said}; nothing was published$"
    with pytest.raises(MaskingError, match=message), writing(tmp_path / folder / "t.parquet"):
        raise FULL


@pytest.mark.parametrize("engine", ENGINES)
def test_a_target_that_cannot_be_renamed_is_as_it_was(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = make(engine, tmp_path / "t.db", "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1)")
    plan = plan_for(uri, tmp_path / "plan.yaml", {"a": "keep"})
    rename = Path.replace

    def refuse_databases(path: Path, target: Path) -> Path:
        if path.name == "database":
            raise OSError(EACCES, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", refuse_databases)

    with pytest.raises(MaskingError, match=r"the copy was not loaded \(Permission denied\); choose another"):
        copy_between(uri, f"{engine}:///{tmp_path}/copy.db", plan)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "t.db"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FULL, "No space left on device"),
        (OSError(ENOSPC, "No space left on device", "/tmp/x"), "No space left on device"),
        (OSError("[errno 122] Disk quota exceeded"), "Disk quota exceeded"),
        (OSError(EACCES, "Permission denied", "/tmp/x"), "Permission denied"),
        (OSError("Anna Kern"), "OSError"),
    ],
)
def test_why_something_was_not_written(error: OSError, said: str) -> None:
    assert why_unwritten(error) == said


@pytest.mark.parametrize(
    ("engine", "error", "said"),
    [
        (
            "duckdb",
            duckdb.IOException('IO Error: Could not write file "x": No space left on device'),
            "the disk is full",
        ),
        ("duckdb", duckdb.TransactionException("Failed to commit: Disk quota exceeded"), "the disk is full"),
        ("duckdb", duckdb.IOException("IO Error: Could not set lock on file"), "another program has opened it"),
        ("duckdb", duckdb.ConversionException("Could not convert string 'Anna'"), "ConversionException"),
        ("sqlite", sqlite3.OperationalError("Anna"), "OperationalError"),
    ],
)
def test_what_the_libraries_say_is_told_without_values(
    engine: str, error: Exception, said: str, tmp_path: Path
) -> None:
    place = open_place(f"{engine}:///{tmp_path}/t.db")
    assert isinstance(place, EmbeddedPlace)
    assert place.reason(error).partition(":")[0] == said
