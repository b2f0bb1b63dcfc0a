"""What an operator is: one way to replace the values of a column."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.conventions.base import Model
from dataops_infra.masking.learned import Learned

if TYPE_CHECKING:
    from dataops_infra.masking.prf import DomainKey


class Outcome(Enum):
    """What becomes of a value, which is what the gate holds the operator to."""

    KEPT = "kept"
    """It stays as it is: the plan says that it is safe."""
    REPLACED = "replaced"
    """Another value stands in its place, never its own; an empty text has nothing to hide and stays empty."""
    GONE = "gone"
    """Nothing that hangs on it is left."""
    COARSENED = "coarsened"
    """It is told less exactly; many rows share the result."""
    CLEANED = "cleaned"
    """Parts of it are replaced (free text)."""


class NoOptions(Model):
    """Options of an operator that takes none."""


class Rows(Protocol):
    """The rows that a column's values stand in, for operators that look at other columns (originals, never masked)."""

    def column(self, path: str) -> pa.Array:
        """The values of another column of the table, aligned with those that are being masked."""


@dataclass(frozen=True)
class Setting:
    """What the operator of one column is made from."""

    table: str
    column: str
    type: pa.DataType
    key: "DomainKey"
    options: Model
    learned: Learned = field(default_factory=Learned)
    domains: "Callable[[str], DomainKey] | None" = None
    """The sub-key of any other domain, for values that belong to it (an address in a text)."""
    domain_of: Callable[[str], str] = str
    """Another column of the table -> the domain it stands in."""


class Operator(Protocol):
    """Made once per column, used by several threads at a time, so without state that changes."""

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The replacements: as many, of the same type, nulls where nulls stand."""


Spaces = Callable[[pa.Array, Model], npt.NDArray[np.float64]]
"""For each value, how many replacements it could have been given (the gate's bound on equal values by chance)."""


@dataclass(frozen=True, kw_only=True)
class OperatorSpec:
    """The record of one operator: how it is called, what it takes, what it promises."""

    name: str
    summary: str
    """One sentence for people, as in the reference."""
    outcome: Outcome
    """What becomes of values, unless the options say that they stay: :meth:`outcome_of`."""
    build: Callable[[Setting], Operator]
    accepts: Callable[[pa.DataType], bool]
    """Whether it can replace values of a type (dictionary types are asked by their value type)."""
    accepted: str
    """The accepted types in words, for the error."""
    options: type[Model] = NoOptions
    refuses: Callable[[pa.DataType, Model], str | None] = lambda _kind, _options: None
    """Why it cannot replace values of an accepted type with these options, in words; None = it can."""
    keeps: Callable[[Model], bool] = lambda _options: False
    """Whether it leaves values as they are, given these options."""
    injective: Callable[[Model], bool] = lambda _options: False
    """Whether different values always get different replacements, given these options."""
    keyed: bool = True
    """Whether replacements hang on the key, and so on the column's domain."""
    per_value: bool = True
    """Whether a replacement hangs on its value alone; if so a dictionary is masked once."""
    reads: Callable[[Model], tuple[str, ...]] = lambda _options: ()
    """Other columns of the table that it looks at."""
    misreads: Callable[[pa.Array, Model], str | None] | None = None
    """What is wrong, in words, where it can read none of some texts as what it replaces; None = it takes any."""
    makes_nulls: bool = False
    """Whether it puts null in place of values, which a column may forbid."""
    spaces: Spaces | None = None
    """None: replacements are drawn from so many that none equals a real value by chance."""

    def outcome_of(self, options: Model) -> Outcome:
        """What becomes of a value, given these options."""
        return Outcome.KEPT if self.keeps(options) else self.outcome
