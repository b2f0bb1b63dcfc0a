"""Bad input, end to end: one clear sentence, the right exit code, no orphan process, nothing half-written."""

import json
import os
import signal
import subprocess
import textwrap
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.cli import Outcome, command, dataops, environment, wait_until_gone

PROJECT = "name: shop\nruntime: python\n"
STACK = "config:\n  aws:region: eu-west-1\n"
PROGRAM = "import pulumi\n\npulumi.export('size', 3)\n"
ENCRYPTED = (
    "encryptionsalt: v1:+5ihNhDEDBA=:v1:Vyj5gKbpCO7c39WN:PolzrlKpO+hN/KJHnUJFhPo9wPWqaQ==\n"
    "config:\n  shop:password:\n    secure: v1:KE3q/mqokQhHKWHG:snVg7fwEGe/19/SqJpGn+MVyE/j3Bnw+/npM0XQ=\n"
)
"""Encrypted with the passphrase `parity` (from the recordings of the real engine)."""
PACK_YAML = "runtime: python\nversion: 1.0.0\n"
PACK = """
from pulumi_policy import PolicyPack, ResourceValidationPolicy

PolicyPack("shop-rules", [ResourceValidationPolicy("fine", "Always fine.", lambda args, report: None)])
"""


@dataclass(frozen=True)
class Case:
    """Files of a project (path -> text), what to add to the command line, and what a person must read."""

    files: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    stack: str = "dev"


def pack(program: str, yaml: str | None = PACK_YAML) -> dict[str, str]:
    files = {"packs/rules/__main__.py": textwrap.dedent(program)}
    return files | ({"packs/rules/PulumiPolicy.yaml": yaml} if yaml is not None else {})


WITH_PACK = ("--policy-pack", "packs/rules")
CASES = {
    "no Pulumi.yaml": Case({"Pulumi.yaml": ""}, said=("Pulumi.yaml",)),
    "malformed Pulumi.yaml": Case({"Pulumi.yaml": "name: shop\nruntime: [python\n"}, said=("Pulumi.yaml:",)),
    "Pulumi.yaml without a name": Case({"Pulumi.yaml": "runtime: python\n"}, said=("Pulumi.yaml", "name")),
    "Pulumi.yaml of another language": Case({"Pulumi.yaml": "name: shop\nruntime: nodejs\n"}, said=("nodejs",)),
    "unknown stack": Case(stack="prod", said=("prod", "dev")),
    "malformed stack file": Case({"Pulumi.dev.yaml": "config: [\n"}, said=("Pulumi.dev.yaml:",)),
    "wrong passphrase": Case(
        {"Pulumi.dev.yaml": ENCRYPTED}, environ={"PULUMI_CONFIG_PASSPHRASE": "wrong"}, said=("passphrase",)
    ),
    "no program": Case({"__main__.py": ""}, said=("__main__.py",)),
    "syntax error": Case({"__main__.py": "import pulumi\nx = = 1\n"}, said=("__main__.py:2", "SyntaxError")),
    "import error": Case({"__main__.py": "import nothing_like_it\n"}, said=("__main__.py:1", "nothing_like_it")),
    "exception": Case({"__main__.py": "\nraise ValueError('no such zone')\n"}, said=("__main__.py:2", "no such zone")),
    "run error": Case(
        {"__main__.py": "import pulumi\nraise pulumi.RunError('stopped here')\n"}, said=("stopped here",)
    ),
    "sys.exit": Case({"__main__.py": "import sys\nsys.exit(3)\n"}, said=("3",)),
    "missing config": Case({"__main__.py": "import pulumi\npulumi.Config().require('size')\n"}, said=("shop:size",)),
    "os._exit": Case({"__main__.py": "import os\nos._exit(0)\n"}, said=("program",)),
    "killed": Case({"__main__.py": "import os\nos.kill(os.getpid(), 9)\n"}, said=("program",)),
    "infinite program": Case({"__main__.py": "while True: pass\n"}, ("--timeout", "3"), said=("3 s", "--timeout")),
    "infinite program that ignores signals": Case(
        {"__main__.py": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass\n"},
        ("--timeout", "3"),
        said=("3 s", "--timeout"),
    ),
    "pack without PulumiPolicy.yaml": Case(pack(PACK, None), WITH_PACK, ("PulumiPolicy.yaml", "rules")),
    "pack that is not there": Case({}, ("--policy-pack", "packs/none"), ("packs/none",)),
    "pack of an unknown name": Case({}, ("--policy-pack", "taging"), ("taging", "tagging")),
    "pack that crashes at start": Case(
        pack("raise ValueError('no rules today')"), WITH_PACK, ("rules", "no rules today")
    ),
    "pack that prints before its port": Case(pack("print('hello')\n" + PACK), WITH_PACK, ("rules", "hello")),
    "pack that hangs": Case(pack("import time\ntime.sleep(600)"), (*WITH_PACK, "--timeout", "8"), ("rules",)),
    "pack with a missing virtualenv": Case(
        pack(PACK, "runtime:\n  name: python\n  options: {virtualenv: gone}\n"), WITH_PACK, ("rules", "gone")
    ),
    "pack that dies in a rule": Case(
        pack(PACK.replace("lambda args, report: None", "lambda args, report: __import__('os')._exit(7)")),
        WITH_PACK,
        ("rules",),
    ),
    "rule that raises": Case(
        pack(PACK.replace("lambda args, report: None", "lambda args, report: 1 / 0")), WITH_PACK, ("division by zero",)
    ),
    "pack's config is not JSON": Case(
        {**pack(PACK), "rules.json": "{"}, (*WITH_PACK, "--policy-pack-config", "rules.json"), ("rules.json",)
    ),
    "malformed dataops.yaml": Case({"dataops.yaml": "lak: {}\n"}, said=("dataops.yaml:1", "lake")),
    "answers that are not there": Case({}, ("--answers", "none.yaml"), ("none.yaml",)),
    "config without a value": Case({}, ("--config", "size"), ("size",)),
    "date that is none": Case({}, ("--as-of", "soon"), ("soon",)),
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in (
        {"Pulumi.yaml": PROJECT, "Pulumi.dev.yaml": STACK, "__main__.py": PROGRAM} | dict(files)
    ).items():
        if text:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    return folder


def preview(folder: Path, case: Case, marker: str) -> Outcome:
    words = ("preview", ".", "--stack", case.stack, "--output", "report.json", "--format", "json", *case.words)
    return dataops(*words, environ={"MARKER": marker, **case.environ}, cwd=folder)


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_sentence_exit_2_no_orphan_and_nothing_half_written(name: str, tmp_path: Path) -> None:
    case, marker = CASES[name], uuid.uuid4().hex
    shown = preview(write(tmp_path, case.files), case, marker)
    assert shown.code == 2, shown
    assert all(part in shown.text for part in case.said), shown
    assert "Traceback" not in shown.text, shown
    assert len(shown.text.splitlines()) < 40, shown
    assert wait_until_gone(marker) == {}
    if (report := tmp_path / "report.json").exists():
        assert json.loads(report.read_text())["schema"] == "dataops.preview/v1"
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name or path.name.startswith(".")] == []


def test_the_same_project_is_fine_without_the_mistake(tmp_path: Path) -> None:
    shown = preview(write(tmp_path, pack(PACK)), Case(words=WITH_PACK), uuid.uuid4().hex)
    assert shown.code == 0, shown
    assert json.loads((tmp_path / "report.json").read_text())["outputs"] == {"size": 3}


def test_a_hundred_megabytes_of_output_neither_block_nor_drown_the_report(tmp_path: Path) -> None:
    noisy = "import sys\nfor _ in range(100):\n    sys.stdout.write(('x' * 1023 + '\\n') * 1024)\n" + PROGRAM
    shown = preview(write(tmp_path, {"__main__.py": noisy}), Case(), uuid.uuid4().hex)
    assert shown.code == 0, shown
    assert len(shown.text) < 1_000_000
    assert (tmp_path / "report.json").stat().st_size < 1_000_000


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_with_one_sentence(sent: signal.Signals, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    write(tmp_path, {**pack(PACK), "__main__.py": "open('started', 'w').close()\nwhile True: pass\n"})
    child = subprocess.Popen(
        command("preview", ".", "--stack", "dev", "--output", "report.json", "--format", "json", *WITH_PACK),
        env=environment(MARKER=marker), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (tmp_path / "started").exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(child.pid, sent)
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 2, out
    assert "Traceback" not in out
    assert len(out.splitlines()) <= 3, out
    assert wait_until_gone(marker) == {}
    assert not (tmp_path / "report.json").exists()


def test_killing_dataops_itself_leaves_no_orphan(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    write(tmp_path, {**pack(PACK), "__main__.py": "open('started', 'w').close()\nwhile True: pass\n"})
    child = subprocess.Popen(
        command("preview", ".", "--stack", "dev", *WITH_PACK),
        env=environment(MARKER=marker), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (tmp_path / "started").exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    child.kill()
    child.wait(timeout=120)
    assert wait_until_gone(marker) == {}
