"""What must be known of the whole data before the first row is masked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataops_infra.masking.anonymity.recoding import Recoding
    from dataops_infra.masking.known import KnownValues


@dataclass(frozen=True)
class Learned:
    """Made once by :mod:`.preparing` from a first pass over the source; operators only read it."""

    known: "KnownValues | None" = None
    """Values of the data's own people, which texts may repeat, with their replacements."""
    recodings: "Mapping[str, Recoding]" = field(default_factory=dict)
    """Table -> how its quasi-identifiers are generalised."""
