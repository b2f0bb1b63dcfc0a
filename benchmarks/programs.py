"""The generated program that every measurement of the preview uses."""

from pathlib import Path

RESOURCES_PER_COMPONENT = 3
"""A component, its bucket and the bucket's public-access block."""

_PROGRAM = """\
import pulumi
import pulumi_aws as aws

TAGS = {{"owner": "data", "cost-center": "cc-1234", "environment": "dev", "domain": "growth"}}
TAGS["data-classification"] = "internal"


class Store(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("bench:index:Store", name, {{}}, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(f"{{name}}-data", bucket=f"bench-{{name}}", tags=TAGS, opts=child)
        aws.s3.BucketPublicAccessBlock(
            f"{{name}}-private", bucket=bucket.id, block_public_acls=True, block_public_policy=True,
            ignore_public_acls=True, restrict_public_buckets=True, opts=child,
        )
        self.register_outputs({{"bucket": bucket.bucket}})


for index in range({components}):
    Store(f"store-{{index}}")
"""

_MOCKS = '''\
"""The same program under the SDK's own test mocks, with no policy: the peer."""

import resource
import runpy
import sys

import pulumi
from pulumi.runtime.stack import run_pulumi_func
from pulumi.runtime.sync_await import _sync_await


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks(), project="bench", stack="dev", preview=True)


async def run():
    runpy.run_path(sys.argv[1], run_name="__main__")


_sync_await(run_pulumi_func(run))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
'''


def write_program(folder: Path, resources: int) -> Path:
    """Write a project of about ``resources`` resources (stack and provider not counted) and return its folder."""
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (folder / "__main__.py").write_text(_PROGRAM.format(components=round(resources / RESOURCES_PER_COMPONENT)))
    (folder / "under_mocks.py").write_text(_MOCKS)
    return folder
