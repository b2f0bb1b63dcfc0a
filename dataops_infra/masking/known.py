"""Values of the data's own people, found again in texts: names word by word (:mod:`.known_names`), others as a whole
(:mod:`.known_wholes`). :mod:`.known_collecting` gathers them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dataops_infra.masking.detection.parted import PartedTexts
from dataops_infra.masking.detection.spaced import SpacedTexts
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge
from dataops_infra.masking.detection.words import chunks, words_of
from dataops_infra.masking.known_names import KnownNames
from dataops_infra.masking.known_wholes import KnownWholes
from dataops_infra.masking.operators.base import Rows

_FIRST_BITS = 22
"""So that what most words are held against fits into a processor's cache."""
_PARTS = ("starts", "ends", "labels")


@dataclass(frozen=True)
class KnownValues:
    """What is looked for in texts."""

    names: KnownNames | None
    wholes: KnownWholes | None

    def __len__(self) -> int:
        return sum(len(part) for part in (self.names, self.wholes) if part is not None)

    @cached_property
    def _firsts(self) -> npt.NDArray[np.bool_]:
        """By the upper bits of a word's hash: whether anything may begin with it."""
        flags = np.zeros(1 << _FIRST_BITS, np.bool_)
        for part in (self.names, self.wholes):
            if part is not None:
                flags |= part.sieve.flags(_FIRST_BITS)
        return flags

    def find(self, texts: FlatTexts, taken: Spans = NO_SPANS) -> Spans:
        """Where known values stand in texts in their normal form; labels are for :meth:`replacements`.

        :param taken: pieces that are replaced already: a value that overlaps one hides no name beside it.
        """
        found = []
        for first, last in chunks(texts):
            words = words_of(texts, first, last)
            slots = words.heads >> np.uint64(64 - _FIRST_BITS)
            at = np.flatnonzero(self._firsts.take(slots.view(np.int64)))
            near = taken.between(int(texts.offsets[first]), int(texts.offsets[last]))
            wholes = NO_SPANS if self.wholes is None else self.wholes.find(words, at, near)
            names = NO_SPANS if self.names is None else self.names.find(texts, words, at, near)
            found.append(merge(Spans(wholes.starts, wholes.ends, -1 - wholes.labels), names))
        return Spans(*(np.concatenate([getattr(part, name) for part in (NO_SPANS, *found)]) for name in _PARTS))

    def find_glued(self, parted: PartedTexts) -> Spans:
        """Where known values stand in texts whose words were parted, in these words; labels as in :meth:`find`.

        One name alone tells nothing there ("McDonald", "WillCall"): a whole one must stand there, or nothing but names.
        """
        found = self.find(parted.texts)
        found = found.where(parted.touching(found))
        named = np.flatnonzero(found.labels >= 0)
        if not len(named) or self.names is None:
            return found
        is_name = self.names.are_full(found.labels[named])
        word = np.maximum(np.searchsorted(parted.words.starts, found.starts[named], side="right") - 1, 0)
        within = found.ends[named] <= parted.words.ends[word]
        letters = parted.letters_of_words()
        covered = np.bincount(word[within], (found.ends - found.starts)[named[within]], len(letters))
        several = np.bincount(word[within], minlength=len(letters)) > 1
        is_name |= within & ((covered == letters) & several)[word]
        dropped = named[~is_name]
        return found.where(np.setdiff1d(np.arange(len(found)), dropped))

    def find_spaced(self, texts: FlatTexts) -> Spans:
        """Where known values are written letter by letter; labels as in :meth:`find`."""
        spaced = SpacedTexts.of(texts)
        return NO_SPANS if spaced is None else spaced.in_original(self.find(spaced.texts))

    def replacements(self, labels: Places, pieces: pa.Array, rows: Rows) -> pa.Array:
        """The replacement of each found value.

        :param pieces: the values as they stand in the texts.
        """
        parts, places = [], []
        for label in np.unique(labels[labels < 0]):
            assert self.wholes is not None
            chosen = np.flatnonzero(labels == label)
            operator = self.wholes.operators[-1 - label]
            parts.append(operator.apply(pieces.take(pa.array(chosen)), rows).cast(pa.large_string()))
            places.append(chosen)
        named = np.flatnonzero(labels >= 0)
        if len(named):
            assert self.names is not None
            parts.append(self.names.replacements(labels[named], pieces.take(pa.array(named)), rows))
            places.append(named)
        return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(places))))
