"""What a masking command loads."""

import subprocess
import sys

import pytest

pytest.importorskip("pandas")

LOADED = """
import sys
from dataops_infra.cli.mask.installed import spare_pandas
spare_pandas()
import numpy as np, polars as pl, pyarrow as pa
assert pa.array(np.arange(3)).to_pylist() == [0, 1, 2]
assert pa.scalar(7).as_py() == 7
assert pa.array(["a"]).to_pylist() == ["a"]
import pyarrow.dataset
assert pl.Series(np.arange(3)).to_arrow().to_pylist() == [0, 1, 2]
assert "pandas" not in sys.modules
import pandas
assert pandas.Series([1]).sum() == 1
"""


def test_pyarrow_leaves_pandas_alone_and_others_may_still_import_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False, timeout=300)

    assert (done.returncode, done.stderr) == (0, "")
