"""The rules of the pack ``dataops-pii``, one module per topic, each with its ``RULES``.

A package, so that its modules find one another by relative imports wherever the pack's folder stands.
"""

from dataops_infra.policy import Rule

from . import access_logs, classifying, encryption, exposure, key_care, masking, plaintext, stays_in_production

RULES: tuple[Rule, ...] = (
    *classifying.RULES,
    *encryption.RULES,
    *key_care.RULES,
    *stays_in_production.RULES,
    *exposure.RULES,
    *access_logs.RULES,
    *plaintext.RULES,
    *masking.RULES,
)
