"""Forks runs of the masking engine, so that many can be killed without importing it many times.

``python run_server.py KEY PLAN SOURCE TARGET``; each line of standard input is a request, each answer a line of JSON.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from dataops_infra.errors import DataopsError
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.run import RunRequest, run


def main(key: str, plan: str, source: str, target: str) -> None:
    """Answer requests until there are no more."""
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        started, (reader, writer) = time.monotonic(), os.pipe()
        child = os.fork()
        if child == 0:
            request = RunRequest(
                Path(plan), Path(source), Path(target), MasterKey(bytes.fromhex(key)), threads=2, is_overwritten=True
            )
            os._exit(_run(request, order["file_size"], writer))
        os.close(writer)
        if order["kill_after"] is not None:
            time.sleep(order["kill_after"])
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read().decode()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"status": status, "text": text, "seconds": time.monotonic() - started}), flush=True)


def _run(request: RunRequest, file_size: int | None, writer: int) -> int:
    if file_size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    try:
        return run(request).exit_code
    except DataopsError as error:
        os.write(writer, str(error).encode())
        return 2


if __name__ == "__main__":
    main(*sys.argv[1:])
