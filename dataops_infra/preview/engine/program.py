"""Running the program: its surroundings as Pulumi's language host gives them, the SDK pointed at our monitor."""

import asyncio
import contextlib
import inspect
import json
import logging
import os
import runpy
import sys
from collections.abc import MutableMapping
from typing import Any

import pulumi

from .failures import AUTOMATION_SENTENCE
from .monitor import Monitor
from .records import EngineFailure, JobSpec
from .service import Engine

_EXECUTABLE_EVENTS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn"})
_AUTOMATION_FILES = "/pulumi/automation/"


def surround(job: JobSpec, environ: MutableMapping[str, str]) -> None:
    """Give the process the program's environment, working directory and arguments."""
    environ.update(
        {
            "PULUMI_CONFIG": json.dumps(job.config),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(job.config_secret_keys),
            "PULUMI_PROJECT": job.project,
            "PULUMI_STACK": job.stack,
            "PULUMI_ORGANIZATION": job.organization,
            "PULUMI_DRY_RUN": "true",
            "PULUMI_ROOT_DIRECTORY": str(job.root),
        }
    )
    os.chdir(job.program_directory)
    sys.argv = [str(job.main)]
    sys.path[0:0] = [str(job.program_directory)]


def settings(job: JobSpec, monitor: Monitor, engine: Engine) -> Any:
    """The SDK's settings.

    :raises EngineFailure: the SDK is too old to be told the project's folder.
    """
    given: dict[str, Any] = {
        "project": job.project,
        "stack": job.stack,
        "organization": job.organization,
        "root_directory": str(job.root),
        "monitor": monitor,
        "engine": engine,
        "parallel": 16,
        "dry_run": True,
    }
    accepted = inspect.signature(pulumi.runtime.Settings).parameters
    missing = sorted(set(given) - set(accepted))
    if missing:
        raise EngineFailure(
            "run",
            "the program's Pulumi SDK is too old (it does not know "
            + ", ".join(missing)
            + "); install pulumi>=3.180 in the program's environment",
        )
    return pulumi.runtime.Settings(**given)


def run(job: JobSpec, monitor: Monitor, engine: Engine) -> None:
    """Run the program to its end and wait for everything it registered.

    :raises Exception: what the program raised, or the monitor's failure.
    :raises SystemExit: the program ended itself with an exit code other than 0.
    """
    pulumi.runtime.configure(settings(job, monitor, engine))
    _refuse_automation(monitor)
    # Pulumi leaves futures behind when a program fails; asyncio would complain about each (as its own executor does).
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor.watch(loop)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _main_until_settled(job, monitor)))
    finally:
        with contextlib.suppress(ValueError, OSError):
            sys.stdout.flush()
            sys.stderr.flush()


async def _main_until_settled(job: JobSpec, monitor: Monitor) -> None:
    """Run the program and let everything it started come to its end.

    The SDK would wait too, but looks at every open output again whenever one resolves: quadratic in the resources.
    An exception ends this wait at once; the SDK meets it in its own wait and reports it.
    """
    _main(job, monitor)
    while pending := [task for task in _open_tasks() if not task.done()]:
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() is not None for task in done):
            return


def _open_tasks() -> list["asyncio.Future[Any]"]:
    """Registrations under way and outputs that are not resolved yet."""
    settings = pulumi.runtime.settings.SETTINGS
    with settings.lock:
        waiting = [*settings.rpc_manager.rpcs, *settings.outputs]
    return [task for task in waiting if asyncio.isfuture(task)]


def _main(job: JobSpec, monitor: Monitor) -> None:
    if not (job.main.is_file() or (job.main / "__main__.py").is_file()):
        raise EngineFailure("run", f"{job.main} holds no program; expected a Python file or a folder with __main__.py")
    try:
        # An absolute path: frames of a relative one carry no source positions.
        runpy.run_path(str(job.main), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
        # What was declared before the end is previewed: dropping it would hide it from the policies.
        monitor.registry.say("info", "the program ended itself with sys.exit(); what came before is shown")


def _refuse_automation(monitor: Monitor) -> None:
    """Stop the Automation API from starting a real deployment when the CLI happens to be installed."""

    def watch(event: str, _args: Any) -> None:
        if event in _EXECUTABLE_EVENTS and _called_from_automation():
            raise monitor.registry.fail(EngineFailure("run", AUTOMATION_SENTENCE))

    watch.__cantrace__ = True  # type: ignore[attr-defined] # else debuggers and coverage do not see it
    sys.addaudithook(watch)


def _called_from_automation() -> bool:
    frame = sys._getframe(2)
    while frame is not None:
        if _AUTOMATION_FILES in frame.f_code.co_filename:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
