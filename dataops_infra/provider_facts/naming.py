"""How the providers make automatic names, where the rule is not the bridge's ordinary one.

Source: the AutoName declarations of pulumi-aws v7 (``provider/resource_overrides.go``, ``autonaming.go``,
``compatibility.go``) and pulumi-gcp (``provider/resources.go``), and pulumi-terraform-bridge
(``pkg/tfbridge/info/autonaming.go``). The SDKs carry nothing of this, so it is written down here and joined with what
the SDK says by :mod:`dataops_infra.provider_facts.derive`, which fails on an entry that the SDK contradicts.
"""

from collections.abc import Mapping
from typing import Any, Final

BRIDGE_MAX_LENGTH: Final = 255
"""``setAutonaming`` of both providers: every optional string input ``name`` gets a name of at most this length."""

RANDOM_LENGTH: Final = 7
"""Random hexadecimal digits that the bridge appends."""


def _rule(
    property: str = "name",  # noqa: A002 - the key of the file format
    max_length: int = BRIDGE_MAX_LENGTH,
    separator: str = "-",
    random: int = RANDOM_LENGTH,
    **more: Any,
) -> dict[str, Any]:
    return {"property": property, "maxLength": max_length, "separator": separator, "random": random, **more}


BRIDGE_RULE: Final[Mapping[str, Any]] = _rule()

_LETTERS: Final = _rule(max_length=0, separator="_", random=8, charset="letters")
_FIFO_QUEUE: Final = {"property": "fifoQueue", "equals": True, "suffix": ".fifo"}
_FIFO_TOPIC: Final = {"property": "fifoTopic", "equals": True, "suffix": ".fifo"}
_SQL_SERVER: Final = {"property": "engine", "contains": "sqlserver", "maxLength": 15, "random": 3}

_GOOGLE_URL_NAME: Final = _rule(max_length=63, lower=True)

_LOGICAL_NAME: Final[Mapping[str, Any]] = {"max_length": 0, "separator": "", "random": 0}

SPECIAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws:athena/database:Database": _rule(separator="_"),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": _rule(separator="_"),
    "aws:cloudwatch/eventRule:EventRule": _rule(max_length=64),
    "aws:cloudwatch/eventTarget:EventTarget": _rule("targetId"),
    "aws:codedeploy/deploymentConfig:DeploymentConfig": _rule("deploymentConfigName", 100, "_"),
    "aws:ec2/keyPair:KeyPair": _rule("keyName"),
    "aws:efs/fileSystem:FileSystem": _rule("creationToken"),
    "aws:eks/fargateProfile:FargateProfile": _rule("fargateProfileName"),
    "aws:eks/nodeGroup:NodeGroup": _rule("nodeGroupName"),
    "aws:elasticache/cluster:Cluster": _rule("clusterId", 50, lower=True),
    "aws:elasticache/replicationGroup:ReplicationGroup": _rule("replicationGroupId", 40, lower=True),
    "aws:elasticbeanstalk/environment:Environment": _rule(max_length=40),
    "aws:elasticsearch/domain:Domain": _rule("domainName", 28, lower=True),
    "aws:glue/catalogDatabase:CatalogDatabase": {**_LETTERS, "lower": True},
    "aws:glue/catalogTable:CatalogTable": {**_LETTERS, "lower": True},
    "aws:iam/role:Role": _rule(max_length=64),
    "aws:iot/topicRule:TopicRule": _rule(**_LOGICAL_NAME),
    "aws:kms/alias:Alias": _rule(max_length=238, prefix="alias/"),
    "aws:lambda/function:Function": _rule(max_length=64),
    "aws:lambda/permission:Permission": _rule("statementId", 100),
    "aws:lb/targetGroup:TargetGroup": _rule(max_length=32),
    "aws:lex/bot:Bot": _LETTERS,
    "aws:lex/botAlias:BotAlias": _LETTERS,
    "aws:lex/intent:Intent": _LETTERS,
    "aws:lex/slotType:SlotType": _LETTERS,
    "aws:mq/broker:Broker": _rule("brokerName", 55),
    "aws:msk/cluster:Cluster": _rule("clusterName"),
    "aws:msk/serverlessCluster:ServerlessCluster": _rule("clusterName"),
    "aws:opensearch/domain:Domain": _rule("domainName"),
    "aws:rds/instance:Instance": _rule("identifier", separator="", when=_SQL_SERVER),
    "aws:s3/bucket:Bucket": _rule("bucket", 63, lower=True),
    "aws:s3/bucketV2:BucketV2": _rule("bucket", 63, lower=True),
    "aws:s3/bucketObject:BucketObject": _rule("key", **_LOGICAL_NAME),
    "aws:s3/bucketObjectv2:BucketObjectv2": _rule("key", **_LOGICAL_NAME),
    "aws:sns/topic:Topic": _rule(max_length=80, when=_FIFO_TOPIC),
    "aws:sqs/queue:Queue": _rule(max_length=80, when=_FIFO_QUEUE),
    "gcp:compute/backendService:BackendService": _GOOGLE_URL_NAME,
    "gcp:compute/httpHealthCheck:HttpHealthCheck": _GOOGLE_URL_NAME,
    "gcp:compute/httpsHealthCheck:HttpsHealthCheck": _GOOGLE_URL_NAME,
    "gcp:compute/network:Network": _GOOGLE_URL_NAME,
    "gcp:compute/router:Router": _GOOGLE_URL_NAME,
    "gcp:compute/routerNat:RouterNat": _GOOGLE_URL_NAME,
    "gcp:compute/subnetwork:Subnetwork": _GOOGLE_URL_NAME,
    "gcp:compute/targetHttpProxy:TargetHttpProxy": _GOOGLE_URL_NAME,
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": _GOOGLE_URL_NAME,
    "gcp:compute/uRLMap:URLMap": _GOOGLE_URL_NAME,
    "gcp:storage/bucket:Bucket": _rule(max_length=222),
}
"""Type token -> its rule; keys as in the file format (see :mod:`dataops_infra.provider_facts`)."""
