"""Who may stand at the end of a way: principals of AWS, members of GCP, and how the rule's config names them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.flow_cases import CONVENTIONS, DEV, END, PII, PROD, RULE, Twins, bucket, gcs, given, policy
from tests.support.rule_cases import Case

UNPLACED = "in no production environment of the conventions"
OBJECTS = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-prod-crm-raw/*"}
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
AGENT = "serviceAccount:service-444444444444@gs-project-accounts.iam.gserviceaccount.com"
ETL_DEV = "etl@acme-data-dev.iam.gserviceaccount.com"


def opened(label: str, statement: Mapping[str, Any], ends: tuple[Any, ...], who: str, *needless: str) -> Twins:
    """A bucket policy."""
    document = policy({**OBJECTS, **statement})
    grant = given(
        "aws:s3/bucketPolicy:BucketPolicy", "open", {"bucket": "acme-prod-crm-raw", "policy": document}, bucket=["raw"]
    )
    message = f"`raw` (pii) → read by {who}"
    return Twins(label, (bucket(), grant), ends, {"open": [message]}, frozenset(needless))


def anybody(key: str, operator: str = "StringEquals", value: Any = END) -> dict[str, Any]:
    return {"Principal": "*", "Condition": {operator: {key: value}}}


def arn(account: str, rest: str) -> str:
    return f"arn:aws:iam::{account}:{rest}"


def both(rest: str) -> tuple[str, str]:
    return arn(DEV, rest), arn(PROD, rest)


def trusted(label: str, statement: Mapping[str, Any], ends: tuple[Any, ...], who: str, **role: Any) -> Twins:
    """A role that reads and whose trust policy holds the fact."""
    trust = policy({"Action": "sts:AssumeRole*", **statement})
    analyst = given("aws:iam/role:Role", "analyst", {"name": "analyst", "assumeRolePolicy": trust, **role})
    grant = given("aws:iam/rolePolicy:RolePolicy", "grant", {"role": "analyst", "policy": policy(OBJECTS)})
    message = f"`raw` (pii) → read by role `analyst` → assumed by {who}"
    return Twins(label, (bucket(), analyst, *(() if role else (grant,))), ends, {"analyst": [message]})


def member(label: str, ends: tuple[Any, ...], who: str) -> Twins:
    """A member of a GCS bucket."""
    grant = given(MEMBER, "grant", {"bucket": "acme-prod-crm-raw", "role": "roles/storage.admin", "member": END})
    return Twins(label, (gcs(), grant), ends, {"grant": [f"`raw` (pii) → read by {who}"]})


def acl(label: str, token: str, ends: tuple[Any, ...], **properties: Any) -> Twins:
    grant = given(token, "grant", {"bucket": "acme-prod-crm-raw", **properties})
    message = "`raw` (pii) → read by everybody (access control list; the public)"
    return Twins(label, (gcs(), grant), ends, {"grant": [message]})


def on_project(label: str, properties: Mapping[str, str], ends: tuple[Any, ...]) -> Twins:
    grant = given("gcp:projects/iAMMember:IAMMember", "grant", {"member": f"serviceAccount:{ETL_DEV}", **properties})
    message = f"`raw` (pii) → read by service account `{ETL_DEV}` (environment dev)"
    return Twins(label, (gcs(), grant), ends, {"grant": [message]})


BUCKET_ACL = "gcp:storage/bucketACL:BucketACL"
WEB = {"Federated": "cognito-identity.amazonaws.com"}
SNAPSHOT = {"dbInstanceIdentifier": "crm", "dbSnapshotIdentifier": "save"}
CRM = given("aws:rds/instance:Instance", "crm", {"identifier": "crm", "tags": PII})

PAIRS = (
    opened(
        "canonical-user",
        {"Principal": END},
        ({"CanonicalUser": "79a5"}, {"Service": "logging.s3.amazonaws.com"}),
        f"canonical user `79a5` (bucket policy; {UNPLACED})",
    ),
    opened(
        "user",
        {"Principal": {"AWS": END}},
        both("user/bob"),
        f"user `{arn(DEV, 'user/bob')}` (bucket policy; environment dev)",
    ),
    opened(
        "unique-id",
        {"Principal": {"AWS": END}},
        ("AROAEXAMPLE", PROD),
        f"principal `AROAEXAMPLE` (bucket policy; {UNPLACED})",
    ),
    opened(
        "other-identity",
        {"Principal": {"AWS": END}},
        (f"arn:aws:sts::{DEV}:federated-user/bob", f"arn:aws:sts::{PROD}:federated-user/bob"),
        f"`arn:aws:sts::{DEV}:federated-user/bob` (bucket policy; environment dev)",
    ),
    opened(
        "one-role-of-a-wildcard",
        anybody("aws:PrincipalArn", "ArnEquals"),
        both("role/etl"),
        f"role `{arn(DEV, 'role/etl')}` (bucket policy; environment dev)",
    ),
    opened(
        "roles-of-any-account",
        anybody("aws:PrincipalArn", "ArnLike"),
        ("arn:aws:iam::*:role/etl", arn(PROD, "role/etl")),
        f"principals `arn:aws:iam::*:role/etl` (bucket policy; {UNPLACED})",
    ),
    opened(
        "organisational-unit",
        {"Principal": "*", "Condition": END},
        (
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-acme123456/r-1/*"}},
            {"StringEquals": {"aws:PrincipalAccount": PROD}},
        ),
        "organisation `o-acme123456/r-1/*` (bucket policy; also its other environments)",
    ),
    opened(
        "network",
        anybody("aws:SourceIp", "IpAddress"),
        ("0.0.0.0/0", "203.0.113.0/24"),
        "everybody (bucket policy; the public)",
    ),
    opened(
        "condition-that-need-not-hold",
        {"Principal": "*", "Condition": END},
        (
            {"StringEqualsIfExists": {"aws:PrincipalAccount": PROD}},
            {"StringEquals": {"aws:PrincipalAccount": PROD}},
        ),
        "everybody (bucket policy; the public)",
    ),
    trusted(
        "web-identity",
        {"Principal": WEB, "Condition": END},
        ({}, {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"}}),
        "everybody (the public)",
    ),
    trusted(
        "managed-in-the-role",
        {"Principal": {"AWS": END}},
        both("root"),
        f"account {DEV} (environment dev)",
        managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"],
    ),
    Twins(
        "everything-but-a-bucket",
        (
            bucket(),
            given(
                "aws:iam/role:Role",
                "analyst",
                {
                    "name": "analyst",
                    "assumeRolePolicy": policy({"Action": "sts:AssumeRole", "Principal": {"AWS": END}}),
                    "inlinePolicies": [
                        {"policy": policy({"Action": "*", "NotResource": "arn:aws:s3:::acme-prod-web/*"})}
                    ],
                },
            ),
        ),
        both("root"),
        {"analyst": [f"`raw` (pii) → read by role `analyst` → assumed by account {DEV} (environment dev)"]},
    ),
    Twins(
        "tables-of-another-account",
        (
            given("aws:dynamodb/table:Table", "people", {"name": "people", "tags": PII}),
            given(
                "aws:iam/role:Role",
                "analyst",
                {
                    "name": "analyst",
                    "assumeRolePolicy": policy({"Action": "sts:AssumeRole", "Principal": {"AWS": DEV}}),
                    "inlinePolicies": [{"policy": policy({"Action": "dynamodb:*", "Resource": END})}],
                },
            ),
        ),
        (f"arn:aws:dynamodb:*:{PROD}:table/people", f"arn:aws:dynamodb:*:{DEV}:table/people"),
        {"analyst": [f"`people` (pii) → read by role `analyst` → assumed by account {DEV} (environment dev)"]},
    ),
    Twins(
        "shared-with-an-organisation",
        (
            given("aws:dynamodb/table:Table", "people", {"name": "people", "tags": PII}),
            given("aws:ram/resourceShare:ResourceShare", "share", {"name": "share"}),
            given(
                "aws:ram/resourceAssociation:ResourceAssociation",
                "put",
                {"resourceArn": f"arn:aws:dynamodb:eu-west-1:{PROD}:table/people", "resourceShareArn": UNKNOWN},
                resourceShareArn=["share"],
            ),
            given(
                "aws:ram/principalAssociation:PrincipalAssociation",
                "with",
                {"principal": END, "resourceShareArn": UNKNOWN},
                resourceShareArn=["share"],
            ),
        ),
        (f"arn:aws:organizations::{PROD}:organization/o-acme123456", PROD),
        {
            "with": [
                "`people` (pii) → put into resource share `share`"
                " → shared with organisation `o-acme123456` (also its other environments)"
            ]
        },
    ),
    Twins(
        "whoever-iam-lets-in",
        (
            bucket(),
            given(
                "aws:glue/catalogDatabase:CatalogDatabase",
                "crm",
                {"name": "crm", "locationUri": "s3://acme-prod-crm-raw"},
            ),
            given(
                "aws:lakeformation/permissions:Permissions",
                "grant",
                {"permissions": ["ALL"], "principal": END, "database": {"name": "crm"}},
            ),
        ),
        (DEV, "IAM_ALLOWED_PRINCIPALS"),
        {"grant": [f"`raw` (pii) → listed in database `crm` → granted to account {DEV} (environment dev)"]},
    ),
    member(
        "app-engine",
        tuple(
            f"serviceAccount:{project}@appspot.gserviceaccount.com" for project in ("acme-data-dev", "acme-data-prod")
        ),
        "service account `acme-data-dev@appspot.gserviceaccount.com` (environment dev)",
    ),
    member(
        "compute-of-a-project-number",
        tuple(f"serviceAccount:{number}-compute@developer.gserviceaccount.com" for number in ("5" * 12, "4" * 12)),
        f"service account `{'5' * 12}-compute@developer.gserviceaccount.com` ({UNPLACED})",
    ),
    member("service-agent", ("allUsers", AGENT), "everybody (the public)"),
    member("user", ("allUsers", "user:bob@acme.example"), "everybody (the public)"),
    acl("acl-of-everybody", BUCKET_ACL, ("READER:allUsers", "READER:group-analysts@acme.example"), roleEntities=[END]),
    acl("acl-predefined", BUCKET_ACL, ("publicRead", "private"), predefinedAcl=END),
    acl(
        "acl-of-objects",
        "gcp:storage/defaultObjectACL:DefaultObjectACL",
        ("READER:allAuthenticatedUsers", "OWNER:project-owners-4"),
        roleEntities=[END],
    ),
    on_project(
        "own-role-on-a-project",
        {"project": "acme-data-prod", "role": END},
        ("organizations/1/roles/all", "roles/logging.viewer"),
    ),
    on_project(
        "role-on-another-project", {"role": "roles/storage.admin", "project": END}, ("acme-data-prod", "acme-data-dev")
    ),
    Twins(
        "dataset-of-an-iam-member",
        (
            given(
                "gcp:bigquery/dataset:Dataset",
                "crm",
                {"datasetId": "crm", "labels": PII, "accesses": [{"role": "READER", "iamMember": END}]},
            ),
        ),
        (f"serviceAccount:{ETL_DEV}", "group:analysts@acme.example"),
        {"crm": [f"dataset `crm` (pii) → read by service account `{ETL_DEV}` (access list; environment dev)"]},
    ),
    Twins(
        "service-account-of-the-stack",
        (
            gcs(),
            given("gcp:serviceaccount/account:Account", "etl", {"accountId": "etl", "project": END}),
            given(
                MEMBER,
                "grant",
                {"bucket": "acme-prod-crm-raw", "role": "roles/storage.objectViewer", "member": UNKNOWN},
                member=["etl"],
            ),
        ),
        ("acme-data-dev", "acme-data-prod"),
        {"grant": ["`raw` (pii) → read by service account `etl` (environment dev)"]},
        fuzzed=False,  # an unknown project is taken for the stack's own, as one that is left out
    ),
)


def case(label: str, resources: tuple[Given, ...], messages: Mapping[str, Any] | None = None, **more: Any) -> Case:
    return Case(RULE, resources, messages or {}, label=label, echoed=True, **{"conventions": CONVENTIONS, **more})


def granted(token: str, **properties: Any) -> Given:
    return given(token, "grant", {"bucket": "acme-prod-crm-raw", **properties})


def chain(length: int) -> tuple[Given, ...]:
    """Buckets of which only the first holds personal data, each replicated to the next, the last one to dev."""
    public = {"data-classification": "pii"}
    buckets = [bucket(f"b{number:02}", public) for number in range(length)]
    targets = [*(f"acme-prod-crm-b{number:02}" for number in range(1, length)), "acme-dev-crm-copy"]
    rules = [
        given(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
            f"r{number:02}",
            {
                "bucket": f"acme-prod-crm-b{number:02}",
                "rules": [{"status": "Enabled", "destination": {"bucket": f"arn:aws:s3:::{target}"}}],
            },
        )
        for number, target in enumerate(targets)
    ]
    return (*buckets, *rules)


def long_way(first: int, length: int) -> str:
    """What is said of the way from one bucket of the chain."""
    hops = [f"replicated to `b{number:02}` (bucket rule)" for number in range(first + 1, length)]
    told = [
        f"`b{first:02}` (pii)",
        *hops,
        "replicated to `arn:aws:s3:::acme-dev-crm-copy` (bucket rule; environment dev)",
    ]
    return " → ".join([*told[:6], f"{len(told) - 12} more steps", *told[-6:]] if len(told) > 12 else told)


NO_ENVIRONMENT_IN_NAMES = CONVENTIONS.model_copy(
    update={"naming": Conventions.model_validate({"naming": {"pattern": "{organisation}-{name}"}}).naming}
)
COPY_TO_DEV = given(
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    "copy",
    {
        "bucket": "acme-prod-crm-raw",
        "rules": [{"status": "Enabled", "destination": {"bucket": "acme-dev-x", "account": DEV}}],
    },
)
LOWER_RULE = {"status": "Enabled", "destination": {"bucket": "arn:aws:s3:::acme-prod-crm-copy"}}
ENDPOINTS = tuple(f"arn:aws:dms:eu-west-1:{PROD}:endpoint:{word}" for word in ("FROM", "TO"))
FROM_ELSEWHERE = given(
    "gcp:storage/transferJob:TransferJob",
    "fetch",
    {
        "transferSpec": {
            "gcsDataSource": {"bucketName": "partner-files"},
            "gcsDataSink": {"bucketName": "acme-dev-crm-copy"},
        }
    },
)
TO_LOCATION = (
    given("aws:datasync/s3Location:S3Location", "here", {"s3BucketArn": "arn:aws:s3:::acme-prod-crm-raw"}),
    given(
        "aws:datasync/task:Task",
        "sync",
        {
            "sourceLocationArn": UNKNOWN,
            "destinationLocationArn": f"arn:aws:datasync:eu-west-1:{DEV}:location/loc-0abc",
        },
        sourceLocationArn=["here"],
    ),
)

CASES = (
    *(each for pair in PAIRS for each in pair.cases()),
    case(
        "unknown-member",
        (gcs(), granted(MEMBER, role="roles/storage.admin", member=UNKNOWN)),
        deferred={"grant": ["member"]},
    ),
    case(
        "unknown-policy-of-a-bucket",
        (gcs(), granted("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", policyData=UNKNOWN)),
        deferred={"grant": ["policyData"]},
    ),
    case(
        "policy-that-is-no-json",
        (gcs(), granted("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", policyData="{")),
    ),
    case(
        "unknown-entity",
        (gcs(), granted("gcp:storage/bucketAccessControl:BucketAccessControl", entity=UNKNOWN, role="READER")),
        deferred={"grant": ["entity"]},
    ),
    case(
        "unknown-among-entities",
        (gcs(), granted(BUCKET_ACL, roleEntities=["OWNER:project-owners-4", UNKNOWN])),
        deferred={"grant": ["roleEntities[1]"]},
    ),
    case(
        "unknown-account-of-a-snapshot",
        (CRM, given("aws:rds/snapshot:Snapshot", "save", {**SNAPSHOT, "sharedAccounts": [PROD, UNKNOWN]})),
        deferred={"save": ["sharedAccounts[1]"]},
    ),
    case(
        "account-declared-in-the-config",
        (CRM, given("aws:rds/snapshot:Snapshot", "save", {**SNAPSHOT, "sharedAccounts": [DEV]})),
        config={"production": [DEV]},
    ),
    case(
        "store-declared-outside",
        (bucket(),),
        {"raw": ["`raw` (pii) lies outside production (outside by the rule's config)"]},
        config={"outside": ["raw"]},
    ),
    case(
        "provider-of-another-project",
        (replace(gcs(), provider={"project": "acme-data-dev"}),),
        {"raw": ["`raw` (pii) lies outside production (environment dev)"]},
        fuzzed=False,  # the provider's project is what tells; one that is unknown cannot be told from the stack's own
    ),
    case(
        "names-without-environments",
        (bucket(), COPY_TO_DEV),
        {"copy": ["`raw` (pii) → replicated to `acme-dev-x` (bucket rule; environment dev)"]},
        conventions=NO_ENVIRONMENT_IN_NAMES,
        needless=frozenset({"copy.rules[0].destination.bucket"}),
    ),
    case("masker-elsewhere", (gcs(), FROM_ELSEWHERE), config={"maskers": ["partner-*"]}),
    case(
        "location-of-another-account",
        (bucket(), *TO_LOCATION),
        {
            "sync": [
                f"`raw` (pii) → synchronised to location `arn:aws:datasync:eu-west-1:{DEV}:location/loc-0abc`"
                " (environment dev)"
            ]
        },
    ),
    case(
        "exported-state",
        (
            bucket(arn="arn:aws:s3:::acme-prod-crm-raw"),
            given("aws:dms/s3Endpoint:S3Endpoint", "from", {"arn": ENDPOINTS[0], "bucketName": "acme-prod-crm-raw"}),
            given("aws:dms/s3Endpoint:S3Endpoint", "to", {"arn": ENDPOINTS[1], "bucketName": "acme-dev-crm-copy"}),
            given(
                "aws:dms/replicationTask:ReplicationTask",
                "move",
                {"sourceEndpointArn": ENDPOINTS[0], "targetEndpointArn": ENDPOINTS[1]},
            ),
        ),
        {"move": ["`raw` (pii) → migrated to `acme-dev-crm-copy` (environment dev)"]},
        needless=frozenset({"raw.arn"}),
        fuzzed=False,  # that an ARN is known here and unknown there does not happen: both are outputs
    ),
    case(
        "replication-shown-twice",
        (
            bucket(replicationConfiguration={"rules": [LOWER_RULE]}),
            bucket("copy", {"data-classification": "internal"}),
            given(
                "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
                "replication",
                {"bucket": "acme-prod-crm-raw", "rules": [LOWER_RULE]},
            ),
        ),
        {"copy": ["`raw` (pii) is replicated to `copy`, which is classified lower (internal)"]},
    ),
    case(
        "long-way",
        chain(14),
        {"r13": [long_way(first, 14) for first in range(14)]},
        fuzzed=False,  # slow: three hundred places, and a cut chain still leaves by its rest
    ),
)
