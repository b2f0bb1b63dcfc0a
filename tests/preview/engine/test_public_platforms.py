"""Data platforms as public programs build them (docs/supported-programs.md): many services, joined by outputs."""

import json
from pathlib import Path
from typing import Any

from tests.support.engine import EngineRun, preview_code

CONFIG = "aws:region: eu-west-1\ngcp:project: acme-dev\ngcp:region: europe-west1\n"
UNKNOWN = "<unknown>"


def preview(tmp_path: Path, code: str, config: str = "", **changes: Any) -> EngineRun:
    run = preview_code(tmp_path, f"import json\nimport pulumi\n{code}", CONFIG + config, **changes)
    assert run.result["error"] is None
    return run


def test_a_catalog_with_crawlers_jobs_and_a_query_engine(tmp_path: Path) -> None:
    (tmp_path / "etl").mkdir()
    (tmp_path / "etl" / "job.py").write_text("print('etl')\n")
    run = preview(
        tmp_path,
        """\
import pulumi_aws as aws

lake, scripts = aws.s3.Bucket("lake"), aws.s3.Bucket("scripts")
script = aws.s3.BucketObjectv2("job", bucket=scripts.id, key="job.py", source=pulumi.FileAsset("etl/job.py"))
role = aws.iam.Role("glue", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
database = aws.glue.CatalogDatabase("sales", location_uri=lake.bucket.apply(lambda name: f"s3://{name}/sales"))
classifier = aws.glue.Classifier(
    "csv", csv_classifier=aws.glue.ClassifierCsvClassifierArgs(delimiter=",", quote_symbol='"', serde="OpenCSVSerDe")
)
crawler = aws.glue.Crawler(
    "orders",
    role=role.arn,
    database_name=database.name,
    classifiers=[classifier.name],
    schedule="cron(0 2 * * ? *)",
    table_prefix=None,
    s3_targets=[aws.glue.CrawlerS3TargetArgs(path=pulumi.Output.concat("s3://", lake.bucket), exclusions=[])],
)
arguments = {"--SINK": lake.bucket, "--extra": "a"}
job = aws.glue.Job(
    "clean",
    role_arn=role.arn,
    command=aws.glue.JobCommandArgs(
        script_location=pulumi.Output.concat("s3://", scripts.bucket, "/", script.key), python_version="3"
    ),
    default_arguments=lake.arn.apply(lambda arn: {**arguments, "--arn": arn}),
    execution_property={"max_concurrent_runs": 5},
)
aws.glue.Trigger("nightly", type="SCHEDULED", schedule="cron(0 3 * * ? *)", actions=[{"job_name": job.name}])
group = aws.athena.Workgroup(
    "analysts",
    configuration=aws.athena.WorkgroupConfigurationArgs(
        enforce_workgroup_configuration=True,
        result_configuration={"output_location": lake.bucket.apply(lambda name: f"s3://{name}/results")},
    ),
)
table = aws.dynamodb.Table(
    "attributes", hash_key="bucket", billing_mode="PAY_PER_REQUEST", attributes=[{"name": "bucket", "type": "S"}]
)
aws.dynamodb.TableItem(
    "orders",
    table_name=table.name,
    hash_key=table.hash_key,
    item=pulumi.Output.json_dumps({"bucket": {"S": lake.bucket}, "crawler": {"S": crawler.name}}),
)
""",
    )

    lake = run.resource("lake")["inputs"]["bucket"]
    found = {r["type"].rpartition(":")[2]: r for r in run.result["resources"]}
    assert found["CatalogDatabase"]["inputs"]["locationUri"] == f"s3://{lake}/sales"
    crawler = found["Crawler"]["inputs"]
    assert crawler["s3Targets"] == [{"path": f"s3://{lake}", "exclusions": []}]
    assert crawler["classifiers"] == [found["Classifier"]["inputs"]["name"]]
    assert "tablePrefix" not in crawler
    assert found["Job"]["inputs"]["defaultArguments"] == UNKNOWN
    assert found["Trigger"]["inputs"]["actions"] == [{"jobName": found["Job"]["inputs"]["name"]}]
    result = found["Workgroup"]["inputs"]["configuration"]["resultConfiguration"]
    assert result == {"outputLocation": f"s3://{lake}/results"}
    item = found["TableItem"]["inputs"]
    assert json.loads(item["item"])["crawler"] == {"S": crawler["name"]}
    assert item["hashKey"] == "bucket"


def test_streams_clusters_and_a_warehouse(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
import pulumi_aws as aws

account, region = aws.get_caller_identity().account_id, aws.config.region
vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
subnets = [aws.ec2.Subnet(f"s{i}", vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24") for i in range(2)]
ids = [subnet.id for subnet in subnets]
stream = aws.kinesis.Stream("clicks", shard_count=1, retention_period=48)
role = aws.iam.Role("emr", assume_role_policy="{}", managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])
profile = aws.iam.InstanceProfile("emr", role=role.name)
cluster = aws.emr.Cluster(
    "spark",
    release_label="emr-7.5.0",
    applications=["Spark"],
    service_role=role.arn,
    ec2_attributes=aws.emr.ClusterEc2AttributesArgs(subnet_id=subnets[0].id, instance_profile=profile.arn),
    master_instance_group=aws.emr.ClusterMasterInstanceGroupArgs(instance_type="m5.xlarge"),
    core_instance_group={"instance_type": "m5.xlarge", "instance_count": 2},
    bootstrap_actions=[aws.emr.ClusterBootstrapActionArgs(path="s3://acme/boot.sh", name="boot", args=["a"])],
    configurations_json=json.dumps([{"Classification": "spark", "Properties": {}}]),
)
group = aws.redshift.SubnetGroup("dw", subnet_ids=ids)
warehouse = aws.redshift.Cluster(
    "dw",
    cluster_identifier="dw",
    node_type="ra3.large",
    master_username="admin",
    master_password=pulumi.Config().require_secret("password"),
    cluster_subnet_group_name=group.name,
    iam_roles=[role.arn],
    skip_final_snapshot=True,
)
jdbc = pulumi.Output.format("jdbc:redshift://{0}/{1}", warehouse.endpoint, "dev")
aws.glue.Connection("dw", connection_properties={"JDBC_CONNECTION_URL": jdbc, "USERNAME": "admin"})
broker = aws.msk.Cluster(
    "bus",
    kafka_version="3.6.0",
    number_of_broker_nodes=2,
    broker_node_group_info={"instance_type": "kafka.m5.large", "client_subnets": ids, "security_groups": []},
)
function = aws.lambda_.Function(
    "consume",
    code=pulumi.AssetArchive({"main.py": pulumi.StringAsset("def run(e, c): ...")}),
    role=role.arn, handler="main.run", runtime="python3.12",
    environment=aws.lambda_.FunctionEnvironmentArgs(variables={"BROKERS": broker.bootstrap_brokers_tls}),
)
aws.lambda_.EventSourceMapping(
    "clicks", event_source_arn=stream.arn, function_name=function.arn, starting_position="LATEST"
)
rule = aws.cloudwatch.EventRule("daily", schedule_expression="rate(1 day)")
aws.cloudwatch.EventTarget("daily", rule=rule.name, arn=function.arn)
aws.lambda_.Permission(
    "daily", action="lambda:InvokeFunction", function=function.name, principal="events.amazonaws.com",
    source_arn=rule.arn,
)
aws.athena.DataCatalog("dw", name="dw", type="LAMBDA", description="dw",
    parameters={"function": f"arn:aws:lambda:{region}:{account}:function:connector"})
aws.sfn.StateMachine("etl", role_arn=role.arn, definition=function.arn.apply(lambda arn: json.dumps({"arn": arn})))
""",
        "password: hunter2\n",
        facts={"awsAccount": "111122223333"},
    )

    found = {r["type"].rpartition(":")[2]: r for r in run.result["resources"]}
    emr = found["Cluster"] if found["Cluster"]["name"] == "spark" else run.resource("spark")
    assert emr["inputs"]["ec2Attributes"] == {"subnetId": UNKNOWN, "instanceProfile": UNKNOWN}
    assert emr["inputs"]["coreInstanceGroup"] == {"instanceType": "m5.xlarge", "instanceCount": 2}
    assert found["SubnetGroup"]["inputs"]["subnetIds"] == [UNKNOWN, UNKNOWN]
    warehouse = next(r for r in run.result["resources"] if r["type"] == "aws:redshift/cluster:Cluster")
    assert (warehouse["inputs"]["masterPassword"], warehouse["inputs"]["iamRoles"]) == ("<secret>", [UNKNOWN])
    # The provider marks a connection's properties as secret as a whole.
    assert found["Connection"]["inputs"]["connectionProperties"] in ("<secret>", UNKNOWN)
    assert run.resource("bus")["inputs"]["brokerNodeGroupInfo"]["clientSubnets"] == [UNKNOWN, UNKNOWN]
    assert found["Function"]["inputs"]["environment"] == {"variables": {"BROKERS": UNKNOWN}}
    assert found["Permission"]["inputs"]["function"] == found["Function"]["inputs"]["name"]
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:connector"
    assert found["DataCatalog"]["inputs"]["parameters"] == {"function": arn}


def test_queries_pipelines_and_clusters_on_google_cloud(tmp_path: Path) -> None:
    run = preview(
        tmp_path,
        """\
import pulumi_gcp as gcp

config = pulumi.Config("gcp")
project, region = config.require("project"), config.get("region") or "us-central1"
landing = gcp.storage.Bucket(resource_name="landing", location="EU", name=f"{project}-landing",
    uniform_bucket_level_access=True, lifecycle_rules=[{"action": {"type": "Delete"}, "condition": {"age": 30}}])
dataset = gcp.bigquery.Dataset("raw", dataset_id="raw", location="EU", labels={"env": "dev"})
view = gcp.bigquery.Table("view", dataset_id=dataset.dataset_id, table_id="v", deletion_protection=False,
    view={"query": pulumi.Output.format("SELECT * FROM `{0}.raw.t`", dataset.project), "use_legacy_sql": False})
viewer = "roles/bigquery.dataViewer"
gcp.bigquery.DatasetIamMember("read", dataset_id=dataset.dataset_id, role=viewer, member="user:a@b")
topic = gcp.pubsub.Topic("events")
gcp.pubsub.Subscription("events", topic=topic.id, bigquery_config={"table": view.id.apply(lambda i: i)})
account = gcp.serviceaccount.Account("spark", account_id="spark")
cluster = gcp.dataproc.Cluster(
    "spark",
    region=region,
    cluster_config=gcp.dataproc.ClusterClusterConfigArgs(
        staging_bucket=landing.name,
        master_config={"num_instances": 1, "machine_type": "e2-standard-4"},
        gce_cluster_config=gcp.dataproc.ClusterClusterConfigGceClusterConfigArgs(service_account=account.email),
        initialization_actions=[{"script": landing.name.apply(lambda name: f"gs://{name}/boot.sh")}],
    ),
)
gcp.dataproc.Job(
    "daily",
    region=cluster.region,
    placement=gcp.dataproc.JobPlacementArgs(cluster_name=cluster.name),
    pyspark_config={"main_python_file_uri": pulumi.Output.concat(landing.url, "/main.py")},
)
gcp.dataflow.FlexTemplateJob("stream", container_spec_gcs_path="gs://acme/t.json", parameters={"topic": topic.id})
gcp.composer.Environment("airflow", region=region, config={"software_config": {"image_version": "composer-3"}})
gcp.bigquery.DataTransferConfig("nightly", display_name="n", data_source_id="scheduled_query", params={"query": "x"})
gcp.cloudfunctionsv2.Function("load", location=region, build_config={"runtime": "python312", "entry_point": "run",
    "source": {"storage_source": {"bucket": landing.name, "object": "code.zip"}}},
    event_trigger={"event_type": "google.cloud.pubsub.topic.v1.messagePublished", "pubsub_topic": topic.id})
pulumi.export("dataset", dataset.dataset_id)
pulumi.export("landing", landing.url)
""",
    )

    found = {r["type"].rpartition(":")[2]: r for r in run.result["resources"] if r["name"] != "daily"}
    assert found["Bucket"]["inputs"]["name"] == "acme-dev-landing"
    assert found["Dataset"]["inputs"]["labels"] == {"env": "dev"}
    view = found["Table"]["inputs"]["view"]
    assert view == {"query": "SELECT * FROM `acme-dev.raw.t`", "useLegacySql": False}
    config = found["Cluster"]["inputs"]["clusterConfig"]
    assert config["stagingBucket"] == "acme-dev-landing"
    assert config["gceClusterConfig"] == {"serviceAccount": UNKNOWN}
    assert config["initializationActions"] == [{"script": "gs://acme-dev-landing/boot.sh"}]
    job = run.resource("daily")
    assert job["inputs"]["placement"] == {"clusterName": found["Cluster"]["inputs"]["name"]}
    assert job["inputs"]["region"] == "europe-west1"
    assert set(job["dependencies"]) == {found["Cluster"]["urn"], found["Bucket"]["urn"]}
    assert found["Function"]["inputs"]["buildConfig"]["source"] == {
        "storageSource": {"bucket": "acme-dev-landing", "object": "code.zip"}
    }
    assert run.result["outputs"] == {"dataset": "raw", "landing": UNKNOWN}
