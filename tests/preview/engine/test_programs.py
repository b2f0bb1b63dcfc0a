"""What programs do and how the engine ends them: real child processes, real SDKs."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.supervisor import run_job
from tests.support.engine import START, engine_job, preview_code, run_engine, write_program

REGION = "aws:region: eu-west-1"


def test_a_resource_knows_the_users_line_and_the_lines_that_led_there(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws


        class Lake(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("acme:index:Lake", name, {})
                aws.s3.Bucket(f"{name}-raw", opts=pulumi.ResourceOptions(parent=self))


        Lake("lake")
        """,
        REGION,
    )

    main = str(tmp_path / "__main__.py")
    bucket = run.resource("lake-raw")
    assert bucket["source"] == {"file": main, "line": 8}
    assert [(frame["file"], frame["line"]) for frame in bucket["frames"]] == [(main, 8), (main, 11)]


def test_two_previews_are_equal_byte_for_byte(tmp_path: Path) -> None:
    code = """\
        import pulumi
        import pulumi_aws as aws

        buckets = [aws.s3.Bucket(f"b{i}", tags={"a": "b"}) for i in range(5)]
        aws.sns.Topic("t", opts=pulumi.ResourceOptions(depends_on=buckets))
        pulumi.export("names", [b.bucket for b in buckets])
        """
    folder = write_program(tmp_path, code, REGION)

    assert run_engine(folder).result == run_engine(folder).result


def error_of(tmp_path: Path, code: str, config: str = REGION, **changes: Any) -> dict[str, Any]:
    return preview_code(tmp_path, code, config, **changes).error


@pytest.mark.parametrize(
    ("code", "kind", "message", "line"),
    [
        ("import pulumi\nraise pulumi.RunError('no zone gold')\n", "run", "no zone gold", 2),
        ("def f():\n    raise ValueError('two\\nlines')\nf()\n", "program", "ValueError: two\nlines", 2),
        ("x = 1\nif x\n    pass\n", "program", "SyntaxError: expected ':'", 2),
        ("import nowhere_at_all\n", "program", "ModuleNotFoundError: No module named 'nowhere_at_all'", 1),
        ("import sys\nsys.exit(3)\n", "run", "the program ended itself with sys.exit(3)", 2),
        ("raise SystemExit('stop')\n", "run", "the program ended itself with sys.exit('stop')", 1),
        (
            "import pulumi\npulumi.Config().require('zone')\n",
            "run",
            "Missing required configuration variable 'shop:zone'\n"
            "\tplease set a value using the command `pulumi config set shop:zone <value>`",
            2,
        ),
        (
            "import pulumi\n\n\ndef f(value):\n    raise KeyError(value)\n\n\npulumi.Output.from_input('a').apply(f)\n",
            "program",
            "KeyError: 'a'",
            5,
        ),
    ],
)
def test_a_program_that_fails_says_what_and_where(
    tmp_path: Path, code: str, kind: str, message: str, line: int
) -> None:
    error = error_of(tmp_path, code)

    assert (error["kind"], error["message"]) == (kind, message)
    assert error["frames"][0]["file"] == str(tmp_path / "__main__.py")
    assert error["frames"][0]["line"] == line
    assert all("pulumi/" not in frame["file"] for frame in error["frames"])


def test_a_program_that_ends_itself_without_an_error_is_previewed(tmp_path: Path) -> None:
    run = preview_code(tmp_path, "import sys\nimport pulumi_aws as aws\naws.sns.Topic('t')\nsys.exit(0)\n", REGION)

    assert run.result["error"] is None
    assert run.names() == ["t"]
    assert run.diagnostics("info") == ["the program ended itself with sys.exit(); what came before is shown"]


def test_a_duplicate_names_both_places(tmp_path: Path) -> None:
    error = error_of(tmp_path, "import pulumi_aws as aws\naws.sns.Topic('t')\n\naws.sns.Topic('t')\n")

    main = str(tmp_path / "__main__.py")
    assert error["kind"] == "duplicate"
    assert error["message"].startswith("Duplicate resource URN 'urn:pulumi:dev::shop::aws:sns/topic:Topic::t'")
    assert {error["source"]["line"], error["where"]["line"]} == {2, 4}
    assert (error["source"]["file"], error["where"]["file"]) == (main, main)


def test_a_required_input_that_is_missing_fails_the_check(tmp_path: Path) -> None:
    error = error_of(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        aws.s3.BucketPublicAccessBlock("open", bucket=pulumi.Output.from_input(None))
        """,
    )

    assert error["kind"] == "check"
    assert 'The argument "bucket" is required' in error["message"]
    assert error["source"] == {"file": str(tmp_path / "__main__.py"), "line": 4}


def test_a_name_that_is_too_long_fails_the_check(tmp_path: Path) -> None:
    error = error_of(tmp_path, "import pulumi_aws as aws\naws.s3.Bucket('x' * 60)\n")

    assert error["kind"] == "check"
    assert error["message"].endswith("plus 7 random chars is longer than maximum length 63")


def test_a_program_that_catches_the_failure_still_fails(tmp_path: Path) -> None:
    error = error_of(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        try:
            aws.get_availability_zones(state=pulumi.FileAsset("nope"))
        except Exception:
            pass
        aws.sns.Topic("t")
        aws.sns.Topic("t")
        """,
    )

    assert error["kind"] == "duplicate"


def test_the_automation_api_is_refused_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "bin" / "pulumi"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-started\necho v3.260.0\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")

    error = error_of(
        tmp_path,
        """\
        from pulumi import automation as auto

        auto.create_or_select_stack("dev", project_name="inner", program=lambda: None)
        """,
    )

    assert error["kind"] == "run"
    assert error["message"].startswith("the program uses the Pulumi Automation API")
    assert not (tmp_path / "was-started").exists()


def test_resources_inside_an_apply_that_cannot_run_are_counted(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        lake = aws.s3.Bucket("lake")
        lake.arn.apply(lambda arn: aws.sns.Topic("hidden", name=arn))
        lake.bucket.apply(lambda name: aws.sns.Topic("seen", name=name))
        lake.arn.apply(lambda arn: arn.upper())
        """,
        REGION,
    )

    (warning,) = run.diagnostics("warning")
    assert warning.startswith(f"{tmp_path / '__main__.py'}:5: what is made inside this .apply (aws.sns.Topic)")
    assert run.names() == ["lake", "seen"]


def test_the_program_stands_in_its_folder_with_its_modules_and_an_empty_stdin(tmp_path: Path) -> None:
    (tmp_path / "values.py").write_text("ZONE = 'gold'\n")
    run = preview_code(
        tmp_path,
        """\
        import json, os, sys
        import pulumi
        import values

        pulumi.export("zone", values.ZONE)
        pulumi.export("stdin", sys.stdin.read())
        pulumi.export("facts", [os.getcwd(), sys.argv, __name__, pulumi.get_stack(), pulumi.get_organization()])
        pulumi.export("root", pulumi.runtime.get_root_directory())
        pulumi.export("dry", pulumi.runtime.is_dry_run())
        pulumi.export("engine", [m for m in sys.modules if m.startswith("dataops_infra")])
        print("hello")
        """,
    )

    folder = str(tmp_path)
    assert run.result["error"] is None
    assert run.result["outputs"] == {
        "zone": "gold",
        "stdin": "",
        "facts": [folder, [folder], "__main__", "dev", "organization"],
        "root": folder,
        "dry": True,
        "engine": [],
    }
    assert run.output == "hello"


def test_an_undecryptable_value_is_an_unknown_secret_wherever_it_goes(tmp_path: Path) -> None:
    folder = write_program(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        password = pulumi.Config().require_secret("password")
        aws.ssm.Parameter("p", type="SecureString", value=pulumi.Output.concat("user:", password))
        aws.sns.Topic("t", name=pulumi.Config().require("password"))
        """,
    )

    run = run_engine(
        folder,
        config={"shop:password": "<<mark-1>>", "aws:region": "eu-west-1"},
        configSecretKeys=["shop:password"],
        configUnknown={"shop:password": "<<mark-1>>"},
    )

    assert run.resource("p")["inputs"]["value"] == "<secret>"
    assert run.resource("t")["inputs"]["name"] == "<secret>"
    assert "mark-1" not in str(run.result)


def test_without_stack_outputs_another_stacks_outputs_are_unknown(tmp_path: Path) -> None:
    code = """\
        import pulumi
        import pulumi_aws as aws

        network = pulumi.StackReference("organization/network/dev")
        aws.sns.Topic("t", name=network.get_output("name"))
        """

    assert preview_code(tmp_path, code, REGION).resource("t")["inputs"]["name"] == "<unknown>"
    known = {"network/dev": {"name": {"<secret>": "s"}, "other": "<unknown>", "list": [1, {"a": "b"}]}}
    assert run_engine(tmp_path, stackOutputs=known).resource("t")["inputs"]["name"] == "<secret>"


def test_a_read_resource_has_a_known_id_and_what_the_program_said(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi
        import pulumi_aws as aws

        shared = aws.s3.Bucket.get("shared", "acme-shared")
        aws.s3.BucketVersioning("v", bucket=shared.id, versioning_configuration={"status": "Enabled"})
        pulumi.export("arn", shared.arn)
        """,
        REGION,
    )

    assert run.resource("shared")["read"] is True
    assert run.resource("v")["inputs"]["bucket"] == "acme-shared"
    assert run.result["outputs"] == {"arn": "<unknown>"}


def test_a_remote_component_is_named_as_unseen_and_its_outputs_are_unknown(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import pulumi


        class Cluster(pulumi.ComponentResource):
            endpoint: pulumi.Output[str]

            def __init__(self, name, size):
                super().__init__("eks:index:Cluster", name, {"size": size, "endpoint": None}, None, remote=True)


        cluster = Cluster("c", pulumi.Output.secret(3))
        pulumi.export("endpoint", cluster.endpoint)
        pulumi.export("called", pulumi.runtime.call("eks:index:Cluster/getKubeconfig", {"__self__": cluster}, cluster))
        """,
    )

    assert run.result["error"] is None
    assert run.result["outputs"] == {"endpoint": "<unknown>", "called": "<unknown>"}
    assert run.resource("c")["inputs"] == {"size": "<secret>"}
    (warning,) = run.diagnostics("warning")
    assert warning.startswith("eks:index:Cluster 'c' is a component of another package")
    assert [f["answeredBy"] for f in run.result["functions"]] == ["unknown"]


def test_the_code_of_a_dynamic_provider_is_no_output(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        from pulumi.dynamic import Resource, ResourceProvider


        class Registry(ResourceProvider):
            serialize_as_secret_always = False


        class Entry(Resource):
            pass


        Entry(Registry(), "entry", {"name": "orders"})
        """,
    )

    inputs = run.resource("entry")["inputs"]
    assert inputs["name"] == "orders"
    assert inputs["__provider"].startswith("sha256:")
    assert len(inputs["__provider"]) == len("sha256:") + 64


def test_no_program_is_one_sentence(tmp_path: Path) -> None:
    folder = write_program(tmp_path, "pass")
    (folder / "__main__.py").unlink()

    error = run_engine(folder, main=str(folder)).error

    assert error["message"] == f"{folder} holds no program; expected a Python file or a folder with __main__.py"


def test_an_old_sdk_is_one_sentence(tmp_path: Path) -> None:
    # `Settings` of SDKs before 3.180 did not take the project's folder.
    folder = write_program(tmp_path, "pass")
    stub = tmp_path / "old"
    stub.mkdir()
    (stub / "sitecustomize.py").write_text(
        "import pulumi.runtime as r\n"
        "class Settings(r.Settings):\n"
        "    def __init__(self, project, stack, monitor=None, engine=None, parallel=None, dry_run=None,"
        " organization=None): pass\n"
        "r.Settings = Settings\n"
    )

    environ = {**os.environ, "PYTHONPATH": str(stub)}
    ended = run_job(engine_job(folder), Path(sys.executable), 60, engine=START, environ=environ)

    error = ended.observed["error"]
    assert error["kind"] == "run"
    assert error["message"].startswith("the program's Pulumi SDK is too old (it does not know root_directory)")


def test_resources_exports_and_provider_secrets_of_every_shape(tmp_path: Path) -> None:
    run = preview_code(
        tmp_path,
        """\
        import asyncio
        import pulumi
        import pulumi_aws as aws

        eu = aws.Provider("eu", region="eu-west-1", profile=pulumi.Output.secret("me"))
        lake = aws.s3.Bucket("lake", opts=pulumi.ResourceOptions(provider=eu, protect=True))
        aws.s3.BucketObjectv2(
            "o", bucket=lake, source=pulumi.StringAsset("x"), opts=pulumi.ResourceOptions(deleted_with=lake)
        )
        pulumi.export("lake", lake)
        pulumi.export("later", asyncio.sleep(0, "v"))
        """,
        "gcp:project: unused",
    )

    lake, item = run.resource("lake"), run.resource("o")
    assert run.result["error"] is None
    assert (lake["protect"], lake["provider"]) == (True, "urn:pulumi:dev::shop::pulumi:providers:aws::eu")
    assert run.resource("eu")["inputs"]["profile"] == "<secret>"
    assert item["inputs"]["source"]["<asset>"]["text"] == "x"
    assert item["propertyDependencies"] == {"bucket": [lake["urn"]]}
    assert run.result["outputs"]["later"] == "v"
    assert run.result["outputs"]["lake"]["bucket"] == lake["inputs"]["bucket"]
    assert run.result["outputs"]["lake"]["arn"] == "<unknown>"
