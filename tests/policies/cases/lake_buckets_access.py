"""Whom buckets let in, and whom their policies shut out: stacks that must pass and that must fail."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

S3, S3_V2, GCS = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "gcp:storage/bucket:Bucket"
NAME, ACCOUNT, DEV_ACCOUNT = "acme-dev-growth-raw", "222222222222", "111111111111"
ARN, ROLE = f"arn:aws:s3:::{NAME}", f"arn:aws:iam::{ACCOUNT}:role/reader"
BLOCKED: Mapping[str, Any] = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
P = "lake-bucket-private"
NO_BLOCK = "no public access block covers the bucket"
ANYBODY, PUBLIC_ACL = "the policy lets in anybody (`Statement[0]`)", "`acl` lets in the public"
NOT_PREVENTED = "`publicAccessPrevention` is not enforced"


def bucket(token: str = S3, name: Any = NAME, **properties: Any) -> Given:
    return Given(token, {"name" if token == GCS else "bucket": name, **properties}, name="store")


def beside(kind: str, of: Any = NAME, made_from: str = "", name: str = "beside", **properties: Any) -> Given:
    depends = {"bucket": [made_from]} if made_from else None
    return Given(f"aws:{typed(kind)}", {"bucket": of, **properties}, name=name, depends_on=depends)


def typed(kind: str) -> str:
    module, _, name = kind.rpartition("/")
    return f"{module or 's3'}/{name}:{name[0].upper()}{name[1:]}"


def block(of: Any = NAME, made_from: str = "", **off: Any) -> Given:
    return beside("bucketPublicAccessBlock", of, made_from, name="block", **{**BLOCKED, **off})


def account_block(**off: Any) -> Given:
    return Given("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", {**BLOCKED, **off}, name="account")


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any = "*", **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"{ARN}/*",
        **more,
    }


def policy(*statements: Mapping[str, Any], of: Any = NAME, made_from: str = "") -> Given:
    return beside("bucketPolicy", of, made_from, policy=document(*statements))


def gcs_setting(kind: str, **properties: Any) -> Given:
    return Given(f"gcp:storage/{kind}:{kind[0].upper()}{kind[1:]}", {"bucket": NAME, **properties}, name="beside")


def passes(label: str, *resources: Given, **more: Any) -> Case:
    return Case(P, resources, label=label, **more)


def fails(label: str, message: str, *resources: Given, on: str = "beside", **more: Any) -> Case:
    return Case(P, resources, {on: (message,)}, label=label, **more)


PREVENTED = bucket(GCS, publicAccessPrevention="enforced")
POINT_OPEN = "`publicAccessBlockConfiguration.blockPublicPolicy` is off"
EVERYBODY_GROUP = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_GROUP = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def grant_to(uri: str) -> dict[str, Any]:
    return {"grants": [{"permission": "READ", "grantee": {"type": "Group", "uri": uri}}]}


BLOCKS = (
    passes("blocked", bucket(), block()),
    passes("blocked-v2", bucket(S3_V2), block()),
    passes("by-dependency", bucket(name=UNKNOWN), block(UNKNOWN, "store")),
    passes("by-account", bucket(), account_block()),
    passes("together", bucket(), block(blockPublicAcls=False), account_block(restrictPublicBuckets=False)),
    passes("only-a-setting-elsewhere", block("elsewhere", blockPublicAcls=False)),
    passes("gcs", PREVENTED),
    fails("none", NO_BLOCK, bucket(), on="store"),
    fails("none-in-no-zone", NO_BLOCK, bucket(S3_V2, tags={"zone": "none"}), on="store"),
    fails("another-buckets", NO_BLOCK, bucket(), block("elsewhere"), on="store"),
    fails(
        "not-in-all-ways",
        "the public access block leaves `blockPublicPolicy`, `restrictPublicBuckets` off",
        bucket(),
        beside("bucketPublicAccessBlock", blockPublicAcls=True, ignorePublicAcls=True, blockPublicPolicy=False),
        on="store",
    ),
    fails(
        "account-not-in-all-ways",
        "the public access block leaves `blockPublicAcls` off",
        bucket(),
        account_block(blockPublicAcls=False),
        on="store",
    ),
    fails("gcs-none", NOT_PREVENTED, bucket(GCS), on="store"),
    fails("gcs-inherited", NOT_PREVENTED, bucket(GCS, publicAccessPrevention="inherited"), on="store"),
    Case(P, (bucket(), block(UNKNOWN)), deferred={"block": ("bucket",)}, label="whose"),
)

# Where everything public is blocked, a policy that is unknown is not waited for: the cloud would refuse it.
REFUSED = frozenset({"beside.policy"})

POLICIES = (
    passes("role", bucket(), block(), policy(allow({"AWS": ROLE}))),
    passes("service", bucket(), block(), policy(allow({"Service": "logging.s3.amazonaws.com"}))),
    passes("denial-to-everybody", bucket(), block(), policy(allow(Effect="Deny"))),
    passes("organisation", policy(allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), of="elsewhere")),
    passes("unknown-but-refused", bucket(), block(), beside("bucketPolicy", policy=UNKNOWN)),
    fails("anybody", ANYBODY, policy(allow(), of="elsewhere")),
    fails("anybody-refused", ANYBODY, bucket(), block(), policy(allow()), needless=REFUSED),
    fails(
        "anybody-inline",
        ANYBODY,
        bucket(policy=document(allow())),
        account_block(),
        on="store",
        needless=frozenset({"store.policy"}),
    ),
    fails("anybody-but-one", ANYBODY, policy({**allow(), "NotPrincipal": {"AWS": ROLE}}, of="elsewhere")),
    fails("every-account", ANYBODY, policy(allow({"AWS": ["*"]}), of="elsewhere")),
    fails(
        "no-document",
        "the policy is no JSON, so nobody can tell whom it lets in",
        beside("bucketPolicy", "elsewhere", policy="{"),
    ),
    Case(
        P,
        (bucket(), block(blockPublicPolicy=False), beside("bucketPolicy", policy=UNKNOWN)),
        {"store": ("the public access block leaves `blockPublicPolicy` off",)},
        deferred={"beside": ("policy",)},
        label="unknown-and-not-refused",
    ),
    Case(P, (beside("bucketPolicy", "elsewhere", policy=UNKNOWN),), deferred={"beside": ("policy",)}, label="unknown"),
)

OPEN: Mapping[str, Any] = {"publicAccessBlockConfiguration": {**BLOCKED, "blockPublicPolicy": False}}
MULTI = {"name": "reports", "regions": [{"bucket": NAME}]}

WAYS = (
    passes("acl-private", bucket(), block(), beside("bucketAcl", acl="private")),
    passes("acl-of-an-account", beside("bucketAcl", accessControlPolicy={"grants": [{"grantee": {"id": "1"}}]})),
    fails("acl", PUBLIC_ACL, beside("bucketAcl", acl="public-read")),
    fails("acl-v2", PUBLIC_ACL, beside("bucketAclV2", acl="public-read-write")),
    fails("acl-inline", PUBLIC_ACL, bucket(acl="authenticated-read"), block(), on="store"),
    fails("acl-of-an-object", PUBLIC_ACL, beside("bucketObject", acl="public-read")),
    fails(
        "grants",
        "`accessControlPolicy.grants[0]` lets in the public",
        beside("bucketAcl", accessControlPolicy=grant_to(EVERYBODY_GROUP)),
    ),
    fails(
        "grants-inline",
        "`grants[0]` lets in the public",
        block(),
        bucket(grants=[{"type": "Group", "uri": AUTHENTICATED_GROUP}]),
        on="store",
    ),
    passes("point", beside("accessPoint", "elsewhere")),
    passes("point-of-a-network", beside("accessPoint", policy=document(allow()), vpcConfiguration={"vpcId": "vpc-1"})),
    fails("point-opened", POINT_OPEN, beside("accessPoint", **OPEN)),
    fails("point-policy", ANYBODY, beside("accessPoint", policy=document(allow()))),
    fails("point-policy-beside", ANYBODY, beside("s3control/accessPointPolicy", policy=document(allow()))),
    fails("lambda-point-policy", ANYBODY, beside("s3control/objectLambdaAccessPointPolicy", policy=document(allow()))),
    passes("multi-region-point", beside("s3control/multiRegionAccessPoint", details=MULTI)),
    fails(
        "multi-region-point-opened",
        "`details.publicAccessBlock.blockPublicAcls` is off",
        beside("s3control/multiRegionAccessPoint", details={**MULTI, "publicAccessBlock": {"blockPublicAcls": False}}),
    ),
    fails(
        "multi-region-point-policy",
        ANYBODY,
        beside("s3control/multiRegionAccessPointPolicy", details={"name": "r", "policy": document(allow())}),
    ),
)

BINDINGS = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}
NAMED = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["user:ann@example.com"]}, "odd"]}


def to_public(name: str, kind: str, value: Any, **more: Any) -> Case:
    """A grant on a bucket that is not in the stack, so that nothing prevents it."""
    return fails(f"gcs-{kind}-{name}", f"`{name}` lets in the public", gcs_setting(kind, **{name: value}), **more)


GRANTS = (
    passes("gcs-member", PREVENTED, gcs_setting("bucketIAMMember", member="group:readers@example.com")),
    passes("gcs-unknown-but-prevented", PREVENTED, gcs_setting("bucketIAMBinding", members=[UNKNOWN, "user:a@b.c"])),
    passes("gcs-policy", gcs_setting("bucketIAMPolicy", policyData=json.dumps(NAMED))),
    passes("gcs-no-policy", gcs_setting("bucketIAMPolicy", policyData="{")),
    passes("gcs-acl", gcs_setting("bucketACL", predefinedAcl="private", roleEntities=["OWNER:project-owners-1"])),
    to_public("member", "bucketIAMMember", "allUsers"),
    to_public("members", "bucketIAMBinding", ["user:ann@example.com", "allAuthenticatedUsers"]),
    to_public("policyData", "bucketIAMPolicy", json.dumps(BINDINGS)),
    to_public("member", "managedFolderIamMember", "allUsers"),
    to_public("entity", "bucketAccessControl", "allUsers"),
    to_public("roleEntities", "bucketACL", ["READER:allUsers"]),
    to_public("predefinedAcl", "bucketACL", "publicRead"),
    to_public("defaultAcl", "bucketACL", "public-read"),
    fails(
        "gcs-prevented-but-known",
        "`members` lets in the public",
        PREVENTED,
        gcs_setting("bucketIAMBinding", members=["allUsers"]),
        needless=frozenset({"beside.members", "beside.members[0]"}),
    ),
    Case(P, (gcs_setting("bucketIAMMember", member=UNKNOWN),), deferred={"beside": ("member",)}, label="gcs-unknown"),
)

N = "lake-policy-no-lockout"
KEY = "aws:kms/key:Key"
SHUT = "`Statement[0]` of the policy denies everybody to change the bucket's policy"
SHUT_EXCEPT = (
    "`Statement[0]` of the policy denies everybody, also the roles that it excepts, to change the bucket's policy"
)
SHUT_KEY = "`Statement[0]` of the policy denies everybody to change the key's policy"
NOBODY = "the policy lets nobody change it, so the key could never be managed again"
ROOT = {"AWS": f"arn:aws:iam::{DEV_ACCOUNT}:root"}


def deny(condition: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"], **more}
    return {**statement, "Condition": condition} if condition else statement


def spared(label: str, condition: Mapping[str, Any] | None = None, **more: Any) -> Case:
    return Case(N, (policy(deny(condition, **more)),), label=label)


def shut(label: str, condition: Mapping[str, Any] | None = None, message: str = SHUT, **more: Any) -> Case:
    return Case(N, (policy(deny(condition, **more)),), {"beside": (message,)}, label=label)


def key(*statements: Mapping[str, Any], **more: Any) -> Given:
    return Given(KEY, {"policy": document(*statements), **more}, name="store")


def manage(principal: Any = ROOT, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", **more}


LOCKOUT = (
    spared("without-tls", {"Bool": {"aws:SecureTransport": "false"}}),
    spared("old-tls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    spared("all-but-roles", {"ArnNotLike": {"aws:PrincipalArn": [ROLE]}}),
    spared("all-but-the-organisation", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}),
    spared("one-network", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    spared("one-of-two-conditions", {"StringNotEquals": {"aws:SourceVpce": "vpce-1", "aws:PrincipalAccount": "1"}}),
    spared("objects-only", Resource=f"{ARN}/*"),
    spared("other-actions", Action=["s3:PutObject", "s3:DeleteObject*"]),
    spared("all-actions-but-these", Action=None, NotAction=["s3:*BucketPolicy"]),
    spared("another-account", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    spared("an-account-is-excepted", Principal=None, NotPrincipal={"AWS": [ROLE, f"arn:aws:iam::{ACCOUNT}:root"]}),
    Case(N, (policy(allow()),), label="allows"),
    Case(N, (bucket(),), label="no-policy"),
    Case(N, (Given(KEY, {}, name="store"),), label="default-key-policy"),
    Case(N, (key(manage()),), label="root-manages"),
    Case(N, (key(manage({"AWS": ROLE}, Action=["kms:PutKeyPolicy"])),), label="role-manages"),
    shut("unconditional"),
    shut("everybody-of-the-own-account", Principal=ROOT),
    shut("all-but-a-network", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    shut("all-but-an-endpoint", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
    shut("all-networks", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
    shut("with-tls", {"Bool": {"aws:SecureTransport": "true"}}),
    shut("all-but-services", {"Bool": {"aws:PrincipalIsAWSService": "false"}}),
    shut("all-principals", {"ArnLike": {"aws:PrincipalArn": "*"}}),
    shut("without-header", {"Null": {"s3:x-amz-server-side-encryption": "true"}}),
    shut("deletion-of-the-policy", Action="s3:DeleteBucketPolicy", Resource=ARN),
    shut("all-actions-but", Action=None, NotAction="s3:GetObject"),
    shut("all-resources-but", Resource=None, NotResource="arn:aws:s3:::elsewhere"),
    shut("all-but-a-role", None, SHUT_EXCEPT, Principal=None, NotPrincipal={"AWS": ROLE}),
    Case(N, (bucket(policy=document(deny())),), {"store": (SHUT,)}, label="inline"),
    Case(N, (key(manage(Effect="Deny"), manage()),), {"store": (SHUT_KEY,)}, label="key-denied"),
    Case(N, (key(manage(Action="kms:Decrypt")),), {"store": (NOBODY,)}, label="key-of-nobody"),
    Case(N, (key(manage({"Service": "s3.amazonaws.com"})),), {"store": (NOBODY,)}, label="key-of-a-service"),
    Case(
        N,
        (key(manage(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),),
        {"store": (NOBODY,)},
        label="key-of-some-moments",
    ),
    Case(
        N,
        (key(manage(), bypassPolicyLockoutSafetyCheck=True),),
        {"store": ("`bypassPolicyLockoutSafetyCheck` turns off AWS's own check of the key's policy",)},
        label="bypass",
    ),
    Case(N, (beside("bucketPolicy", policy=UNKNOWN),), deferred={"beside": ("policy",)}, label="unknown"),
)

CASES = (*BLOCKS, *POLICIES, *WAYS, *GRANTS, *LOCKOUT)
