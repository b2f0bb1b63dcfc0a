"""The words of a column of texts that may name somebody, and a hash of each that is one for all its spellings.

Words are cut at bytes, whole columns at once, where they are written in the letters of ASCII; a run of bytes with
anything else in it is asked for its words by a regular expression, once however often it occurs.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.detection.ambiguous_names import COMMON_WORDS, PARTICLES
from dataops_infra.masking.detection.confusables import CYRILLIC, LATIN
from dataops_infra.masking.detection.spans import FlatTexts
from dataops_infra.masking.gate.sampling import distinct, mixed
from dataops_infra.masking.gate.values import Flags, Hashes

Places = npt.NDArray[np.intp]

_WORD = r"\p{L}[\p{L}\p{M}'’-]*"
_NAME_WORD = rf"{_WORD}(?:\.{_WORD})*"
"""In names, what dots hold together is a title: "Sig.ra", "B.A."."""
_ACCENTED = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}]"
"""Scripts that are read without their marks."""
_STROKES = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
"""Small letters that Unicode does not decompose, as people type them."""
_DOUBLES = {double: latin for double, latin in LATIN.items() if double.islower()}
_CYRILLIC = {latin: double for latin, double in CYRILLIC.items() if latin.islower()}
_COMMON = frozenset(COMMON_WORDS)
_PAIR = 2

_WINDOW = 8
_LOWER = np.uint64(0x2020202020202020)
"""Makes eight bytes of ASCII words small: letters, apostrophes and hyphens have the bit or get it."""
_AS_IS = np.uint64(0)
_HEADS = 4
"""Windows from its beginning on that a word's hash is made of, beside the last one: longer words are no names."""
_FIRST_BYTES = np.array([(1 << 8 * length) - 1 for length in range(_WINDOW)] + [2**64 - 1], np.uint64)
"""Length -> the bits of so many bytes of a window (of a little-endian machine, as Arrow's are)."""


_LETTER, _JOIN, _SPECIAL, _CAPITAL = 1, 2, 3, 6
_BREAK = b"\n"
"""Stands before, between and behind texts."""
_SIEVE_PER_HASH, _SIEVED_BITS = 8, np.uint64(6)
_CUT = np.uint64(6)
"""Bits of a hash that :class:`.PairedSample` has no room for."""


def _table(*, dotted: bool) -> bytes:
    classes = bytearray(_SPECIAL if code >= 0x80 else 0 for code in range(256))
    for code in range(128):
        letter = _CAPITAL if chr(code).isupper() else _LETTER
        classes[code] = letter if chr(code).isalpha() else _JOIN if chr(code) in "'-" else 0
    classes[ord(".")] = _SPECIAL if dotted else 0
    return bytes(classes)


_CLASSES = {dotted: _table(dotted=dotted) for dotted in (False, True)}
"""Byte -> what it is in a run: a letter, what holds letters together, or what only Unicode's tables know."""


class Words:
    """The words of a column of texts, one after the other, and which two of them may be a name."""

    def __init__(self, texts: pa.Array, *, dotted: bool = False) -> None:
        """Cut large strings into words.

        :param dotted: whether dots hold words together, as in names.
        """
        runs = _Runs.of(FlatTexts.of(texts), dotted=dotted)
        self._texts, self._starts, self._ends, self._seams = runs.texts, runs.starts, runs.ends, runs.seams
        self.hashes = _hashes(runs.texts.data, runs.starts, runs.ends, _LOWER)
        # Particles ("van der") and initials.
        self.tells = runs.ends - runs.starts > 1
        self.tells[_particles().found(self.hashes)] = False
        self._asked, self._written = runs.special, pl.Series(dtype=pl.String)
        if len(runs.special):
            self._ask(dotted=dotted)

    def _ask(self, *, dotted: bool) -> None:
        """Put the words of special runs where these stand."""
        places = self._asked
        pieces = self._texts.pieces(self._starts[places], self._ends[places]).dictionary_encode()
        codes = pieces.indices.to_numpy()
        words = _Asked.of(pl.Series(pl.from_arrow(pieces.dictionary)), dotted=dotted)
        found, counts = words.first[codes], words.counts[codes]
        if (counts != 1).any():
            found = self._expand(found, counts)
        self.hashes[self._asked], self.tells[self._asked] = words.hashes[found], words.tells[found]
        self._written = words.words.gather(found)

    def _expand(self, first: Places, counts: Places) -> Places:
        """Make as many words of each special run as it has, of which the first is given, and say which they are."""
        all_counts, is_asked = np.ones(len(self._starts), np.int64), np.zeros(len(self._starts), np.bool_)
        all_counts[self._asked], is_asked[self._asked] = counts, True
        run = np.repeat(np.arange(len(all_counts)), all_counts)
        self._starts, self._ends = self._starts[run], self._ends[run]
        self.hashes, self.tells = self.hashes[run], self.tells[run]
        self._asked = np.flatnonzero(is_asked[run])
        before = np.cumsum(counts) - counts
        return np.repeat(first - before, counts) + np.arange(len(self._asked))

    @cached_property
    def rows(self) -> Places:
        """The text of each word."""
        return np.repeat(np.arange(len(self._texts)), np.diff(np.searchsorted(self._starts, self._texts.offsets)))

    def rows_of(self, words: Places) -> Places:
        """The texts of a few words."""
        return self._texts.rows(self._starts[words])

    def written(self, place: int) -> str:
        """A word as it stands in the text, or in Unicode's normal form."""
        asked = int(np.searchsorted(self._asked, place))
        if asked < len(self._asked) and self._asked[asked] == place:
            return str(self._written[asked])
        return bytes(self._texts.data[self._starts[place] : self._ends[place]]).decode()

    def names(self) -> tuple[Places, Hashes]:
        """The pairs that name somebody: "Jack van der Berg" is called Jack Berg, and "Ben Ali" by both his words.

        The text of each, and a hash.
        """
        told = np.flatnonzero(self.tells)
        first, second = self._neighbours(told)
        telling = np.bincount(self.rows[told], minlength=len(self._texts))
        alone = self._neighbours(np.flatnonzero(telling[self.rows] < _PAIR))
        # Lists have the family name in front.
        of_two = telling[self.rows[first]] == _PAIR
        begin = np.concatenate([first, alone[0], second[of_two]])
        end = np.concatenate([second, alone[1], first[of_two]])
        is_name = self.tells[begin] | self.tells[end]
        begin, end = begin[is_name], end[is_name]
        return self.rows[begin], mixed(self.hashes[begin], self.hashes[end])

    def pairs(self, known: "KnownHashes") -> tuple[Places, Places, Hashes]:
        """Neighbours that are known ones, particles between them or not: first word, second word, a hash of both.

        :param known: hashes of pairs without the bits that a sample has no room for.
        """
        beside = known.found(mixed(self.hashes[:-1], self.hashes[1:]) >> _CUT)
        first, second = self._across()
        across = known.found(mixed(self.hashes[first], self.hashes[second]) >> _CUT)
        begin = np.concatenate([beside, first[across]])
        end = np.concatenate([beside + 1, second[across]])
        together = self.rows_of(begin) == self.rows_of(end)
        begin, end = begin[together], end[together]
        return begin, end, mixed(self.hashes[begin], self.hashes[end])

    def capitals(self, known: "KnownHashes") -> tuple[Places, Hashes, list[str]]:
        """Known pairs that stand in one word, the second beginning with its capital: AnnaBerg.

        The text of each, a hash as :meth:`pairs` has it, and the word. Letters of ASCII alone are read so.
        """
        data, seams = self._texts.data, self._seams
        if not len(seams):
            return seams, np.zeros(0, np.uint64), []
        run = np.searchsorted(self._starts, seams, side="right") - 1
        lows, highs = self._starts[run], self._ends[run]
        first = np.append(True, run[1:] != run[:-1])
        begin = np.where(first, lows, np.append(lows[:1], seams[:-1]))
        end = np.where(np.append(first[1:], True), highs, np.append(seams[1:], highs[-1:]))
        names = mixed(_hashes(data, begin, seams, _LOWER), _hashes(data, seams, end, _LOWER))
        found = known.found(names >> _CUT)
        pieces = self._texts.pieces(begin[found], end[found]).to_pylist()
        return self._texts.rows(seams[found]), names[found], pieces

    def is_phrase(self, first: int, second: int) -> bool:
        """Whether two words are common ones in small letters, as in "you may read": so nobody is named."""
        return all(self.written(place) in _COMMON for place in (first, second))

    def _neighbours(self, places: Places) -> tuple[Places, Places]:
        beside = self.rows[places[1:]] == self.rows[places[:-1]]
        return places[:-1][beside], places[1:][beside]

    def _across(self) -> tuple[Places, Places]:
        """Telling words with others between them, in whichever texts."""
        others = np.flatnonzero(~self.tells)
        if not len(others):
            return others, others
        is_last = np.diff(others) > 1
        before = others[np.concatenate([[True], is_last])] - 1
        behind = others[np.concatenate([is_last, [True]])] + 1
        inside = (before >= 0) & (behind < len(self.tells))
        return before[inside], behind[inside]


class KnownHashes:
    """A set of hashes that many are held against."""

    def __init__(self, hashes: Hashes) -> None:
        """:param hashes: sorted."""
        self._hashes = hashes
        # A look into a table of flags spares most of those that are not there a search.
        self._mask = np.uint64(_SIEVE_PER_HASH * (1 << len(hashes).bit_length()) - 1)
        self._sieve = np.zeros(int(self._mask) + 1, np.bool_)
        self._sieve[self._slots(hashes)] = True

    def found(self, hashes: Hashes) -> Places:
        """The places of those that are in the set."""
        maybe = np.flatnonzero(self._sieve.take(self._slots(hashes)))
        chosen = hashes[maybe]
        places = np.searchsorted(self._hashes, chosen)
        return maybe[self._hashes.take(places, mode="clip") == chosen] if len(maybe) else maybe

    def _slots(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        # The first bits of a sample's hashes are all zero.
        return ((hashes >> _SIEVED_BITS) & self._mask).view(np.int64)


@dataclass(frozen=True)
class _Runs:
    """Bytes that hold together: a word of ASCII, or a special run, which may hold any number of words."""

    texts: FlatTexts
    """All texts with something between them that holds nothing together."""
    starts: Places
    ends: Places
    special: Places
    """Which runs are special."""
    seams: Places
    """Capitals behind small letters; not looked for in names."""

    @classmethod
    def of(cls, texts: FlatTexts, *, dotted: bool) -> "_Runs":
        parted = bytearray().join((_BREAK, _joined(texts), bytes(_WINDOW)))
        classes = np.frombuffer(parted.translate(_CLASSES[dotted]), np.uint8)
        _drop_loose(classes)
        is_inside = classes > 0
        edges = np.flatnonzero(is_inside[1:] != is_inside[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        # No two other classes differ by as much, upwards.
        seams = starts[:0] if dotted else np.flatnonzero(classes[1:] - classes[:-1] == _CAPITAL - _LETTER) + 1
        special = np.flatnonzero(classes == _SPECIAL)
        special = np.searchsorted(starts, special[np.diff(special, prepend=-1) > 1], side="right") - 1
        special = special[np.diff(special, prepend=-1) > 0]
        offsets = texts.offsets + np.arange(1, len(texts.offsets) + 1)
        return cls(FlatTexts(offsets, np.frombuffer(parted, np.uint8)), starts, ends, special, seams)


def _joined(texts: FlatTexts) -> pa.Buffer:
    values = texts.values
    whole = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    return pc.binary_join(whole, pa.scalar(_BREAK.decode(), values.type))[0].as_buffer()


def _drop_loose(classes: npt.NDArray[np.uint8]) -> None:
    """Take out apostrophes and hyphens that no letter stands before: words do not begin with them."""
    joins = np.flatnonzero(classes == _JOIN)
    if not len(joins):
        return
    is_first = np.diff(joins, prepend=-1) > 1
    is_loose = classes[joins[is_first] - 1] == 0
    classes[joins[is_loose[np.cumsum(is_first) - 1]]] = 0


@dataclass(frozen=True)
class _Asked:
    """The words of distinct runs."""

    words: pl.Series
    hashes: Hashes
    tells: Flags
    first: npt.NDArray[np.int64]
    """Run -> its first word."""
    counts: npt.NDArray[np.int64]
    """Run -> how many it has."""

    @classmethod
    def of(cls, runs: pl.Series, *, dotted: bool) -> "_Asked":
        word = _NAME_WORD if dotted else _WORD
        formed = _one_form(runs)
        # Most are a word as a whole: lists of words take ten times as long to make.
        is_word = formed.str.contains(f"^{word}$")
        listed = formed.filter(~is_word).str.extract_all(word)
        words = pl.concat([formed.filter(is_word), listed.explode(empty_as_null=False)])
        several = ~is_word.to_numpy()
        counts = np.ones(len(runs), np.int64)
        counts[several] = listed.list.len().to_numpy()
        first = np.empty(len(runs), np.int64)
        order = np.argsort(several, kind="stable")
        first[order] = np.cumsum(counts[order]) - counts[order]
        small = _in_one_script(words.str.to_lowercase())
        told = (
            small.alias("small")
            .to_frame()
            .select(
                # Initials, of scripts that have small letters.
                ~(pl.col("small").is_in(PARTICLES) | pl.col("small").str.contains(r"^\p{Ll}$"))
            )
        )
        folded = _folded(small).to_arrow().cast(pa.large_string())
        return cls(words, word_hashes(folded), told.to_series().to_numpy(), first, counts)


def word_hashes(words: pa.Array) -> Hashes:
    """A hash of each of large strings that are words already, in one spelling."""
    flat = FlatTexts.of(words)
    return _hashes(
        np.concatenate([flat.data, np.zeros(_WINDOW, np.uint8)]), flat.offsets[:-1], flat.offsets[1:], _AS_IS
    )


def _hashes(data: npt.NDArray[np.uint8], starts: Places, ends: Places, case: np.uint64) -> Hashes:
    """A hash of each piece of ``data``, behind which a window has room, of bytes with the bits of ``case``."""
    windows = np.ndarray(len(data) - _WINDOW + 1, np.uint64, data, strides=(1,))
    lengths = ends - starts
    found = _scrambled((windows[starts] | case) & _FIRST_BYTES.take(lengths, mode="clip"))
    longer = np.flatnonzero(lengths > _WINDOW)
    for head in range(1, _HEADS):
        at = longer[lengths[longer] > _WINDOW * (head + 1)]
        found[at] = _scrambled(found[at] ^ (windows[starts[at] + _WINDOW * head] | case))
    last = windows[ends[longer] - _WINDOW] | case
    found[longer] = _scrambled(_scrambled(found[longer] ^ last) ^ lengths[longer].astype(np.uint64))
    return found


def _scrambled(values: Hashes) -> Hashes:
    """Each bit spread over all of them; the multiplier is that of SplitMix64 (Steele, Lea, Flood, 2014)."""
    spread = values * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(spread ^ (spread >> np.uint64(32)))


@cache
def _particles() -> "KnownHashes":
    """The hashes of particles that are written in ASCII."""
    return KnownHashes(
        distinct(word_hashes(pa.array([word for word in PARTICLES if word.isascii()], pa.large_string())))
    )


def _one_form(texts: pl.Series) -> pl.Series:
    """Texts in Unicode's normal form NFKC, without soft hyphens: all spellings of a name are one there."""
    return texts.str.normalize("NFKC").str.replace_all("\u00ad", "", literal=True)


def _in_one_script(words: pl.Series) -> pl.Series:
    """Words of two scripts with letters that look alike as Latin ones, or as Cyrillic ones where that leaves some."""
    rows = words.str.contains(r"\p{Latin}").arg_true()
    rows = rows.filter(words.gather(rows).str.contains(r"[\p{Cyrillic}\p{Greek}]"))
    if not len(rows):
        return words
    mixed_words = words.gather(rows)
    latin = mixed_words.str.replace_many(_DOUBLES)
    read = latin.zip_with(~latin.str.contains(r"\p{Cyrillic}"), mixed_words.str.replace_many(_CYRILLIC))
    return words.clone().scatter(rows, read)


def _folded(words: pl.Series) -> pl.Series:
    """Words in small letters, without marks and strokes: José and Jose, Łukasz and Lukasz are one."""
    rows = words.str.contains(_ACCENTED).arg_true()
    plain = words.gather(rows).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_many(_STROKES)
    return plain if len(plain) == len(words) else words.clone().scatter(rows, plain)
