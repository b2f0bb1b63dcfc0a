"""Servers that cannot be reached, or let nobody in: one sentence, and no password in it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from adbc_driver_manager import AdbcStatusCode
from adbc_driver_postgresql import dbapi

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from tests.support.cli import command, environment
from tests.support.postgres import PASSWORD, Server


def refusal(uri: str) -> str:
    with pytest.raises(MaskingError) as raised:
        open_place(uri).check_target(is_overwritten=False)
    assert raised.value.__cause__ is None
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_server_that_is_not_there(server: Server) -> None:
    said = refusal("postgresql://ann@127.0.0.1:1/shop")
    assert said == "postgresql://ann@127.0.0.1:1/shop cannot be reached: no server listens there; check host and port"


def test_a_wrong_password_is_not_printed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-hunter2")
    said = refusal(server.tcp("postgres"))
    assert said.endswith("the password is wrong; check PGPASSWORD, PGPASSFILE or PGSERVICE")
    assert "hunter2" not in said


def test_no_password(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    said = refusal(server.tcp("postgres"))
    assert said.endswith("it asks for a password; give it by PGPASSWORD, PGPASSFILE or PGSERVICE")


def test_the_right_password_lets_in(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    server.create("reached")
    open_place(server.tcp("reached")).check_target(is_overwritten=False)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("postgresql://postgres@/nowhere", 'FATAL:  database "nowhere" does not exist'),
        ("postgresql://nobody_at_all@/postgres", 'FATAL:  role "nobody_at_all" does not exist'),
        ("postgresql://postgres@/postgres?foo=1", 'invalid URI query parameter: "foo"'),
    ],
)
def test_what_libpq_says_is_told(server: Server, uri: str, said: str) -> None:
    separator = "&" if "?" in uri else "?"
    assert said in refusal(f"{uri}{separator}host={server.folder}&port={server.port}")


def test_tls_is_asked_for_as_libpq_does(server: Server) -> None:
    uri = f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=require"
    assert refusal(uri).endswith("the server offers no TLS, which sslmode demands")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    said = refusal("postgresql://ann@host/shop")
    assert said == "PostgreSQL needs the extra postgres: pip install 'dataops-infra[postgres]'"


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A port where connections are taken by the system and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as taken:
        yield taken


@contextmanager
def full() -> Iterator[socket.socket]:
    """A port whose queue is full: as behind a firewall, the first packet is dropped."""
    with listening() as taken, ExitStack() as waiting:
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(taken.getsockname())
        yield taken


def open_files(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            yield str(descriptor.readlink())


def is_asked(port: int, pid: int) -> bool:
    """Whether the process has a connection to ``port``, made or asked for."""
    links = set(open_files(pid))
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(each[2].endswith(f":{port:04X}") and f"socket:[{each[9]}]" in links for each in sockets)


@pytest.mark.parametrize("hanging", [listening, full])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("run", "plan.yaml", "-t", "{uri}", "-s", "{uri}", "--key-file", "mask.key"),
            "dataops: the run was interrupted (SIGINT); nothing was published\n",
        ),
        (("classify", "{uri}", "--output", "new.yaml"), "dataops: stopped by Ctrl-C\n"),
    ],
    ids=["run", "classify"],
)
def test_ctrl_c_ends_a_connection_that_hangs(
    tmp_path: Path, hanging: Callable[[], AbstractContextManager[socket.socket]], words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "mask.key").write_bytes(bytes(range(32)))
    (tmp_path / "mask.key").chmod(0o600)
    with hanging() as server:
        port = server.getsockname()[1]
        uri = f"postgresql://ann@127.0.0.1:{port}/shop?connect_timeout=600"
        asked = command("mask", *(word.format(uri=uri) for word in words))
        run = subprocess.Popen(asked, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment())
        while not is_asked(port, run.pid):
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        try:
            _out, shown = run.communicate(timeout=300)
        finally:
            run.kill()
            run.wait()
    assert (run.returncode, shown) == (2, said)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "1")
    with listening() as server:
        said = refusal(f"postgresql://ann@127.0.0.1:{server.getsockname()[1]}/shop")
    assert said.endswith("cannot be reached: it did not answer in time; check host, port and firewall")


@pytest.mark.parametrize(
    ("uri", "variables", "given"),
    [
        ("postgresql://h/shop", {}, "postgresql://h/shop?connect_timeout=10"),
        ("postgresql://h/shop?sslmode=require", {}, "postgresql://h/shop?sslmode=require&connect_timeout=10"),
        ("postgresql://h/shop?connect_timeout=0", {}, "postgresql://h/shop?connect_timeout=0"),
        ("postgresql://h/shop", {"PGCONNECT_TIMEOUT": "60"}, "postgresql://h/shop"),
        ("postgresql:///?service=shop", {}, "postgresql:///?service=shop"),
        ("postgresql:///shop", {"PGSERVICE": "shop"}, "postgresql:///shop"),
    ],
)
def test_ten_seconds_are_waited_unless_something_else_is_said(
    monkeypatch: pytest.MonkeyPatch, uri: str, variables: dict[str, str], given: str
) -> None:
    for name in ("PGCONNECT_TIMEOUT", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    asked: list[str] = []

    def connect(uri: str, **_options: object) -> None:
        asked.append(uri)
        raise dbapi.OperationalError("timeout expired", status_code=AdbcStatusCode.IO)

    monkeypatch.setattr(dbapi, "connect", connect)
    assert "it did not answer in time" in refusal(uri)
    assert asked == [given]
