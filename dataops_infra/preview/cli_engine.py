"""``--engine pulumi``: the same preview by the real CLI, within a hard time limit.

The CLI, its plugins, the program and the packs run in one process group, which is killed as a whole: a CLI that waits
for a pack whose virtualenv is missing ignores SIGTERM.
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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dataops_infra.errors import PreviewError
from dataops_infra.preview.cli_events import Observation

GRACE_SECONDS = 5.0
"""How long a stopped CLI may clean up before its process group is killed."""

_COMPLAINT_LINES = 50
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class CliPack:
    """A folder with ``PulumiPolicy.yaml`` and the config for its policies (empty = none)."""

    path: Path
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CliJob:
    """What ``pulumi preview`` is asked to do.

    :param project: folder of ``Pulumi.yaml``.
    :param config: further config values, key to text; they are never written to the project's own files.
    :param config_file: the stack's config file, where one exists.
    :param timeout: seconds; None = no limit.
    :param environ: what the program sees beside this process's environment.
    """

    project: Path
    stack: str
    packs: Sequence[CliPack] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    config_file: Path | None = None
    timeout: float | None = None
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CliRun:
    """What the CLI's run showed: an observation for ``verdicts.join`` and the program's last lines."""

    observed: Mapping[str, Any]
    output: tuple[str, ...]


def run_cli(job: CliJob, on_progress: Callable[[int], None] = lambda _: None) -> CliRun:
    """Run ``pulumi preview`` and take in its events.

    :param on_progress: called with the number of resources so far.
    :raises PreviewError: ``pulumi`` is not on PATH, did not end in time, or sends no events (too old).
    """
    program = shutil.which("pulumi")
    if program is None:
        raise PreviewError(
            "--engine pulumi needs the Pulumi CLI, and no `pulumi` is on PATH: install it from "
            "https://www.pulumi.com/docs/install, or leave the option out to use the embedded engine"
        )
    observation = Observation(job.project, on_progress)
    with tempfile.TemporaryDirectory(prefix="dataops-cli-") as folder:
        command = _command(program, job, Path(folder))
        process = _Process(command, job.project, job.environ, observation)
        exit_code = process.wait(job.timeout)
    if not observation.seen and exit_code == 0:
        raise PreviewError("this `pulumi` sends no preview events: install a newer version")
    return CliRun(observation.document(exit_code, process.complaint), observation.output)


def _command(program: str, job: CliJob, folder: Path) -> list[str]:
    command = [program, "preview", "--json", "--non-interactive", "--color", "never", "--stack", job.stack]
    for number, pack in enumerate(job.packs):
        command += ["--policy-pack", str(pack.path), "--policy-pack-config", _pack_config(pack, folder, number)]
    if job.config:
        # `--config` saves what it is given: it gets a copy of the stack's file, so that the project stays untouched.
        copy = folder / f"Pulumi.{job.stack.rpartition('/')[2]}.yaml"
        copy.write_text(job.config_file.read_text(encoding="utf-8") if job.config_file else "", encoding="utf-8")
        command += ["--config-file", str(copy)]
        for key, value in job.config.items():
            command += ["--config", f"{key}={value}"]
    return command


def _pack_config(pack: CliPack, folder: Path, number: int) -> str:
    """The pack's config as a file; the CLI wants as many configs as packs, "" for none."""
    if not pack.config:
        return ""
    path = folder / f"pack-{number}.json"
    path.write_text(json.dumps(pack.config), encoding="utf-8")
    return str(path)


class _Process:
    """The CLI in a process group of its own, read by two threads so that neither pipe can fill up."""

    def __init__(self, command: list[str], folder: Path, environ: Mapping[str, str], observation: Observation) -> None:
        switches = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1", "PULUMI_SKIP_UPDATE_CHECK": "true"}
        self._observation = observation
        self._strange = ""
        self._complaint: deque[str] = deque(maxlen=_COMPLAINT_LINES)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | switches | dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=read, args=(pipe,), daemon=True)
            for read, pipe in ((self._events, self._process.stdout), (self._words, self._process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def complaint(self) -> str:
        """The last lines that the CLI itself wrote: its stderr, and what was no event on stdout."""
        return "\n".join(self._complaint)

    def wait(self, timeout: float | None) -> int:
        """The exit code.

        :raises PreviewError: the time is over (nothing of the group is left then), or an event made no sense.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._stop()
            raise PreviewError(
                f"`pulumi preview` did not end within {timeout:g} s and was stopped; "
                "allow more with --timeout, or look for a pack that waits (a `virtualenv` that does not exist)",
                self.complaint,
            ) from None
        except BaseException:
            self._stop()
            raise
        # A plugin that outlived the CLI would hold the pipes open.
        self._kill()
        self._join()
        if self._strange:
            raise PreviewError(
                f"this `pulumi` sends events of another shape ({self._strange}): use the embedded engine"
            )
        return code

    def _stop(self) -> None:
        self._signal(signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        self._kill()
        self._process.wait()
        self._join()

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(GRACE_SECONDS)

    def _events(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                event = _event(line)
                if event is not None:
                    self._take(event)
                elif line.strip():
                    self._complaint.append(line.rstrip("\n"))

    def _take(self, event: dict[str, Any]) -> None:
        try:
            self._observation.take(event)
        except (KeyError, TypeError, AttributeError) as error:
            # Read on all the same: a pipe that nobody empties would block the CLI.
            self._strange = f"{type(error).__name__}: {error}"

    def _words(self, pipe: IO[str]) -> None:
        with pipe:
            self._complaint.extend(line.rstrip("\n") for line in pipe)


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
