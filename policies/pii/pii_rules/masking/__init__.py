"""Masking jobs: that they have a gate, that they cannot leak, and that their readers stay away from their source."""

from dataops_infra.policy import Rule, Severity

from ..controls import ACCESS_CONTROL, LEAKAGE, PRIVACY, SEPARATION
from ..flow.kinds import KIND_OF
from .consumers import BUCKET_POLICY, consumers_apart
from .gate import has_gate
from .grants import GRANT_TYPES
from .jobs import JOB_TYPES
from .leaks import cannot_leak
from .networks import NETWORKS
from .rights import AWS_RIGHTS, RUNNING
from .watching import WATCHING

RULES: tuple[Rule, ...] = (
    Rule(
        name="masked-dataset-has-gate",
        description="A masking job masks by the reviewed plan, keeps the verdict, and somebody is told of refusals.",
        kind="stack",
        types=JOB_TYPES | WATCHING,
        check=has_gate,
        remediation=("use MaskedTestDataset, which pins the plan, keeps the verdict and raises the alarm",),
        severity=Severity.HIGH,
        frameworks=(PRIVACY, LEAKAGE),
        config={
            "alarmsElsewhere": {
                "type": "boolean",
                "default": False,
                "description": "Another stack tells people of failed runs of every job.",
            }
        },
    ),
    Rule(
        name="masked-source-not-readable-by-consumer",
        description="Whoever may read a masked copy may not read the data that it is made of.",
        kind="stack",
        types=JOB_TYPES | AWS_RIGHTS | RUNNING | GRANT_TYPES | frozenset(KIND_OF) | {BUCKET_POLICY},
        check=consumers_apart,
        remediation=("let nobody but the masking job and the data's owners read the source",),
        severity=Severity.HIGH,
        frameworks=(SEPARATION, ACCESS_CONTROL),
    ),
    Rule(
        name="masked-job-cannot-leak",
        description="A masking job reaches no internet and writes nothing but its copy, its staging and its verdict.",
        kind="stack",
        types=JOB_TYPES | AWS_RIGHTS | RUNNING | GRANT_TYPES | NETWORKS | frozenset(KIND_OF),
        check=cannot_leak,
        remediation=("use MaskedTestDataset, whose job is closed in its network and its rights",),
        severity=Severity.CRITICAL,
        frameworks=(LEAKAGE, PRIVACY),
        config={
            "networksElsewhere": {
                "type": "boolean",
                "default": False,
                "description": "Network policies of another stack close the pods of every job on Kubernetes.",
            }
        },
    ),
)
