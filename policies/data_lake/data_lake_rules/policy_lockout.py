"""No policy shuts out those who would have to change it: ``lake-policy-no-lockout``, for buckets and KMS keys.

A deployment puts a policy and can then neither change nor delete it: only the account's root user can undo a bucket
policy (Amazon S3 API reference, PutBucketPolicy), nobody but AWS support that of a key (AWS KMS developer guide,
"Default key policy", "Reduces the risk of the key becoming unmanageable").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dataops_infra.policy import Resource, Rule, Severity
from dataops_infra.policy.buckets import S3Setting
from dataops_infra.policy.policy_documents import Condition, Statement, read_document
from dataops_infra.policy.store_types import S3_BUCKETS

AVAILABILITY = "ISO/IEC 27001:2022 A.8.14"

KEY_TYPES: Final = frozenset(
    {
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/key:Key",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
    }
)
BUCKET_POLICY_TYPES: Final = S3_BUCKETS | S3Setting.POLICY.types


@dataclass(frozen=True)
class _Subject:
    """What a policy protects, as far as changing the policy is concerned."""

    noun: str
    changes: tuple[str, ...]
    """The actions that change the policy."""


_BUCKET: Final = _Subject("bucket", ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
_KEY: Final = _Subject("key", ("kms:PutKeyPolicy",))
_NETWORKS: Final = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"})
_CALLED_BY_SERVICES: Final = frozenset({"aws:principalisawsservice", "aws:viaawsservice"})
_WHO: Final = ("aws:principal", "aws:userid", "aws:username", "kms:calleraccount")


def no_lockout(resource: Resource) -> Iterator[str]:
    """The policy of a bucket or key leaves somebody who can change it."""
    subject = _KEY if resource.type in KEY_TYPES else _BUCKET
    document = read_document(resource.props["policy"])
    for index, statement in enumerate(document.statements):
        reason = _shuts_out(resource, statement, subject)
        if reason is not None:
            yield f"`Statement[{index}]` of the policy denies {reason} to change the {subject.noun}'s policy"
    if subject is _KEY:
        if document.statements and document.complete and not any(map(_lets_change, document.statements)):
            yield "the policy lets nobody change it, so the key could never be managed again"
        if resource.props["bypassPolicyLockoutSafetyCheck"] is True:
            yield "`bypassPolicyLockoutSafetyCheck` turns off AWS's own check of the key's policy"


def _shuts_out(resource: Resource, statement: Statement, subject: _Subject) -> str | None:
    """Whom a denial shuts out; None where it leaves somebody, or is about something else."""
    if statement.allows or not statement.complete or not any(map(statement.covers_action, subject.changes)):
        return None
    if subject is _BUCKET and not _is_about_the_bucket(statement):
        return None
    if statement.not_principals:
        # IAM user guide, "NotPrincipal": with Deny, what does not name the account may deny it as a whole.
        return None if any(map(_is_account, statement.not_principals)) else "everybody, also the roles that it excepts,"
    if not (statement.names_everybody or _names_own_account(resource, statement)):
        return None
    return None if any(map(_spares_deployments, statement.conditions)) else "everybody"


def _is_about_the_bucket(statement: Statement) -> bool:
    """Whether a resource is a bucket and not only objects: ``arn:aws:s3:::lake``, ``*``, ``arn:aws:s3:::lake*``."""
    return bool(statement.not_resources) or any("/" not in pattern for pattern in statement.resources)


def _is_account(principal: tuple[str, str]) -> bool:
    kind, identifier = principal
    return kind == "AWS" and (identifier.endswith(":root") or identifier.isdigit())


def _names_own_account(resource: Resource, statement: Statement) -> bool:
    """Whether it denies the account that the stack is deployed to, which is everybody in it."""
    environment = resource.environment
    account = environment.aws_account if environment is not None else None
    return any(
        account is not None and _is_account(principal) and account in principal[1] for principal in statement.principals
    )


def _spares_deployments(condition: Condition) -> bool:
    """Whether a condition does not hold for a deployment: it comes over TLS, from anywhere, by one of its principals.

    An exception of networks spares nobody who deploys from elsewhere. An exception of principals is taken to hold one
    that deploys: who that is, a document does not say.
    """
    values = [value.lower() for value in condition.values]
    if condition.key == "aws:securetransport" or condition.key in _CALLED_BY_SERVICES:
        return ("false" in values) is (condition.key == "aws:securetransport") and "bool" in condition.operator.lower()
    if condition.key in _NETWORKS:
        return not condition.holds_without_key and not any(value.endswith("/0") for value in values)
    if condition.key.startswith(_WHO):
        return condition.holds_without_key or "*" not in values
    return not condition.holds_without_key and "*" not in values


def _lets_change(statement: Statement) -> bool:
    """Whether a statement allows somebody of an account, without a condition on how, to change the policy."""
    people = any(kind in {"AWS", "*"} for kind, _ in statement.principals)
    only_who = all(condition.key.startswith(_WHO) for condition in statement.conditions)
    return statement.allows and people and only_who and statement.covers_action("kms:PutKeyPolicy")


RULES = (
    Rule(
        name="lake-policy-no-lockout",
        description="No policy of a bucket or key shuts out those who would have to change it.",
        types=BUCKET_POLICY_TYPES | KEY_TYPES,
        check=no_lockout,
        remediation=(
            "deny with a condition that spares the roles that deploy (ArnNotLike aws:PrincipalArn)"
            " and let the account's root change a key's policy",
        ),
        severity=Severity.HIGH,
        frameworks=(AVAILABILITY,),
    ),
)
