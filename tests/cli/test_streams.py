"""`dataops` when nobody takes what it prints, and when it is stopped before it has begun."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cli import command, environment

RULE = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy
def refuse(args, report):
    report("no")
PolicyPack("rules", [ResourceValidationPolicy("refuse", "Nothing holds.", refuse, EnforcementLevel.MANDATORY)])
"""
FAILING = ("preview", ".", "-s", "dev", "--policy-pack", "rules")
COMMANDS = {
    "a preview that fails": (FAILING, 1),
    "a preview that passes": (("preview", ".", "-s", "dev"), 0),
    "json": ((*FAILING, "--format", "json"), 1),
    "help": (("--help",), 0),
    "version": (("--version",), 0),
    "policies": (("policies", "list"), 0),
    "conventions": (("conventions", "show"), 0),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    files = {
        "Pulumi.yaml": "name: shop\nruntime: python\n",
        "Pulumi.dev.yaml": "config: {}\n",
        "__main__.py": "import pulumi\npulumi.ComponentResource('shop:index:Lake', 'lake')\n",
        "rules/PulumiPolicy.yaml": "runtime: python\nversion: 1.0.0\n",
        "rules/__main__.py": RULE,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def shell(folder: Path, words: tuple[str, ...], redirection: str) -> subprocess.CompletedProcess[str]:
    line = f"set -o pipefail; {shlex.join(command(*words))} {redirection}"
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("redirection", ["| true", "2>&1 | true", "2>&- | true"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_has_gone_changes_no_verdict(name: str, redirection: str, project: Path) -> None:
    words, code = COMMANDS[name]
    done = shell(project, words, redirection)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize(("redirection", "why"), [("> /dev/full", "No space left on device"), (">&-", "it is closed")])
@pytest.mark.parametrize("name", COMMANDS)
def test_output_that_cannot_be_written_is_one_sentence(name: str, redirection: str, why: str, project: Path) -> None:
    done = shell(project, COMMANDS[name][0], redirection)
    said = f"dataops: the standard output cannot be written ({why}); send it elsewhere\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_closed_streams_do_no_harm_to_a_report_in_a_file(project: Path) -> None:
    done = shell(project, (*FAILING, "--output", "report.txt"), "<&- >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert "refuse" in (project / "report.txt").read_text()


@pytest.mark.parametrize("module", ["typer", "rich.console", "dataops_infra.preview.run"])
def test_ctrl_c_while_modules_are_imported_is_one_sentence(module: str, project: Path) -> None:
    """``module`` stands for one that takes long to import: it says that it has begun and waits."""
    code = f"""
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            open("importing", "w").close()
            time.sleep(3600)
sys.meta_path.insert(0, Slow())
from dataops_infra.cli import main
main(["preview", ".", "-s", "dev"])
"""
    marker = project / "importing"
    marker.unlink(missing_ok=True)
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=project, env=environment(), stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 120
    while not marker.exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(child.pid, 2)
    _, said = child.communicate(timeout=120)
    assert (child.returncode, said) == (2, "dataops: stopped by Ctrl-C\n")


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("ascii", rb"G\u0105sienica \u00e9 \ud83d\ude00"),
        ("ascii:surrogateescape", rb"G\u0105sienica \u00e9 \ud83d\ude00"),
        ("latin-1", b"G\\u0105sienica \xe9 \\ud83d\\ude00"),
        ("utf-8", "Gąsienica é 😀".encode()),
        ("ascii:ignore", b"Gsienica  "),
    ],
)
def test_what_the_encoding_has_no_character_for_is_escaped_as_in_json(encoding: str, printed: bytes) -> None:
    program = "from dataops_infra.cli.streams import guarded\nwith guarded(): print('Gąsienica é 😀', end='')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(PYTHONIOENCODING=encoding), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, b"")
