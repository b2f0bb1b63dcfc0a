"""Start of the engine inside the program's own Python: ``python <this file> job.json``.

This file is run by its path, so that nothing of this library is on the program's ``sys.path``; it loads its folder as
the package ``_dataops_engine`` and hands over to :mod:`session`.
"""

import atexit
import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path

PACKAGE = "_dataops_engine"
EXIT_SECONDS = 3.0


def load_engine() -> None:
    """Make this folder importable as :data:`PACKAGE` without touching ``sys.path``."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load the engine from {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def watch_lifeline(workdir: Path) -> None:
    """End all of the preview when the supervisor's end of stdin closes: nothing outlives it, on disk neither.

    The program itself reads an empty stdin.

    :param workdir: the folder with job.json, which may hold decrypted configuration.
    """
    leftovers = importlib.import_module(f"{PACKAGE}.leftovers")
    mark = os.environ.get(leftovers.MARK, "")  # the program may change the environment
    lifeline = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        leftovers.end_marked(mark)
        leftovers.remove_workdir(workdir)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def main() -> int:
    """Run the job named by the first argument; the exit code says only whether result.json was written."""
    job = Path(sys.argv[1]).resolve()
    # Python put this file's folder first; the program's own modules must not meet ours there.
    del sys.path[0]
    load_engine()
    watch_lifeline(job.parent)
    session = importlib.import_module(f"{PACKAGE}.session")
    code: int = session.run_job(job)
    return code


def clean_up() -> None:
    """Do what the program left for its end (``atexit``, temporary folders), for a few seconds at most."""
    thread = threading.Thread(target=atexit._run_exitfuncs, name="atexit", daemon=True)
    thread.start()
    thread.join(EXIT_SECONDS)


if __name__ == "__main__":
    code = main()
    clean_up()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of gRPC and of the program's own must not keep a finished preview alive.
    os._exit(code)
