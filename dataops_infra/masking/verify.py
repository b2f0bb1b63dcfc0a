"""Judges a copy that is already there: plan, source and copy are enough, no key is needed."""

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.anonymity.approval import approval_to_fill_in, dataset_hash, read_approval
from dataops_infra.masking.background import in_background
from dataops_infra.masking.binding import open_with_plan
from dataops_infra.masking.formats.metadata import foreign_metadata
from dataops_infra.masking.formats.one_layout import own_file
from dataops_infra.masking.gate.judging import Progress, judge
from dataops_infra.masking.gate.model import Check, GateReport, Verdict
from dataops_infra.masking.gate.showing import shape
from dataops_infra.masking.gate.unread import unread_values
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.manifest import manifest_path
from dataops_infra.masking.manifest_checks import loaded_part, manifest_checks, read_manifest
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source, open_source
from dataops_infra.masking.subset.repeating import selected_again, subset_check


@dataclass(frozen=True)
class VerifyRequest:
    """Which copy to judge, by which plan.

    :param plan: the plan's file.
    :param source: a file, or a folder with one file or sub-folder per table.
    :param target: the copy, of the same kind.
    :param approval: the record of who answers for handing it out.
    :param as_of: the day that the approval is judged at.
    :param names: how reports call source and target, where these are only the working folder's.
    :param where: the condition of a copy that is a subset, where its manifest withholds it.
    :param tables: the tables of the copy that are judged; None = those that its manifest says were loaded, or all.
    """

    plan: Path
    source: Path
    target: Path
    as_of: date
    approval: Path | None = None
    names: tuple[str, str] | None = None
    where: str | None = None
    tables: frozenset[str] | None = None

    @property
    def shown(self) -> tuple[str, str]:
        """Source and target as reports call them."""
        return self.names or (shown_path(self.source), shown_path(self.target))


@dataclass(frozen=True)
class Verification:
    """What was found."""

    request: VerifyRequest
    plan: Plan
    gate: GateReport

    @property
    def exit_code(self) -> int:
        """0 = the copy may be handed out, 1 = the gate refuses it."""
        return 0 if self.gate.verdict is Verdict.PASS else 1

    @property
    def approval_to_fill_in(self) -> str | None:
        """The record that is all this copy lacks, as YAML for a person to fill in; None = it lacks none, or more."""
        if {check.name for check in self.gate.checks if check.verdict is Verdict.FAIL} != {"approval"}:
            return None
        copy = dataset_hash(self.request.target)
        return approval_to_fill_in(self.plan, copy, self.gate.measures, self.request.tables)


def verify(request: VerifyRequest, progress: Progress | None = None) -> Verification:
    """Judge the copy at ``request.target``; nothing is written.

    :raises PlanError: the plan or the approval is wrong, or the source is not what the plan describes.
    :raises InvalidInputError: a condition is given and not needed, or does not fit the source.
    :raises MaskingError: a side is missing or cannot be read, or a condition is needed and not given.
    """
    plan, whole = open_with_plan(request.plan, request.source)
    approval = read_approval(request.approval) if request.approval is not None else None
    if not request.target.exists():
        raise MaskingError(f"{request.shown[1]} does not exist: there is no copy to judge; make one with `mask run`")
    manifest = read_manifest(manifest_path(request.target))
    subset = in_background(partial(selected_again, whole, plan, manifest, request.where))
    copy = open_source(request.target, like=whole)
    source, target = _part(whole if subset is None else subset.source, copy, request.tables, loaded_part(manifest))
    people = whole if subset is not None or source.tables.keys() < whole.tables.keys() else None
    target = _named_alike(source, target)
    gate = in_background(
        partial(judge, plan, source, target, approval, request.as_of, progress, needs_approval=True, people=people)
    )
    checks = [*gate.checks, *manifest_checks(plan, target, gate, request.tables), *_unjudged_files(copy)]
    checks += _metadata_checks(source, target)
    checks += in_background(partial(_unread_checks, source, target))
    if subset is not None:
        checks.append(subset_check(subset, manifest))
    return Verification(request, plan, dataclasses.replace(gate, checks=tuple(sorted(checks, key=_order))))


def _part(
    source: Source, copy: Source, asked: frozenset[str] | None, loaded: frozenset[str] | None
) -> tuple[Source, Source]:
    """Both sides with the tables that are judged: those asked for, else those that a database took in.

    Tables without rows beside these hold nobody; others are left to the gate, which refuses what it cannot compare.
    """
    judged_tables = asked if asked is not None else loaded
    if judged_tables is None:
        return source, copy
    kept = {name for name, table in copy.tables.items() if name in judged_tables or table.rows != 0}
    return _only(source, judged_tables), _only(copy, kept)


def _only(source: Source, names: Collection[str]) -> Source:
    return Source(source.path, {name: table for name, table in source.tables.items() if name in names})


def _named_alike(source: Source, target: Source) -> Source:
    """A copy that is one file may have any name: its table is the source's."""
    if not (source.path.is_file() and target.path.is_file()):
        return target
    (name,), (copy,) = source.tables, target.tables.values()
    return Source(target.path, {name: dataclasses.replace(copy, name=name)})


def _unjudged_files(target: Source) -> Iterator[Check]:
    """Nothing lies in the copy's folder but its data and its manifest: nobody looked into the rest."""
    if not target.path.is_dir():
        return
    judged_files = {file.path for table in target.tables.values() for file in table.files}
    judged_files.add(manifest_path(target.path))
    others = [path for path in target.path.rglob("*") if path not in judged_files]
    number = sum(path.is_symlink() or not path.is_dir() or _is_empty(path) for path in others)
    explanation = (
        f"{number:,} files or empty folders in the folder are neither data nor its manifest (names that begin with _ "
        "or . are no data): take them out, nothing of them was judged"
    )
    yield judged("unjudged-files", number, 0, explanation=explanation)


def _is_empty(folder: Path) -> bool:
    """Whether nothing is seen in a folder, also because this user may not look into it."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return True


def _metadata_checks(source: Source, target: Source) -> Iterator[Check]:
    """Files carry keys and values of anybody's choice, which no reader of rows sees."""
    for name, table in target.tables.items():
        like = source.tables[name].schema if name in source.tables else table.schema
        keys = [key for file in table.files for key in foreign_metadata(own_file(file.data), like)]
        explanation = (
            f"{len(keys):,} entries of metadata in the files are not those of the source: nothing of them was judged, "
            "so mask again, or write the copy without them"
        )
        yield judged("foreign-metadata", len(keys), 0, name, explanation=explanation, examples=[*map(shape, keys[:3])])


def _unread_checks(source: Source, target: Source) -> list[Check]:
    """Files hold values that no reader of rows sees: of tables that both sides have, others are refused anyway."""
    both = [name for name in target.tables if name in source.tables]
    return [check for name in both for check in unread_values(target.tables[name], source.tables[name].schema)]


def _order(check: Check) -> tuple[str, str, str]:
    return (check.name, check.table or "", check.column or "")
