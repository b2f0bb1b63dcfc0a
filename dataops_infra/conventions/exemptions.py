"""Exemptions: a policy need not hold for some resources, for a reason, until a date."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from dataops_infra.conventions.base import Model, glob_matches, refusal, text

PolicyName = Annotated[str, text(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", "a policy's name such as lake-bucket-versioned")]


_UNLIKE_URNS = ("urn:pulumi:0::1::2:3:4::5", "urn:pulumi:aaa::bb::cc:dd/dd:DD$ee:ff/ff:FF::gggg")
"""They have nothing in common but what every URN has: a glob that matches both says nothing else either."""


def _can_match_a_urn(glob: str) -> str:
    if not glob.startswith(("urn:", "*")):
        raise refusal(f"{glob!r} matches no URN, for these begin with urn:pulumi:", f"urn:pulumi:*::{glob}")
    if all(glob_matches(glob, urn) for urn in _UNLIKE_URNS):
        raise refusal(f"{glob!r} exempts every resource", "name resources, such as urn:pulumi:*::scratch-*")
    return glob


class Exemption(Model):
    """One exemption; the expiry date is the last day on which it counts."""

    policy: PolicyName = Field(description="The policy that need not hold.")
    resource: Annotated[str, AfterValidator(_can_match_a_urn)] = Field(
        description="Glob of URNs (`*` any text, `?` one character)."
    )
    owner: str = Field(min_length=1, description="Who answers for it.")
    reason: str = Field(min_length=1, description="Why it is needed.")
    expires: date = Field(description="Last day on which it counts (ISO date).")

    def matches(self, policy: str, urn: str) -> bool:
        """Whether this exemption speaks of ``policy`` on the resource ``urn`` (expired or not)."""
        return policy == self.policy and glob_matches(self.resource, urn)

    def may_concern(self, urn_prefix: str) -> bool:
        """Whether the glob can match a URN that begins with ``urn_prefix``, such as ``urn:pulumi:dev::``."""
        literal = self.resource.replace("?", "*").split("*", 1)[0]
        return urn_prefix.startswith(literal) or literal.startswith(urn_prefix)

    def expired(self, as_of: date) -> bool:
        """Whether the last day lies before ``as_of``."""
        return as_of > self.expires
