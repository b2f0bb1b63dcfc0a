"""Values that files may hold and libraries stumble over: one sentence, and no value in it."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.exceptions import PanicException

from dataops_infra.cli import main
from dataops_infra.masking import run as run_module
from tests.support.masked_runs import KEY_BYTES, write_plan

CUT = b"ZQSECRET \xc3"


def texts(value: bytes, rows: int = 100) -> pa.Array:
    ends = np.arange(0, len(value) * rows + 1, len(value), dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(ends), pa.py_buffer(value * rows)])


class Place:
    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self.source, self.target, self._capfd = folder, folder / "source", folder / "masked", capfd
        self.source.mkdir()
        (folder / "k").write_text(KEY_BYTES.hex())
        (folder / "k").chmod(0o600)

    def write(self, **columns: pa.Array) -> Path:
        pq.write_table(pa.table(columns), self.source / "p.parquet")
        return write_plan(self.folder / "plan.yaml", self.source)

    def call(self, *words: str | Path) -> tuple[int | str | None, str]:
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
        shown = self._capfd.readouterr()
        return ended.value.code, shown.out + shown.err

    def run(self, plan: Path, *more: str) -> tuple[int | str | None, str]:
        key = ("--key-file", self.folder / "k")
        return self.call(*more, "mask", "run", plan, "--source", self.source, "--target", self.target, *key)


@pytest.fixture
def place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capfd)


@pytest.mark.parametrize(
    "value", [CUT, b"ZQSECRET\xe9 M\xfcller, Stra\xdfe 5", b"\xff ZQSECRET 1980", b"M\xfcller"], ids=repr
)
def test_text_that_is_not_utf8_is_refused_by_every_command(place: Place, value: bytes) -> None:
    plan = place.write(name=texts(value))
    said = {
        "classify": place.call("mask", "classify", place.source, "--output", place.folder / "new.yaml"),
        "run": place.run(plan),
    }
    place.target.mkdir()
    pq.write_table(pa.table({"name": texts(value)}), place.target / "p.parquet")
    said["verify"] = place.call("mask", "verify", plan, "--source", place.source, "--target", place.target)
    for command, (code, shown) in said.items():
        assert code == 2, command
        assert "p.parquet: column name holds values that are not what its type says, such as text" in shown, command
        assert "SECRET" not in shown.upper()
        assert "Traceback" not in shown


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**31 - 5] * 50, pa.date32()),
        pa.array([2**62] * 50, pa.timestamp("us")),
        pa.array([2**62] * 50, pa.date64()),
    ],
    ids=["days", "moments", "milliseconds"],
)
def test_dates_beyond_those_of_python_are_masked_or_refused_without_their_value(place: Place, values: pa.Array) -> None:
    plan = place.write(name=pa.array([f"person {n}" for n in range(50)]), when=values)
    code, shown = place.run(plan)
    assert "2147483643" not in shown
    assert str(2**62) not in shown
    assert "a mistake in dataops" not in shown
    assert code == 0
    assert place.call("mask", "classify", place.source, "--output", place.folder / "new.yaml")[0] == 0


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=str)
@pytest.mark.parametrize("error", [ValueError("ZQSECRET"), PanicException("ZQSECRET")], ids=["error", "panic"])
def test_text_of_a_library_is_never_shown(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: BaseException, debug: tuple[str, ...]
) -> None:
    plan = place.write(name=pa.array(["a", "b"]), born=pa.array([dt.date(1990, 1, 1)] * 2))

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(run_module, "judge", fail)
    code, shown = place.run(plan, *debug)
    assert code == 2
    assert f"a mistake in dataops itself ({type(error).__name__})" in shown
    assert "SECRET" not in shown
    assert ("in fail" in shown) == bool(debug)
