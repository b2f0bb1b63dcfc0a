"""Tables at hand in the place of files, plans for them, and what a recoding makes of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from dataops_infra.masking.anonymity.recoding import Recoding, learn_recoding
from dataops_infra.masking.masker import BatchRows
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import SourceTable

TABLE = "people"


@dataclass(frozen=True)
class TableAtHand:
    """Answers as a :class:`SourceTable` does."""

    table: pa.Table
    chunk: int = 7
    name: str = TABLE

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        chosen = self.table if columns is None else self.table.select(columns)
        yield from chosen.to_batches(max_chunksize=self.chunk)


def plan_for(operators: Mapping[str, str | Mapping[str, Any]], identifiers: Sequence[str], **rest: Any) -> Plan:
    """A plan of one table; an operator is a name, or options of ``generalise``."""
    columns = {
        name: {"operator": given} if isinstance(given, str) else {"operator": "generalise", "options": given}
        for name, given in operators.items()
    }
    sensitive = rest.pop("sensitive", ())
    return Plan.model_validate(
        {
            "tables": {TABLE: {"columns": columns}},
            "quasi_identifiers": {TABLE: identifiers},
            "sensitive": {TABLE: sensitive} if sensitive else {},
            **rest,
        }
    )


def learned(plan: Plan, table: pa.Table, chunk: int = 7) -> Recoding:
    """The recoding of a table that has one."""
    found = learned_if_any(plan, table, chunk)
    assert found is not None
    return found


def learned_if_any(plan: Plan, table: pa.Table, chunk: int = 7) -> Recoding | None:
    """What is learned of a table."""
    return learn_recoding(plan, TABLE, cast(SourceTable, TableAtHand(table, chunk)))


def recoded(recoding: Recoding, table: pa.Table, chunk: int = 5) -> pa.Table:
    """The table with its generalised columns told by the recoding."""
    batches = []
    for batch in table.to_batches(max_chunksize=chunk):
        columns = [
            recoding.apply(name, BatchRows(batch)).cast(column.type) if name in recoding.columns else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        batches.append(pa.record_batch(columns, schema=batch.schema))
    return pa.Table.from_batches(batches, schema=table.schema)
