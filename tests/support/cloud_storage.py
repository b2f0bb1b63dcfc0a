"""Object stores as servers of this machine, in processes of their own: S3 (moto), Cloud Storage (an emulator).

A process of its own, because pyarrow's readers may hold the interpreter's lock while they wait for an answer.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.cloud_servers import AWS_VARIABLES

_STARTING_SECONDS = 60


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """An empty S3; yields the environment that leads there."""
    port = _free_port()
    with _running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port):
        yield {**AWS_VARIABLES, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


@contextmanager
def storage_server(bucket: str) -> Iterator[str]:
    """A Cloud Storage with one bucket, in memory; yields its address."""
    port = _free_port()
    program = Path(sys.executable).with_name("gcp-storage-emulator")
    words = ["start", "--host=127.0.0.1", f"--port={port}", "--in-memory", f"--default-bucket={bucket}"]
    with _running([str(program), *words], port):
        yield f"127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(process, port)
            yield
        finally:
            process.terminate()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {process.args!r}")
