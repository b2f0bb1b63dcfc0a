"""A package's public names, imported when first asked for: a program on one cloud needs no SDK of the other."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_EXTRAS = {"pulumi_aws": "aws", "pulumi_gcp": "gcp"}


def exported(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The package's ``__getattr__`` (PEP 562).

    :param modules: module of the package -> the names that it gives.

    The function raises ``AttributeError`` for another name, and ``ModuleNotFoundError`` with the extra to install where
    the SDK of the name's cloud is missing.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        except ModuleNotFoundError as error:
            if error.name not in _EXTRAS:
                raise
            wanted = f'pip install "dataops-infra[{_EXTRAS[error.name]}]"'
            raise ModuleNotFoundError(f"{name} needs {error.name}, which is not installed: {wanted}") from None

    return find
