"""A small shop as files of any format: customers, and orders (a sub-folder of two files) that refer to them."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

PEOPLE = 150
"""Customers; each has three orders."""


def _csv(table: pa.Table, path: Path) -> None:
    arrow_csv.write_csv(table, path)


def _json_lines(table: pa.Table, path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))


def _arrow(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=11)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "parquet": lambda table, path: pq.write_table(table, path, row_group_size=23),
    "csv": _csv,
    "jsonl": _json_lines,
    "arrow": _arrow,
}


def write_shop(folder: Path, suffix: str = "parquet") -> Path:
    """The shop below ``folder``; the second file of orders has one row."""
    (folder / "orders" / "dt=1").mkdir(parents=True)
    people = range(PEOPLE)
    customers = pa.table({"id": people, "email": [f"person{n}@planted.example" for n in people]})
    orders = pa.table(
        {
            "customer": [n % PEOPLE for n in range(450)],
            "status": [("new", "paid", "sent")[n % 3] for n in range(450)],
            "note": [f"planted note {n}" for n in range(450)],
        }
    )
    write = WRITERS[suffix]
    write(customers, folder / f"customers.{suffix}")
    write(orders.slice(0, 449), folder / "orders" / "dt=1" / f"a.{suffix}")
    write(orders.slice(449), folder / "orders" / f"b.{suffix}")
    return folder
