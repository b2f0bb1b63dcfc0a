"""What closes a network for a masking job: firewall rules on a network tag that nothing else carries.

Google's own services are reached by the addresses of ``restricted.googleapis.com``, which no route of the internet
leads to and which serve only what VPC Service Controls can hold in; the network's DNS must resolve ``*.googleapis.com``
to them (https://cloud.google.com/vpc/docs/configure-private-google-access).
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_gcp as gcp

from dataops_infra.test_datasets.gcp_children import Children

RESTRICTED_APIS = "199.36.153.4/30"
"""https://cloud.google.com/vpc/docs/configure-private-google-access#config-options (restricted.googleapis.com)."""
_ALLOW_PRIORITY, _DENY_PRIORITY = 900, 1000
"""Smaller is stronger; the rule that every network has and that allows everything has 65535."""


def close_network(children: Children) -> list[pulumi.Resource]:
    """Let the job reach Google's services and the ranges that were named, and nothing else.

    Returns what must be there before the job is.
    """
    plan = children.plan
    rules: list[pulumi.Resource] = []
    if not plan.network.is_closed_here:
        return rules
    for role, rule in egress_rules(plan.network.ranges).items():
        made = gcp.compute.Firewall(
            children.named(f"egress-{role}"),
            name=f"{plan.job}-{role}",
            project=plan.network.project,
            network=plan.network.network,
            direction="EGRESS",
            target_tags=[plan.job],
            opts=children.options(delete_before_replace=True),
            **rule,
        )
        children.usable.append(made.name)
        rules.append(made)
    return rules


def egress_rules(ranges: tuple[str, ...]) -> Mapping[str, Mapping[str, Any]]:
    """The rules by what they do; a rule has addresses of IPv4 or of IPv6, never of both."""
    allowed = {"named": {"destination_ranges": list(ranges), "allows": [{"protocol": "all"}]}} if ranges else {}
    rules: dict[str, dict[str, Any]] = {
        "apis": {"destination_ranges": [RESTRICTED_APIS], "allows": [{"protocol": "tcp", "ports": ["443"]}]},
        **allowed,
        "none": {"destination_ranges": ["0.0.0.0/0"], "denies": [{"protocol": "all"}]},
        "none6": {"destination_ranges": ["::/0"], "denies": [{"protocol": "all"}]},
    }
    return {
        role: {"priority": _DENY_PRIORITY if "denies" in rule else _ALLOW_PRIORITY, **rule}
        for role, rule in rules.items()
    }
