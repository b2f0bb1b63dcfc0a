"""`verify` refuses a copy whose files hold more than its rows show, and passes what a run wrote."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from dataops_infra.masking.verify import Verification, VerifyRequest, verify
from tests.support.masked_runs import mask

NAMES = [f"Anna Berg {n % 5}" for n in range(200)]
WRITE: dict[str, Callable[[pa.Table, Path], None]] = {
    ".parquet": lambda table, path: pq.write_table(table, path, row_group_size=50),
    ".arrow": lambda table, path: feather.write_feather(table, str(path), chunksize=50),
}


def verified(folder: Path, source: Path) -> Verification:
    return verify(VerifyRequest(folder / "plan.yaml", source, folder / "masked", date(2026, 1, 1)))


@pytest.mark.parametrize("suffix", WRITE)
def test_entries_of_the_source_that_are_left_in_a_dictionary_are_refused(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    WRITE[suffix](pa.table({"name": pa.array(NAMES).dictionary_encode()}), source / f"t{suffix}")
    assert mask(tmp_path, source, {"name": "token"}).is_published
    assert verified(tmp_path, source).exit_code == 0

    copy = tmp_path / "masked" / f"t{suffix}"
    masked = (pq.read_table(copy) if suffix == ".parquet" else feather.read_table(copy))["name"].combine_chunks()
    entries = pa.concat_arrays([masked.dictionary, pa.array(NAMES[:2])])
    WRITE[suffix](pa.table({"name": pa.DictionaryArray.from_arrays(masked.indices, entries)}), copy)
    verification = verified(tmp_path, source)
    assert [(check.name, check.table, check.column) for check in verification.gate.failed] == [
        ("unread-values", "t", "name")
    ]
    assert "entries of dictionaries" in verification.gate.failed[0].explanation
    assert "Anna" not in repr(verification.gate)
