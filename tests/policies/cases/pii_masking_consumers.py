"""Cases: readers of masked copies, and of what they are made of."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

RULE = "masked-source-not-readable-by-consumer"
GLUE, CLOUD_RUN = "aws:glue/job:Job", "gcp:cloudrunv2/job:Job"
ROLE, ROLE_POLICY, BUCKET_POLICY = (
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:s3/bucketPolicy:BucketPolicy",
)
BUCKET_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
FOLDER_MEMBER = "gcp:storage/managedFolderIamMember:ManagedFolderIamMember"
BUCKET_IAM = "gcp:storage/bucketIAMPolicy:BucketIAMPolicy"
TESTER = "arn:aws:iam::111111111111:role/tester"
GROUP = "group:testers@acme.example"
VIEWER = "roles/storage.objectViewer"
BOTH = "{} may read the masked copy and what it is made of"

AWS_JOB = Given(
    GLUE,
    {
        "name": "mask",
        "roleArn": "arn:aws:iam::111111111111:role/masker",
        "nonOverridableArguments": {
            "--source": "s3://lake/shop/",
            "--target": "s3://copies/masked/",
            "--key-secret": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:key",
        },
    },
    "job",
)
GCP_JOB = Given(
    CLOUD_RUN,
    {
        "name": "mask",
        "template": {
            "template": {
                "serviceAccount": "masker@acme-data-dev.iam.gserviceaccount.com",
                "containers": [
                    {"args": ["--source", "gs://lake/shop/", "--target", "gs://copies/masked", "--key-secret", "s"]}
                ],
            }
        },
    },
    "job",
)


def policy(bucket: str, resource: str, principal: str = TESTER, name: str = "") -> Given:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetObject", "Resource": resource}
    properties = {"bucket": bucket, "policy": json.dumps({"Statement": [statement]})}
    return Given(BUCKET_POLICY, properties, name or f"{bucket}-policy")


def rights(resource: str, action: str = "s3:GetObject", name: str = "rights") -> Given:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    return Given(ROLE_POLICY, {"role": "tester", "policy": document}, name)


ROLE_OF_TESTER = Given(ROLE, {"name": "tester", "assumeRolePolicy": "{}"}, "tester")


def member(bucket: str, name: str, condition: Mapping[str, Any] | None = None, **more: Any) -> Given:
    properties = {"bucket": bucket, "role": VIEWER, "member": GROUP} | ({"condition": condition} if condition else {})
    return Given(BUCKET_MEMBER, properties | more, name)


def below(folder: str) -> dict[str, str]:
    return {"expression": f'resource.name.startsWith("projects/_/buckets/lake/objects/{folder}")'}


def folder(bucket: str, prefix: str, name: str) -> Given:
    return Given(FOLDER_MEMBER, {"bucket": bucket, "managedFolder": prefix, "role": VIEWER, "member": GROUP}, name)


def iam(bucket: str, condition: Mapping[str, str] | None, name: str) -> Given:
    binding = {"role": VIEWER, "members": [GROUP]} | ({"condition": condition} if condition else {})
    return Given(BUCKET_IAM, {"bucket": bucket, "policyData": json.dumps({"bindings": [binding]})}, name)


COPY = policy("copies", "arn:aws:s3:::copies/masked/*", name="copy")
GCP_COPY = folder("copies", "masked/", "copy")


def aws(label: str, *others: Given, at: str = "", who: str = f"role `{TESTER}`") -> Case:
    return Case(RULE, (AWS_JOB, COPY, *others), {at: (BOTH.format(who),)} if at else {}, label, echoed=True)


def gcp(label: str, *others: Given, at: str = "") -> Case:
    return Case(
        RULE, (GCP_JOB, GCP_COPY, *others), {at: (BOTH.format(f"`{GROUP}`"),)} if at else {}, label, echoed=True
    )


CASES = (
    aws("copy-alone"),
    aws("source-too", policy("lake", "arn:aws:s3:::lake/shop/*", name="source"), at="source"),
    aws("whole-bucket", policy("lake", "arn:aws:s3:::lake/*", name="source"), at="source"),
    aws("part-of-the-source", policy("lake", "arn:aws:s3:::lake/shop/2026/*", name="source"), at="source"),
    aws("another-prefix", policy("lake", "arn:aws:s3:::lake/crm/*", name="source")),
    aws("another-bucket", policy("other", "arn:aws:s3:::other/*", name="source")),
    aws("another-reader", policy("lake", "arn:aws:s3:::lake/*", "arn:aws:iam::111111111111:role/owner", "source")),
    aws(
        "the-job-itself", policy("lake", "arn:aws:s3:::lake/shop/*", "arn:aws:iam::111111111111:role/masker", "source")
    ),
    aws(
        "by-its-own-policy",
        ROLE_OF_TESTER,
        rights("arn:aws:s3:::lake/*"),
        at="rights",
        who="role `tester`",
    ),
    *(
        aws(f"by-a-wildcard-{label}", ROLE_OF_TESTER, rights(resource, "s3:*"), at="rights", who="role `tester`")
        for label, resource in (("of-all", "*"), ("of-services", "arn:aws:*"), ("of-buckets", "arn:aws:s3:::*"))
    ),
    aws("by-a-bucket-without-objects", ROLE_OF_TESTER, rights("arn:aws:s3:::lake", "s3:*")),
    aws(
        "by-a-policy-of-aws",
        ROLE_OF_TESTER,
        Given(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"role": "tester", "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
            "attached",
        ),
        at="attached",
        who="role `tester`",
    ),
    aws("may-write-only", ROLE_OF_TESTER, rights("*", "s3:PutObject")),
    gcp("copy-alone-gcp"),
    gcp("source-too-gcp", member("lake", "source"), at="source"),
    gcp("below-the-source", member("lake", "source", below("shop/")), at="source"),
    gcp("below-another-folder", member("lake", "source", below("crm/"))),
    gcp("folder-of-the-source", folder("lake", "shop/", "source"), at="source"),
    gcp("folder-of-another", folder("lake", "crm/", "source")),
    gcp("in-the-policy", iam("lake", None, "source"), at="source"),
    gcp("in-the-policy-for-another", iam("lake", below("crm/"), "source")),
    gcp("names-only", member("lake", "source", role="roles/storage.legacyBucketReader")),
)
