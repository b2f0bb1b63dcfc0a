"""Policy packs as the command line names them: found, checked and made ready for job.json.

A pack is a folder with ``PulumiPolicy.yaml``. Where our own packs are, the caller says: this layer does not know.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dataops_infra.conventions.compiled import CONFIG_KEY, dated, from_compiled
from dataops_infra.errors import FileProblem, InvalidInputError, ProjectError
from dataops_infra.preview.documents import Document, read_document
from dataops_infra.preview.interpreter import environment_python

PACK_FILES = ("PulumiPolicy.yaml", "PulumiPolicy.yml", "PulumiPolicy.json")
LEVELS = ("advisory", "mandatory", "remediate", "disabled")


@dataclass(frozen=True)
class Pack:
    """A pack that can be started.

    ``name`` is that of the folder with PulumiPolicy.yaml, ``version`` what stands there ("" = none), ``folder`` the one
    with its program.
    """

    name: str
    folder: Path
    python: Path
    version: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    def job_entry(self, conventions: Mapping[str, Any] | None) -> dict[str, Any]:
        """The pack as job.json lists it.

        :param conventions: the compiled document for every policy that accepts one, see docs/architecture.md.
        """
        config = self.config if conventions is None else self.config_on_day_of(conventions)
        return {
            "name": self.name,
            "path": str(self.folder),
            "command": [str(self.python)],
            "env": {},
            "config": dict(config),
            "version": self.version,
            "conventions": None if conventions is None else dict(conventions),
        }

    def config_on_day_of(self, conventions: Mapping[str, Any]) -> dict[str, Any]:
        """The config, of which conventions that name no day are judged on that of ``conventions``, which is printed."""
        return {
            policy: {**entry, CONFIG_KEY: dated(entry[CONFIG_KEY], conventions)}
            if isinstance(entry, dict) and CONFIG_KEY in entry
            else entry
            for policy, entry in self.config.items()
        }


def resolve_packs(
    wanted: Sequence[str],
    configs: Sequence[str],
    known: Mapping[str, Callable[[], Path]],
    base: Path,
) -> list[Pack]:
    """The packs of ``--policy-pack``, each with its ``--policy-pack-config``.

    :param wanted: names of ``known`` packs (``-`` and ``_`` are the same) or paths of folders.
    :param configs: as many files as packs, ``""`` for none; or no file at all.
    :param known: name of a pack of ours -> what gives its folder, called only when the pack is wanted.
    :param base: the folder that relative paths start from.
    :raises InvalidInputError: a pack is not found or given twice, or the files are not as many as the packs.
    :raises ProjectError: a PulumiPolicy.yaml or a configuration is wrong.
    :raises PreviewError: a pack's virtual environment does not exist.
    """
    if configs and len(configs) != len(wanted):
        given = "1 pack is given" if len(wanted) == 1 else f"{len(wanted)} packs are given"
        expected = f'once per --policy-pack ("" for none) or not at all; {given}'
        raise InvalidInputError("--policy-pack-config", expected, list(configs))
    packs: list[Pack] = []
    folders: set[Path] = set()
    for name, config in zip(wanted, configs or [""] * len(wanted), strict=True):
        try:
            folder = _folder(name, known, base)
            if folder in folders:
                raise InvalidInputError("--policy-pack", "each pack once", name)
            folders.add(folder)
            ours = _by_name(name, known) is not None
            read = read_pack_config(base / config, ours=ours) if config else {}
            packs.append(_pack(folder, read, {p.name for p in packs}))
        except PermissionError:
            raise InvalidInputError("--policy-pack", "a folder that this user may read", name) from None
    return packs


def read_pack_config(path: Path, *, ours: bool = False) -> dict[str, Any]:
    """A configuration of policies, JSON or YAML: policy or ``all`` -> level, or object with ``enforcementLevel``.

    :param ours: it is that of a pack of ours, whose property ``conventions`` is the compiled document.
    :raises ProjectError: it cannot be read or is no such configuration; holds every mistake.
    """
    document = read_document(path)
    value = document.value
    if document.blank or value is None:
        hint = 'did the command that wrote it fail? `--policy-pack-config ""` gives a pack none'
        raise ProjectError(str(path), [FileProblem(0, "is empty", hint)])
    if not isinstance(value, dict):
        problem = FileProblem(document.line(), "must be an object", '{"<policy>": "mandatory"}')
        raise ProjectError(str(path), [problem])
    problems = [p for name, entry in value.items() for p in _entry_problems(document, str(name), entry)]
    problems += _conventions_problems(document, value) if ours else []
    if problems:
        raise ProjectError(str(path), problems)
    return {str(name): entry for name, entry in value.items()}


def _entry_problems(document: Document, name: str, entry: Any) -> list[FileProblem]:
    line = document.line(name)
    if not isinstance(entry, (str, dict)):
        return [FileProblem(line, f"{name}: must be a level or an object", f"levels: {', '.join(LEVELS)}")]
    level = entry if isinstance(entry, str) else entry.get("enforcementLevel", LEVELS[0])
    if level in LEVELS:
        return []
    nearest = get_close_matches(str(level), LEVELS, 1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"levels: {', '.join(LEVELS)}"
    return [FileProblem(line, f"{name}: {level!r} is no enforcement level", hint)]


def _conventions_problems(document: Document, config: Mapping[Any, Any]) -> Iterator[FileProblem]:
    """What is wrong with the conventions of the policies; told once, of the first one, where all hold the same."""
    seen: list[Any] = []
    for name, entry in config.items():
        if not isinstance(entry, dict) or CONFIG_KEY not in entry or entry[CONFIG_KEY] in seen:
            continue
        seen.append(entry[CONFIG_KEY])
        try:
            from_compiled(entry[CONFIG_KEY])
        except InvalidInputError as error:
            yield FileProblem(document.line(str(name), CONFIG_KEY), f"{name}: {error}")


def _by_name(name: str, known: Mapping[str, Callable[[], Path]]) -> Callable[[], Path] | None:
    """What gives the folder of the pack of ours that is called so."""
    spelled = name.replace("_", "-")
    return next((known[key] for key in known if key.replace("_", "-") == spelled), None)


def _folder(name: str, known: Mapping[str, Callable[[], Path]], base: Path) -> Path:
    by_name = _by_name(name, known)
    if by_name:
        return by_name().resolve()
    path = (base / os.path.expanduser(name)).resolve()  # noqa: PTH111 - that of pathlib raises where there is no home
    if path.is_file() and path.name in PACK_FILES:
        return path.parent
    # "" is what a shell makes of a variable that is not set, and no way to say "here".
    if path.is_dir() and name.strip():
        return path
    names = [key.replace("_", "-") for key in known]
    nearest = get_close_matches(name.replace("_", "-"), names, 1)
    listed = f"did you mean {nearest[0]}? Packs" if nearest else "packs"
    raise InvalidInputError("--policy-pack", f"the folder of a pack, or a name ({listed}: {', '.join(names)})", name)


def _pack(folder: Path, config: Mapping[str, Any], taken: set[str]) -> Pack:
    file = next((folder / name for name in PACK_FILES if (folder / name).is_file()), None)
    if file is None:
        problem = FileProblem(
            0, "does not exist", "a policy pack is a folder with PulumiPolicy.yaml: `runtime: python`"
        )
        raise ProjectError(str(folder / PACK_FILES[0]), [problem])
    document = read_document(file)
    data = document.value if isinstance(document.value, dict) else {}
    options = _options(document, data)
    main = (folder / str(data.get("main") or "")).resolve()
    main = main.parent if main.name == "__main__.py" else main
    if not (main / "__main__.py").is_file():
        problem = FileProblem(document.line("main"), f"its program {main / '__main__.py'} does not exist")
        raise ProjectError(str(file), [problem])
    python = environment_python(folder, options, f"policy pack {folder.name}: {file}") or Path(sys.executable)
    version = document.text("version") or str(data.get("version") or "")
    return Pack(_unique(folder.name, taken), main, python, version, config)


def _options(document: Document, data: Mapping[str, Any]) -> Mapping[str, Any]:
    runtime = data.get("runtime")
    name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        message = f"its runtime is {name!r}" if name else "`runtime` is missing"
        problem = FileProblem(
            document.line("runtime"), message, "`runtime: python`: packs of other languages need the CLI"
        )
        raise ProjectError(str(document.path), [problem])
    options = runtime.get("options") if isinstance(runtime, dict) else None
    if options is not None and not isinstance(options, dict):
        problem = FileProblem(document.line("runtime", "options"), "`runtime.options` must hold keys and values")
        raise ProjectError(str(document.path), [problem])
    return options or {}


def _unique(name: str, taken: set[str]) -> str:
    """Two packs in folders of one name: the trace and the messages need to tell them apart."""
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
