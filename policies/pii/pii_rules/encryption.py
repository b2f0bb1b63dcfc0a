"""Encryption at rest of stores, with a customer-managed key from a level on."""

from collections.abc import Iterator, Sequence

from dataops_infra.conventions.tags import LOG_ZONE, ZONE
from dataops_infra.policy import Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.buckets import S3_TYPES, S3Bucket, S3Setting, s3_buckets
from dataops_infra.policy.joins import join
from dataops_infra.policy.store_types import S3_BUCKETS, STORES, Kind
from dataops_infra.policy.stores import classified, stated_at

from .classifying import is_external
from .controls import (
    CIS_AWS_EFS_ENCRYPTED,
    CIS_AWS_RDS_ENCRYPTED,
    CIS_GCP_DATASETS_KEYED,
    CRYPTOGRAPHY,
    GDPR_SECURITY,
)
from .keys import (
    has_own_key,
    is_made_from_own_keys,
    is_own_key,
    is_plain,
    key_steps,
    lacks_own_key,
    missing_key,
    needs_own_key,
    plain_steps,
)

AT_REST = frozenset(token for token, store in STORES.items() if store.kind is Kind.AT_REST) - S3_BUCKETS
WITHIN = frozenset(token for token in AT_REST if STORES[token].within is not None)
STREAMS = frozenset(token for token, store in STORES.items() if store.kind is Kind.STREAM)

_HOLD_KEYS = ("rules", "serverSideEncryptionConfiguration", "serverSideEncryptionConfigurations")
KMS_ALGORITHMS = ("aws:kms", "aws:kms:dsse")
MSK = "aws:msk/cluster:Cluster"


def store_encrypted(stack: Stack) -> Iterator[Violation]:
    """Stores are encrypted; from a level on with a customer-managed key."""
    for resource in stack.of_types(AT_REST - WITHIN):
        if not is_external(resource):
            yield from _wrong_with(resource)
    for bucket in s3_buckets(stack):
        yield from _wrong_with_s3(bucket)
    for token in sorted(WITHIN):
        yield from _wrong_within(stack, token)


def stream_encrypted(stack: Stack) -> Iterator[Violation]:
    """Streams, queues and topics are encrypted, at rest and between brokers."""
    for resource in stack.resources:
        if is_external(resource):
            continue
        yield from _wrong_with(resource)
        if resource.type == MSK:
            yield from _wrong_in_transit(resource)


def _wrong_with(resource: Resource) -> Iterator[Violation]:
    store = STORES[resource.type]
    if is_plain(resource, store):
        message = f"the {store.noun} is not encrypted at rest"
        yield Violation(message, plain_steps(store), resource.urn)
        return
    found = classified(resource)
    if needs_own_key(found) and not keeps_logs(resource) and lacks_own_key(resource, store):
        yield Violation(missing_key(found, store.noun, store), key_steps(store), resource.urn)


def keeps_logs(resource: Resource) -> bool:
    """Whether a bucket holds access logs: who called what, and nothing of the domain (ADR 0072)."""
    return STORES[resource.type].noun == "bucket" and resource.tags.get(ZONE) == LOG_ZONE


def _wrong_with_s3(bucket: S3Bucket) -> Iterator[Violation]:
    """S3 encrypts every object; what may be missing is the key: in the bucket or in a resource of its own."""
    resource, store = bucket.resource, STORES[bucket.resource.type]
    found = classified(resource)
    if not needs_own_key(found) or keeps_logs(resource) or _is_keyed(bucket):
        return
    if bucket.encryptions or not bucket.may_miss(S3Setting.ENCRYPTION):
        steps = ("set `aws:kms` and the ARN of a customer-managed key as the bucket's default encryption",)
        yield Violation(missing_key(found, store.noun, store), steps, resource.urn)


def _is_keyed(bucket: S3Bucket) -> bool:
    holders = bucket.settings(S3Setting.ENCRYPTION) or (bucket.resource,)
    from_own_keys = any(is_made_from_own_keys(holder, name) for holder in holders for name in _HOLD_KEYS)
    for default in bucket.encryptions:
        algorithm = default["sseAlgorithm"]
        if isinstance(algorithm, Unknown) or algorithm in KMS_ALGORITHMS:
            key = None if isinstance(default, Unknown) else default.peek("kmsMasterKeyId")
            if (from_own_keys and isinstance(key, Unknown)) or is_own_key(default["kmsMasterKeyId"]):
                return True
    return False


def _wrong_within(stack: Stack, token: str) -> Iterator[Violation]:
    """Stores within another one that is of this stack: BigQuery tables in a dataset, Spanner databases in an instance.

    What lies in a store of another stack may have the default key of that one, which is not to be seen here.
    """
    store = STORES[token]
    assert store.within is not None
    reference, container = store.within
    holders = stack.of_types({container})
    joined = join(stack, holders, stack.of_types({token}), reference=reference, names=_names_of(container))
    for holder in holders:
        needing = needs_own_key(classified(holder))
        # A dataset that needs a key itself is told so; the databases of Spanner have it in place of their instance.
        if has_own_key(holder, STORES[container]) or (needing and STORES[container].keys):
            continue
        for resource in joined.of(holder):
            found = classified(holder if needing else resource)
            if needs_own_key(found) and not is_external(resource) and lacks_own_key(resource, store):
                yield Violation(missing_key(found, store.noun, store), key_steps(store), resource.urn)


def _names_of(container: str) -> Sequence[str]:
    return (STORES[container].physical, "id")


def _wrong_in_transit(resource: Resource) -> Iterator[Violation]:
    """Kafka encrypts between clients and brokers, and among brokers, unless told otherwise.

    https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html#msk-encryption-in-transit
    """
    transit = "encryptionInfo.encryptionInTransit"
    clients = next(stated_at(resource, f"{transit}.clientBroker"))
    if not isinstance(clients, Unknown) and clients not in (None, "TLS"):
        steps = (f"set `{transit}.clientBroker` to TLS",)
        yield Violation("clients may speak to the brokers without TLS", steps, resource.urn)
    if next(stated_at(resource, f"{transit}.inCluster")) is False:
        steps = (f"leave out `{transit}.inCluster`",)
        yield Violation("the brokers speak to one another without TLS", steps, resource.urn)


RULES = (
    Rule(
        name="pii-store-encrypted",
        description="Data stores are encrypted, confidential ones with a customer-managed key.",
        kind="stack",
        types=S3_TYPES | AT_REST,
        check=store_encrypted,
        remediation=("encrypt the store", "use a customer-managed key where the classification asks for one"),
        severity=Severity.HIGH,
        frameworks=(
            CRYPTOGRAPHY,
            GDPR_SECURITY,
            CIS_AWS_RDS_ENCRYPTED,
            CIS_AWS_EFS_ENCRYPTED,
            CIS_GCP_DATASETS_KEYED,
        ),
    ),
    Rule(
        name="stream-encrypted",
        description="Streams, queues and topics are encrypted, confidential ones with a customer-managed key.",
        kind="stack",
        types=STREAMS,
        check=stream_encrypted,
        remediation=("encrypt the stream", "use a customer-managed key where the classification asks for one"),
        severity=Severity.HIGH,
        frameworks=(CRYPTOGRAPHY, GDPR_SECURITY),
    ),
)
