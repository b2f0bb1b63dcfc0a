"""Checks of whole columns of digits and letters: Luhn, ISO 7064 mod 97, ranges of US social security numbers."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def luhn(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which digit strings end in a right Luhn digit (ISO/IEC 7812-1, annex B)."""
    return np.array([_luhn(text) for text in values.to_pylist()], np.bool_)


def mod97(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which compact upper-case IBANs have right check digits (ISO 13616, ISO 7064 mod 97-10)."""
    return np.array([_mod97(text) for text in values.to_pylist()], np.bool_)


def ssn(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which nine digits are a US social security number that could be given out."""
    return np.array(
        [
            len(t) == 9 and t[:3] not in ("000", "666") and t[0] != "9" and t[3:5] != "00" and t[5:] != "0000"
            for t in values.to_pylist()
        ],
        np.bool_,
    )


def _luhn(text: str) -> bool:
    doubled = [sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(reversed(text))]
    return sum(doubled) % 10 == 0


def _mod97(text: str) -> bool:
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1
