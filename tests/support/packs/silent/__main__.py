"""A pack that says nothing: its trace shows what policies receive."""

from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

PolicyPack(
    "silent",
    policies=[
        ResourceValidationPolicy(
            name="says-nothing",
            description="Looks at nothing.",
            enforcement_level=EnforcementLevel.ADVISORY,
            validate=lambda args, report: None,
        )
    ],
)
