"""No secret stands in plain text where people and consoles show it.

Two kinds of places are told apart (ADR 0097). What the cloud shows in the clear, such as environment variables, user
data and tags, must hold no secret, marked as one in Pulumi or not. Anywhere else a secret must be marked, so that the
state keeps it encrypted; where the engine says that a value is marked, nothing is said of it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dataops_infra.policy import PROVIDER_TYPE_PREFIX, Resource, Rule, Severity, Stack, Unknown, Violation, every_type
from dataops_infra.policy.secret_shapes import (
    assigned_secret,
    is_literal_secret,
    names_password,
    names_secret,
    readings,
    secret_shape,
)
from dataops_infra.policy.values import SecretText

from .classifying import is_external
from .controls import AUTHENTICATION_INFORMATION, GDPR_SECURITY, LEAKAGE

STACK: Final = "pulumi:pulumi:Stack"
_DYNAMIC_PROVIDERS: Final = f"{PROVIDER_TYPE_PREFIX}pulumi"
"""Providers of dynamic resources and stack references: the engine hands them the whole configuration of the stack."""

VARIABLES: Final = frozenset(
    {
        "airflowConfigurationOptions",
        "buildEnvironmentVariables",
        "defaultArguments",
        "env",
        "envVariables",
        "envs",
        "environment",
        "environmentVariables",
        "labels",
        "metadata",
        "nonOverridableArguments",
        "overrideProperties",
        "properties",
        "runtimeEnvironmentVariables",
        "tags",
        "variables",
    }
)
"""Properties, at any depth, that hold variables by name: of Lambda, ECS, Glue, Batch, Cloud Run, Cloud Functions, …"""
SCRIPTS: Final = frozenset(
    {"buildspec", "metadataStartupScript", "startup-script", "user-data", "userData", "userDataBase64"}
)
"""Properties, at any depth, that hold a script or a cloud-init document."""
JSON_TEXTS: Final = frozenset(
    {"configurationsJson", "containerDefinitions", "containerProperties", "nodeProperties", "ecsProperties"}
)
"""Properties whose text is a JSON document with variables in it."""
_POINTERS: Final = frozenset({"valueFrom", "valueSource"})
"""In place of a variable's value: where the secret is kept."""
_POINTING_TYPES: Final = ("PARAMETER_STORE", "SECRETS_MANAGER")
"""https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html"""
_REPEATED: Final = frozenset({"tagsAll", "effectiveLabels", "pulumiLabels", "effectiveMetadata"})
"""Outputs that repeat an input."""

_BY_NAME: Final = "what its name calls a secret"
_SHORTEST: Final = 12
"""Characters; no shape is shorter."""

_SHOWN: Final = ("read it at run time from a secret store, and pass where it is kept",)
_UNMARKED: Final = ("mark it as a secret (pulumi.Output.secret, require_secret)", "or keep it in a secret store")
_EXPORTED: Final = ("export it as a secret (pulumi.Output.secret), or not at all",)


def no_plaintext_secret(stack: Stack) -> Iterator[Violation]:
    """Neither inputs nor the stack's outputs hold a secret in plain text."""
    for resource in stack.resources:
        if resource.type.startswith(_DYNAMIC_PROVIDERS) or (resource.type != STACK and is_external(resource)):
            continue
        finder = _Finder(resource)
        for name in resource.props:
            if name not in _REPEATED and (resource.inputs is None or resource.type == STACK or name in resource.inputs):
                yield from finder.below(resource.props.peek(name), name, name)


class _Finder:
    """Walks the plain properties of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._exports = resource.type == STACK

    def below(self, value: Any, name: str, path: str, variables: bool = False) -> Iterator[Violation]:
        """What is wrong below one property.

        :param name: its name, which tells what it holds.
        :param variables: whether it lies in a property that holds variables.
        """
        if isinstance(value, Mapping):
            yield from self._in_object(value, path, variables or name in VARIABLES)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.below(item, name, f"{path}[{index}]", variables or name in VARIABLES)
        elif isinstance(value, Unknown):
            self._wait_for(name, path, variables)
        elif isinstance(value, str):
            yield from self._in_text(value, name, path, variables)

    def _in_object(self, value: Mapping[str, Any], path: str, variables: bool) -> Iterator[Violation]:
        name, kind = value.get("name"), value.get("type")
        if variables and isinstance(kind, str) and kind in _POINTING_TYPES:
            return
        for key, item in value.items():
            if variables and key in _POINTERS:
                continue
            # {"name": "DB_PASSWORD", "value": …} is one variable.
            named = name if variables and key == "value" and isinstance(name, str) else key
            yield from self.below(item, named, f"{path}.{key}", variables)

    def _in_text(self, text: str, name: str, path: str, variables: bool) -> Iterator[Violation]:
        kind: str | None = None
        steps: tuple[str, ...] = _EXPORTED if self._exports else _UNMARKED
        if variables or name in SCRIPTS:
            kind, steps = self._shown(text, name), _SHOWN
        elif not isinstance(text, SecretText):
            kind = self._unmarked(text, name)
        if kind is not None:
            yield Violation(f"`{path}` holds {kind} in plain text", steps, self._resource.urn)
        elif name in JSON_TEXTS:
            yield from self._in_json(text, path)

    def _shown(self, text: str, name: str) -> str | None:
        """The kind of secret in a text that the cloud shows in the clear."""
        kind = self._shape(text, name)
        if kind is None and name in SCRIPTS and any(assigned_secret(reading) for reading in readings(text)):
            return "a literal password or token"
        return kind or (_BY_NAME if is_literal_secret(name, text) else None)

    def _unmarked(self, text: str, name: str) -> str | None:
        """The kind of secret in a text that is not marked as one."""
        telling = names_secret if self._exports else names_password
        by_name = telling(name) and is_literal_secret(name, text)
        return self._shape(text, name) or (_BY_NAME if by_name else None)

    def _shape(self, text: str, name: str) -> str | None:
        if len(text) < _SHORTEST:
            return None
        texts: Iterable[str] = readings(text) if name in SCRIPTS else (text,)
        return next((kind for kind in map(secret_shape, texts) if kind is not None), None)

    def _in_json(self, text: str, path: str) -> Iterator[Violation]:
        try:
            found = list(self.below(json.loads(text), "", path))
        except (ValueError, RecursionError):  # no JSON, or nested deeper than any service takes it
            return
        yield from found

    def _wait_for(self, name: str, path: str, variables: bool) -> None:
        """Note an unknown that may turn out to be a secret where none may be.

        Most variables are made of names and ARNs of other resources; only those whose name says so are waited for, and
        what hides all names at once.
        """
        if (variables and names_secret(name)) or name in VARIABLES | SCRIPTS | JSON_TEXTS:
            self._resource.props.log.note(path)


RULES = (
    Rule(
        name="no-plaintext-secret",
        description="No secret stands in plain text in inputs, environment variables, user data or outputs.",
        kind="stack",
        types=every_type,
        check=no_plaintext_secret,
        remediation=("keep the secret in a secret store",),
        severity=Severity.CRITICAL,
        frameworks=(AUTHENTICATION_INFORMATION, LEAKAGE, GDPR_SECURITY),
    ),
)
