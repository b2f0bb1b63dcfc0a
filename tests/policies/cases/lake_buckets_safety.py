"""ACLs, encryption and TLS of every bucket: stacks that must pass and that must fail."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
NAME = "acme-dev-growth-raw"
ARN = f"arn:aws:s3:::{NAME}"


def bucket(token: str = S3, name: Any = NAME, **properties: Any) -> Given:
    return Given(token, {"name" if token == GCS else "bucket": name, **properties}, name="store")


def beside(kind: str, of: Any = NAME, made_from: str = "", cloud: str = "aws:s3", **properties: Any) -> Given:
    token = f"{cloud}/{kind}:{kind[0].upper()}{kind[1:]}"
    depends = {"bucket": [made_from]} if made_from else None
    return Given(token, {"bucket": of, **properties}, name="beside", depends_on=depends)


def passes(rule: str, label: str, *resources: Given, **more: Any) -> Case:
    return Case(rule, resources, label=label, **more)


def fails(rule: str, label: str, message: str, *resources: Given, on: str = "store", **more: Any) -> Case:
    return Case(rule, resources, {on: (message,)}, label=label, **more)


A = "lake-acls-disabled"
NO_CONTROLS = "no BucketOwnershipControls turn ACLs off"
NOT_ENFORCED = "`rule.objectOwnership` is not BucketOwnerEnforced, so ACLs act"
BY_ACL = "access is granted by an ACL"
NOT_UNIFORM = "`uniformBucketLevelAccess` is not on, so ACLs act"


def owned(by: str = "BucketOwnerEnforced", of: Any = NAME, made_from: str = "") -> Given:
    return beside("bucketOwnershipControls", of, made_from, rule={"objectOwnership": by})


UNIFORM = {"uniformBucketLevelAccess": True}

ACLS = (
    passes(A, "owned", bucket(), owned()),
    passes(A, "owned-v2", bucket(S3_V2), owned()),
    passes(A, "by-dependency", bucket(name=UNKNOWN), owned(of=UNKNOWN, made_from="store")),
    passes(A, "private-is-the-default", bucket(acl="private"), owned()),
    passes(A, "gcs", bucket(GCS, **UNIFORM)),
    passes(A, "controls-of-a-bucket-elsewhere", owned(of="elsewhere")),
    fails(A, "none", NO_CONTROLS, bucket()),
    fails(A, "none-in-no-zone", NO_CONTROLS, bucket(tags={"zone": "none"})),
    fails(A, "another-buckets", NO_CONTROLS, bucket(), owned(of="elsewhere")),
    fails(A, "preferred", NOT_ENFORCED, bucket(), owned("BucketOwnerPreferred"), on="beside"),
    fails(A, "writer-elsewhere", NOT_ENFORCED, bucket(), owned("ObjectWriter", UNKNOWN, "store"), on="beside"),
    fails(A, "inline-acl", "`acl` grants access by an ACL", bucket(acl="log-delivery-write"), owned()),
    fails(A, "inline-grants", "`grants` grants access by an ACL", bucket(grants=[{"type": "Group"}]), owned()),
    fails(A, "acl-elsewhere", BY_ACL, beside("bucketAcl", "elsewhere", acl="private"), on="beside"),
    fails(A, "acl-v2-elsewhere", BY_ACL, beside("bucketAclV2", "elsewhere", acl="private"), on="beside"),
    fails(A, "gcs-none", NOT_UNIFORM, bucket(GCS)),
    fails(A, "gcs-off", NOT_UNIFORM, bucket(GCS, uniformBucketLevelAccess=False)),
    fails(A, "gcs-acl", BY_ACL, bucket(GCS, **UNIFORM), beside("bucketACL", cloud="gcp:storage"), on="beside"),
    fails(A, "gcs-object-acl", BY_ACL, beside("objectAccessControl", cloud="gcp:storage"), on="beside"),
    Case(A, (bucket(), owned(of=UNKNOWN)), deferred={"beside": ("bucket",)}, label="whose"),
    Case(A, (bucket(GCS, uniformBucketLevelAccess=UNKNOWN),), deferred={"store": ("uniformBucketLevelAccess",)}),
)

E, NOT_STATED = "lake-bucket-encrypted", "no default encryption is stated"
SSE = "bucketServerSideEncryptionConfiguration"


def by_default(algorithm: str = "aws:kms") -> dict[str, Any]:
    return {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}


V2_DEFAULT = {"rules": [{"applyServerSideEncryptionByDefaults": [{"sseAlgorithm": "AES256"}]}]}

ENCRYPTED = (
    passes(E, "beside", bucket(), beside(SSE, rules=[by_default()])),
    passes(E, "beside-v2", bucket(S3_V2), beside(f"{SSE}V2", rules=[by_default("AES256")])),
    passes(E, "by-dependency", bucket(name=UNKNOWN), beside(SSE, UNKNOWN, "store", rules=[by_default()])),
    passes(E, "inline", bucket(serverSideEncryptionConfiguration={"rule": by_default("AES256")})),
    passes(E, "inline-v2", bucket(S3_V2, serverSideEncryptionConfigurations=[V2_DEFAULT])),
    passes(E, "cloud-storage-always-does", bucket(GCS)),
    fails(E, "none", NOT_STATED, bucket()),
    fails(E, "none-v2", NOT_STATED, bucket(S3_V2)),
    fails(E, "none-in-no-zone", NOT_STATED, bucket(tags={"zone": "none"})),
    fails(E, "empty", NOT_STATED, bucket(), beside(SSE, rules=[{"bucketKeyEnabled": True}])),
    fails(E, "no-algorithm", NOT_STATED, bucket(), beside(SSE, rules=[by_default("")])),
    fails(E, "another-buckets", NOT_STATED, bucket(), beside(SSE, "elsewhere", rules=[by_default()])),
    # The cloud reports an encryption of every bucket; only what the program states counts.
    Case(
        E,
        (Given(S3, {"bucket": NAME}, name="store", computed={"serverSideEncryptionConfiguration": UNKNOWN}),),
        {"store": (NOT_STATED,)},
        label="filled-in",
    ),
    Case(E, (bucket(), beside(SSE, UNKNOWN, rules=[by_default()])), deferred={"beside": ("bucket",)}, label="whose"),
)

T, NO_POLICY = "lake-bucket-tls-only", "no bucket policy denies requests without TLS"
NOT_BUCKET = "the policy does not deny requests without TLS to the bucket"
NOT_OBJECTS = "the policy does not deny requests without TLS to its objects"
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


def denial(resource: Any = (ARN, f"{ARN}/*"), **more: Any) -> dict[str, Any]:
    resources = resource if isinstance(resource, str) else list(resource)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": PLAIN}
    return {**statement, **more}


def policy(*statements: Mapping[str, Any], of: Any = NAME, made_from: str = "") -> Given:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return beside("bucketPolicy", of, made_from, policy=text)


def uncovered(label: str, statement: Mapping[str, Any], *messages: str) -> Case:
    return Case(T, (bucket(), policy(statement)), {"beside": messages or (NOT_BUCKET, NOT_OBJECTS)}, label=label)


TLS = (
    passes(T, "beside", bucket(), policy(denial())),
    passes(T, "by-dependency", bucket(), policy(denial(), of=UNKNOWN, made_from="store")),
    passes(T, "inline", bucket(policy=json.dumps({"Statement": denial()}))),
    passes(T, "inline-v2", bucket(S3_V2, policy=json.dumps({"Statement": denial()}))),
    passes(T, "as-an-object", bucket(policy={"Statement": [denial()]})),
    passes(T, "two-statements", bucket(), policy(denial(ARN), denial(f"{ARN}/*"))),
    passes(T, "all-resources", bucket(), policy(denial("*"))),
    passes(T, "one-pattern", bucket(), policy(denial(f"{ARN}*", Principal={"AWS": "*"}, Action="*"))),
    passes(T, "another-partition", bucket(), policy(denial([f"arn:aws-cn:s3:::{NAME}", f"arn:aws-cn:s3:::{NAME}/*"]))),
    passes(T, "as-a-boolean", bucket(), policy(denial(Condition={"Bool": {"AWS:SecureTransport": False}}))),
    passes(T, "cloud-storage-has-no-such-setting", bucket(GCS)),
    passes(T, "policy-of-a-bucket-elsewhere", policy(denial(), of="elsewhere")),
    fails(T, "none", NO_POLICY, bucket()),
    fails(T, "none-v2-in-no-zone", NO_POLICY, bucket(S3_V2, tags={"zone": "none"})),
    fails(T, "another-buckets", NO_POLICY, bucket(), policy(denial(), of="elsewhere")),
    uncovered("bucket-only", denial(ARN), NOT_OBJECTS),
    uncovered("objects-only", denial(f"{ARN}/*"), NOT_BUCKET),
    uncovered("prefix-only", denial([ARN, f"{ARN}/private/*"]), NOT_OBJECTS),
    uncovered("another-bucket", denial(["arn:aws:s3:::elsewhere", "arn:aws:s3:::elsewhere/*"])),
    uncovered("allows", denial(Effect="Allow")),
    uncovered("some-actions", denial(Action=["s3:Get*", "s3:Put*"])),
    uncovered("all-actions-but", denial(Action=None, NotAction="s3:GetObject")),
    uncovered("somebody", denial(Principal={"AWS": "arn:aws:iam::111111111111:root"})),
    uncovered("all-but-somebody", denial(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::111111111111:root"})),
    uncovered("with-tls", denial(Condition={"Bool": {"aws:SecureTransport": "true"}})),
    uncovered("old-tls-alone", denial(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})),
    uncovered("narrowed", denial(Condition={**PLAIN, "StringEquals": {"aws:SourceVpc": "vpc-1"}})),
    uncovered("unconditional", denial(Condition={})),
    Case(
        T,
        (bucket(), beside("bucketPolicy", policy="not json")),
        {"beside": (NOT_BUCKET, NOT_OBJECTS)},
        label="no-document",
    ),
    Case(T, (bucket(), beside("bucketPolicy", policy=UNKNOWN)), deferred={"beside": ("policy",)}, label="unknown"),
    Case(
        T,
        (bucket(name=UNKNOWN), policy(denial(), of=UNKNOWN, made_from="store")),
        deferred={"store": ("bucket",)},
        label="name-unknown",
    ),
    Case(
        T,
        (bucket(policy={"Statement": [denial([ARN, UNKNOWN])]}),),
        deferred={"store": ("policy.Statement[0].Resource[1]",)},
        label="part-unknown",
    ),
    Case(T, (bucket(), policy(denial(), of=UNKNOWN)), deferred={"beside": ("bucket",)}, label="whose"),
)

CASES = (*ACLS, *ENCRYPTED, *TLS)
