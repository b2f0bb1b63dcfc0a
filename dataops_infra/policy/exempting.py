"""Which stack an exemption can concern: one ``dataops.yaml`` serves many stacks."""

from dataops_infra.conventions.exemptions import Exemption


def may_concern(exemption: Exemption, urn_prefix: str) -> bool:
    """Whether the exemption's glob can match a URN that begins with ``urn_prefix``, such as ``urn:pulumi:dev::``."""
    literal = exemption.resource.replace("?", "*").split("*", 1)[0]
    return urn_prefix.startswith(literal) or literal.startswith(urn_prefix)
