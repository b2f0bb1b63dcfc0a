"""Every program whose preview by the real engine was recorded gives the same here."""

from pathlib import Path

import pytest

from tests.support.engine import SILENT_PACK
from tests.support.parity import RECORDINGS, Case, cases, differences, preview_case

FOLDERS = cases()


@pytest.mark.skipif(not FOLDERS, reason=f"no recordings of the real engine in {RECORDINGS}")
@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_preview_equals_the_real_engines(folder: Path, tmp_path: Path) -> None:
    case = Case.load(folder)

    found = differences(case, preview_case(case, SILENT_PACK, tmp_path))

    assert not found, "\n".join(found)
