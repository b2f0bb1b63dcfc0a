"""The configuration of one stack: ``Pulumi.<stack>.yaml``, the project's defaults and the command line."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dataops_infra.errors import FileProblem, InvalidInputError, ProjectError
from dataops_infra.preview.documents import Document, read_document
from dataops_infra.preview.passphrase import Decrypter, WrongPassphraseError, find_passphrase
from dataops_infra.preview.project import NAME_PATTERN, PROJECT_FILES, Project, fits

DEFAULT_ORGANIZATION = "organization"
"""What the CLI uses where a backend knows no organisations."""
AUTONAMING = "pulumi:autonaming"
STACK_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
"""What the file may hold: https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/."""
_PLACEHOLDER_HEX = 12


@dataclass(frozen=True)
class StackConfig:
    """What a program and its packs are given.

    ``values`` maps full keys to text (objects as JSON); ``secrets`` are the keys that are or contain a secret;
    ``unknown`` maps each key that could not be decrypted to the placeholder that stands in its value; ``autonaming`` is
    the value of ``pulumi:autonaming``; ``notes`` are sentences for people; ``secret_texts`` is what was decrypted, and
    what the command line gave for keys that are declared secret: nobody may read it in a report.
    """

    stack: str
    organization: str
    file: Path
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    unknown: Mapping[str, str] = field(default_factory=dict)
    autonaming: Any = None
    notes: tuple[str, ...] = ()
    secret_texts: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass
class _Value:
    """One configured value before it becomes text; ``spelling`` is the text of a scalar as it is written."""

    data: Any
    spelling: str | None
    line: int = 0
    secret: bool = False
    unknown: bool = False

    def text(self) -> str:
        """The value as programs read it."""
        if isinstance(self.data, (dict, list)):
            return json.dumps(_go_numbers(self.data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if self.data is None:
            return ""
        if self.spelling is not None:
            return self.spelling
        return self.data if isinstance(self.data, str) else json.dumps(_go_numbers(self.data))


def load_stack(
    project: Project, stack: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> StackConfig:
    """The configuration of ``stack``: a name, ``organization/stack`` or ``organization/project/stack``.

    A stack exists when its file does; a project without any stack file has every stack, without configuration.

    :param overrides: ``key=value`` of the command line; they win.
    :param environ: where the passphrase is looked up.
    :raises InvalidInputError: the stack's name or an override is malformed.
    :raises ProjectError: the stack does not exist or its file is wrong; holds every mistake.
    :raises PreviewError: the file with the passphrase cannot be read.
    """
    organization, name = _names(project, stack)
    given = _overrides(project, overrides)
    file = _stack_file(project, name)
    document = read_document(file) if file.is_file() else Document(file, {})
    reader = _Reader(project, name, document, environ or {})
    values = reader.values() | given
    reader.complete(values)
    if reader.problems:
        raise ProjectError(str(file), sorted(reader.problems, key=lambda problem: problem.line))
    return StackConfig(
        stack=name,
        organization=organization,
        file=file,
        values={key: value.text() for key, value in sorted(values.items())},
        secrets=frozenset(key for key, value in values.items() if value.secret),
        unknown={key: placeholder(key) for key, value in sorted(values.items()) if value.unknown},
        autonaming=_autonaming(values),
        notes=tuple(reader.notes),
        secret_texts=frozenset(reader.opened | {value.text() for value in given.values() if value.secret}),
    )


def stacks_of(project: Project) -> list[str]:
    """The stacks that have a file, sorted."""
    suffix = project.file.suffix
    names = (path.name for path in project.stack_folder.glob(f"Pulumi.*{suffix}") if path.is_file())
    found = (name.removeprefix("Pulumi.").removesuffix(suffix) for name in names if name not in PROJECT_FILES)
    return sorted(name for name in found if not name.endswith(".deploy"))


def placeholder(key: str) -> str:
    """The text that stands for the value of ``key`` while it is unknown; the same on every run."""
    return f"unknown-config-{hashlib.sha256(key.encode()).hexdigest()[:_PLACEHOLDER_HEX]}"


def _names(project: Project, stack: str) -> tuple[str, str]:
    parts = stack.split("/")
    if len(parts) > 3 or not all(NAME_PATTERN.fullmatch(part) and part.strip(".") for part in parts):
        raise InvalidInputError("--stack", "a stack's name, organization/stack or organization/project/stack", stack)
    if len(parts) == 3 and parts[1] != project.name:
        raise InvalidInputError("--stack", f"a stack of the project {project.name}", stack)
    return parts[0] if len(parts) > 1 else DEFAULT_ORGANIZATION, parts[-1]


def _overrides(project: Project, overrides: Sequence[str]) -> dict[str, _Value]:
    found = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not _is_key(key):
            # The whole of it may be a secret that lost its key.
            raise InvalidInputError("--config", "key=value", key if equals else override.split(":")[0])
        declared = project.declarations.get(project.full_key(key))
        data = _parsed(text) if declared and declared.type in ("array", "object") else text
        found[project.full_key(key)] = _Value(
            data, None if data is not text else text, secret=bool(declared and declared.secret)
        )
    return found


def _is_key(key: str) -> bool:
    return re.fullmatch(r"[^:\s=]+(:config)?(:[^:\s=]+)?", key) is not None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _stack_file(project: Project, stack: str) -> Path:
    file = project.stack_folder / f"Pulumi.{stack}{project.file.suffix}"
    known = stacks_of(project)
    if file.is_file() or not known:
        return file
    other = next((p for p in (file.with_suffix(s) for s in (".yaml", ".yml", ".json")) if p.is_file()), None)
    hint = f"rename {other.name}: Pulumi reads {file.name}" if other else f"stacks here: {', '.join(known)}"
    raise ProjectError(str(file), [FileProblem(0, f"there is no stack {stack!r}: its file does not exist", hint)])


def _autonaming(values: Mapping[str, _Value]) -> Any:
    found = values.get(AUTONAMING)
    if found is None:
        return None
    return _parsed(found.data) if isinstance(found.data, str) else found.data


def _go_numbers(value: Any) -> Any:
    """Whole floats as integers: Go writes 1.0 as 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): _go_numbers(item) for key, item in value.items()}
    return [_go_numbers(item) for item in value] if isinstance(value, list) else value


class _Reader:
    """Reads the stack's file and collects what is wrong with it."""

    def __init__(self, project: Project, stack: str, document: Document, environ: Mapping[str, str]) -> None:
        self._project, self._stack, self._document, self._environ = project, stack, document, environ
        self.problems: list[FileProblem] = []
        self.notes: list[str] = []
        self.opened: set[str] = set()
        self._data = document.value if isinstance(document.value, dict) else {}
        if not isinstance(document.value, dict):
            self._problem("must hold keys and values", "config: {key: value}")
        self._decrypter: Decrypter | None = None

    def values(self) -> dict[str, _Value]:
        """What the file configures, decrypted where that is possible."""
        self._note_unread()
        config = self._data.get("config") or {}
        if not isinstance(config, dict):
            self._problem("`config` must hold keys and values", "", "config")
            return {}
        if self._data.get("environment"):
            self.notes.append(
                f"{self._document.path.name} imports Pulumi ESC environments, which are not read here; "
                "give what the program needs from them with --config key=value"
            )
        if any(_secure_values(config)):
            self._decrypter = self._make_decrypter()
        return dict(self._value(str(key), entry) for key, entry in config.items())

    def _note_unread(self) -> None:
        """The CLI reads no other key either, and a program without its configuration may preview well."""
        for key in self._data:
            if key not in STACK_KEYS:
                near = get_close_matches(str(key), STACK_KEYS, 1)
                hint = f"did you mean {near[0]}?" if near else "configuration stands below `config`"
                place = f"{self._document.path.name}:{self._document.line(key)}"
                self.notes.append(f"{place}: the key {key!r} is not read ({hint})")

    def complete(self, values: dict[str, _Value]) -> None:
        """Add the project's defaults and check the types it declares; a passed ``--config`` needs no encryption."""
        missing = []
        for key, declared in self._project.declarations.items():
            if key not in values and declared.default is not None:
                values[key] = _Value(declared.default, declared.spelling)
            elif key not in values and declared.required:
                missing.append(key.removeprefix(f"{self._project.name}:"))
            elif key in values:
                self._check(key, values[key])
        if missing:
            names = ", ".join(repr(name) for name in sorted(missing))
            self._problem(
                f"stack {self._stack!r} gives no value for {names}", "pulumi config set, or --config key=value"
            )

    def _check(self, key: str, value: _Value) -> None:
        declared = self._project.declarations[key]
        if declared.secret and not value.secret:
            self._problem(f"{key} is declared secret and must be encrypted", "pulumi config set --secret", value.line)
        if declared.type and not value.unknown:
            data = value.data if isinstance(value.data, (dict, list)) else value.text()
            if not fits(declared.type, declared.items, data):
                self._problem(f"{key} must be of type {declared.type_name}", "", value.line)

    def _problem(self, message: str, hint: str, line: str | int = 0) -> None:
        number = line if isinstance(line, int) else self._document.line(line)
        self.problems.append(FileProblem(number, message, hint))

    def _value(self, key: str, entry: Any) -> tuple[str, _Value]:
        line = self._document.line("config", key)
        if not _is_key(key):
            self._problem(f"{key!r} is no configuration key", "namespace:name", line)
        value = _Value(None, self._document.text("config", key), line)
        value.data = self._opened(self._project.full_key(key), entry, value)
        return self._project.full_key(key), value

    def _opened(self, key: str, entry: Any, value: _Value) -> Any:
        """``entry`` with every ``secure:`` in it replaced by its plain text or the placeholder."""
        if isinstance(entry, list):
            return [self._opened(key, item, value) for item in entry]
        if not isinstance(entry, dict):
            return entry
        if set(entry) != {"secure"} or not isinstance(entry["secure"], str):
            return {str(name): self._opened(key, item, value) for name, item in entry.items()}
        value.secret = True
        if self._decrypter:
            try:
                text = self._decrypter.open(entry["secure"])
                self.opened.add(text)
                return text
            except ValueError as error:
                self._problem(
                    f"the secret in {key} {error}", "set it again with pulumi config set --secret", value.line
                )
        value.unknown = True
        return placeholder(key)

    def _make_decrypter(self) -> Decrypter | None:
        """None when the stack's secrets are in a service's hands or no passphrase is given: they are then unknown."""
        provider, salt = str(self._data.get("secretsprovider") or ""), self._data.get("encryptionsalt")
        passphrase = find_passphrase(self._environ)
        if not salt or provider not in ("", "passphrase"):
            held = provider.partition(":")[0] or "a service"
            self.notes.append(f"secrets of stack {self._stack!r} are unknown here: {held} holds their key")
            return None
        if passphrase is None:
            self.notes.append(f"secrets of stack {self._stack!r} are unknown here: PULUMI_CONFIG_PASSPHRASE is not set")
            return None
        try:
            return Decrypter(str(salt), passphrase)
        except WrongPassphraseError:
            problem = "the passphrase does not open this stack's secrets"
            self._problem(
                problem,
                "correct PULUMI_CONFIG_PASSPHRASE, or unset it to preview with unknown secrets",
                "encryptionsalt",
            )
        except ValueError as error:
            self._problem(f"`encryptionsalt` {error}", "", "encryptionsalt")
        return None


def _secure_values(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        if set(config) == {"secure"} and isinstance(config["secure"], str):
            yield config["secure"]
        for item in config.values():
            yield from _secure_values(item)
    elif isinstance(config, list):
        for item in config:
            yield from _secure_values(item)
