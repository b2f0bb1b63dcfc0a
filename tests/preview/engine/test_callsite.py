"""Calls of the real SDK, in this process, to a monitor that only asks where they come from."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.proto import resource_pb2

from dataops_infra.preview.engine.callsite import ELSEWHERE, NOT_SEEN, CallSite, CallSites
from dataops_infra.preview.engine.frames import UserCode

HERE = Path(__file__)
TOKEN = "acme:index:lookup"


@pulumi.output_type
class Found:
    def __init__(self, name: str) -> None:
        pulumi.set(self, "name", name)

    @property
    @pulumi.getter
    def name(self) -> str:
        return pulumi.get(self, "name")


class Monitor:
    """Notes the site of every call; answers with the call's ``key``."""

    def __init__(self) -> None:
        self.call_sites = CallSites(UserCode([HERE.parent]))
        self.sites: dict[str, CallSite] = {}
        self.others: list[CallSite] = []

    def Invoke(self, request: Any) -> Any:
        self.sites[request.args["key"]] = self.call_sites.of(request)
        self.others.append(self.call_sites.of(resource_pb2.ResourceInvokeRequest(tok=TOKEN)))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").update({"name": request.args["key"]})
        return response


def sites_of(program: Callable[[], Any]) -> Monitor:
    """Run a program with settings and an event loop of its own."""
    monitor = Monitor()

    async def main() -> None:
        pulumi.runtime.settings.SETTINGS.monitor_features = {resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS}
        program()
        await asyncio.gather(*[task for task in asyncio.all_tasks() if task is not asyncio.current_task()])

    def run() -> None:
        pulumi.runtime.configure(
            pulumi.runtime.Settings(monitor=monitor, engine=None, project="p", stack="s", dry_run=True)
        )
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        monitor.call_sites.watch(loop)
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.copy_context().run(run)
    return monitor


def plain(key: Any, typ: type | None = None) -> Any:
    return pulumi.runtime.invoke(TOKEN, {"key": key}, typ=typ).value


def output(key: Any, typ: type | None = None) -> Any:
    return pulumi.runtime.invoke_output(TOKEN, {"key": key}, typ=typ)


def test_the_plain_form_has_the_lines_and_the_type():
    site = sites_of(lambda: plain("a", Found)).sites["a"]
    assert (site.plain, site.result_type, site.secret) == (True, Found, False)
    assert [frame.function for frame in site.frames[:2]] == ["plain", "<lambda>"]
    assert {frame.file for frame in site.frames} == {str(HERE)}
    assert "pulumi.runtime.invoke(TOKEN" in HERE.read_text().splitlines()[site.frames[0].line - 1]


def test_the_output_form_has_the_type_only():
    assert sites_of(lambda: output("a", Found)).sites["a"] == CallSite(False, Found)


def test_calls_of_one_function_are_told_apart():
    def program() -> None:
        for number in range(5):
            output(f"before {number}")
        plain("between", Found)
        output("after", Found)

    sites = sites_of(program).sites
    assert {key for key, site in sites.items() if site.plain} == {"between"}
    assert {key for key, site in sites.items() if site.result_type} == {"between", "after"}


def test_a_plain_call_inside_an_apply_is_plain():
    def program() -> None:
        pulumi.Output.from_input("x").apply(lambda _: plain("inner", Found))
        plain("outer")

    sites = sites_of(program).sites
    assert sites["inner"].plain
    assert sites["inner"].result_type is Found
    assert sites["outer"].plain
    assert sites["outer"].result_type is None


@pytest.mark.parametrize("form", [plain, output])
def test_a_secret_argument_is_noticed(form):
    assert sites_of(lambda: form(pulumi.Output.secret("hunter2"))).sites["hunter2"].secret


def test_a_request_that_the_loop_did_not_send_is_of_another_thread():
    def program() -> None:
        output("a")
        plain("b")

    assert sites_of(program).others == [ELSEWHERE, ELSEWHERE]


def test_without_a_running_loop_nothing_is_seen():
    sites = CallSites(UserCode([]))
    request = resource_pb2.ResourceInvokeRequest(tok=TOKEN)
    assert sites.of(request) == NOT_SEEN
    loop = asyncio.new_event_loop()
    sites.watch(loop)
    assert sites.of(request) == NOT_SEEN
    loop.close()


def test_a_loop_that_ends_before_it_looked_ends_the_wait(monkeypatch):
    sites = CallSites(UserCode([]))
    loop = asyncio.new_event_loop()
    sites.watch(loop)
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *_: None)
    asked: list[CallSite] = []
    asking = threading.Thread(target=lambda: asked.append(sites.of(resource_pb2.ResourceInvokeRequest(tok=TOKEN))))

    async def compute() -> None:
        asking.start()
        time.sleep(0.8)

    loop.run_until_complete(compute())
    asking.join(10)
    loop.close()
    assert asked == [NOT_SEEN]


def test_what_goes_wrong_while_looking_reaches_who_asked(monkeypatch):
    monkeypatch.setattr("dataops_infra.preview.engine.callsite._variables", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sites_of(lambda: plain("a"))


def test_a_thread_of_the_programs_own_is_not_kept_waiting(monkeypatch):
    monkeypatch.setattr("dataops_infra.preview.engine.callsite._PATIENCE_SECONDS", 0.2)
    sites = CallSites(UserCode([]))
    loop = asyncio.new_event_loop()
    sites.watch(loop)
    asked: list[CallSite] = []

    async def wait_for_a_thread() -> None:
        asking = threading.Thread(target=lambda: asked.append(sites.of(resource_pb2.ResourceInvokeRequest(tok=TOKEN))))
        asking.start()
        asking.join(10)

    loop.run_until_complete(wait_for_a_thread())
    loop.close()
    assert asked == [ELSEWHERE]
