"""`--engine pulumi` against a stand-in for the CLI, and against the real one where it is on PATH."""

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import PreviewError
from dataops_infra.preview import cli_engine
from dataops_infra.preview.cli_engine import CliJob, CliPack, CliRun, run_cli
from dataops_infra.preview.cli_events import Observation, without_interruption
from dataops_infra.preview.model import Conventions, PreviewResult
from dataops_infra.preview.verdicts import Circumstances, join
from tests.support.cli import wait_until_gone

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
BUCKET = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::exports"
SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
TRACEBACK = (
    "<{%reset%}>Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
    '  File "/opt/venv/site-packages/pulumi/x.py", line 5, in run\n    go()\n'
    '  File "PROJECT/__main__.py", line 7, in lake\n    raise ValueError("no such zone")\n'
    "ValueError: no such zone: gold<{%reset%}>\n"
)

Event = dict[str, Any]


def step(urn: str, op: str = "create", **state: Any) -> Event:
    token = urn.split("::", 3)[2]
    new = {"type": token, "urn": urn, "custom": token != "pulumi:pulumi:Stack", "id": "", "parent": "", "provider": ""}
    new |= {"inputs": {}, "outputs": {}} | state
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": urn, "type": token, "old": None, "new": new}}}


def policy(level: str, message: str = "Buckets have tags.\nno owner\nFix: add it\n", **more: Any) -> Event:
    default = {
        "resourceUrn": BUCKET,
        "message": message,
        "color": "raw",
        "policyName": "tags",
        "policyPackName": "rules",
    }
    return {
        "policyEvent": default | {"policyPackVersion": "v1.0.0", "enforcementLevel": level, "severity": "high"} | more
    }


def said(severity: str, message: str, urn: str = "") -> Event:
    return {"diagnosticEvent": {"severity": severity, "message": message, "color": "raw", "urn": urn}}


SUMMARY = {"summaryEvent": {"durationSeconds": 1, "resourceChanges": {"create": 2}, "PolicyPacks": {"quiet": "v2.0.0"}}}
STATE = {
    "inputs": {
        "bucket": UNKNOWN, "token": {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"},
        "list": ["[secret]", 7.0], "__defaults": [],
        "data": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "ab"},
    },
    "parent": STACK, "provider": "urn:pulumi:dev::shop::pulumi:providers:aws::default::04da", "protect": True,
}  # fmt: skip


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose ``pulumi`` notes how it was called and then runs ``act.py``; first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (tmp_path / "project").mkdir()
    program = folder / "pulumi"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, pathlib, sys\n"
        f"here = pathlib.Path({str(folder)!r})\n"
        "files = {a: open(a).read() for a in sys.argv[1:] if os.path.isfile(a)}\n"
        "note = {'args': sys.argv[1:], 'cwd': os.getcwd(), 'files': files, 'env': dict(os.environ)}\n"
        "(here / 'call.json').write_text(json.dumps(note))\n"
        "exec((here / 'act.py').read_text())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def act(fake: Path, *events: Event | str, code: int = 0, then: str = "") -> None:
    """Let the stand-in print ``events`` (text as it stands), do ``then``, and end with ``code``."""
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    printing = f"[print(line, flush=True) for line in {lines!r}]\n"
    (fake / "act.py").write_text(f"{printing}{then}\nsys.exit({code})\n")


def run(fake: Path, **more: Any) -> CliRun:
    project = fake.parent / "project"
    return run_cli(CliJob(project, "dev", **{"timeout": 30, **more}))


def joined(shown: CliRun, project: Path) -> PreviewResult:
    conventions = Conventions("dataops.yaml", "")
    where = Circumstances("shop", "dev", "pulumi", project, project / "Pulumi.yaml", conventions, "2026-11-22", 1.0)
    return join(shown.observed, where)


def test_events_become_the_same_result_as_an_embedded_preview(fake: Path) -> None:
    act(
        fake,
        {"sequence": 1, "preludeEvent": {"config": {}}},
        step(STACK, outputs={"name": "[secret]"}),
        step(BUCKET, **STATE),
        policy("mandatory"),
        policy("advisory", "Sums.\n<{%fg 1%}>two<{%reset%}>\n", resourceUrn="", policyName="sums"),
        {"policyRemediationEvent": {"resourceUrn": BUCKET, "policyName": "tags", "policyPackName": "rules",
                                    "before": {"a": "[secret]"}, "after": {"a": 1.0}}},
        {"policyAnalyzeSummaryEvent": {"resourceUrn": BUCKET, "policyPackName": "rules", "policyPackVersion": "1.0.0",
                                       "passed": ["fine"], "failed": ["tags"]}},
        SUMMARY,
        said("error", "<{%reset%}>preview failed<{%reset%}>"),
        code=1,
    )  # fmt: skip
    shown = run(fake)
    found = joined(shown, fake.parent / "project")
    bucket, stack = found.resources
    assert (bucket.name, bucket.type, bucket.protect, bucket.parent) == ("exports", "aws:s3/bucket:Bucket", True, STACK)
    assert bucket.provider == "urn:pulumi:dev::shop::pulumi:providers:aws::default"
    assert bucket.inputs == {
        "bucket": "<unknown>", "token": "<secret>", "list": ["<secret>", 7], "data": {"<asset>": {"hash": "ab"}},
    }  # fmt: skip
    assert (stack.custom, found.outputs) == (False, {"name": "<secret>"})
    assert [(v.policy, v.level, v.message, v.remediation, v.pack_version, v.urn) for v in found.violations] == [
        ("tags", "mandatory", "no owner", "add it", "1.0.0", BUCKET),
        ("sums", "advisory", "two", "", "1.0.0", STACK),
    ]
    assert [(p.name, p.version, [q.name for q in p.policies]) for p in found.packs] == [
        ("quiet", "2.0.0", []),
        ("rules", "1.0.0", ["fine", "tags"]),
    ]
    assert [(r.before, r.after) for r in found.remediations] == [({"a": "<secret>"}, {"a": 1})]
    assert found.error is None
    assert (found.exit_code, found.diagnostics) == (1, ())


def test_command_line_is_complete_and_writes_nothing_into_the_project(fake: Path) -> None:
    act(fake, SUMMARY)
    stack_file = fake.parent / "project" / "Pulumi.dev.yaml"
    stack_file.write_text("config: {a: b}\n")
    packs = [CliPack(Path("/packs/a"), {"all": "advisory"}), CliPack(Path("/packs/b"))]
    run(fake, packs=packs, config={"shop:size": "3"}, config_file=stack_file)
    call = json.loads((fake / "call.json").read_text())
    args = call["args"]
    assert args[:7] == ["preview", "--json", "--non-interactive", "--color", "never", "--stack", "dev"]
    assert args[7:14:2] == ["--policy-pack", "--policy-pack-config", "--policy-pack", "--policy-pack-config"]
    assert (args[8], args[12], args[14]) == ("/packs/a", "/packs/b", "")
    assert args[15] == "--config-file"
    assert args[17:] == ["--config", "shop:size=3"]
    assert sorted(call["files"].values()) == ["config: {a: b}\n", '{"all": "advisory"}']
    assert call["cwd"] == str(fake.parent / "project")
    assert call["env"]["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] == "1"
    assert stack_file.read_text() == "config: {a: b}\n"
    assert not any(Path(path).exists() for path in call["files"])


def test_without_config_the_clis_own_lookup_is_used(fake: Path) -> None:
    act(fake, SUMMARY)
    run(fake)
    assert "--config-file" not in json.loads((fake / "call.json").read_text())["args"]


def test_deleted_resources_are_not_part_of_it_and_read_ones_are_marked(fake: Path) -> None:
    act(fake, step(STACK), step(BUCKET, "delete"), step(BUCKET + "2", "read"), SUMMARY)
    found = joined(run(fake), fake.parent / "project")
    assert [(r.name, r.read) for r in found.resources] == [("exports2", True), ("shop-dev", False)]


def test_progress_counts_resources(fake: Path) -> None:
    act(fake, step(STACK), step(BUCKET), step(BUCKET), SUMMARY)
    seen: list[int] = []
    run_cli(CliJob(fake.parent / "project", "dev"), seen.append)
    assert seen == [1, 2, 2]


@pytest.mark.parametrize(
    ("message", "kind", "shown"),
    [
        (TRACEBACK, "program", "Program failed with an unhandled exception:\nValueError: no such zone: gold"),
        ("Duplicate resource URN 'x'; try giving it a unique name", "duplicate", None),
        ("failed to run policy: Exception calling application: oops", "rule", None),
        ("validating policy config: rules 1.0.0  tags: keys: Invalid type", "pack", None),
        ("Missing required configuration variable 'shop:size'", "config", None),
        ("stopped: zone gold is unknown", "program", None),
    ],
)
def test_first_error_is_the_sentence(fake: Path, message: str, kind: str, shown: str | None) -> None:
    project = fake.parent / "project"
    act(
        fake,
        step(STACK),
        said("error", message.replace("PROJECT", str(project))),
        said("error", "preview failed"),
        code=255,
    )
    found = joined(run(fake), project)
    assert found.error is not None
    assert (found.error.kind, found.error.message) == (kind, shown or message)
    assert [(str(f.source), f.function, f.text) for f in found.error.frames] == (
        [("__main__.py:7", "lake", 'raise ValueError("no such zone")')] if message is TRACEBACK else []
    )
    assert found.exit_code == 2


def test_error_of_the_engine_itself_is_told(fake: Path) -> None:
    act(fake, {"errorEvent": {"error": "plugin crashed"}}, code=1)
    assert run(fake).observed["error"]["message"] == "plugin crashed"


def test_error_before_any_event_is_what_the_cli_said(fake: Path) -> None:
    act(fake, then="print('error: no stack named dev found', file=sys.stderr)", code=255)
    found = joined(run(fake), fake.parent / "project")
    assert found.error is not None
    assert (found.error.kind, found.error.message) == ("run", "no stack named dev found")


def test_wordless_end_is_an_error_too(fake: Path) -> None:
    act(fake, SUMMARY, code=3)
    assert run(fake).observed["error"]["message"] == "`pulumi preview` ended with exit code 3 and no word why"


def test_interrupted_programs_noise_is_cut(fake: Path) -> None:
    noise = ["Traceback (most recent call last):", '  File "x.py", line 3, in f', "    wait()", "KeyboardInterrupt", ""]
    events = [said("info#err", line) for line in ["before", *noise, "after"]]
    interrupted = said("error", "Program failed:\n" + "\n".join(noise))
    act(fake, step(STACK), policy("mandatory"), *events, said("info", "printed"), interrupted, code=1)
    shown = run(fake)
    assert shown.output == ("before", "after", "printed")
    assert shown.observed["error"] is None


def test_warnings_are_diagnostics_and_passing_words_are_not(fake: Path) -> None:
    ephemeral = {"diagnosticEvent": {"severity": "warning", "message": "5 of 7", "ephemeral": True}}
    act(fake, said("warning", "old region\n", BUCKET), ephemeral, said("warning", ""), SUMMARY)
    assert run(fake).observed["diagnostics"] == [{"severity": "warning", "message": "old region", "urn": BUCKET}]


LINES = {
    "none": (["a", "b"], ["a", "b"]),
    "other exception": (["Traceback (most recent call last):", "  x", "ValueError: a", "b"],) * 2,
    "interrupted inside another": (
        ["Traceback (most recent call last):", "  x", "ValueError: a", "",
         "During handling of the above exception, another exception occurred:", "",
         "Traceback (most recent call last):", "  y", "KeyboardInterrupt"],
        ["Traceback (most recent call last):", "  x", "ValueError: a", "", ""],
    ),
    "unfinished": (["a", "Traceback (most recent call last):", "  x"],) * 2,
    "traceback after traceback": (
        ["Exception ignored in: <f>", "Traceback (most recent call last):", "  x", "KeyboardInterrupt: "],
        ["Exception ignored in: <f>"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_only_interruptions_are_cut(name: str) -> None:
    given, kept = LINES[name]
    assert without_interruption(given) == kept


def test_many_lines_of_output_are_bounded(tmp_path: Path) -> None:
    observation = Observation(tmp_path, lambda _: None)
    for number in range(1000):
        observation.take(said("info", f"line {number}"))
    assert observation.output[0] == "line 800"
    assert len(observation.output) == 200


# The process


def test_missing_cli_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PreviewError, match="no `pulumi` is on PATH: install it"):
        run_cli(CliJob(tmp_path, "dev"))


def test_cli_without_events_is_too_old(fake: Path) -> None:
    act(fake, "{}", '{"steps": [}', "[1]", "words")
    (fake / "act.py").write_text("print('[]'); print('{\"steps\":'); sys.exit(0)")
    with pytest.raises(PreviewError, match="sends no preview events"):
        run(fake)


def test_event_of_another_shape_is_one_sentence_and_does_not_block(fake: Path) -> None:
    act(fake, {"policyEvent": {"message": "x"}}, *[step(STACK)] * 3000)
    with pytest.raises(PreviewError, match=r"events of another shape \(KeyError: 'enforcementLevel'\)"):
        run(fake)


HANG = (
    "import signal, subprocess, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import signal, time\\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\ntime.sleep(3600)'])\n"
    "print('waiting for the pack', file=sys.stderr, flush=True)\n"
    "time.sleep(3600)"
)


def test_hanging_cli_that_ignores_sigterm_is_killed_with_its_children(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_engine, "GRACE_SECONDS", 0.5)
    monkeypatch.setenv("MARKER", "hanging-cli-test")
    act(fake, step(STACK), then=HANG)
    with pytest.raises(PreviewError, match=r"did not end within 1\.5 s and was stopped.*--timeout") as stopped:
        run(fake, timeout=1.5)
    assert "waiting for the pack" in stopped.value.detail
    assert wait_until_gone("hanging-cli-test") == {}


def test_cli_that_can_be_stopped_gets_the_time_to_clean_up(fake: Path) -> None:
    clean = f"def clean(*_):\n    open({str(fake / 'clean')!r}, 'w').close()\n    sys.exit(1)\n"
    act(fake, step(STACK), then=f"import signal, time\n{clean}signal.signal(signal.SIGTERM, clean)\ntime.sleep(3600)")
    with pytest.raises(PreviewError, match="did not end within 1 s"):
        run(fake, timeout=1)
    assert (fake / "clean").exists()


def test_plugin_that_outlives_the_cli_is_killed(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKER", "outliving-plugin-test")
    act(
        fake,
        SUMMARY,
        then="import subprocess\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])",
    )
    run(fake)
    assert wait_until_gone("outliving-plugin-test") == {}


def test_ctrl_c_leaves_nothing_running(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_engine, "GRACE_SECONDS", 0.5)
    monkeypatch.setenv("MARKER", "interrupted-cli-test")
    act(fake, step(STACK), then=HANG)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(fake)
    assert wait_until_gone("interrupted-cli-test") == {}


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH")
def test_real_cli_previews_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text("import pulumi\nprint('hello')\npulumi.export('size', 3)\n")
    backend = tmp_path / "backend"
    backend.mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend.as_uri())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "test")
    import subprocess

    subprocess.run(["pulumi", "stack", "init", "dev"], cwd=tmp_path, check=True, capture_output=True)
    shown = run_cli(CliJob(tmp_path, "dev", config={"shop:a": "b"}, timeout=120))
    found = joined(shown, tmp_path)
    assert (found.exit_code, found.outputs) == (0, {"size": 3})
    assert "hello" in shown.output
    assert (tmp_path / "Pulumi.dev.yaml").read_text().startswith("config: {}")
