"""What the guide to keys tells people to type."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.masking.keys import MasterKey

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "masking-keys.md"


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_key_made_as_the_guide_says_is_taken_and_its_id_shown(tmp_path: Path) -> None:
    subprocess.run(["sh", "-ec", block("sh")], cwd=tmp_path, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert shown.stdout.strip() == MasterKey.from_file(tmp_path / "mask.key").key_id
