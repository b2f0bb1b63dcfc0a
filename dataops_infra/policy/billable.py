"""Which taggable types cost money by themselves: what ``tags.scope: billable`` asks tags of.

A judgement of ours from the providers' public price lists (aws.amazon.com/pricing, cloud.google.com/pricing/list),
dated November 2026. A type is billable when its existence, its capacity or the data in it is charged to it.
Roles, groups, parameter and subnet groups, networks, policies and other settings are not.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

_AWS: Final[Mapping[str, str]] = {
    "acmpca": "CertificateAuthority",
    "alb": "LoadBalancer",
    "amp": "Workspace Scraper",
    "apigateway": "RestApi Stage",
    "apigatewayv2": "Api Stage",
    "apprunner": "Service",
    "appstream": "Fleet ImageBuilder",
    "athena": "Workgroup CapacityReservation",
    "autoscaling": "Group",
    "backup": "Vault LogicallyAirGappedVault",
    "batch": "ComputeEnvironment",
    "bedrock": "ProvisionedModelThroughput AgentKnowledgeBase AgentAgent",
    "cloudfront": "Distribution",
    "cloudhsmv2": "Cluster",
    "cloudtrail": "Trail EventDataStore",
    "cloudwatch": "LogGroup MetricAlarm CompositeAlarm MetricStream",
    "codebuild": "Project Fleet",
    "codepipeline": "Pipeline",
    "datasync": "Task",
    "dax": "Cluster",
    "directoryservice": "Directory",
    "dms": "ReplicationInstance ReplicationConfig",
    "docdb": "Cluster ClusterInstance ElasticCluster",
    "dsql": "Cluster",
    "dynamodb": "Table TableReplica",
    "ebs": "Volume Snapshot SnapshotCopy SnapshotImport",
    "ec2": "Instance SpotInstanceRequest SpotFleetRequest Fleet CapacityReservation DedicatedHost Eip NatGateway "
    "VpcEndpoint VpnConnection Ami AmiCopy AmiFromInstance",
    "ec2clientvpn": "Endpoint",
    "ec2transitgateway": "TransitGateway VpcAttachment",
    "ecr": "Repository",
    "ecs": "Service CapacityProvider",
    "efs": "FileSystem",
    "eks": "Cluster NodeGroup FargateProfile",
    "elasticache": "Cluster ReplicationGroup ServerlessCache ReservedCacheNode",
    "elasticsearch": "Domain",
    "elb": "LoadBalancer",
    "emr": "Cluster Studio",
    "emrserverless": "Application",
    "fsx": "LustreFileSystem OntapFileSystem OpenZfsFileSystem WindowsFileSystem FileCache Backup",
    "glue": "Job DevEndpoint Crawler MLTransform DataQualityRuleset",
    "grafana": "Workspace",
    "guardduty": "Detector",
    "kendra": "Index",
    "keyspaces": "Table",
    "kinesis": "Stream FirehoseDeliveryStream VideoStream AnalyticsApplication",
    "kinesisanalyticsv2": "Application",
    "kms": "Key ExternalKey ReplicaKey ReplicaExternalKey",
    "lambda": "Function",
    "lb": "LoadBalancer",
    "lightsail": "Instance Database Disk Lb ContainerService Bucket",
    "memorydb": "Cluster Snapshot",
    "mq": "Broker",
    "msk": "Cluster ServerlessCluster Replicator",
    "mskconnect": "Connector",
    "mwaa": "Environment",
    "neptune": "Cluster ClusterInstance",
    "neptunegraph": "Graph",
    "networkfirewall": "Firewall",
    "opensearch": "Domain ServerlessCollection",
    "opensearchingest": "Pipeline",
    "rds": "Cluster ClusterInstance Instance Proxy Snapshot ClusterSnapshot SnapshotCopy ReservedInstance ShardGroup",
    "redshift": "Cluster ClusterSnapshot",
    "redshiftserverless": "Workgroup Namespace",
    "route53": "Zone HealthCheck",
    "s3": "Bucket BucketV2 DirectoryBucket BucketObject BucketObjectv2 ObjectCopy",
    "s3tables": "TableBucket Table",
    "sagemaker": "NotebookInstance Endpoint Domain App Space Model FeatureGroup MlflowTrackingServer",
    "secretsmanager": "Secret",
    "sfn": "StateMachine",
    "sns": "Topic",
    "sqs": "Queue",
    "storagegateway": "Gateway",
    "timestreaminfluxdb": "DbInstance DbCluster",
    "timestreamwrite": "Table",
    "transfer": "Server Connector",
    "vpclattice": "Service ServiceNetwork",
    "wafv2": "WebAcl",
    "workspaces": "Workspace Pool",
}

_GCP: Final[Mapping[str, str]] = {
    "alloydb": "Cluster Instance Backup",
    "artifactregistry": "Repository",
    "bigquery": "Dataset Table Job Reservation",
    "bigtable": "Instance",
    "cloudfunctions": "Function",
    "cloudfunctionsv2": "Function",
    "cloudrunv2": "Job Service WorkerPool",
    "composer": "Environment",
    "compute": "Instance Disk RegionDisk Image Snapshot Address GlobalAddress ForwardingRule "
    "GlobalForwardingRule VPNTunnel",
    "container": "Cluster",
    "databasemigrationservice": "MigrationJob",
    "dataflow": "Job FlexTemplateJob",
    "datafusion": "Instance",
    "dataplex": "Lake Task Datascan",
    "dataproc": "Cluster MetastoreService Batch",
    "datastream": "Stream PrivateConnection",
    "dns": "ManagedZone",
    "filestore": "Instance Backup Snapshot",
    "kms": "CryptoKey",
    "managedkafka": "Cluster",
    "memcache": "Instance",
    "memorystore": "Instance",
    "pubsub": "Topic Subscription",
    "redis": "Instance Cluster",
    "secretmanager": "Secret RegionalSecret",
    "spanner": "Instance",
    "sql": "DatabaseInstance",
    "storage": "Bucket",
    "vertex": "AiEndpoint AiFeatureStore AiIndex AiIndexEndpoint AiTensorboard AiDataset",
    "workbench": "Instance",
    "workflows": "Workflow",
    "workstations": "WorkstationCluster Workstation",
}


@cache
def billable_classes(provider: str) -> frozenset[tuple[str, str]]:
    """The billable classes of a provider as (module, class name), such as ``("s3", "Bucket")``."""
    tables = {"aws": _AWS, "gcp": _GCP}.get(provider, {})
    return frozenset((module, name) for module, names in tables.items() for name in names.split())


def is_billable(token: str) -> bool:
    """Whether a type, such as ``aws:s3/bucket:Bucket``, costs money by itself."""
    provider, _, rest = token.partition(":")
    return (rest.partition("/")[0], rest.rpartition(":")[2]) in billable_classes(provider)
