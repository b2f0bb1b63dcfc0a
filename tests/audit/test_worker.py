"""The worker itself: its answers, its packs after a failure, its end."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.audit.worker import Auditor
from dataops_infra.audit.workers import COMMAND, Pool, Worker
from dataops_infra.errors import PreviewError
from dataops_infra.preview.engine.leftovers import MARK
from dataops_infra.preview.engine.records import EngineFailure
from tests.audit.states import bucket, shown_secret, state, write
from tests.support.cli import environment, wait_until_gone
from tests.support.pack_processes import FINE, write_pack

RAISES = """
def every(args, report):
    if args.name == "raises":
        raise ValueError(args.props["password"])
PolicyPack("raises", [ResourceValidationPolicy("raises", "Holds.", every)])
"""


def order(pack: Path, **changes: Any) -> dict[str, Any]:
    entry = {"name": pack.name, "path": str(pack), "command": [sys.executable], "env": {}, "config": {}, "version": "1"}
    return {"packs": [entry], "timeouts": {}, "maximumBytes": 10**7, **changes}


@pytest.fixture
def auditor(tmp_path: Path) -> Iterator[Auditor]:
    made = Auditor(order(write_pack(tmp_path / "raises", RAISES)), environment(MARKER="audit-worker"))
    yield made
    made.close()
    assert wait_until_gone("audit-worker") == {}


def test_a_rule_that_raises_is_an_error_without_secrets_and_the_packs_start_anew(
    auditor: Auditor, tmp_path: Path
) -> None:
    bad = write(
        tmp_path / "bad.json", state(bucket("raises", password=1, inputs={"password": shown_secret("hunter2")}))
    )
    good = write(tmp_path / "good.json", state(bucket()))
    failed = auditor.audit(bad)
    assert failed["error"]["kind"] == "rule"
    assert "hunter2" not in json.dumps(failed)
    assert "[secret]" in failed["error"]["message"]
    assert auditor.audit(good)["error"] is None
    assert auditor.audit(good)["resources"] == 3


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (10**400, "internal", "could not be judged: OverflowError while it was handed to the packs"),
        (
            shown_secret("\ud800"),
            "export",
            "is damaged: a secret in it holds half a character (a lone surrogate); mend what wrote it",
        ),
        ([[[0]]] * 2, None, None),
    ],
)
def test_values_that_no_message_can_carry_are_an_error(
    auditor: Auditor, tmp_path: Path, value: Any, kind: str | None, message: str | None
) -> None:
    error = auditor.audit(write(tmp_path / "s.json", state(bucket(inputs={"a": value}))))["error"]
    assert (error and error["kind"], error and error["message"]) == (kind, message)


def test_too_deep_values_are_an_error(auditor: Auditor, tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(700):
        deep = {"a": deep}
    found = auditor.audit(write(tmp_path / "s.json", state(bucket(inputs=deep))))
    assert found["error"] == {"kind": "export", "message": "is nested too deeply to be an exported stack", "detail": ""}


def test_what_packs_log_is_kept_per_stack(tmp_path: Path) -> None:
    program = """
    import pulumi
    def every(args, report):
        if args.name == "talks":
            report("said")
    PolicyPack("talks", [ResourceValidationPolicy("talks", "Talks.", every)])
    """
    made = Auditor(order(write_pack(tmp_path / "talks", program)), environment())
    try:
        first = made.audit(write(tmp_path / "1.json", state(bucket("talks"))))
        second = made.audit(write(tmp_path / "2.json", state(bucket())))
    finally:
        made.close()
    assert [event["message"] for event in first["observed"]["policyEvents"]] == ["Talks.\nsaid\n"]
    assert [r["name"] for r in first["observed"]["resources"]] == ["talks"]
    assert (second["observed"]["policyEvents"], second["observed"]["resources"]) == ([], [])


def test_packs_that_do_not_start_fail_the_auditor(tmp_path: Path) -> None:
    with pytest.raises(EngineFailure, match="policy pack broken"):
        Auditor(order(write_pack(tmp_path / "broken", "raise SystemExit(3)")), environment())


def test_the_worker_ends_with_its_input(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, input=b"", env=environment(), capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    worker = start(order(write_pack(tmp_path / "fine", FINE)), "audit-ends")
    assert list(answer(worker)) == ["ready"]
    _, errors = worker.communicate(timeout=300)
    assert (worker.returncode, errors) == (0, b"")
    assert wait_until_gone("audit-ends") == {}


SLOW = """
import pathlib
def every(args, report):
    pathlib.Path("started").touch()
    time.sleep({seconds})
PolicyPack("s", [ResourceValidationPolicy("s", "S.", every)])
"""


@pytest.mark.parametrize("seconds", [0.1, 3600])
@pytest.mark.parametrize("mark", ["", "a-mark-of-its-own"])
def test_a_worker_whose_master_is_killed_amid_work_does_not_outlive_it(
    tmp_path: Path, seconds: float, mark: str
) -> None:
    """It may be in the packs then, or have an answer that nobody reads."""
    pack = write_pack(tmp_path / "slow", SLOW.format(seconds=seconds))
    worker = start(order(pack), "audit-amid", **{MARK: mark})
    assert list(answer(worker)) == ["ready"]
    give(worker, {"path": str(write(tmp_path / "s.json", state()))})
    while not (pack / "started").exists():
        time.sleep(0.01)
    for end in (worker.stdout, worker.stderr, worker.stdin):
        assert end is not None
        end.close()
    assert worker.wait(120) in (1, -9)
    assert wait_until_gone("audit-amid") == {}


def test_a_worker_whose_master_is_killed_while_packs_start_does_not_outlive_it(tmp_path: Path) -> None:
    worker = start(order(write_pack(tmp_path / "slow", "time.sleep(3600)")), "audit-start")
    worker.communicate(timeout=120)
    assert worker.returncode == -9
    assert wait_until_gone("audit-start") == {}


def start(given: dict[str, Any], marker: str, **environ: str) -> subprocess.Popen[bytes]:
    worker = subprocess.Popen(
        COMMAND, env=environment(MARKER=marker, **environ), start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    give(worker, given)
    return worker


def give(worker: subprocess.Popen[bytes], document: dict[str, Any]) -> None:
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(document).encode() + b"\n")
    worker.stdin.flush()


def answer(worker: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert worker.stdout is not None
    document: dict[str, Any] = json.loads(worker.stdout.readline())
    return document


def test_a_worker_that_dies_while_starting_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stderr.write('no pulumi here\\n'); sys.exit(5)"
    monkeypatch.setattr("dataops_infra.audit.workers.COMMAND", (sys.executable, "-c", code))
    worker = Worker({}, environment())
    with pytest.raises(PreviewError) as caught:
        worker.ready(30)
    worker.end()
    assert str(caught.value) == "the audit's worker ended with code 5 while the packs were starting"
    assert caught.value.detail == "no pulumi here"


def test_what_a_listener_raises_reaches_the_caller(tmp_path: Path) -> None:
    from dataops_infra.audit.arguments import Named

    path = write(tmp_path / "s.json", state())
    pool = Pool(2, order(write_pack(tmp_path / "fine", FINE)), environment(MARKER="audit-pool"), None)

    def refuse(_position: int, _document: dict[str, Any]) -> None:
        raise RuntimeError("stop")

    try:
        with pytest.raises(RuntimeError, match="stop"):
            pool.run([Named("s.json", path)], refuse)
    finally:
        pool.close()
    assert wait_until_gone("audit-pool") == {}


def test_a_closed_pool_starts_nothing(tmp_path: Path) -> None:
    """A signal may come while a thread is about to start a worker."""
    from dataops_infra.audit.arguments import Named

    given = order(write_pack(tmp_path / "fine", FINE))
    pool = Pool(1, given, environment(MARKER="audit-late"), None)
    pool.close()
    with pytest.raises(PreviewError, match="the audit's worker was ended by signal 9"):
        pool.run([Named("s.json", write(tmp_path / "s.json", state()))], lambda *_: None)
    assert wait_until_gone("audit-late") == {}
