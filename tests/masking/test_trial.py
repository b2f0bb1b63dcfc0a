"""The rows that a database is shown first are those of the run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataops_infra.masking.binding import bind
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.masker import mask_batch
from dataops_infra.masking.plan import read_plan
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.trial import ROWS, first_rows, write_first_rows
from tests.support.masked_runs import KEY, write_plan


def test_first_rows_are_masked_as_in_the_run_but_for_free_text(tmp_path: Path) -> None:
    data, shown = tmp_path / "data", tmp_path / "shown"
    data.mkdir()
    shown.mkdir()
    notes = [f"jane.doe{n}@acme.com called" for n in range(ROWS + 500)]
    table = pa.table({"id": range(ROWS + 500), "note": notes, "more": [{"said": note} for note in notes]})
    pq.write_table(table, data / "people.parquet", row_group_size=700)
    operators = {"id": "fpe", "note": "text", "more.said": "text"}
    plan, source = read_plan(write_plan(tmp_path / "plan.yaml", data, operators)), open_source(data)

    write_first_rows(plan, source, KEY, Learned(), shown)

    found, first = pq.read_table(shown / "people.parquet"), table.slice(0, ROWS)
    masker = bind(plan, source.schemas, KEY, Learned())["people"]
    masked = pa.Table.from_batches([mask_batch(batch, masker) for batch in first_rows(source, "people", ROWS)])
    assert found["id"].to_pylist() == masked["id"].to_pylist() != first["id"].to_pylist()
    assert found.select(["note", "more"]).to_pylist() == first.select(["note", "more"]).to_pylist()
    assert masked["note"].to_pylist() != first["note"].to_pylist()
