"""`dataops audit` as a person runs it."""

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.states import GOOD_TAGS, bucket, shown_secret, state, write
from tests.support.cli import command, dataops, environment, wait_until_gone
from tests.support.engine import write_program
from tests.support.pack_processes import write_pack

PROGRAM = """
import pulumi_aws as aws
from pulumi import Output

registry = aws.ssm.Parameter("owner", type="String", value="growth-data", tags=%(tags)r)
aws.s3.Bucket("lake", bucket="lake", tags={**%(tags)r, "owner": Output.concat("", registry.insecure_value)})
"""


SLOW = """
import pathlib
def every(args, report):
    pathlib.Path("started").touch()
    time.sleep(3600)
PolicyPack("slow", [ResourceValidationPolicy("slow", "Slow.", every)])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "exports" / "good.json", state(bucket()))
    write(tmp_path / "exports" / "bad.json", state(bucket("lake", {"owner": "x"}, project="zoo"), project="zoo"))
    return tmp_path


def test_two_audits_print_the_same_bytes(folder: Path) -> None:
    words = ("audit", "exports", "--policy-pack", "tagging", "--format", "json", "--as-of", "2026-11-22")
    first, second = (dataops(*words, "--jobs", jobs, cwd=folder) for jobs in ("1", "2"))
    assert (first.code, first.err) == (1, "")
    assert first.out == second.out
    report = json.loads(first.out)
    assert [stack["file"] for stack in report["stacks"]] == ["exports/good.json", "exports/bad.json"]
    assert report["conventions"]["source"] == "built-in defaults"
    assert {v["stack"] for v in report["violations"]} == {"dev"}


def test_an_export_that_cannot_be_judged_exits_with_2_and_is_told(folder: Path) -> None:
    (folder / "exports" / "cut.json").write_text('{"version": 3, "dep')
    ended = dataops("audit", "exports", "--policy-pack", "tagging", "--format", "json", cwd=folder)
    assert ended.code == 2
    assert ended.err == "dataops: exports/cut.json: ends in the middle, on line 1; export the stack again\n"
    assert json.loads(ended.out)["summary"]["failed"] == 1


def test_report_goes_to_a_file_and_the_tree_to_people(folder: Path) -> None:
    words = ("audit", "exports/good.json", "--policy-pack", "tagging", "--format", "html", "--output", "a.html")
    ended = dataops(*words, cwd=folder)
    assert (ended.code, ended.out) == (0, "")
    assert "✔ shop/dev" in ended.err
    assert (folder / "a.html").read_text().startswith("<!DOCTYPE html>")
    assert dataops(*words[:-1], "no/a.html", cwd=folder).code == 2


def test_standard_input_is_judged(folder: Path) -> None:
    done = subprocess.run(
        command("audit", "-", "--policy-pack", "tagging"),
        input=(folder / "exports" / "good.json").read_bytes(),
        env=environment(), cwd=folder, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "✔ shop/dev  3 resources  <stdin>" in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "dataops: STATE.json: expected at least one exported stack, got []"),
        (("", "--policy-pack", "tagging"), "dataops: argument 1 is empty: name a file or folder\n"),
        (
            ("exports", "--policy-pack", "tagging", "--policy-pack-config", "a", "--policy-pack-config", "b"),
            'dataops: --policy-pack-config: expected once per --policy-pack ("" for none) or not at all; 1 pack is '
            "given, got ['a', 'b']",
        ),
        (("exports/good.json", "--policy-pack", "nope"), "dataops: --policy-pack: expected the folder of a pack"),
    ],
)
def test_wrong_input_is_one_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    given = words if words else ("--policy-pack", "tagging")
    ended = dataops("audit", *given, cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(sentence)


def test_no_report_shows_a_secret(folder: Path) -> None:
    canary = "canary-77aa-hunter2"
    made = bucket("s", GOOD_TAGS | {"owner": shown_secret(canary)}, password=shown_secret(canary))
    write(folder / "s.json", state(made))
    for form in ("tree", "json", "sarif", "junit", "github", "html"):
        words = ("audit", "s.json", *(w for p in ("tagging", "data-lake", "pii") for w in ("--policy-pack", p)))
        ended = dataops(*words, "--format", form, cwd=folder)
        assert ended.code in (0, 1)
        assert canary not in ended.out + ended.err


def test_a_terminal_sees_progress_and_ci_does_not(folder: Path) -> None:
    words = ("audit", "exports/good.json", "--policy-pack", "tagging", "--format", "json")
    shown = dataops(*words, cwd=folder, environ={"FORCE_COLOR": "1"})
    assert (shown.code, "Auditing" in shown.err) == (0, True)
    quiet = dataops(*words, cwd=folder, environ={"FORCE_COLOR": "1", "CI": "true"})
    assert (quiet.code, quiet.err) == (0, "")


@pytest.fixture
def busy(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """An audit of standard input and of files, amid its work."""
    pack = write_pack(folder / "slow", SLOW)
    (folder / "temporary").mkdir()
    running = subprocess.Popen(
        command("audit", "-", "exports", "--policy-pack", pack, "--jobs", "2", "-o", "report.txt"), cwd=folder,
        env=environment(MARKER="audit-busy", TMPDIR=str(folder / "temporary")),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdin is not None
    running.stdin.write((folder / "exports" / "good.json").read_text())
    running.stdin.close()
    running.stdin = None
    while not (pack / "started").exists():
        assert running.poll() is None
        time.sleep(0.02)
    yield running
    assert wait_until_gone("audit-busy") == {}
    assert list((folder / "temporary").iterdir()) == []
    assert not (folder / "report.txt").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(busy: subprocess.Popen[str], number: signal.Signals) -> None:
    busy.send_signal(number)
    busy.send_signal(number)  # a shell repeats it
    _, errors = busy.communicate(timeout=120)
    sentence = f"dataops: the audit was interrupted ({number.name}); nothing was written\n"
    assert (busy.returncode, errors) == (2, sentence)


def test_a_killed_audit_leaves_nothing_behind(busy: subprocess.Popen[str]) -> None:
    busy.kill()
    busy.communicate(timeout=120)


def test_the_report_replaces_no_export(folder: Path) -> None:
    before = (folder / "exports" / "good.json").read_bytes()
    words = ("--policy-pack", "tagging", "--format", "json", "--output", "exports/good.json")
    for argument in ("exports/good.json", "exports"):
        ended = dataops("audit", argument, *words, cwd=folder)
        sentence = "dataops: --output is one of the exports (exports/good.json): name another file\n"
        assert (ended.code, ended.out, ended.err) == (2, "", sentence)
    assert (folder / "exports" / "good.json").read_bytes() == before


def test_an_audit_can_be_repeated_with_its_report_among_the_exports(folder: Path) -> None:
    words = ("audit", "exports", "--policy-pack", "tagging", "--format", "json", "-o", "exports/report.json")
    reports = []
    for _ in range(2):
        assert dataops(*words, cwd=folder).code == 1
        reports.append((folder / "exports" / "report.json").read_text())
    assert reports[0] == reports[1]


def test_closed_standard_input_is_told(folder: Path) -> None:
    words = f"exec {shlex.join(command('audit', '-', '--policy-pack', 'tagging', '--format', 'json'))} <&-"
    ended = subprocess.run(["sh", "-c", words], env=environment(), cwd=folder, capture_output=True, timeout=300)
    told = b"dataops: <stdin>: standard input is closed; pipe an exported stack into it\n"
    assert (ended.returncode, ended.stderr) == (2, told)


def test_two_exports_of_one_stack_are_told_apart(folder: Path) -> None:
    for day in ("monday", "tuesday"):
        write(folder / "days" / f"{day}.json", state(bucket("lake", {"owner": "x"}, stack="mine"), stack="mine"))
    write(folder / "days" / "old.json.gz", "")
    ended = dataops("audit", "days", "--policy-pack", "tagging", cwd=folder)
    assert ended.code == 1
    assert "two exports of one stack, shop/mine: days/monday.json, days/tuesday.json" in ended.out
    assert "days: 1 file is compressed (*.json.gz) and left out; unpack with gunzip to audit them" in ended.out
    assert "stacks shop/mine, shop/mine belong to no environment" not in ended.out
    assert "stack shop/mine belongs to no environment of built-in defaults (" in ended.out
    assert ended.out.count("days/monday.json:30") == ended.out.count("days/tuesday.json:30") > 0


@pytest.mark.parametrize(("owner", "code"), [("growth-data", 0), ("Growth Data", 1)])
def test_what_a_preview_deferred_is_settled(tmp_path: Path, owner: str, code: int) -> None:
    """The tag comes from another resource's output: unknown at preview, known in the state of the same program."""
    program = write_program(tmp_path / "program", PROGRAM % {"tags": GOOD_TAGS}, "aws:region: eu-west-1")
    previewed = dataops(
        "preview", program, "--stack", "dev", "--policy-pack", "tagging", "--format", "json",
        environ={"PULUMI_PYTHON_CMD": sys.executable},
    )  # fmt: skip
    report = json.loads(previewed.out)
    assert previewed.code == 0, previewed
    waiting = {(d["policy"], d["urn"], d["property"]) for d in report["deferred"]}
    (lake,) = [resource["urn"] for resource in report["resources"] if resource["name"] == "lake"]
    assert ("tag-values-allowed", lake, "tags.owner") in waiting

    write(tmp_path / "state.json", state(bucket("lake", GOOD_TAGS | {"owner": owner})))
    audited = dataops("audit", "state.json", "--policy-pack", "tagging", "--format", "json", cwd=tmp_path)
    settled = json.loads(audited.out)
    assert (audited.code, settled["deferred"]) == (code, [])
    found = {(v["policy"], v["urn"]) for v in settled["violations"]}
    assert found == ({("tag-values-allowed", lake)} if code else set())
