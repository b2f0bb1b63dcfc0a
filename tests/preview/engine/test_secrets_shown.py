"""No secret of a program reaches result.json, whatever the program does with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.engine.hidden import secret_texts
from dataops_infra.preview.engine.values import secret
from tests.support.engine import preview_code, run_engine, write_program

HEADER = "import pulumi\nimport pulumi_aws as aws\ns = pulumi.Output.secret('hush-hush')\n"
REGION = "aws:region: eu-west-1"
OUTPUTS = {"organization/net/dev": {"sec": {"<secret>": "hush-hush"}, "nest": {"a": [{"<secret>": "hush-hush"}]}}}
COPYING_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

PolicyPack("copying", [ResourceValidationPolicy(
    name="copy", description="d", enforcement_level=EnforcementLevel.REMEDIATE,
    validate=lambda args, report: None,
    remediate=lambda args: {**{k: v for k, v in args.props.items()}, "copy": args.props["name"]}
    if args.resource_type == "aws:sns/topic:Topic" else None)])
"""

PROGRAMS = {
    "function arguments": "aws.ssm.get_parameter_output(name=s)\naws.sns.Topic('t', tags={'a': s}, name=s)\n",
    "a document": "d = aws.iam.get_policy_document_output(statements=[{'actions': ['s3:*'], 'resources': [s]}])\n"
    "aws.sns.Topic('t', policy=d.json)\npulumi.export('doc', d.json)\n",
    "a provider": "p = aws.Provider('p', region='eu-west-1', access_key=s, default_tags={'tags': {'a': s}})\n"
    "aws.s3.Bucket('b', tags={'x': 'y'}, opts=pulumi.ResourceOptions(provider=p))\n",
    "a component": "c = pulumi.ComponentResource('a:b:C', 'c', {'s': s, 'l': [s]})\nc.register_outputs({'s': s})\n"
    "pulumi.export('c', c)\npulumi.export('text', pulumi.Output.concat('a', s))\n",
    "whole tags": "aws.s3.Bucket('b', tags=pulumi.Output.secret({'a': 'hush-hush'}))\n",
    "another stack": "r = pulumi.StackReference('organization/net/dev')\npulumi.export('all', r.outputs)\n"
    "pulumi.ComponentResource('a:b:C', 'c', {'s': r.outputs, 't': r.get_output('nest')})\n",
    "a refusal": "aws.s3.Bucket('b' * 70, acl=s)\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_secret_is_shown(tmp_path: Path, name: str) -> None:
    result = preview_code(tmp_path, HEADER + PROGRAMS[name], REGION, stackOutputs=OUTPUTS).result

    assert (result["error"] is None) == (name != "a refusal")
    assert "hush-hush" not in json.dumps(result)


def test_a_remediation_that_loses_the_marks_shows_nothing_either(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(COPYING_PACK)
    folder = write_program(tmp_path / "p", HEADER + "aws.sns.Topic('t', name=s)\n", REGION)
    result = run_engine(folder, [pack]).result

    assert result["error"] is None
    assert result["remediations"][0]["after"]["copy"] == "<secret>"
    assert "hush-hush" not in json.dumps(result)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ({"a": secret("one"), "b": "two"}, {"one"}),
        ({"a": [{"b": secret({"c": ["three", "no", 4.0]})}]}, {"three"}),
        (secret('{"tags": {"a": "one"}}'), {'{"tags": {"a": "one"}}', "one"}),
        (secret("{no json"), {"{no json"}),
        ("plain", set()),
    ],
)
def test_the_texts_of_secrets(value: Any, texts: set[str]) -> None:
    assert secret_texts(value) == texts
