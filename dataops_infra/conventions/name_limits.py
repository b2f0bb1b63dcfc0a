"""What each service accepts as a name, as data: length, alphabet and where the provider says so."""

import re
from dataclasses import dataclass, field

HASH_CHARACTERS = 8
"""Hex digits of SHA-256 in the suffix of a shortened name: 32 bits."""


@dataclass(frozen=True)
class NameLimits:
    """What one service accepts as a name."""

    service: str
    minimum: int
    maximum: int
    pattern: str
    """Regular expression of the whole name, length apart."""
    expected: str
    """The pattern in words."""
    source: str
    separator: str = "-"
    """Stands between the words of a name, and before the hash suffix."""
    forbidden: tuple[str, ...] = field(default=())
    """Regular expressions that a name must not contain."""

    def problem(self, name: str) -> str | None:
        """What is wrong with ``name``, in words; None when the service accepts it."""
        if not self.minimum <= len(name) <= self.maximum:
            return f"{self.minimum} to {self.maximum} characters for {self.service}"
        if not re.fullmatch(self.pattern, name):
            return f"{self.expected} for {self.service}"
        found = next((expression for expression in self.forbidden if re.search(expression, name)), None)
        return f"a name without {found!r} for {self.service}" if found else None


_AWS = "https://docs.aws.amazon.com"
_GCP = "https://cloud.google.com"
_DNS_LIKE = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_DNS_WORDS = "lowercase letters, digits and hyphens that begin and end with a letter or digit"
_LETTER_FIRST = "[a-z]([a-z0-9-]*[a-z0-9])?"
_LETTER_FIRST_WORDS = "lowercase letters, digits and hyphens that begin with a letter and do not end with a hyphen"
_UNDERSCORED = "[a-z][a-z0-9_]*"
_UNDERSCORED_WORDS = "lowercase letters, digits and underscores that begin with a letter"

S3_BUCKET = NameLimits(
    "an S3 bucket", 3, 63, _DNS_LIKE, _DNS_WORDS,
    f"{_AWS}/AmazonS3/latest/userguide/bucketnamingrules.html",
    forbidden=("^xn--", "^sthree-", "^amzn-s3-demo-", "-s3alias$", "--ol-s3$", "--x-s3$", "--table-s3$"),
)  # fmt: skip
GCS_BUCKET = NameLimits(
    "a GCS bucket", 3, 63, _DNS_LIKE, _DNS_WORDS,
    f"{_GCP}/storage/docs/buckets#naming",
    forbidden=("^goog", "google", "g00gle"),
)  # fmt: skip
IAM_ROLE = NameLimits(
    "an IAM role", 1, 64, r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-",
    f"{_AWS}/IAM/latest/UserGuide/reference_iam-quotas.html",
)  # fmt: skip
IAM_POLICY = NameLimits(
    "an IAM policy", 1, 128, r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-",
    f"{_AWS}/IAM/latest/UserGuide/reference_iam-quotas.html",
)  # fmt: skip
KMS_ALIAS = NameLimits(
    "a KMS alias (without alias/)", 1, 250, r"[A-Za-z0-9/_-]+", "letters, digits and /_-",
    f"{_AWS}/kms/latest/APIReference/API_CreateAlias.html",
    forbidden=("^aws/",),
)  # fmt: skip
GLUE_DATABASE = NameLimits(
    "a Glue database", 1, 255, _UNDERSCORED, _UNDERSCORED_WORDS,
    f"{_AWS}/athena/latest/ug/tables-databases-columns-names.html",
    separator="_",
)  # fmt: skip
ATHENA_WORKGROUP = NameLimits(
    "an Athena workgroup", 1, 128, r"[A-Za-z0-9._-]+", "letters, digits and ._-",
    f"{_AWS}/athena/latest/APIReference/API_WorkGroup.html",
)  # fmt: skip
AWS_BUDGET = NameLimits(
    "an AWS budget", 1, 100, r"[A-Za-z0-9 ._-]+", "letters, digits, spaces and ._-",
    f"{_AWS}/aws-cost-management/latest/APIReference/API_budgets_Budget.html",
)  # fmt: skip
REDSHIFT_IDENTIFIER = NameLimits(
    "a Redshift cluster", 1, 63, _LETTER_FIRST, _LETTER_FIRST_WORDS,
    f"{_AWS}/redshift/latest/APIReference/API_CreateCluster.html",
    forbidden=("--",),
)  # fmt: skip
REDSHIFT_SERVERLESS = NameLimits(
    "a Redshift Serverless namespace or workgroup", 3, 64, r"[a-z0-9-]+", "lowercase letters, digits and hyphens",
    f"{_AWS}/redshift-serverless/latest/APIReference/API_CreateNamespace.html",
)  # fmt: skip
SNS_TOPIC = NameLimits(
    "an SNS topic", 1, 256, r"[A-Za-z0-9_-]+", "letters, digits, underscores and hyphens",
    f"{_AWS}/sns/latest/api/API_CreateTopic.html",
)  # fmt: skip
SQS_QUEUE = NameLimits(
    "an SQS queue", 1, 80, r"[A-Za-z0-9_-]+", "letters, digits, underscores and hyphens",
    f"{_AWS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
)  # fmt: skip
LAMBDA_FUNCTION = NameLimits(
    "a Lambda function", 1, 64, r"[A-Za-z0-9_-]+", "letters, digits, underscores and hyphens",
    f"{_AWS}/lambda/latest/api/API_CreateFunction.html",
)  # fmt: skip
GLUE_JOB = NameLimits(
    "a Glue job or connection", 1, 255, r"[A-Za-z0-9_-]+", "letters, digits, underscores and hyphens",
    f"{_AWS}/glue/latest/dg/aws-glue-api-jobs-job.html",
)  # fmt: skip
EMR_SERVERLESS = NameLimits(
    "an EMR Serverless application", 1, 64, r"[A-Za-z0-9._/#-]+", "letters, digits and ._/#-",
    f"{_AWS}/emr-serverless/latest/APIReference/API_CreateApplication.html",
)  # fmt: skip
EVENT_RULE = NameLimits(
    "an EventBridge rule or schedule", 1, 64, r"[A-Za-z0-9._-]+", "letters, digits and ._-",
    f"{_AWS}/eventbridge/latest/APIReference/API_PutRule.html",
)  # fmt: skip
STATE_MACHINE = NameLimits(
    "a state machine", 1, 80, r"[A-Za-z0-9_-]+", "letters, digits, - and _",
    f"{_AWS}/step-functions/latest/apireference/API_CreateStateMachine.html",
)  # fmt: skip
SECURITY_GROUP = NameLimits(
    "a security group", 1, 255, r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+", "letters, digits, spaces and punctuation",
    f"{_AWS}/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html",
    forbidden=("^sg-",),
)  # fmt: skip
BIGQUERY_DATASET = NameLimits(
    "a BigQuery dataset", 1, 1024, r"[A-Za-z0-9_]+", "letters, digits and underscores",
    f"{_GCP}/bigquery/docs/datasets#dataset-naming",
    separator="_",
)  # fmt: skip
GCP_SERVICE_ACCOUNT = NameLimits(
    "a GCP service account", 6, 30, _LETTER_FIRST, _LETTER_FIRST_WORDS,
    f"{_GCP}/iam/docs/service-accounts-create",
)  # fmt: skip
GCP_KEY_RING = NameLimits(
    "a Cloud KMS key ring or key", 1, 63, r"[A-Za-z0-9_-]+", "letters, digits, underscores and hyphens",
    f"{_GCP}/kms/docs/reference/rest/v1/projects.locations.keyRings/create",
)  # fmt: skip
GCP_BUDGET = NameLimits(
    "a budget of Cloud Billing", 1, 60, r"[A-Za-z0-9 ._-]+", "letters, digits, spaces and ._-",
    f"{_GCP}/billing/docs/reference/budget/rest/v1/billingAccounts.budgets",
)  # fmt: skip
GCP_JOB = NameLimits(
    "a Cloud Run job, a workflow and their firewall rules", 1, 49, _LETTER_FIRST, _LETTER_FIRST_WORDS,
    f"{_GCP}/run/docs/create-jobs",
)  # fmt: skip
"""One name for what runs and starts a job: short enough for what is added to it (batch, rule; 63 characters each)."""
PUBSUB_TOPIC = NameLimits(
    "a Pub/Sub topic", 3, 255, r"[A-Za-z][A-Za-z0-9._~+%-]*", "letters, digits and ._~+%- that begin with a letter",
    f"{_GCP}/pubsub/docs/pubsub-basics#resource_names",
    forbidden=("^goog",),
)  # fmt: skip
DATAPROC_CLUSTER = NameLimits(
    "a Dataproc cluster", 2, 51, _LETTER_FIRST, _LETTER_FIRST_WORDS,
    f"{_GCP}/dataproc/docs/guides/create-cluster",
)  # fmt: skip
AWS_TAG_VALUE = NameLimits(
    "an AWS tag value", 0, 256, r"[\w\s.:/=+@-]*", "letters, digits, spaces and _.:/=+@-",
    f"{_AWS}/tag-editor/latest/userguide/best-practices-and-strats.html",
)  # fmt: skip
AWS_TAG_KEY = NameLimits(
    "an AWS tag key", 1, 128, r"[\w\s.:/=+@-]+", "letters, digits, spaces and _.:/=+@-",
    f"{_AWS}/tag-editor/latest/userguide/best-practices-and-strats.html",
    forbidden=("^[aA][wW][sS]:",),
)  # fmt: skip
GCP_LABEL_VALUE = NameLimits(
    "a GCP label value", 0, 63, r"[a-z0-9_-]*", "lowercase letters, digits, underscores and hyphens",
    f"{_GCP}/resource-manager/docs/labels-overview#requirements",
)  # fmt: skip
GCP_LABEL_KEY = NameLimits(
    "a GCP label key", 1, 63, r"[a-z][a-z0-9_-]*",
    "lowercase letters, digits, underscores and hyphens that begin with a letter",
    f"{_GCP}/resource-manager/docs/labels-overview#requirements",
)  # fmt: skip

ALL_LIMITS = tuple(value for value in list(globals().values()) if isinstance(value, NameLimits))
"""Every service above."""
