"""Words that are names and common words at once, or parts of names that name nobody; as hashes."""

from importlib import resources

import numpy as np
import pyarrow as pa
import yaml

from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.detection.words import Hashes, words_of


def _hashes(words: str) -> Hashes:
    texts = FlatTexts.of(pa.array([words], pa.large_string()))
    return np.unique(words_of(texts, 0, 1).hashes)


_FILE = resources.files("dataops_infra.masking.detection").joinpath("ambiguous_names.yaml")
_LISTS: dict[str, str] = yaml.safe_load(_FILE.read_text("utf-8"))

CALENDAR_HASHES = _hashes(_LISTS["calendar"])
"""Months, days and seasons: names only as part of a longer name."""
COMMON_HASHES = _hashes(_LISTS["common"])
"""Names that are common words: names only with a capital within a sentence, or as part of a longer name."""
COMMON_WORDS = tuple(f"{_LISTS['calendar']} {_LISTS['common']}".split())
"""All of both, in small letters."""
PARTICLES = tuple(_LISTS["particles"].split())
PARTICLE_HASHES = _hashes(_LISTS["particles"])
"""Parts of full names that stand for nobody alone."""
