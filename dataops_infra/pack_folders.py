"""Where our packs are, and pack folders that the Pulumi CLI can run: bound to this Python, or ready to publish.

Finding a pack imports no policy SDK: a preview starts it in a process of its own.
In a checkout the packs stand in the repository's ``policies/``, in an installed wheel in ``dataops_infra/_packs``.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

import dataops_infra
from dataops_infra.errors import DataopsError, InvalidInputError

PACKS: Final = ("tagging", "data_lake", "pii")
"""Folder names of our packs, in the order in which people see them."""

PACK_FILE: Final = "PulumiPolicy.yaml"
DIGEST_FILE: Final = "DIGEST"
CONFIG_FILE: Final = "policy-config.json"
"""File in a bundled pack: its config, in the form of ``--policy-pack-config``."""

_OTHER_CACHE: Final = "set XDG_CACHE_HOME to a folder (its whole path) that this user may write"

_PACKAGE: Final = Path(dataops_infra.__file__).parent


def shown_name(folder: str) -> str:
    """How people see the name of one of our packs: ``data-lake``."""
    return folder.replace("_", "-")


def pack_name(name: str) -> str:
    """The folder name of one of our packs: ``data-lake`` and ``data_lake`` mean the same.

    :raises InvalidInputError: we have no pack of that name.
    """
    folder = name.replace("-", "_")
    if folder not in PACKS:
        raise InvalidInputError("policy pack", f"one of {', '.join(map(shown_name, PACKS))}", name)
    return folder


def pack_folder(name: str) -> Path:
    """The folder of one of our packs, as it is in the checkout or in the wheel.

    :raises InvalidInputError: we have no pack of that name.
    :raises DataopsError: the installation lacks its packs.
    """
    folder = pack_name(name)
    for packs in (_PACKAGE / "_packs", _PACKAGE.parent / "policies"):
        if (packs / folder / PACK_FILE).is_file():
            return packs / folder
    raise DataopsError(
        f"the policy pack {shown_name(folder)} is missing from this installation of dataops-infra; install it again"
    )


def source_files(folder: Path) -> Iterator[Path]:
    """The files of a pack that make it up, sorted; what Python or an editor left there is not part of it."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield path


def digest_of(folder: Path, more: Mapping[str, str] | None = None) -> str:
    """A digest (SHA-256, hex) of a pack's files and of ``more`` that decides what they do."""
    found = hashlib.sha256(json.dumps(dict(sorted((more or {}).items()))).encode())
    for path in source_files(folder):
        if path.name != DIGEST_FILE:
            content = path.read_bytes()
            found.update(f"\n{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def bound_pack(name: str, cache: Path | None = None) -> Path:
    """A folder with one of our packs that the Pulumi CLI runs with this Python, whatever is active or on PATH.

    It stands in the user's cache under a digest of what is in it: concurrent calls are safe, and a new version or
    another environment gets a folder of its own.

    :raises InvalidInputError: we have no pack of that name.
    :raises DataopsError: the CLI could not start this Python, the folder cannot be written, or somebody else may have
        written it.
    """
    source = pack_folder(name)
    runtime = _runtime_of_this_python()
    digest = digest_of(source, {"runtime": json.dumps(runtime), "version": dataops_infra.__version__})
    target = (cache or cache_folder()) / "packs" / digest[:16] / source.name
    try:
        if not (target / PACK_FILE).is_file():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _new_folder(target) as folder:
                _copy_pack(source, folder, runtime)
    except OSError as error:
        raise DataopsError(f"{target} cannot be written: {error.strerror}; {_OTHER_CACHE}") from None
    _check_ours(target)
    return target


def cache_folder() -> Path:
    """Our folder in the user's cache (``$XDG_CACHE_HOME``, else ``~/.cache``).

    :raises DataopsError: the user has no home, as a container's user without a name has none.
    """
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The specification tells to ignore relative paths: https://specifications.freedesktop.org/basedir-spec/latest/
    if Path(configured).is_absolute():
        return Path(configured) / "dataops"
    try:
        return Path.home() / ".cache" / "dataops"
    except RuntimeError:
        raise DataopsError(f"HOME is not set and this user has no home folder; {_OTHER_CACHE}") from None


def _check_ours(folder: Path) -> None:
    """Refuse a folder that another user made or may change: its code is about to run.

    :raises DataopsError: see there.
    """
    if os.name == "nt":
        return
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
        raise DataopsError(
            f"{folder} is a link, belongs to another user or may be written by everybody, so its code is not run;"
            " remove it, or set XDG_CACHE_HOME to a folder of your own"
        )


def _runtime_of_this_python() -> Any:
    """The ``runtime`` by which the CLI starts this very Python.

    The CLI takes the absolute path of a virtual environment and looks for ``bin/python`` there; where there is none it
    hangs. Told of none, it starts ``python3`` from PATH.
    """
    if sys.prefix != sys.base_prefix:
        binary = Path(sysconfig.get_path("scripts")) / ("python.exe" if os.name == "nt" else "python")
        if not binary.is_file():
            raise DataopsError(f"the virtual environment {sys.prefix} has no {binary.name}; make it anew")
        return {"name": "python", "options": {"virtualenv": sys.prefix}}
    found = shutil.which("python3")
    if found is None or Path(found).resolve() != Path(sys.executable).resolve():
        raise DataopsError(
            f"Pulumi would run the pack with {found or 'no python3 at all'}, not with {sys.executable} where"
            " dataops-infra is installed; install dataops-infra in a virtual environment"
        )
    return "python"


def _copy_pack(source: Path, target: Path, runtime: Any) -> None:
    for path in source_files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    declared = yaml.safe_load((source / PACK_FILE).read_text(encoding="utf-8"))
    text = yaml.safe_dump({**declared, "runtime": runtime}, sort_keys=False)
    (target / PACK_FILE).write_text(text, encoding="utf-8")


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A folder that appears at ``target`` whole or not at all; another process may make the same one meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        folder = Path(temporary) / target.name
        folder.mkdir()
        yield folder
        try:
            folder.rename(target)
        except OSError:
            if not (target / PACK_FILE).is_file():
                raise


def bundle_pack(name: str, target: Path, config: Mapping[str, Any]) -> Path:
    """Write a folder of one of our packs for ``pulumi policy publish``: its files, requirements, config and a digest.

    :param config: policy -> config, as for ``--policy-pack-config``; the pack uses it where the engine gives none.
    :returns: the folder, ``target/<pack>``.
    :raises InvalidInputError: ``target`` is a file.
    :raises DataopsError: the folder exists already and was not made by us, or cannot be written.
    """
    source = pack_folder(name)
    folder = target / source.name
    if target.exists() and not target.is_dir():
        raise InvalidInputError("folder", "a folder, or a path where none is yet", str(target))
    if folder.exists() and not (folder / DIGEST_FILE).is_file() and any(folder.iterdir()):
        raise DataopsError(f"{folder} holds something else; name another folder")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        with _new_folder(folder) as new:
            # Pulumi's service installs the requirements and binds the pack to them itself; a folder `venv` named here,
            # where there is none yet, would make the CLI hang.
            _copy_pack(source, new, "python")
            (new / "requirements.txt").write_text(f"dataops-infra=={dataops_infra.__version__}\n", encoding="utf-8")
            (new / CONFIG_FILE).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            (new / DIGEST_FILE).write_text(digest_of(new) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataopsError(f"{folder} cannot be written: {error.strerror}") from None
    return folder
