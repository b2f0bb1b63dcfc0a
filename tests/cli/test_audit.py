"""`dataops audit` as a person runs it."""

import json
import signal
import subprocess
import sys
import time
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
        env=environment(), cwd=folder, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "✔ shop/dev  3 resources  <stdin>" in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "dataops: STATE.json: expected at least one exported stack, got []"),
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


def test_interrupt_leaves_nothing_behind(folder: Path) -> None:
    pack = write_pack(
        folder / "slow",
        'PolicyPack("slow", [ResourceValidationPolicy("slow", "Slow.", lambda args, report: time.sleep(60))])',
    )
    running = subprocess.Popen(
        command("audit", "exports", "--policy-pack", pack), cwd=folder, env=environment(MARKER="audit-interrupt"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(4)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, errors) == (2, "dataops: the audit was interrupted; nothing was written\n")
    assert wait_until_gone("audit-interrupt") == {}


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
