"""S3 and Google Cloud Storage as source and target of the command line, on servers of this machine."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from dataops_infra import cli
from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from tests.support.cloud_storage import s3_server, storage_server

BUCKET = "shop-bucket"
PEOPLE = pa.table({"id": [f"c{n:05}" for n in range(200)], "email": [f"anna{n}@firma.de" for n in range(200)]})
ORDERS = pa.table({"number": pa.array(range(100, 400)), "amount": [n / 8 for n in range(300)]})
NOTES = pa.table({"note": ["please call", None, "paid"] * 20})


class Store:
    """One bucket on one of the servers."""

    def __init__(self, scheme: str, files: fs.FileSystem) -> None:
        self.root, self._files = f"{scheme}://{BUCKET}", files

    def put(self, name: str, content: bytes) -> None:
        with self._files.open_output_stream(f"{BUCKET}/{name}", compression=None) as stream:
            stream.write(content)

    def get(self, name: str) -> bytes:
        with self._files.open_input_stream(f"{BUCKET}/{name}", compression=None) as stream:
            return bytes(stream.read())

    def names(self, prefix: str) -> list[str]:
        found = self._files.get_file_info(fs.FileSelector(f"{BUCKET}/{prefix}", recursive=True, allow_not_found=True))
        return sorted(info.path.removeprefix(f"{BUCKET}/{prefix}/") for info in found if info.is_file)


@pytest.fixture(scope="module", params=["s3", "gs"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        files: fs.FileSystem
        if request.param == "s3":
            for name, value in stack.enter_context(s3_server()).items():
                patch.setenv(name, value)
                endpoint = value if name == "AWS_ENDPOINT_URL" else ""
            files = fs.S3FileSystem(region="eu-west-1", endpoint_override=endpoint, allow_bucket_creation=True)
            files.create_dir(BUCKET)
        else:
            address = stack.enter_context(storage_server(BUCKET))
            patch.setenv("STORAGE_EMULATOR_HOST", f"http://{address}")
            files = fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=address)
        made = Store(request.param, files)
        for name, content in _tables(tmp_path_factory.mktemp("tables")).items():
            made.put(f"raw/{name}", content)
        yield made


def _tables(folder: Path) -> dict[str, bytes]:
    """One table of each format, one of them in two files."""
    pyarrow.csv.write_csv(PEOPLE, folder / "people.csv")
    pq.write_table(ORDERS.slice(0, 150), folder / "one.parquet")
    pq.write_table(ORDERS.slice(150), folder / "two.parquet")
    pyarrow.feather.write_feather(NOTES, folder / "notes.arrow", compression="uncompressed")
    lines = "".join(json.dumps(row) + "\n" for row in PEOPLE.to_pylist())
    return {
        "people.csv": (folder / "people.csv").read_bytes(),
        "orders/2026/one.parquet": (folder / "one.parquet").read_bytes(),
        "orders/2026/two.parquet": (folder / "two.parquet").read_bytes(),
        "notes.arrow": (folder / "notes.arrow").read_bytes(),
        "events.jsonl": lines.encode(),
    }


def mask(*words: Any) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["mask", *map(str, words)])
    return int(ended.value.code or 0)


def test_a_copy_in_a_store_is_made_judged_and_replaced(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, key = tmp_path / "plan.yaml", tmp_path / "key"
    key.write_bytes(bytes(range(7, 39)))
    key.chmod(0o600)
    ends = ("--source", f"{store.root}/raw", "--target", f"{store.root}/masked")

    assert mask("classify", f"{store.root}/raw", "--output", plan) == 0
    assert mask("run", plan, *ends, "--key-file", key) == 0
    assert mask("verify", plan, *ends) == 0
    assert mask("run", plan, *ends, "--key-file", key) == 2
    assert "holds a masked copy; choose another, or replace it with --overwrite" in capsys.readouterr().err
    assert mask("run", plan, *ends, "--key-file", key, "--overwrite") == 0
    assert "another key" not in capsys.readouterr().err
    key.write_bytes(bytes(range(8, 40)))
    assert mask("run", plan, *ends, "--key-file", key, "--overwrite") == 0
    assert "the former copy was made with another key" in capsys.readouterr().err

    assert store.names("masked") == [
        "_manifest.json",
        "events.jsonl",
        "notes.arrow",
        "orders/2026/one.parquet",
        "orders/2026/two.parquet",
        "people.csv",
    ]
    assert b"firma.de" not in b"".join(store.get(f"masked/{name}") for name in store.names("masked"))
    assert json.loads(store.get("masked/_manifest.json"))["tables"]["orders"]["rows"] == 300
    store.put("masked/_originals.csv", b"x")
    assert mask("verify", plan, *ends) == 1


REFUSED = {
    "{root}/raw {root}/raw/masked": "overlaps the source",
    "{root}/raw {scheme}://no-such-bucket-4711/x": "does not exist; make it first",
    "{root}/nothing {root}/copy": "does not exist",
    "{root}/raw {root}/other": "holds objects that no earlier run put there",
}


@pytest.mark.parametrize("ends", sorted(REFUSED))
def test_what_cannot_be_is_one_sentence(
    ends: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put("other/somebody.txt", b"x")
    plan, key = tmp_path / "plan.yaml", tmp_path / "key"
    key.write_bytes(bytes(range(7, 39)))
    key.chmod(0o600)
    assert mask("classify", f"{store.root}/raw", "--output", plan) == 0
    capsys.readouterr()
    source, target = ends.format(root=store.root, scheme=store.root.partition(":")[0]).split()

    assert mask("run", plan, "--source", source, "--target", target, "--key-file", key) == 2

    said = capsys.readouterr().err
    assert REFUSED[ends] in said
    assert len(said.splitlines()) == 1


def test_an_object_whose_name_leads_out_of_the_copy_is_refused(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if store.root.startswith("gs:"):
        pytest.skip("the emulator tidies such names up")
    import boto3

    client = boto3.session.Session().client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    client.put_object(Bucket=BUCKET, Key="evil/../../../escaped.csv", Body=b"a\n1\n")

    assert mask("classify", f"{store.root}/evil", "--output", tmp_path / "plan.yaml") == 2

    assert ".. in its name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://AKIAKEY:secret4711@bucket/x", "a s3:// URI holds no credentials"),
        ("s3:///x", "names no bucket: write s3://bucket/prefix"),
        ("gs://bucket/a/../b", "is no prefix"),
        ("s3://bucket/_hidden", "lies below a name that begins with _"),
        ("s3://bucket/x?endpoint=http://evil", "is given without ?…"),
    ],
)
def test_an_address_that_is_none_is_explained_without_repeating_secrets(address: str, said: str) -> None:
    with pytest.raises(MaskingError) as refused:
        open_place(address)

    assert said in str(refused.value)
    assert "secret4711" not in str(refused.value)


def test_a_server_that_is_not_there_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "secret4711"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")

    assert mask("classify", "s3://bucket-nowhere/raw", "--output", tmp_path / "plan.yaml") == 2

    said = capsys.readouterr().err
    assert "s3://bucket-nowhere" in said, said
    assert "it cannot be reached" in said
    assert "secret4711" not in said
