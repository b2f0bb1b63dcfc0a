"""Cases: what lets anybody in."""

import json
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

RULE = "pii-not-public"

S3, S3_V2, ACL = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:s3/bucketAcl:BucketAcl"
BUCKET_POLICY, POINT = "aws:s3/bucketPolicy:BucketPolicy", "aws:s3/accessPoint:AccessPoint"
RDS, WORKGROUP = "aws:rds/instance:Instance", "aws:redshiftserverless/workgroup:Workgroup"
SNAPSHOT, MSK = "aws:rds/snapshot:Snapshot", "aws:msk/cluster:Cluster"
QUEUE_POLICY, DOMAIN = "aws:sqs/queuePolicy:QueuePolicy", "aws:opensearch/domain:Domain"
DOMAIN_POLICY = "aws:opensearch/domainPolicy:DomainPolicy"
EMR = "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration"
SQL, ALLOY = "gcp:sql/databaseInstance:DatabaseInstance", "gcp:alloydb/instance:Instance"
GCS, GCS_MEMBER = "gcp:storage/bucket:Bucket", "gcp:storage/bucketIAMMember:BucketIAMMember"
GCS_BINDING, GCS_POLICY = "gcp:storage/bucketIAMBinding:BucketIAMBinding", "gcp:storage/bucketIAMPolicy:BucketIAMPolicy"
GCS_ACL, GCS_ENTITY = "gcp:storage/bucketACL:BucketACL", "gcp:storage/bucketAccessControl:BucketAccessControl"
DATASET, DATASET_MEMBER = "gcp:bigquery/dataset:Dataset", "gcp:bigquery/datasetIamMember:DatasetIamMember"
DATASET_ACCESS, PROJECT_MEMBER = "gcp:bigquery/datasetAccess:DatasetAccess", "gcp:projects/iAMMember:IAMMember"
ROLE, ACCOUNT_MEMBER = "aws:iam/role:Role", "gcp:serviceaccount/iAMMember:IAMMember"
RUN_MEMBER, ACCOUNT = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "gcp:serviceaccount/account:Account"

PII, PUBLIC = {"data-classification": "pii"}, {"data-classification": "public"}
OPEN = "the {} is open to everybody"
POLICY = "the policy of the {} lets anybody in"
BUCKET_ACL = "the bucket's ACL lets anybody in"
GRANT, GCP_ACL = "the grant lets anybody in", "the ACL lets anybody in"
ACCESSES = "the dataset's `accesses` let anybody in"


def document(principal: Any = "*", condition: Any = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Statement": [statement | ({"Condition": condition} if condition else {})]})


def one(token: str, properties: dict[str, Any], said: str = "", label: str = "", **more: Any) -> Case:
    return Case(RULE, (Given(token, properties, "store"),), {"store": (said,)} if said else {}, label=label, **more)


def pair(
    store: Given, setting: Given, said: str = "", label: str = "", reference: str = "bucket", fuzzed: bool = True
) -> Case:
    tied = Given(setting.type, setting.properties, "setting", depends_on={reference: (store.name,)})
    return Case(RULE, (store, tied), {"setting": (said,)} if said else {}, label=label, fuzzed=fuzzed)


def lake(tags: dict[str, str] = PII) -> Given:
    return Given(S3, {"bucket": "lake", "tags": tags}, "store")


def gcs(labels: dict[str, str] = PII) -> Given:
    return Given(GCS, {"name": "lake", "labels": labels}, "store")


_OWN = {"AWS": "arn:aws:iam::111111111111:role/etl"}
_ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}
_ALL_GROUP = "http://acs.amazonaws.com/groups/global/AllUsers"

ON_S3 = (
    one(S3, {"bucket": "lake", "acl": "private", "tags": PII}),
    one(S3, {"bucket": "lake", "acl": "public-read", "tags": PII}, BUCKET_ACL),
    one(S3_V2, {"bucket": "lake", "acl": "authenticated-read", "tags": PII}, BUCKET_ACL),
    one(S3, {"bucket": "site", "acl": "public-read", "tags": PUBLIC}, label="meant to be"),
    one(S3, {"bucket": "lake", "acl": "public-read"}, BUCKET_ACL, "not classified"),
    one(S3, {"bucket": "lake", "grants": [{"type": "Group", "uri": _ALL_GROUP}], "tags": PII}, BUCKET_ACL, "grant"),
    one(
        S3,
        {"bucket": "lake", "acl": "public-read", "tags": {"data-classification": UNKNOWN}},
        label="classification unknown",
        deferred={"store": ("tags.data-classification",)},
    ),
    pair(lake(), Given(ACL, {"bucket": "lake", "acl": "public-read-write"}), BUCKET_ACL),
    pair(lake(), Given(ACL, {"bucket": "lake", "acl": "private"})),
    pair(
        lake(),
        Given(ACL, {"bucket": "lake", "accessControlPolicy": {"grants": [{"grantee": {"uri": _ALL_GROUP}}]}}),
        BUCKET_ACL,
        "granted",
    ),
    pair(lake(), Given(BUCKET_POLICY, {"bucket": "lake", "policy": document()}), POLICY.format("bucket")),
    pair(lake(), Given(BUCKET_POLICY, {"bucket": "lake", "policy": document(_OWN)})),
    pair(lake(), Given(BUCKET_POLICY, {"bucket": "lake", "policy": document("*", _ORG)}), label="organisation"),
    pair(lake(PUBLIC), Given(BUCKET_POLICY, {"bucket": "lake", "policy": document()}), label="meant to be"),
    pair(lake(), Given(POINT, {"bucket": "lake", "policy": document()}), POLICY.format("access point")),
    one(S3, {"bucket": "lake", "policy": document({"AWS": "*"}), "tags": PII}, POLICY.format("bucket"), "inline"),
)

DOORS = (
    one(RDS, {"publiclyAccessible": True, "tags": PII}, OPEN.format("database")),
    one(RDS, {"publiclyAccessible": False, "tags": PII}),
    one(RDS, {"publiclyAccessible": True, "tags": PUBLIC}, label="meant to be"),
    one(RDS, {"publiclyAccessible": UNKNOWN, "tags": PII}, deferred={"store": ("publiclyAccessible",)}),
    one(WORKGROUP, {"publiclyAccessible": True}, OPEN.format("warehouse")),
    one(SNAPSHOT, {"sharedAccounts": ["111111111111", "all"], "tags": PII}, OPEN.format("snapshot")),
    one(SNAPSHOT, {"sharedAccounts": ["111111111111"], "tags": PII}),
    one(
        MSK,
        {"brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}},
        OPEN.format("Kafka cluster"),
    ),
    one(
        SQL,
        {"settings": {"ipConfiguration": {"authorizedNetworks": [{"value": "10.0.0.0/8"}, {"value": "0.0.0.0/0"}]}}},
        OPEN.format("database"),
    ),
    one(SQL, {"settings": {"ipConfiguration": {"authorizedNetworks": [{"value": "10.0.0.0/8"}]}}}, label="one network"),
    one(
        ALLOY,
        {"networkConfig": {"authorizedExternalNetworks": [{"cidrRange": "::/0"}]}},
        OPEN.format("database"),
    ),
    one(EMR, {"blockPublicSecurityGroupRules": False}, "clusters of the account may be opened to everybody"),
    one(EMR, {"blockPublicSecurityGroupRules": True}),
    one(RDS, {}, label="only read"),
)

_VPC = {"vpcOptions": {"subnetIds": ["subnet-1"]}}

DOCUMENTS = (
    one(QUEUE_POLICY, {"queueUrl": "https://sqs", "policy": document()}, POLICY.format("queue")),
    one(QUEUE_POLICY, {"queueUrl": "https://sqs", "policy": document(_OWN)}),
    one(QUEUE_POLICY, {"queueUrl": "https://sqs", "policy": UNKNOWN}, deferred={"store": ("policy",)}),
    one(QUEUE_POLICY, {"queueUrl": "https://sqs", "policy": "no JSON"}, label="no document"),
    one(DOMAIN, {"domainName": "logs", "accessPolicies": document()}, POLICY.format("search domain")),
    one(DOMAIN, {"domainName": "logs", "accessPolicies": document(), **_VPC}, label="in a VPC"),
    pair(
        Given(DOMAIN, {"domainName": "logs"}, "store"),
        Given(DOMAIN_POLICY, {"domainName": "logs", "accessPolicies": document()}),
        POLICY.format("search domain"),
        reference="domainName",
    ),
    pair(
        Given(DOMAIN, {"domainName": "logs", **_VPC}, "store"),
        Given(DOMAIN_POLICY, {"domainName": "logs", "accessPolicies": document()}),
        label="of a domain in a VPC",
        reference="domainName",
    ),
)


def policy(*members: str) -> str:
    return json.dumps({"bindings": [{"role": "roles/storage.objectViewer", "members": list(members)}]})


ON_GCP = (
    pair(gcs(), Given(GCS_MEMBER, {"bucket": "lake", "member": "allUsers"}), GRANT),
    pair(gcs(), Given(GCS_MEMBER, {"bucket": "lake", "member": "group:growth@acme.example"})),
    pair(gcs(PUBLIC), Given(GCS_MEMBER, {"bucket": "lake", "member": "allUsers"}), label="meant to be"),
    pair(gcs(), Given(GCS_BINDING, {"bucket": "lake", "members": ["group:g@x", "allAuthenticatedUsers"]}), GRANT),
    pair(gcs(), Given(GCS_POLICY, {"bucket": "lake", "policyData": policy("group:g@x", "allUsers")}), GRANT),
    pair(gcs(), Given(GCS_POLICY, {"bucket": "lake", "policyData": policy("group:g@x")})),
    *(
        pair(gcs(), Given(GCS_POLICY, {"bucket": "lake", "policyData": text}), label=f"no policy {position}")
        for position, text in enumerate(("no JSON", "[]", '{"bindings": [1, {"members": 1}]}'))
    ),
    pair(gcs(), Given(GCS_ACL, {"bucket": "lake", "predefinedAcl": "publicRead"}), GCP_ACL),
    pair(
        gcs(), Given(GCS_ACL, {"bucket": "lake", "roleEntities": ["OWNER:project-owners", "READER:allUsers"]}), GCP_ACL
    ),
    pair(gcs(), Given(GCS_ACL, {"bucket": "lake", "roleEntities": ["OWNER:project-owners-1"]})),
    pair(gcs(), Given(GCS_ENTITY, {"bucket": "lake", "entity": "allAuthenticatedUsers"}), GCP_ACL),
    one(GCS_MEMBER, {"bucket": "elsewhere", "member": "allUsers"}, GRANT, "bucket of another stack"),
    one(DATASET, {"datasetId": "crm", "accesses": [{"specialGroup": "allAuthenticatedUsers"}]}, ACCESSES),
    one(DATASET, {"datasetId": "crm", "accesses": [{"iamMember": "allUsers"}]}, ACCESSES, "member"),
    one(DATASET, {"datasetId": "crm", "accesses": [{"groupByEmail": "growth@acme.example"}]}),
    one(DATASET, {"datasetId": "open", "labels": PUBLIC, "accesses": [{"iamMember": "allUsers"}]}, label="meant to be"),
    pair(
        Given(DATASET, {"datasetId": "crm", "labels": PII}, "store"),
        Given(DATASET_MEMBER, {"datasetId": "crm", "member": "allUsers"}),
        GRANT,
        reference="datasetId",
    ),
    pair(
        Given(DATASET, {"datasetId": "open", "labels": PUBLIC}, "store"),
        Given(DATASET_ACCESS, {"datasetId": "open", "specialGroup": "allAuthenticatedUsers"}),
        label="meant to be",
        reference="datasetId",
    ),
    one(DATASET_ACCESS, {"datasetId": "crm", "specialGroup": "allAuthenticatedUsers"}, GRANT),
    one(PROJECT_MEMBER, {"project": "acme-data-dev", "member": "allAuthenticatedUsers"}, GRANT),
    one(RUN_MEMBER, {"name": "site", "member": "allUsers"}, label="a web site"),
    Case(
        RULE,
        (
            Given(ACCOUNT, {"accountId": "etl"}, "etl"),
            Given(PROJECT_MEMBER, {"member": UNKNOWN}, "grant", depends_on={"member": ("etl",)}),
            Given(GCS_BINDING, {"members": [UNKNOWN, "group:g@x"]}, "binding", depends_on={"members": ("etl",)}),
        ),
        label="an account of the stack is somebody",
    ),
    one(PROJECT_MEMBER, {"member": UNKNOWN}, label="unknown", deferred={"store": ("member",)}),
)

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def refusing(policy: Any, block: bool, said: str = "", *deferred: str) -> Case:
    """A bucket with a policy and a public access block, in all four ways or in three."""
    resources = (
        lake(),
        Given(BUCKET_POLICY, {"bucket": "lake", "policy": policy}, "setting", depends_on={"bucket": ("store",)}),
        Given(
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            {"bucket": "lake", **dict.fromkeys(BLOCKS, True), "blockPublicPolicy": block},
            "block",
            depends_on={"bucket": ("store",)},
        ),
    )
    messages = {"setting": (said,)} if said else {}
    label = f"block {block}, policy {'known' if said else 'unknown'}"
    waiting = {"setting": deferred} if deferred else {}
    # What the bucket refuses is not waited for.
    return Case(
        RULE,
        resources,
        messages,
        label=label,
        deferred=waiting,
        needless=frozenset({"setting.policy"} if block else ()),
    )


REFUSED = (
    refusing(UNKNOWN, True),
    refusing(UNKNOWN, False, "", "policy"),
    refusing(document(), True, POLICY.format("bucket")),
)

ASSUMED = "anybody may assume the role"
GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.com"


def role(
    principal: Any, said: str = "", label: str = "", action: Any = "sts:AssumeRole", condition: Any = None, **more: Any
) -> Case:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    statements = [statement | ({"Condition": condition} if condition else {})]
    return one(ROLE, {"assumeRolePolicy": json.dumps({"Statement": statements})}, said, label, **more)


def web(
    issuer: str, said: str = "", label: str = "", operator: str = "StringEquals", stands: str = "", **claims: Any
) -> Case:
    """A role for the tokens of an issuer, with conditions on their claims."""
    identifier = stands or f"arn:aws:iam::111111111111:oidc-provider/{issuer}"
    condition = {operator: {f"{issuer}:{claim}": value for claim, value in claims.items()}} if claims else None
    words = f"anybody with an account at {issuer} may assume the role" if said else ""
    return role({"Federated": identifier}, words, label, "sts:AssumeRoleWithWebIdentity", condition)


OPEN_ISSUER = "open"
_AUDIENCE = "sts.amazonaws.com"

ROLES = (
    role("*", ASSUMED, "everybody"),
    role({"AWS": "*"}, ASSUMED, "every account"),
    role({"AWS": [_OWN["AWS"], "*"]}, ASSUMED, "among others", "sts:*"),
    role({"AWS": "*"}, ASSUMED, "by an id that is no secret", condition={"StringEquals": {"sts:ExternalId": "x"}}),
    role({"AWS": "*"}, label="the organisation", condition=_ORG),
    role(_OWN, label="one role"),
    role({"Service": "glue.amazonaws.com"}, label="a service"),
    role({"AWS": "*"}, label="tags only", action="sts:TagSession"),
    one(ROLE, {"assumeRolePolicy": json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*"}]})}, label="denied"),
    one(ROLE, {"assumeRolePolicy": UNKNOWN}, label="trust unknown", deferred={"store": ("assumeRolePolicy",)}),
    web(GITHUB, OPEN_ISSUER, "no condition"),
    web(GITHUB, OPEN_ISSUER, "everybody's audience", aud=_AUDIENCE),
    web(GITHUB, OPEN_ISSUER, "every repository", "StringLike", aud=_AUDIENCE, sub="repo:*"),
    web(GITHUB, OPEN_ISSUER, "where there is one", "StringEqualsIfExists", sub="repo:acme/lake:ref:refs/heads/main"),
    web(GITHUB, label="repositories of one owner", operator="StringLike", aud=_AUDIENCE, sub="repo:acme/*"),
    web(GITHUB, label="another claim", repository_owner="acme"),
    web(GITLAB, OPEN_ISSUER, "one of two", "StringLike", sub=["project_path:acme/lake:*", "*"]),
    web("accounts.google.com", OPEN_ISSUER, "built in", stands="accounts.google.com"),
    web("accounts.google.com", label="one application", aud="1234.apps.googleusercontent.com"),
    web("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF", label="an issuer of one's own"),
    role(
        {"Federated": "accounts.google.com"},
        label="from one network",
        action="sts:AssumeRoleWithWebIdentity",
        condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    ),
    role({"Federated": "arn:aws:iam::111111111111:saml-provider/acme"}, label="saml", action="sts:AssumeRoleWithSAML"),
    one(ACCOUNT_MEMBER, {"serviceAccountId": "etl", "member": "allUsers"}, GRANT),
    one(ACCOUNT_MEMBER, {"serviceAccountId": "etl", "member": "group:growth@acme.example"}),
)

CASES = (*ON_S3, *REFUSED, *DOORS, *DOCUMENTS, *ON_GCP, *ROLES)
