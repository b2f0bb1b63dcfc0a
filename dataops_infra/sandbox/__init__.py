"""Sandboxes that end by themselves: one file per cloud."""

from typing import TYPE_CHECKING

from dataops_infra.foundation.exports import exported

if TYPE_CHECKING:
    from dataops_infra.sandbox.aws import AthenaLimits, AwsSandbox, AwsSandboxArgs, AwsSandboxRef
    from dataops_infra.sandbox.gcp import GcpSandbox, GcpSandboxArgs, GcpSandboxRef

__all__ = [
    "AthenaLimits",
    "AwsSandbox",
    "AwsSandboxArgs",
    "AwsSandboxRef",
    "GcpSandbox",
    "GcpSandboxArgs",
    "GcpSandboxRef",
]
__getattr__ = exported(
    __name__,
    {
        "aws": ("AthenaLimits", "AwsSandbox", "AwsSandboxArgs", "AwsSandboxRef"),
        "gcp": ("GcpSandbox", "GcpSandboxArgs", "GcpSandboxRef"),
    },
)
