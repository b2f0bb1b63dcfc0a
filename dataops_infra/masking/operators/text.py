"""``text``: free text in which identifiers, and the names of the data's own people, are replaced where they stand.

Each found value gets what the column of its kind would get: an e-mail address in a ticket equals that of the masked
customer.
What is found and what is not stands in ``docs/guides/masking-text.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from dataops_infra.conventions.base import Model, refusal
from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection import ner, shapes
from dataops_infra.masking.detection.glued import find_glued
from dataops_infra.masking.detection.kinds import KINDS
from dataops_infra.masking.detection.normal_forms import NormalTexts
from dataops_infra.masking.detection.parted import PartedTexts
from dataops_infra.masking.detection.patterns import PATTERNS, find
from dataops_infra.masking.detection.percent import PercentTexts, decoded, encoded_like
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Places, Spans, merge, without
from dataops_infra.masking.layouts import is_text
from dataops_infra.masking.operators.base import Operator, OperatorSpec, Outcome, Rows, Setting

if TYPE_CHECKING:
    from dataops_infra.masking.known import KnownValues

FOUND_KINDS = tuple(dict.fromkeys([*(pattern.kind for pattern in PATTERNS), *ner.ENTITY_KINDS.values()]))
"""The kinds of values that can be found in texts."""
_ENTITIES = len(PATTERNS)
_NAMES = _ENTITIES + len(ner.ENTITY_KINDS)
"""Labels below are patterns, then entities, then names; those below zero are values that are known as a whole."""
_KINDS = np.array([FOUND_KINDS.index(kind) for kind in (*(p.kind for p in PATTERNS), *ner.ENTITY_KINDS.values())])
"""Label of a pattern or entity -> position of its kind."""
_URL = FOUND_KINDS.index("url")


class TextOptions(Model):
    """Options of :data:`SPEC`."""

    leave: tuple[str, ...] = Field(
        default=(), description="Kinds that are left as they are, such as `url` or `ip_address`."
    )
    domains: Mapping[str, str] = Field(
        default_factory=dict,
        description="Kind -> domain of its values; else the domain of the kind's own name, as classified columns have.",
    )
    known: bool = Field(default=True, description="Whether names that the tables hold are looked for.")
    ner: bool = Field(default=False, description="Whether a language model looks for names on what is left (slow).")
    model: str | None = Field(default=None, description="Name or folder of an installed spaCy model, for `ner`.")

    @field_validator("leave", "domains")
    @classmethod
    def _check_kinds(cls, stated: tuple[str, ...] | Mapping[str, str]) -> tuple[str, ...] | Mapping[str, str]:
        for kind in stated:
            if kind not in FOUND_KINDS:
                raise refusal(f"{kind} is nothing that is found in texts; known are {', '.join(FOUND_KINDS)}")
        return stated

    @model_validator(mode="after")
    def _check_model(self) -> "TextOptions":
        # Whoever names a model expects it to look; `ner: false` beside it says otherwise.
        if self.model is not None and "ner" not in self.model_fields_set:
            raise refusal("model counts with ner: true only; write that too, or take model out")
        return self


@dataclass(frozen=True)
class _Text:
    where: str
    options: TextOptions
    operators: Mapping[str, Operator]
    """Kind -> what replaces its values."""
    known: "KnownValues | None"
    entities: ner.EntityFinder | None

    def apply(self, values: pa.Array, rows: Rows) -> pa.Array:
        """The texts without what was found; those that stand in several rows, as templates do, are searched once."""
        texts = values.cast(pa.large_string()).dictionary_encode()
        cleaned = self._cleaned(FlatTexts.of(texts.dictionary), rows).take(texts.indices)
        try:
            return cleaned.cast(values.type)
        except pa.ArrowInvalid:
            raise MaskingError(
                f"{self.where}: texts of a batch exceed 2 GiB; write the file with smaller row groups"
            ) from None

    def _cleaned(self, texts: FlatTexts, rows: Rows) -> pa.Array:
        normal = NormalTexts.of(texts)
        spans = self._spans(normal.texts)
        places = normal.in_original(spans)
        return texts.replace(places.starts, places.ends, self._replacements(normal.texts, spans, rows)).values

    def _spans(self, texts: FlatTexts) -> Spans:
        found = self._shown(find(texts))
        found = merge(self._percent(texts, found), found)
        if self.known is not None:
            found = merge(found, _known(self.known.find(texts, found)), _known(self.known.find_spaced(texts)))
        parted = PartedTexts.of(texts, found)
        if parted is not None:
            identifiers = self._shown(find_glued(parted.texts))
            glued = identifiers.where(parted.touching(identifiers))
            if self.known is not None:
                glued = merge(glued, _known(self.known.find_glued(parted)))
            found = merge(found, parted.in_original(glued))
        if self.entities is not None:
            entities = self.entities.find(texts)
            found = merge(found, Spans(entities.starts, entities.ends, entities.labels + _ENTITIES))
        return found

    def _percent(self, texts: FlatTexts, found: Spans) -> Spans:
        """What stands there in percent codes; web addresses among what was ``found`` are replaced as they are."""
        addresses = found.where(_KINDS[found.labels] == _URL)
        percent = PercentTexts.of(texts, addresses)
        if percent is None:
            return NO_SPANS
        held = self._shown(find(percent.texts))
        if self.known is not None:
            held = merge(held, _known(self.known.find(percent.texts, held)))
        return without(percent.in_original(held), addresses)

    def _shown(self, found: Spans) -> Spans:
        """Identifiers, but for kinds that are left as they are."""
        left = np.array([pattern.kind in self.options.leave for pattern in PATTERNS])
        return found.where(~left[found.labels])

    def _replacements(self, texts: FlatTexts, spans: Spans, rows: Rows) -> pa.Array:
        if not len(spans):
            return pa.array([], pa.large_string())
        parts, places = [], []
        for chosen, replaced in self._groups(texts, spans, rows):
            places.append(chosen)
            parts.append(replaced.cast(pa.large_string()))
        order = np.argsort(np.concatenate(places))
        return pa.concat_arrays(parts).take(pa.array(order))

    def _groups(self, texts: FlatTexts, spans: Spans, rows: Rows) -> Iterator[tuple[Places, pa.Array]]:
        """Positions of spans, with their replacements."""
        is_known = (spans.labels < 0) | (spans.labels >= _NAMES)
        kinds = np.where(is_known, -1, _KINDS[np.where(is_known, 0, spans.labels)])
        for kind in np.unique(kinds):
            chosen = np.flatnonzero(kinds == kind)
            pieces = texts.pieces(spans.starts[chosen], spans.ends[chosen])
            if kind == _URL:  # what stands in percent codes there is part of the address
                yield chosen, _replaced("url", pieces, self.operators["url"], rows)
                continue
            written = pl.Series(pieces, dtype=pl.String)
            masked = self._masked(kind, spans.labels[chosen], decoded(written).to_arrow(), rows)
            yield chosen, encoded_like(written, pl.Series(masked, dtype=pl.String)).to_arrow()

    def _masked(self, kind: int, labels: Places, pieces: pa.Array, rows: Rows) -> pa.Array:
        """The replacements of pieces of one kind.

        :param kind: below zero = they are known, as ``labels`` say.
        """
        if kind >= 0:
            return _replaced(FOUND_KINDS[kind], pieces, self.operators[FOUND_KINDS[kind]], rows)
        assert self.known is not None
        plain = pieces.cast(pa.large_string())
        return self.known.replacements(np.where(labels < 0, labels, labels - _NAMES), plain, rows)


def _known(found: Spans) -> Spans:
    """Known values, with the labels of this module."""
    return Spans(found.starts, found.ends, np.where(found.labels < 0, found.labels, found.labels + _NAMES))


def _replaced(kind: str, pieces: pa.Array, operator: Operator, rows: Rows) -> pa.Array:
    """The replacements of found values, each looked up in the spelling that a column would have."""
    spelt = pl.Series(pieces, dtype=pl.String)
    plain = spelt.str.replace("＠", "@", literal=True) if kind == "email" else shapes.ascii_digits(spelt)
    return operator.apply(plain.to_arrow().cast(pa.large_string()), rows)


def _build(setting: Setting) -> Operator:
    from dataops_infra.masking.operators import OPERATORS

    options = cast(TextOptions, setting.options)
    if setting.domains is None:
        raise ValueError("free text is masked under several domains: give Setting.domains")
    operators = {}
    for name in FOUND_KINDS:
        kind = KINDS[name]
        spec = OPERATORS[kind.operator]
        chosen = spec.options.model_validate(dict(kind.options))
        key = setting.domains(options.domains.get(name, name))
        operators[name] = spec.build(Setting(setting.table, setting.column, pa.large_string(), key, chosen))
    return _Text(
        f"{setting.table}.{setting.column}",
        options,
        operators,
        setting.learned.known if options.known else None,
        ner.entity_finder(options.model) if options.ner else None,
    )


SPEC = OperatorSpec(
    name="text",
    summary="Free text: identifiers and the names of the data's own people are replaced where they stand.",
    outcome=Outcome.CLEANED,
    build=_build,
    accepts=is_text,
    accepted="text",
    options=TextOptions,
)
