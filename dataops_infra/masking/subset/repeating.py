"""The subset that a copy is of, chosen once more: what its manifest tells of it is enough."""

from typing import Any

from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source
from dataops_infra.masking.subset.condition import shown_condition
from dataops_infra.masking.subset.planning import Subset, make_subset
from dataops_infra.masking.subset.request import request_of

CHECK = "subset"


def selected_again(source: Source, plan: Plan, manifest: Any, where: str | None) -> Subset | None:
    """The rows of ``source`` that the copy with this manifest is of; None = of all.

    :param manifest: what stands in the file, whatever that is; None = there is none.
    :param where: the condition, where the manifest withholds it.
    :raises InvalidInputError: a condition is given and the manifest withholds none, or it does not fit the source.
    :raises MaskingError: a condition is needed and not given, or the manifest's record of the subset is damaged.
    """
    recorded = manifest.get("subset") if isinstance(manifest, dict) else None
    if recorded is None:
        if where is not None:
            raise InvalidInputError("--where", "nothing: the copy is no subset by a condition", shown_condition(where))
        return None
    if not isinstance(recorded, dict):
        raise MaskingError("the copy's manifest is damaged: what it says of the subset is none; mask the source again")
    is_withheld = "where" in recorded and recorded["where"] is None
    if is_withheld and where is None:
        raise MaskingError(
            "the copy is a subset by a condition that its manifest withholds, because the plan hides what it looks at: "
            "give it again with --where"
        )
    if where is not None and not is_withheld and where != recorded.get("where"):
        raise InvalidInputError(
            "--where", "nothing: the copy's manifest tells how its rows were chosen", shown_condition(where)
        )
    try:
        request = request_of(recorded, where)
    except ValueError:
        raise MaskingError(
            "the copy's manifest is damaged: what it says of the subset is no request; mask the source again"
        ) from None
    return make_subset(source, plan, request)


def subset_check(subset: Subset, manifest: Any) -> Check:
    """Whether as many rows were chosen as the manifest says: of a source that changed, others are."""
    told = manifest["subset"].get("tables")
    told = told if isinstance(told, dict) else {}
    here = {table.name: {"rows": table.rows, "of": table.of} for table in subset.tables}
    changed = [name for name in sorted({*here, *told}) if here.get(name) != told.get(name)]
    explanation = (
        f"{', '.join(changed[:5])}: the source has other rows than when the copy was made, or another condition was "
        "given: verify with the source as it was, or mask it again"
    )
    return judged(CHECK, len(changed), 0, explanation=explanation)
