"""The Spark session of these tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.spark import sessions

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's event log and local files lie."""
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="session")
def spark(spark_files: Path) -> Iterator["SparkSession"]:
    """One application for all tests: a start takes seconds."""
    yield from sessions(spark_files)
