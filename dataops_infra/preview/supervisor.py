"""Runs one job of the embedded engine in a process of its own, and sees to it that nothing of it is left behind.

The child leads a session of its own, so that one signal reaches the program, the packs and whatever they started; what
left that session is found by a mark in its environment. The child notices the death of this process because its stdin,
the lifeline, then ends.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from dataops_infra.errors import PreviewError
from dataops_infra.preview.capture import Capture, Captured
from dataops_infra.preview.engine.leftovers import MARK, WORKDIR_PREFIX, end_marked
from dataops_infra.preview.engine.waits import FILE as WAITING
from dataops_infra.reporting.escaping import one_line, visible, without_commands

ENGINE_SCHEMA = "dataops.engine/v1"
ENGINE = Path(__file__).parent / "engine" / "__main__.py"
PACK_START_SECONDS = 60.0
"""How long packs may take to start, where the time limit of the preview does not demand less."""
_PACK_SHARE = 0.75
_TICK_SECONDS = 0.1
_TERM_SECONDS = 1.5
_DRAIN_SECONDS = 2.0
_DETAIL_LINES = 15
_CAUSES: dict[int, str] = {
    signal.SIGKILL: "the system may have run out of memory",
    signal.SIGSEGV: "a native library crashed",
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(PreviewError):
    """The user or the system asked the preview to end (Ctrl-C, SIGTERM, SIGHUP)."""


@dataclass(frozen=True)
class EngineResult:
    """What the child found (result.json), what the program wrote, and how long it took."""

    observed: Mapping[str, Any]
    stdout: Captured
    stderr: Captured
    seconds: float

    @property
    def program_output(self) -> tuple[str, ...]:
        """The lines that the program wrote, stdout before stderr, without what was left out."""
        return (*self.stdout.text.splitlines(), *self.stderr.text.splitlines())


def run_job(
    job: Mapping[str, Any],
    python: Path,
    timeout: float | None = None,
    on_progress: Callable[[int], None] | None = None,
    *,
    trace_to: Path | None = None,
    engine: Path = ENGINE,
    environ: Mapping[str, str] | None = None,
    masked: Callable[[str], str] = str,
) -> EngineResult:
    """Run one preview and wait for it.

    :param job: job.json without ``workdir`` and ``trace``, see docs/architecture.md.
    :param python: the Python of the program's environment.
    :param timeout: seconds the whole may take; None = no limit.
    :param on_progress: called with the number of resources registered so far, about ten times a second.
    :param trace_to: a folder for the requests that packs received (tests; it then holds secrets).
    :param engine: the script that the child runs.
    :param environ: the child's environment, by default this process's.
    :param masked: hides secrets in a text; done before the text is cut, for half a secret is not recognised.
    :raises PreviewError: the child ended without a result, or took too long; ``detail`` is the end of what it wrote.
    :raises Interrupted: a signal asked this process to end.
    """
    workdir = Path(tempfile.mkdtemp(prefix=WORKDIR_PREFIX))
    try:
        path = _write_job(job, workdir, timeout, trace_to is not None)
        with _Signals() as signals:
            child = _Child([str(python), str(engine), str(path)], _working_directory(job), environ, masked)
            try:
                _supervise(child, signals, timeout, _progress_reader(workdir, on_progress), workdir / WAITING)
            finally:
                child.end()
        if trace_to is not None and (workdir / "trace").is_dir():
            shutil.copytree(workdir / "trace", trace_to, dirs_exist_ok=True)
        return EngineResult(_result(workdir, child), child.stdout.text(), child.stderr.text(), child.seconds)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _working_directory(job: Mapping[str, Any]) -> Path:
    main = Path(job["main"])
    return main if main.is_dir() else main.parent


def _write_job(job: Mapping[str, Any], workdir: Path, timeout: float | None, trace: bool) -> Path:
    """job.json, readable by this user only: it holds decrypted configuration."""
    limits = dict(job.get("timeouts") or {})
    longest = PACK_START_SECONDS if timeout is None else min(PACK_START_SECONDS, timeout * _PACK_SHARE)
    limits.setdefault("packStart", longest)
    path = workdir / "job.json"
    whole = {**job, "timeouts": limits, "workdir": str(workdir), "trace": trace}
    path.touch(0o600, exist_ok=False)
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def _progress_reader(workdir: Path, on_progress: Callable[[int], None] | None) -> Callable[[], None]:
    path, last = workdir / "progress", -1

    def read() -> None:
        nonlocal last
        with contextlib.suppress(OSError, ValueError):  # not there yet, or being written
            count = int(path.read_text(encoding="utf-8"))
            if on_progress and count != last:
                last = count
                on_progress(count)

    return read if on_progress else lambda: None


class _Signals:
    """Remembers the first signal that asks this process to end, instead of dying of it; ignored ones stay ignored."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "_Signals":
        # Only the main thread may set handlers; elsewhere the caller's own handling stands.
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.received = self.received or signal.Signals(number)


class _Child:
    """The engine's process with its whole session."""

    def __init__(
        self, command: list[str], folder: Path, environ: Mapping[str, str] | None, masked: Callable[[str], str]
    ) -> None:
        self._started, self._mark = time.monotonic(), uuid.uuid4().hex
        self._masked = masked
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**(os.environ if environ is None else environ), MARK: self._mark},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            reason = f"{command[0]} cannot be run ({error.strerror}): make the program's environment anew"
            raise PreviewError(reason) from None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.stdout, self.stderr = Capture(self._process.stdout), Capture(self._process.stderr)
        self._ended = threading.Event()
        self.seconds = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        # The process is not reaped here: as long as it is a zombie, no other session can get its number.
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        self.seconds = time.monotonic() - self._started
        self._ended.set()

    def text(self) -> str:
        """What it wrote to stderr, or else to stdout, without secrets."""
        return self._masked(self.stderr.text().text or self.stdout.text().text)

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended; waits at most ``seconds``."""
        return self._ended.wait(seconds)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it has not been ended."""
        return self._process.returncode

    def end(self) -> None:
        """End whatever of the session still runs, and reap the process: first asked to, then killed."""
        if self._process.returncode is not None:
            return
        if not self._ended.is_set():
            self._signal(signal.SIGTERM)
            self._ended.wait(_TERM_SECONDS)
        self._signal(signal.SIGKILL)
        self._ended.wait()
        self._process.wait()
        end_marked(self._mark)
        for capture in (self.stdout, self.stderr):
            capture.finish(_DRAIN_SECONDS)
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _supervise(
    child: _Child, signals: _Signals, timeout: float | None, read_progress: Callable[[], None], waiting: Path
) -> None:
    while not child.wait(_TICK_SECONDS):
        read_progress()
        if signals.received is not None:
            break
        if timeout is not None and child.elapsed > timeout:
            child.end()
            raise _too_slow(child, timeout, waiting)
    if signals.received is not None:
        raise Interrupted(f"the preview was interrupted ({signals.received.name}); nothing was written")


def _too_slow(child: _Child, timeout: float, waiting: Path) -> PreviewError:
    """Blames the pack that was waited for, if there was one, else the program."""
    with contextlib.suppress(OSError):
        if pack := waiting.read_text(encoding="utf-8"):
            return PreviewError(
                f"{one_line(pack)} within the {timeout:g} s of --timeout: look there for a rule that never ends, "
                "or give it longer with --timeout"
            )
    return PreviewError(
        f"the program did not finish within {timeout:g} s: give it longer with --timeout, "
        "or look for a loop or a wait that does not end",
        _last_lines(child),
    )


def _result(workdir: Path, child: _Child) -> dict[str, Any]:
    try:
        observed = json.loads((workdir / "result.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PreviewError(_ended_early(child.exit_code or 0), _last_lines(child)) from None
    except ValueError:
        observed = None
    if not isinstance(observed, dict) or observed.get("schema") != ENGINE_SCHEMA:
        raise PreviewError(f"the engine answered in a form other than {ENGINE_SCHEMA}: install dataops-infra anew")
    return observed


def _ended_early(code: int) -> str:
    if code >= 0:
        return (
            f"the program's process ended with exit code {code} before the preview was done; "
            "look for os._exit, or for a library that ends the process"
        )
    ended_by = signal.strsignal(-code) or "unknown"
    cause = _CAUSES.get(-code, "look for what ends it")
    return f"the program's process was ended by signal {-code} ({ended_by}) before the preview was done; {cause}"


def _last_lines(child: _Child) -> str:
    return "\n".join(_shown_lines(child.text()))


def _shown_lines(text: str) -> Iterator[str]:
    """The last lines of what a program wrote, which acts on no terminal and on no runner (ADR 0062)."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    yield from (without_commands(visible(line[:500], keep="\t")) for line in lines[-_DETAIL_LINES:])
