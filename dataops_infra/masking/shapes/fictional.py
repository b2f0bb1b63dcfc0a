"""Numbers that nobody is given, for ``mode: fictional``: few, so different values may become equal.

Phones become numbers of the North American plan of which 555-0100 to 555-0199 of each area are set aside for fiction
(NANPA's 555 line number assignments; ATIS-0300048), those behind +44 Ofcom's numbers for drama. Spelling and
country code stay where ten digits of one of both plans stand; every other value becomes a North American number as
E.164 writes it. Social security numbers become 987-65-4320 to 987-65-4329, which the SSA keeps for advertisements.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.shapes import phone
from dataops_infra.masking.shapes.columns import with_nulls_of
from dataops_infra.masking.shapes.decimals import to_digits, to_numbers
from dataops_infra.masking.shapes.payload import Payload
from dataops_infra.masking.shapes.permuter import Words
from dataops_infra.masking.shapes.ssn import DIGITS as SSN_DIGITS
from dataops_infra.masking.shapes.ssn import Ssn
from dataops_infra.masking.shapes.text import Integers, Mask, Text

# fmt: off
AREA_CODES: Final = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 220, 223, 224, 225, 227,
    228, 229, 231, 234, 235, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 274, 276, 279,
    281, 283, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323,
    324, 325, 326, 327, 329, 330, 331, 332, 334, 336, 337, 339, 341, 346, 347, 350, 351, 352, 353, 360, 361, 363,
    364, 369, 380, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424,
    425, 430, 432, 434, 435, 440, 442, 443, 445, 447, 448, 458, 463, 464, 469, 470, 472, 475, 478, 479, 480, 484,
    501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530, 531, 534, 539, 540, 541,
    551, 557, 559, 561, 562, 563, 564, 567, 570, 571, 572, 573, 574, 575, 580, 582, 585, 586, 601, 602, 603, 605,
    606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 628, 629, 630, 631, 636, 640, 641,
    645, 646, 650, 651, 656, 657, 659, 660, 661, 662, 667, 669, 678, 680, 681, 682, 686, 689, 701, 702, 703, 704,
    706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 725, 726, 727, 728, 730, 731, 732, 734, 737,
    738, 740, 743, 747, 748, 754, 757, 760, 762, 763, 765, 769, 770, 771, 772, 773, 774, 775, 779, 781, 785, 786,
    801, 802, 803, 804, 805, 806, 808, 810, 812, 813, 814, 815, 816, 817, 818, 820, 821, 826, 828, 830, 831, 832,
    835, 838, 839, 840, 843, 845, 847, 848, 850, 854, 856, 857, 858, 859, 860, 862, 863, 864, 865, 870, 872, 878,
    901, 903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928, 929, 930, 931,
    934, 936, 937, 938, 940, 941, 943, 945, 947, 948, 949, 951, 952, 954, 956, 959, 970, 971, 972, 973, 975, 978,
    979, 980, 983, 984, 985, 986, 989,
)
# fmt: on
"""Geographic area codes of the United States (libphonenumber's metadata in ``phonenumbers`` 9.0.43)."""
NORTH_AMERICAN: Final = np.array([code * 10**7 + 5_550_100 for code in AREA_CODES], np.uint64)
"""The first of a hundred numbers of each area."""
# fmt: off
BRITISH: Final = np.array(
    [
        1134960000, 1144960000, 1154960000, 1164960000, 1174960000, 1184960000, 1214960000, 1314960000,
        1414960000, 1514960000, 1614960000, 2079460000, 1632960000, 7700900000,
    ],
    np.uint64,
)
# fmt: on
"""The first of a thousand numbers each behind +44 (Ofcom, "Telephone numbers for use in TV and radio drama programmes";
BBC Magazine Monitor, 2015-04-20)."""
ADVERTISED: Final = np.array([987_654_320], np.uint64)
"""The first of ten social security numbers."""
_NORTH_AMERICAN_RUN, _BRITISH_RUN, _ADVERTISED_RUN = 100, 1_000, 10
_TEN = phone.NORTH_AMERICAN_DIGITS
_BRITISH_CODE = 44

Places = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""(rows, first of the digits that are replaced in each)."""


class FictionalColumn:
    """Replaces whole columns.

    :param firsts: the first number of each reserved run of the most usual kind, which also stands for values of no
        known format, written by ``spell``.
    """

    def __init__(
        self, find: Callable[[Payload], list[tuple[Places, int, Words, int]]], firsts: Words, run: int, spelled: str
    ) -> None:
        self._find, self._firsts, self._run, self._spelled = find, firsts, run, spelled

    def replace(self, values: pa.Array, key: DomainKey) -> pa.Array:
        """A reserved number for each value, never its own; nulls stay null and empty text empty."""
        key = key.sub("fpe/fictional")
        if is_text(values.type):
            replaced = self._replace_text(values, key)
        else:
            plain = (values.fill_null(0) if values.null_count else values).cast(pa.large_string())
            texts = pc.if_else(
                pc.less(pc.binary_length(plain), SSN_DIGITS), pc.utf8_lpad(plain, SSN_DIGITS, "0"), plain
            )
            digits = pc.replace_substring_regex(self._replace_text(texts, key), r"[^0-9]", "")
            replaced = digits.cast(pa.decimal256(39)).cast(values.type)
        return with_nulls_of(values, replaced).cast(values.type)

    def spaces(self, values: pa.Array) -> npt.NDArray[np.float64]:
        """How many numbers each value could have become, at least."""
        return np.full(len(values), float(len(self._firsts) * self._run))

    def _replace_text(self, values: pa.Array, key: DomainKey) -> pa.Array:
        text = Text.of(values)
        payload = Payload(text)
        done: Mask = text.lengths == 0
        for (rows, first), count, firsts, run in self._find(payload):
            digits = payload.digits.take(rows, first, count)
            codes = key.cmac(_texts(digits))[:, 1]
            payload.digits.put(rows, first, to_digits(_drawn(codes, firsts, run, to_numbers(digits)), count))
            done[rows] = True
        payload.write()
        replaced = text.array()
        if done.all():
            return replaced
        rest = pa.array(~done)
        return pc.replace_with_mask(replaced, rest, self._spell(replaced.filter(rest), key))

    def _spell(self, values: pa.Array, key: DomainKey) -> pa.Array:
        numbers = _drawn(key.cmac(values)[:, 1], self._firsts, self._run)
        return pc.replace_substring_regex(pa.array(numbers).cast(pa.large_string()), r"^(...)(..)(.*)$", self._spelled)


def fictional_phone() -> FictionalColumn:
    """What replaces phone numbers."""
    return FictionalColumn(_find_phones, NORTH_AMERICAN, _NORTH_AMERICAN_RUN, r"+1\1\2\3")


def fictional_ssn() -> FictionalColumn:
    """What replaces US social security numbers."""
    return FictionalColumn(_find_ssns, ADVERTISED, _ADVERTISED_RUN, r"\1-\2-\3")


def _find_phones(payload: Payload) -> list[tuple[Places, int, Words, int]]:
    rows = np.flatnonzero(~payload.foreign)
    rows = rows[phone.has_known_words(payload, rows)]
    kept, _ = phone.parse(payload, rows)
    codes = phone.country_codes(payload, rows)
    ten = payload.digits.counts[rows] - kept == _TEN
    british = ten & (codes == _BRITISH_CODE)
    # Ten digits behind a trunk zero or another country's code would be somebody's number there.
    american = ten & ((codes == 1) | ((codes == 0) & (kept == 0)) | phone.bare_north_american(payload, rows))
    return [
        ((rows[british], kept[british]), _TEN, BRITISH, _BRITISH_RUN),
        ((rows[american], kept[american]), _TEN, NORTH_AMERICAN, _NORTH_AMERICAN_RUN),
    ]


def _find_ssns(payload: Payload) -> list[tuple[Places, int, Words, int]]:
    rows = np.flatnonzero(Ssn().members(payload) & ~payload.foreign)
    return [((rows, np.zeros(len(rows), np.int64)), SSN_DIGITS, ADVERTISED, _ADVERTISED_RUN)]


def _drawn(codes: Words, firsts: Words, run: int, own: Words | None = None) -> Words:
    places = codes % np.uint64(len(firsts) * run)

    def at(places: Words) -> Words:
        which = places // np.uint64(run)
        numbers: Words = firsts[which] + places - which * np.uint64(run)
        return numbers

    drawn = at(places)
    if own is None:
        return drawn
    following = at((places + np.uint64(1)) % np.uint64(len(firsts) * run))
    return np.where(drawn == own, following, drawn)


def _texts(digits: npt.NDArray[np.uint8]) -> pa.Array:
    rows, count = digits.shape
    offsets: Integers = np.arange(rows + 1, dtype=np.int64) * count
    data = np.ascontiguousarray(digits + np.uint8(ord("0")))
    return pa.Array.from_buffers(pa.large_string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
