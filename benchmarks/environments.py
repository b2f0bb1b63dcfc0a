"""Environments for peers whose dependencies do not go with ours."""

import re
import subprocess
import sys
import venv
from pathlib import Path

PEERS = Path(__file__).with_name("peers")
ENVIRONMENTS = Path(__file__).parents[1] / ".venv-peers"


def interpreter(name: str) -> Path:
    """The Python of the environment that ``peers/<name>.lock`` describes; made when missing or older than the lock."""
    lock, folder = PEERS / f"{name}.lock", ENVIRONMENTS / name
    python, stamp = folder / "bin" / "python", folder / ".made-from-lock"
    if not stamp.is_file() or stamp.stat().st_mtime < lock.stat().st_mtime:
        venv.create(folder, with_pip=True, clear=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
        subprocess.run([python, *install], check=True, stdout=sys.stderr)
        stamp.touch()
    return python


def pinned(name: str) -> list[str]:
    """What ``peers/<name>.in`` asks for, each with its version in the lock."""
    lines = (PEERS / f"{name}.in").read_text(encoding="utf-8").splitlines()
    asked = {re.split("[=<>]", line)[0] for line in lines if line and not line.startswith("#")}
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (PEERS / f"{name}.lock").read_text(encoding="utf-8"), re.MULTILINE)
    return [f"{package} {version}" for package, version in locked if package in asked]
