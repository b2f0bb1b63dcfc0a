"""One policy pack's process: started, its port read, its output drained, stopped.

The pack runs in its own folder and in the engine's process group. Whatever it writes after its port is read and dropped
except for the end, so that a pack that prints a lot can never block on a full pipe.
"""

import os
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import IO

from .records import EngineFailure, PackSpec

PACK_START_SECONDS = 60.0
"""How long a pack may take to print its port, unless the job says otherwise; importing a large SDK takes seconds."""
_STOP_SECONDS = 2.0
_TAIL_BYTES = 4096
_TAIL_LINES = 12
_CHUNK_BYTES = 65536
_LINE_BYTES = 4096


class _Tail:
    """The end of a stream that is read to its end by a thread of its own."""

    def __init__(self, stream: IO[bytes], start: bytes = b"") -> None:
        self._stream, self._kept = stream, start[-_TAIL_BYTES:]
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def _drain(self) -> None:
        descriptor = self._stream.fileno()
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            self._kept = (self._kept + chunk)[-_TAIL_BYTES:]

    def lines(self) -> str:
        """The last lines, without blank ones."""
        lines = self._kept.decode(errors="replace").splitlines()
        return "\n".join([line.rstrip() for line in lines if line.strip()][-_TAIL_LINES:])


class PackProcess:
    """The process of one pack, started at once.

    :param environ: the environment it gets, beside what its spec adds.
    :param start_seconds: how long it may take to print its port.
    :raises EngineFailure: kind ``pack``: the folder or the interpreter is missing.
    """

    def __init__(self, spec: PackSpec, engine_address: str, environ: Mapping[str, str], start_seconds: float) -> None:
        self.spec = spec
        self._seconds, self._deadline = start_seconds, time.monotonic() + start_seconds
        self._process = self._spawn(engine_address, {**environ, **spec.env})
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdout, self._stderr = self._process.stdout, _Tail(self._process.stderr)
        self._first = b""
        self._first_line_read = threading.Event()
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def _spawn(self, engine_address: str, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        if not os.path.isdir(self.spec.path):  # noqa: PTH112 - the message is the same for every wrong path
            raise self.failure(f"its folder {self.spec.path} does not exist; give the folder of PulumiPolicy.yaml")
        try:
            return subprocess.Popen(
                [*self.spec.command, "-u", "-m", "pulumi.policy", engine_address, self.spec.path],
                cwd=self.spec.path,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            python = self.spec.command[0]
            raise self.failure(
                f"its Python {python} cannot be run ({error.strerror}); create that environment"
            ) from None

    def _read_output(self) -> None:
        descriptor = self._stdout.fileno()
        while b"\n" not in self._first and len(self._first) < _LINE_BYTES:
            chunk = os.read(descriptor, _LINE_BYTES)
            if not chunk:
                break
            self._first += chunk
        self._first_line_read.set()
        while os.read(descriptor, _CHUNK_BYTES):
            pass

    def port(self) -> int:
        """The port that the pack printed; waits for it.

        :raises EngineFailure: kind ``pack``: it ended, printed something else, or took too long.
        """
        if not self._first_line_read.wait(max(0.0, self._deadline - time.monotonic())):
            raise self.failure(
                f"it did not start within {self._seconds:g} s; "
                "look for code before PolicyPack(...) that waits or never ends"
            )
        line, newline, _ = self._first.partition(b"\n")
        text = line.decode(errors="replace").strip()
        if newline and text.isascii() and text.isdigit() and 0 < int(text) < 65536:
            return int(text)
        if self._first:
            raise self.failure(
                f"it printed {text[:80]!r} before its port: remove print() calls that run before PolicyPack(...), "
                "or write to sys.stderr"
            )
        raise self._ended_early()

    def _ended_early(self) -> EngineFailure:
        code = self.wait(_STOP_SECONDS)
        python, errors = self.spec.command[0], self.errors()
        if "No module named pulumi" in errors or "No module named 'pulumi'" in errors:
            reason = f"{python} has no Pulumi SDK that runs packs; install pulumi and pulumi-policy there"
        elif "No module named 'pulumi_policy'" in errors:
            reason = f"{python} has no pulumi_policy; install pulumi-policy there"
        elif code == 0:
            reason = "it ended without creating a PolicyPack(...); its __main__.py must do that"
        elif code is not None and code < 0:
            reason = f"it was ended by signal {-code} before it was ready"
        else:
            cause = f" ({errors.splitlines()[-1].strip()[:200]})" if errors else ""
            reason = f"it failed while starting{cause}; mend its code, or install what it imports for {python}"
        return self.failure(reason)

    def failure(self, reason: str) -> EngineFailure:
        """An error that names the pack and shows the end of what it wrote to stderr."""
        return EngineFailure("pack", f"policy pack {self.spec.name}: {reason}", detail=self.errors())

    def errors(self) -> str:
        """The last lines the pack wrote to stderr."""
        return self._stderr.lines() if hasattr(self, "_stderr") else ""

    def wait(self, seconds: float) -> int | None:
        """The exit code, negative for a signal; None when it still runs after ``seconds``."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._stderr.thread.join(_STOP_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask the process to end; returns at once."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """Wait for a terminated process, kill it when it does not end within two seconds, and free its pipes."""
        if self.wait(_STOP_SECONDS) is None:
            self._process.kill()
            self._process.wait()
        for thread, stream in ((self._reader, self._stdout), (self._stderr.thread, self._process.stderr)):
            thread.join(_STOP_SECONDS)
            # A grandchild may hold the pipe open: its reader would then read a closed descriptor.
            if stream is not None and not thread.is_alive():
                stream.close()
