"""The audit's workers: a process each, fed with one export after the other, replaced when it dies.

A worker leads a session of its own, so that one signal reaches its packs too; it ends when its stdin does, also when
this process was killed.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from dataops_infra.audit.arguments import Named
from dataops_infra.errors import PreviewError
from dataops_infra.preview.capture import Capture
from dataops_infra.preview.engine.leftovers import MARK, end_marked

COMMAND = (sys.executable, "-P", "-m", "dataops_infra.audit.worker")
"""``-P``: no module of the current folder stands in for one of ours."""
_END_SECONDS = 8.0
_DRAIN_SECONDS = 1.0
_DETAIL_LINES = 12

Document = dict[str, Any]


class WorkerEnded(Exception):
    """A worker ended, or had to be ended, before it answered; the text says how."""


class Worker:
    """One worker process.

    :param order: its first line, see :mod:`dataops_infra.audit.worker`.
    :param descriptors: open files that it can read as ``/dev/fd/<number>``.
    """

    def __init__(self, order: Document, environ: Mapping[str, str], descriptors: Sequence[int] = ()) -> None:
        self._mark = uuid.uuid4().hex
        self._process = subprocess.Popen(
            COMMAND,
            env={**environ, MARK: self._mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=descriptors,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stdin = self._process.stdin
        self._errors = Capture(self._process.stderr)
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        with contextlib.suppress(OSError):  # it is gone: the answer will say so
            self._send(order)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._answers.put(line)
        self._answers.put(b"")

    def _send(self, document: Document) -> None:
        self._stdin.write(json.dumps(document).encode() + b"\n")
        self._stdin.flush()

    def ready(self, timeout: float | None) -> Document:
        """What it says about its packs, once they serve.

        :raises PreviewError: a pack does not start, or its configuration is wrong.
        """
        try:
            answer = self._answer(timeout)
        except WorkerEnded as ended:
            raise PreviewError(f"the audit's worker {ended} while the packs were starting", self._tail()) from None
        failed = answer.get("failed")
        if failed:
            raise PreviewError(failed["message"], failed["detail"])
        ready: Document = answer["ready"]
        return ready

    def audit(self, path: str, timeout: float | None) -> Document:
        """What it found in the export at ``path``.

        :raises WorkerEnded: it ended, or had not answered after ``timeout`` seconds; it is of no more use.
        """
        with contextlib.suppress(OSError):
            self._send({"path": path})
        return self._answer(timeout)

    def _answer(self, timeout: float | None) -> Document:
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            how = f"did not finish within the {timeout:g} s of --timeout; give it longer with --timeout"
            raise WorkerEnded(how) from None
        if not line:
            code = self._process.wait()
            self._errors.finish(_DRAIN_SECONDS)  # its last words may still be under way
            how = f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with code {code}"
            raise WorkerEnded(how)
        answer: Document = json.loads(line)
        return answer

    def _tail(self) -> str:
        lines = self._errors.text().text.splitlines()
        return "\n".join(line.rstrip() for line in lines[-_DETAIL_LINES:])

    def end(self, patience: float = _END_SECONDS) -> None:
        """End the process and everything it started: asked to, then killed after ``patience`` seconds."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        end_marked(self._mark)
        self._reader.join(_DRAIN_SECONDS)
        self._errors.finish(_DRAIN_SECONDS)


class Pool:
    """Several workers side by side.

    :param jobs: how many at most; there are never more than exports.
    :param timeout: seconds for one export; None = no limit but those of the packs.
    """

    def __init__(self, jobs: int, order: Document, environ: Mapping[str, str], timeout: float | None) -> None:
        self._jobs, self._order, self._environ, self._timeout = jobs, order, dict(environ), timeout
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._descriptors: tuple[int, ...] = ()

    def run(self, exports: Sequence[Named], on_result: Callable[[int, Document], None]) -> Document:
        """Have every export judged.

        :param on_result: called with an export's position and what was found, from several threads.
        :returns: what the workers say about their packs.
        :raises PreviewError: the packs do not start.
        """
        self._descriptors = tuple(named.descriptor for named in exports if named.descriptor is not None)
        first = self._start()
        ready = first.ready(None)
        left = deque(enumerate(exports))
        failures: list[BaseException] = []

        def work(worker: Worker | None) -> None:
            try:
                self._work(worker, left, on_result)
            except BaseException as error:  # noqa: BLE001 - reaches the thread that waits
                failures.append(error)

        others = [threading.Thread(target=work, args=(None,), daemon=True) for _ in range(self._count(exports) - 1)]
        threads = [threading.Thread(target=work, args=(first,), daemon=True), *others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return ready

    def close(self) -> None:
        """End every worker at once; may be called more than once, also while they work."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.end(patience=0)

    def _count(self, exports: Sequence[Named]) -> int:
        return max(1, min(self._jobs, sum(export.path is not None for export in exports)))

    def _start(self) -> Worker:
        worker = Worker(self._order, self._environ, self._descriptors)
        with self._lock:
            self._workers.add(worker)
            is_late = self._closed
        if is_late:
            worker.end(patience=0)
        return worker

    def _drop(self, worker: Worker, patience: float = _END_SECONDS) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.end(patience)

    def _work(
        self, worker: Worker | None, left: deque[tuple[int, Named]], on_result: Callable[[int, Document], None]
    ) -> None:
        while not self._closed:
            try:
                position, export = left.popleft()
            except IndexError:
                break
            if export.path is None:
                on_result(position, _failed("export", export.problem))
                continue
            if worker is None:
                worker = self._start()
                worker.ready(None)
            try:
                on_result(position, worker.audit(str(export.path), self._timeout))
            except WorkerEnded as ended:
                on_result(position, _failed("worker", f"could not be judged: the audit's worker {ended}"))
                self._drop(worker, patience=0)
                worker = None
        if worker is not None:
            self._drop(worker)


def _failed(kind: str, message: str) -> Document:
    return {"error": {"kind": kind, "message": message, "detail": ""}}
