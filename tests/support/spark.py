"""One Spark session for all tests of a process, with everything that it writes in a folder that tests can search."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MISSING = [
    *(["Java 17 is not on PATH"] if shutil.which("java") is None else []),
    *(["pyspark is not installed (extra spark)"] if find_spec("pyspark") is None else []),
]
needs_spark = pytest.mark.skipif(bool(MISSING), reason=" and ".join(MISSING) or "there is Spark")


def sessions(folder: Path) -> Iterator["SparkSession"]:
    """The session, for a fixture; below ``folder`` lie its event log (``events``) and its local files (``local``)."""
    from dataops_infra.masking.engines.spark import start_session

    for name in ("events", "local"):
        (folder / name).mkdir()
    session = start_session(
        {
            "spark.master": "local[2]",
            "spark.driver.memory": "512m",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": (folder / "events").as_uri(),
            "spark.eventLog.compress": "false",
            "spark.local.dir": str(folder / "local"),
        }
    )
    yield session
    session.stop()
