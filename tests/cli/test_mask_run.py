"""``dataops mask run`` as a person and a CI job meet it."""

import base64
import io
import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from dataops_infra.cli import main
from dataops_infra.cli.mask import installed
from dataops_infra.cli.mask import run as command_module
from dataops_infra.cli.mask.summary import draw_preview
from dataops_infra.masking.places import open_place
from dataops_infra.masking.run import Preview
from tests.support.cli import command, environment
from tests.support.masked_runs import KEY_BYTES, write_people, write_plan

PLANTED = ("planted.example", "Plantedville", "planted note")


class Place:
    """A folder with a source, a plan and a key."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.source, self.target = folder, write_people(folder / "source"), folder / "masked"
        self.plan, self.key = write_plan(folder / "plan.yaml", self.source), folder / "mask.key"
        self.key.write_text(KEY_BYTES.hex())
        self.key.chmod(0o600)

    def words(self, *more: str | Path, key: bool = True) -> list[str]:
        given = ["mask", "run", self.plan, "--source", self.source, "--target", self.target]
        return list(map(str, [*given, *(["--key-file", self.key] if key else []), *more]))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Place(tmp_path)


@pytest.fixture
def dataops(capsys: pytest.CaptureFixture[str]) -> "Dataops":
    return Dataops(capsys)


class Dataops:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, words: list[str]) -> tuple[int | str | None, str, str]:
        try:
            main(words)
            code: int | str | None = None
        except SystemExit as ended:
            code = ended.code
        out, err = self._capsys.readouterr()
        return code, out, err


def refuse_all(place: Place) -> None:
    """A plan that keeps a column of addresses, which the gate refuses."""
    text = place.plan.read_text().replace("operator: token", "operator: keep")
    place.plan.write_text(text)


def test_summary_fits_a_screen_and_says_where(place: Place, dataops: Dataops) -> None:
    code, out, err = dataops(place.words())
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["table", "rows", "columns"]
    assert lines[1].split() == ["customers", "300", "1", "keep,", "3", "token"]
    assert any(line.startswith("masked   600 rows in ") and line.endswith(" rows/s") for line in lines)
    assert any(line.startswith("gate     passed, ") for line in lines)
    assert f"copy     {place.target}" in lines
    assert len(lines) < 24


def test_json_holds_the_manifest(place: Place, dataops: Dataops) -> None:
    code, out, _err = dataops(place.words("--format", "json", "--as-of", "2026-11-22", "--threads", "2"))
    document = json.loads(out)
    assert code == 0
    assert document["manifest"] == json.loads((place.target / "_manifest.json").read_text())
    assert (document["published"], document["asOf"], document["target"]) == (True, "2026-11-22", str(place.target))


def test_refusal_exits_with_1_and_publishes_nothing(place: Place, dataops: Dataops) -> None:
    refuse_all(place)
    code, out, _err = dataops(place.words("--report", str(place.folder / "report.html")))
    assert code == 1
    assert "gate     REFUSED" in out
    assert "customers.email" in out
    assert not place.target.exists()
    assert not [word for word in PLANTED if word in out + (place.folder / "report.html").read_text()]


def test_report_is_a_page(place: Place, dataops: Dataops) -> None:
    dataops(place.words("--report", str(place.folder / "report.html")))
    page = (place.folder / "report.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "customers" in page


def test_preview_shows_both_sides_and_writes_nothing(place: Place, dataops: Dataops) -> None:
    code, out, _err = dataops(place.words("--preview", "2"))
    assert code == 0
    assert "person1@planted.example" in out
    assert "before" in out
    assert "after" in out
    assert not place.target.exists()


def test_preview_keeps_both_values_of_a_row_on_one_line() -> None:
    before = pa.table({"id": [1, 2], "note": ["a text of several words that is cut", None]})
    after = pa.table({"id": [7, 8], "note": ["another text of several words", None]})
    console = Console(file=io.StringIO(), width=60, record=True)
    console.print(draw_preview(Preview("tickets", before, after), 60))
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in console.export_text().splitlines()]
    assert [row for row in cells if row] == [
        ["id", "1", "7"],
        ["", "2", "8"],
        ["note", "a text of several wor…", "another text of sever…"],
        ["", "∅", "∅"],
    ]


def test_preview_shows_where_long_values_differ() -> None:
    beginning = "a text that begins alike on both sides and says who calls: "
    before = pa.table({"note": [f"{beginning}Ann Lee", f"{beginning}nobody", "short"]})
    after = pa.table({"note": [f"{beginning}Bo Wu", f"{beginning}nobody", "short"]})
    console = Console(file=io.StringIO(), width=60, record=True)
    console.print(draw_preview(Preview("tickets", before, after), 60))
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in console.export_text().splitlines()]
    assert [row for row in cells if row] == [
        ["note", "…calls: Ann Lee", "…calls: Bo Wu"],
        ["", "a text that begins al…", "a text that begins al…"],
        ["", "short", "short"],
    ]


def test_preview_is_for_people_and_has_no_json(place: Place, dataops: Dataops) -> None:
    code, out, err = dataops(place.words("--preview", "2", "--format", "json"))
    assert (code, out) == (2, "")
    assert err == "dataops: --format: expected text with --preview, which is for people to look at, got 'json'\n"
    code, out, err = dataops(place.words("--preview", "2", "--report", "gate.html"))
    assert (code, out) == (2, "")
    assert err == (
        "dataops: --report: expected a run without --preview, which makes no copy to report on, got 'gate.html'\n"
    )


def test_preview_is_refused_in_ci(place: Place, dataops: Dataops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    code, out, err = dataops(place.words("--preview", "2"))
    assert code == 2
    assert "--preview" in err
    assert "planted" not in out + err


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], "--key-file or --key-env: expected one of the two, got 'neither'"),
        (["--key-file", "KEY", "--key-env", "MASK_KEY"], "got 'both'"),
        (["--key-env", "MASK_KEY_NOT_SET"], "environment variable MASK_KEY_NOT_SET is not set: give it the mask"),
    ],
    ids=["neither", "both", "not-set"],
)
def test_one_key_is_needed(place: Place, dataops: Dataops, more: list[str], expected: str) -> None:
    code, _out, err = dataops(place.words(*[str(place.key) if word == "KEY" else word for word in more], key=False))
    assert code == 2
    assert expected in err


def test_key_may_come_from_the_environment(place: Place, dataops: Dataops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASK_KEY", base64.b64encode(KEY_BYTES).decode())
    assert dataops(place.words("--key-env", "MASK_KEY", key=False))[0] == 0


def test_report_does_not_take_the_place_of_the_plan(place: Place, dataops: Dataops) -> None:
    code, _out, err = dataops(place.words("--report", str(place.plan)))
    assert code == 2
    assert "expected a file of its own" in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("source/customers.parquet", "--report: expected a file of its own, outside the data"),
        ("source/report.html", "--report: expected a file of its own, outside the data"),
        ("masked/report.html", "--report: expected a file of its own, outside the data"),
        ("mask.key", "--report: expected a file of its own"),
        ("other.key", "--report: expected a new file, or an earlier report (this is neither: it stays)"),
        ("nodir/report.html", "--report: expected a file in a folder that exists"),
    ],
)
def test_report_takes_the_place_of_nothing_else(place: Place, dataops: Dataops, name: str, said: str) -> None:
    (place.folder / "other.key").write_text("planted")
    path = place.folder / name
    before = path.read_bytes() if path.exists() else None
    code, _out, err = dataops(place.words("--report", str(path)))
    assert code == 2
    assert said in err
    assert (path.read_bytes() if path.exists() else None) == before
    assert not place.target.exists()


def test_report_does_not_take_the_place_of_the_manifest_of_a_file(place: Place, dataops: Dataops) -> None:
    words = ["mask", "run", "plan.yaml", "--source", "customers.csv", "--target", str(place.folder / "out.csv")]
    manifest = place.folder / "out_manifest.json"
    code, _out, err = dataops([*words, "--key-file", str(place.key), "--report", str(manifest)])
    assert code == 2
    assert "--report: expected a file of its own" in err


def test_an_earlier_report_is_replaced(place: Place, dataops: Dataops) -> None:
    report = place.folder / "report.html"
    assert dataops(place.words("--report", report))[0] == 0
    first = report.read_text()
    assert dataops(place.words("--report", report, "--overwrite", "--as-of", "2001-02-03"))[0] == 0
    assert report.read_text() != first


def test_missing_extra_is_one_sentence(place: Place, dataops: Dataops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda name: None if name == "polars" else object())
    code, _out, err = dataops(place.words())
    assert code == 2
    assert err == (
        'dataops: masking needs polars, which this environment lacks: pip install "dataops-infra[masking]"\n'
    )


def test_bar_tells_rows_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), force_terminal=True, width=100)
    with command_module._bar(console) as bar:
        bar.advance(1)
        bar.begin("Learning", None)
        bar.begin("Masking", 10)
        bar.advance(4)
        assert [(task.description, task.completed) for task in bar._progress.tasks] == [("Masking", 4)]
        assert bar._progress.tasks[0].fields["done"] == "4 rows"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_bar_is_for_terminals(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("rich.console.Console.is_terminal", is_terminal)
    kinds: list[str] = []
    command_module.watched(lambda progress: kinds.append(type(progress).__name__))
    assert kinds == ["Bar" if is_terminal else "Quiet"]


@pytest.mark.parametrize(
    ("target", "steps", "is_written"),
    [
        ("copy", ["Masking", "Judging"], False),
        ("copy", ["Masking", "Judging", "Publishing"], True),
        ("sqlite:///copy.db", ["Masking", "Judging", "Publishing"], False),
        ("sqlite:///copy.db", ["Masking", "Judging", "Publishing", "Loading sqlite:///copy.db"], True),
        ("s3://bucket/copy", ["Masking", "Judging"], False),
        ("s3://bucket/copy", ["Masking", "Judging", "Publishing"], True),
    ],
)
def test_what_an_interruption_leaves_is_known_by_the_step(target: str, steps: list[str], is_written: bool) -> None:
    change = command_module._change_of(open_place(target))
    for step in steps:
        change.begin(step, None)
    was = "incomplete" if target.startswith("s3:") else "as it was"
    assert change.told().startswith(f"{target} is {was}, or holds" if is_written else "nothing was published")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_tidies_up(tmp_path: Path, number: signal.Signals) -> None:
    place = Place(tmp_path)
    (place.source / "slow.jsonl").write_text("".join(f'{{"a": "planted {n}", "b": 1.5}}\n' for n in range(60_000)))
    write_plan(place.plan, place.source)
    staging = tmp_path / ".masked.masking"
    run = subprocess.Popen(command(*place.words()), env=environment(), stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not (staging / "copy").exists() and run.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    run.send_signal(number)
    _out, err = run.communicate(timeout=300)
    assert run.returncode == 2
    assert err == f"dataops: the run was interrupted ({number.name}); nothing was published\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mask.key", "plan.yaml", "source"]


@pytest.mark.parametrize("is_source", [True, False])
def test_signal_ends_a_run_that_waits_for_a_store(place: Place, is_source: bool) -> None:
    """One that takes connections and never answers, as behind a firewall."""
    words = place.words()
    words[words.index(str(place.source if is_source else place.target))] = "gs://bucket/prefix"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment() | {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{silent.getsockname()[1]}"}
        run = subprocess.Popen(command(*words), env=env, stderr=subprocess.PIPE, text=True)
        silent.settimeout(120)
        asked, _address = silent.accept()
        run.send_signal(signal.SIGTERM)
        _out, err = run.communicate(timeout=300)
        asked.close()
    assert (run.returncode, err) == (2, "dataops: the run was interrupted (SIGTERM); nothing was published\n")


def spelled(key: bytes) -> list[bytes]:
    """A key in every spelling that a person might find it in."""
    return [key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key), repr(key).encode()]


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
def test_nothing_planted_and_no_key_is_told(
    place: Place, dataops: Dataops, debug: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ""
    monkeypatch.setenv("CI", "true")
    report = ["--report", str(place.folder / "report.html")]
    for change in (_nothing, _nothing, refuse_all, _wrong_bytes, _open_quote, _short_key, _unknown_column):
        change(place)
        shown += "".join(map(str, dataops([*debug, *place.words(*report)])))
        shown += "".join(map(str, dataops([*debug, *place.words("--overwrite", "--format", "json")])))
    kept = [path.read_bytes() for path in place.folder.rglob("*") if path.is_file() and "source" not in path.parts]
    written = b"".join(content for content in kept if content not in (place.key.read_bytes(), place.plan.read_bytes()))
    for secret in (*(word.encode() for word in PLANTED), *spelled(KEY_BYTES)):
        assert secret not in shown.encode() + written, secret
    assert "cannot be read as CSV" in shown or ".csv, row " in shown
    assert not [path for path in place.folder.iterdir() if path.name.startswith(".")]


def _nothing(_place: Place) -> None:
    """A run as it should be."""


def _wrong_bytes(place: Place) -> None:
    content = bytearray((place.source / "customers.parquet").read_bytes())
    content[300:700] = b"\xff" * 400
    (place.source / "customers.parquet").write_bytes(content)


def _open_quote(place: Place) -> None:
    (place.source / "customers.parquet").unlink()
    (place.source / "customers.csv").write_text(
        'id,email,city,note\n1,a@planted.example,Plantedville,x\n"planted note,2\n'
    )
    write_plan(place.plan, place.source)


def _short_key(place: Place) -> None:
    place.key.write_bytes(KEY_BYTES.hex().encode()[:-2])


def _unknown_column(place: Place) -> None:
    place.key.write_text(KEY_BYTES.hex())
    place.plan.write_text(place.plan.read_text().replace("email:", "mail:"))


def test_a_copy_made_with_another_key_is_replaced_with_a_warning(place: Place, dataops: Dataops) -> None:
    assert dataops(place.words())[2] == ""
    assert dataops(place.words("--overwrite"))[2] == ""
    former = json.loads((place.target / "_manifest.json").read_text())["keyId"]
    place.key.write_text(bytes(range(100, 132)).hex())
    code, out, err = dataops(place.words("--overwrite", "--format", "json"))
    assert (code, json.loads(out)["manifest"]["keyId"] == former) == (0, False)
    assert err == (
        f"dataops: the former copy was made with another key ({former}): copies that joined with it do not join with "
        "this one; mask them anew with this key\n"
    )
