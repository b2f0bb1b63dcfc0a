"""Components of one cloud import nothing of the other, and every public name is found."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ["dataops_infra.data_lake", "dataops_infra.sandbox"]
BLOCKED = """
import sys
sys.modules[{blocked!r}] = None
from {package} import {name}
print({name}.__name__)
"""
BY_CLOUD = [
    ("dataops_infra.data_lake", "S3DataLake", "pulumi_gcp"),
    ("dataops_infra.data_lake", "GcsDataLake", "pulumi_aws"),
    ("dataops_infra.sandbox", "AwsSandbox", "pulumi_gcp"),
    ("dataops_infra.sandbox", "GcpSandbox", "pulumi_aws"),
]


def imported(package: str, name: str, blocked: str) -> subprocess.CompletedProcess[str]:
    program = BLOCKED.format(package=package, name=name, blocked=blocked)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("package", "name", "other"), BY_CLOUD)
def test_component_of_one_cloud_needs_no_sdk_of_the_other(package: str, name: str, other: str) -> None:
    done = imported(package, name, other)
    assert (done.stdout.strip(), done.returncode) == (name, 0), done.stderr


@pytest.mark.parametrize(("package", "name", "other"), BY_CLOUD)
def test_missing_sdk_is_named_with_the_extra_to_install(package: str, name: str, other: str) -> None:
    own = {"pulumi_aws": "pulumi_gcp", "pulumi_gcp": "pulumi_aws"}[other]
    last = imported(package, name, own).stderr.strip().splitlines()[-1]
    extra = own.removeprefix("pulumi_")
    assert last == (
        f'ModuleNotFoundError: {name} needs {own}, which is not installed: pip install "dataops-infra[{extra}]"'
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_found_and_no_other(package: str) -> None:
    module = importlib.import_module(package)
    assert {name: getattr(module, name).__name__ for name in module.__all__} == {n: n for n in module.__all__}
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        module.Nothing  # noqa: B018


def test_another_missing_module_is_not_taken_for_an_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataops_infra.foundation.exports import exported

    with pytest.raises(ModuleNotFoundError, match=r"No module named 'dataops_infra\.sandbox\.nowhere'"):
        exported("dataops_infra.sandbox", {"nowhere": ("Name",)})("Name")
