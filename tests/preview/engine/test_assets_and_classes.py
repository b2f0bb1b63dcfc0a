"""Hashes of assets and archives, and what SDK classes say of a type."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pulumi
import pytest

import dataops_infra
from dataops_infra.preview.engine.assets import hash_assets
from dataops_infra.preview.engine.classes import UNKNOWN_SHAPE, SdkClasses
from dataops_infra.preview.engine.frames import UserCode, _editable_folders
from dataops_infra.preview.engine.records import EngineFailure
from dataops_infra.preview.engine.values import ARCHIVE_SIGNATURE, ASSET_SIGNATURE, SIGNATURE_KEY


def asset(**content: str) -> dict[str, Any]:
    return {SIGNATURE_KEY: ASSET_SIGNATURE, **content}


def archive(**content: Any) -> dict[str, Any]:
    return {SIGNATURE_KEY: ARCHIVE_SIGNATURE, **content}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tar_of(*members: tuple[str, bytes]) -> bytes:
    """What Go's tar writer makes, built by Python's: only the device numbers of the header differ."""
    written = b""
    for name, content in members:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        header = bytearray(info.tobuf(tarfile.USTAR_FORMAT)[:512])
        header[329:337] = header[337:345] = b"0000000\0"
        header[148:156] = b" " * 8
        header[148:156] = f"{sum(header):06o}\0 ".encode()
        written += bytes(header) + content + bytes(-len(content) % 512)
    return written + bytes(1024)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name, text in {"b.txt": "b", "a/x.txt": "x", "a.txt": "a", ".pulumi/state": "no"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "link").symlink_to(root / "a")
    return root


def test_assets_are_hashed_by_content(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"id\n")

    hashed = hash_assets([asset(text="a"), asset(path=str(tmp_path / "f.csv")), asset(text="")], "source")

    assert [item["hash"] for item in hashed] == [digest(b"a"), digest(b"id\n"), digest(b"")]


def test_a_folder_is_hashed_as_the_tar_the_engine_writes(folder: Path) -> None:
    # Names in the order of each folder; bookkeeping and links to folders left out.
    expected = tar_of(("a/x.txt", b"x"), ("a.txt", b"a"), ("b.txt", b"b"))

    assert hash_assets(archive(path=str(folder)), "source")["hash"] == digest(expected)


def test_an_archive_file_is_hashed_as_it_is_and_unpacked_inside_another(folder: Path, tmp_path: Path) -> None:
    zipped, tarred = tmp_path / "z.zip", tmp_path / "t.tar.gz"
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("in/", "")
        file.writestr("in/z.txt", "z")
    with tarfile.open(tarred, "w:gz") as packed:
        info = tarfile.TarInfo("t.txt")
        info.size = 1
        packed.addfile(info, io.BytesIO(b"t"))
        packed.addfile(tarfile.TarInfo("empty"), None)
        folder_info = tarfile.TarInfo("dir")
        folder_info.type = tarfile.DIRTYPE
        packed.addfile(folder_info)

    assert hash_assets(archive(path=str(zipped)), "source")["hash"] == digest(zipped.read_bytes())
    both = archive(assets={"t": archive(path=str(tarred)), "a": archive(path=str(zipped)), "b": asset(text="b")})
    expected = tar_of(("a/in/z.txt", b"z"), ("b", b"b"), ("t/t.txt", b"t"), ("t/empty", b""))
    hashed = hash_assets(both, "source")
    assert hashed["hash"] == digest(expected)
    assert hashed["assets"]["b"]["hash"] == digest(b"b")


def test_an_empty_archive_and_long_names_have_a_hash() -> None:
    assert hash_assets(archive(assets={}), "s")["hash"] == digest(bytes(1024))
    long = "d" * 60 + "/" + "f" * 60
    assert hash_assets(archive(assets={long: asset(text="x")}), "s")["hash"] == digest(tar_of((long, b"x")))


def test_what_has_a_hash_or_holds_no_asset_stays_the_same_object() -> None:
    for value in ({"a": [1.0, {"b": "c"}]}, asset(hash="known", path="gone"), "text"):
        assert hash_assets(value, "s") is value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (asset(path="/nowhere/f.csv"), "failed to open asset file '/nowhere/f.csv': open /nowhere/f.csv: no such file"),
        (asset(uri="https://e.org/f"), "https://e.org/f would have to be fetched, and a preview here uses no network"),
        (archive(uri="https://e.org/a.zip"), "https://e.org/a.zip would have to be fetched"),
        (archive(path="/nowhere"), "failed to open asset file '/nowhere'"),
    ],
)
def test_what_cannot_be_read_names_the_property_and_the_file(value: Any, message: str) -> None:
    with pytest.raises(EngineFailure) as raised:
        hash_assets({"deep": [value]}, "source")

    assert raised.value.kind == "asset"
    assert str(raised.value).startswith('failed to compute asset hash for "source": ')
    assert message in str(raised.value)


class SiteArgs:
    def __init__(self, *, location: pulumi.Input[str], size: pulumi.Input[int] | None = None, region: str = "") -> None:
        """Arguments as generated SDKs declare them."""

    @property
    @pulumi.getter(name="siteLocation")
    def location(self) -> str:
        return ""

    @property
    @pulumi.getter
    def size(self) -> str:
        return ""

    @property
    @pulumi.getter
    def region(self) -> str:
        return ""


class Site(pulumi.CustomResource):
    pulumi_type = "test:index:Site"

    @property
    @pulumi.getter(name="siteLocation")
    def location(self) -> "pulumi.Output[str]":
        raise NotImplementedError

    @property
    @pulumi.getter
    def size(self) -> pulumi.Output[int]:
        raise NotImplementedError

    @property
    @pulumi.getter
    def region(self) -> pulumi.Output[str]:
        raise NotImplementedError

    @property
    @pulumi.getter(name="theArn")
    def arn(self) -> pulumi.Output[str]:
        raise NotImplementedError

    @property
    @pulumi.getter
    def note(self) -> pulumi.Output[str | None]:
        raise NotImplementedError

    @property
    @pulumi.getter
    def text(self) -> "pulumi.Output[Optional[str]]":  # type: ignore[name-defined]  # noqa: F821
        raise NotImplementedError


class Bare(pulumi.CustomResource):
    pulumi_type = "test:index:Bare"

    @property
    @pulumi.getter
    def arn(self) -> pulumi.Output[str]:
        raise NotImplementedError


def test_a_class_says_its_computed_outputs_and_required_inputs() -> None:
    shape = SdkClasses().shape("test:index:Site")

    assert shape.outputs == {"region", "theArn"}
    assert shape.required == (("siteLocation", "location"),)


def test_a_class_without_arguments_requires_nothing() -> None:
    assert SdkClasses().shape("test:index:Bare").outputs == {"arn"}
    assert SdkClasses().shape("test:index:Bare").required == ()


def test_a_type_without_a_class_says_nothing_until_one_is_there() -> None:
    classes = SdkClasses()

    assert classes.shape("test:index:Later") is UNKNOWN_SHAPE
    assert classes.shape("test:index:Later") is UNKNOWN_SHAPE


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("/project/infra/__main__.py", True),
        ("/project/infra/.venv/lib/python3.11/site-packages/pulumi/resource.py", False),
        ("/usr/lib/python3/dist-packages/six.py", False),
        ("/shared/team/parts.py", True),
        (pulumi.__file__, False),
        ("/work/shared-parts/parts.py", False),
        ("/work/shared-parts-of-ours/parts.py", True),
        (dataops_infra.__file__, False),
        (io.__file__, False),
        ("<frozen runpy>", False),
        ("", False),
    ],
)
def test_the_users_files_are_told_from_libraries(path: str, owned: bool) -> None:
    assert UserCode([Path("/project")], ["/work/shared-parts"]).owns(path) is owned


def test_code_of_the_programs_own_repository_is_the_users_though_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    user_code = UserCode([tmp_path / "stacks" / "lake"], [str(tmp_path), str(tmp_path / "libs")])

    assert user_code.owns(str(tmp_path / "libs" / "parts.py"))
    assert not user_code.owns(str(tmp_path / ".venv/lib/python3.11/site-packages/six.py"))


def test_this_library_is_installed_in_editable_form_here_and_not_the_users() -> None:
    assert str(Path(dataops_infra.__file__).parents[1]) in _editable_folders()
    assert not UserCode([Path(dataops_infra.__file__).parents[1]]).owns(dataops_infra.__file__)
