"""Paths in object stores, against servers of this machine."""

import os
import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking import stores
from dataops_infra.masking.destinations import destination_of
from dataops_infra.masking.sources import Source, open_source
from dataops_infra.masking.stores import StorePath, path_of
from tests.support.cloud_servers import aws_server
from tests.support.masked_runs import rows_of


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    with aws_server() as environment:
        yield environment


@pytest.fixture
def bucket(servers: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> StorePath:
    """An empty bucket."""
    import boto3

    for name, value in servers.items():
        monkeypatch.setenv(name, value)
    name = f"b{abs(hash(request.node.nodeid)):x}"
    place = {"LocationConstraint": "eu-west-1"}
    boto3.Session().client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    path = path_of(f"s3://{name}")
    assert isinstance(path, StorePath)
    return path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("data/shop", "data/shop"),
        ("file:///data/shop", "/data/shop"),
        ("file://localhost/my%20data", "/my data"),
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/a/b.parquet", "s3://bucket/a/b.parquet"),
        ("s3a://bucket/a/", "s3://bucket/a"),
        ("gcs://bucket/a", "gs://bucket/a"),
    ],
)
def test_texts_name_paths(text: str, shown: str) -> None:
    path = path_of(text)
    assert str(path) == shown
    assert isinstance(path, StorePath) == ("bucket" in text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hdfs://host/x", r"^hdfs:// is no place of this job: give a path, s3://bucket/prefix or gs://bucket/prefix$"),
        ("s3://", "names no bucket"),
        ("s3://key:secret@bucket/x", "holds no credentials"),
        ("s3://bucket/../x", "is no prefix"),
        ("gs://bucket/x?endpoint=http://host", r"is given without \?…: set STORAGE_EMULATOR_HOST in the environment"),
    ],
)
def test_other_texts_are_refused(text: str, said: str) -> None:
    with pytest.raises(MaskingError, match=said):
        path_of(text)


def test_path_in_a_store_is_a_path() -> None:
    path = StorePath("s3://bucket/orders/dt=2026-01-01/a.parquet")
    assert (path.name, path.suffix, path.key) == ("a.parquet", ".parquet", "bucket/orders/dt=2026-01-01/a.parquet")
    assert path.parent / "a.parquet" == path == pickle.loads(pickle.dumps(path))
    assert str(pickle.loads(pickle.dumps(path))) == str(path)
    assert path.relative_to(path.parent.parent).as_posix() == "dt=2026-01-01/a.parquet"
    assert (path.absolute(), path.resolve(), path.is_symlink()) == (path, path, False)
    assert shown_path(path) == "s3://bucket/orders/dt=2026-01-01/a.parquet"
    assert path != StorePath("gs://bucket/orders/dt=2026-01-01/a.parquet")
    path.mkdir(parents=True)
    with pytest.raises(ValueError, match="objects are opened to be read as bytes, not w"):
        path.open("w")


def test_objects_are_written_listed_read_and_removed(bucket: StorePath) -> None:
    path = bucket / "a" / "b" / "c.txt"
    assert (path.exists(), path.is_file(), path.is_dir()) == (False, False, False)
    with pytest.raises(FileNotFoundError):
        path.stat()
    assert path.write_bytes(b"twelve bytes") == 12
    assert (path.exists(), path.is_file(), path.is_dir(), (bucket / "a").is_dir()) == (True, True, False, True)
    assert path.stat().st_size == 12
    with path.open() as file:
        assert file.read() == b"twelve bytes"
    (bucket / "a" / "d.txt").write_bytes(b"")
    assert sorted(bucket.joinpath("a").iterdir()) == [bucket / "a" / "b", bucket / "a" / "d.txt"]
    assert (bucket / "a").files() == [(path, 12), (bucket / "a" / "d.txt", 0)]
    assert list((bucket / "a").rglob("*")) == [path, bucket / "a" / "d.txt"]
    path.remove()
    assert [found for found, _size in bucket.files()] == [bucket / "a" / "d.txt"]
    assert (bucket / "none").files() == []


@pytest.mark.parametrize("at_once", [stores.COPIED_AT_ONCE, 3], ids=["copied", "streamed"])
def test_objects_are_copied_whatever_their_size(
    bucket: StorePath, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(stores, "COPIED_AT_ONCE", at_once)
    (bucket / "a").write_bytes(b"content")
    (bucket / "a").copy_to(bucket / "b" / "c", 7)
    assert (bucket / "b" / "c").read_bytes() == b"content"


def test_names_say_nothing_of_compression(bucket: StorePath) -> None:
    (bucket / "t.csv.gz").write_bytes(b"as it is")
    assert (bucket / "t.csv.gz").read_bytes() == b"as it is"


def test_tables_in_a_store_are_streamed(bucket: StorePath) -> None:
    table = pa.table({"id": list(range(1000)), "name": [f"name {n}" for n in range(1000)]})
    for number in range(2):
        with (bucket / "shop" / "orders" / f"{number}.parquet").open_output() as file:
            pq.write_table(table, file, row_group_size=100)
    source = open_source(bucket / "shop")
    assert rows_of(source.tables["orders"]).equals(pa.concat_tables([table, table]))
    assert source.tables["orders"].sample(10).num_rows == 10
    first = source.tables["orders"].files[0]
    assert not first.has_changed
    (bucket / "shop" / "orders" / "0.parquet").write_bytes(b"another")
    assert first.has_changed


def test_a_stores_staging_is_apart_for_each_target_and_emptied(bucket: StorePath) -> None:
    one, other = (destination_of(bucket / name, bucket / "private") for name in ("one", "other"))
    with one.staging() as folder, other.staging() as beside:
        assert isinstance(folder, StorePath)
        assert folder.parent.parent == bucket / "private" != beside.parent
        (folder / "x").write_bytes(b"x")
        (beside / "y").write_bytes(b"y")
        with one.staging():
            assert [path for path, _size in (bucket / "private").files()] == [beside / "y"]
    assert (bucket / "private").files() == []


def names(bucket: StorePath) -> list[str]:
    """All objects, the empty ones that mark folders too."""
    import boto3

    found = boto3.Session().client("s3").list_objects_v2(Bucket=bucket.key)
    return [item["Key"] for item in found.get("Contents", [])]


@pytest.mark.parametrize("staging", [None, "private/copies"])
def test_nothing_of_the_staging_is_left_in_a_store(staging: str | None, bucket: StorePath) -> None:
    destination = destination_of(bucket / "shop", None if staging is None else bucket / staging)
    with destination.staging() as folder:
        assert isinstance(folder, StorePath)
        for name in ("t.parquet", "u/1.parquet"):
            (folder / "copy" / name).write_bytes(b"x")
        destination.publish(folder / "copy", folder, "{}")
    with suppress(KeyError), destination.staging() as folder:
        (folder / "copy" / "t.parquet").write_bytes(b"x")  # type: ignore[attr-defined]
        raise KeyError

    shown = ["shop/", "shop/_manifest.json", "shop/t.parquet", "shop/u/1.parquet"]
    assert names(bucket) == ([] if staging is None else ["private/copies/"]) + shown


def test_a_staging_without_objects_leaves_none(bucket: StorePath) -> None:
    with destination_of(bucket / "shop").staging():
        pass

    assert names(bucket) == []


def test_markers_stay_beside_objects_and_where_they_cannot_be_removed(
    bucket: StorePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bucket / "a" / "b" / "x").write_bytes(b"x")
    (bucket / "a" / "b" / "x").remove()
    (bucket / "a" / "y").write_bytes(b"y")
    before = names(bucket)

    (bucket / "a").remove_markers()
    assert names(bucket) == before == ["a/b/", "a/y"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    (path_of("s3://no-such-bucket-at-all") / "a").remove_markers()  # type: ignore[attr-defined]


def test_destinations_of_this_machine_take_no_staging_prefix(tmp_path: Path) -> None:
    with pytest.raises(MaskingError, match=r"is a local path, whose copy is made beside it: leave --staging out$"):
        destination_of(tmp_path / "x", StorePath("s3://bucket/x"))
    with pytest.raises(MaskingError, match=r"^the staging prefix gs://b/x is not in the store of s3://bucket/x$"):
        destination_of(StorePath("s3://bucket/x"), StorePath("gs://b/x"))


def test_bucket_that_is_not_there_is_told(bucket: StorePath) -> None:
    target = path_of(f"s3://nobody-{os.getpid()}/x")
    with pytest.raises(MaskingError, match=r"^s3://nobody-\d+ does not exist; make it first$"):
        destination_of(target).check(Source(bucket / "in", {}), is_overwritten=False)
