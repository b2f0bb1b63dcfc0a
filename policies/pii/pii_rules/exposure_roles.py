"""Roles of AWS that anybody may assume: by a principal that is everybody, or by tokens that everybody can get."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dataops_infra.policy import Resource, Violation
from dataops_infra.policy.policy_documents import ASSUMING, Condition, Statement, is_narrowed, is_public, read_document

ROLE: Final = "aws:iam/role:Role"
TRUST: Final = "assumeRolePolicy"

SHARED_ISSUERS: Final[Mapping[str, str]] = {
    "accounts.google.com": "aud",
    "app.terraform.io": "sub",
    "cognito-identity.amazonaws.com": "aud",
    "gitlab.com": "sub",
    "graph.facebook.com": "app_id",
    "token.actions.githubusercontent.com": "sub",
    "www.amazon.com": "app_id",
}
"""Issuers that give tokens to whoever has an account there, and the claim that tells whose a token is.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html and, for those that need
no provider in IAM, reference_policies_iam-condition-keys.html#condition-keys-wif. An issuer of one's own, such as that
of an EKS cluster, gives tokens to nobody else.
"""
_OF_ALL_TOKENS: Final = frozenset({"aud", "amr"})
"""Claims that are alike in everybody's tokens, where they are not the ones that tell whose a token is."""
_NOBODY: Final = re.compile(r"([a-z_]+:)?([*?]|\$\{).*")
"""Patterns with a wildcard before anything that names somebody, such as ``repo:*``."""


def open_roles(resource: Resource) -> Iterator[Violation]:
    """What lets anybody assume a role."""
    statements = read_document(resource.stated(TRUST)).statements
    assuming = [each for each in statements if each.allows and any(map(each.covers_action, ASSUMING))]
    if any(is_public(statement) for statement in assuming):
        steps = (f"name in `{TRUST}` who may assume the role, or the organisation in a condition",)
        yield Violation("anybody may assume the role", steps, resource.urn)
    for issuer in sorted({issuer for each in assuming for issuer in _open_issuers(each)}):
        step = f"name in a condition of `{TRUST}` whose tokens are taken, by `{issuer}:{SHARED_ISSUERS[issuer]}`"
        yield Violation(f"anybody with an account at {issuer} may assume the role", (step,), resource.urn)


def _open_issuers(statement: Statement) -> Iterator[str]:
    for kind, identifier in statement.principals:
        issuer = identifier.rpartition(":oidc-provider/")[2]
        if kind != "Federated" or issuer not in SHARED_ISSUERS or is_narrowed(statement):
            continue
        if not any(_tells_whose(condition, issuer) for condition in statement.conditions):
            yield issuer


def _tells_whose(condition: Condition, issuer: str) -> bool:
    of, _, claim = condition.key.rpartition(":")
    if of != issuer or condition.holds_without_key or (claim in _OF_ALL_TOKENS and claim != SHARED_ISSUERS[issuer]):
        return False
    return bool(condition.values) and not any(_NOBODY.fullmatch(value) for value in condition.values)
