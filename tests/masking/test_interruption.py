"""Ctrl-C in any phase of a run is acted on at once, also while a library is at work that no signal reaches."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.cli.interruption import interruptible
from dataops_infra.errors import MaskingError
from dataops_infra.masking.background import THREADS, in_background
from dataops_infra.masking.masker import mask_batch
from tests.support.masked_runs import mask, write_people, write_plan
from tests.support.synthetic_contracts import primary, write_contract


class Stuck:
    """Work that goes on until it is let go, and an interruption as soon as it has begun."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self, *_args: Any, **_more: Any) -> None:
        self.threads.append(threading.current_thread())
        os.kill(os.getpid(), signal.SIGINT)
        assert self.goes_on.wait(60)


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    """Let go, and waited for, when the test is over."""
    work = Stuck()
    yield work
    work.goes_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith(THREADS):
            thread.join(60)


def test_work_gives_what_it_gives_and_raises_what_it_raises() -> None:
    names: list[str] = []
    assert in_background(lambda: names.append(threading.current_thread().name)) is None
    assert names == [THREADS]
    with pytest.raises(ZeroDivisionError):
        in_background(lambda: 1 / 0)


def test_a_wait_that_a_signal_does_not_end_is_ended() -> None:
    """As when one comes between the last instruction and the wait: Python has noted it, and the wait begins."""
    over, gave_up = threading.Event(), threading.Event()

    def send() -> None:
        time.sleep(0.3)  # the main thread waits by then
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)  # noted; the main thread's wait goes on
        if not over.wait(30):
            gave_up.set()

    def sent_while_waiting() -> None:
        threading.Thread(target=send).start()
        gave_up.wait()

    with (
        pytest.raises(MaskingError, match=r"^the run was interrupted \(SIGTERM\); nothing was published$"),
        interruptible(MaskingError, "the run", "nothing was published"),
    ):
        sent_while_waiting()
    over.set()
    assert not gave_up.is_set()


def test_nothing_is_left_of_waiting_for_signals() -> None:
    def there_are() -> tuple[int, int]:
        return len([*Path("/proc/self/fd").iterdir()]), threading.active_count()

    before = there_are()
    for _ in range(3):
        with interruptible(MaskingError, "the run", "nothing was published"):
            pass
    assert there_are() == before


def test_an_interruption_does_not_wait_for_the_work(stuck: Stuck) -> None:
    with (
        pytest.raises(MaskingError, match=r"^the run was interrupted \(SIGINT\); nothing was published$"),
        interruptible(MaskingError, "the run", "nothing was published"),
    ):
        in_background(stuck)
    assert not stuck.goes_on.is_set()


def test_an_interruption_that_a_library_dropped_is_asked_for_before_what_cannot_be_taken_back() -> None:
    reached = []

    def work() -> None:
        with interruptible(MaskingError, "the run", "nothing was published") as stop_if_interrupted:
            with suppress(BaseException):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)
            reached.append("the end of the work")
            stop_if_interrupted()
            reached.append("delivered")

    with pytest.raises(MaskingError, match=r"^the run was interrupted \(SIGINT\); nothing was published$"):
        work()
    assert reached == ["the end of the work"]


@pytest.mark.parametrize(
    "phase", ["run.begin_learning", "preparing.Learning.finished", "run.judge", "engines.local.mask_batch"]
)
def test_a_run_is_interrupted_in_any_phase_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: Stuck, phase: str
) -> None:
    source = write_people(tmp_path / "source")

    def at_work(*args: Any) -> Any:
        stuck()
        return mask_batch(*args)

    monkeypatch.setattr(f"dataops_infra.masking.{phase}", at_work if phase.endswith("mask_batch") else stuck)
    with (
        pytest.raises(MaskingError, match="nothing was published"),
        interruptible(MaskingError, "the run", "nothing was published"),
    ):
        mask(tmp_path, source, {"customers.note": "text"}, threads=2)
    assert not stuck.goes_on.is_set()
    assert stuck.threads
    assert threading.main_thread() not in stuck.threads  # there a library's own work would keep the signal waiting
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "source"]


def test_what_fails_after_a_signal_fails_for_it() -> None:
    def work() -> None:
        with interruptible(MaskingError, "the run", "nothing was published"):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)
            finally:
                threading.Lock().release()  # as where the signal struck between taking a lock and holding it

    with pytest.raises(MaskingError, match=r"^the run was interrupted \(SIGINT\); nothing was published$") as raised:
        work()
    assert raised.value.is_interruption


BUSY = """\
import threading, typer
from dataops_infra import cli
from dataops_infra.errors import MaskingError
threading.Thread(target=threading.Event().wait, name="{name}", daemon={daemon}).start()
def build(_given):
    def app(*_args, **_more):
        raise {error}
    return app
cli.build = build
cli.main(["mask"])
"""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ("MaskingError('it was interrupted')", 2, "dataops: it was interrupted\n"),
        ("KeyboardInterrupt", 2, "dataops: stopped by Ctrl-C\n"),
        ("SystemExit(None)", 0, ""),
        ("SystemExit(1)", 1, ""),
    ],
    ids=["error", "ctrl-c", "none", "code"],
)
def test_the_command_ends_while_its_threads_are_at_work(error: str, code: int, said: str) -> None:
    script = BUSY.format(name=f"{THREADS}-3", daemon=False, error=error)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (code, said)


PUBLISHED = """\
import os, signal, sys, time
from dataops_infra import cli
from dataops_infra.masking import destinations
from dataops_infra.masking.synth import making
publish = destinations.publish
def then_interrupted(*args):
    {publish}
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(3600)
destinations.publish = making.publish = then_interrupted
cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize(("step", "is_there"), [("publish(*args)", True), ("pass", False)])
def test_an_interruption_while_the_copy_is_published_does_not_say_that_it_is_not(
    tmp_path: Path, step: str, is_there: bool
) -> None:
    source, target = write_people(tmp_path / "source"), tmp_path / "masked"
    plan, key = write_plan(tmp_path / "plan.yaml", source), tmp_path / "mask.key"
    key.write_text(bytes(range(32)).hex())
    key.chmod(0o600)
    words = ["mask", "run", plan, "--source", source, "--target", target, "--key-file", key]
    script = [sys.executable, "-c", PUBLISHED.format(publish=step), *map(str, words)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        f"dataops: the run was interrupted (SIGINT); {target} is as it was, or holds the copy already: judge it by "
        "`dataops mask verify`\n",
    )
    assert (target / "_manifest.json").exists() is is_there
    assert sorted(path.name for path in tmp_path.iterdir() if path != target) == ["mask.key", "plan.yaml", "source"]


def test_an_interruption_while_invented_rows_are_published_is_told_likewise(tmp_path: Path) -> None:
    target = tmp_path / "made"
    (tmp_path / "dataops.yaml").write_text("domains:\n  sales: {}\n")
    (tmp_path / "contracts").mkdir()
    write_contract(tmp_path / "contracts", {"people": [primary()]}, "people")
    words = ["mask", "synth", "contracts", "--rows", "5", "--output", str(target)]
    script = [sys.executable, "-c", PUBLISHED.format(publish="publish(*args)"), *words]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    said = "dataops: the run was interrupted (SIGINT); made is as it was, or holds the rows already\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert (target / "_manifest.json").is_file()


TWICE = """\
import os, signal, sys, time
from dataops_infra import cli
from dataops_infra.cli.interruption import interruptible
from dataops_infra.errors import MaskingError
say = cli._say
def told(*words):
    os.kill(os.getpid(), signal.{second})
    time.sleep(0.1)
    say(*words)
cli._say = told
def build(_given):
    def app(*_args, **_more):
        with interruptible(MaskingError, "the run", "nothing was published"):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(3600)
    return app
cli.build = build
cli.main(["mask"])
"""


@pytest.mark.parametrize("second", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_second_signal_finds_the_telling_under_way(second: str) -> None:
    script = [sys.executable, "-c", TWICE.format(second=second)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "dataops: the run was interrupted (SIGTERM); nothing was published\n",
    )


INTERRUPTED = """\
import os, signal, sys, threading, time
from dataops_infra import cli
from dataops_infra.cli.interruption import interruptible
from dataops_infra.errors import MaskingError
threading.Thread(target=threading.Event().wait, name="of a library").start()
def build(_given):
    def app(*_args, **_more):
        sys.stdout.write("some of it")
        with interruptible(MaskingError, "the run", "nothing was published"):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(3600)
    return app
cli.build = build
cli.main(["mask"])
"""


@pytest.mark.parametrize("output", ["printed", "/dev/full"])
def test_an_interrupted_command_waits_for_no_thread(tmp_path: Path, output: str) -> None:
    path = tmp_path / output  # a path from the root stays itself
    with path.open("w") as file:
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    said = "dataops: the run was interrupted (SIGTERM); nothing was published\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert output == "/dev/full" or path.read_text() == "some of it"


def test_other_threads_change_nothing() -> None:
    script = BUSY.format(name="other", daemon=True, error="SystemExit('text')")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (1, "text\n")
