"""Reading an export, or saying in one sentence what else a file is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.audit.exported import ExportError, read_export
from tests.audit.states import BUCKET, bucket, shown_secret, state, urn, write

LIMIT = 1024 * 1024
HOW = "make one with `pulumi stack export --file state.json`"
EXPORT = json.dumps(state(bucket()), indent=4)
HALF = "half a character (a lone surrogate such as \\ud800); mend what wrote it"
CUT, LINE_END = EXPORT[:500].encode(), b"\n"


def refused(path: Path, limit: int = LIMIT) -> str:
    with pytest.raises(ExportError) as caught:
        read_export(path, limit)
    return str(caught.value)


def with_resources(*resources: Any) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": list(resources)}})


CONTENTS: dict[str, tuple[bytes, str]] = {
    "empty": (b" \n", f"is empty; {HOW}"),
    "gzip": (gzip.compress(b"{}"), "is compressed with gzip; unpack it with gunzip first"),
    "zip": (b"PK\x03\x04rest", "is a zip archive; unpack it first"),
    "zstd": (b"\x28\xb5\x2f\xfdrest", "is compressed with zstd; unpack it first"),
    "bzip2": (b"BZh91AY", "is compressed with bzip2; unpack it first"),
    "xz": (b"\xfd7zXZ\x00rest", "is compressed with xz; unpack it first"),
    "gpg armoured": (
        b"-----BEGIN PGP MESSAGE-----\n",
        "is encrypted with OpenPGP; decrypt it with `gpg --decrypt` first",
    ),
    "gpg": (b"\x85\x01\x0c\x03", "looks encrypted with OpenPGP; decrypt it with `gpg --decrypt` first"),
    "age": (b"age-encryption.org/v1\n", "is encrypted with age; decrypt it with `age --decrypt` first"),
    "age armoured": (
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        "is encrypted with age; decrypt it with `age --decrypt` first",
    ),
    "openssl": (b"Salted__abc", "is encrypted with openssl; decrypt it first"),
    "vault": (b"$ANSIBLE_VAULT;1.1", "is encrypted with Ansible Vault; decrypt it first"),
    "sops": (b'{"data": "ENC[x]", "sops": {}}', "is encrypted with SOPS; decrypt it with `sops --decrypt` first"),
    "binary": (b"\xe9\xf1\x80abc", f"is no text, so no exported stack; {HOW}"),
    "yaml": (b"version: 3\n", f"is not JSON (line 1, column 1: Expecting value); {HOW}"),
    "truncated": (CUT, f"ends in the middle, on line {CUT.count(LINE_END) + 1}; export the stack again"),
    "truncated in a text": (b'{"version": 3, "deploy', "ends in the middle, on line 1; export the stack again"),
    "deep": (b"[" * 100_000, f"is nested too deeply to be an exported stack; {HOW}"),
    "nan": (b'{"version": NaN}', f"holds a number that no export has; {HOW}"),
    "long number": (b"9" * 5000, f"holds a number that no export has; {HOW}"),
    "list": (b"[]", f"is JSON but no exported stack: an object was expected; {HOW}"),
    "object": (b"{}", f"is JSON but no exported stack: it has no `deployment`; {HOW}"),
    "no checkpoint": (b'{"checkpoint": 1}', f"is JSON but no exported stack: it has no `deployment`; {HOW}"),
    "terraform": (b'{"terraform_version": "1.9"}', f"is a Terraform state, not an exported Pulumi stack; {HOW}"),
    "report": (b'{"schema": "dataops.preview/v1"}', f"is a report of dataops, not an exported stack; {HOW}"),
    "preview": (b'{"steps": []}', f"is the output of `pulumi preview --json`, not an exported stack; {HOW}"),
    "version 2": (
        b'{"version": 2, "deployment": {}}',
        "is a deployment of version 2, and versions 3 and 4 can be judged; export it again with a current Pulumi CLI",
    ),
    "no version": (
        b'{"deployment": {}}',
        "is a deployment of no version, and versions 3 and 4 can be judged; export it again with a current Pulumi CLI",
    ),
    **{
        f"version {version}": (
            b'{"version": %s, "deployment": {}}' % version.encode(),
            f"is a deployment of a version that is no whole number, {version}, and versions 3 and 4 can be judged;"
            " export it again with a current Pulumi CLI",
        )
        for version in ('"3"', "3.0", "true")
    },
    "features": (
        b'{"version": 4, "features": ["views", "byteString"], "deployment": {}}',
        "uses what this version cannot judge (byteString); update dataops-infra",
    ),
    "resources": (
        b'{"version": 3, "deployment": {"resources": {}}}',
        "is damaged: its `resources` are no list; export the stack again",
    ),
    "resource": (with_resources(1).encode(), "is damaged: resource 1 is no object; export the stack again"),
    "urn": (
        with_resources(bucket(), {"urn": "b"}).encode(),
        "is damaged: resource 2 has no valid URN; export the stack again",
    ),
    "type": (
        with_resources({"urn": urn(BUCKET, "b")}).encode(),
        "is damaged: resource 1 has no type; export the stack again",
    ),
    "inputs": (
        with_resources(bucket(inputs=[1])).encode(),
        "is damaged: resource 1 has inputs that are no object; export the stack again",
    ),
    "secret outputs": (
        with_resources(bucket(), bucket(outputs=shown_secret({"arn": "a"}))).encode(),
        "is damaged: resource 2 has outputs that are one secret as a whole, not properties; export the stack again",
    ),
    "half a character": (
        with_resources(bucket(), bucket(inputs={"a": "\ud800"})).encode(),
        f"is damaged: resource 2 holds {HALF}",
    ),
    "half a character as a key": (
        with_resources(bucket(inputs={"\udfff": "a"})).encode(),
        f"is damaged: resource 1 holds {HALF}",
    ),
    "half a character elsewhere": (
        b'{"version": 3, "checkpoint": {"stack": "\\ud800", "latest": {}}}',
        f"is damaged: it holds {HALF}",
    ),
    "two stacks": (
        with_resources(bucket(), bucket(stack="prod"), bucket(stack="prod")).encode(),
        "holds two stacks (dev, prod); export each into a file of its own",
    ),
    "many stacks": (
        with_resources(*(bucket(stack=name * 70) for name in "abcde")).encode(),
        f"holds 5 stacks ({', '.join(name * 60 for name in 'abcd')}); export each into a file of its own",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), CONTENTS.values(), ids=CONTENTS.keys())
def test_what_is_no_export_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    assert refused(path) == sentence


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere") == (
        "cannot be read (No such file or directory); name a file that this user may read"
    )
    assert refused(tmp_path) == "cannot be read (Is a directory); name a file that this user may read"


def test_size_is_limited_before_anything_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1024**4)  # sparse: no disk holds it, and no memory would
    assert refused(path) == "is larger than 1 MiB; raise the limit with --max-size if it is a real export"
    whole = write(tmp_path / "whole.json", state(bucket()))
    assert read_export(whole, whole.stat().st_size).stack == "dev"
    assert "is larger than" in refused(whole, whole.stat().st_size - 1)


def test_export_tells_names_lines_and_digest(tmp_path: Path) -> None:
    document = state(bucket("a"), bucket("b"), pending_operations=[{"type": "creating"}])
    path = write(tmp_path / "s.json", document)
    export = read_export(path, LIMIT)
    assert (export.project, export.stack, export.pending_operations) == ("shop", "dev", 1)
    assert [r["urn"].rpartition("::")[2] for r in export.resources] == ["shop-dev", "default", "a", "b"]
    lines = path.read_text().splitlines()
    assert {lines[line - 1].strip() for line in export.lines.values()} == {
        f'"urn": "{resource["urn"]}",' for resource in export.resources
    }
    assert len(export.digest) == 64


def test_lines_are_of_resources_not_of_references_to_them(tmp_path: Path) -> None:
    reference = {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", "urn": urn(BUCKET, "b")}
    path = write(tmp_path / "s.json", state(bucket("a", outputs={"other": reference}), bucket("b")))
    line = read_export(path, LIMIT).lines[urn(BUCKET, "b")]
    assert path.read_text().splitlines()[line - 2].strip() == "{"
    compact = tmp_path / "c.json"
    compact.write_text(json.dumps(state(bucket("a"))))
    assert set(read_export(compact, LIMIT).lines.values()) == {1}


def test_checkpoints_of_a_file_backend_are_read(tmp_path: Path) -> None:
    latest = state(bucket())["deployment"]
    path = write(
        tmp_path / "s.json", {"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": latest}}
    )
    assert [r["type"] for r in read_export(path, LIMIT).resources][-1] == BUCKET
    path = write(tmp_path / "e.json", {"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": None}})
    empty = read_export(path, LIMIT)
    assert (empty.project, empty.stack, empty.resources) == ("shop", "dev", ())


def test_version_four_and_other_encodings_are_read(tmp_path: Path) -> None:
    four = {**state(bucket()), "version": 4, "features": ["views", "hooks"]}
    assert read_export(write(tmp_path / "4.json", four), LIMIT).stack == "dev"
    for encoding in ("utf-16", "utf-8-sig"):
        path = tmp_path / encoding
        path.write_text(EXPORT, encoding=encoding)
        assert read_export(path, LIMIT).project == "shop"


def test_several_projects_in_one_stack_are_called_multiple(tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", state(bucket(), bucket(project="zoo")))
    export = read_export(path, LIMIT)
    assert (export.project, export.stack) == ("multiple", "dev")


def test_whole_characters_are_fine_however_they_are_spelt(tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", state(bucket(inputs={"a": "\U0001f600"})))
    assert "\\ud83d\\ude00" in path.read_text()
    assert read_export(path, LIMIT).resources[2]["inputs"] == {"a": "\U0001f600"}


@pytest.mark.parametrize(("mebibytes", "shown"), [(0.001, "0.001"), (0.0015, "0.0015"), (2.5, "2.5"), (64, "64")])
def test_the_limit_is_told_as_it_was_given(tmp_path: Path, mebibytes: float, shown: str) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1024**3)
    assert refused(path, round(mebibytes * LIMIT)).startswith(f"is larger than {shown} MiB;")


def test_empty_deployment_has_no_names(tmp_path: Path) -> None:
    export = read_export(write(tmp_path / "s.json", {"version": 3, "deployment": {}}), LIMIT)
    assert (export.project, export.stack, export.resources, dict(export.lines)) == ("", "", (), {})


@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_an_export_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "state.json"
    path.write_bytes(content)
    sentence = refused(path)
    assert "\n" not in sentence
    assert ";" in sentence


@given(st.integers(min_value=1, max_value=len(EXPORT) - 1))
def test_any_beginning_of_an_export_is_one_sentence(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "state.json"
    path.write_text(EXPORT[:length])
    assert refused(path).startswith("ends in the middle")
