"""Hosts the components for every Pulumi language; ``PulumiPlugin.yaml`` makes the engine start this module."""

from pulumi.provider.experimental import component_provider_host

from dataops_infra import __version__
from dataops_infra.components import COMPONENTS

PACKAGE = "dataops-infra"


def main() -> None:
    """Serve the components over gRPC until the engine ends this process."""
    component_provider_host(components=COMPONENTS, name=PACKAGE, namespace=None, version=__version__)


if __name__ == "__main__":
    main()
