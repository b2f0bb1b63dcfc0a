"""Which columns are found to be personal, and what that costs, beside presidio-structured in one run.

``python -m benchmarks --only masking_classify`` measures on the held-out half of ``tests/support/column_corpus.py``,
which no rule was made with, under plain names and under c1 ... cN. Both sides run on one core.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from benchmarks.environments import interpreter
from benchmarks.measuring import one_core
from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.classify import classify
from dataops_infra.masking.sources import open_source
from tests.support.column_corpus import LabelledTable, held_out_half

PEER = Path(__file__).parent / "peers" / "columns.py"
PEER_VALUES = 20
"""Values of a column that presidio-structured is shown; it reads some 900 texts a second."""
RECALL, PRECISION = 0.95, 0.80
"""Targets of the measured design (masking-design.md §2)."""

Found = Mapping[str, Iterable[str]]
"""Table -> the columns that would be masked."""


@dataclass(frozen=True)
class Figures:
    """How well personal columns were found, and the seconds of CPU that took."""

    recall: float
    precision: float
    cpu: float


def figures(tables: Mapping[str, LabelledTable], found: Found, cpu: float) -> Figures:
    """``found`` against the truth."""
    masked = {(name, column) for name, columns in found.items() for column in columns}
    personal = {(n, c) for n, table in tables.items() for c, truth in table.truth.items() if truth.is_personal}
    right = len(masked & personal)
    return Figures(right / len(personal), right / max(len(masked), 1), cpu)


def ours(folder: Path) -> tuple[Found, float]:
    """What our plan masks."""
    start = time.process_time()
    plan = classify(open_source(folder), (), Classification())
    cpu = time.process_time() - start
    found = {
        name: [path for path, column in table.columns.items() if column.operator != "keep"]
        for name, table in plan.tables.items()
    }
    return found, cpu


def peers(folder: Path) -> tuple[Found, float]:
    """What presidio-structured would mask."""
    words = [interpreter("presidio"), PEER, folder, str(PEER_VALUES)]
    answer = json.loads(subprocess.run(list(map(str, words)), capture_output=True, check=True, text=True).stdout)
    return answer["columns"], answer["cpu"]


def measured(tables: Sequence[LabelledTable]) -> tuple[Figures, Figures]:
    """Ours and presidio-structured's, on the same files."""
    by_name = {f"{table.name}_{table.locale}": table for table in tables}
    with tempfile.TemporaryDirectory() as folder:
        for name, table in by_name.items():
            pyarrow.parquet.write_table(table.data, Path(folder) / f"{name}.parquet")
        return figures(by_name, *ours(Path(folder))), figures(by_name, *peers(Path(folder)))


def rows() -> list[str]:
    """The benchmark page's rows."""
    plain = list(held_out_half())
    lines = []
    for title, tables in (("plain", plain), ("c1 … cN", [table.cryptic() for table in plain])):
        own, peer = measured(tables)
        lines.append(
            f"| {title} | **{own.recall:.3f}** / {own.precision:.3f} | {RECALL} / {PRECISION} "
            f"| {peer.recall:.3f} / {peer.precision:.3f} | {peer.cpu / own.cpu:,.1f} × |"
        )
    return lines


_SECTION = """\
## Which columns hold personal data, beside presidio-structured

Invented tables of the corpus's held-out half (locales, providers and seeds never used for tuning), with their own
column names and with `c1 … cN`; up to {values} values a column for the peer, without a model. One core.

| names | ours, recall / precision | target | presidio-structured, recall / precision | its CPU ÷ ours |
|---|---|---|---|---|
{rows}
"""


def section(_folder: Path) -> str:
    """The measurement as a section of docs/benchmarks.md."""
    with one_core():
        return _SECTION.format(values=PEER_VALUES, rows="\n".join(rows()))
