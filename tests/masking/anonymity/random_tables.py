"""Random tables whose measures pycanon was asked for: the same from the same seed on every machine."""

import random
from dataclasses import dataclass

import pyarrow as pa

CASES = 40
Value = int | float | str | None


@dataclass(frozen=True)
class Case:
    """One table, as columns of plain values."""

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...]
    columns: dict[str, list[Value]]

    @property
    def table(self) -> pa.Table:
        """The same as Arrow."""
        return pa.table({name: pa.array(values) for name, values in self.columns.items()})


def random_case(seed: int) -> Case:
    """One to three quasi-identifiers, one or two sensitive columns, 1 to 400 rows; one table in three has nulls."""
    draw = random.Random(seed)
    rows = draw.choice([1, 2, 7, 40, 400])
    identifiers = tuple(f"q{position}" for position in range(draw.randint(1, 3)))
    sensitive = tuple(f"s{position}" for position in range(draw.randint(1, 2)))
    columns = {name: _column(draw, rows, draw.choice([1, 2, 5])) for name in identifiers}
    columns |= {name: _column(draw, rows, draw.choice([2, 3, 9, 60])) for name in sensitive}
    if seed % 3 == 0:
        for name in identifiers:
            columns[name] = [None if draw.random() < 0.2 else value for value in columns[name]]
    return Case(identifiers, sensitive, columns)


def _column(draw: random.Random, rows: int, distinct: int) -> list[Value]:
    kind = draw.choice(["int", "float", "str"])
    places = [min(draw.randrange(distinct), draw.randrange(distinct)) for _ in range(rows)]
    if kind == "int":
        return [place * place - 7 for place in places]
    return [f"value {place:02}" if kind == "str" else place / 4 for place in places]
