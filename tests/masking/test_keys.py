"""Where a key may come from, and that it never comes out again."""

import base64
import copy
import hmac
import os
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking import keys
from dataops_infra.masking.cmac import ColumnCmac
from dataops_infra.masking.ff1 import FF1
from dataops_infra.masking.keys import MasterKey, new_key
from dataops_infra.masking.prf import DomainKey

RAW = bytes(range(200, 232))
HEX, BASE64, URL_SAFE = RAW.hex().encode(), base64.b64encode(RAW), base64.urlsafe_b64encode(RAW)
KEY_ID = "70cc82fabcf56ce7"
SPELLINGS = {
    "raw": RAW,
    "hex": HEX,
    "capital hex": HEX.upper(),
    "base64": BASE64,
    "url-safe base64": URL_SAFE,
    "base64 without its padding": BASE64.rstrip(b"="),
}
ENDS = {"as it is": b"", "newline": b"\n", "carriage return and newline": b"\r\n"}
WRONG = {
    "empty": b"",
    "one byte short": RAW[:-1],
    "two bytes long": RAW + b"xy",
    "63 digits": HEX[:-1],
    "64 other letters": b"g" * 64,
    "two newlines": HEX + b"\n\n",
    "16 bytes in hex": RAW[:15].hex().encode(),
    "31 bytes in base64": base64.b64encode(RAW[:31]),
    "much too long": b"a" * 100_000,
}


ANOTHER = (
    "with another key than the first copy's its joins are lost; only for a first copy make one: openssl rand -hex 32"
)


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "mask.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("content", SPELLINGS.values(), ids=SPELLINGS)
def test_a_file_may_spell_a_key_in_every_usual_way(tmp_path: Path, content: bytes, end: bytes) -> None:
    assert MasterKey.from_file(key_file(tmp_path, content + end)).key_id == KEY_ID


@pytest.mark.parametrize("content", [HEX, BASE64, URL_SAFE, BASE64 + b"\n"])
def test_a_variable_may_spell_a_key_in_every_usual_way(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASK_KEY", content.decode())
    assert MasterKey.from_environment("MASK_KEY").key_id == KEY_ID


def test_raw_bytes_that_end_like_a_line_are_taken_whole(tmp_path: Path) -> None:
    raw = RAW[:-1] + b"\n"
    assert MasterKey.from_file(key_file(tmp_path, raw)).key_id == MasterKey(raw).key_id


def test_a_new_key_is_one() -> None:
    first, second = new_key(), new_key()
    assert first != second
    assert len(bytes.fromhex(first)) == keys.KEY_BYTES


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_file_that_holds_something_else_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = key_file(tmp_path, content)
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_file(path)
    assert str(refusal.value) == (
        f"key file {path} holds no masking key, which is 32 bytes: raw, as 64 hex digits or as base64; "
        "make one with: openssl rand -hex 32"
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, HEX, mode)
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_file(path)
    assert str(refusal.value) == f"key file {path} may be read by others: chmod 600 {path}"


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_of_its_owner_is_taken(tmp_path: Path, mode: int) -> None:
    assert MasterKey.from_file(key_file(tmp_path, HEX, mode)).key_id == KEY_ID


def test_a_pipe_is_taken() -> None:
    # `--key-file <(vault kv get …)`: a pipe belongs to the processes that hold it.
    reading, writing = os.pipe()
    os.write(writing, HEX)
    os.close(writing)
    try:
        assert MasterKey.from_file(Path(f"/dev/fd/{reading}")).key_id == KEY_ID
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("place", "reason"), [("missing.key", "No such file or directory"), (".", "Is a directory")], ids=["none", "folder"]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, place: str, reason: str) -> None:
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_file(tmp_path / place)
    assert str(refusal.value) == (
        f"key file {tmp_path / place} cannot be read ({reason}): give the file that holds the key; {ANOTHER}"
    )


@pytest.mark.parametrize(("value", "said"), [(None, "not set"), ("", "empty")], ids=["none", "empty"])
def test_a_variable_without_a_value_is_refused(value: str | None, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASK_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MASK_KEY", value)
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_environment("MASK_KEY")
    assert str(refusal.value) == (f"environment variable MASK_KEY is {said}: give it the masking key; {ANOTHER}")


def test_a_variable_that_holds_something_else_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASK_KEY", "correct horse")
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_environment("MASK_KEY")
    assert str(refusal.value).startswith("environment variable MASK_KEY holds no masking key, which is 32 bytes: raw")
    assert "horse" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"0" * 64, "one value"),
        (b"ab" * 32, "one value"),
        (b"k" * 32, "one value"),
        (b"deadbeef" * 8, "4 different values"),
        (b"0123456789ab" * 5 + b"0123", "6 different values"),
    ],
    ids=["zeros", "one byte", "raw", "deadbeef", "counted"],
)
def test_a_key_that_anybody_can_guess_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = key_file(tmp_path, content)
    with pytest.raises(MaskingError) as refusal:
        MasterKey.from_file(path)
    assert str(refusal.value) == (
        f"key file {path} holds a key whose 32 bytes have only {said}, which anybody can guess: "
        "make one with: openssl rand -hex 32"
    )


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_bytes_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(MaskingError) as refusal:
        MasterKey(b"k" * length)
    assert str(refusal.value) == (
        f"a masking key has 32 bytes, and this one has {length}: make one with: openssl rand -hex 32"
    )


def test_a_sub_key_is_what_the_design_says() -> None:
    raw = hmac.digest(RAW, b"mask/v1/customers.email", "sha256")
    values = pa.array(["ann@example.org"])
    assert MasterKey(RAW).domain("customers.email").cmac(values).tolist() == ColumnCmac(raw).of(values).tolist()


def test_no_domain_shares_anything_with_the_key_id() -> None:
    assert MasterKey(RAW).key_id == hmac.digest(RAW, b"mask/key-id/v1", "sha256").hex()[:16] == KEY_ID
    assert not keys.KEY_ID_LABEL.startswith(keys.DOMAIN_LABEL)


def test_a_domain_may_bear_any_name_a_file_has() -> None:
    values = pa.array(["a"])
    names = ["", "Ünïcode", "\udce9", "a\0b"]
    assert len({MasterKey(RAW).domain(name).cmac(values).tobytes() for name in names}) == len(names)


SEALED: dict[str, Callable[[], object]] = {
    "master": lambda: MasterKey(RAW),
    "domain": lambda: MasterKey(RAW).domain("customers"),
    "sub": lambda: MasterKey(RAW).domain("customers").sub("known"),
    "cmac": lambda: ColumnCmac(RAW),
    "ff1": lambda: FF1(RAW, 10, 15),
}
SHOWN = {
    "master": f"MasterKey(key_id='{KEY_ID}')",
    "domain": "DomainKey('customers')",
    "sub": "DomainKey('customers/known')",
    "cmac": "ColumnCmac()",
    "ff1": "FF1(radix=10, length=15)",
}


@pytest.mark.parametrize("name", SEALED)
def test_nothing_that_holds_a_key_can_be_printed(name: str) -> None:
    sealed = SEALED[name]()
    assert repr(sealed) == str(sealed) == f"{sealed}" == SHOWN[name]
    assert not hasattr(sealed, "__dict__")


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_that_holds_a_key_can_be_pickled(name: str, protocol: int) -> None:
    with pytest.raises(TypeError, match="is never pickled: hand over where the key is kept, not the key"):
        pickle.dumps(SEALED[name](), protocol)


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_nothing_that_holds_a_key_can_be_copied(name: str, duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="is never pickled"):
        duplicate(SEALED[name]())


def test_errors_below_a_key_show_none_of_it() -> None:
    key = DomainKey(RAW, "customers")
    try:
        key.cmac(pa.array([1]))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not show the key
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert RAW.hex() not in shown
    assert repr(RAW)[2:20] not in shown
    assert "DomainKey('customers')" in shown
