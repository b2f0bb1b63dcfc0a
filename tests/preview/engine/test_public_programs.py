"""Features of public Pulumi programs (docs/supported-programs.md), in real programs under the embedded engine.

Functions of the providers are in test_function_programs.py, other packages in test_public_packages.py, the layout of
folders and modules in test_public_layouts.py.
"""

import json
from pathlib import Path
from typing import Any

from tests.support.engine import EngineRun, preview_code

CONFIG = "aws:region: eu-west-1\ngcp:project: acme-dev\ngcp:region: europe-west1\n"
UNKNOWN = "<unknown>"
URN = "urn:pulumi:dev::shop::"


def preview(tmp_path: Path, code: str, config: str = "", **changes: Any) -> EngineRun:
    run = preview_code(
        tmp_path, f"import json\nimport pulumi\nimport pulumi_aws as aws\n{code}", CONFIG + config, **changes
    )
    assert run.result["error"] is None
    return run


def made(run: EngineRun, kind: str, name: str) -> dict[str, Any]:
    """The one resource of a class and a name."""
    (found,) = [r for r in run.result["resources"] if r["type"].rpartition(":")[2] == kind and r["name"] == name]
    return dict(found)


def test_configuration_of_every_kind(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
config = pulumi.Config()
pulumi.export("plain", [config.require("name"), config.get("absent"), config.get("absent", "fallback")])
pulumi.export("int", [config.get_int("count"), config.require_int("count"), int(config.get("absent") or 7)])
pulumi.export("bool", [config.get_bool("public"), config.require_bool("public"), config.get_bool("absent")])
pulumi.export("float", [config.get_float("ratio"), config.require_float("ratio")])
pulumi.export("object", [config.require_object("lake")["zones"][1]["name"], config.get_object("absent", {"a": 1})])
pulumi.export("secret", config.require_secret("password").apply(lambda value: f"user:{value}"))
pulumi.export("secrets", [config.get_secret("name"), config.get_secret_int("count"), config.get_secret("absent")])
pulumi.export("others", [pulumi.Config("aws").require("region"), pulumi.Config("other").get("key"), aws.config.region])
pulumi.export("where", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
""",
        'name: raw\ncount: 3\npublic: "true"\nratio: 0.5\nlake:\n  zones:\n    - name: raw\n    - name: gold\n'
        "password: hunter2\nother:key: value\n",
    )

    assert run.result["outputs"] == {
        "plain": ["raw", None, "fallback"],
        "int": [3, 3, 7],
        "bool": [True, True, None],
        "float": [0.5, 0.5],
        "object": ["gold", {"a": 1}],
        "secret": "<secret>",
        "secrets": ["<secret>", "<secret>", None],
        "others": ["eu-west-1", "value", "eu-west-1"],
        "where": ["shop", "dev", "organization"],
    }


def test_a_value_of_the_wrong_kind_is_the_programs_error(tmp_path: Path) -> None:
    run = preview_code(tmp_path, "import pulumi\n\npulumi.Config().get_int('count')\n", "shop:count: many\n")

    assert run.error["kind"] in ("run", "program")
    assert "shop:count" in run.error["message"]
    assert run.error["frames"][0]["line"] == 3


def test_argument_classes_and_dicts_give_the_same_inputs(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
bucket = aws.s3.Bucket("lake", aws.s3.BucketArgs(bucket="acme-lake", tags={"owner": "data"}))
Versioning = aws.s3.BucketVersioningVersioningConfigurationArgs
aws.s3.BucketVersioning(
    "classes", bucket=bucket.id, versioning_configuration=Versioning(status="Enabled", mfa_delete="Disabled")
)
aws.s3.BucketVersioning(
    "dicts", bucket=bucket.id, versioning_configuration={"status": "Enabled", "mfa_delete": "Disabled"}
)
aws.s3.BucketVersioning(
    "camel", bucket=bucket.id, versioning_configuration={"status": "Enabled", "mfaDelete": "Disabled"}
)
aws.s3.BucketVersioning(
    "args",
    aws.s3.BucketVersioningInitArgs(
        bucket=bucket.bucket,
        versioning_configuration=pulumi.Output.from_input({"status": "Enabled", "mfa_delete": "Disabled"}),
    ),
    pulumi.ResourceOptions(parent=bucket),
)
""",
    )

    wanted = {"status": "Enabled", "mfaDelete": "Disabled"}
    found = {name: run.resource(name) for name in ("classes", "dicts", "camel", "args")}
    assert {name: r["inputs"]["versioningConfiguration"] for name, r in found.items()} == dict.fromkeys(found, wanted)
    assert found["classes"]["inputs"]["bucket"] == UNKNOWN
    assert found["args"]["inputs"]["bucket"] == "acme-lake"
    assert run.resource("lake")["inputs"]["tags"] == {"owner": "data"}
    lake = run.resource("lake")["urn"]
    assert found["args"]["urn"] == f"{URN}aws:s3/bucket:Bucket$aws:s3/bucketVersioning:BucketVersioning::args"
    assert (found["args"]["parent"], found["args"]["dependencies"]) == (lake, [lake])
    assert found["args"]["source"] == {"file": str(tmp_path / "__main__.py"), "line": 15}


def test_outputs_combined_in_every_way(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
lake = aws.s3.Bucket("lake", bucket="acme-lake", tags={"owner": "data"})
topic = aws.sns.Topic("events", name="events")
parts = pulumi.Output.all(bucket=lake.bucket, topic=topic.name, fixed=1)
aws.glue.CatalogDatabase("all", description=parts.apply(lambda p: f"{p['bucket']}/{p['topic']}/{p['fixed']}"))
aws.glue.CatalogDatabase("list", description=pulumi.Output.all(lake.bucket, "x", None).apply(lambda p: str(p)))
aws.glue.CatalogDatabase("concat", description=pulumi.Output.concat("s3://", lake.bucket, "/", topic.arn))
aws.glue.CatalogDatabase("format", description=pulumi.Output.format("s3://{0}/{key}", lake.bucket, key=topic.name))
aws.glue.CatalogDatabase("json", description=pulumi.Output.json_dumps({"b": lake.bucket, "l": [topic.name]}))
aws.glue.CatalogDatabase("arn", description=pulumi.Output.json_dumps({"arn": topic.arn}))
aws.glue.CatalogDatabase("item", description=lake.tags["owner"])
aws.glue.CatalogDatabase("chain", description=lake.bucket.apply(lambda b: topic.name.apply(lambda t: f"{b}-{t}")))
loaded = pulumi.Output.json_loads(pulumi.Output.json_dumps({"zones": [{"name": lake.bucket}]}))
aws.glue.CatalogDatabase("loads", description=loaded["zones"][0]["name"])
aws.glue.CatalogDatabase("unsecret", description=pulumi.Output.unsecret(pulumi.Output.secret("open")))
""",
    )

    def value(name: str) -> Any:
        return made(run, "CatalogDatabase", name)["inputs"]["description"]

    assert value("all") == "acme-lake/events/1"
    assert value("list") == "['acme-lake', 'x', None]"
    assert (value("concat"), value("format")) == (UNKNOWN, "s3://acme-lake/events")
    assert (json.loads(value("json")), value("arn")) == ({"b": "acme-lake", "l": ["events"]}, UNKNOWN)
    assert (value("item"), value("chain")) == ("data", "acme-lake-events")
    assert (value("loads"), value("unsecret")) == ("acme-lake", "open")
    both = sorted([run.resource("lake")["urn"], made(run, "Topic", "events")["urn"]])
    for name in ("all", "concat", "format", "json", "chain"):
        assert made(run, "CatalogDatabase", name)["propertyDependencies"] == {"description": both}, name


def test_an_output_in_an_f_string_is_the_sdks_sentence(tmp_path: Path) -> None:
    run = preview(
        tmp_path, 'topic = aws.sns.Topic("t", name="t")\naws.sqs.Queue("q", name="q", policy=f"{topic.name}")\n'
    )

    assert run.resource("q")["inputs"]["policy"].startswith("Calling __str__ on an Output[T] is not supported")
    assert run.resource("q")["dependencies"] == []


def test_attributes_and_items_of_outputs_that_are_unknown(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
import pulumi_gcp as gcp

api = aws.appsync.GraphQLApi("api", name="api", authentication_type="API_KEY")
service = gcp.cloudrunv2.Service("svc", location="europe-west1", template={"containers": [{"image": "acme/app"}]})
database = gcp.sql.DatabaseInstance("db", database_version="POSTGRES_15", settings={"tier": "db-f1-micro"})
certificate = aws.acm.Certificate("cert", domain_name="acme.example", validation_method="DNS")
option = certificate.domain_validation_options[0]
aws.route53.Record("check", zone_id="Z1", name=option.resource_record_name, type=option.resource_record_type,
    ttl=60, records=[option.resource_record_value])
pulumi.export("graphql", api.uris["GRAPHQL"])
pulumi.export("url", service.urls[0])
pulumi.export("address", database.ip_addresses[0].ip_address)
pulumi.export("tier", database.settings.tier)
pulumi.export("image", service.template.containers[0].image)
pulumi.export("containers", service.template.containers.apply(len))
""",
    )

    record = run.resource("check")
    assert record["inputs"]["records"] == [UNKNOWN]
    assert (record["inputs"]["name"], record["inputs"]["type"]) == (UNKNOWN, UNKNOWN)
    certificate = made(run, "Certificate", "cert")["urn"]
    assert record["propertyDependencies"] == {key: [certificate] for key in ("name", "records", "type")}
    outputs = run.result["outputs"]
    assert [outputs[key] for key in ("graphql", "url", "address")] == [UNKNOWN] * 3
    assert [outputs[key] for key in ("tier", "image", "containers")] == ["db-f1-micro", "acme/app", 1]


def test_documents_in_json(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}}]})
role = aws.iam.Role("etl", assume_role_policy=trust)
bucket = aws.s3.Bucket("lake", bucket="acme-lake")
by_name = bucket.bucket.apply(lambda name: json.dumps({"Resource": f"arn:aws:s3:::{name}/*"}))
by_arn = bucket.arn.apply(lambda arn: json.dumps({"Resource": [arn, f"{arn}/*"]}))
aws.iam.RolePolicy("name", role=role.id, policy=by_name)
aws.iam.RolePolicy("arn", role=role.name, policy=by_arn)
statement = {"Effect": "Allow", "Action": ["s3:*"], "Resource": pulumi.Output.concat("arn:aws:s3:::", bucket.bucket)}
aws.iam.RolePolicy("dict", role=role.name, policy={"Version": "2012-10-17", "Statement": [statement]})
aws.iam.RolePolicy("unknown", role=role.name, policy={"Statement": [{"Effect": "Allow", "Resource": bucket.arn}]})
secret = pulumi.Output.secret("a&b")
aws.iam.RolePolicy("secret", role=role.name, policy={"Statement": [{"Effect": "Allow", "Sid": secret}]})
aws.iam.Role(
    "classes",
    assume_role_policy=aws.iam.PolicyDocumentArgs(
        version=aws.iam.PolicyDocumentVersion.POLICY_DOCUMENT_VERSION_2012_10_17,
        statement=[
            aws.iam.PolicyStatementArgs(
                effect=aws.iam.PolicyStatementEffect.ALLOW,
                action="sts:AssumeRole",
                principal=aws.iam.ServicePrincipalArgs(service="glue.amazonaws.com"),
            )
        ],
    ),
)
aws.iam.RolePolicyAttachment("glue", role=role.name, policy_arn="arn:aws:iam::aws:policy/service-role/AWSGlue")
""",
    )

    assert json.loads(run.resource("etl")["inputs"]["assumeRolePolicy"])["Statement"][0]["Effect"] == "Allow"
    assert run.resource("name")["inputs"]["policy"] == '{"Resource": "arn:aws:s3:::acme-lake/*"}'
    assert run.resource("arn")["inputs"]["policy"] == UNKNOWN
    assert run.resource("dict")["inputs"]["policy"] == (
        '{"Statement":[{"Action":["s3:*"],"Effect":"Allow","Resource":"arn:aws:s3:::acme-lake"}],"Version":"2012-10-17"}'
    )
    assert run.resource("dict")["propertyDependencies"]["policy"] == [run.resource("lake")["urn"]]
    assert run.resource("unknown")["inputs"]["policy"] == UNKNOWN
    assert run.resource("secret")["inputs"]["policy"] == "<secret>"
    assert json.loads(run.resource("classes")["inputs"]["assumeRolePolicy"]) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}],
    }
    assert run.resource("name")["inputs"]["role"] == UNKNOWN
    assert run.resource("arn")["inputs"]["role"] == run.resource("etl")["inputs"]["name"]


def test_exports_of_every_shape(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
lake = aws.s3.Bucket("lake", bucket="acme-lake")
gone = aws.s3.BucketPublicAccessBlock("block", bucket=lake.bucket, block_public_acls=True)
pulumi.export("name", lake.bucket)
pulumi.export("arn", lake.arn)
pulumi.export("nested", {"bucket": {"name": lake.bucket, "arn": lake.arn}, "list": [1, lake.bucket, None, True]})
pulumi.export("resource", gone)
pulumi.export("secret", {"token": pulumi.Output.secret("hunter2")})
pulumi.export("input", pulumi.Output.from_input({"a": [lake.id]}))
pulumi.export("name", "the last one wins")
""",
    )

    outputs = run.result["outputs"]
    assert outputs["name"] == "the last one wins"
    assert outputs["arn"] == UNKNOWN
    assert outputs["nested"]["list"] == [1, "acme-lake", None, True]
    assert outputs["nested"]["bucket"] == {"name": "acme-lake", "arn": UNKNOWN}
    assert outputs["resource"]["bucket"] == "acme-lake"
    assert outputs["resource"]["block_public_acls"] is True
    assert outputs["secret"] in ("<secret>", {"token": "<secret>"})
    assert outputs["input"] == UNKNOWN


def test_options_of_resources(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
base = pulumi.ResourceOptions(protect=True, ignore_changes=["tags"])
lake = aws.s3.Bucket("lake", opts=base.merge(pulumi.ResourceOptions(retain_on_delete=True)))
merged = pulumi.ResourceOptions.merge(base, pulumi.ResourceOptions(protect=False, depends_on=[lake]))
topic = aws.sns.Topic("topic", opts=merged)
child = aws.sns.TopicSubscription("sub", topic=topic.arn, protocol="sqs", endpoint="arn:aws:sqs:eu-west-1:1:q",
    opts=pulumi.ResourceOptions(parent=topic, delete_before_replace=True, depends_on=lake))
aliases = [pulumi.Alias(name="old"), "urn:pulumi:dev::shop::a:b:C::d"]
aws.sns.Topic("moved", opts=pulumi.ResourceOptions(aliases=aliases))
aws.sns.Topic("imported", name="t", opts=pulumi.ResourceOptions(import_="arn:aws:sns:eu-west-1:1:t"))
aws.sns.Topic("timed", opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="10m"),
    replace_on_changes=["name"], version="7.1.0"))
""",
    )

    lake, topic, sub = (run.resource(name) for name in ("lake", "topic", "sub"))
    assert (lake["protect"], lake["retainOnDelete"]) == (True, True)
    assert (topic["protect"], topic["dependencies"]) == (False, [lake["urn"]])
    assert sub["parent"] == topic["urn"]
    assert sub["urn"].endswith("::aws:sns/topic:Topic$aws:sns/topicSubscription:TopicSubscription::sub")
    assert sub["dependencies"] == sorted([lake["urn"], topic["urn"]])
    assert run.resource("moved")["aliases"] == [f"{URN}aws:sns/topic:Topic::old", f"{URN}a:b:C::d"]
    assert run.resource("timed")["provider"] == f"{URN}pulumi:providers:aws::default_7_1_0"
    assert "imported" in run.names()


def test_components_hand_their_providers_to_their_children(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
class Zone(pulumi.ComponentResource):
    def __init__(self, name, cidr, opts=None):
        super().__init__("acme:network:Zone", name, {"cidr": cidr}, opts)
        self.vpc = aws.ec2.Vpc(name, cidr_block=cidr, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"vpc_id": self.vpc.id, "cidr": self.vpc.cidr_block})


class Hub(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:network:Hub", name, None, opts)
        self.zone = Zone(f"{name}-a", "10.0.0.0/16", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


roles = [aws.ProviderAssumeRoleArgs(role_arn="arn:aws:iam::1:role/deploy")]
us = aws.Provider("us", region="us-east-1", assume_roles=roles, profile="dev")
one = Hub("one", pulumi.ResourceOptions(providers={"aws": us}, protect=True))
two = Hub("two", pulumi.ResourceOptions(provider=us))
three = Hub("three", pulumi.ResourceOptions(providers=[us], depends_on=[one]))
aws.ec2.InternetGateway("out", vpc_id=one.zone.vpc.id, opts=pulumi.ResourceOptions(parent=one, depends_on=[two]))
pulumi.export("cidr", one.zone.vpc.cidr_block)
""",
    )

    us = f"{URN}pulumi:providers:aws::us"
    for name in ("one", "two", "three"):
        vpc = made(run, "Vpc", f"{name}-a")
        assert vpc["provider"] == us, name
        assert vpc["urn"] == f"{URN}acme:network:Hub$acme:network:Zone$aws:ec2/vpc:Vpc::{name}-a"
        assert [frame["line"] for frame in vpc["frames"]][:3] == [7, 14, 20 + ("one", "two", "three").index(name)]
    assert made(run, "Vpc", "one-a")["protect"] is True
    assert made(run, "Zone", "one-a")["inputs"] == {"cidr": "10.0.0.0/16"}
    provider = made(run, "aws", "us")["inputs"]
    assert (provider["region"], provider["profile"]) == ("us-east-1", "dev")
    assert json.loads(provider["assumeRoles"]) == [{"roleArn": "arn:aws:iam::1:role/deploy"}]
    out = run.resource("out")
    assert out["dependencies"] == [made(run, "Vpc", f"{name}-a")["urn"] for name in ("one", "two")]
    assert run.result["outputs"] == {"cidr": "10.0.0.0/16"}


def test_assets_of_every_kind_and_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "site" / "css").mkdir(parents=True)
    (tmp_path / "site" / "index.html").write_text("<h1>hi</h1>")
    (tmp_path / "site" / "css" / "a.css").write_text("h1 {}")
    (tmp_path / "handler").mkdir()
    (tmp_path / "handler" / "main.py").write_text("def handler(event, context): return event\n")
    run = preview(
        tmp_path,
        """\
import mimetypes, os
import pulumi_gcp as gcp

bucket = aws.s3.Bucket("site")
for folder, _, files in os.walk("site"):
    for file in sorted(files):
        path = os.path.join(folder, file)
        key = os.path.relpath(path, "site")
        kind, _ = mimetypes.guess_type(path)
        aws.s3.BucketObjectv2(key, bucket=bucket.id, key=key, source=pulumi.FileAsset(path), content_type=kind)
code = pulumi.AssetArchive({"main.py": pulumi.FileAsset("handler/main.py"), ".": pulumi.FileArchive("./handler"),
    "settings.json": pulumi.StringAsset('{"a": 1}')})
aws.lambda_.Function("etl", code=code, role="arn:aws:iam::1:role/r", handler="main.handler", runtime="python3.12")
gcp.storage.BucketObject("src", bucket="acme-src", source=pulumi.FileArchive("handler"))
""",
    )

    page = run.resource("index.html")["inputs"]
    assert (page["key"], page["contentType"]) == ("index.html", "text/html")
    assert page["source"]["<asset>"]["path"] == "site/index.html"
    assert len(page["source"]["<asset>"]["hash"]) == 64
    assert run.resource("css/a.css")["inputs"]["contentType"] == "text/css"
    archive = run.resource("etl")["inputs"]["code"]["<archive>"]
    assert sorted(archive["assets"]) == [".", "main.py", "settings.json"]
    assert run.resource("src")["inputs"]["source"]["<archive>"]["path"] == "handler"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    code = "import pulumi\nfrom pulumi_aws import s3\n\ns3.BucketObjectv2('o', bucket='b', source={})\n"
    run = preview_code(tmp_path, code.format("pulumi.FileAsset('gone.txt')"), CONFIG)

    assert run.error["kind"] == "asset"
    assert "gone.txt" in run.error["message"]


def test_resources_made_inside_apply(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
config = pulumi.Config()
zones = pulumi.Output.from_input(["a", "b"])
vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")


def subnets(names):
    return [
        aws.ec2.Subnet(f"in-{name}", vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24", availability_zone=f"eu-west-1{name}")
        for i, name in enumerate(names)
    ]


made = zones.apply(subnets)
aws.rds.SubnetGroup("db", subnet_ids=made.apply(lambda found: [subnet.id for subnet in found]))
pulumi.export("cidrs", made.apply(lambda found: [subnet.cidr_block for subnet in found]))
""",
    )

    subnet, vpc = made(run, "Subnet", "in-b"), made(run, "Vpc", "main")
    assert subnet["inputs"]["availabilityZone"] == "eu-west-1b"
    assert subnet["propertyDependencies"] == {"vpcId": [vpc["urn"]]}
    assert subnet["source"]["line"] == 11
    assert run.resource("db")["inputs"]["subnetIds"] in (UNKNOWN, [UNKNOWN, UNKNOWN])
    assert run.result["outputs"] == {"cidrs": ["10.0.0.0/24", "10.0.1.0/24"]}


def test_outputs_of_other_stacks(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
network = pulumi.StackReference(f"{pulumi.get_organization()}/network/{pulumi.get_stack()}")
other = pulumi.StackReference("other", stack_name="organization/other/dev")
aws.ec2.SecurityGroup("web", vpc_id=network.get_output("vpcId"), description=network.require_output("name"))
aws.rds.SubnetGroup("db", subnet_ids=network.get_output("subnets"), description=other.outputs["zone"])
aws.ec2.Vpc("x", cidr_block=network.get_output("cidrs").apply(lambda cidrs: cidrs["main"]))
details = network.get_output("token")
pulumi.export("token", details)
pulumi.export("absent", other.get_output("absent"))
""",
        stackOutputs={
            "network/dev": {
                "vpcId": "vpc-1",
                "name": "main",
                "subnets": ["s-1", "s-2"],
                "cidrs": {"main": "10.1.0.0/16"},
                "token": {"<secret>": "t"},
            },
            "organization/other/dev": {"zone": "gold"},
        },
    )

    group = made(run, "SecurityGroup", "web")
    assert (group["inputs"]["vpcId"], group["inputs"]["description"]) == ("vpc-1", "main")
    assert made(run, "SubnetGroup", "db")["inputs"]["subnetIds"] == ["s-1", "s-2"]
    assert made(run, "Vpc", "x")["inputs"]["cidrBlock"] == "10.1.0.0/16"
    assert run.result["outputs"]["token"] == "<secret>"
    assert run.result["outputs"].get("absent") is None
    reference = made(run, "StackReference", "organization/network/dev")
    assert (reference["read"], group["dependencies"]) == (True, [reference["urn"]])


def test_a_dynamic_provider_with_outputs(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
from pulumi.dynamic import CheckResult, CreateResult, Resource, ResourceProvider


class Schema(ResourceProvider):
    def check(self, olds, news):
        raise RuntimeError("no preview checks")

    def create(self, props):
        return CreateResult("schema-1", {**props, "version": "1"})


class Table(Resource):
    version: pulumi.Output[str]
    columns: pulumi.Output[list]

    def __init__(self, name, columns, host, opts=None):
        super().__init__(Schema(), name, {"columns": columns, "host": host, "version": None}, opts)


vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
cluster = aws.redshift.Cluster("dw", cluster_identifier="dw", node_type="ra3.large", skip_final_snapshot=True)
table = Table("orders", ["id", "total"], cluster.endpoint, pulumi.ResourceOptions(depends_on=[vpc]))
group = aws.ec2.SecurityGroup("in", vpc_id=vpc, tags={"vpc": vpc})
pulumi.export("vpc", [group.vpc_id, group.tags["vpc"]])
aws.glue.CatalogDatabase("version", description=table.version)
pulumi.export("columns", table.columns)
""",
    )

    table = run.resource("orders")
    inputs = {name: value for name, value in table["inputs"].items() if name != "__provider"}
    assert inputs == {"columns": ["id", "total"], "host": UNKNOWN}
    assert table["type"] == "pulumi-python:dynamic:Resource"
    assert made(run, "CatalogDatabase", "version")["inputs"]["description"] == UNKNOWN
    assert made(run, "SecurityGroup", "in")["inputs"]["vpcId"] == UNKNOWN
    vpc = made(run, "Vpc", "main")["urn"]
    assert made(run, "SecurityGroup", "in")["propertyDependencies"] == {"tags": [vpc], "vpcId": [vpc]}
    assert run.result["outputs"] == {"vpc": [UNKNOWN, UNKNOWN], "columns": ["id", "total"]}
    assert vpc in table["dependencies"]


def test_messages_transformations_and_the_dry_run(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
def tagged(args):
    if args.type_ == "aws:s3/bucket:Bucket":
        return pulumi.ResourceTransformationResult({**args.props, "tags": {"stack": pulumi.get_stack()}}, args.opts)


def named(args):
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult(props=args.props, opts=opts)


pulumi.runtime.register_stack_transformation(tagged)
lake = aws.s3.Bucket("lake", opts=pulumi.ResourceOptions(transformations=[named]))
pulumi.log.debug("details")
pulumi.log.info("made the lake", lake)
pulumi.log.warn("old region")
pulumi.log.error("bad zone")
pulumi.info("short")
if pulumi.runtime.is_dry_run():
    print("preview only")
""",
    )

    lake = run.resource("lake")
    assert (lake["inputs"]["tags"], lake["protect"]) == ({"stack": "dev"}, True)
    assert sorted(run.diagnostics("info")) == ["made the lake", "short"]
    assert run.diagnostics("warning") == ["old region"]
    assert run.diagnostics("error") == ["bad zone"]
    assert [item["urn"] for item in run.result["diagnostics"] if item["message"] == "made the lake"] == [lake["urn"]]
    assert run.output == "preview only"
