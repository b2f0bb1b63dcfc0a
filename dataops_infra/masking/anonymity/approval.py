"""The record by which somebody answers for handing a masked copy to people outside the organisation.

A plan with ``sharing: external`` demands one: ``dataops mask verify PLAN --source S --target T --approval FILE``
refuses the copy when it is missing, over, or for other data. One approval is for one plan and one copy, byte for byte.
Whoever approves looks at the report of ``verify``, fills in :func:`approval_to_fill_in`, and commits the file; the
review of that commit is what counts, the file only says what was reviewed.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dataops_infra.conventions.base import Mistake, Model, refused, shown_path, text
from dataops_infra.conventions.documents import read_document
from dataops_infra.conventions.validation import validate_document
from dataops_infra.errors import FileProblem, MaskingError, PlanError
from dataops_infra.masking.anonymity.measures import Measures
from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.masking.plan import Plan

SCHEMA: Literal["dataops.mask-approval/v1"] = "dataops.mask-approval/v1"
MAXIMUM_DAYS = 366
"""An approval lasts no longer: what can be found out about people from other sources grows."""
HOW_TO_MAKE = "`dataops mask verify` without --approval prints the record to fill in"

_Hash = Annotated[str, text("[0-9a-f]{64}", "a SHA-256 as 64 lowercase hex digits")]
_Approver = Annotated[str, text(r"(?s).*\S.*", "the name of whoever answers for it")]


class Approval(Model):
    """Who approved which copy, what it promises and until when."""

    schema_: Literal["dataops.mask-approval/v1"] = Field(
        default=SCHEMA, alias="schema", description="The form of the file."
    )
    plan_hash: _Hash = Field(
        description="SHA-256 of what the plan says that the copy was made by; `mask verify` prints it."
    )
    dataset_hash: _Hash = Field(
        description="SHA-256 of the names and contents of the copy's files; `mask verify` prints it."
    )
    k: int = Field(ge=2, description="Least rows that share their quasi-identifiers.")
    l: int | None = Field(default=None, ge=2, description="Least distinct sensitive values in such a group.")  # noqa: E741
    t: float | None = Field(default=None, gt=0, le=1, description="Farthest a group's distribution may be, 0 to 1.")
    approver: _Approver = Field(description="Who answers for it: a person, not a team.")
    recipient: str = Field(default="", description="Who gets the copy.")
    granted_on: date = Field(description="The first day on which it counts.")
    expires_on: date = Field(description="The last day on which the copy may be handed out.")

    @model_validator(mode="after")
    def _dates(self) -> "Approval":
        if self.expires_on < self.granted_on:
            raise refused([Mistake("expected a day from granted_on on", at=("expires_on",))])
        if self.expires_on - self.granted_on > timedelta(days=MAXIMUM_DAYS):
            raise refused([Mistake(f"expected at most {MAXIMUM_DAYS} days after granted_on", at=("expires_on",))])
        return self


def read_approval(path: Path) -> Approval:
    """The approval in one file.

    :raises PlanError: every mistake of the file, with line and hint.
    """
    document = read_document(path)
    if document.is_empty:
        raise PlanError(shown_path(path), [FileProblem(0, "is empty", HOW_TO_MAKE)])
    approval, problems = validate_document(Approval, document)
    if approval is None:
        raise PlanError(shown_path(path), problems)
    return approval


def dataset_hash(target: Path) -> str:
    """The hash of a copy: of the names and contents of its files.

    The manifest is left out: it tells of the gate, which tells of the approval.

    Works on a staging folder and on a published one. The same as, in that folder,
    ``find . -type f ! -path ./_manifest.json -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum``.

    :param target: a folder, or the one file of a copy.
    :raises MaskingError: it is missing, cannot be read, or holds something that is neither file nor folder.
    """
    try:
        files = [target] if target.is_file() else sorted(target.rglob("*"), key=lambda path: _name(path, target))
        if not target.exists():
            raise MaskingError(f"{shown_path(target)} does not exist: there is no copy to hash")
        lines = [_line(path, target) for path in files if _counts(path, target)]
    except OSError as error:
        raise MaskingError(f"{shown_path(target)} cannot be read: {error.strerror or error}") from error
    return hashlib.sha256(b"".join(lines)).hexdigest()


def approval_to_fill_in(
    plan: Plan, dataset: str, measures: Mapping[str, Measures], tables: Collection[str] | None = None
) -> str:
    """A record for this copy as YAML, with what was measured filled in and what a person must say left empty.

    :param dataset: :func:`dataset_hash` of the copy.
    :param measures: table -> measures of the copy.
    :param tables: the only tables that were judged; None = all.
    """
    reached = {"k": min((found.k for found in measures.values() if found.rows), default=plan.k)}
    if plan.l is not None:
        reached["l"] = min((found.l for found in measures.values() if found.rows and found.l), default=plan.l)
    lines = [] if tables is None else [f"# covers {json.dumps(sorted(tables), ensure_ascii=False)} and no other table"]
    lines += [f"schema: {SCHEMA}", f"plan_hash: {json.dumps(plan.digest)}", f"dataset_hash: {json.dumps(dataset)}"]
    lines += [f"{name}: {value}" for name, value in reached.items()]
    lines += [] if plan.t is None else [f"t: {plan.t}"]
    lines += ["approver: # who answers for it", "recipient: # who gets the copy"]
    lines += ["granted_on: # 2026-01-31", f"expires_on: # at most {MAXIMUM_DAYS} days later"]
    return "\n".join(lines) + "\n"


def check_approval(
    approval: Approval,
    plan: Plan,
    dataset: str,
    tables: Collection[str],
    measures: Mapping[str, Measures],
    as_of: date,
) -> list[str]:
    """Why the approval does not cover this copy on that day: every reason, in words; empty = it does.

    :param dataset: :func:`dataset_hash` of the copy.
    :param tables: those of the plan that the copy has; a part of a database has not all of them.
    :param measures: table -> measures of the copy.
    """
    return [
        *_other_data(approval, plan, dataset),
        *_wrong_day(approval, as_of),
        *_promises_less(approval, plan),
        *_not_reached(approval, plan, tables, measures),
    ]


def _other_data(approval: Approval, plan: Plan, dataset: str) -> list[str]:
    found = []
    if approval.plan_hash != plan.digest:
        found.append(f"it is for the plan {approval.plan_hash[:12]}…, and this one is {plan.digest[:12]}…")
    if approval.dataset_hash != dataset:
        found.append(f"it is for the copy {approval.dataset_hash[:12]}…, and this one is {dataset[:12]}…")
    return found


def _wrong_day(approval: Approval, as_of: date) -> list[str]:
    if as_of > approval.expires_on:
        return [f"it ended on {approval.expires_on}, before {as_of}: have the copy approved again"]
    if as_of < approval.granted_on:
        return [f"it was granted on {approval.granted_on}, after {as_of}"]
    return []


def _promises_less(approval: Approval, plan: Plan) -> list[str]:
    found = []
    if plan.k is not None and approval.k < plan.k:
        found.append(f"it promises k = {approval.k}, and the plan demands {plan.k}")
    if plan.l is not None and (approval.l is None or approval.l < plan.l):
        found.append(
            f"it promises {'no l' if approval.l is None else f'l = {approval.l}'}, and the plan demands {plan.l}"
        )
    if plan.t is not None and (approval.t is None or approval.t > plan.t):
        found.append(
            f"it promises {'no t' if approval.t is None else f't = {approval.t}'}, and the plan demands {plan.t}"
        )
    return found


def _not_reached(
    approval: Approval, plan: Plan, tables: Collection[str], measures: Mapping[str, Measures]
) -> list[str]:
    found = []
    identified = [table for table, columns in plan.quasi_identifiers.items() if columns]
    if not identified:
        found.append("the plan names no quasi-identifiers, so nothing can be promised: declare them")
    elif not any(table in tables for table in identified):
        found.append("none of its tables has quasi-identifiers, so nothing can be promised: name one that has")
    if (approval.l is not None or approval.t is not None) and not any(plan.sensitive.values()):
        found.append("it promises l or t, and the plan names no sensitive column: declare them")
    for table in (table for table in identified if table in tables):
        if table not in measures:
            found.append(f"{table} was not measured")
            continue
        shortfalls = measures[table].shortfalls(approval.k, approval.l, approval.t)
        found += [f"{table}: {shortfall}, which it promises" for shortfall in shortfalls]
    return found


def _name(path: Path, target: Path) -> bytes:
    name = path.name if path == target else path.relative_to(target).as_posix()
    return name.encode("utf-8", "surrogateescape")


def _counts(path: Path, target: Path) -> bool:
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise MaskingError(f"{shown_path(path)} is neither a file nor a folder: a copy consists of nothing else")
    return path.is_file() and path != target / FOLDER_MANIFEST


def _line(path: Path, target: Path) -> bytes:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = _name(path, target)
    # As sha256sum escapes names that a line cannot hold: each name has a line of its own, and none is two names.
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return (b"" if escaped == name else b"\\") + f"{digest}  ".encode() + escaped + b"\n"
