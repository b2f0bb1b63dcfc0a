"""The rules of the pack ``dataops-data-lake``, one module per topic, each with its ``RULES``.

A package, so that its modules find one another by relative imports wherever the pack's folder stands.
"""

from dataops_infra.policy import Rule

from . import bucket_access, bucket_keeping, bucket_safety, deletion, layout, log_retention, policy_lockout

RULES: tuple[Rule, ...] = (
    *bucket_access.RULES,
    *bucket_keeping.RULES,
    *bucket_safety.RULES,
    *deletion.RULES,
    *layout.RULES,
    *log_retention.RULES,
    *policy_lockout.RULES,
)
