"""The first pass over the data in several threads."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.known import KnownValues
from dataops_infra.masking.known_collecting import collect_known
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan
from dataops_infra.masking.sources import open_source
from tests.support.people import LOCALES, people

KEY = MasterKey(bytes(range(32)))
COLUMNS = {"name": "full_name", "birth": "birth_date", "street": "street", "phone": "phone", "card": "payment_card"} | {
    "iban": "iban",
    "ssn": "us_ssn",
}


def planned(kind: str) -> ColumnPlan:
    found = KINDS[kind]
    return ColumnPlan(operator=found.operator, domain=kind, options=dict(found.options), classification=kind)


PLAN = Plan(
    tables={
        "customers": TablePlan(columns={name: planned(kind) for name, kind in COLUMNS.items()}),
        "tickets": TablePlan(columns={"body": ColumnPlan(operator="text")}),
    }
)


def write(folder: Path, suffix: str) -> None:
    """Customers, each name in one of two spellings, and texts that hold all of them."""
    everybody = [person for locale in LOCALES[:3] for person in people(locale, 40, seed=9)]
    values: dict[str, list[object]] = {
        "name": [
            person.full_name if n % 2 else person.full_name.upper()
            for n, person in enumerate([*everybody, *everybody[1:]])
        ]
    }
    rows = range(len(values["name"]))
    values["street"] = [f"{n} Long Hill Road" for n in rows]
    values["birth"] = [date(1950 + n % 50, 1 + n % 12, 1 + n % 28) for n in rows]
    values |= {name: [f"{name[0]}{n:03}-{n * 7919:09}" for n in rows] for name in ("phone", "card", "iban", "ssn")}
    table = pa.table(values)
    if suffix == "csv":
        csv.write_csv(table, folder / "customers.csv")
    else:
        pq.write_table(table, folder / "customers.parquet", row_group_size=16)
    texts = [" ".join(map(str, row.values())) for row in table.to_pylist()]
    pq.write_table(pa.table({"body": texts}), folder / "tickets.parquet", row_group_size=7)


def contents(known: KnownValues | None) -> tuple[object, ...]:
    """All that was learned."""
    assert known is not None
    assert known.names is not None
    assert known.wholes is not None
    names, wholes = known.names, known.wholes
    arrays = (names.hashes.ascending, names.owners, names.beginnings.ascending, names.sieve, wholes.hashes.ascending)
    raw = [array.tobytes() for array in (*arrays, wholes.owners, wholes.sieve)]
    return (len(known), *raw, wholes.most_words, tuple(names.texts.to_pylist()))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_number_of_threads_changes_nothing_of_what_is_known(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, suffix)
    found = [contents(collect_known(PLAN, open_source(tmp_path), KEY, threads)) for threads in (1, 2, 4)]
    assert found[0] == found[1] == found[2]
    assert isinstance(found[0][0], int)
    assert found[0][0] > len(COLUMNS) * 100


@pytest.mark.parametrize("threads", [1, 3])
def test_damaged_file_ends_all_threads(tmp_path: Path, threads: int) -> None:
    write(tmp_path, "parquet")
    source = open_source(tmp_path)
    path = tmp_path / "customers.parquet"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 8] + bytes(size // 2))
    with pytest.raises(MaskingError, match="damaged"):
        collect_known(PLAN, source, KEY, threads)
