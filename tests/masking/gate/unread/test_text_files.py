"""Text files that hold more than their rows: keys, digits, notes around compressed bytes."""

import gzip
import io
import json
import random
import struct
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.csv import CsvFile
from dataops_infra.masking.gate.unread import text_files
from dataops_infra.masking.gate.unread.text_files import around_compressed
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import mask

EXACT = "1.1234567890123456789012"
LINES: dict[str, tuple[str, str, str, str | None]] = {
    "digits behind a double": ("1.5", '"n":1.5', '"n":1.500000000000000000000000004915112345678', "n"),
    "a number beyond doubles": ("1e22", '"n":1e+22', '"n":10000000000000000000007', "n"),
    "another key beside decimals": (EXACT, '"k":1}', '"k":1,"original":"Anna1 Berg"}', None),
    "digits behind a whole number": (EXACT, '"k":1}', '"k":1.000000000000000000004915112345678}', "k"),
    "another key in an object": (EXACT, '"o":{"x":1', '"o":{"z":"Anna1 Berg","x":1', "o"),
    "digits in a list": (EXACT, '"l":[1', '"l":[1.00000000000000000000491', "l[]"),
}


@pytest.mark.parametrize(("number", "old", "new", "column"), LINES.values(), ids=LINES)
def test_what_lines_hold_beyond_their_types_is_refused(
    tmp_path: Path, number: str, old: str, new: str, column: str | None
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = [
        json.dumps({"name": f"Anna{n} Berg", "n": "N", "o": {"x": n % 7}, "l": [n % 7], "k": n % 7}).replace(
            '"N"', number
        )
        for n in range(60)
    ]
    (source / "t.jsonl").write_text("\n".join(rows))
    assert mask(tmp_path, source, {"name": "token"}).is_published
    request = VerifyRequest(tmp_path / "plan.yaml", source, tmp_path / "masked", date(2026, 1, 1))
    assert verify(request).exit_code == 0

    copy = tmp_path / "masked" / "t.jsonl"
    changed = copy.read_text().replace(" ", "").replace(old, new, 1)
    assert new in changed
    copy.write_text(changed)
    report = verify(request).gate
    assert [(check.name, check.column) for check in report.failed] == [("unread-values", column)]
    assert "Anna" not in repr(report)


def gzipped(data: bytes, name: str = "", comment: bytes = b"", extra: bytes = b"") -> bytes:
    """As gzip writes it, with what may stand in front of it."""
    file = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=file) as opened:
        opened.write(data)
    found = bytearray(file.getvalue())
    end = 10 + (len(name) + 1 if name else 0)
    if comment:
        found[3] |= 16
        found[end:end] = comment + b"\0"
    if extra:
        found[3] |= 4
        found[10:10] = struct.pack("<H", len(extra)) + extra
    return bytes(found)


def zipped(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


def skipped(data: bytes) -> bytes:
    return struct.pack("<II", 0x184D2A53, len(data)) + data


TEXT = b"name,k\nmasked,1\n"
LARGE = b"name,k\n" + b"".join(f"{random.Random(n).random()},{n}\n".encode() for n in range(60_000))
COMPRESSED: dict[str, tuple[str, Callable[[], bytes], list[str]]] = {
    "gzip": ("t.csv.gz", lambda: gzipped(TEXT), []),
    "its own name": ("t.csv.gz", lambda: gzipped(TEXT, "t.csv"), []),
    "large": ("t.csv.gz", lambda: gzipped(LARGE), []),
    "two members": ("t.csv.gz", lambda: gzipped(TEXT) + gzipped(b"other,2\n"), []),
    "a name": ("t.csv.gz", lambda: gzipped(TEXT, "Anna Berg.csv"), ["Anna Berg.csv"]),
    "a comment": ("t.csv.gz", lambda: gzipped(TEXT, "t.csv", b"Anna Berg"), ["Anna Berg"]),
    "extra bytes": ("t.csv.gz", lambda: gzipped(TEXT, "t.csv", b"", b"Anna Berg"), ["Anna Berg"]),
    "a name in a second member": ("t.csv.gz", lambda: gzipped(LARGE) + gzipped(b"", "Anna Berg"), ["Anna Berg"]),
    "zstandard": ("t.csv.zst", lambda: zipped(TEXT), []),
    "nothing in zstandard": ("t.csv.zst", lambda: zipped(TEXT) + zipped(b""), []),
    "large zstandard": ("t.csv.zst", lambda: zipped(LARGE) + zipped(b"\n" * 400_000), []),
    "a frame in front": ("t.csv.zst", lambda: skipped(b"Anna Berg") + zipped(TEXT), ["Anna Berg"]),
    "a frame behind": ("t.csv.zst", lambda: zipped(LARGE) + skipped(b"Anna Berg"), ["Anna Berg"]),
    "plain": ("t.csv", lambda: TEXT, []),
}


@pytest.mark.parametrize(("name", "make", "expected"), COMPRESSED.values(), ids=COMPRESSED)
def test_notes_around_compressed_bytes_are_found(
    tmp_path: Path, name: str, make: Callable[[], bytes], expected: list[str]
) -> None:
    (tmp_path / name).write_bytes(make())
    file = CsvFile(tmp_path / name)
    assert sum(batch.num_rows for batch in file.batches()) >= 1
    assert [value for found in around_compressed(file) for value in found.values] == expected


def test_what_little_gzip_makes_much_of_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "_STEP", 1000)
    (tmp_path / "t.csv.gz").write_bytes(gzipped(b"a\n" + b"x\n" * 500_000) + gzipped(b"y\n", "Anna Berg"))
    made: list[int] = []
    start = zlib.decompressobj

    class Noted:
        def __init__(self, wbits: int) -> None:
            self._member = start(wbits)

        def decompress(self, data: bytes, most: int) -> bytes:
            made.append(len(found := self._member.decompress(data, most)))
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self._member, name)

    monkeypatch.setattr(zlib, "decompressobj", Noted)
    file = CsvFile(tmp_path / "t.csv.gz")
    assert [value for found in around_compressed(file) for value in found.values] == ["Anna Berg"]
    assert (max(made), sum(made)) == (1000, 1_000_004)


CUT = {
    "a member without end": ("t.csv.gz", lambda: gzipped(TEXT)[:-9]),
    "no second member": ("t.csv.gz", lambda: gzipped(TEXT) + b"Anna Berg, no member"),
    "no frame": ("t.csv.zst", lambda: zipped(TEXT) + b"Anna"),
    "a frame without end": ("t.csv.zst", lambda: zipped(TEXT) + zipped(TEXT)[:7]),
}


@pytest.mark.parametrize(("name", "make"), CUT.values(), ids=CUT)
def test_damaged_files_are_named(tmp_path: Path, name: str, make: Callable[[], bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(gzipped(TEXT) if name.endswith("gz") else zipped(TEXT))
    file = CsvFile(path)
    path.write_bytes(make())
    with pytest.raises(MaskingError, match=r"t\.csv\.(gz|zst) cannot be read as CSV"):
        list(around_compressed(file))
