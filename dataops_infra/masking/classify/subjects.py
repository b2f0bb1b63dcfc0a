"""Whose dates move together: the column that names the person a date is about, in tables of people and in others.

The dates of one person move alike only where the subjects hold the same codes in one domain: a visit's own number
would move a patient's birthday otherwise than the table of patients does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dataops_infra.masking.classify.deciding import Finding
from dataops_infra.masking.classify.relations import KEY_WORDS, Groups, Side, row_key
from dataops_infra.masking.classify.samples import ColumnSample, family
from dataops_infra.masking.detection.names import speaks_of_people, words_of
from dataops_infra.masking.leaves import items_of
from dataops_infra.masking.operators import OPERATORS
from dataops_infra.masking.plan import ColumnPlan, ForeignKey

SHIFT_DATE = "shift_date"
_CODES = ("text", "integer")
"""Families of types that codes of people have."""
_KINDS = frozenset({"identifier", "stated"})
"""Kinds of such codes; a contract may call them harmless."""


@dataclass(frozen=True)
class Subjects:
    """What is known of a dataset's keys.

    :param samples: table -> leaf -> sample.
    :param findings: what each leaf holds.
    :param keys: foreign keys, stated and found, those whose join is lost included.
    :param primary: table -> the one column that names its rows, where a contract says so.
    """

    samples: Mapping[str, Mapping[str, ColumnSample]]
    findings: Mapping[Side, Finding]
    keys: Sequence[ForeignKey]
    primary: Mapping[str, str | None]

    def of(self, side: Side) -> str | None:
        """The subject of a date: in a table of people its own key, elsewhere the key that leads to a person.

        Without either, the key of the row; None = the table has none.
        """
        table, path = side
        own = self._own[table]
        if own is not None and own != path and self._names_people(table, own):
            return own
        people = [each for each in self._people[table] if each != path and items_of(each) in {"", items_of(path)}]
        if people:
            return min(people, key=lambda each: self._rank(side, each))  # the first of those that rank alike
        return own if own != path else None

    @cached_property
    def _own(self) -> dict[str, str | None]:
        return {table: self._row_key(table) for table in self._dated}

    @cached_property
    def _people(self) -> dict[str, list[str]]:
        return {table: list(self._people_keys(table)) for table in self._dated}

    @cached_property
    def _referring(self) -> dict[str, dict[str, str]]:
        return {table: self._references(table) for table in self._dated}

    @cached_property
    def _dated(self) -> set[str]:
        """Tables with birthdays: of the others nothing is asked."""
        return {table for (table, _), finding in self.findings.items() if finding.kind.operator == SHIFT_DATE}

    def _row_key(self, table: str) -> str | None:
        own = self.primary.get(table) or row_key(table, self.samples[table])
        return own if own in self.samples[table] else None

    def _names_people(self, table: str, key: str) -> bool:
        """Whether the rows of ``table``, which ``key`` names, are people."""
        said = _said(key)
        return speaks_of_people(said) or (not said and speaks_of_people(words_of(table)[-1:]))

    def _people_keys(self, table: str) -> Iterator[str]:
        """Columns that refer to people: by a foreign key, or by what they are called."""
        referring = self._referring[table]
        for path, sample in self.samples[table].items():
            is_code = self.findings[table, path].kind.name in _KINDS and family(sample.value_type) in _CODES
            if path in referring or (is_code and speaks_of_people(_said(path))):
                yield path

    def _references(self, table: str) -> dict[str, str]:
        """Column -> the table of people that it refers to."""
        return {
            key.columns[0]: key.references
            for key in self.keys
            if key.table == table
            and len(key.columns) == 1
            and (
                key.references in self._dated
                or speaks_of_people(words_of(key.references)[-1:])
                or speaks_of_people(_said(key.referenced_columns[0]))
            )
        }

    def _rank(self, side: Side, key: str) -> tuple[bool, bool, bool, bool]:
        """Of several people: whom the date's name tells, who stands beside it, who has a birthday, who has a table."""
        table, path = side
        target = self._referring[table].get(key)
        return (
            not set(words_of(key)[:-1]) & set(words_of(path)),
            items_of(key) != items_of(path),
            target not in self._dated,
            target is None,
        )


def _said(key: str) -> tuple[str, ...]:
    """The word that says whom a key names: ``customer_id``, ``customer``; none in ``id``."""
    words = words_of(key)
    return words[-2:-1] if words and words[-1] in KEY_WORDS else words[-1:]


def with_subjects(columns: Mapping[Side, ColumnPlan], subjects: Subjects) -> dict[Side, ColumnPlan]:
    """``columns`` in which every shifted date has its subject, and every subject a domain that joins do not break."""
    chosen = {side: subjects.of(side) for side, plan in columns.items() if plan.operator == SHIFT_DATE}
    found = dict(columns)
    for side, subject in chosen.items():
        if subject is not None:
            plan = columns[side]
            found[side] = plan.model_copy(update={"options": {**plan.options, "subject": subject}})
    joined = {side: leader for leader, sides in Groups(subjects.keys).members().items() for side in sides}
    for table, subject in {(side[0], subject) for side, subject in chosen.items() if subject is not None}:
        plan = found[table, subject]
        # What is kept has no domain of its own, and its codes would count as another person's in each table.
        if plan.domain is None and not OPERATORS[plan.operator].keyed:
            domain = ".".join(joined.get((table, subject), ("_".join(words_of(subject)),)))
            found[table, subject] = plan.model_copy(update={"domain": domain})
    return found
