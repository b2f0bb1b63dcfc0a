"""Every physical name, ARN, GCP resource name and URI that the library derives, and nothing else that does.

A document built from another resource's *output* is unknown at preview, so no rule can read it. Names are therefore
set by us, and what follows from a name (ARN, URI, e-mail) is derived here.
"""

import hashlib
import re
from collections.abc import Mapping

from dataops_infra.conventions import name_limits as limits
from dataops_infra.conventions.environments import AWS_ACCOUNT_PATTERN, AWS_REGION_PATTERN
from dataops_infra.conventions.model import Conventions
from dataops_infra.conventions.name_limits import HASH_CHARACTERS, NameLimits
from dataops_infra.errors import InvalidInputError

_WORD = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-?[0-9]{1,2}")
_LOOKS_SHORTENED = re.compile(rf"[-_][0-9a-f]{{{HASH_CHARACTERS}}}$")

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
"""Prefix of a region -> its partition (botocore's partitions.json); everything else is ``aws``."""


def shorten(name: str, service: NameLimits) -> str:
    """``name`` when ``service`` has room for it, else its beginning and a stable suffix from SHA-256 of all of it.

    Distinct names stay distinct: a name that already ends like such a suffix gets one of its own.
    """
    if len(name) <= service.maximum and not _LOOKS_SHORTENED.search(name):
        return name
    return _with_suffix(name, name, service)


def _with_suffix(name: str, identity: str, service: NameLimits) -> str:
    suffix = hashlib.sha256(identity.encode()).hexdigest()[:HASH_CHARACTERS]
    beginning = name[: service.maximum - HASH_CHARACTERS - len(service.separator)].rstrip("-_")
    return f"{beginning}{service.separator}{suffix}"


def physical_name(
    service: NameLimits,
    conventions: Conventions,
    *,
    name: str,
    environment: str,
    domain: str,
    region: str | None = None,
    account: str | None = None,
) -> str:
    """The name of a resource by ``naming.pattern``, as ``service`` accepts it.

    Shortened with a stable suffix where it is too long, and where two sets of words would read the same (``a-b`` +
    ``c``, ``a`` + ``b-c``). The result hangs on the words alone, never on what else the conventions declare: a new
    domain must not rename a bucket.

    :raises InvalidInputError: a word is empty or holds anything but lowercase letters, digits and inner hyphens, the
        pattern asks for a word that was not given, or the service refuses the result.
    """
    given = {"environment": environment, "domain": domain, "name": name, "region": region, "account": account}
    words = {"organisation": conventions.organisation, **{key: word for key, word in given.items() if word is not None}}
    _check_words(words)
    placeholders = conventions.naming.placeholders
    rendered = conventions.naming.render(words).replace("-", service.separator)
    # The last word may hold hyphens, for it ends where the name ends.
    if any(_end_is_unclear(key, words[key]) for key in placeholders[:-1]):
        rendered = _with_suffix(rendered, "\0".join(words[key] for key in placeholders), service)
    else:
        rendered = shorten(rendered, service)
    problem = service.problem(rendered)
    if problem:
        raise InvalidInputError("name", problem, rendered)
    return rendered


def _end_is_unclear(key: str, word: str) -> bool:
    """Whether ``word`` and what follows it could read like another word and another rest."""
    if key == "organisation":  # the same in all names
        return False
    if key == "region":  # no region begins like another one, the likes of `us` and `asia` apart
        return not _REGION.fullmatch(word)
    return "-" in word


def _check_words(words: Mapping[str, str]) -> None:
    mistakes = [
        InvalidInputError(key, "lowercase letters, digits and hyphens between them", word)
        for key, word in words.items()
        if not _WORD.fullmatch(word)
    ]
    if mistakes:
        raise InvalidInputError.all(mistakes)


# --- AWS ---------------------------------------------------------------------------------------------------------


def partition_of(region: str) -> str:
    """The AWS partition of ``region``: aws, aws-cn, aws-us-gov, …"""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def arn(service: str, resource: str, *, region: str, account: str = "", regional: bool = True) -> str:
    """``arn:<partition>:<service>:<region>:<account>:<resource>``.

    :param region: decides the partition, and stands in the ARN of a regional service.
    :raises InvalidInputError: the account is not one of 12 digits, or a part is empty.
    """
    mistakes = []
    if account and not re.fullmatch(rf"{AWS_ACCOUNT_PATTERN}|aws|\*", account):
        mistakes.append(InvalidInputError("account", "an AWS account of 12 digits", account))
    if not re.fullmatch(AWS_REGION_PATTERN, region):
        mistakes.append(InvalidInputError("region", "an AWS region such as eu-west-1", region))
    if not resource or resource.endswith(("/", ":")):
        mistakes.append(InvalidInputError("resource", "the name of a resource", resource))
    if mistakes:
        raise InvalidInputError.all(mistakes)
    return f"arn:{partition_of(region)}:{service}:{region if regional else ''}:{account}:{resource}"


def s3_bucket_arn(bucket: str, region: str) -> str:
    """ARN of a bucket (without region and account, as S3 has them)."""
    return arn("s3", _legal(bucket, limits.S3_BUCKET, "bucket"), region=region, regional=False)


def s3_objects_arn(bucket: str, region: str, key: str = "*") -> str:
    """ARN of the objects of a bucket whose key matches ``key`` (IAM wildcards)."""
    return f"{s3_bucket_arn(bucket, region)}/{key.removeprefix('/')}"


def s3_uri(bucket: str, key: str = "") -> str:
    """``s3://bucket/key``."""
    return f"s3://{_legal(bucket, limits.S3_BUCKET, 'bucket')}/{key.removeprefix('/')}"


def iam_role_arn(account: str, role: str, region: str, path: str = "/") -> str:
    """ARN of an IAM role."""
    return _iam_arn(account, f"role{_iam_path(path)}{_legal(role, limits.IAM_ROLE, 'role')}", region)


def iam_policy_arn(account: str, policy: str, region: str, path: str = "/") -> str:
    """ARN of a managed policy; ``account`` is ``aws`` for one that AWS manages."""
    return _iam_arn(account, f"policy{_iam_path(path)}{_legal(policy, limits.IAM_POLICY, 'policy')}", region)


def iam_root_arn(account: str, region: str) -> str:
    """ARN that stands for an account as a whole in a trust or key policy."""
    return _iam_arn(account, "root", region)


def oidc_provider_arn(account: str, issuer: str, region: str) -> str:
    """ARN of an IAM OpenID Connect provider; ``issuer`` with or without ``https://``."""
    return _iam_arn(account, f"oidc-provider/{issuer.removeprefix('https://').rstrip('/')}", region)


def assumed_role_arn(account: str, role: str, session: str, region: str) -> str:
    """ARN of a session of a role (``session`` may be ``*``)."""
    resource = f"assumed-role/{_legal(role, limits.IAM_ROLE, 'role')}/{session}"
    return arn("sts", resource, region=region, account=account, regional=False)


def kms_key_arn(account: str, region: str, key_id: str) -> str:
    """ARN of a key by its id."""
    return arn("kms", f"key/{key_id}", region=region, account=account)


def kms_alias_arn(account: str, region: str, alias: str) -> str:
    """ARN of a key's alias; ``alias`` with or without ``alias/``."""
    legal = _legal(alias.removeprefix("alias/"), limits.KMS_ALIAS, "alias")
    return arn("kms", f"alias/{legal}", region=region, account=account)


def glue_catalog_arn(account: str, region: str) -> str:
    """ARN of an account's data catalog."""
    return arn("glue", "catalog", region=region, account=account)


def glue_database_arn(account: str, region: str, database: str) -> str:
    """ARN of a database of the data catalog."""
    return arn("glue", f"database/{_legal(database, limits.GLUE_DATABASE, 'database')}", region=region, account=account)


def glue_table_arn(account: str, region: str, database: str, table: str = "*") -> str:
    """ARN of a table of the data catalog, of all tables of the database by default."""
    legal = _legal(database, limits.GLUE_DATABASE, "database")
    return arn("glue", f"table/{legal}/{table}", region=region, account=account)


def glue_job_arn(account: str, region: str, job: str) -> str:
    """ARN of a Glue job."""
    return arn("glue", f"job/{_legal(job, limits.GLUE_JOB, 'job')}", region=region, account=account)


def glue_connection_arn(account: str, region: str, connection: str) -> str:
    """ARN of a connection of the data catalog."""
    legal = _legal(connection, limits.GLUE_JOB, "connection")
    return arn("glue", f"connection/{legal}", region=region, account=account)


def event_rule_arn(account: str, region: str, rule: str) -> str:
    """ARN of a rule on the default event bus."""
    return arn("events", f"rule/{_legal(rule, limits.EVENT_RULE, 'rule')}", region=region, account=account)


def schedule_group_arn(account: str, region: str, group: str) -> str:
    """ARN of a group of EventBridge Scheduler's schedules."""
    legal = _legal(group, limits.EVENT_RULE, "group")
    return arn("scheduler", f"schedule-group/{legal}", region=region, account=account)


def state_machine_arn(account: str, region: str, machine: str) -> str:
    """ARN of a state machine of Step Functions."""
    return arn(
        "states",
        f"stateMachine:{_legal(machine, limits.STATE_MACHINE, 'state machine')}",
        region=region,
        account=account,
    )


def ssm_parameter_arn(account: str, region: str, parameter: str) -> str:
    """ARN of a parameter of Systems Manager; ``parameter`` begins with a slash where its name is a path."""
    return arn("ssm", f"parameter/{parameter.removeprefix('/')}", region=region, account=account)


def alarm_arn(account: str, region: str, alarm: str) -> str:
    """ARN of a CloudWatch alarm."""
    return arn("cloudwatch", f"alarm:{_legal(alarm, limits.EVENT_RULE, 'alarm')}", region=region, account=account)


def ec2_arn(account: str, region: str, kind: str, resource_id: str = "*") -> str:
    """ARN of what EC2 names by an id: ``subnet/subnet-…``, ``vpc/vpc-…``, ``security-group/*``."""
    return arn("ec2", f"{kind}/{resource_id}", region=region, account=account)


def athena_workgroup_arn(account: str, region: str, workgroup: str) -> str:
    """ARN of an Athena workgroup."""
    legal = _legal(workgroup, limits.ATHENA_WORKGROUP, "workgroup")
    return arn("athena", f"workgroup/{legal}", region=region, account=account)


def sns_topic_arn(account: str, region: str, topic: str) -> str:
    """ARN of an SNS topic."""
    return arn("sns", _legal(topic, limits.SNS_TOPIC, "topic"), region=region, account=account)


def sqs_queue_arn(account: str, region: str, queue: str) -> str:
    """ARN of an SQS queue."""
    return arn("sqs", _legal(queue, limits.SQS_QUEUE, "queue"), region=region, account=account)


def lambda_function_arn(account: str, region: str, function: str) -> str:
    """ARN of a Lambda function."""
    return arn(
        "lambda", f"function:{_legal(function, limits.LAMBDA_FUNCTION, 'function')}", region=region, account=account
    )


def log_group_arn(account: str, region: str, log_group: str) -> str:
    """ARN of a CloudWatch log group and its streams."""
    return arn("logs", f"log-group:{log_group}:*", region=region, account=account)


def _iam_arn(account: str, resource: str, region: str) -> str:
    return arn("iam", resource, region=region, account=account, regional=False)


def _iam_path(path: str) -> str:
    if not re.fullmatch(r"/|(/[!-.0-~]+)+/", path):
        raise InvalidInputError("path", "a path such as /data/ that begins and ends with a slash", path)
    return path


# --- GCP ---------------------------------------------------------------------------------------------------------


def gcs_uri(bucket: str, key: str = "") -> str:
    """``gs://bucket/key``."""
    return f"gs://{_legal(bucket, limits.GCS_BUCKET, 'bucket')}/{key.removeprefix('/')}"


def gcs_bucket_resource(bucket: str) -> str:
    """The resource name that IAM conditions see (``projects/_``: buckets are global)."""
    return f"projects/_/buckets/{_legal(bucket, limits.GCS_BUCKET, 'bucket')}"


def service_account_email(account_id: str, project: str) -> str:
    """E-mail address of a service account; a project ``example.com:name`` turns into ``name.example.com``."""
    legal = _legal(account_id, limits.GCP_SERVICE_ACCOUNT, "account_id")
    domain, _, name = project.rpartition(":")
    return f"{legal}@{f'{name}.{domain}' if domain else name}.iam.gserviceaccount.com"


def service_account_member(account_id: str, project: str) -> str:
    """``serviceAccount:<e-mail>`` as IAM bindings want it."""
    return f"serviceAccount:{service_account_email(account_id, project)}"


def service_account_resource(account_id: str, project: str) -> str:
    """``projects/<project>/serviceAccounts/<e-mail>``."""
    return f"projects/{project}/serviceAccounts/{service_account_email(account_id, project)}"


def key_ring_resource(project: str, location: str, key_ring: str) -> str:
    """``projects/<project>/locations/<location>/keyRings/<key ring>``."""
    return f"projects/{project}/locations/{location}/keyRings/{_legal(key_ring, limits.GCP_KEY_RING, 'key_ring')}"


def crypto_key_resource(project: str, location: str, key_ring: str, key: str) -> str:
    """``projects/…/keyRings/<key ring>/cryptoKeys/<key>``."""
    legal = _legal(key, limits.GCP_KEY_RING, "key")
    return f"{key_ring_resource(project, location, key_ring)}/cryptoKeys/{legal}"


def bigquery_dataset_resource(project: str, dataset: str) -> str:
    """``projects/<project>/datasets/<dataset>``."""
    return f"projects/{project}/datasets/{_legal(dataset, limits.BIGQUERY_DATASET, 'dataset')}"


def bigquery_table_resource(project: str, dataset: str, table: str) -> str:
    """``projects/<project>/datasets/<dataset>/tables/<table>``."""
    return f"{bigquery_dataset_resource(project, dataset)}/tables/{table}"


def pubsub_topic_resource(project: str, topic: str) -> str:
    """``projects/<project>/topics/<topic>``."""
    return f"projects/{project}/topics/{_legal(topic, limits.PUBSUB_TOPIC, 'topic')}"


# --- tags and labels ---------------------------------------------------------------------------------------------


def label_value(text: str) -> str:
    """``text`` as a GCP label value: lowercase, other characters as hyphens; a suffix keeps distinct texts distinct."""
    written = re.sub(r"[^a-z0-9_-]", "-", text.lower())
    return (
        shorten(text, limits.GCP_LABEL_VALUE)
        if written == text
        else _with_suffix(written, text, limits.GCP_LABEL_VALUE)
    )


def _legal(name: str, service: NameLimits, argument: str) -> str:
    problem = service.problem(name)
    if problem:
        raise InvalidInputError(argument, problem, name)
    return name
