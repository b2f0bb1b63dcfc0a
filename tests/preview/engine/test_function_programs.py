"""Functions as public programs use them (docs/supported-programs.md), in real programs under the embedded engine."""

from typing import Any

import pytest

from tests.support.engine import EngineRun, preview_code

CONFIG = "aws:region: eu-west-1\ngcp:project: acme-dev\ngcp:region: europe-west1\n"
UNKNOWN = "<unknown>"


def preview(tmp_path, code: str, **changes: Any) -> EngineRun:
    run = preview_code(tmp_path / "program", f"import pulumi\nimport pulumi_aws as aws\n{code}", CONFIG, **changes)
    assert run.result["error"] is None
    return run


def functions_of(run: EngineRun) -> list[tuple[str, str, str]]:
    """(name, form, answered by) of every function, without repetitions."""
    seen = [(item["function"].rpartition(":")[2], item["form"], item["answeredBy"]) for item in run.result["functions"]]
    return list(dict.fromkeys(seen))


def test_an_image_for_an_instance(tmp_path):
    run = preview(
        tmp_path,
        """
ami = aws.ec2.get_ami(
    most_recent=True,
    owners=["137112412989"],
    filters=[aws.ec2.GetAmiFilterArgs(name="name", values=["al2023-ami-*"])],
)
aws.ec2.Instance("web", ami=ami.id, instance_type="t3.micro", tags={"image": ami.name, "owner": "data"})
""",
    )
    web = run.resource("web")
    assert web["inputs"]["ami"] == UNKNOWN
    assert web["inputs"]["tags"] == {"image": UNKNOWN, "owner": "data"}
    assert [item for item in run.result["placeholders"] if item["property"] == "ami"] == [
        {"urn": web["urn"], "property": "ami"}
    ]
    (function,) = run.result["functions"]
    assert function["source"]["line"] == 4
    assert '"owners": ["137112412989"]' in function["entry"]


def test_a_subnet_for_every_zone(tmp_path):
    run = preview(
        tmp_path,
        """
for number, zone in enumerate(aws.get_availability_zones(state="available").names):
    aws.ec2.Subnet(f"private-{number}", vpc_id="vpc-1", cidr_block=f"10.0.{number}.0/24", availability_zone=zone)
    aws.ec2.RouteTableAssociation(f"in-{zone}", route_table_id="rtb-1", subnet_id="subnet-1")
""",
    )
    assert [run.resource(f"private-{number}")["inputs"]["availabilityZone"] for number in range(3)] == [UNKNOWN] * 3
    assert run.resource("private-2")["inputs"]["cidrBlock"] == "10.0.2.0/24"
    assert len([name for name in run.names() if name.startswith("in-eu-west-1-")]) == 3


def test_the_default_network_is_subdivided(tmp_path):
    run = preview(
        tmp_path,
        """
import ipaddress
vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[vpc.id])])
first = aws.ec2.get_subnet(id=subnets.ids[0])
blocks = list(ipaddress.ip_network(vpc.cidr_block).subnets(new_prefix=20))
aws.ec2.SecurityGroup("web", vpc_id=vpc.id, ingress=[
    {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [str(blocks[3]), "10.0.0.0/8"]}])
aws.rds.SubnetGroup("db", subnet_ids=subnets.ids, description=first.availability_zone)
""",
    )
    group = run.resource("web")["inputs"]
    assert group["vpcId"] == UNKNOWN
    assert group["ingress"][0]["cidrBlocks"] == [UNKNOWN, "10.0.0.0/8"]
    assert run.resource("db")["inputs"]["subnetIds"] == [UNKNOWN] * 3
    assert run.resource("db")["inputs"]["description"] == UNKNOWN


def test_names_and_documents_with_the_callers_account(tmp_path):
    code = """
import json
account, region = aws.get_caller_identity().account_id, aws.get_region().region
aws.s3.Bucket("lake", bucket=f"acme-{account}-{region}")
aws.sns.Topic("topic", policy=json.dumps({"Resource": f"arn:aws:sns:{region}:{account}:topic"}))
statement = {"actions": ["s3:*"], "resources": [f"arn:aws:s3:::acme-{account}"]}
document = aws.iam.get_policy_document(statements=[statement])
aws.iam.Policy("policy", policy=document.json)
"""
    unknown = preview(tmp_path / "a", code)
    assert unknown.resource("lake")["inputs"]["bucket"] == UNKNOWN
    assert unknown.resource("topic")["inputs"]["policy"] == UNKNOWN
    assert unknown.resource("policy")["inputs"]["policy"] == UNKNOWN
    known = preview(tmp_path / "b", code, facts={"awsAccount": "111122223333"})
    assert known.resource("lake")["inputs"]["bucket"] == "acme-111122223333-eu-west-1"
    assert "arn:aws:s3:::acme-111122223333" in known.resource("policy")["inputs"]["policy"]
    assert {item["answeredBy"] for item in known.result["functions"]} == {"offline"}
    assert known.result["placeholders"] == []


def test_a_hosted_zone_and_its_records(tmp_path):
    run = preview(
        tmp_path,
        """
zone = aws.route53.get_zone(name="acme.example")
aws.route53.Record("www", zone_id=zone.id, name=f"www.{zone.name}", type="A", ttl=60, records=["192.0.2.1"])
later = aws.route53.get_zone_output(name="acme.example")
aws.route53.Record("api", zone_id=later.zone_id, name="api", type="A", ttl=60, records=["192.0.2.1"])
""",
    )
    assert run.resource("www")["inputs"]["zoneId"] == UNKNOWN
    assert run.resource("www")["inputs"]["name"] == "www.acme.example"
    assert run.resource("api")["inputs"]["zoneId"] == UNKNOWN
    assert functions_of(run) == [("getZone", "output", "unknown"), ("getZone", "plain", "placeholder")]


def test_registry_and_cluster_credentials(tmp_path):
    run = preview(
        tmp_path,
        """
import base64
token = aws.ecr.get_authorization_token()
user, password = base64.b64decode(token.authorization_token).decode().split(":")
cluster = aws.eks.get_cluster(name="main")
auth = aws.eks.get_cluster_auth(name="main")
settings = f"{cluster.endpoint} {cluster.certificate_authorities[0].data} {auth.token}"
aws.ssm.Parameter("kubeconfig", type="String", value=settings)
aws.ssm.Parameter("registry", type="String", value=token.authorization_token, description=f"{user} {password}")
aws.ssm.Parameter("network", type="String", value=cluster.vpc_config.vpc_id)
""",
    )
    for name in ("kubeconfig", "registry", "network"):
        assert run.resource(name)["inputs"]["value"] in (UNKNOWN, "<secret>")
    assert run.resource("registry")["inputs"]["description"] == UNKNOWN
    assert {item["property"] for item in run.result["placeholders"]} == {"value", "description"}


def test_google_cloud_lookups(tmp_path):
    run = preview(
        tmp_path,
        """
import pulumi_gcp as gcp
project = gcp.organizations.get_project()
image = gcp.compute.get_image(family="debian-12", project="debian-cloud")
zones = gcp.compute.get_zones()
gcp.compute.Instance("vm", machine_type="e2-small", zone=zones.names[0],
    boot_disk={"initialize_params": {"image": image.self_link}}, network_interfaces=[{"network": "default"}])
gcp.projects.IAMMember("agent", project=project.project_id, role="roles/viewer",
    member=f"serviceAccount:service-{project.number}@gcp-sa-x.iam.gserviceaccount.com")
policy = gcp.organizations.get_iam_policy(bindings=[{"role": "roles/viewer", "members": ["group:data@acme.example"]}])
gcp.projects.IAMPolicy("all", project=project.project_id, policy_data=policy.policy_data)
secret = gcp.secretmanager.get_secret_version(secret="db")
gcp.storage.BucketObject("o", bucket="b", content=secret.secret_data)
account = gcp.serviceaccount.get_account(account_id="etl")
gcp.storage.BucketIAMMember("m", bucket="b", role="roles/storage.admin", member=f"serviceAccount:{account.email}")
pulumi.export("client", gcp.organizations.get_client_config_output().region)
pulumi.export("number", gcp.projects.get_project(filter="id:acme").projects[0].number)
""",
    )
    assert run.resource("vm")["inputs"]["zone"] == UNKNOWN
    assert run.resource("vm")["inputs"]["bootDisk"]["initializeParams"]["image"] == UNKNOWN
    assert run.resource("agent")["inputs"]["project"] == "acme-dev"
    assert run.resource("agent")["inputs"]["member"] == UNKNOWN
    assert run.resource("all")["inputs"]["policyData"] == (
        '{"bindings":[{"members":["group:data@acme.example"],"role":"roles/viewer"}]}'
    )
    assert run.resource("o")["inputs"]["content"] in (UNKNOWN, "<secret>")
    assert run.resource("m")["inputs"]["member"] == "serviceAccount:etl@acme-dev.iam.gserviceaccount.com"
    assert run.result["outputs"] == {"client": "europe-west1", "number": UNKNOWN}


def test_a_region_of_its_own_and_an_explicit_provider(tmp_path):
    run = preview(
        tmp_path,
        """
east = aws.Provider("east", region="us-east-1")
pulumi.export("here", aws.get_region().region)
pulumi.export("there", aws.get_region(opts=pulumi.InvokeOptions(provider=east)).region)
pulumi.export("elsewhere", aws.get_region(region="ap-south-1").endpoint)
pulumi.export("partition", aws.get_partition_output().partition)
pulumi.export("zones", aws.get_availability_zones_output().names)
""",
    )
    assert run.result["outputs"] == {
        "here": "eu-west-1",
        "there": "us-east-1",
        "elsewhere": "ec2.ap-south-1.amazonaws.com",
        "partition": "aws",
        "zones": UNKNOWN,
    }


def test_a_function_inside_an_apply_and_in_a_component(tmp_path):
    run = preview(
        tmp_path,
        """
class Network(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Network", name)
        zone = aws.get_availability_zones().names[0]
        aws.ec2.Subnet(f"{name}-a", vpc_id="vpc-1", availability_zone=zone, opts=pulumi.ResourceOptions(parent=self))

Network("net")
def make(text):
    aws.s3.Bucket("late", bucket=f"{text}-{aws.get_caller_identity().account_id}")
pulumi.Output.from_input("x").apply(make)
""",
    )
    assert run.resource("net-a")["inputs"]["availabilityZone"] == UNKNOWN
    assert run.resource("late")["inputs"]["bucket"] == UNKNOWN
    lines = {item["function"].rpartition(":")[2]: item["source"]["line"] for item in run.result["functions"]}
    assert lines == {"getAvailabilityZones": 7, "getCallerIdentity": 12}


def test_answers_make_everything_known(tmp_path):
    run = preview(
        tmp_path,
        """
zones = aws.get_availability_zones()
secret = aws.secretsmanager.get_secret_version_output(secret_id="db")
aws.ec2.Subnet("s", vpc_id="vpc-1", availability_zone=zones.names[1])
pulumi.export("user", secret.secret_string)
""",
        answers=[
            {"function": "aws:getAvailabilityZones", "result": {"names": ["eu-west-1a", "eu-west-1b"]}},
            {
                "function": "aws:secretsmanager/getSecretVersion:getSecretVersion",
                "args": {"secret_id": "db"},
                "result": {"secret_string": {"<secret>": "hunter2"}},
            },
        ],
    )
    assert run.resource("s")["inputs"]["availabilityZone"] == "eu-west-1b"
    assert run.result["outputs"] == {"user": "<secret>"}
    assert {item["answeredBy"] for item in run.result["functions"]} == {"answers"}


def failed(tmp_path, code: str, **changes: Any) -> dict[str, Any]:
    program = f"import json\nimport pulumi\nimport pulumi_aws as aws\n{code}"
    return preview_code(tmp_path / "program", program, CONFIG, **changes).error


def test_a_program_that_breaks_on_a_placeholder_is_told_what_to_answer(tmp_path):
    error = failed(
        tmp_path,
        """
secret = aws.secretsmanager.get_secret_version(secret_id="db")
password = json.loads(secret.secret_string)["password"]
""",
    )
    assert (error["kind"], error["source"]["line"]) == ("program", 6)
    assert "- function: aws:secretsmanager/getSecretVersion:getSecretVersion" in error["detail"]
    assert 'secretString: "<fill in>"' in error["detail"]


def test_a_function_without_a_shape_ends_the_preview_with_the_entry_to_add(tmp_path):
    error = failed(tmp_path, 'value = pulumi.runtime.invoke("acme:index:lookup", {"key": "a"}).value')
    assert error["kind"] == "answers"
    assert error["message"].startswith("acme:index:lookup needs an answer")
    assert error["source"]["line"] == 4
    assert error["detail"].startswith('- function: acme:index:lookup\n  args: {"key": "a"}\n')


@pytest.mark.parametrize("form", ["get_availability_zones()", "get_availability_zones_output()"])
def test_a_wrong_answer_ends_the_preview(tmp_path, form):
    answers = [{"function": "aws:getAvailabilityZones", "result": {"name": ["a"]}}]
    error = failed(tmp_path, f"aws.{form}", answers=answers)
    assert error["kind"] == "answers"
    assert "result has no field name; did you mean names?" in error["message"]


def test_a_document_the_provider_refuses_ends_the_preview(tmp_path):
    error = failed(tmp_path, 'aws.iam.get_policy_document(statements=[{"sid": "A"}, {"sid": "A"}])')
    assert error["kind"] == "program"
    assert "the sid A is used twice" in error["message"]


def test_a_secret_argument_is_in_no_entry(tmp_path):
    run = preview(
        tmp_path,
        """
aws.kms.get_secrets_output(secrets=[{"name": "n", "payload": pulumi.Output.secret("hunter2")}])
aws.route53.get_zone(name=pulumi.Output.secret("hunter2"))
""",
    )
    assert functions_of(run) == [("getSecrets", "output", "unknown"), ("getZone", "plain", "placeholder")]
    assert "hunter2" not in str(run.result["functions"])


def test_two_previews_have_the_same_placeholders(tmp_path):
    code = "for zone in aws.get_availability_zones().names:\n    aws.ec2.Eip(f'nat-{zone}', tags={'zone': zone})\n"
    first, second = preview(tmp_path / "a", code), preview(tmp_path / "b", code)
    assert first.names() == second.names()
    assert [item["entry"] for item in first.result["functions"]] == [
        item["entry"] for item in second.result["functions"]
    ]
