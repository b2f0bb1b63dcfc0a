"""Whether what masking needs is installed, asked once for all its commands."""

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
