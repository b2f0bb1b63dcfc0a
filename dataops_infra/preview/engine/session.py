"""One preview from job.json to result.json."""

import json
import os
import sys
import threading
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import program, result
from .analyzer import stack_configuration
from .construction import Constructions
from .failures import error_of, error_of_failure
from .monitor import Monitor
from .packs import PackGroup, pack_environment
from .records import Diagnostic, EngineFailure, JobSpec
from .registration import NoPacks, Packs
from .serve import Server
from .service import Engine
from .unseen import UnseenResources


class PackGate:
    """The policy packs of a job: started at once, waited for when the first resource is to be judged.

    :param engine: what the packs log to.
    :raises EngineFailure: a pack cannot even be started.
    """

    def __init__(self, job: JobSpec, engine: Engine) -> None:
        self.group: PackGroup | None = None
        self.failure: EngineFailure | None = None
        self._ready = threading.Event()
        self._server: Server | None = None
        if not job.packs:
            self._ready.set()
            return
        self._server = Server(engine)
        trace = job.workdir / "trace" if job.trace else None
        environ = pack_environment(job, os.environ)
        self.group = PackGroup.start(job.packs, self._server.address, environ, job.timeouts, trace)
        self.group.waits.tell(job.workdir)
        threading.Thread(target=self._connect, args=(job, self.group), name="packs", daemon=True).start()

    def _connect(self, job: JobSpec, group: PackGroup) -> None:
        try:
            group.wait_ready(stack_configuration(job))
        except EngineFailure as failure:
            self.failure = failure
        except Exception as error:  # noqa: BLE001 - whatever it is must reach the waiting thread
            self.failure = EngineFailure("internal", f"{type(error).__name__}: {error}", detail=traceback.format_exc())
        self._ready.set()

    def packs(self) -> Packs:
        """The packs, once they are ready.

        :raises EngineFailure: they failed to start.
        """
        self._ready.wait()
        if self.failure is not None:
            raise self.failure
        return self.group if self.group is not None else NoPacks()

    def finish(self, monitor: Monitor) -> None:
        """Have the whole stack judged."""
        self.packs()
        if self.group is not None:
            self.group.finish(monitor.registry.records)

    def close(self) -> None:
        """End the packs."""
        if self.group is not None:
            self.group.close()
        if self._server is not None:
            self._server.stop()


def run_job(path: Path) -> int:
    """Run the preview that job.json describes and write result.json beside it; 0 when that was written."""
    job = JobSpec.load(path)
    # It holds decrypted configuration, which a killed supervisor would leave behind.
    path.unlink()
    document = _Session(job).run()
    result.write(job.workdir / "result.json", document)
    return 0


class _Session:
    def __init__(self, job: JobSpec) -> None:
        self._job = job
        self._monitor: Monitor | None = None
        self._gate: PackGate | None = None
        self._early: list[Diagnostic] = []

    def run(self) -> dict[str, Any]:
        error: dict[str, Any] | None = None
        try:
            error = self._preview()
        except EngineFailure as failure:
            error = error_of_failure(failure)
        except Exception as unexpected:  # noqa: BLE001 - a bug of ours is reported, never printed into the program's output
            sentence = f"the embedded engine failed: {type(unexpected).__name__}: {unexpected}"
            error = error_of_failure(EngineFailure("internal", sentence, detail=traceback.format_exc()))
        document = self._document(error)
        if self._gate is not None:
            self._trace_passes(self._gate)
            self._gate.close()
        if self._monitor is not None:
            self._monitor.callbacks.close()
        return document

    def _document(self, error: dict[str, Any] | None) -> dict[str, Any]:
        monitor, group = self._monitor, self._gate.group if self._gate else None
        diagnostics = list(self._early)
        if monitor is not None:
            diagnostics += monitor.registry.diagnostics
            # A program that failed may have failed before the call.
            unused = monitor.functions.unused if error is None else []
            diagnostics += [Diagnostic("warning", sentence) for sentence in unused]
        if group is not None:
            diagnostics += [Diagnostic("warning", sentence) for sentence in group.warnings]
        return result.result_document(_sdk_version(), monitor, group, diagnostics, error)

    def _preview(self) -> dict[str, Any] | None:
        job = self._job
        monitor = self._monitor = Monitor(job, self._packs)
        engine = Engine(monitor.registry)
        self._gate = PackGate(job, engine)
        program.surround(job, os.environ)
        unseen = UnseenResources(monitor.user_code)
        unseen.watch()
        constructions = Constructions(monitor.user_code)
        constructions.watch()
        try:
            program.run(job, monitor, engine)
        except BaseException as error:  # noqa: BLE001 - a program may raise anything, KeyboardInterrupt too
            found = error_of(error, monitor.registry.failure, monitor.user_code, constructions)
            if found["kind"] == "program" and not found["detail"]:
                found["detail"] = monitor.functions.advice
            return found
        if monitor.registry.failure is not None:
            # The program caught what ended the preview.
            return error_of_failure(monitor.registry.failure)
        for sentence in unseen.sentences():
            monitor.registry.say("warning", sentence)
        self._gate.finish(monitor)
        return None

    def _trace_passes(self, gate: PackGate) -> None:
        if self._job.trace and gate.group is not None:
            path = self._job.workdir / "trace" / "passed.json"
            path.write_text(json.dumps(gate.group.passed, sort_keys=True), encoding="utf-8")

    def _packs(self) -> Packs:
        assert self._gate is not None, "the packs are started before the program"
        return self._gate.packs()


def _sdk_version() -> str:
    try:
        return version("pulumi")
    except PackageNotFoundError:
        return str(getattr(sys.modules.get("pulumi"), "__version__", ""))
