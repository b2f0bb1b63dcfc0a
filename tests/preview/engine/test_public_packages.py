"""Packages beside the clouds' own, as public programs use them (docs/supported-programs.md).

None of them is installed: tests/support/stand_ins.py writes packages of the same shape into a site folder.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.support.engine import EngineRun, preview_code
from tests.support.stand_ins import StandIn, write_sdk

CONFIG = "aws:region: eu-west-1\ngcp:project: acme-dev\ngcp:region: europe-west1\n"
UNKNOWN = "<unknown>"
PROVIDERS = "urn:pulumi:dev::shop::pulumi:providers:"

OBJECT_META = {"name": "Optional[str]", "labels": "Optional[Mapping[str, str]]", "namespace": "Optional[str]"}
KUBERNETES = {
    "": [StandIn("Provider", "pulumi:providers:kubernetes", {"kubeconfig": "Optional[str]"})],
    "meta.v1": [StandIn("ObjectMetaArgs", inputs=OBJECT_META)],
    "core.v1": [
        StandIn("ServicePortArgs", inputs={"port": "int!", "target_port": "Optional[int]"}),
        StandIn("ServiceSpecArgs", inputs={"type": "Optional[str]", "ports": "Optional[Sequence[Any]]"}),
        StandIn(
            "Service",
            "kubernetes:core/v1:Service",
            {"metadata": "Any", "spec": "Any"},
            {"status": "Any"},
            {"api_version": "v1", "kind": "Service"},
        ),
    ],
    "apps.v1": [
        StandIn("ContainerArgs", inputs={"name": "str!", "image": "Optional[str]", "env": "Optional[Any]"}),
        StandIn(
            "Deployment",
            "kubernetes:apps/v1:Deployment",
            {"metadata": "Any", "spec": "Any"},
            {"status": "Any"},
            {"api_version": "apps/v1", "kind": "Deployment"},
        ),
    ],
}
DOCKER = {
    "": [
        StandIn("DockerBuildArgs", inputs={"context": "Optional[str]", "platform": "Optional[str]"}),
        StandIn("RegistryArgs", inputs={"server": "Optional[str]", "username": "Any", "password": "Any"}),
        StandIn(
            "Image",
            "docker:index/image:Image",
            {"image_name": "str!", "build": "Optional[Any]", "registry": "Optional[Any]", "skip_push": "bool"},
            {"base_image_name": "str", "repo_digest": "str"},
        ),
    ]
}
MYSQL = {
    "": [
        StandIn("Provider", "pulumi:providers:mysql", {"endpoint": "str!", "username": "str!", "password": "str"}),
        StandIn("Database", "mysql:index/database:Database", {"name": "str", "default_character_set": "Optional[str]"}),
    ]
}
TLS = {
    "": [
        StandIn(
            "PrivateKey",
            "tls:index/privateKey:PrivateKey",
            {"algorithm": "str!", "rsa_bits": "int"},
            {"private_key_pem": "str", "public_key_openssh": "str"},
        ),
        StandIn("GetCertificateCertificateArgs", inputs={"sha1_fingerprint": "str", "is_ca": "bool"}),
    ]
}
TLS_FUNCTIONS = """
@pulumi.output_type
class GetCertificateResult:
    def __init__(__self__, certificates=None, url=None):
        pulumi.set(__self__, "certificates", certificates)
        pulumi.set(__self__, "url", url)
    @property
    @pulumi.getter
    def certificates(self) -> Sequence["GetCertificateCertificate"]:
        return pulumi.get(self, "certificates")
    @property
    @pulumi.getter
    def url(self) -> Optional[str]:
        return pulumi.get(self, "url")

def get_certificate(url=None, opts=None):
    opts = pulumi.InvokeOptions.merge(_utilities.get_invoke_opts_defaults(), opts)
    args = {"url": url}
    ret = pulumi.runtime.invoke("tls:index/getCertificate:getCertificate", args, opts=opts,
        typ=GetCertificateResult).value
    return GetCertificateResult(certificates=pulumi.get(ret, "certificates"), url=pulumi.get(ret, "url"))
"""
COMMAND = {
    "remote": [
        StandIn("ConnectionArgs", inputs={"host": "str!", "user": "str", "private_key": "str"}),
        StandIn(
            "Command",
            "command:remote:Command",
            {"connection": "Any!", "create": "Optional[str]", "triggers": "Optional[Sequence[Any]]"},
            {"stdout": "str", "stderr": "str"},
        ),
    ]
}
AWSX = {
    "ec2": [
        StandIn("NatGatewayConfigurationArgs", inputs={"strategy": "str!"}),
        StandIn(
            "Vpc",
            "awsx:ec2:Vpc",
            {"cidr_block": "Optional[str]", "nat_gateways": "Optional[Any]", "tags": "Optional[Mapping[str, str]]"},
            {"vpc_id": "str", "private_subnet_ids": "Sequence[str]"},
            remote=True,
        ),
    ]
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the program's import path, beside its virtualenv's own."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def preview(tmp_path: Path, code: str, **changes: Any) -> EngineRun:
    run = preview_code(tmp_path / "program", f"import pulumi\nimport pulumi_aws as aws\n{code}", CONFIG, **changes)
    assert run.result["error"] is None
    return run


def made(run: EngineRun, kind: str, name: str) -> dict[str, Any]:
    """The one resource of a class and a name."""
    (found,) = [r for r in run.result["resources"] if r["type"].rpartition(":")[2] == kind and r["name"] == name]
    return dict(found)


def providers_of(run: EngineRun) -> dict[str, dict[str, Any]]:
    """Inputs of every provider by the end of its URN."""
    return {
        item["urn"].removeprefix(PROVIDERS): item["inputs"]
        for item in run.result["resources"]
        if item["type"].startswith("pulumi:providers:")
    }


def test_an_image_built_and_pushed_to_a_registry(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "docker", "4.11.2", DOCKER)
    run = preview(
        tmp_path,
        """\
import pulumi_docker as docker

repository = aws.ecr.Repository("app")
token = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id)
image = docker.Image(
    "app",
    image_name=pulumi.Output.concat(repository.repository_url, ":latest"),
    build=docker.DockerBuildArgs(context="./app", platform="linux/amd64"),
    registry=docker.RegistryArgs(server=repository.repository_url, username=token.user_name, password=token.password),
)
local = docker.Image("local", image_name="acme/local:1", build={"context": "./app"}, skip_push=True)
pulumi.export("image", image.image_name)
pulumi.export("digest", image.repo_digest)
pulumi.export("local", local.image_name)
""",
    )

    image, repository = made(run, "Image", "app"), made(run, "Repository", "app")
    assert image["provider"] == f"{PROVIDERS}docker::default_4_11_2"
    assert image["source"] == {"file": str(tmp_path / "program" / "__main__.py"), "line": 7}
    assert image["inputs"] == {
        "imageName": UNKNOWN,
        "build": {"context": "./app", "platform": "linux/amd64"},
        "registry": UNKNOWN,
    } | {"registry": {"server": UNKNOWN, "username": UNKNOWN, "password": UNKNOWN}}
    assert image["propertyDependencies"] == {"imageName": [repository["urn"]], "registry": [repository["urn"]]}
    assert run.resource("local")["inputs"] == {
        "imageName": "acme/local:1",
        "build": {"context": "./app"},
        "skipPush": True,
    }
    assert providers_of(run)["docker::default_4_11_2"] == {"version": "4.11.2"}
    assert run.result["outputs"] == {"image": UNKNOWN, "digest": UNKNOWN, "local": "acme/local:1"}


def test_a_workload_in_a_cluster_that_does_not_exist_yet(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "kubernetes", "4.30.0", KUBERNETES)
    run = preview(
        tmp_path,
        """\
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apps.v1 import ContainerArgs, Deployment
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

cluster = gcp.container.Cluster("main", location="europe-west1", initial_node_count=1)
kubeconfig = pulumi.Output.all(cluster.name, cluster.endpoint, cluster.master_auth).apply(
    lambda given: f"{given[0]} {given[1]} {given[2]['cluster_ca_certificate']}"
)
provider = k8s.Provider("cluster", kubeconfig=kubeconfig)
labels = {"app": "jobs"}
deployment = Deployment(
    "jobs",
    metadata=ObjectMetaArgs(labels=labels),
    spec={"replicas": 2, "template": {"spec": {"containers": [ContainerArgs(name="jobs", image="acme/jobs:1")]}}},
    opts=pulumi.ResourceOptions(provider=provider),
)
service = Service(
    "jobs",
    metadata=ObjectMetaArgs(labels=deployment.metadata["labels"], namespace="data"),
    spec=ServiceSpecArgs(type="LoadBalancer", ports=[ServicePortArgs(port=80, target_port=8080)]),
    opts=pulumi.ResourceOptions(provider=provider, parent=deployment),
)
ingress = service.status.apply(lambda status: status["load_balancer"]["ingress"][0])
pulumi.export("address", ingress.apply(lambda found: found.get("ip", found.get("hostname"))))
pulumi.export("kubeconfig", pulumi.Output.secret(kubeconfig))
""",
    )

    provider = f"{PROVIDERS}kubernetes::cluster"
    assert providers_of(run)["kubernetes::cluster"] == {"kubeconfig": UNKNOWN, "version": "4.30.0"}
    deployment, service = made(run, "Deployment", "jobs"), made(run, "Service", "jobs")
    assert (deployment["provider"], service["provider"]) == (provider, provider)
    assert deployment["inputs"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": {"app": "jobs"}},
        "spec": {
            "replicas": 2,
            "template": {"spec": {"containers": [{"name": "jobs", "image": "acme/jobs:1"}]}},
        },
    }
    assert service["urn"].startswith("urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment$kubernetes:core/v1:Service")
    assert service["inputs"]["spec"] == {"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": 8080}]}
    assert service["propertyDependencies"] == {"metadata": [deployment["urn"]]}
    assert run.result["outputs"] == {"address": UNKNOWN, "kubeconfig": "<secret>"}


def test_a_workload_in_the_cluster_of_the_default_kubeconfig(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "kubernetes", "4.30.0", KUBERNETES)
    run = preview(
        tmp_path,
        """\
import pulumi_kubernetes as k8s

service = k8s.core.v1.Service("api", metadata={"name": "api"}, spec={"ports": [{"port": 80, "targetPort": 8080}]})
pulumi.export("name", service.metadata["name"])
pulumi.export("address", service.status.load_balancer.ingress[0].hostname)
""",
    )

    assert made(run, "Service", "api")["provider"] == f"{PROVIDERS}kubernetes::default_4_30_0"
    assert run.result["outputs"] == {"name": "api", "address": UNKNOWN}


def test_a_database_behind_an_endpoint_that_does_not_exist_yet(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "mysql", "3.2.0", MYSQL, download_url="github://api.github.com/acme")
    run = preview(
        tmp_path,
        """\
import pulumi_mysql as mysql

password = pulumi.Output.secret("hunter2")
cluster = aws.rds.Cluster("votes", engine="aurora-mysql", master_username="admin", master_password=password)
provider = mysql.Provider("votes", endpoint=cluster.endpoint, username=cluster.master_username, password=password)
database = mysql.Database("votes", name="votes", opts=pulumi.ResourceOptions(provider=provider))
mysql.Database("other", default_character_set="utf8mb4")
pulumi.export("database", database.name)
""",
    )

    providers = providers_of(run)
    explicit = made(run, "mysql", "votes")
    assert providers["mysql::votes"] == {
        "endpoint": UNKNOWN,
        "username": "admin",
        "password": "<secret>",
        "version": "3.2.0",
    }
    assert made(run, "Database", "votes")["provider"] == explicit["urn"]
    name = "default_3_2_0_github_/api.github.com/acme"
    assert run.resource("other")["provider"] == f"{PROVIDERS}mysql::{name}"
    assert providers[f"mysql::{name}"] == {"version": "3.2.0"}
    # The provider cannot be asked, so nothing is known of what it would say: the real engine's preview does the same.
    assert run.result["outputs"] == {"database": UNKNOWN}


def test_a_key_and_the_commands_that_use_it(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "tls", "5.3.0", TLS, TLS_FUNCTIONS)
    write_sdk(site, "command", "1.3.0b2", COMMAND)
    run = preview(
        tmp_path,
        """\
import pulumi_tls as tls
import pulumi_command as command

key = tls.PrivateKey(
    "ssh", algorithm="RSA", rsa_bits=4096, opts=pulumi.ResourceOptions(additional_secret_outputs=["private_key_pem"])
)
pair = aws.ec2.KeyPair("ssh", public_key=key.public_key_openssh)
host = aws.ec2.Instance("host", ami="ami-1", instance_type="t3.micro", key_name=pair.key_name)
connection = command.remote.ConnectionArgs(host=host.public_ip, user="ubuntu", private_key=key.private_key_pem)
after = pulumi.ResourceOptions(depends_on=[host])
copied = command.remote.Command("copy", connection=connection, create="true", opts=after)
run = command.remote.Command(
    "run",
    connection=connection,
    create="./run.sh",
    triggers=[host.id, 1],
    opts=pulumi.ResourceOptions(depends_on=copied),
)
issuer = tls.get_certificate(url="https://issuer.example")
aws.iam.OpenIdConnectProvider(
    "oidc", url=issuer.url, client_id_lists=["acme"], thumbprint_lists=[issuer.certificates[0].sha1_fingerprint]
)
pulumi.export("stdout", run.stdout)
pulumi.export("pem", key.private_key_pem)
""",
    )

    copied, ran, host = (run.resource(name) for name in ("copy", "run", "host"))
    key = made(run, "PrivateKey", "ssh")
    assert key["inputs"] == {"algorithm": "RSA", "rsaBits": 4096}
    assert copied["inputs"]["connection"] == {"host": UNKNOWN, "user": "ubuntu", "privateKey": "<secret>"}
    assert copied["propertyDependencies"] == {"connection": sorted([host["urn"], key["urn"]])}
    assert ran["dependencies"] == sorted([copied["urn"], host["urn"], key["urn"]])
    assert ran["inputs"]["triggers"] == [UNKNOWN, 1]
    oidc = run.resource("oidc")["inputs"]
    assert (oidc["url"], oidc["thumbprintLists"]) == ("https://issuer.example", [UNKNOWN])
    assert [(item["function"], item["answeredBy"]) for item in run.result["functions"]] == [
        ("tls:index/getCertificate:getCertificate", "placeholder")
    ]
    assert "tls::default_5_3_0" in providers_of(run)
    assert providers_of(run)["command::default_1_3_0_beta_2"] == {"version": "1.3.0-beta.2"}


def test_a_package_made_from_a_terraform_provider(tmp_path: Path, site: Path) -> None:
    database = StandIn("Database", "snowflake:index/database:Database", {"name": "str", "comment": "Optional[str]"})
    provider = StandIn("Provider", "pulumi:providers:snowflake", {"account": "str"})
    write_sdk(site, "snowflake", "1.0.3", {"": [database, provider]}, plugin=("terraform-provider", "0.10.0"))
    run = preview(
        tmp_path,
        """\
import pulumi_snowflake as snowflake

lake = snowflake.Database("lake", name="LAKE", comment=None)
eu = snowflake.Provider("eu", account="acme-eu")
snowflake.Database("eu", name=lake.name, opts=pulumi.ResourceOptions(provider=eu))
""",
    )

    assert providers_of(run)["snowflake::default_1_0_3"] == {"version": "1.0.3"}
    assert providers_of(run)["snowflake::eu"] == {"account": "acme-eu", "version": "1.0.3"}
    assert made(run, "Database", "lake")["inputs"] == {"name": "LAKE"}
    assert made(run, "Database", "eu")["provider"] == f"{PROVIDERS}snowflake::eu"
    assert made(run, "Database", "eu")["inputs"] == {"name": "LAKE"}


def test_a_required_argument_of_another_package_is_checked(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "docker", "4.11.2", DOCKER)
    run = preview_code(
        tmp_path / "program", "import pulumi_docker as docker\n\ndocker.Image('app', build={'context': '.'})\n"
    )

    assert run.error["kind"] == "check"
    assert 'The argument "image_name" is required' in run.error["message"]
    assert run.error["source"]["line"] == 3


def test_passwords_and_names_from_random(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
import pulumi_random as random

password = random.RandomPassword("db", length=20, special=True, override_special="_%@")
suffix = random.RandomString("suffix", random.RandomStringArgs(length=4, upper=False))
aws.rds.Instance("db", engine="postgres", instance_class="db.t4g.micro", allocated_storage=20,
    username="app", password=password.result, skip_final_snapshot=True)
aws.s3.Bucket("lake", bucket=pulumi.Output.format("acme-{0}", suffix.result))
pulumi.export("length", password.length)
""",
    )

    database = made(run, "Instance", "db")
    assert run.resource("suffix")["inputs"] == {"length": 4, "upper": False}
    assert database["inputs"]["password"] in (UNKNOWN, "<secret>")
    assert database["propertyDependencies"] == {"password": [made(run, "RandomPassword", "db")["urn"]]}
    assert run.resource("lake")["inputs"]["bucket"] == UNKNOWN
    assert run.result["outputs"] == {"length": 20}


def test_a_component_of_another_language_among_resources(tmp_path: Path, site: Path) -> None:
    write_sdk(site, "awsx", "3.0.1", AWSX)
    run = preview(
        tmp_path,
        """\
import pulumi_awsx as awsx

eu = aws.Provider("eu", region="eu-central-1")
vpc = awsx.ec2.Vpc(
    "main",
    cidr_block="10.0.0.0/16",
    nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy="Single"),
    tags={"owner": "data"},
    opts=pulumi.ResourceOptions(providers=[eu]),
)
group = aws.rds.SubnetGroup("db", subnet_ids=vpc.private_subnet_ids, opts=pulumi.ResourceOptions(parent=vpc))
aws.ec2.SecurityGroup("db", vpc_id=vpc.vpc_id, opts=pulumi.ResourceOptions(depends_on=[vpc]))
first = vpc.private_subnet_ids[0]
pulumi.export("first", first)
pulumi.export("count", vpc.private_subnet_ids.apply(len))
""",
    )

    vpc, group = run.resource("main"), made(run, "SubnetGroup", "db")
    assert vpc["inputs"] == {
        "cidrBlock": "10.0.0.0/16",
        "natGateways": {"strategy": "Single"},
        "tags": {"owner": "data"},
    }
    assert (vpc["custom"], vpc["urn"]) == (False, "urn:pulumi:dev::shop::awsx:ec2:Vpc::main")
    assert group["urn"] == "urn:pulumi:dev::shop::awsx:ec2:Vpc$aws:rds/subnetGroup:SubnetGroup::db"
    assert group["provider"] == f"{PROVIDERS}aws::eu"
    assert group["inputs"]["subnetIds"] == UNKNOWN
    assert group["propertyDependencies"] == {"subnetIds": [vpc["urn"]]}
    assert made(run, "SecurityGroup", "db")["dependencies"] == [vpc["urn"]]
    assert "awsx::default_3_0_1" in providers_of(run)
    assert run.result["outputs"] == {"first": UNKNOWN, "count": UNKNOWN}
