"""``Pulumi.yaml``: where a project stands, what runs it, and which configuration it declares.

Read as the Pulumi CLI reads it (pulumi/pulumi, sdk/go/common/workspace/project.go and paths.go).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops_infra.errors import FileProblem, ProjectError
from dataops_infra.preview.documents import Document, read_document

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
NAME_PATTERN = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_TYPES = ("string", "integer", "boolean", "array", "object")
_DECLARATION_KEYS = ("type", "description", "secret", "default", "value", "items")


@dataclass(frozen=True)
class Declaration:
    """One entry of ``config:`` in Pulumi.yaml.

    ``type`` is as written ("" = not typed), ``items`` the declaration of an array's items, ``default`` the value when
    the stack gives none (None = none), ``spelling`` that value as it stands in the file where it is a scalar.
    """

    key: str
    line: int
    type: str = ""
    items: Mapping[str, Any] | None = None
    secret: bool = False
    default: Any = None
    spelling: str | None = None
    required: bool = False

    @property
    def type_name(self) -> str:
        """The type as people write it, such as ``array<string>``."""
        return full_type(self.type, self.items)


@dataclass(frozen=True)
class Project:
    """A Pulumi project; ``file`` and ``main`` are absolute, ``root`` is the folder of ``file``."""

    file: Path
    name: str
    runtime: str
    options: Mapping[str, Any]
    main: Path
    stack_folder: Path
    declarations: Mapping[str, Declaration] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder of Pulumi.yaml."""
        return self.file.parent

    def full_key(self, key: str) -> str:
        """A configuration key with its namespace: ``size`` -> ``<project>:size``, ``ns:config:key`` -> ``ns:key``."""
        namespace, colon, name = key.partition(":")
        return f"{namespace}:{name.removeprefix('config:')}" if colon else f"{self.name}:{key}"


def find_project(start: Path) -> Path:
    """The project file at ``start`` (the file itself, a folder, or another file in one) or in the nearest folder above.

    :raises ProjectError: there is none.
    """
    start = start.absolute()
    if start.is_file() and start.name in PROJECT_FILES:
        return start
    first = start.parent if start.is_file() else start
    for folder in (first, *first.parents) if first.is_dir() else ():
        for name in PROJECT_FILES:
            if (folder / name).is_file():
                return folder / name
    where = "no such folder" if not start.exists() else "found neither here nor in a folder above"
    hint = "name the folder of a Pulumi project, or create Pulumi.yaml with `name` and `runtime: python`"
    raise ProjectError(str(first / PROJECT_FILES[0]), [FileProblem(0, where, hint)])


def load_project(start: Path) -> Project:
    """Read the project at or above ``start``.

    :raises ProjectError: there is none, or it is wrong; holds every mistake.
    """
    document = read_document(find_project(start))
    if not isinstance(document.value, dict):
        problem = FileProblem(document.line(), "must hold keys and values", "at least `name` and `runtime`")
        raise ProjectError(str(document.path), [problem])
    reader = _Reader(document)
    project = reader.project()
    if reader.problems:
        raise ProjectError(str(document.path), sorted(reader.problems, key=lambda problem: problem.line))
    return project


def full_type(type_name: str, items: Mapping[str, Any] | None) -> str:
    """``array`` and its items as ``array<string>``."""
    if type_name == "array" and items:
        return f"array<{full_type(str(items.get('type', '')), items.get('items'))}>"
    return type_name


def fits(type_name: str, items: Mapping[str, Any] | None, value: Any) -> bool:
    """Whether ``value`` is of a declared type; numbers and booleans may be written as text, as the CLI stores them."""
    if type_name == "string":
        return isinstance(value, str)
    if type_name == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if type_name == "integer":
        if isinstance(value, str):
            return re.fullmatch(r"[-+]?[0-9]+", value) is not None
        return isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()
    if type_name == "object":
        return isinstance(value, dict)
    if not isinstance(value, list):
        return False
    return not items or all(fits(str(items.get("type", "")), items.get("items"), item) for item in value)


class _Reader:
    """Reads one document and collects what is wrong with it."""

    def __init__(self, document: Document) -> None:
        self._document, self._data = document, document.value
        self._root = document.path.parent
        self.problems: list[FileProblem] = []
        self._name = ""

    def project(self) -> Project:
        self._name = self._project_name()
        runtime, options = self._runtime()
        return Project(
            file=self._document.path,
            name=self._name,
            runtime=runtime,
            options=options,
            main=self._main(),
            stack_folder=self._stack_folder(),
            declarations=self._declarations(),
        )

    def _problem(self, message: str, hint: str, *steps: str | int) -> None:
        self.problems.append(FileProblem(self._document.line(*steps), message, hint))

    def _project_name(self) -> str:
        # As it is written: `name: 007` is the project 007.
        name = self._document.text("name") or self._data.get("name")
        if not name:
            self._problem("`name` is missing", "the name of the project, such as `name: data-platform`")
        elif not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
            self._problem(f"`name` cannot be {name!r}", "up to 100 letters, digits, hyphens, underscores, dots", "name")
        else:
            return name
        return "invalid"

    def _runtime(self) -> tuple[str, Mapping[str, Any]]:
        runtime = self._data.get("runtime")
        options = runtime.get("options") if isinstance(runtime, dict) else None
        name = runtime.get("name") if isinstance(runtime, dict) else runtime
        if not name or not isinstance(name, str):
            self._problem("`runtime` is missing or names no language", "`runtime: python`", "runtime")
            return "", {}
        if options is not None and not isinstance(options, dict):
            self._problem("`runtime.options` must hold keys and values", "", "runtime", "options")
            return name, {}
        for key in ("virtualenv", "toolchain"):
            if options and key in options and not isinstance(options[key], str):
                self._problem(f"`{key}` must be text", "", "runtime", "options", key)
        return name, options or {}

    def _main(self) -> Path:
        main = self._data.get("main") or "."
        if not isinstance(main, str):
            self._problem("`main` must be a path", "", "main")
            return self._root
        path = (self._root / main).resolve()
        if not path.exists():
            self._problem(f"`main` names {main}, which does not exist", "a path from the folder of Pulumi.yaml", "main")
        return path

    def _stack_folder(self) -> Path:
        # `config: folder` is how this was written before `config` came to hold configuration.
        older = self._data.get("config")
        key = "stackConfigDir" if "stackConfigDir" in self._data or not isinstance(older, str) else "config"
        folder = self._data.get(key) or "."
        if key == "stackConfigDir" and not isinstance(folder, str):
            self._problem("`stackConfigDir` must be a path", "", key)
            return self._root
        return (self._root / str(folder)).resolve()

    def _declarations(self) -> dict[str, Declaration]:
        declared = self._data.get("config")
        if declared is None or isinstance(declared, str):
            return {}
        if not isinstance(declared, dict):
            self._problem("`config` must hold keys and values", "", "config")
            return {}
        found = {}
        for key, entry in declared.items():
            declaration = self._declaration(str(key), entry)
            found[declaration.key] = declaration
        return found

    def _declaration(self, key: str, entry: Any) -> Declaration:
        own = ":" not in key or key.startswith(f"{self._name}:")
        full, line = (key if ":" in key else f"{self._name}:{key}"), self._document.line("config", key)
        if not isinstance(entry, dict):
            return Declaration(full, line, default=entry, spelling=self._document.text("config", key))
        self._check_keys(key, entry, own)
        type_name, items = self._types(key, entry)
        source = "default" if entry.get("default") is not None else "value"
        default, spelling = entry.get(source), self._document.text("config", key, source)
        if type_name and default is not None and not fits(type_name, items, default):
            expected = full_type(type_name, items)
            self._problem(f"the {source} of configuration key {key!r} is not of type {expected}", "", "config", key)
        if entry.get("secret") is True and default is not None:
            hint = "drop it, and set the value per stack with pulumi config set --secret"
            self._problem(f"configuration key {key!r} is secret and cannot have a plain {source}", hint, "config", key)
        required = own and default is None
        return Declaration(full, line, type_name, items, entry.get("secret") is True, default, spelling, required)

    def _check_keys(self, key: str, entry: Mapping[str, Any], own: bool) -> None:
        for unknown in sorted(str(name) for name in entry if name not in _DECLARATION_KEYS):
            hint = f"one of {', '.join(_DECLARATION_KEYS)}; a value that is an object stands under `value`"
            self._problem(
                f"configuration key {key!r} has an unknown attribute {unknown!r}", hint, "config", key, unknown
            )
        if not own:
            for name in ("type", "default"):
                if name in entry:
                    hint = "give its value under `value`"
                    self._problem(
                        f"configuration key {key!r} is of another namespace and cannot have a {name}",
                        hint,
                        "config",
                        key,
                    )
        if not isinstance(entry.get("secret", False), bool):
            self._problem(f"`secret` of configuration key {key!r} must be true or false", "", "config", key, "secret")

    def _types(self, key: str, entry: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
        type_name, items = entry.get("type", ""), entry.get("items")
        if type_name and type_name not in _TYPES:
            self._problem(
                f"configuration key {key!r} has the unknown type {type_name!r}",
                f"one of {', '.join(_TYPES)}",
                "config",
                key,
            )
            return "", None
        inner: Any = items
        while isinstance(inner, dict) and inner.get("type") == "array":
            inner = inner.get("items")
        if type_name == "array" and (not isinstance(inner, dict) or inner.get("type") not in _TYPES):
            self._problem(
                f"configuration key {key!r} is an array without `items`", "items: {type: string}", "config", key
            )
            return "", None
        return type_name, items if isinstance(items, dict) else None
