"""Values of the data's own people, which texts may repeat: collected from all tables, found again in texts.

Which columns count is read off the plan: what it fills with names is looked for word by word (:mod:`.known_names`);
what it turns into other numbers, tokens, streets and companies, and dates that it shifts, as a whole
(:mod:`.known_wholes`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.binding import make_operator, value_type
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge
from dataops_infra.masking.detection.words import chunks, words_of
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known_names import KnownNames, NamesCollector
from dataops_infra.masking.known_wholes import KnownWholes, WholesCollector
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.leaves import leaf_types, replace_leaves
from dataops_infra.masking.operators.base import Operator, Rows, Setting
from dataops_infra.masking.plan import ColumnPlan, Plan
from dataops_infra.masking.sources import Source, SourceTable

NAME_POOLS = ("first_name", "last_name", "full_name")
WHOLE_POOLS = ("company", "street", "username")
"""Pools whose values are looked for as a whole: a single word of a street or a company is a common word."""
WHOLE_OPERATORS = ("fpe", "token")
DATE_SHAPES = (
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%-d.%-m.%Y", "%-m/%-d/%Y", "%-d %B %Y", "%B %-d, %Y", "%-d %b %Y",
    "%b %-d, %Y", "%Y年%m月%d日", "%Y年%-m月%-d日", "%Y년 %-m월 %-d일",
)  # fmt: skip
"""How people write a date of birth; the separators do not matter."""
HIDDEN_DATE = "[date]"


@dataclass(frozen=True)
class KnownValues:
    """What is looked for in texts."""

    names: KnownNames | None
    wholes: KnownWholes | None

    def __len__(self) -> int:
        return sum(len(part) for part in (self.names, self.wholes) if part is not None)

    def find(self, texts: FlatTexts) -> Spans:
        """Where known values stand; labels are for :meth:`replacements`."""
        found = []
        for first, last in chunks(texts):
            words = words_of(texts, first, last)
            wholes = NO_SPANS if self.wholes is None else self.wholes.find(words)
            names = NO_SPANS if self.names is None else self.names.find(texts, words)
            found.append(merge(Spans(wholes.starts, wholes.ends, -1 - wholes.labels), names))
        return Spans(*(np.concatenate([getattr(part, name) for part in (NO_SPANS, *found)]) for name in _PARTS))

    def replacements(self, labels: Places, pieces: pa.Array, rows: Rows) -> pa.Array:
        """The replacement of each found value.

        :param pieces: the values as they stand in the texts.
        """
        parts, places = [], []
        for label in np.unique(labels[labels < 0]):
            assert self.wholes is not None
            chosen = np.flatnonzero(labels == label)
            operator = self.wholes.operators[-1 - label]
            parts.append(operator.apply(pieces.take(pa.array(chosen)), rows).cast(pa.large_string()))
            places.append(chosen)
        named = np.flatnonzero(labels >= 0)
        if len(named):
            assert self.names is not None
            parts.append(self.names.replacements(labels[named], rows))
            places.append(named)
        return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(places))))


_PARTS = ("starts", "ends", "labels")


def collect_known(plan: Plan, source: Source, key: MasterKey) -> KnownValues | None:
    """The values of all columns that texts may repeat.

    :return: None where no column holds free text, or none of these.
    """
    if not any(column.operator == "text" for table in plan.tables.values() for column in table.columns.values()):
        return None
    parts = [_operator("pool", KINDS[kind].options, kind, key) for kind in ("first_name", "last_name")]
    names, wholes = NamesCollector(parts), WholesCollector()
    for name, table in plan.tables.items():
        wanted = {path: column for path, column in table.columns.items() if _is_looked_for(column)}
        if wanted:
            _collect_table(plan, source.tables[name], wanted, key, names, wholes)
    known = KnownValues(names.finished(), wholes.finished())
    return known if len(known) else None


def _is_looked_for(column: ColumnPlan) -> bool:
    if column.operator == "pool":
        return column.options.get("pool") in (*NAME_POOLS, *WHOLE_POOLS)
    return column.operator in (*WHOLE_OPERATORS, "shift_date")


def _operator(name: str, options: Mapping[str, object], domain: str, key: MasterKey) -> Operator:
    from dataops_infra.masking.operators import OPERATORS

    spec = OPERATORS[name]
    chosen = spec.options.model_validate(dict(options))
    return spec.build(Setting("", domain, pa.large_string(), key.domain(domain), chosen))


def _collect_table(
    plan: Plan,
    table: SourceTable,
    wanted: Mapping[str, ColumnPlan],
    key: MasterKey,
    names: NamesCollector,
    wholes: WholesCollector,
) -> None:
    types = {path: value_type(kind) for path, kind in leaf_types(table.schema).items()}
    owners: dict[str, int] = {}
    for path, column in wanted.items():
        if column.operator == "shift_date":
            operator = _operator("redact", {"with": HIDDEN_DATE}, "", key)
        elif is_text(types[path]):
            operator = make_operator(plan, table.name, path, pa.large_string(), key, Learned())
        else:
            continue
        operators = names.operators if column.options.get("pool") in NAME_POOLS else wholes.operators
        owners[path] = len(operators)
        operators.append(operator)
    columns = [field.name for field in table.schema if any(path in owners for path in leaf_types(pa.schema([field])))]
    for batch in table.batches(columns) if columns else ():
        for path, values in _leaf_values(batch, owners.keys()):
            _collect(wanted[path], values, owners[path], names, wholes)


def _leaf_values(batch: pa.RecordBatch, paths: object) -> Iterator[tuple[str, pa.Array]]:
    found: list[tuple[str, pa.Array]] = []

    def note(path: str, values: pa.Array, owners: pa.Array | None) -> pa.Array:  # noqa: ARG001 - part of the protocol
        found.append((path, values))
        return values

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        replace_leaves(name, column, note)
    wanted = set(paths)  # type: ignore[call-overload]
    yield from ((path, values) for path, values in found if path in wanted)


def _collect(column: ColumnPlan, values: pa.Array, owner: int, names: NamesCollector, wholes: WholesCollector) -> None:
    decoded = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    distinct = pc.unique(decoded).drop_null()
    pool = column.options.get("pool")
    for spelt in _texts(distinct):
        texts = FlatTexts.of(spelt)
        for first, last in chunks(texts):
            words = words_of(texts, first, last)
            if pool in NAME_POOLS:
                names.add(words, texts, first, last, owner, pool == "full_name")
            else:
                needs_digit = pool is None and column.classification != "address"
                wholes.add(words, texts, first, last, owner, needs_digit)


def _texts(values: pa.Array) -> Iterator[pa.Array]:
    if is_text(values.type):
        yield values
        return
    dates = pl.Series(values).cast(pl.Date)
    for shape in DATE_SHAPES:
        yield dates.dt.strftime(shape).to_arrow()
