"""Roles that do one thing for a masking job: start it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class ServiceRole:
    """A role that one service takes, with one inline policy.

    :ivar kind: what it does in a word, for the names of its resources.
    :ivar name: of the role in the account.
    :ivar trust: who takes it, as a policy document.
    :ivar rights: what it may do, as a policy document.
    """

    kind: str
    name: str
    description: str
    trust: pulumi.Output[dict[str, Any]]
    rights: pulumi.Output[dict[str, Any]]

    def create(
        self, dataset: str, tags: Mapping[str, pulumi.Input[str]], options: Callable[..., pulumi.ResourceOptions]
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """The role and its policy.

        :param dataset: the component's name.
        :param options: makes the options of a child.
        """
        role = aws.iam.Role(
            f"{dataset}-{self.kind}-role",
            name=self.name,
            description=self.description,
            assume_role_policy=pulumi.Output.json_dumps(self.trust),
            tags={**tags},
            opts=options(delete_before_replace=True),
        )
        rights = aws.iam.RolePolicy(
            f"{dataset}-{self.kind}-role-policy",
            name=self.kind,
            role=role.name,
            policy=pulumi.Output.json_dumps(self.rights),
            opts=options(),
        )
        return role, rights
