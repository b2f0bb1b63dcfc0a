"""The stack's configuration as providers get it."""

from .records import JobSpec
from .values import Properties, Wire, secret

DYNAMIC_PACKAGE = "pulumi-python"
"""The package of dynamic providers written in Python; its default provider holds the whole configuration."""


def provider_config(job: JobSpec, package: str) -> Properties:
    """``<package>:*`` of the stack's configuration without the prefix; every key of it for dynamic providers."""
    found: Properties = {}
    for key, value in sorted(job.config.items()):
        namespace, _, name = key.partition(":")
        wire: Wire = secret(value) if key in job.config_secret_keys else value
        if package == DYNAMIC_PACKAGE:
            found[key] = wire
        elif namespace == package and name:
            found[name] = wire
    return found
