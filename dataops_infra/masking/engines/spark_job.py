"""The masking job, as the component ``MaskedTestDataset`` deploys it:
``python -m dataops_infra.masking.engines.spark_job PLAN --source URI --target URI --key-secret REFERENCE``.

One line of JSON per step on standard output, without values of the data; what the arguments mean says
:mod:`.job_arguments`.
"""

import json
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from polars.exceptions import PanicException

from dataops_infra.errors import DataopsError, FileError, MaskingError, PlanError
from dataops_infra.masking.engines.base import Engine as MaskingEngine
from dataops_infra.masking.engines.cores import cores
from dataops_infra.masking.engines.job_arguments import Engine, JobArguments, read_arguments
from dataops_infra.masking.engines.local import LocalEngine
from dataops_infra.masking.gate.model import Verdict
from dataops_infra.masking.key_secrets import key_from_secret
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.places.working import working_folder
from dataops_infra.masking.plan import MAXIMUM_PLAN_BYTES, read_plan
from dataops_infra.masking.reports.json_report import json_report
from dataops_infra.masking.run import RunRequest, RunResult, run
from dataops_infra.masking.stores import StorePath, input_file, path_of
from dataops_infra.masking.verify import Verification, VerifyRequest

CANNOT_WORK = 2
"""Exit code when there is no verdict."""


class JobLog:
    """Lines of JSON in the form that the clouds' logs read: ``severity``, ``message``, and facts beside."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._started = clock()

    def begin(self, step: str, rows: int | None) -> None:
        """A step of the run begins."""
        self.say(step, {} if rows is None else {"rows": rows})

    def advance(self, rows: int) -> None:
        """Nothing: a step is one line."""

    def say(self, message: str, facts: Mapping[str, Any], severity: str = "INFO") -> None:
        """Write one line."""
        seconds = round(self._clock() - self._started, 3)
        line = json.dumps({"severity": severity, "message": message, "seconds": seconds, **facts}, ensure_ascii=True)
        self._stream.write(f"{line}\n")
        self._stream.flush()


def main(words: list[str] | None = None) -> int:
    """Do the job that the arguments describe; returns its exit code."""
    arguments = read_arguments(words)
    log = JobLog(sys.stdout)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run_job(arguments, log)
    except DataopsError as error:
        log.say(str(error), {"exitCode": CANNOT_WORK}, "ERROR")
    except KeyboardInterrupt:
        log.say("the job was interrupted; nothing was published", {"exitCode": CANNOT_WORK}, "ERROR")
    except (Exception, PanicException) as error:  # noqa: BLE001 - its text may repeat values: only the place is told
        at = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        log.say(f"unexpected {type(error).__name__}", {"exitCode": CANNOT_WORK, "at": at}, "ERROR")
    finally:
        signal.signal(signal.SIGTERM, before)
    return CANNOT_WORK


def run_job(arguments: JobArguments, log: JobLog) -> int:
    """Mask, judge and publish as the arguments say; returns 0 = published, 1 = refused.

    :raises DataopsError: the job could not do its work; nothing was published.
    """
    work_dir = None if arguments.work_dir is None else Path(arguments.work_dir)
    with working_folder(work_dir) as folder:
        plan = _fetched(arguments.plan, folder / "plan", "the plan")
        approval = arguments.approval and _fetched(arguments.approval, folder / "approval", "the approval")
        _check_report(arguments)
        log.say("Reading the plan", {"plan": arguments.plan})
        try:
            _check_hash(plan, arguments)
            if arguments.subset is not None:
                arguments.subset.check()
            request = RunRequest(
                plan=plan,
                source=path_of(arguments.source),
                target=path_of(arguments.target),
                key=_key(arguments),
                threads=arguments.threads or cores(),
                is_overwritten=arguments.is_overwritten,
                approval=approval or None,
                as_of=arguments.as_of,
                staging=None if arguments.staging is None else path_of(arguments.staging),
                subset=arguments.subset,
            )
            log.say("Opening the source", {"source": arguments.source, "engine": arguments.engine.value})
            result = run(request, log, _engine(arguments))
        except FileError as error:
            raise _named(error, {plan: arguments.plan, approval: arguments.approval}) from None
        _report(arguments, result)
    _tell(result, log)
    return result.exit_code


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _fetched(place: str, copy: Path, what: str) -> Path:
    """A private copy of a small file: what is checked is what is used, wherever it lies."""
    path = path_of(place)
    try:
        with input_file(path) as file:
            content = file.read(MAXIMUM_PLAN_BYTES + 1)
    except OSError as error:
        raise MaskingError(f"{what} {place} cannot be read ({type(error).__name__})") from None
    copy.mkdir()
    (copy / path.name).write_bytes(content)
    return copy / path.name


def _named(error: FileError, places: "dict[Path | str | None, str | None]") -> FileError:
    """The error with the place that was given instead of the private copy's."""
    given = {str(copy): place for copy, place in places.items()}
    return PlanError(given.get(error.path) or error.path, error.problems)


def _check_hash(plan: Path, arguments: JobArguments) -> None:
    digest = read_plan(plan).digest
    if arguments.plan_hash is not None and digest != arguments.plan_hash.lower():
        raise MaskingError(
            f"{arguments.plan} has the hash {digest}, and --plan-hash demands {arguments.plan_hash}: it is not the "
            "plan that was reviewed; deploy the job with the hash of this one, or bring the other back"
        )


def _check_report(arguments: JobArguments) -> None:
    """Refuse a report among the data: a file of the copy that nobody judged, or in place of one of the source."""
    if arguments.report is None:
        return
    report = path_of(arguments.report).absolute()
    for name, place in {"source": arguments.source, "target": arguments.target}.items():
        if report.is_relative_to(path_of(place).absolute()):
            raise MaskingError(f"the report {arguments.report} lies in the {name} {place}; write it beside")


def _key(arguments: JobArguments) -> MasterKey:
    if arguments.key_secret is not None:
        return key_from_secret(arguments.key_secret)
    if arguments.key_file is not None:
        return MasterKey.from_file(Path(arguments.key_file))
    assert arguments.key_env is not None
    return MasterKey.from_environment(arguments.key_env)


def _engine(arguments: JobArguments) -> MaskingEngine:
    if arguments.engine is Engine.local:
        return LocalEngine(arguments.threads or cores())
    from dataops_infra.masking.engines.spark import SparkEngine, start_session

    return SparkEngine(start_session())


def _report(arguments: JobArguments, result: RunResult) -> None:
    """Write the gate's verdict in the form of ``mask verify --format json``."""
    if arguments.report is None:
        return
    request = result.request
    asked = VerifyRequest(
        plan=path_of(arguments.plan), source=request.source, target=request.target, as_of=request.as_of
    )
    content = json_report(Verification(asked, result.plan, result.gate)).encode()
    path = path_of(arguments.report)
    try:
        if not isinstance(path, StorePath):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        published = "published" if result.is_published else "refused, and nothing was published"
        raise MaskingError(
            f"the copy was {published}, but the report {arguments.report} cannot be written ({type(error).__name__})"
        ) from None


def _tell(result: RunResult, log: JobLog) -> None:
    failed = sorted({check.name for check in result.gate.checks if check.verdict is Verdict.FAIL})
    facts = {
        "verdict": result.gate.verdict.value,
        "failedChecks": failed,
        "rows": dict(result.rows),
        "planHash": result.plan.digest,
        "keyId": result.request.key.key_id,
        "exitCode": result.exit_code,
    }
    if result.is_published:
        log.say("Published", facts)
    else:
        log.say("Refused by the gate; nothing was published", facts, "ERROR")


if __name__ == "__main__":
    sys.exit(main())
