"""Where data comes from and where a copy goes: paths, databases, object stores. One module per kind."""

from dataops_infra.masking.places.base import Place
from dataops_infra.masking.places.opening import open_place

__all__ = ["Place", "open_place"]
