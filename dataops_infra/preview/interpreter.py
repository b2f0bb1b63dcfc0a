"""Which Python runs a program or a pack: the choice of Pulumi's Python language host, made here without the CLI.

See pulumi/pulumi, sdk/python/toolchain (pip.go, uv.go, poetry.go).
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from dataops_infra.errors import PreviewError
from dataops_infra.preview.project import Project

OLDEST_SDK = (3, 180)
"""The oldest Pulumi SDK whose programs run under the embedded engine."""
_ASK_SECONDS = 30
_ASK_VERSION = "import importlib.metadata as m; print(m.version('pulumi'))"


def program_python(project: Project, environ: Mapping[str, str]) -> Path:
    """The Python of the project's program; checked to hold a Pulumi SDK that the engine knows.

    The ``virtualenv`` option of the runtime, else that of its toolchain (uv, poetry), else ``VIRTUAL_ENV``, else the
    Python that runs this.

    :raises PreviewError: the project is of another language; the environment or the SDK in it is missing or too old.
    """
    if project.runtime != "python":
        raise PreviewError(
            f"{project.file}: its runtime is {project.runtime}, and the embedded engine runs Python programs; "
            "use --engine pulumi"
        )
    chosen = environment_python(project.root, project.options, f"{project.file}: its runtime")
    python = chosen or _active_python(environ) or Path(sys.executable)
    _check_sdk(python)
    return python


def environment_python(root: Path, options: Mapping[str, Any], named: str) -> Path | None:
    """The Python of the environment that ``runtime.options`` name, or None when they name none.

    :param root: the folder that relative paths start from.
    :param named: whose options these are, for messages, such as ``path/Pulumi.yaml: its runtime``.
    :raises PreviewError: the environment does not exist, or the toolchain is unknown or not installed.
    """
    toolchain, virtualenv = str(options.get("toolchain") or "pip").lower(), options.get("virtualenv")
    if toolchain not in ("pip", "uv", "poetry"):
        raise PreviewError(f"{named} names the toolchain {toolchain!r}; it must be pip, uv or poetry")
    if toolchain == "poetry":
        folder = _poetry_environment(root, named)
    elif virtualenv:
        folder = root / str(virtualenv)
    elif toolchain == "uv":
        folder = _uv_environment(root)
    else:
        return None
    python = _python_in(folder)
    if not python.is_file():
        how = {"pip": f"python -m venv {folder}", "uv": "uv sync", "poetry": "poetry install"}[toolchain]
        raise PreviewError(f"{named} wants the virtual environment {folder}, which does not exist; run {how}")
    return python


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _active_python(environ: Mapping[str, str]) -> Path | None:
    """The Python of the activated environment; one that has been deleted does not count."""
    python = _python_in(Path(environ["VIRTUAL_ENV"])) if environ.get("VIRTUAL_ENV") else None
    return python if python and python.is_file() else None


def _uv_environment(root: Path) -> Path:
    for marker in ("uv.lock", "pyproject.toml"):
        for folder in (root, *root.parents):
            if (folder / marker).is_file():
                return folder / ".venv"
    return root / ".venv"


def _poetry_environment(root: Path, named: str) -> Path:
    if (root / ".venv").is_dir():
        return root / ".venv"
    poetry = shutil.which("poetry")
    if poetry is None:
        raise PreviewError(
            f"{named} uses poetry, which is not on PATH; install it or keep the environment in {root}/.venv"
        )
    asked = subprocess.run(
        [poetry, "env", "info", "--path"], cwd=root, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
    )
    if asked.returncode or not asked.stdout.strip():
        raise PreviewError(f"{named} uses poetry, which knows no environment for {root}; run poetry install")
    return Path(asked.stdout.strip().splitlines()[-1])


def _check_sdk(python: Path) -> None:
    version = _sdk_version(python)
    oldest = ".".join(map(str, OLDEST_SDK))
    if version is None:
        raise PreviewError(f"{python} has no Pulumi SDK: install pulumi there, or activate the program's environment")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_SDK:
        raise PreviewError(
            f"{python} has Pulumi SDK {version}: the preview needs {oldest} or newer; upgrade pulumi there"
        )


def _sdk_version(python: Path) -> str | None:
    """The version of the distribution ``pulumi`` in that environment; None when there is none."""
    if python == Path(sys.executable):
        try:
            return metadata.version("pulumi")
        except metadata.PackageNotFoundError:
            return None
    try:
        asked = subprocess.run(
            [str(python), "-c", _ASK_VERSION], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PreviewError(f"{python} cannot be run ({type(error).__name__}); make that environment anew") from None
    return asked.stdout.strip() if asked.returncode == 0 else None
