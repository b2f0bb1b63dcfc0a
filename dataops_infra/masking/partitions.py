"""Names of folders and files, which masking does not change: what they tell of people must not be there."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from dataops_infra.errors import FileProblem, MaskingError, PlanError
from dataops_infra.masking.detection.names import read_name, words_of
from dataops_infra.masking.gate.showing import shape
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.telling_names import names_a_person

_PERSONAL_KEYS = frozenset(
    """
    email mail phone mobile telephone tel ssn iban card pan name firstname lastname surname fullname forename address
    street passport patient customer user person employee member login username birthdate dob
    """.split()  # noqa: SIM905 - a list of words
)
_HARMLESS_TAILS = frozenset({"type", "class", "segment", "tier", "status", "group", "kind", "category"})
_PERSONAL_KINDS = frozenset(
    """
    email phone payment_card iban us_ssn national_id bank_account first_name last_name full_name street address
    coordinate birth_date username secret ip_address mac_address vehicle
    """.split()  # noqa: SIM905 - a list of words
)
_OF_MANY = frozenset({"tenant", "account"})
"""Keys that name a customer's whole company as often as a person: their values tell."""
_PLACES = frozenset({"city", "country"})
_TECHNICAL = frozenset({"batch", "load", "run", "job", "version", "snapshot", "partition", "bucket", "shard", "chunk"})
_NUMBER = re.compile(r"\d{6,}")
"""Numbers of people begin at about here; those of years, hours and buckets are shorter."""
_DATE = re.compile(r"(19|20)\d{2}([-_]?(0[1-9]|1[0-2])([-_]?(0[1-9]|[12]\d|3[01]))?)?([T _-]?\d{2}(:?\d{2}){0,2})?")
_MANY_DIGITS = re.compile(r"(?:\d[ -]?){9,}")
"""Phone, card and account numbers; files and folders of Spark have numbers in their names as well, so only the values
of partitions are asked."""


def check_names(table: str, paths: Iterable[Path]) -> None:
    """Refuse folders and files whose names look as if they named a person.

    :param paths: below the source.
    :raises MaskingError: says which partition key or place, never the name itself.
    """
    if names_a_person(unquote(table)):
        raise MaskingError(
            f"a table is called {shape(unquote(table))}, which may name people: names of files and folders are not "
            "masked; rename it"
        )
    checked: set[str] = set()
    for path in paths:
        for part in {*path.parent.parts} - checked:
            checked.add(part)
            key, partitioned, value = part.partition("=")
            if partitioned and (_is_personal_key(key) or _looks_personal(key, value)):
                raise MaskingError(
                    f"table {table} is partitioned by {key}, which may name people: names of folders are not masked; "
                    f"write the table without partitions by {key}, or by a part of it that many rows share"
                )
            if not partitioned and names_a_person(unquote(part)):
                raise MaskingError(f"table {table}: the name of a folder may name people, and is not masked; rename it")
        if names_a_person(unquote(path.name.partition(".")[0])) or "@" in unquote(path.name):
            raise MaskingError(f"table {table}: the name of a file may name people, and is not masked; rename it")


def check_partitions(plan: Plan, paths: Iterable[tuple[str, Path]], plan_path: str) -> None:
    """Refuse partitions by a column that the plan masks: the folder's name would tell what the column hides.

    :param paths: table and path below the source of every file.
    :raises PlanError: names the tables and columns.
    """
    problems = masked_partitions(plan, paths)
    if problems:
        raise PlanError(plan_path, problems)


def masked_partitions(plan: Plan, paths: Iterable[tuple[str, Path]]) -> list[FileProblem]:
    """The columns that the plan masks and by which tables are partitioned; ``paths`` as above."""
    found = {
        (table, part.partition("=")[0])
        for table, path in paths
        for part in path.parent.parts
        if "=" in part and table in plan.tables
    }
    return [
        FileProblem(
            0,
            f"{table}.{key} is masked, but the table is partitioned by it, and names of folders are not masked",
            f"write the table without partitions by {key}, or keep the column if it is safe",
        )
        for table, key in sorted(found)
        if key in plan.tables[table].columns and plan.tables[table].columns[key].operator != "keep"
    ]


def _is_personal_key(key: str) -> bool:
    plain = unquote(key)
    words = [word for word in re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", plain).lower()) if word]
    if words and words[-1] in _HARMLESS_TAILS:
        return False
    reading = read_name(plain)
    says_person = reading.kind in _PERSONAL_KINDS and reading.is_certain and plain.lower() not in _OF_MANY
    return says_person or bool(_PERSONAL_KEYS & {*words, "".join(words)})


def _looks_personal(key: str, value: str) -> bool:
    text = unquote(value)
    if "@" in text:
        return True
    if _DATE.fullmatch(text) is not None:
        return False
    if _MANY_DIGITS.search(text) is not None:
        return True
    counts = bool(_TECHNICAL & set(words_of(unquote(key)))) or not read_name(unquote(key)).is_certain
    return (not counts and _NUMBER.fullmatch(text.lstrip("0")) is not None) or (
        read_name(unquote(key)).kind not in _PLACES and names_a_person(text)
    )
