"""Names of folders and files, which masking does not change: what they tell of people must not be there."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from dataops_infra.errors import FileProblem, MaskingError, PlanError
from dataops_infra.masking.plan import Plan

_PERSONAL_KEYS = frozenset(
    """
    email mail phone mobile telephone tel ssn iban card pan name firstname lastname surname fullname forename address
    street passport patient customer user person employee member login username birthdate dob
    """.split()  # noqa: SIM905 - a list of words
)
_HARMLESS_TAILS = frozenset({"type", "class", "segment", "tier", "status", "group", "kind", "category"})
_DATE = re.compile(r"\d{4}([-_]?\d{2}){0,2}([T _-]?\d{2}(:?\d{2}){0,2})?")
_MANY_DIGITS = re.compile(r"(?:\d[ -]?){9,}")
"""Phone, card and account numbers; files and folders of Spark have numbers in their names as well, so only the values
of partitions are asked."""


def check_names(table: str, paths: Iterable[Path]) -> None:
    """Refuse folders and files whose names look as if they named a person.

    :param paths: below the source.
    :raises MaskingError: says which partition key or place, never the name itself.
    """
    for path in paths:
        for part in path.parent.parts:
            key, partitioned, value = part.partition("=")
            if partitioned and (_is_personal_key(key) or _looks_personal(value)):
                raise MaskingError(
                    f"table {table} is partitioned by {key}, which may name people: names of folders are not masked; "
                    f"write the table without partitions by {key}, or by a part of it that many rows share"
                )
            if not partitioned and "@" in unquote(part):
                raise MaskingError(f"table {table}: the name of a folder may name people, and is not masked; rename it")
        if "@" in unquote(path.name):
            raise MaskingError(f"table {table}: the name of a file may name people, and is not masked; rename it")


def check_partitions(plan: Plan, paths: Iterable[tuple[str, Path]], plan_path: str) -> None:
    """Refuse partitions by a column that the plan masks: the folder's name would tell what the column hides.

    :param paths: table and path below the source of every file.
    :raises PlanError: names the tables and columns.
    """
    found = {
        (table, part.partition("=")[0])
        for table, path in paths
        for part in path.parent.parts
        if "=" in part and table in plan.tables
    }
    problems = [
        FileProblem(
            0,
            f"{table}.{key} is masked, but the table is partitioned by it, and names of folders are not masked",
            f"write the table without partitions by {key}, or keep the column if it is safe",
        )
        for table, key in sorted(found)
        if key in plan.tables[table].columns and plan.tables[table].columns[key].operator != "keep"
    ]
    if problems:
        raise PlanError(plan_path, problems)


def _is_personal_key(key: str) -> bool:
    words = [word for word in re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", unquote(key)).lower()) if word]
    return bool(_PERSONAL_KEYS & {*words, "".join(words)}) and not (words and words[-1] in _HARMLESS_TAILS)


def _looks_personal(name: str) -> bool:
    text = unquote(name)
    return "@" in text or (_MANY_DIGITS.search(text) is not None and _DATE.fullmatch(text) is None)
