"""The child process: its result, its output, its ends, and that nothing of it is left behind."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import PreviewError
from dataops_infra.preview import supervisor
from dataops_infra.preview.engine.leftovers import MARK
from dataops_infra.preview.supervisor import EngineResult, Interrupted, run_job
from tests.support.cli import processes_of, wait_until_gone

HEADER = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
job = json.loads(Path(sys.argv[1]).read_text())
workdir = Path(job["workdir"])
def answer(**more):
    part = workdir / "part"
    part.write_text(json.dumps({"schema": "dataops.engine/v1", **more}))
    part.rename(workdir / "result.json")
def child(*more):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", *more])
"""


class Bench:
    """Runs stand-ins for the engine; afterwards no process and no working folder of theirs may be left."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.marker = folder, uuid.uuid4().hex
        self.program, self.temporary = folder / "program", folder / "temporary"
        self.program.mkdir()
        self.temporary.mkdir()

    def script(self, code: str) -> Path:
        path = self.folder / "engine.py"
        path.write_text(HEADER + textwrap.dedent(code))
        return path

    def run(
        self, code: str, timeout: float | None = 60, job: Mapping[str, Any] | None = None, **more: Any
    ) -> EngineResult:
        whole = {"main": str(self.program), **(job or {})}
        environ = {**os.environ, "MARKER": self.marker}
        return run_job(whole, Path(sys.executable), timeout, engine=self.script(code), environ=environ, **more)

    def error(self, code: str, timeout: float | None = 60) -> PreviewError:
        with pytest.raises(PreviewError) as caught:
            self.run(code, timeout)
        return caught.value


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(made.temporary))
    yield made
    assert wait_until_gone(made.marker) == {}
    assert list(made.temporary.iterdir()) == []


def test_the_result_and_the_output_come_back(bench: Bench) -> None:
    found = bench.run("print('hello'); print('oops', file=sys.stderr); answer(cwd=os.getcwd(), argv=sys.argv[2:])")
    assert found.observed == {"schema": "dataops.engine/v1", "cwd": str(bench.program), "argv": []}
    assert (found.stdout.text, found.stderr.text) == ("hello\n", "oops\n")
    assert found.program_output == ("hello", "oops")
    assert found.seconds > 0


def test_the_job_is_readable_by_its_owner_only_and_complete(bench: Bench) -> None:
    code = "answer(job=job, modes=[(workdir / 'job.json').stat().st_mode, workdir.stat().st_mode])"
    found = bench.run(code, None, {"config": {"a": "1"}, "timeouts": {"packCall": 5}}).observed
    assert [stat.S_IMODE(mode) for mode in found["modes"]] == [0o600, 0o700]
    job = found["job"]
    assert (job["config"], job["trace"], job["timeouts"]) == ({"a": "1"}, False, {"packCall": 5, "packStart": 60.0})


@pytest.mark.parametrize(
    ("timeout", "given", "expected"), [(8, {}, 6.0), (800, {}, 60.0), (None, {}, 60.0), (8, {"packStart": 2}, 2)]
)
def test_packs_must_start_well_before_the_time_is_over(
    timeout: float | None, given: dict[str, float], expected: float, bench: Bench
) -> None:
    found = bench.run("answer(timeouts=job['timeouts'])", timeout, {"timeouts": given})
    assert found.observed["timeouts"] == {"packStart": expected}


def test_a_program_that_is_a_file_runs_in_its_folder(bench: Bench) -> None:
    (bench.program / "main.py").touch()
    found = bench.run("answer(cwd=os.getcwd())", job={"main": str(bench.program / "main.py")})
    assert found.observed["cwd"] == str(bench.program)


def test_progress_is_told_while_it_changes(bench: Bench) -> None:
    told: list[int] = []
    code = """
    for text in ("1", "1", "torn 1", "250"):
        (workdir / "progress").write_text(text)
        time.sleep(0.4)
    answer()
    """
    bench.run(code, on_progress=told.append)
    assert told == [1, 250]


def test_traces_are_kept_where_they_are_asked_for(bench: Bench) -> None:
    code = "(workdir / 'trace').mkdir(); (workdir / 'trace' / 'a.jsonl').write_text('{}'); answer(trace=job['trace'])"
    found = bench.run(code, trace_to=bench.folder / "kept")
    assert (found.observed["trace"], (bench.folder / "kept/a.jsonl").read_text()) == (True, "{}")
    assert bench.run("answer()", trace_to=bench.folder / "none").observed == {"schema": "dataops.engine/v1"}
    assert not (bench.folder / "none").exists()


def test_a_hundred_megabytes_of_output_block_nothing_and_fill_no_memory(bench: Bench) -> None:
    code = "[s.write(('x' * 1023 + '\\n') * 1024) for _ in range(100) for s in (sys.stdout, sys.stderr)]; answer()"
    found = bench.run(code)
    assert (found.stdout.lines, found.stdout.bytes) == (102_400, 100 * 1024 * 1024)
    assert found.stderr.lines == 102_400
    assert len(found.stdout.text) < 300_000
    assert any("bytes left out" in line for line in found.program_output)


@pytest.mark.parametrize(
    ("code", "said", "detail"),
    [
        ("print('last words', file=sys.stderr); os._exit(3)", "ended with exit code 3 before", "last words"),
        ("print('only stdout', flush=True); os._exit(0)", "ended with exit code 0 before", "only stdout"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9 (Killed) before", ""),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by signal 11 (Segmentation fault) before", ""),
        ("os.kill(os.getpid(), signal.SIGUSR1)", "look for what ends it", ""),
        ("(workdir / 'part').write_text('{'); os._exit(1)", "ended with exit code 1", ""),
    ],
)
def test_a_child_without_a_result_says_how_it_ended(code: str, said: str, detail: str, bench: Bench) -> None:
    error = bench.error(code)
    assert str(error).startswith("the program's process ")
    assert said in str(error)
    assert error.detail == detail


@pytest.mark.parametrize("text", ['{"schema": "dataops.engine/v9"}', "[]", "{"])
def test_an_answer_in_another_form_is_refused(text: str, bench: Bench) -> None:
    error = bench.error(f"(workdir / 'result.json').write_text({text!r})")
    assert str(error) == "the engine answered in a form other than dataops.engine/v1: install dataops-infra anew"


def test_a_python_that_cannot_be_run_is_named(bench: Bench) -> None:
    with pytest.raises(PreviewError, match=r"^/nowhere/python cannot be run \(No such file or directory\)"):
        run_job({"main": str(bench.program)}, Path("/nowhere/python"))


STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


@pytest.mark.parametrize("code", ["", STUBBORN, "child(); child()\n", STUBBORN + "child()\n"])
def test_a_program_that_does_not_end_is_ended_with_everything_it_started(code: str, bench: Bench) -> None:
    error = bench.error(code + "print('still here', file=sys.stderr, flush=True)\nwhile True: time.sleep(0.01)", 1.5)
    assert str(error) == (
        "the program did not finish within 1.5 s: give it longer with --timeout, "
        "or look for a loop or a wait that does not end"
    )
    assert error.detail == "still here"


@pytest.mark.parametrize("ending", ["answer()", "os._exit(1)"])
def test_what_the_program_left_running_is_ended_when_it_ends(ending: str, bench: Bench) -> None:
    code = f"child(); {ending}"
    if ending == "answer()":
        bench.run(code)
    else:
        bench.error(code)
    assert processes_of(bench.marker) == {}


ESCAPES = {
    "a session of its own": "subprocess.Popen(['sleep', '3600'], start_new_session=True)\n",
    "forked twice": "if os.fork() == 0:\n    os.setsid()\n    os.fork() and os._exit(0)\n    time.sleep(3600)\n",
}
"""Ways to leave the process group; both carry the environment."""


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
@pytest.mark.parametrize("ending", ["answer()", "os._exit(1)", "time.sleep(3600)"])
def test_what_left_the_group_is_ended_too(escape: str, ending: str, bench: Bench) -> None:
    if ending == "answer()":
        assert bench.run(escape + ending).observed == {"schema": "dataops.engine/v1"}
    else:
        bench.error(escape + ending, 1.5)
    assert processes_of(bench.marker) == {}


def test_an_escaped_process_that_holds_the_pipes_delays_but_does_not_block(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_DRAIN_SECONDS", 0.3)
    escaped = "subprocess.Popen(['sleep', '3600'], start_new_session=True, env={'MARKER': os.environ['MARKER']})"
    assert bench.run(f"{escaped}; answer()").observed == {"schema": "dataops.engine/v1"}
    (left,) = processes_of(bench.marker)
    os.kill(left, signal.SIGKILL)


def test_each_run_has_a_mark_of_its_own(bench: Bench) -> None:
    marks = [bench.run(f"answer(mark=os.environ[{MARK!r}])").observed["mark"] for _ in range(2)]
    assert len(set(marks)) == 2


def test_what_a_dead_process_wrote_acts_on_nobody(bench: Bench) -> None:
    words = "::error file=x::y\n  ::set-output name=x::y\n##[error]x\n\x1b[31m\x1b]8;;http://x\x07\tend\u202e\n"
    error = bench.error(f"sys.stderr.buffer.write({words.encode()!r}); sys.stderr.flush(); os._exit(5)")
    assert error.detail == (
        ": :error file=x::y\n  : :set-output name=x::y\n# #[error]x\n\\x1b[31m\\x1b]8;;http://x\\x07\tend\\u202e"
    )


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (
            "policy pack acme did not finish judging urn:x\n::error::\x1b[2J",
            "policy pack acme did not finish judging urn:x ::error::\\x1b[2J within the 1 s of --timeout: look there "
            "for a rule that never ends, or give it longer with --timeout",
        ),
        ("", "the program did not finish within 1 s: give it longer with --timeout, or look for a loop or a wait that"),
    ],
)
def test_a_time_out_blames_who_was_waited_for(waiting: str, said: str, bench: Bench) -> None:
    error = bench.error(f"(workdir / 'waiting').write_text({waiting!r}); time.sleep(3600)", 1)
    assert str(error).startswith(said)


DRIVER = """
import sys
from pathlib import Path
from dataops_infra.preview.supervisor import Interrupted, run_job
try:
    run_job({"main": sys.argv[1]}, Path(sys.executable), engine=Path(sys.argv[2]))
except Interrupted as error:
    print(error)
    sys.exit(2)
"""
ENDLESS = STUBBORN + "child()\n(Path(os.environ['STARTED'])).touch()\nwhile True: time.sleep(0.01)"


@pytest.mark.parametrize(
    ("sent", "said"),
    [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP"), (signal.SIGKILL, "")],
)
def test_a_signal_to_the_parent_ends_everything(sent: signal.Signals, said: str, bench: Bench) -> None:
    lifeline = "import threading\n" + textwrap.dedent("""
    def watch():
        sys.stdin.read()
        os.killpg(os.getpgrp(), signal.SIGKILL)
    threading.Thread(target=watch, daemon=True).start()
    """)  # what the real engine does, for the parent that dies without a word
    engine, started = bench.script(lifeline + ENDLESS), bench.folder / "started"
    environ = {**os.environ, "MARKER": bench.marker, "STARTED": str(started), "TMPDIR": str(bench.temporary)}
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(bench.program), str(engine)], env=environ, stdout=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 120
    while not started.exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(driver.pid, sent)
    out, _ = driver.communicate(timeout=120)
    if sent is signal.SIGKILL:  # nobody is left to tidy up; the job is readable by its owner only
        assert wait_until_gone(bench.marker) == {}
        for left in bench.temporary.iterdir():
            shutil.rmtree(left)
        return
    assert (driver.returncode, out) == (2, f"the preview was interrupted ({said}); nothing was written\n")


def test_handlers_are_as_they_were_afterwards_and_ignored_signals_stay_ignored(bench: Bench) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        bench.run("answer()")
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, previous)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_job_may_be_run_by_another_thread(bench: Bench) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(bench.run, "answer()").result().observed == {"schema": "dataops.engine/v1"}


def test_an_interruption_is_an_error_for_people() -> None:
    assert issubclass(Interrupted, PreviewError)
    assert json.dumps(str(Interrupted("x"))) == '"x"'
