"""Answers IAM requests with Principal Mapper's local evaluator, in a process of its own (it is AGPL: see ADR 0085).

Reads a JSON list of requests from stdin, writes a JSON list of verdicts (true = allowed) to stdout. Imports none of
our code. A request holds ``action``, ``resource``, ``context`` (condition keys), ``resource_policy`` and
``resource_owner`` (both may be null), and either ``service`` (a service principal) or ``principal`` (``arn`` of a role
or user, ``policies``).
"""

import collections
import collections.abc
import json
import sys
from typing import Any

collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]

from principalmapper.common import Node, Policy  # type: ignore[import-untyped]  # noqa: E402
from principalmapper.querying.local_policy_simulation import (  # type: ignore[import-untyped]  # noqa: E402
    ResourcePolicyEvalResult,
    resource_policy_authorization,
)
from principalmapper.querying.query_interface import (  # type: ignore[import-untyped]  # noqa: E402
    local_check_authorization_full,
)


def verdict(request: dict[str, Any]) -> bool:
    """Whether AWS would allow the request, as Principal Mapper sees it."""
    policy, owner = request["resource_policy"], request["resource_owner"]
    action, resource, context = request["action"], request["resource"], request["context"]
    if "service" in request:
        result = resource_policy_authorization(request["service"], owner, policy, action, resource, context)
        return bool(result is ResourcePolicyEvalResult.SERVICE_MATCH)
    given = request["principal"]
    policies = [Policy(given["arn"], f"policy-{index}", document) for index, document in enumerate(given["policies"])]
    trust: dict[str, Any] | None = {} if ":role/" in given["arn"] else None
    node = Node(given["arn"], "AIDAEXAMPLE", policies, [], trust, None, 0, False, False, None, False, {})
    return bool(local_check_authorization_full(node, action, resource, context, policy, owner))


if __name__ == "__main__":
    json.dump([verdict(request) for request in json.load(sys.stdin)], sys.stdout)
