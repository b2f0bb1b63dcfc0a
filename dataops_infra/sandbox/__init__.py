"""Sandboxes that end by themselves: one file per cloud."""

from dataops_infra.sandbox.aws import AwsSandbox, AwsSandboxArgs, AwsSandboxRef
from dataops_infra.sandbox.gcp import GcpSandbox, GcpSandboxArgs, GcpSandboxRef

__all__ = ["AwsSandbox", "AwsSandboxArgs", "AwsSandboxRef", "GcpSandbox", "GcpSandboxArgs", "GcpSandboxRef"]
