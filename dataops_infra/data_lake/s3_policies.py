"""The policy documents of an S3 lake: who may do what with its buckets and its key. Pure functions of names.

Sources: Amazon S3 user guide, "Enabling Amazon S3 server access logging" (log delivery), "Using server-side encryption
with AWS KMS keys" (encryption headers and context); AWS KMS developer guide, "Key policies" (administration without
use); IAM user guide, "Null condition operator" (a negated condition is true for an absent key).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]
Text = Any
"""A string, or an output of one: documents are serialised with ``pulumi.Output.json_dumps``."""

POLICY_VERSION = "2012-10-17"

_ALIAS_ARN = re.compile(r"(arn:[^:]+:kms:[^:]+:[^:]+):(alias/.+)")
_ALGORITHM = "s3:x-amz-server-side-encryption"
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_CUSTOMER_KEY = "s3:x-amz-server-side-encryption-customer-algorithm"

READ_OBJECTS = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"]
READ_BUCKET = ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation"]
WRITE_OBJECTS = [
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
"""A writer may add a delete marker, never remove a version: only the lifecycle destroys data."""
WRITE_BUCKET = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]

ADMINISTER_KEY = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
"""What the account's administrators need to keep the key; none of these reads data."""


@dataclass(frozen=True)
class Access:
    """Role ARNs that may read, and those that may read and write.

    :param until: the first instant (RFC 3339) at which none of them may any more; None = no end.
    """

    readers: Sequence[Text]
    writers: Sequence[Text]
    until: str | None = None

    @property
    def everyone(self) -> list[Text]:
        """Readers and writers, each once: AWS drops repeated principals, which would show as drift."""
        # Outputs cannot be compared before their values are known.
        return [*self.readers, *(role for role in self.writers if not (isinstance(role, str) and role in self.readers))]


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document of these statements."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def before(until: str) -> dict[str, Any]:
    """The condition that holds before ``until``. AWS sets ``aws:CurrentTime`` in every request (IAM user guide, "AWS
    global condition context keys"), so it cannot be left out of one."""
    return {"DateLessThan": {"aws:CurrentTime": until}}


def zone_bucket_policy(
    bucket_arn: str, key_arns: Sequence[Text], access: Access, others: Sequence[Statement] = ()
) -> dict[str, Any]:
    """TLS only, encrypted with the lake's key only, open to the lake's readers and writers only.

    :param others: further statements.
    """
    own = [deny_plain_http(bucket_arn), *deny_other_encryption(bucket_arn, key_arns), *grant(bucket_arn, access)]
    return document([*own, *others])


def log_bucket_policy(log_bucket_arn: str, account: Text, sources: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """TLS only; S3's log delivery may write the logs of each source below its prefix.

    :param sources: (ARN of a bucket that is logged, prefix of its logs).
    """
    return document(
        [deny_plain_http(log_bucket_arn), *(allow_log_delivery(log_bucket_arn, account, *s) for s in sources)]
    )


def deny_plain_http(bucket_arn: str) -> Statement:
    """Nobody may call the bucket without TLS."""
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def deny_other_encryption(bucket_arn: str, key_arns: Sequence[Text]) -> list[Statement]:
    """A write either leaves encryption to the bucket's default or states SSE-KMS with one of these keys (or patterns).

    An absent header makes ``StringNotEquals`` true, hence each ``Null`` beside it. Stating ``aws:kms`` without a key
    would take the AWS managed key instead of the bucket's, and a customer-provided key would lock the owner out.
    """
    conditions = {
        "DenyOtherAlgorithm": {"StringNotEquals": {_ALGORITHM: "aws:kms"}, "Null": {_ALGORITHM: "false"}},
        "DenyOtherKey": {**_none_of(key_arns), "Null": {_KEY: "false"}},
        "DenyAlgorithmWithoutKey": {"Null": {_ALGORITHM: "false", _KEY: "true"}},
        "DenyCustomerProvidedKey": {"Null": {_CUSTOMER_KEY: "false"}},
    }
    return [
        {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/*",
            "Condition": condition,
        }
        for sid, condition in conditions.items()
    ]


def _none_of(key_arns: Sequence[Text]) -> dict[str, Any]:
    """A single key is stated as it is; several may be patterns."""
    if len(key_arns) == 1:
        return {"StringNotEquals": {_KEY: key_arns[0]}}
    return {"StringNotLike": {_KEY: list(key_arns)}}


def grant(bucket_arn: str, access: Access) -> list[Statement]:
    """Statements for the readers and writers; none for an empty list, since a principal may not be empty."""
    readers, condition = access.everyone, _while(access)
    return [
        *_allow("ListForReaders", readers, READ_BUCKET, bucket_arn, condition),
        *_allow("ReadForReaders", readers, READ_OBJECTS, f"{bucket_arn}/*", condition),
        *_allow("ListForWriters", access.writers, WRITE_BUCKET, bucket_arn, condition),
        *_allow("WriteForWriters", access.writers, WRITE_OBJECTS, f"{bucket_arn}/*", condition),
    ]


def _while(access: Access) -> dict[str, Any]:
    return {} if access.until is None else before(access.until)


def allow_log_delivery(log_bucket_arn: str, account: Text, source_arn: str, prefix: str) -> Statement:
    """S3's log delivery may write what one bucket of this account logs, below that bucket's prefix."""
    return {  # without a Sid: those must be unique, and zones `a-1` and `a1` would share one of letters and digits
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{log_bucket_arn}/{prefix}*",
        "Condition": {"ArnLike": {"aws:SourceArn": source_arn}, "StringEquals": {"aws:SourceAccount": account}},
    }


def log_prefix(role: str) -> str:
    """Where the access logs of one bucket lie in the log bucket."""
    return f"{role}/"


def key_policy(
    root_arn: Text, via_service: str, bucket_arns: Sequence[str], access: Access, others: Sequence[Statement] = ()
) -> dict[str, Any]:
    """The account administers the key; only readers and writers use it, only through S3, only for these buckets.

    :param root_arn: ARN of the account's root, which stands for whoever its IAM lets administer keys.
    :param via_service: ``s3.<region>.<domain>``, the service on whose behalf the key may be used.
    :param others: further statements, for what is encrypted with the key beside the buckets.
    """
    # With a bucket key the encryption context is the bucket, without one it is the object.
    context = [arn for bucket in bucket_arns for arn in (bucket, f"{bucket}/*")]
    condition = {
        "StringEquals": {"kms:ViaService": via_service},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": context},
        **_while(access),
    }
    return document(
        [
            {
                "Sid": "AdministerKey",
                "Effect": "Allow",
                "Principal": {"AWS": root_arn},
                "Action": ADMINISTER_KEY,
                "Resource": "*",
            },
            *_allow("DecryptForReaders", access.everyone, ["kms:Decrypt"], "*", condition),
            *_allow("EncryptForWriters", access.writers, ["kms:GenerateDataKey"], "*", condition),
            *others,
        ]
    )


def key_grant(sid: str, actions: Sequence[str], key_arn: str, condition: Mapping[str, Any]) -> Statement:
    """A right to one key, for the policy of a role. IAM knows keys by their ids: an alias is a condition (AWS KMS
    developer guide, "kms:ResourceAliases")."""
    granted = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": key_arn,
        "Condition": dict(condition),
    }
    alias = _ALIAS_ARN.fullmatch(key_arn)
    if alias is None:
        return granted
    named = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": [alias[2]]}}
    return {**granted, "Resource": f"{alias[1]}:key/*", "Condition": {**condition, **named}}


def _allow(
    sid: str, roles: Sequence[Text], actions: Sequence[str], resource: str, condition: Mapping[str, Any]
) -> list[Statement]:
    if not roles:
        return []
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": list(roles)},
        "Action": list(actions),
        "Resource": resource,
    }
    return [{**statement, "Condition": dict(condition)} if condition else statement]
