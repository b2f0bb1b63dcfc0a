"""`dataops preview` as a person meets it: options, exit codes, streams, files."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import pytest

from tests.support.cli import Outcome, command, dataops, environment, wait_until_gone

PROGRAM = """
import pulumi

class Lake(pulumi.ComponentResource):
    def __init__(self, name: str, owner: str | None, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("shop:index:Lake", name, {"owner": owner}, opts)
        self.register_outputs({})

Lake("good", "me")
Lake("bad", None)
pulumi.export("size", pulumi.Config().get("size"))
print("the program ran")
"""
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def has_owner(args, report_violation):
    if args.resource_type == "shop:index:Lake" and "owner" not in set(args.props):
        report_violation("the lake has no owner\\nFix: say who owns it")

RULE = ResourceValidationPolicy("lake-owned", "Lakes have owners.", has_owner, EnforcementLevel.MANDATORY)
PolicyPack("shop-rules", [RULE])
"""
FILES = {
    "infra/Pulumi.yaml": "name: shop\nruntime: python\n",
    "infra/Pulumi.dev.yaml": "config: {}\n",
    "infra/__main__.py": PROGRAM,
    "rules/PulumiPolicy.yaml": "runtime: python\nversion: 1.0.0\n",
    "rules/__main__.py": PACK,
    "off.json": '{"lake-owned": "advisory"}',
}
WITH_RULES = ("preview", "infra", "--policy-pack", "rules")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_tree_on_stdout_and_exit_1_for_a_mandatory_violation(project: Path) -> None:
    shown = dataops(*WITH_RULES, "--as-of", "2026-11-22", cwd=project)
    assert (shown.code, shown.err) == (1, "")
    text = re.sub(r"digest [0-9a-f]{12}", "digest -", re.sub(r"[0-9.]+ s$", "- s", shown.out, flags=re.MULTILINE))
    assert text == textwrap.dedent(
        """\
        dataops preview · project shop · stack dev · embedded engine

        shop-dev
        ├── shop:Lake ✘ bad  infra/__main__.py:10
        └── shop:Lake good  infra/__main__.py:9

        ✘ lake-owned  mandatory · shop-rules
          the lake has no owner
            infra/__main__.py:10  shop:Lake bad
          → say who owns it

        Output of the program (its last lines)
          │ the program ran

        environment  dev
        conventions  built-in defaults (digest -), as of 2026-11-22
        packs        shop-rules 1.0.0
        ✘ failed: 1 mandatory, 0 advisory, 0 deferred, 0 exempted in 3 resources · - s
        """
    )


def test_advisories_pass_and_configuration_arrives(project: Path) -> None:
    words = ("--policy-pack-config", "off.json", "--config", "size=7", "--format", "json", "--stack", "dev")
    shown = dataops(*WITH_RULES, *words, cwd=project)
    assert (shown.code, shown.err) == (0, "")
    document = json.loads(shown.out)
    assert document["outputs"] == {"size": "7"}
    assert [(v["policy"], v["level"]) for v in document["violations"]] == [("lake-owned", "advisory")]


def test_two_runs_give_identical_json_but_for_the_seconds(project: Path) -> None:
    first, second = (dataops(*WITH_RULES, "--format", "json", cwd=project).out for _ in range(2))
    seconds = re.compile(r'"seconds": [0-9.]+')
    assert seconds.sub("", first) == seconds.sub("", second)
    assert first != seconds.sub("", first)


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("sarif", '{\n  "$schema"'),
        ("junit", "<?xml"),
        ("github", "::error file=infra/__main__.py,line=10"),
        ("html", "<!DOC"),
    ],
)
def test_report_goes_to_the_file_and_the_tree_to_stderr(form: str, start: str, project: Path) -> None:
    shown = dataops(*WITH_RULES, "--format", form, "--output", "report", cwd=project)
    assert (shown.code, shown.out) == (1, "")
    assert (project / "report").read_text().startswith(start)
    assert "✘ lake-owned" in shown.err


def test_program_error_is_one_sentence_beside_a_report_for_programs(project: Path) -> None:
    (project / "infra" / "__main__.py").write_text("import pulumi\n\nraise ValueError('no such zone')\n")
    shown = dataops(*WITH_RULES, "--format", "json", cwd=project)
    assert shown.code == 2
    assert shown.err.startswith("dataops: infra/__main__.py:3: ")
    assert "no such zone" in shown.err
    assert len(shown.err.splitlines()) == 1
    assert json.loads(shown.out)["error"]["source"] == {"file": "infra/__main__.py", "line": 3}


def test_stack_must_be_named_where_there_are_several(project: Path) -> None:
    (project / "infra" / "Pulumi.prod.yaml").write_text("config: {}\n")
    shown = dataops("preview", "infra", cwd=project)
    assert (shown.code, shown.out, shown.err) == (2, "", "dataops: --stack: expected one of dev, prod, got None\n")


def test_project_without_stacks_wants_a_name_and_takes_any(project: Path) -> None:
    (project / "infra" / "Pulumi.dev.yaml").unlink()
    shown = dataops("preview", "infra", cwd=project)
    assert (shown.code, "has no Pulumi.<stack>.yaml" in shown.err) == (2, True)
    shown = dataops("preview", "infra", "--stack", "new", "--organization", "acme", "--format", "json", cwd=project)
    assert (shown.code, json.loads(shown.out)["stack"]) == (0, "new")


def test_conventions_and_their_source_are_in_the_report(project: Path) -> None:
    (project / "dataops.yaml").write_text("organisation: acme\n")
    found = json.loads(dataops("preview", "infra", "--format", "json", cwd=project / "rules" / "..").out)["conventions"]
    assert found["source"] == "dataops.yaml"
    (project / "other.yaml").write_text("organisation: other\n")
    words = ("preview", "infra", "--format", "json", "--conventions", "other.yaml")
    assert json.loads(dataops(*words, cwd=project).out)["conventions"]["source"] == "other.yaml"


def test_report_that_cannot_be_written_is_refused_before_the_program_runs(project: Path) -> None:
    shown = dataops("preview", "infra", "--output", "none/report", cwd=project)
    assert (shown.code, "the program ran" in shown.text) == (2, False)
    assert "--output: expected a file in a folder that exists" in shown.err


@pytest.mark.parametrize("path", ["infra/__main__.py", "infra/Pulumi.yaml", "other.yaml"])
def test_report_in_place_of_what_is_read_is_refused(path: str, project: Path) -> None:
    (project / "other.yaml").write_text("organisation: other\n")
    before = (project / path).read_text()
    shown = dataops("preview", "infra", "--conventions", "other.yaml", "--output", path, cwd=project)
    assert (shown.code, shown.out, (project / path).read_text()) == (2, "", before)
    assert shown.err == (
        f"dataops: --output: expected a file of its own, no program and no file that is read here, got '{path}'\n"
    )


def test_output_that_is_no_utf8_still_shows_everything(project: Path) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM.replace('"bad"', '"böse"'))
    shown = dataops(*WITH_RULES, environ={"PYTHONIOENCODING": "ascii"}, cwd=project)
    assert shown.code == 1
    assert shown.out.isascii()
    assert "`-- shop:Lake good" in shown.out
    assert "b\\xf6se" in shown.out


def on_a_terminal(project: Path, **environ: str) -> str:
    """What a terminal of 60 columns receives."""
    ours, theirs = pty.openpty()
    try:
        child = subprocess.Popen(
            command(*WITH_RULES), cwd=project, env=environment(TERM="xterm-256color", COLUMNS="60", **environ),
            stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        shown = bytearray()
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not chunk:
                break
            shown += chunk
        assert child.wait(60) == 1
    finally:
        os.close(ours)
    return shown.decode()


def test_terminal_gets_colours_its_width_and_progress(project: Path) -> None:
    shown = on_a_terminal(project)
    assert "Previewing…" in shown
    assert "\x1b[1;31m✘ lake-owned" in shown
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown[shown.rindex("dataops preview") :])
    assert max(len(line) for line in last.splitlines()) <= 60


def test_no_color_and_ci_are_honoured(project: Path) -> None:
    shown = on_a_terminal(project, NO_COLOR="1", CI="true")
    assert "Previewing…" not in shown
    assert "\x1b[1;31m" not in shown
    assert "✘ lake-owned" in shown


FAKE = """#!{python}
import json
urn = "urn:pulumi:dev::shop::shop:index:Lake::bad"
step = {{"op": "create", "urn": urn, "new": {{"type": "shop:index:Lake"}}}}
print(json.dumps({{"resourcePreEvent": {{"metadata": step}}}}))
print(json.dumps({{"policyEvent": {{"resourceUrn": urn, "message": "Lakes have owners.\\nno owner\\nFix: say who\\n",
    "policyName": "lake-owned", "policyPackName": "shop-rules", "enforcementLevel": "mandatory"}}}}))
raise SystemExit(1)
"""


def test_real_clis_verdicts_look_the_same(project: Path) -> None:
    program = project / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(FAKE.format(python=sys.executable))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    shown = dataops(*WITH_RULES, "--engine", "pulumi", "--config", "size=7", environ={"PATH": path}, cwd=project)
    assert shown.code == 1, shown
    assert "stack dev · pulumi engine" in shown.out
    assert "✘ lake-owned  mandatory · shop-rules\n  no owner\n    shop:Lake bad\n  → say who\n" in shown.out


def test_missing_cli_says_what_to_do(project: Path, tmp_path: Path) -> None:
    shown: Outcome = dataops(*WITH_RULES, "--engine", "pulumi", environ={"PATH": str(tmp_path)}, cwd=project)
    assert shown.code == 2
    assert "no `pulumi` is on PATH: install it" in shown.err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_the_real_cli_is_one_sentence_and_leaves_nothing(sent: signal.Signals, project: Path) -> None:
    program = project / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport time\nopen('started', 'w').close()\ntime.sleep(600)\n")
    program.chmod(0o755)
    marker = uuid.uuid4().hex
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    child = subprocess.Popen(
        command(*WITH_RULES, "--engine", "pulumi", "--output", "report"), cwd=project, text=True,
        env=environment(PATH=path, MARKER=marker), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (project / "infra" / "started").exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    child.send_signal(sent)
    out, _ = child.communicate(timeout=120)
    assert (child.returncode, out) == (2, "dataops: the preview was interrupted; nothing was written\n")
    assert wait_until_gone(marker) == {}
    assert not (project / "report").exists()
