"""Billable types are types that exist and take tags."""

import pytest

from dataops_infra.policy import is_billable
from dataops_infra.policy.billable import billable_classes
from dataops_infra.provider_facts import facts, tokens


@pytest.mark.parametrize(("provider", "at_least"), [("aws", 150), ("gcp", 60)])
def test_every_billable_class_is_a_taggable_type_of_the_sdk(provider: str, at_least: int) -> None:
    matched = {
        (token.split(":")[1].partition("/")[0], token.rpartition(":")[2])
        for token in tokens(provider)
        if is_billable(token) and facts(token).taggable
    }
    assert billable_classes(provider) == matched
    assert len(matched) >= at_least


@pytest.mark.parametrize(
    ("token", "billable"),
    [
        ("aws:s3/bucket:Bucket", True),
        ("aws:redshift/cluster:Cluster", True),
        ("aws:iam/role:Role", False),
        ("aws:ec2/vpc:Vpc", False),
        ("gcp:bigquery/table:Table", True),
        ("gcp:monitoring/alertPolicy:AlertPolicy", False),
        ("azure:storage/account:Account", False),
    ],
)
def test_billable_types(token: str, billable: bool) -> None:
    assert is_billable(token) is billable
