"""Sandboxes that end by themselves: one file per cloud."""

from dataops_infra.sandbox.aws import AwsSandbox, AwsSandboxArgs, AwsSandboxRef

__all__ = ["AwsSandbox", "AwsSandboxArgs", "AwsSandboxRef"]
