"""The lines of resources, and of requests that failed before they were sent."""

from pathlib import Path

import pytest

from tests.support.engine import preview_code

COMPONENTS = """\
import pulumi


class Base(pulumi.ComponentResource):
    def __init__(self, kind, name, opts=None):
        this = self
        super().__init__(f"acme:index:{kind}", name, None, opts)


class A(Base):
    def __init__(self, name, opts=None):
        super().__init__("A", name, opts)
        self.part = pulumi.ComponentResource("acme:index:Part", name + "-part", {}, pulumi.ResourceOptions(parent=self))


def decorated(function):
    def around(*args, **options):
        return function(*args, **options)

    return around


class B(A):
    @decorated
    def __init__(self, *names):
        self.register(*names)

    def register(self, name):
        super().__init__(name)


def factory(name):
    return A(name)


A("one")
B("two")
factory("three")
pulumi.ComponentResource("acme:index:Plain", "plain")
"""


def test_a_component_is_where_it_was_asked_for_whatever_it_inherits(tmp_path: Path) -> None:
    run = preview_code(tmp_path, COMPONENTS)

    lines = {item["name"]: item["source"]["line"] for item in run.result["resources"] if item["source"]}
    inside = {"one-part": 13, "two-part": 13, "three-part": 13}
    assert lines == {"one": 36, "two": 37, "three": 33, "plain": 39, **inside}
    around = {item["name"]: [frame["line"] for frame in item["frames"]] for item in run.result["resources"]}
    assert (around["three"], around["two-part"]) == ([33, 38], [13, 29, 26, 18, 37])


TOPIC = "import pulumi\nimport pulumi_aws as aws\nd = {}\nd['x'] = d\n"


@pytest.mark.parametrize(
    ("code", "kind", "parts"),
    [
        ("aws.sns.Topic('c', tags=['x'])", "program", ("'c'", "'tags'")),
        ("aws.sns.Topic('c', tags={'owner': {'x': 1}})", "program", ("`c`", "`tags")),
        (
            "aws.sns.Topic('c', tags=d)",
            "program",
            ("aws:sns/topic:Topic resource 'c': one of its values contains itself", "RecursionError"),
        ),
        ("pulumi.export('a', object())", "program", ("'a'", "unexpected input of type object")),
        (
            "aws.s3.BucketObject('o', bucket='b', source=pulumi.FileAsset('gone.txt'))",
            "asset",
            ("failed to compute asset hash", "gone.txt", "aws:s3/bucketObject:BucketObject resource 'o'"),
        ),
    ],
)
def test_a_request_that_cannot_be_sent_has_the_line_of_its_resource(
    code: str, kind: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    error = preview_code(tmp_path, f"{TOPIC}{code}\n").error

    assert error["kind"] == kind
    assert error["source"] == {"file": str(tmp_path / "__main__.py"), "line": 5}
    said = f"{error['message']}\n{error['detail']}"
    assert all(part in said for part in parts)


def test_a_mistake_in_a_components_arguments_is_at_the_users_line(tmp_path: Path) -> None:
    code = "from dataops_infra.data_lake import S3DataLake\n\nS3DataLake('lake', {'domain': 1})\n"
    error = preview_code(tmp_path, code, "aws:region: eu-west-1").error

    assert error["source"] == {"file": str(tmp_path / "__main__.py"), "line": 3}
