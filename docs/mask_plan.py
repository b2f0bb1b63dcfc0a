"""The reference page of a masking plan and of an approval, from the models that read them."""

from dataops_infra.masking.anonymity.approval import Approval
from dataops_infra.masking.operators import SPECS
from dataops_infra.masking.plan import Plan
from docs.conventions import section


def page(notice: str) -> str:
    """The page; ``notice`` says how it came about."""
    operators = ", ".join(f"[`{spec.name}`](../guides/masking-operators.md#{spec.name})" for spec in SPECS)
    return "\n".join(
        [
            f"# The plan of a masked copy\n\n{notice}\n\nWhat `dataops mask classify` writes, people review and "
            "`dataops mask run` does. Unknown keys are errors; every column of the source has an entry. "
            "[Reading and changing a plan](../guides/masking-plans.md) is the guide.\n",
            *section("The file", Plan, set()),
            f"## Operators\n\n{operators}: their options stand in the guide.\n",
            *section("The record of an approval", Approval, set()),
        ]
    )
