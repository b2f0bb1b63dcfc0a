"""Cases: secrets in plain text. Every secret here is made up for these tests, in pieces, so that no scanner takes it
for a real one."""

import base64
import gzip
import json
from typing import Any

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.judging import Given
from tests.support.analyzer import secret
from tests.support.rule_cases import Case

RULE = "no-plaintext-secret"

LAMBDA, TASK = "aws:lambda/function:Function", "aws:ecs/taskDefinition:TaskDefinition"
GLUE, BUILD, EC2 = "aws:glue/job:Job", "aws:codebuild/project:Project", "aws:ec2/instance:Instance"
RDS, PARAMETER, BUCKET = "aws:rds/instance:Instance", "aws:ssm/parameter:Parameter", "aws:s3/bucket:Bucket"
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
RUN, VM = "gcp:cloudrunv2/service:Service", "gcp:compute/instance:Instance"
EMR, DATAPROC = "aws:emr/cluster:Cluster", "gcp:dataproc/cluster:Cluster"
FUNCTION, STREAM_PROFILE = (
    "gcp:cloudfunctionsv2/function:Function",
    "gcp:datastream/connectionProfile:ConnectionProfile",
)
STACK, DYNAMIC = "pulumi:pulumi:Stack", "pulumi:providers:pulumi-python"

AWS_KEY = "AKIA" + "QYLPMN5HFIQR7XYA"
GITHUB = "ghp_" + "a1B2" * 9
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIB\n-----END RSA " + "PRIVATE KEY-----"
URL = "postgresql://etl:" + "hunter22" + "@db.internal:5432/crm"
LITERAL = "hunter" + "22"

NAMED = "what its name calls a secret"
SCRIPT = f"#!/bin/sh\nexport DB_PASSWORD={LITERAL}\n/opt/etl run\n"


def case(token: str, properties: Any, said: str = "", path: str = "", label: str = "", **more: Any) -> Case:
    messages = {"it": (f"`{path}` holds {said} in plain text",)} if said else {}
    return Case(RULE, (Given(token, properties, "it"),), messages, label=label, **more)


def variables(**values: Any) -> dict[str, Any]:
    return {"environment": {"variables": values}}


def encoded(text: str, *, packed: bool = False) -> str:
    data = text.encode()
    return base64.b64encode(gzip.compress(data, mtime=0) if packed else data).decode()


def containers(*environment: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps([{"name": "etl", "environment": list(environment), **more}])}


# An unknown under a harmless name is not waited for: most variables are made of other resources' names (ADR 0097).
_BY_SHAPE = {"fuzzed": False}

VARIABLES = (
    case(LAMBDA, variables(TABLE="crm", DB_PASSWORD_ARN="arn:aws:secretsmanager:eu-west-1:1:secret:db")),
    case(LAMBDA, variables(DB_PASSWORD=LITERAL), NAMED, "environment.variables.DB_PASSWORD"),
    case(
        LAMBDA, variables(dbPassword=secret(LITERAL)), NAMED, "environment.variables.dbPassword", "shown though marked"
    ),
    case(
        LAMBDA,
        variables(DATABASE=URL),
        "a password in a URL",
        "environment.variables.DATABASE",
        "in a URL",
        **_BY_SHAPE,
    ),
    case(LAMBDA, variables(X=GITHUB), "a GitHub token", "environment.variables.X", "by shape", **_BY_SHAPE),
    case(
        LAMBDA,
        variables(DB_PASSWORD=UNKNOWN, TABLE=UNKNOWN),
        label="unknown",
        deferred={"it": ("environment.variables.DB_PASSWORD",)},
    ),
    case(LAMBDA, {"environment": UNKNOWN}, label="all unknown", deferred={"it": ("environment",)}),
    *(
        case(LAMBDA, variables(**{name: value}), label=f"no secret {name}")
        for name, value in (
            ("DB_SECRET", "crm-db-credentials"),
            ("API_TOKEN", "/prod/crm/token"),
            ("DB_PASSWORD", "${resolved}"),
            ("USE_PASSWORD", "true"),
            ("DATABASE", "postgresql://etl:${PASSWORD}@db.internal/crm"),
            ("AWS_KEY", "AKIA" + "IOSFODNN7EXAMPLE"),
            ("PASSWORD_LENGTH", "32"),
            ("TOKEN_URL", "https://login.example/oauth2/token"),
        )
    ),
    case(GLUE, {"defaultArguments": {"--db-password": LITERAL}}, NAMED, "defaultArguments.--db-password"),
    case(GLUE, {"defaultArguments": {"--db-password-secret-id": "crm/db"}}),
    case(
        TASK,
        containers({"name": "DB_PASSWORD", "value": LITERAL}),
        NAMED,
        "containerDefinitions[0].environment[0].value",
        # The document is one text: as it is changed, so are the names of variables in it.
        echoed=True,
    ),
    case(TASK, containers({"name": "TABLE", "value": "crm"}, secrets=[{"name": "DB_PASSWORD", "valueFrom": "db"}])),
    case(TASK, {"containerDefinitions": "[no JSON"}, label="no JSON"),
    case(
        RUN,
        {"template": {"containers": [{"envs": [{"name": "DB_PASSWORD", "value": LITERAL}]}]}},
        NAMED,
        "template.containers[0].envs[0].value",
        fuzzed=False,  # what the variable is called tells that it is one
    ),
    case(
        RUN,
        {
            "template": {
                "containers": [
                    {"envs": [{"name": "DB_PASSWORD", "valueSource": {"secretKeyRef": {"secret": "dbpassword"}}}]}
                ]
            }
        },
    ),
    case(
        BUILD,
        {"environment": {"environmentVariables": [{"name": "TOKEN", "value": "cr:token", "type": "SECRETS_MANAGER"}]}},
    ),
    case(
        FUNCTION,
        {"serviceConfig": {"environmentVariables": {"API_KEY": "a1b2C3d4"}}},
        NAMED,
        "serviceConfig.environmentVariables.API_KEY",
        # Any block may hold variables: waiting for each that is unknown would leave little judged before deployment.
        needless=frozenset({"it.serviceConfig"}),
    ),
    case(BUCKET, {"bucket": "lake", "tags": {"token": GITHUB}}, "a GitHub token", "tags.token"),
    case(
        DATAPROC,
        {"clusterConfig": {"softwareConfig": {"overrideProperties": {"core:fs.s3a.secret.key": "a1b2C3d4"}}}},
        NAMED,
        "clusterConfig.softwareConfig.overrideProperties.core:fs.s3a.secret.key",
        needless=frozenset({"it.clusterConfig", "it.clusterConfig.softwareConfig"}),
    ),
    case(
        EMR,
        {"configurationsJson": json.dumps([{"Properties": {"javax.jdo.option.ConnectionPassword": LITERAL}}])},
        NAMED,
        "configurationsJson[0].Properties.javax.jdo.option.ConnectionPassword",
        echoed=True,
    ),
)

_ASSIGNED = "a literal password or token"

SCRIPTS = (
    case(EC2, {"userData": SCRIPT}, _ASSIGNED, "userData"),
    case(EC2, {"userDataBase64": encoded(SCRIPT)}, _ASSIGNED, "userDataBase64", echoed=True),
    case(EC2, {"userDataBase64": encoded(SCRIPT, packed=True)}, _ASSIGNED, "userDataBase64", "packed", echoed=True),
    case(EC2, {"userDataBase64": "H4sIAAAA" + "AAAA"}, label="broken packing"),
    case(EC2, {"userDataBase64": "abcde"}, label="broken encoding"),
    case(EC2, {"userData": f"#!/bin/sh\necho '{PEM}' > key"}, "a private key", "userData", "private key"),
    case(EC2, {"userData": "#!/bin/sh\nexport DB_PASSWORD=$(aws secretsmanager get-secret-value)\n"}),
    case(EC2, {"userData": UNKNOWN}, label="unknown", deferred={"it": ("userData",)}),
    case(VM, {"metadataStartupScript": SCRIPT}, _ASSIGNED, "metadataStartupScript"),
    case(VM, {"metadata": {"startup-script": SCRIPT}}, _ASSIGNED, "metadata.startup-script"),
)

ELSEWHERE = (
    case(RDS, {"password": secret(LITERAL), "username": secret("admin")}),
    case(RDS, {"password": LITERAL}, NAMED, "password", fuzzed=False),  # an unknown password is marked by the SDK
    case(RDS, {"manageMasterUserPassword": True}),
    case(STREAM_PROFILE, {"mysqlProfile": {"password": LITERAL}}, NAMED, "mysqlProfile.password", fuzzed=False),
    case(SECRET_VERSION, {"secretString": secret(PEM)}),
    case(SECRET_VERSION, {"secretString": secret({"deep": [PEM]})}, label="deep"),
    case(PARAMETER, {"type": "String", "value": AWS_KEY}, "an AWS access key", "value", **_BY_SHAPE),
    case(DYNAMIC, {"crm:password": LITERAL}, label="configuration of the stack"),
    case(BUCKET, {}, label="only read"),
    Case(
        RULE,
        (Given(RDS, {"engine": "postgres"}, "it", computed={"password": LITERAL}),),
        label="what the cloud fills in",
    ),
)

OUTPUTS = (
    case(STACK, {"dbPassword": secret(LITERAL), "bucket": "lake", "tokenArn": "arn:aws:x", "generated": UNKNOWN}),
    case(STACK, {"dbPassword": LITERAL}, NAMED, "dbPassword", fuzzed=False),  # an unknown export may well be marked
    case(STACK, {"access": {"apiKey": "a1b2C3d4"}}, NAMED, "access.apiKey", fuzzed=False),  # the same
    case(STACK, {"key": AWS_KEY}, "an AWS access key", "key", **_BY_SHAPE),
)

CASES = (*VARIABLES, *SCRIPTS, *ELSEWHERE, *OUTPUTS)
