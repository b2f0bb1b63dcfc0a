"""Whether what masking needs is installed, asked once for all its commands."""

import sys
from importlib.util import find_spec

from dataops_infra.errors import DataopsError

REQUIRED = ("numpy", "polars", "pyarrow")
"""What the extra ``masking`` brings."""


class NotInstalledError(DataopsError):
    """An extra is needed and was not installed."""


def check_installed() -> None:
    """Refuse to go on without the extra ``masking``.

    :raises NotInstalledError: it names what to install.
    """
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        raise NotInstalledError(
            f'masking needs {", ".join(missing)}, which this environment lacks: pip install "dataops-infra[masking]"'
        )


def spare_pandas() -> None:
    """Let pyarrow do without pandas in this process.

    Where pandas is installed pyarrow imports it as soon as it is given a value of Python's: most of a second in each
    command, for nothing that masking needs. It asks once, and goes without where the import fails.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _WithoutPandas)
    try:
        pa.scalar(0)
    finally:
        sys.meta_path.remove(_WithoutPandas)


class _WithoutPandas:
    """An importer by which pandas is not installed."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
