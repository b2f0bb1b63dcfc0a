"""What an engine is: it masks the rows of a source into a folder of twins."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.preparing import Learning
from dataops_infra.masking.sources import Source

OnRows = Callable[[int], None]
"""Told how many more rows are masked; called by several threads, one at a time."""


@dataclass(frozen=True)
class Work:
    """What is masked, by which plan and key, with what is learned of it."""

    plan: Plan
    source: Source
    key: MasterKey
    learning: Learning


class Engine(Protocol):
    """Where rows are masked. Every engine calls :func:`dataops_infra.masking.masker.mask_batch`."""

    def mask(self, work: Work, folder: Path, on_rows: OnRows) -> dict[str, int]:
        """Write the masked twin of every file of the source below ``folder``; each table keeps its rows in order.

        :returns: table -> its rows.
        :raises MaskingError: a file is damaged, cannot be masked or cannot be written; the folder then holds a part.
        """
