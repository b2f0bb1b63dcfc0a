"""What lies outside production: accounts, projects, names and resources, by what the conventions say of environments.

Whatever cannot be placed in a production environment is outside: the rule fails closed, and the conventions
(``aws_account``, ``gcp_project``) or the rule's own config (``production``) say what belongs to production (ADR 0099).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from dataops_infra.conventions.base import glob_matches, matches_whole
from dataops_infra.conventions.environments import AWS_ACCOUNT_PATTERN, Environment
from dataops_infra.conventions.tags import ENVIRONMENT, SANDBOX_ZONE, ZONE
from dataops_infra.policy import Resource, Settings
from dataops_infra.policy.tag_reading import as_text

UNPLACED: Final = "in no production environment of the conventions"
EVERYBODY: Final = "everybody"
SANDBOX: Final = f"zone {SANDBOX_ZONE}"

_ACCOUNT: Final = re.compile(AWS_ACCOUNT_PATTERN)
_ACCOUNT_IN_TEXT: Final = re.compile(rf"(?<![0-9])({AWS_ACCOUNT_PATTERN})(?![0-9])")
_WORD: Final = "[a-z0-9][a-z0-9-]*"


class Borders:
    """Tells for accounts, projects, names and resources why they lie outside production; None = they do not.

    :param own: the environment that the stack belongs to.
    :param own_accounts: accounts in which the stack's own resources stand, as far as known.
    :param config: the rule's config keys ``production`` and ``outside``, lists of globs.
    """

    def __init__(
        self,
        settings: Settings,
        own: Environment | None,
        own_accounts: Iterable[str],
        config: Mapping[str, Sequence[str]],
    ) -> None:
        self._conventions, self._own, self._config = settings.conventions, own, config
        self._own_accounts = frozenset(own_accounts)

    @property
    def own_account(self) -> str:
        """The AWS account of the stack's environment; empty where the conventions declare none."""
        return (self._own and self._own.aws_account) or ""

    @property
    def own_project(self) -> str:
        """The same for its GCP project."""
        return (self._own and self._own.gcp_project) or ""

    def is_own(self, scope: str) -> bool:
        """Whether an account or project is the stack's own; the empty one is, and so is any that nobody has declared
        where the stack's environment declares none."""
        declared = self._scopes.get(scope)
        if not scope or scope in self._own_accounts:
            return True
        if declared is not None:
            return self._own in declared
        return not (self.own_account if _ACCOUNT.fullmatch(scope) else self.own_project)

    def of_scope(self, scope: str, *names: str) -> str | None:
        """An account or project; ``names`` are further texts that a glob of the config may mean."""
        known = self._configured(scope, *names)
        if known is not None:
            return known or None
        declared = self._scopes.get(scope)
        if declared is None:
            return None if scope in self._own_accounts else UNPLACED
        return self._described(declared)

    def of_name(self, name: str, default: str | None = None) -> str | None:
        """A physical name, judged by the naming pattern; ``default`` where that does not tell."""
        known = self._configured(name)
        if known is not None:
            return known or None
        found = [
            environment for environment, pattern in self._patterns if matches_whole(pattern, name.replace("_", "-"))
        ]
        return self._described(found) if found else default

    def of_people(self, name: str) -> str | None:
        """A person, group or identity provider: not an environment, so inside unless ``outside`` names it."""
        return self._configured(name) or None

    def of_resource(self, resource: Resource, name: object) -> str | None:
        """A resource of the stack, by its labels, its project, its provider and its name."""
        known = self._configured(resource.name, *(name,) if isinstance(name, str) else ())
        if known is not None:
            return known or None
        if resource.facts.taggable:
            if as_text(resource.tags.get(ZONE)) == SANDBOX_ZONE:
                return SANDBOX
            named = self._conventions.environments.get(as_text(resource.tags.get(ENVIRONMENT)) or "")
            if named is not None:
                return self._described([named])
        for scope in _scopes_of(resource):
            if scope in self._scopes:
                return self._described(self._scopes[scope])
        return self.of_name(name) if isinstance(name, str) else None

    def _configured(self, *names: str) -> str | None:
        """What the rule's config says of any of these names: empty = production, None = nothing."""
        if _matched(self._config["outside"], names):
            return "outside by the rule's config"
        return "" if _matched(self._config["production"], names) else None

    def _described(self, environments: Iterable[Environment]) -> str | None:
        names = [environment.name for environment in environments if not environment.production]
        return f"environment {names[0]}" if names and len(names) == len(list(environments)) else None

    @cached_property
    def _scopes(self) -> Mapping[str, list[Environment]]:
        scopes: dict[str, list[Environment]] = {}
        for environment in self._conventions.environments.values():
            for scope in (environment.aws_account, environment.gcp_project, environment.gcp_project_number):
                if scope:
                    scopes.setdefault(scope, []).append(environment)
        return scopes

    @cached_property
    def _patterns(self) -> list[tuple[Environment, str]]:
        pattern, organisation = self._conventions.naming.pattern, self._conventions.organisation
        if "{environment}" not in pattern:
            return []
        return [
            (environment, _name_pattern(pattern, organisation, environment.name))
            for environment in self._conventions.environments.values()
        ]


def _matched(globs: Sequence[str], names: Iterable[str]) -> bool:
    return any(glob_matches(glob, name) for glob in globs for name in names)


def _name_pattern(pattern: str, organisation: str, environment: str) -> str:
    """A name of that environment; the organisation's own word is known, the others may be anything."""
    words = {"organisation": re.escape(organisation), "environment": re.escape(environment)}
    parts = re.split(r"\{(\w+)\}", pattern)
    return "".join(words.get(part, _WORD) if index % 2 else re.escape(part) for index, part in enumerate(parts))


def _scopes_of(resource: Resource) -> Iterable[str]:
    """Project or account of one resource where the program says them: on the resource, then on its provider.

    An AWS provider tells its account by ``allowedAccountIds`` and by the role it assumes; both arrive as JSON text.
    """
    own: Any = resource.props.peek("project")
    if isinstance(own, str):
        yield own.removeprefix("projects/")
    if resource.provider is None:
        return
    for key in ("project", "allowedAccountIds", "assumeRoles", "assumeRole"):
        value = resource.provider.props.peek(key)
        if key == "project" and isinstance(value, str):
            yield value
        elif value is not None:
            yield from _ACCOUNT_IN_TEXT.findall(str(value))
