"""Run the installed `dataops` as a person would, and find what it leaves behind."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

DATAOPS = Path(sys.executable).with_name("dataops")


def command(*words: str | Path) -> list[str]:
    """The command line of `dataops` in this environment."""
    return [str(DATAOPS), *map(str, words)]


def environment(**extra: str) -> dict[str, str]:
    """This environment without what would change a report: colours, CI, passphrases and other conventions."""
    dropped = ("CI", "GITHUB_", "NO_COLOR", "FORCE_COLOR", "PULUMI_", "DATAOPS_", "AWS_", "GOOGLE_", "CLOUDSDK_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | {"COLUMNS": "120"} | extra


def dataops(*words: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> "Outcome":
    """Run `dataops` to its end (at most two minutes)."""
    done = subprocess.run(
        command(*words), env=environment(**(environ or {})), cwd=cwd, capture_output=True, timeout=120, check=False
    )
    return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class Outcome:
    """What a run of `dataops` came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}"

    @property
    def text(self) -> str:
        """Everything that was shown."""
        return self.out + self.err


def processes_of(marker: str) -> dict[int, str]:
    """Every living process, but for this one, whose environment or command line holds ``marker``."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command_line, environ = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if marker.encode() in command_line + environ:
                found[int(entry.name)] = command_line.replace(b"\0", b" ").decode(errors="replace")
    return found


def wait_until_gone(marker: str, seconds: float = 120.0) -> dict[int, str]:
    """The processes with ``marker`` that are still there after at most ``seconds`` (killed ones need a moment)."""
    end = time.monotonic() + seconds
    while (left := processes_of(marker)) and time.monotonic() < end:
        time.sleep(0.05)
    return left
