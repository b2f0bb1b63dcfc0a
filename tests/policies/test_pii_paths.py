"""The property paths that the rules of dataops-pii name, beside those of the table of stores, are in the SDKs."""

import pytest

from policies.pii.pii_rules import access_logs, key_care, openings
from policies.pii.pii_rules.masking import jobs, networks, rights, started, watching
from tests.support.sdk_paths import has_path, source_of

_RESULTS = "configuration.resultConfiguration.encryptionConfiguration"
_MANAGED = "configuration.managedQueryResultsConfiguration"
_GLUE = "dataCatalogEncryptionSettings"
_SELECTED = "eventSelectors[].dataResources[]"
_FIELD = "advancedEventSelectors[].fieldSelectors[]"

PATHS = (
    *((token, path) for token, (_, paths) in openings.DOORS.items() for path in paths),
    *((token, path) for token, (_, path) in openings.DOCUMENTS.items()),
    *((token, openings.DOMAIN_DOCUMENT) for token in (*openings.DOMAINS, *openings.DOMAIN_POLICIES)),
    *((token, "vpcOptions") for token in openings.DOMAINS),
    (openings.EMR_BLOCK, "blockPublicSecurityGroupRules"),
    *((key_care.AWS_KEY, name) for name in ("enableKeyRotation", "rotationPeriodInDays", "customKeyStoreId")),
    *((key_care.AWS_KEY, name) for name in ("customerMasterKeySpec", "keyUsage")),
    *((token, name) for token in key_care.GCP_KEYS for name in ("purpose", "rotationPeriod", "importOnly")),
    (key_care.GLUE_SETTINGS, f"{_GLUE}.encryptionAtRest.catalogEncryptionMode"),
    (key_care.GLUE_SETTINGS, f"{_GLUE}.connectionPasswordEncryption.returnConnectionPasswordEncrypted"),
    (key_care.GLUE_CONNECTION, "connectionProperties"),
    (key_care.METASTORE, "encryptionConfig.kmsKey"),
    *((key_care.WORKGROUP, f"{_RESULTS}.{name}") for name in ("encryptionOption", "kmsKeyArn")),
    *((key_care.WORKGROUP, f"{_MANAGED}.{name}") for name in ("enabled", "encryptionConfiguration.kmsKey")),
    (key_care.WORKGROUP, "configuration.enforceWorkgroupConfiguration"),
    *(("aws:cloudtrail/trail:Trail", f"{_SELECTED}.{name}") for name in ("type", "values[]")),
    ("aws:cloudtrail/trail:Trail", "eventSelectors[].readWriteType"),
    *((token, f"{_FIELD}.{name}") for token in access_logs.TRAILS for name in ("field", "equals[]", "startsWiths[]")),
    *((token, f"{_FIELD}.{name}[]") for token in access_logs.TRAILS for name in ("notStartsWiths", "notEquals")),
    *((token, "service") for token in access_logs.AUDITS),
    *(
        (token, f"auditLogConfigs[].{name}")
        for token in access_logs.AUDITS
        for name in ("logType", "exemptedMembers[]")
    ),
    (access_logs.REDSHIFT_LOGGING, "clusterIdentifier"),
    (access_logs.NAMESPACE, "logExports[]"),
)


_TEMPLATE = ("containers[].commands[]", "containers[].args[]", "serviceAccount", "vpcAccess.egress")
_MACHINES = "clusterConfig.gceClusterConfig"
_MANAGED_MACHINES = "placement.managedCluster.config.gceClusterConfig"
MASKING = (
    *((jobs.GLUE, path) for path in ("command.scriptLocation", jobs.FIXED, jobs.DEFAULT, "roleArn", "connections[]")),
    *((jobs.ECS, path) for path in ("containerDefinitions", "family", "taskRoleArn")),
    *((jobs.BATCH, f"{kind}Properties") for kind in ("container", "ecs", "node")),
    *((jobs.BATCH, f"eksProperties.podProperties.containers[].{words}[]") for words in ("commands", "args")),
    (jobs.BATCH, "eksProperties.podProperties.serviceAccountName"),
    (jobs.BATCH, "parameters"),
    *((jobs.LAMBDA, path) for path in ("imageConfig.entryPoints[]", "imageConfig.commands[]", "role")),
    (jobs.LAMBDA, "vpcConfig.securityGroupIds[]"),
    (jobs.STATE_MACHINE, "definition"),
    (jobs.SCHEDULE, "target.input"),
    (jobs.EVENT_TARGET, "input"),
    *((jobs.CLOUD_RUN, f"template.template.{path}") for path in _TEMPLATE),
    *((token, f"template.{path}") for token in (jobs.WORKER_POOL, jobs.SERVICE) for path in _TEMPLATE),
    (jobs.WORKFLOW, "sourceContents"),
    *((jobs.DATAPROC_JOB, f"{kind}Config.args[]") for kind in ("pyspark", "spark")),
    *((jobs.DATAPROC_JOB, path) for path in ("pysparkConfig.mainPythonFileUri", "placement.clusterName")),
    *((jobs.DATAPROC_BATCH, f"{kind}Batch.args[]") for kind in ("pyspark", "spark")),
    *(
        (jobs.DATAPROC_BATCH, f"environmentConfig.executionConfig.{name}")
        for name in ("serviceAccount", "networkTags[]")
    ),
    *((token, path) for token, path in jobs._NAMES.items() if token not in jobs.KUBERNETES),
    *started.TASK_AT.items(),
    *started._TARGET.items(),
    *started._DOCUMENT.items(),
    (rights.INSTANCE_PROFILE, "role"),
    (jobs.EVENT_TARGET, "inputTransformer.inputTemplate"),
    *((jobs.LAMBDA, path) for path in ("handler", "environment.variables", "name")),
    *((jobs.TRIGGER, f"actions[].{name}") for name in ("jobName", "arguments")),
    *((jobs.EMR_CLUSTER, f"steps[].hadoopJarStep.{name}") for name in ("mainClass", "args[]")),
    *((jobs.EMR_CLUSTER, f"ec2Attributes.{name}") for name in ("instanceProfile", *networks._MACHINE_GROUPS)),
    *((jobs.TEMPLATE, f"jobs[].{kind}Job.args[]") for kind in ("pyspark", "spark")),
    *((jobs.TEMPLATE, f"jobs[].{path}") for path in ("pysparkJob.mainPythonFileUri", "sparkJob.mainJarFileUri")),
    *((jobs.TEMPLATE, f"{_MANAGED_MACHINES}.{name}") for name in ("serviceAccount", "tags[]", "internalIpOnly")),
    (jobs.TEMPLATE, "placement.clusterSelector.clusterLabels"),
    (started.CLUSTER, "labels"),
    *((started.CLUSTER, f"{_MACHINES}.{name}") for name in ("serviceAccount", "tags[]", "internalIpOnly")),
    *((token, f"{'.'.join(path)}.assignPublicIp") for token, path in networks._TASK_NETWORK.items()),
    *((token, f"{'.'.join(path)}.securityGroups[]") for token, path in networks._TASK_NETWORK.items()),
    (networks.COMPUTE, "computeResources.securityGroupIds[]"),
    *((watching.METRIC_ALARM, name) for name in ("namespace", "metricName", "dimensions", "alarmActions[]")),
    *((watching.INVOKING, name) for name in ("functionName", "destinationConfig.onFailure")),
)
"""Paths of masking jobs. Those of Kubernetes are of no SDK that is installed here."""


@pytest.mark.parametrize(("token", "path"), sorted(set(PATHS + MASKING)))
def test_path_is_in_the_sdk(token: str, path: str) -> None:
    assert has_path(token, path)


@pytest.mark.parametrize("token", sorted(access_logs.AUDITED))
def test_audited_type_is_in_the_sdk(token: str) -> None:
    assert source_of(token) is not None
