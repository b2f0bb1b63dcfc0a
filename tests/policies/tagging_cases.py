"""Resources that must pass and must fail, per rule of the tagging pack: plain shapes of pulumi_aws and pulumi_gcp."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dataops_infra.conventions.model import Conventions
from policies.tagging.tagging_rules import RULES

AS_OF = date(2026, 11, 22)
BY_NAME = {rule.name: rule for rule in RULES}
CONVENTIONS = Conventions.model_validate(
    {
        "organisation": "acme",
        "tags": {
            "required": {
                "owner": {"pattern": "[a-z][a-z0-9-]{1,62}"},
                "cost-center": {"pattern": "cc-[0-9]{4}"},
                "environment": {"values_from": "environments"},
                "data-classification": {"values_from": "classification"},
            }
        },
    }
)
BILLABLE = CONVENTIONS.model_copy(update={"tags": CONVENTIONS.tags.model_copy(update={"scope": "billable"})})

GOOD = {"owner": "growth-data", "cost-center": "cc-1234", "environment": "dev", "data-classification": "internal"}
NO_OWNER = {key: value for key, value in GOOD.items() if key != "owner"}
DEFAULTS = {"defaultTags": '{"tags": {"owner": "growth-data"}}', "region": "eu-west-1"}
GCP_DEFAULTS = {"defaultLabels": '{"owner": "growth-data"}', "project": "acme-dev"}

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_V2 = "aws:s3/bucketV2:BucketV2"
GROUP = "aws:autoscaling/group:Group"
GCS = "gcp:storage/bucket:Bucket"
DATASET = "gcp:bigquery/dataset:Dataset"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
GKE = "gcp:container/cluster:Cluster"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
MACHINE = "gcp:compute/instance:Instance"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
AWS, GCP = "pulumi:providers:aws", "pulumi:providers:gcp"


@dataclass(frozen=True)
class Case:
    """One resource for one rule; ``messages`` = what must be said, none for a resource that must pass."""

    rule: str
    type: str
    properties: Mapping[str, Any]
    messages: tuple[str, ...] = ()
    provider: Mapping[str, Any] | None = None
    conventions: Conventions = CONVENTIONS
    config: Mapping[str, Any] = field(default_factory=dict)
    level: str = "mandatory"

    def __str__(self) -> str:
        return f"{self.rule}-{self.type.rpartition(':')[2]}-{'-'.join(self.properties)}"


def pairs(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags as an Auto Scaling group has them."""
    return [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags.items()]


MISSING = ("tag `owner` is missing",)
ALL_MISSING = tuple(f"tag `{key}` is missing" for key in sorted(CONVENTIONS.tags.required))
ZONED = {"zone": "sandbox"}
NEEDS_DATE = ("a sandbox resource needs the tag `expires-on`",)
TOO_LATE = ("tag `expires-on` lies after 2026-12-22, the longest life of a sandbox",)
EXPIRED = ("tag `expires-on` lies before 2026-11-22: the sandbox has expired",)
NO_DATE = ("tag `expires-on` must be a date such as 2026-12-22",)


def mail(place: str, path: str = "tags") -> tuple[str, ...]:
    """The message about an e-mail address."""
    return (f"{place} in `{path}` looks like an e-mail address",)


TEAM_ONLY = {"allowedAddresses": ["*-team@example.com"]}

CASES = (
    # required-tags
    Case("required-tags", BUCKET, {"tags": GOOD}),
    Case("required-tags", BUCKET_V2, {"tags": GOOD, "tagsAll": GOOD}),
    Case("required-tags", BUCKET, {"tags": NO_OWNER}, provider=DEFAULTS),
    Case("required-tags", BUCKET, {"tags": NO_OWNER, "tagsAll": GOOD}),
    Case("required-tags", BUCKET, {"tags": {**GOOD, "Name": "raw", "CostCenter": "old"}}),
    Case("required-tags", GROUP, {"tags": pairs(GOOD)}),
    Case("required-tags", GCS, {"labels": GOOD}),
    Case("required-tags", GCS, {"labels": NO_OWNER}, provider=GCP_DEFAULTS),
    Case("required-tags", ALERT, {"userLabels": GOOD}),
    Case("required-tags", GKE, {"resourceLabels": GOOD}),
    Case("required-tags", GKE, {"resourceLabels": NO_OWNER}, provider=GCP_DEFAULTS),
    Case("required-tags", SQL, {"settings": {"tier": "db-f1-micro", "userLabels": GOOD}}),
    Case("required-tags", "aws:s3/bucketPolicy:BucketPolicy", {"bucket": "raw"}),
    Case("required-tags", "aws:iam/role:Role", {"name": "etl"}, conventions=BILLABLE),
    Case("required-tags", "random:index/randomPassword:RandomPassword", {"length": 12}),
    Case("required-tags", BUCKET, {"bucket": "raw"}, ALL_MISSING),
    Case("required-tags", BUCKET, {"bucket": "raw"}, ALL_MISSING, conventions=BILLABLE),
    Case("required-tags", BUCKET, {"tags": {}}, ALL_MISSING),
    Case("required-tags", BUCKET_V2, {"tags": NO_OWNER, "tagsAll": NO_OWNER}, MISSING),
    Case(
        "required-tags",
        BUCKET,
        {"tags": {**NO_OWNER, "Owner": "growth-data"}},
        ("tag `owner` is missing (`Owner` is another spelling)",),
    ),
    Case("required-tags", GROUP, {"tags": pairs(NO_OWNER)}, MISSING),
    # The provider's default tags do not reach the tag blocks of an Auto Scaling group, nor labels of another name.
    Case("required-tags", GROUP, {"tags": pairs(NO_OWNER)}, MISSING, provider=DEFAULTS),
    Case("required-tags", ALERT, {"userLabels": NO_OWNER}, MISSING, provider=GCP_DEFAULTS),
    Case("required-tags", GCS, {"labels": NO_OWNER}, MISSING),
    Case("required-tags", GKE, {"resourceLabels": NO_OWNER}, MISSING),
    Case("required-tags", SQL, {"settings": {"userLabels": NO_OWNER}}, MISSING),
    Case("required-tags", SQL, {"settings": {"tier": "db-f1-micro"}}, ALL_MISSING),
    # tag-values-allowed
    Case("tag-values-allowed", BUCKET, {"tags": {**GOOD, "zone": "raw"}}),
    Case("tag-values-allowed", BUCKET, {"tags": {"zone": "none"}}),
    Case("tag-values-allowed", GCS, {"labels": GOOD}),
    Case("tag-values-allowed", BUCKET, {"bucket": "raw"}),
    Case("tag-values-allowed", BUCKET, {"tags": {**GOOD, "free": "Anything at all"}}),
    Case(
        "tag-values-allowed",
        BUCKET,
        {"tags": {**GOOD, "cost-center": "1234"}},
        ("tag `cost-center` must match cc-[0-9]{4}",),
    ),
    Case(
        "tag-values-allowed",
        GCS,
        {"labels": {**GOOD, "environment": "qa"}},
        ("tag `environment` must be one of dev, prod, staging",),
    ),
    Case(
        "tag-values-allowed",
        BUCKET,
        {"tags": {"zone": "rwa"}},
        ("tag `zone` must be one of raw, staged, curated, quarantine, sandbox, logs, none",),
    ),
    Case("tag-values-allowed", BUCKET, {"tags": {**GOOD, "owner": " "}}, ("tag `owner` must not be empty",)),
    Case("tag-values-allowed", BUCKET, {"tags": {"owner": 7}}, ("tag `owner` must match [a-z][a-z0-9-]{1,62}",)),
    Case("tag-values-allowed", BUCKET, {"tags": {"owner": True}}),
    Case("tag-values-allowed", BUCKET, {"tags": {"owner": ["x"]}}, ("tag `owner` must be a text",)),
    Case(
        "tag-values-allowed",
        GROUP,
        {"tags": pairs({"data-classification": "secret"})},
        ("tag `data-classification` must be one of public, internal, masked, confidential, pii",),
    ),
    Case(
        "tag-values-allowed",
        BUCKET,
        {"bucket": "raw"},
        ("tag `cost-center` must match cc-[0-9]{4}",),
        provider={"defaultTags": '{"tags": {"cost-center": "x"}}'},
    ),
    # default-tags-declared
    Case("default-tags-declared", AWS, DEFAULTS, level="advisory"),
    Case("default-tags-declared", GCP, GCP_DEFAULTS, level="advisory"),
    Case("default-tags-declared", AWS, {"defaultTags": {"tags": {"owner": "x"}}}, level="advisory"),
    Case("default-tags-declared", "pulumi:providers:random", {"version": "4.21.4"}, level="advisory"),
    Case(
        "default-tags-declared",
        AWS,
        {"region": "eu-west-1"},
        ("the aws provider declares no `defaultTags`",),
        level="advisory",
    ),
    Case(
        "default-tags-declared",
        AWS,
        {"defaultTags": '{"tags": {}}'},
        ("the aws provider declares no `defaultTags`",),
        level="advisory",
    ),
    Case(
        "default-tags-declared",
        GCP,
        {"project": "acme-dev"},
        ("the gcp provider declares no `defaultLabels`",),
        level="advisory",
    ),
    # tags-carry-no-personal-data
    Case("tags-carry-no-personal-data", BUCKET, {"tags": {**GOOD, "account": "123456789012", "since": "2026-11-22"}}),
    Case("tags-carry-no-personal-data", BUCKET, {"tags": {"owner": "growth-team@example.com"}}, config=TEAM_ONLY),
    Case("tags-carry-no-personal-data", GCS, {"labels": GOOD}),
    Case("tags-carry-no-personal-data", AWS, DEFAULTS),
    Case("tags-carry-no-personal-data", AWS, {"region": "eu-west-1"}),
    Case(
        "tags-carry-no-personal-data", BUCKET, {"tags": {"owner": "ann@example.com"}}, mail("the value of tag `owner`")
    ),
    Case(
        "tags-carry-no-personal-data",
        BUCKET,
        {"tags": {"owner": "ann@example.com"}},
        mail("the value of tag `owner`"),
        config=TEAM_ONLY,
    ),
    Case("tags-carry-no-personal-data", BUCKET, {"tags": {"ann@example.com": "x"}}, mail("a tag's key")),
    # Whom a channel tells is a setting, though it is called a label; the labels are the other ones.
    Case("tags-carry-no-personal-data", CHANNEL, {"labels": {"email_address": "ann@example.com"}, "userLabels": GOOD}),
    Case(
        "tags-carry-no-personal-data",
        CHANNEL,
        {"userLabels": {"contact": "ann@example.com"}},
        mail("the value of tag `contact`", "userLabels"),
    ),
    Case(
        "tags-carry-no-personal-data",
        DATASET,
        {"labels": GOOD, "resourceTags": {"acme/contact": "ann@example.com"}},
        mail("the value of tag `acme/contact`", "resourceTags"),
    ),
    Case(
        "tags-carry-no-personal-data",
        SQL,
        {"settings": {"userLabels": {"phone": "+49 30 901820"}}},
        ("the value of tag `phone` in `settings.userLabels` looks like a telephone number",),
    ),
    Case(
        "tags-carry-no-personal-data",
        GROUP,
        {"tags": pairs({"card": "4111 1111 1111 1111"})},
        ("the value of tag `card` in `tags` looks like a payment card number",),
    ),
    Case(
        "tags-carry-no-personal-data",
        AWS,
        {"defaultTags": '{"tags": {"owner": "ann@example.com"}}'},
        mail("the value of tag `owner`", "defaultTags"),
    ),
    Case(
        "tags-carry-no-personal-data",
        GCP,
        {"defaultLabels": '{"iban": "DE89370400440532013000"}'},
        ("the value of tag `iban` in `defaultLabels` looks like an IBAN",),
    ),
    Case(
        "tags-carry-no-personal-data",
        BUCKET,
        {"tags": {"card": 4111111111111111, "list": ["ann@example.com"]}},
        ("the value of tag `card` in `tags` looks like a payment card number",),
    ),
    Case(
        "tags-carry-no-personal-data",
        TEMPLATE,
        {"tagSpecifications": [{"resourceType": "volume", "tags": {"owner": "ann@example.com"}}]},
        mail("the value of tag `owner`", "tagSpecifications[0].tags"),
    ),
    Case(
        "tags-carry-no-personal-data",
        TEMPLATE,
        {"tags": GOOD, "tagsAll": {"owner": "ann@example.com"}, "networkInterfaces": [{"description": "a@b.de"}]},
    ),
    # sandbox-expires
    Case("sandbox-expires", BUCKET, {"tags": GOOD}),
    Case("sandbox-expires", BUCKET, {"tags": {"zone": "raw"}}),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "2026-11-22"}}),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "2026-12-22"}}),
    Case("sandbox-expires", GCS, {"labels": {**ZONED, "expires-on": "2026-12-01"}}),
    Case("sandbox-expires", BUCKET, {"tags": ZONED}, NEEDS_DATE),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "2026-12-23"}}, TOO_LATE),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "2026-11-21"}}, EXPIRED),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "next week"}}, NO_DATE),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": 20261201}}, NO_DATE),
    Case("sandbox-expires", BUCKET, {"tags": {**ZONED, "expires-on": "2026-W49-2"}}, NO_DATE),
    Case("sandbox-expires", GCS, {"labels": ZONED}, NEEDS_DATE),
    Case("sandbox-expires", GCS, {"location": "EU"}, NEEDS_DATE, provider={"defaultLabels": '{"zone": "sandbox"}'}),
)
FAILING = tuple(case for case in CASES if case.messages)
PASSING = tuple(case for case in CASES if not case.messages)
