"""What stands in a text as base64, hex, percent or character codes, or with signs between its letters that nobody sees.

What is decoded is judged as if it were the text: it names neither its row's hidden values nor anybody's address, and
holds no number of its source's text. Each is decoded once; what is encoded twice is not found.
"""

import binascii
import dataclasses
import re
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.masking.gate.aligned import LeafPair, RowPair
from dataops_infra.masking.gate.case import Case
from dataops_infra.masking.gate.columns import Column
from dataops_infra.masking.gate.emails import ForeignEmails
from dataops_infra.masking.gate.model import Check, Verdict
from dataops_infra.masking.gate.own_texts import LONG_TEXT, OwnTexts
from dataops_infra.masking.gate.sampling import some_places
from dataops_infra.masking.gate.texts import ResidualText
from dataops_infra.masking.operators.base import Outcome

TEXTS = 1 << 14
"""Texts of a run that are looked at, evenly spread: 100,000 ordinary ones take a fortieth of a second."""
DECODED = 1 << 10
"""Texts of a run that are decoded at most."""
_SIGNS = "A-Za-z0-9+/_-"
_HIDDEN = "\u00ad\u200b-\u200f\u2060\ufeff"
"""Signs without a width: soft hyphens, joiners, marks of direction."""
_LOOKS_ENCODED = (
    # Of four signs of base64 the first is the upper six bits of a byte, which for ASCII texts is one of these.
    rf"(?:^|[^{_SIGNS}])(?:[I-Za-f][{_SIGNS}]{{3}}){{3}}|(?:[2-7][0-9A-Fa-f]){{8}}|%[2-7][0-9A-Fa-f]|&#|[{_HIDDEN}]"
)
_BASE64 = re.compile(rf"(?<![{_SIGNS}])[{_SIGNS}]{{12,4096}}={{0,2}}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){8,2048}(?![0-9A-Fa-f])")
_INVISIBLE = re.compile(f"[{_HIDDEN}]")
_URL_SAFE = str.maketrans("-_", "+/")


class EncodedTexts:
    """Free texts hide nothing behind an encoding that anybody can undo."""

    def __init__(self, case: Case) -> None:
        self._inspectors = (OwnTexts(case), ForeignEmails(case), ResidualText(case))

    def look(self, rows: RowPair) -> None:
        """Decode what looks encoded in some texts of a run of rows."""
        texts = {path: found for path, pair in rows.leaves.items() if (found := _decoded(pair)) is not None}
        if texts:
            hidden = {path: pair for path, pair in rows.leaves.items() if pair.leaf.is_hidden}
            for inspector in self._inspectors:
                inspector.look(dataclasses.replace(rows, leaves={**hidden, **texts} if _asks(inspector) else texts))

    def checks(self) -> Iterator[Check]:
        """A failed check for each column that hides something so."""
        for inspector in self._inspectors:
            for check in inspector.checks():
                if check.verdict is Verdict.FAIL:
                    explanation = f"behind base64, hex, percent or character codes, {check.explanation}"
                    yield dataclasses.replace(check, explanation=explanation)


def _asks(inspector: object) -> bool:
    """Whether an inspector holds texts against the hidden columns of their rows."""
    return isinstance(inspector, OwnTexts)


def _decoded(pair: LeafPair) -> LeafPair | None:
    """The texts of a column that look encoded, decoded; None = there are none."""
    if not pair.is_text or pair.leaf.outcome not in {Outcome.CLEANED, Outcome.KEPT} or not len(pair.after):
        return None
    if pair.leaf.outcome is Outcome.KEPT and int(pair.after.lengths.sum()) < LONG_TEXT * len(pair.after):
        return None
    places = some_places(len(pair.after), TEXTS)
    texts = pl.Series(pl.from_arrow(pair.after.take(places) if len(places) < len(pair.after) else pair.target))
    candidates = places[texts.str.contains(_LOOKS_ENCODED).fill_null(False).to_numpy()][:DECODED]
    found = [(place, text) for place, text in zip(candidates, _each(pair.after, candidates), strict=True) if text]
    if not found:
        return None
    rows = np.array([place for place, _text in found])
    before = pair.before.take(rows).to_pylist()
    sources = [f"{original} {decoded(original)}" if original else None for original in before]
    owners = pa.array(rows) if pair.owners is None else pair.owners.take(pa.array(rows))
    after = pa.array([text for _place, text in found], pa.large_string())
    return dataclasses.replace(
        pair, before=Column(pa.array(sources, pa.large_string())), after=Column(after), owners=owners
    )


def _each(column: Column, places: npt.NDArray[np.int64]) -> list[str]:
    return [decoded(text) for text in column.take(places).to_pylist()]


def decoded(text: str) -> str:
    """What of a text was encoded, decoded once; '' = nothing of it was."""
    found = [plain for part in _BASE64.findall(text) if (plain := _of_base64(part))]
    found += [plain for part in _HEX.findall(text) if (plain := _readable(bytes.fromhex(part)))]
    found += [other for other in (unquote(text), unescape(text), _INVISIBLE.sub("", text)) if other != text]
    return " ".join(found)


def _of_base64(part: str) -> str:
    signs = part.rstrip("=").translate(_URL_SAFE)
    signs = signs[: len(signs) - (len(signs) % 4 == 1)]
    try:
        return _readable(b64decode(signs + "=" * (-len(signs) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _readable(data: bytes) -> str:
    """The text that bytes are, '' where they are none that people read."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if all(sign.isprintable() or sign.isspace() for sign in text) else ""
