"""What dataset contracts say about columns: their levels, their keys and what they refer to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dataops_infra.conventions.classification import Classification
from dataops_infra.conventions.contracts import ColumnContract, DatasetContract, TableContract
from dataops_infra.conventions.documents import nearest
from dataops_infra.errors import MaskingError
from dataops_infra.masking.classify.deciding import Finding
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.plan import ForeignKey


@dataclass(frozen=True)
class Contracts:
    """The contracts of a dataset's tables, by the tables' names."""

    tables: Mapping[str, TableContract]
    classification: Classification

    @classmethod
    def of(
        cls, contracts: Sequence[DatasetContract], classification: Classification, tables: Sequence[str]
    ) -> "Contracts":
        """The contracts that describe ``tables``.

        :raises MaskingError: contracts describe none of the tables, or one table twice.
        """
        found: dict[str, TableContract] = {}
        twice, described = [], []
        for contract in contracts:
            for table in contract.tables:
                name = next((name for name in (table.physical_name, table.name) if name in tables), None)
                described.append(table.name)
                if name in found:
                    twice.append(f"table {name} is described twice, the second time by {contract.name}")
                elif name is not None:
                    found[name] = table
        if twice:
            raise MaskingError("; ".join(twice) + ": give one contract for each table")
        if described and not found:
            raise MaskingError(
                f"the contracts describe {', '.join(sorted(described))}, and the source has none of these tables "
                f"({nearest(described[0], tables)}): tables are called as their files or folders"
            )
        return cls(found, classification)

    def column(self, table: str, path: str) -> ColumnContract | None:
        """What a contract says about a leaf, or about the nearest column that it lies in."""
        contract = self.tables.get(table)
        while contract is not None and path:
            column = contract.column(path)
            if column is not None:
                return column
            path = path[:-2] if path.endswith("[]") else path.rpartition(".")[0]
        return None

    def primary_key(self, table: str) -> str | None:
        """The one column that names the table's rows, where its contract says so."""
        contract = self.tables.get(table)
        keys = [column.name for column in contract.columns if column.primary_key] if contract else []
        return keys[0] if len(keys) == 1 else None

    def foreign_keys(self) -> Iterator[ForeignKey]:
        """What the contracts state, between tables that are there."""
        names = {name: actual for actual, table in self.tables.items() for name in (table.physical_name, table.name)}
        for actual, table in self.tables.items():
            for stated in table.references:
                if stated.table in names:
                    yield ForeignKey(
                        table=actual,
                        columns=stated.columns,
                        references=names[stated.table],
                        referenced_columns=stated.referenced_columns,
                        reason="stated by the contract",
                    )

    def judge(self, column: ColumnContract, guess: Finding) -> Finding:
        """What the contract makes of a guess: levels that need protection mask, low ones keep."""
        level = column.classification
        if not level:
            return guess
        if self.classification.is_production_only(level):
            kind = guess.kind if guess.kind.operator != "keep" else KINDS["unknown"]
            return Finding(kind, f"the contract says {level}; {guess.reason}", 1.0)
        if self.classification.needs_customer_managed_key(level):
            return Finding(guess.kind, f"the contract says {level}; {guess.reason}", guess.score)
        said = f"the contract says {level}"
        if guess.kind.is_personal and guess.score >= CONTRADICTION:
            return Finding(KINDS["stated"], f"{said}, but {guess.reason}: ask its owner", 0.5)
        return Finding(KINDS["stated"], said, 1.0)


CONTRADICTION = 0.95
"""A guess this sure that speaks against a contract is told in the reason."""
