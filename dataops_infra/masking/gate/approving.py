"""A copy that leaves the house has somebody who answers for it."""

from collections.abc import Iterator

from dataops_infra.masking.anonymity.approval import check_approval, dataset_hash
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.verdicts import judged


def approval(case: Case) -> Iterator[Check]:
    """One check where the copy needs an approval, or came with one; hashes the copy's files."""
    if case.approval is None:
        if case.needs_approval:
            explanation = (
                "the plan says `sharing: external`, and no approval was given: have the copy approved, and pass the "
                "record with --approval"
            )
            yield judged("approval", "missing", "valid", explanation=explanation)
        return
    dataset = dataset_hash(case.target.path)
    reasons = check_approval(case.approval, case.plan, dataset, case.tables, case.measures, case.as_of)
    explanation = f"the approval does not cover this copy on {case.as_of}: {'; '.join(reasons)}"
    yield judged("approval", "not valid" if reasons else "valid", "valid", explanation=explanation)
