"""How confidential data is: levels in ascending order, and what begins at which level."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, field_validator

from dataops_infra.conventions.base import Model, refusal, text
from dataops_infra.errors import InvalidInputError

MASKED_LEVEL = "masked"
"""The level of a copy that the masking gate has passed; an organisation may have another one for it."""
DEFAULT_LEVELS = ("public", "internal", MASKED_LEVEL, "confidential", "pii")
"""Levels of an organisation that declares none, ascending."""
DEFAULT_CUSTOMER_MANAGED_KEY_FROM = "confidential"
DEFAULT_PRODUCTION_ONLY_FROM = "pii"
PUBLIC_LEVEL = "public"
"""The one level whose data anybody may read; an organisation without a level of this name publishes nothing."""
KEY_ROTATION_DAYS_AT_MOST = 365
"""Longest time between rotations of a key: a year, as CIS AWS Foundations Benchmark 3.0, 3.6 has it."""

LevelName = Annotated[
    str, text(r"[a-z][a-z0-9-]{0,30}", "1 to 31 lowercase letters, digits and hyphens that begin with a letter")
]


class Classification(Model):
    """The organisation's levels of classification, ascending."""

    levels: tuple[LevelName, ...] = Field(default=DEFAULT_LEVELS, min_length=1, description="Levels, ascending.")
    customer_managed_key_from: LevelName = Field(
        default=DEFAULT_CUSTOMER_MANAGED_KEY_FROM,
        description="First level that is encrypted with the customer's own key.",
    )
    production_only_from: LevelName = Field(
        default=DEFAULT_PRODUCTION_ONLY_FROM, description="First level that may live in production environments only."
    )

    @field_validator("levels")
    @classmethod
    def _distinct(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        for position, level in enumerate(levels):
            if level in levels[:position]:
                raise refusal(f"level {level!r} stands twice", at=(position,))
        return levels

    def rank(self, level: str) -> int:
        """Position of ``level`` in the ascending order, from 0.

        :raises InvalidInputError: the organisation has no such level.
        """
        if level not in self.levels:
            raise InvalidInputError("classification", f"one of {', '.join(self.levels)}", level)
        return self.levels.index(level)

    def at_least(self, level: str, floor: str) -> bool:
        """Whether ``level`` is as confidential as ``floor`` or more so."""
        return self.rank(level) >= self.rank(floor)

    def highest(self, levels: Iterable[str]) -> str:
        """The most confidential of ``levels``; the lowest level of all when there are none."""
        return self.levels[max((self.rank(level) for level in levels), default=0)]

    def needs_customer_managed_key(self, level: str) -> bool:
        """Whether data of ``level`` is encrypted with the customer's own key."""
        return self.at_least(level, self.customer_managed_key_from)

    def is_production_only(self, level: str) -> bool:
        """Whether data of ``level`` may live in production environments only."""
        return self.at_least(level, self.production_only_from)
