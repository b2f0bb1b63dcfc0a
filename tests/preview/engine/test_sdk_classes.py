"""Required inputs are read from the arguments of the resource, not from a nested type of the same name."""

import pulumi_aws as aws
import pytest

from dataops_infra.preview.engine.classes import SdkClasses


@pytest.mark.parametrize(
    ("token", "resource", "required"),
    [
        ("aws:s3/bucketLogging:BucketLogging", aws.s3.BucketLogging, {"bucket", "targetBucket", "targetPrefix"}),
        ("aws:s3/bucketVersioning:BucketVersioning", aws.s3.BucketVersioning, {"bucket", "versioningConfiguration"}),
        ("aws:s3/bucketPolicy:BucketPolicy", aws.s3.BucketPolicy, {"bucket", "policy"}),
    ],
)
def test_required_inputs_of_a_type_are_those_of_its_own_arguments(
    token: str, resource: type, required: set[str]
) -> None:
    assert resource.__name__ == token.rpartition(":")[2]
    assert {wire for wire, _ in SdkClasses().shape(token).required} == required
