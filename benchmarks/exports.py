"""Exported stacks for the audit's benchmark: components with buckets, their settings, and a resource that is read."""

import json
from pathlib import Path
from typing import Any

BUCKETS = 14
"""Per stack; with their public-access blocks, the stack and its provider a stack has 30 resources."""
_ACCOUNT_TAGS = {
    "owner": "growth-data",
    "cost-center": "cc-1234",
    "domain": "growth",
    "data-classification": "internal",
}


def write_exports(folder: Path, number: int) -> list[Path]:
    """As many exports, each of a project of its own, laid out as the CLI does it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{position:03}.json" for position in range(number)]
    for position, path in enumerate(paths):
        path.write_text(json.dumps(_export(f"project-{position:03}"), indent=4), encoding="utf-8")
    return paths


def _export(project: str) -> dict[str, Any]:
    beginning = f"urn:pulumi:dev::{project}::"
    stack, provider = f"{beginning}pulumi:pulumi:Stack::{project}-dev", f"{beginning}pulumi:providers:aws::default_7"
    resources: list[dict[str, Any]] = [
        {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"},
        {"urn": provider, "custom": True, "id": "id", "type": "pulumi:providers:aws", "inputs": {"version": "7.51.1"}},
    ]
    for number in range(BUCKETS):
        resources += _bucket(beginning, f"{project}-{number}", stack, f"{provider}::id")
    return {"version": 3, "deployment": {"manifest": {"version": "v3.260.0"}, "resources": resources}}


def _bucket(beginning: str, name: str, stack: str, provider: str) -> list[dict[str, Any]]:
    shared = {"custom": True, "id": name, "parent": stack, "provider": provider}
    tags = {**_ACCOUNT_TAGS, "environment": "dev", "managed-by": "pulumi", "zone": "raw"}
    bucket = {"bucket": name, "forceDestroy": False, "tags": tags, "tagsAll": tags}
    urn = f"{beginning}aws:s3/bucket:Bucket::{name}"
    block = {"bucket": name, "blockPublicAcls": True, "blockPublicPolicy": True, "restrictPublicBuckets": True}
    return [
        {
            "urn": urn,
            "type": "aws:s3/bucket:Bucket",
            "inputs": {"__defaults": ["forceDestroy"], **bucket},
            "outputs": {**bucket, "arn": f"arn:aws:s3:::{name}", "id": name},
            **shared,
        },
        {
            "urn": f"{beginning}aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::{name}",
            "type": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "inputs": {"__defaults": [], **block},
            "outputs": {**block, "id": name},
            "dependencies": [urn],
            "propertyDependencies": {"bucket": [urn]},
            **shared,
        },
    ]
