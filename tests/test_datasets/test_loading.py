"""What a program loads: the SDK of its own cloud, and nothing of the masking engine but the plan."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.masking.manifest import FOLDER_MANIFEST
from dataops_infra.test_datasets import terms
from dataops_infra.test_datasets.halves import half_of
from dataops_infra.test_datasets.places import Cloud
from tests.support.recording import record

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "test-datasets.md"


def loaded_after(statement: str, modules: tuple[str, ...]) -> list[str]:
    program = f"import sys\n{statement}\nprint([name for name in {modules!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return list(eval(done.stdout.splitlines()[-1]))


def test_component_itself_loads_no_cloud_and_no_masking_engine() -> None:
    heavy = ("pulumi_aws", "pulumi_gcp", "numpy", "polars", "pyarrow", "boto3")
    assert loaded_after("from dataops_infra.test_datasets import MaskedTestDataset", heavy) == []


@pytest.mark.parametrize(("cloud", "other"), [("AWS", "pulumi_gcp"), ("GCP", "pulumi_aws")])
def test_half_of_a_cloud_loads_nothing_of_the_other(cloud: str, other: str) -> None:
    statement = (
        "from dataops_infra.test_datasets.halves import half_of\n"
        f"from dataops_infra.test_datasets.places import Cloud\nhalf_of(Cloud.{cloud})"
    )
    assert loaded_after(statement, (other, "numpy", "polars", "pyarrow")) == []


def test_missing_sdk_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("dataops_infra.test_datasets.aws")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "dataops_infra.test_datasets.aws", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        half_of(Cloud.AWS)
    assert caught.value.name == "dataops_infra.test_datasets.aws"  # that one is no SDK: told as it is
    program = (
        "import sys\nsys.modules['pulumi_aws'] = None\nfrom dataops_infra.test_datasets.halves import half_of\n"
        "from dataops_infra.test_datasets.places import Cloud\nhalf_of(Cloud.AWS)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert 'MaskedTestDataset needs pulumi_aws, which is not installed: pip install "dataops-infra[aws]"' in done.stderr


def test_name_of_the_manifest_is_the_engines() -> None:
    assert terms.MANIFEST == FOLDER_MANIFEST


def test_blocks_of_the_guide_are_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = [block.partition("```")[0] for block in GUIDE.read_text().split("```python\n")[1:]]
    assert blocks
    for block in blocks:
        made = record(lambda block=block: exec(block, {}))  # type: ignore[misc]
        assert len(made.of_type("dataops-infra:index:MaskedTestDataset")) == 1
