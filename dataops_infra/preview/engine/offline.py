"""What an offline answer to a provider function is made from, and of."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .records import ProviderRecord
from .values import UNKNOWN, Properties, contains_unknown, strip_secrets


class MadeUp:
    """Stands in an offline answer for a field that nobody knows offline; it gets a placeholder."""


Partial = dict[str, Any]
"""An offline answer: wire name → value or :class:`MadeUp`. Fields that are left out follow from the declared shape."""


@dataclass(frozen=True)
class Facts:
    """What is known about the provider that a function goes to.

    :param provider: the provider the call names or defaults to, None when it has none.
    :param config: the stack's configuration, for a call without provider.
    :param declared: what the conventions say of this environment: ``awsAccount``, ``gcpProject``,
        ``gcpProjectNumber``.
    """

    package: str
    provider: ProviderRecord | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> Properties:
        """The provider's inputs; without a provider those that the configuration gives its default provider."""
        if self.provider is not None:
            return self.provider.inputs
        prefix = f"{self.package}:"
        return {key.removeprefix(prefix): value for key, value in self.config.items() if key.startswith(prefix)}

    @property
    def explicit(self) -> bool:
        """Whether the program made the provider itself."""
        return self.provider is not None and not self.provider.name.startswith("default")

    def setting(self, name: str, variables: tuple[str, ...] = ()) -> str | None:
        """A setting of the provider, else of the environment; "" when there is none, None when it is unknown."""
        value = strip_secrets(self.inputs.get(name))
        if value == UNKNOWN:
            return None
        if isinstance(value, str) and value:
            return value
        return next((os.environ[variable] for variable in variables if os.environ.get(variable)), "")

    def json_setting(self, name: str) -> Any:
        """A structured setting, which travels as JSON text; None when absent, unknown, or partly unknown."""
        value = strip_secrets(self.inputs.get(name))
        if contains_unknown(value):
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return None
        return None if contains_unknown(strip_secrets(value)) else strip_secrets(value)

    def says(self, name: str) -> bool:
        """Whether the provider has that setting, known or not."""
        return self.inputs.get(name) not in (None, "")
