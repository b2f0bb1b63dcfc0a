"""Who may read: principals of AWS policies and members of GCP's, as nodes.

AWS: IAM user guide, "AWS JSON policy elements: Principal" and "AWS global condition context keys". Service principals
act for the account that set them up and are no node. An organisation also holds the accounts of other environments, so
a grant to all of it lies outside production unless the rule's config says otherwise. GCP: IAM documentation, "Principal
identifiers" (https://cloud.google.com/iam/docs/principal-identifiers).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dataops_infra.conventions.environments import AWS_ACCOUNT_PATTERN
from dataops_infra.policy import Items, Properties, Resource, Unknown
from dataops_infra.policy.policy_documents import ANYBODY, Condition, Statement, is_public

from .borders import UNPLACED
from .graph import Node
from .kinds import ROLE, SERVICE_ACCOUNT, USER, reference
from .places import PUBLIC, Atlas, parts

_ACCOUNT: Final = re.compile(rf"(?:arn:[^:]*:iam::)?({AWS_ACCOUNT_PATTERN})(?::root)?")
_ARN_ACCOUNT: Final = re.compile(rf"arn:[^:]*:[^:]*:[^:]*:({AWS_ACCOUNT_PATTERN}):.*")
_PROVIDER: Final = re.compile(rf"arn:[^:]*:iam::({AWS_ACCOUNT_PATTERN}):(?:saml|oidc)-provider/.+")
_ORGANISATION: Final = re.compile(r"arn:[^:]*:organizations::[0-9]{12}:(?:organization|ou)/(.+)")
_LAKE_FORMATION_GROUP: Final = "IAM_ALLOWED_PRINCIPALS"
"""Whoever IAM lets in, of the catalog's own account: https://docs.aws.amazon.com/lake-formation/latest/dg/upgrade-glue-lake-formation-background.html."""
_EVERY_ACCOUNT: Final = "all"
"""Makes a snapshot public: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html."""

_ACCOUNT_KEYS: Final = frozenset(
    {"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "s3:dataaccesspointaccount", "kms:calleraccount"}
)
_ARN_KEYS: Final = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})
_ORGANISATION_KEYS: Final = frozenset(
    {"aws:principalorgid", "aws:sourceorgid", "aws:principalorgpaths", "aws:sourceorgpaths"}
)
_WHO: Final = _ACCOUNT_KEYS | _ARN_KEYS | _ORGANISATION_KEYS


def aws_principal(atlas: Atlas, text: str) -> tuple[Node, ...]:
    """What an identifier of a principal speaks of: an account, a role, a user, an organisation, everybody."""
    if text in {ANYBODY, _EVERY_ACCOUNT}:
        return (PUBLIC,)
    if text == _LAKE_FORMATION_GROUP:
        return ()
    account, organisation, provider = (form.fullmatch(text) for form in (_ACCOUNT, _ORGANISATION, _PROVIDER))
    if account:
        return (atlas.account(account[1]),)
    if organisation:
        return (_organisation(atlas, organisation[1]),)
    if provider:
        return (atlas.place(text, f"identity provider `{text}`", atlas.borders.of_scope(provider[1], text)),)
    if reference(ROLE, text) and text.startswith("arn:"):
        return atlas.named(text, ROLE)
    if reference(USER, text) and text.startswith("arn:"):
        return atlas.named(text, USER)
    if _ARN_ACCOUNT.fullmatch(text):
        return atlas.named(text)
    return (atlas.place(text, f"principal `{text}`", atlas.borders.of_name(text, UNPLACED)),)


def _organisation(atlas: Atlas, text: str) -> Node:
    return atlas.place(text, f"organisation `{text}`", atlas.borders.of_name(text, "also its other environments"))


def principals_of(atlas: Atlas, statement: Statement) -> Iterator[Node]:
    """The principals that a statement lets in, those of a wildcard as far as its conditions narrow it."""
    if not statement.allows:
        return
    if statement.names_everybody:
        yield from _narrowed(atlas, statement)
        return
    for kind, text in statement.principals:
        if kind == "AWS":
            yield from aws_principal(atlas, text)
        elif kind == "Federated":
            yield from _federated(atlas, statement, text)
        elif kind == "CanonicalUser":
            yield atlas.place(text, f"canonical user `{text}`", atlas.borders.of_name(text, UNPLACED))


def _federated(atlas: Atlas, statement: Statement, text: str) -> Iterator[Node]:
    """People and workloads of an identity provider; of one that is open to the world only what a condition picks."""
    if _PROVIDER.fullmatch(text):
        yield from aws_principal(atlas, text)
    elif not any(not condition.holds_without_key for condition in statement.conditions):
        yield PUBLIC


def _narrowed(atlas: Atlas, statement: Statement) -> Iterator[Node]:
    picking = [condition for condition in statement.conditions if _says_who(condition)]
    if picking:
        # All conditions must hold: the narrowest kind says most.
        best = min(picking, key=lambda condition: (condition.key in _ORGANISATION_KEYS, condition.key in _ACCOUNT_KEYS))
        for value in best.values:
            yield from _picked(atlas, best.key, value)
    elif is_public(statement):
        yield PUBLIC


def _says_who(condition: Condition) -> bool:
    return condition.key in _WHO and not condition.holds_without_key and condition.operator.lower() != "null"


def _picked(atlas: Atlas, key: str, value: str) -> Iterator[Node]:
    if key in _ORGANISATION_KEYS:
        yield _organisation(atlas, value)
    elif key in _ACCOUNT_KEYS and _ACCOUNT.fullmatch(value):
        yield atlas.account(value)
    elif key in _ARN_KEYS and _ARN_ACCOUNT.fullmatch(value) and "*" not in value:
        yield from aws_principal(atlas, value)
    elif key in _ARN_KEYS and _ARN_ACCOUNT.fullmatch(value):
        yield atlas.account(_ARN_ACCOUNT.fullmatch(value)[1])  # type: ignore[index]
    else:
        yield atlas.place(value, f"principals `{value}`", atlas.borders.of_name(value, UNPLACED))


def accounts_at(atlas: Atlas, resource: Resource, holder: Properties | Items, key: Any) -> Iterator[Node]:
    """The accounts, roles or organisations that a property names, a text or a list of texts."""
    for part, index in parts(holder, key):
        value = part.peek(index)
        if isinstance(value, Unknown):
            yield from atlas.made_from(resource, part.path or str(index), ROLE) or [
                atlas.waiting(part, index, resource)
            ]
        elif isinstance(value, str) and value:
            yield from aws_principal(atlas, value)


# --- GCP ---------------------------------------------------------------------------------------------------------

ANY_USER: Final = frozenset({"allUsers", "allAuthenticatedUsers"})
_PROJECT_ROLES: Final = frozenset({"projectOwner", "projectEditor", "projectViewer"})
_SERVICE_AGENT: Final = re.compile(
    r"service-[0-9]+@.+|[0-9]+@cloudservices\.gserviceaccount\.com|.+@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com"
)
"""Google's own workers in a project, like AWS's service principals: https://cloud.google.com/iam/docs/service-agents."""
_APP_ENGINE: Final = re.compile(r"([a-z0-9-]+)@appspot\.gserviceaccount\.com")
_NUMBERED: Final = re.compile(r"([0-9]+)-compute@developer\.gserviceaccount\.com")


def gcp_member(atlas: Atlas, member: str) -> tuple[Node, ...]:
    """The node of one IAM member, such as ``serviceAccount:etl@acme-data-dev.iam.gserviceaccount.com``."""
    kind, _, name = member.partition(":")
    if kind in ANY_USER:
        return (PUBLIC,)
    if kind in _PROJECT_ROLES:
        return (atlas.project(name),)
    if kind == "serviceAccount":
        return service_account(atlas, name)
    return (atlas.place(member, f"`{member}`", atlas.borders.of_people(member)),)


def service_account(atlas: Atlas, email: str) -> tuple[Node, ...]:
    """The node of a service account by its e-mail address, which tells its project; none for Google's own."""
    if _SERVICE_AGENT.fullmatch(email):
        return ()
    engine, numbered = _APP_ENGINE.fullmatch(email), _NUMBERED.fullmatch(email)
    if engine or numbered:
        scope = engine[1] if engine else numbered[1] if numbered else ""
        return (atlas.place(email, f"service account `{email}`", atlas.borders.of_scope(scope, email)),)
    return atlas.named(email, SERVICE_ACCOUNT)


def members_at(atlas: Atlas, resource: Resource, holder: Properties | Items, key: Any) -> Iterator[Node]:
    """The members that a property names, a text or a list of texts."""
    for part, index in parts(holder, key):
        value = part.peek(index)
        if isinstance(value, Unknown):
            made_from = atlas.made_from(resource, part.path or str(index), SERVICE_ACCOUNT)
            yield from made_from or [atlas.waiting(part, index, resource)]
        elif isinstance(value, str) and value:
            yield from gcp_member(atlas, value)


def bindings_of(policy: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Role and members of each binding of an IAM policy (``policyData``)."""
    bindings = policy.get("bindings")
    for binding in bindings if isinstance(bindings, list) else ():
        members = binding.get("members") if isinstance(binding, Mapping) else None
        if isinstance(members, list):
            yield str(binding.get("role", "")), [str(member) for member in members]
