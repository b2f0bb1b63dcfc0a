"""The rules of the pack ``dataops-data-lake``, one module per topic, each with its ``RULES``.

A package, so that its modules find one another by relative imports wherever the pack's folder stands.
"""

from dataops_infra.policy import Rule

from . import layout

RULES: tuple[Rule, ...] = (*layout.RULES,)
