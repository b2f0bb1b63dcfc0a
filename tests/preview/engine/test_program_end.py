"""How a program's process ends: what it left for its end is done, and what does not end is not waited for."""

import re
from pathlib import Path

import pytest

from tests.support.engine import preview_code


def test_what_the_program_left_for_its_end_is_done(tmp_path: Path) -> None:
    code = """\
    import atexit
    import tempfile

    import pulumi

    folder = tempfile.TemporaryDirectory()
    pulumi.export("folder", folder.name)
    atexit.register(print, "that was all")
    """
    run = preview_code(tmp_path, code)

    assert "that was all" in run.output
    assert not Path(run.result["outputs"]["folder"]).exists()


def test_threads_tasks_and_hooks_that_never_end_are_not_waited_for(tmp_path: Path) -> None:
    code = """\
    import asyncio
    import atexit
    import threading
    import time

    import pulumi

    atexit.register(time.sleep, 3600)
    threading.Thread(target=time.sleep, args=(3600,)).start()


    async def forever():
        await asyncio.sleep(3600)


    task = asyncio.ensure_future(forever())


    def fail():
        raise ValueError("in a thread of its own")


    threading.Thread(target=fail, daemon=True).start()
    pulumi.ComponentResource("a:b:C", "c")
    """
    run = preview_code(tmp_path, code)

    assert run.result["error"] is None
    assert run.resource("c")["type"] == "a:b:C"
    assert "ValueError: in a thread of its own" in run.output


def test_hostile_names_and_values_come_through(tmp_path: Path) -> None:
    code = """\
    import pulumi

    for name in ("a::b", "c$d", "ü\\n<b>", "../x"):
        pulumi.ComponentResource("a:b:C", name)
    pulumi.export("numbers", [2**63, 1e300, float("nan"), float("inf"), float("-inf"), -0.0])
    deep = []
    for _ in range(40):
        deep = [deep]
    pulumi.export("deep", deep)
    """
    run = preview_code(tmp_path, code)

    assert run.result["error"] is None
    names = [item["name"] for item in run.result["resources"] if item["type"] == "a:b:C"]
    assert sorted(names) == sorted(["a::b", "c$d", "ü\n<b>", "../x"])
    assert run.result["outputs"]["numbers"] == [2**63, int(1e300), "NaN", "Infinity", "-Infinity", 0]


def test_a_program_that_never_returns_from_itself_is_shown_in_part(tmp_path: Path) -> None:
    error = preview_code(tmp_path, "def f():\n    f()\n\n\nf()\n").error

    assert error["message"].startswith("RecursionError")
    assert [frame["line"] for frame in error["frames"]] == [2, 2, 2, 5]
    assert re.fullmatch(r"f\(\)  \[repeated \d{3} more times\]", error["frames"][0]["text"])


def test_functions_that_call_each_other_without_end_are_shown_by_both_ends(tmp_path: Path) -> None:
    error = preview_code(tmp_path, "def f():\n    g()\n\n\ndef g():\n    f()\n\n\nf()\n").error

    assert (len(error["frames"]), error["frames"][-1]["line"]) == (40, 9)
    # Which of the two reaches the limit hangs on how deep the interpreter stood before, as under coverage.
    assert [frame["line"] for frame in error["frames"][:20]] in ([2, 6] * 10, [6, 2] * 10)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise BaseException('gone')", "BaseException: gone"),
        ("class Stop(BaseException): ...\nraise Stop('gone')", "Stop: gone"),
        ("raise KeyboardInterrupt", "the program raised KeyboardInterrupt; nobody pressed Ctrl-C"),
    ],
)
def test_what_is_raised_beside_exceptions_is_the_programs_error(code: str, message: str, tmp_path: Path) -> None:
    error = preview_code(tmp_path, code).error

    line = code.count("\n") + 1
    assert (error["kind"], error["message"]) == ("program", message)
    assert error["source"] == {"file": str(tmp_path / "__main__.py"), "line": line}
