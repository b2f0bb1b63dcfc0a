"""How public programs are laid out and run (docs/supported-programs.md): folders, modules, asyncio, old SDKs."""

import os
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.supervisor import run_job
from tests.support.engine import START, EngineRun, engine_job, preview_code, run_engine, write_program

CONFIG = "aws:region: eu-west-1\ngcp:project: acme-dev\ngcp:region: europe-west1\n"
UNKNOWN = "<unknown>"


def write(root: Path, files: dict[str, str]) -> Path:
    """A project of several files; Pulumi.yaml is there already when ``files`` has one."""
    main = files.pop("__main__.py", "")
    folder = write_program(root, main, CONFIG)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def preview(folder: Path, **changes: Any) -> EngineRun:
    run = run_engine(folder, **changes)
    assert run.result["error"] is None
    return run


def lines(resource: dict[str, Any], folder: Path) -> list[str]:
    """``file:line`` of every user frame, innermost first."""
    return [f"{Path(frame['file']).relative_to(folder)}:{frame['line']}" for frame in resource["frames"]]


def test_modules_and_packages_beside_the_program(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "__main__.py": "import infra\nfrom settings import *\nfrom infra.lake import Lake\n\n"
            'if __name__ == "__main__":\n    Lake(PREFIX, infra.meta)\n    infra.buckets.make()\n',
            "settings.py": "import os\nimport getpass\nPREFIX = os.environ.get('PREFIX', 'acme')\n",
            "infra/__init__.py": "from . import buckets\nfrom .topics import events as meta\n",
            "infra/topics.py": "import pulumi_aws as aws\nevents = aws.sns.Topic('events')\n",
            "infra/buckets.py": "import pulumi_aws as aws\n\n\ndef make():\n    return aws.s3.Bucket('raw')\n",
            "infra/lake.py": "import pulumi\nfrom .buckets import aws\n\n\nclass Lake(pulumi.ComponentResource):\n"
            "    def __init__(self, name, topic):\n"
            "        super().__init__(f'{__name__}:{name}', name, {'topic': topic.arn})\n"
            "        opts = pulumi.ResourceOptions(parent=self)\n"
            "        aws.s3.Bucket(f'{name}-gold', tags={'topic': topic.name}, opts=opts)\n",
        },
    )
    run = preview(folder)

    assert run.names() == ["acme", "acme-gold", "events", "raw"]
    assert lines(run.resource("acme-gold"), folder) == ["infra/lake.py:9", "__main__.py:6"]
    assert lines(run.resource("raw"), folder) == ["infra/buckets.py:5", "__main__.py:7"]
    assert lines(run.resource("events"), folder) == ["infra/topics.py:2", "infra/__init__.py:2", "__main__.py:1"]
    lake = run.resource("acme")
    assert lake["type"] == "infra.lake:acme"
    assert run.resource("acme-gold")["urn"] == "urn:pulumi:dev::shop::infra.lake:acme$aws:s3/bucket:Bucket::acme-gold"
    assert run.resource("acme-gold")["provider"].startswith("urn:pulumi:dev::shop::pulumi:providers:aws::default_")


@pytest.mark.parametrize("main", ["src/", "src", "src/app.py"])
def test_a_program_in_a_folder_or_a_file_of_its_own(tmp_path: Path, main: str) -> None:
    code = (
        "import os\nimport pulumi\nimport pulumi_aws as aws\nfrom helpers import NAME\n\naws.sns.Topic(NAME)\n"
        "pulumi.export('folders', [os.getcwd(), pulumi.runtime.get_root_directory()])\n"
    )
    file = main if main.endswith(".py") else "src/__main__.py"
    folder = write(tmp_path, {file: code, "src/helpers.py": "NAME = 'events'\n"})
    (folder / "__main__.py").unlink()
    (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\nmain: {main}\n")
    run = preview(folder)

    assert lines(run.resource("events"), folder) == [f"{file}:6"]
    assert run.result["outputs"]["folders"] == [str(folder / "src"), str(folder)]


def test_a_package_installed_from_a_folder_beside_the_project(tmp_path: Path) -> None:
    shared = tmp_path / "platform" / "shared"
    folder = write(tmp_path / "platform" / "stacks" / "lake", {})
    (shared).mkdir()
    (shared / "__init__.py").write_text("")
    (shared / "tables.py").write_text(
        "import pulumi_aws as aws\n\n\ndef make(name):\n    aws.glue.CatalogDatabase(name)\n"
    )
    (folder / "__main__.py").write_text(
        "import sys\nfrom pathlib import Path\n\nsys.path.append(str(Path(__file__).parents[2]))\n\n"
        "from shared.tables import make\n\nmake('sales')\n"
    )
    frames = preview(folder).resource("sales")["frames"]

    assert [(Path(frame["file"]).name, frame["line"]) for frame in frames] == [("tables.py", 5), ("__main__.py", 8)]


def test_async_functions_and_outputs_of_awaitables(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import asyncio
        import pulumi
        import pulumi_aws as aws


        async def name_of(zone):
            await asyncio.sleep(0.01)
            return f"acme-{zone}"


        async def main():
            lake = aws.s3.Bucket("late", bucket=await name_of("late"))
            return lake.bucket


        raw = aws.s3.Bucket("raw", bucket=name_of("raw"))
        gold = aws.s3.Bucket("gold", bucket=pulumi.Output.from_input(name_of("gold")))
        task = asyncio.ensure_future(main())
        pulumi.export("names", pulumi.Output.all(raw.bucket, gold.bucket))
        pulumi.export("late", task)
        """,
        CONFIG,
    )

    assert run.result["error"] is None
    assert run.result["outputs"] == {"names": ["acme-raw", "acme-gold"], "late": "acme-late"}
    assert run.resource("late")["source"] == {"file": str(tmp_path / "__main__.py"), "line": 12}


def test_a_program_that_hands_its_function_to_pulumi_run(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import asyncio
        import pulumi
        import pulumi_aws as aws


        async def program():
            await asyncio.sleep(0)
            topic = aws.sns.Topic("events", name="events")
            pulumi.export("name", topic.name)


        if hasattr(pulumi, "run"):
            pulumi.run(program)
        """,
        CONFIG,
    )

    assert run.result["error"] is None
    assert run.names() == ["events"]
    assert run.result["outputs"] == {"name": "events"}


def test_tables_from_files_and_loops(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "__main__.py": """\
import json
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_gcp as gcp


@dataclass
class Table:
    name: str
    field: str | None = None


here = Path(__file__).parent
for item in json.loads((here / "config" / "sets.json").read_text()):
    dataset = gcp.bigquery.Dataset(item["id"], dataset_id=item["id"], location="EU")
    for table in [Table(**given) for given in item["tables"]]:
        partition = gcp.bigquery.TableTimePartitioningArgs(type="DAY", field=table.field) if table.field else None
        gcp.bigquery.Table(
            table.name,
            dataset_id=dataset.dataset_id,
            table_id=table.name,
            deletion_protection=False,
            time_partitioning=partition,
            schema=(here / "schemas" / f"{table.name}.json").read_text(),
            opts=pulumi.ResourceOptions(depends_on=[dataset]),
        )
account = gcp.serviceaccount.Account("etl", account_id="etl")
for role in ["roles/bigquery.admin", "roles/pubsub.admin"]:
    gcp.projects.IAMMember(
        f"{role.replace('/', '_')}-binding",
        project=pulumi.Config("gcp").require("project"),
        role=role,
        member=account.email.apply(lambda email: f"serviceAccount:{email}"),
    )
""",
            "config/sets.json": '[{"id": "sales", "tables": [{"name": "orders", "field": "d"}, {"name": "items"}]}]',
            "schemas/orders.json": '[{"name": "d", "type": "DATE"}]',
            "schemas/items.json": '[{"name": "id", "type": "INT64"}]',
        },
    )
    run = preview(folder)

    orders, items = run.resource("orders"), run.resource("items")
    dataset = run.resource("sales")["urn"]
    assert orders["inputs"]["timePartitioning"] == {"type": "DAY", "field": "d"}
    assert (orders["inputs"]["datasetId"], orders["dependencies"]) == ("sales", [dataset])
    assert "timePartitioning" not in items["inputs"]
    assert items["inputs"]["schema"] == '[{"name": "id", "type": "INT64"}]'
    assert orders["source"] == {"file": str(folder / "__main__.py"), "line": 20}
    binding = run.resource("roles_pubsub.admin-binding")["inputs"]
    assert (binding["project"], binding["member"]) == ("acme-dev", UNKNOWN)


def test_a_component_made_of_typed_dicts_and_configuration(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        from abc import abstractmethod
        from typing import Any, Optional, TypedDict
        import pulumi
        import pulumi_aws as aws


        class StreamArgs(TypedDict, total=False):
            bucket: pulumi.Input[str]
            shards: pulumi.Input[Any]
            role: pulumi.Input[Any]


        class Configured(pulumi.ComponentResource):
            def __init__(self, kind, name, args, *rest, config=None, **options):
                super().__init__(kind, name, args, *rest, **options)
                self.config = {**self.default_config, **(config or {})}

            @property
            @abstractmethod
            def default_config(self) -> dict: ...


        class Stream(Configured):
            @property
            def default_config(self):
                return {"buffer": 60, "format": "GZIP"}

            def __init__(self, name: str, args: StreamArgs, opts: Optional[pulumi.ResourceOptions] = None, **more):
                super().__init__("acme:streams:Stream", name, args, opts, **more)
                child = pulumi.ResourceOptions(parent=self)
                self.stream = aws.kinesis.Stream(name, shard_count=args.get("shards"), opts=child)
                self.delivery = aws.kinesis.FirehoseDeliveryStream(
                    name,
                    destination="extended_s3",
                    extended_s3_configuration={
                        "bucket_arn": args["bucket"],
                        "role_arn": args["role"].arn,
                        "buffering_interval": self.config["buffer"],
                        "compression_format": self.config["format"],
                    },
                    opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[self.stream])),
                )
                self.register_outputs({"name": self.stream.name, "config": self.config})


        lake = aws.s3.Bucket("lake")
        role = aws.iam.Role("delivery", assume_role_policy={"Version": "2012-10-17", "Statement": []})
        sizes = pulumi.Config().require_object("streams")
        for name, config in sizes.items():
            Stream(name, {"bucket": lake.arn, "shards": 2, "role": role}, config=config)
        """,
        CONFIG + "streams:\n  clicks:\n    buffer: 300\n  orders: {}\n",
    )

    assert run.result["error"] is None
    found = {r["name"]: r for r in run.result["resources"] if r["type"].endswith("FirehoseDeliveryStream")}
    assert found["clicks"]["inputs"]["extendedS3Configuration"] == {
        "bucketArn": UNKNOWN,
        "roleArn": UNKNOWN,
        "bufferingInterval": 300,
        "compressionFormat": "GZIP",
    }
    assert found["orders"]["inputs"]["extendedS3Configuration"]["bufferingInterval"] == 60
    component = next(r for r in run.result["resources"] if r["type"] == "acme:streams:Stream" and r["name"] == "clicks")
    lake, role = run.resource("lake")["urn"], run.resource("delivery")["urn"]
    assert component["inputs"]["bucket"] == UNKNOWN
    assert component["inputs"]["shards"] == 2
    assert component["propertyDependencies"] == {"bucket": [lake], "role": [role]}
    assert set(found["clicks"]["propertyDependencies"]["extendedS3Configuration"]) == {lake, role}
    assert [frame["line"] for frame in found["clicks"]["frames"]] == [32, 50]


def test_an_archive_that_the_program_writes_itself(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "main.py").write_text("def run(event): ...\n")
    code = """\
        import os, zipfile
        import pulumi
        import pulumi_gcp as gcp

        with zipfile.ZipFile("../code.zip", "w") as archive:
            for root, _, files in os.walk("../functions"):
                for file in files:
                    archive.write(os.path.join(root, file), os.path.relpath(os.path.join(root, file), "../functions"))
        topic = gcp.pubsub.Topic("backup", message_retention_duration="86400s")
        bucket = gcp.storage.Bucket("code", location="EU")
        item = gcp.storage.BucketObject("code", bucket=bucket.name, source=pulumi.FileAsset("../code.zip"))
        path = pulumi.Output.all(os.environ.get("NO_SUCH_PROJECT"), topic.name).apply(lambda a: f"{a[0]}/{a[1]}")
        gcp.cloudscheduler.Job("daily", schedule="0 2 * * *", pubsub_target={"topic_name": path, "data": "e30="})
        """
    run = preview_code(tmp_path / "infra", code, CONFIG)

    assert run.result["error"] is None
    item = next(r for r in run.result["resources"] if r["type"].endswith(":BucketObject"))
    assert item["inputs"]["source"]["<asset>"]["path"] == "../code.zip"
    topic = run.resource("backup")
    assert run.resource("daily")["inputs"]["pubsubTarget"] == {
        "data": "e30=",
        "topicName": f"None/{topic['inputs']['name']}",
    }


@pytest.mark.skipif("DATAOPS_TEST_OLD_SDK" not in os.environ, reason="DATAOPS_TEST_OLD_SDK names no python")
def test_a_program_with_an_old_sdk(tmp_path: Path) -> None:
    # The SDK alone: what a package of that time is made of, without the package.
    code = """\
        import pulumi
        from pulumi.dynamic import Resource, ResourceProvider


        class Table(Resource):
            version: pulumi.Output[str]


        class Lake(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("acme:index:Lake", name)
                opts = pulumi.ResourceOptions(parent=self, additional_secret_outputs=["token"])
                self.bucket = Bucket("raw", {"bucket": "acme-raw", "arn": None, "token": None}, opts)
                self.register_outputs({"bucket": self.bucket.bucket})


        class Bucket(pulumi.CustomResource):
            bucket: pulumi.Output[str]
            arn: pulumi.Output[str]

            def __init__(self, name, props, opts=None):
                super().__init__("acme:index/bucket:Bucket", name, props, opts)


        def named(args: pulumi.ResourceTransformArgs):
            return pulumi.ResourceTransformResult({**args.props, "tags": {"a": "b"}}, args.opts)


        pulumi.runtime.register_resource_transform(named)
        lake = Lake("lake")
        table = Table(ResourceProvider(), "orders", {"arn": lake.bucket.arn, "version": None})
        read = pulumi.StackReference("organization/network/dev")
        found = pulumi.runtime.invoke_output("acme:index:lookup", {"name": lake.bucket.bucket})
        pulumi.export("bucket", lake.bucket.bucket)
        pulumi.export("arn", pulumi.Output.concat("arn:", lake.bucket.arn))
        pulumi.export("vpc", read.get_output("vpc"))
        pulumi.export("found", found)
        pulumi.export("secret", pulumi.Config().require_secret("password"))
        pulumi.log.info("made it")
        """
    folder = write_program(tmp_path, code, "password: hunter2\n")
    job = engine_job(folder) | {"stackOutputs": {"network/dev": {"vpc": "vpc-1"}}}
    ended = run_job(job, Path(os.environ["DATAOPS_TEST_OLD_SDK"]), 60, engine=START)
    run = EngineRun(dict(ended.observed))

    assert run.result["error"] is None
    raw = run.resource("raw")
    assert raw["inputs"] == {"bucket": "acme-raw", "tags": {"a": "b"}}
    assert raw["urn"] == "urn:pulumi:dev::shop::acme:index:Lake$acme:index/bucket:Bucket::raw"
    assert raw["source"] == {"file": str(folder / "__main__.py"), "line": 13}
    assert run.result["outputs"] == {
        "bucket": "acme-raw",
        "arn": UNKNOWN,
        "vpc": "vpc-1",
        "found": UNKNOWN,
        "secret": "<secret>",
    }
    assert run.diagnostics("info") == ["made it"]
