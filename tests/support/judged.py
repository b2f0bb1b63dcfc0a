"""A small shop in which every operator masks something, its masked copy, and the verdict about changed copies."""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.binding import bind, check_plan
from dataops_infra.masking.engines.local import mask_source
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import Check, GateReport
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.preparing import learn
from dataops_infra.masking.sources import open_source

FIRST = ("Aurelia", "Bartholomew", "Cordelia", "Demetrius", "Evangeline", "Ferdinand", "Guinevere", "Hieronymus")
LAST = ("Abernathy", "Birdwhistle", "Cholmondeley", "Dankworth", "Entwistle", "Fotheringay", "Gathercole", "Hathersage")
CUSTOMERS, ORDERS, TICKETS = 1000, 1500, 60
KEY = MasterKey(bytes(range(32)))


def keep(**more: Any) -> dict[str, Any]:
    """A column that may stay."""
    return {"operator": "keep", "classification": "safe", **more}


PLAN = Plan.model_validate(
    {
        "schema": "dataops.mask-plan/v1",
        "tables": {
            "customers": {
                "columns": {
                    "id": {"operator": "token", "domain": "customer"},
                    "email": {"operator": "email", "domain": "email"},
                    "first_name": {"operator": "pool", "domain": "first", "options": {"pool": "first_name"}},
                    "full_name": {"operator": "pool", "domain": "name", "options": {"pool": "full_name"}},
                    "card": {"operator": "fpe", "domain": "card", "options": {"shape": "card"}},
                    "born": {"operator": "shift_date", "options": {"subject": "id"}},
                    "age": {"operator": "generalise", "options": {"to": {"band": 20}}},
                    "nickname": {
                        "operator": "presidio",
                        "options": {"operator": "replace", "params": {"new_value": "someone"}},
                    },
                    "password": {"operator": "redact"},
                    "remark": {"operator": "drop"},
                    "country": keep(),
                }
            },
            "orders": {
                "columns": {
                    "customer": {"operator": "token", "domain": "customer"},
                    "email": {"operator": "email", "domain": "email"},
                    "amount": keep(),
                }
            },
            "tickets": {
                "columns": {
                    "name": {"operator": "pool", "domain": "name", "options": {"pool": "full_name"}},
                    "body": {"operator": "text"},
                }
            },
        },
        "quasi_identifiers": {"customers": ["age"]},
        "k": 20,
        "foreign_keys": [
            {"table": "orders", "columns": ["customer"], "references": "customers", "referenced_columns": ["id"]}
        ],
    }
)


def shop(seed: int = 1) -> dict[str, pa.Table]:
    """The originals."""
    rng = random.Random(seed)
    ids = rng.sample(range(10**6, 10**9), CUSTOMERS)
    names = [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in ids]
    emails = [f"{name.replace(' ', '.').lower()}{n}@realmail.org" for n, name in enumerate(names)]
    customers = {
        "id": pa.array(ids, pa.int64()),
        "email": emails,
        "first_name": [name.split()[0] for name in names],
        "full_name": names,
        "card": [card(rng) for _ in ids],
        "born": [date(1950, 1, 1) + timedelta(days=rng.randrange(18_000)) for _ in ids],
        "age": pa.array([*range(18, 98), *(rng.randrange(18, 98) for _ in ids[80:])], pa.int64()),
        "nickname": [f"nick{n}" for n in range(CUSTOMERS)],
        "password": [f"hunter{n}" for n in range(CUSTOMERS)],
        "remark": [None if n % 3 == 0 else f"remark {n}" for n in range(CUSTOMERS)],
        "country": [rng.choice(("NL", "FR", "PL")) for _ in ids],
    }
    buyers = [rng.randrange(CUSTOMERS) for _ in range(ORDERS)]
    orders = {
        "customer": pa.array([ids[n] for n in buyers], pa.int64()),
        "email": [emails[n] for n in buyers],
        "amount": [rng.randrange(10**6) / 100 for _ in buyers],
    }
    callers = [rng.randrange(CUSTOMERS) for _ in range(TICKETS)]
    bodies = [f"Hello, this is {names[n]}; write to {emails[n]} please." for n in callers]
    tickets = {"name": [names[n] for n in callers], "body": bodies}
    return {"customers": pa.table(customers), "orders": pa.table(orders), "tickets": pa.table(tickets)}


def card(rng: random.Random) -> str:
    """16 digits, valid by Luhn."""
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = sum(sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits))
    return "".join(map(str, digits)) + str(-doubled % 10)


def write(folder: Path, tables: dict[str, pa.Table]) -> Path:
    """Tables as Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=400)
    return folder


def mask(source: Path, target: Path, plan: Plan = PLAN, key: MasterKey = KEY) -> Path:
    """The masked copy, without a gate."""
    opened = open_source(source)
    check_plan(plan, opened.schemas, Path("plan.yaml"))
    target.mkdir()
    mask_source(opened, bind(plan, opened.schemas, key, learn(plan, opened, key)), target, 1, lambda _rows: None)
    return target


@dataclass(frozen=True)
class Shop:
    """Originals and copy, on disk and at hand."""

    source: Path
    target: Path
    before: dict[str, pa.Table]
    after: dict[str, pa.Table]
    plan: Plan = PLAN

    def judge(self, **options: Any) -> GateReport:
        """The verdict about the copy as it was made."""
        source = open_source(self.source)
        return judge(self.plan, source, open_source(self.target, like=source), **options)

    def judge_changed(self, folder: Path, table: str, change: Callable[[pa.Table, pa.Table], pa.Table]) -> GateReport:
        """The verdict about a copy in which one table is another.

        :param change: (originals, copy) -> what stands in the copy's place.
        """
        shutil.copytree(self.target, folder)
        pq.write_table(change(self.before[table], self.after[table]), folder / f"{table}.parquet")
        return Shop(self.source, folder, self.before, self.after, self.plan).judge()


def make_shop(folder: Path, seed: int = 1, plan: Plan = PLAN) -> Shop:
    """A shop and its copy below ``folder``."""
    before = shop(seed)
    source = write(folder / "source", before)
    target = mask(source, folder / "target", plan)
    after = {name: pq.read_table(target / f"{name}.parquet") for name in before}
    return Shop(source, target, before, after, plan)


def judge_tables(
    folder: Path, columns: dict[str, dict[str, Any]], before: pa.Table, after: pa.Table, **plan: Any
) -> GateReport:
    """The verdict about one table called ``t``, given both sides."""
    options = {name: plan.pop(name) for name in ("limit", "approval", "as_of", "needs_approval") if name in plan}
    document = {"schema": "dataops.mask-plan/v1", "tables": {"t": {"columns": columns}}, **plan}
    sides = [write(folder / name, {"t": table}) for name, table in (("source", before), ("target", after))]
    source = open_source(sides[0])
    return judge(Plan.model_validate(document), source, open_source(sides[1], like=source), **options)


def failures(report: GateReport) -> set[tuple[str, str | None]]:
    """Name and column of each check that refuses."""
    return {(check.name, check.column) for check in report.failed}


def leaks(report: GateReport) -> set[tuple[str, str | None]]:
    """The same for copies made by hand, whose replacements no operator spelled."""
    return {failure for failure in failures(report) if failure[0] != "promised-spelling"}


def named(report: GateReport, name: str) -> list[Check]:
    """The checks of one name."""
    return [check for check in report.checks if check.name == name]


def put(table: pa.Table, column: str, values: Sequence[Any] | pa.Array | pa.ChunkedArray) -> pa.Table:
    """``table`` with other values in one column, of the same type."""
    place, kind = table.schema.get_field_index(column), table.schema.field(column)
    listed = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(list(values), kind.type)
    return table.set_column(place, kind, listed.cast(kind.type))
