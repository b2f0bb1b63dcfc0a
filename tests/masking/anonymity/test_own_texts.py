"""Texts tell quasi-identifiers no more exactly than their columns do."""

from pathlib import Path

import pyarrow as pa

from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import open_source
from tests.support.judged import leaks, mask, write

ROWS = 60
CODES = [f"{10_000 + 37 * row % 997}" for row in range(ROWS)]
TOWNS = [("Bonn", "Aachen", "Celle", "Emden")[row % 4] for row in range(ROWS)]
TABLE = pa.table(
    {"code": CODES, "town": TOWNS, "note": [f"in {town} ({code})" for town, code in zip(TOWNS, CODES, strict=True)]}
)
PLAN = Plan.model_validate(
    {
        "tables": {
            "people": {
                "columns": {
                    "code": {"operator": "generalise"},
                    "town": {"operator": "generalise"},
                    "note": {"operator": "text"},
                }
            }
        },
        "quasi_identifiers": {"people": ["code", "town"]},
        "k": 5,
    }
)


def test_text_tells_what_was_learned_for_its_row(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "source", {"people": TABLE}))
    copy = mask(source.path, tmp_path / "copy", PLAN)
    masked = open_source(copy, like=source)
    (batch,) = masked.tables["people"].batches()
    rows = batch.to_pylist()
    assert [row["note"] for row in rows] == [f"in {row['town']} ({row['code']})" for row in rows]
    assert not any(code in row["note"] for code, row in zip(CODES, rows, strict=True))
    assert not leaks(judge(PLAN, source, masked))
    put_back = pa.Table.from_batches([batch]).set_column(2, "note", TABLE["note"])
    write(copy, {"people": put_back})
    assert leaks(judge(PLAN, source, open_source(copy, like=source))) == {("own-row-survivors", "note")}
