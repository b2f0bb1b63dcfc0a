"""How physical names are put together from the organisation's words."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from dataops_infra.conventions.base import Model, refusal
from dataops_infra.errors import InvalidInputError

DEFAULT_NAMING_PATTERN = "{organisation}-{environment}-{domain}-{name}"
NAME_PLACEHOLDERS = ("organisation", "environment", "domain", "name", "region", "account")
"""What may stand in ``naming.pattern``; ``account`` is the AWS account or the GCP project."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _is_name_pattern(pattern: str) -> str:
    legal = ", ".join(f"{{{name}}}" for name in NAME_PLACEHOLDERS)
    placeholders = _PLACEHOLDER.findall(pattern)
    for name in placeholders:
        if name not in NAME_PLACEHOLDERS:
            raise refusal(f"unknown placeholder {{{name}}} in {pattern!r}", f"legal are {legal}")
        if placeholders.count(name) > 1:
            raise refusal(f"placeholder {{{name}}} stands twice in {pattern!r}")
    if "name" not in placeholders:
        raise refusal(f"{pattern!r} lacks {{name}}: all names would be the same")
    # A word without hyphens ends at the first one, so that two sets of words never give one name (see names.py).
    between = _PLACEHOLDER.split(pattern)[2:-1:2]
    if not all("-" in literal for literal in between):
        raise refusal(f"{pattern!r} has two placeholders with no hyphen between them")
    literals = _PLACEHOLDER.sub("", pattern)
    if not re.fullmatch(r"[a-z0-9-]*", literals):
        raise refusal(
            f"{pattern!r} holds {literals!r} beside its placeholders", "lowercase letters, digits and hyphens"
        )
    return pattern


class Naming(Model):
    """The pattern of physical names."""

    pattern: Annotated[str, AfterValidator(_is_name_pattern)] = Field(
        default=DEFAULT_NAMING_PATTERN, description=f"Placeholders: {', '.join(NAME_PLACEHOLDERS)}."
    )

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders in the pattern's order."""
        return tuple(_PLACEHOLDER.findall(self.pattern))

    def render(self, values: Mapping[str, str]) -> str:
        """The pattern with ``values`` in place of its placeholders.

        :raises InvalidInputError: the pattern asks for a value that is missing.
        """
        for name in self.placeholders:
            if not values.get(name):
                raise InvalidInputError(name, f"a value, for naming.pattern {self.pattern!r} asks for it", None)
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.pattern)
