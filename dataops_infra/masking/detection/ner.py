"""Names that only a language model tells: presidio with a spaCy model that is installed, which is never downloaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np

from dataops_infra.errors import MaskingError
from dataops_infra.masking.detection.spans import NO_SPANS, FlatTexts, Spans

ENTITY_KINDS = {"PERSON": "full_name", "LOCATION": "city", "ORGANIZATION": "company"}
"""Presidio's entity -> kind, whose pool and domain its replacement comes from."""
_ENTITIES = tuple(ENTITY_KINDS)


@dataclass(frozen=True)
class EntityFinder:
    """Finds people, places and organisations; one Python call per text."""

    analyzer: Any
    language: str

    def find(self, texts: FlatTexts) -> Spans:
        """Where entities stand; a span's label is the position of its kind in :data:`ENTITY_KINDS`."""
        found = sorted(self._found(texts))
        if not found:
            return NO_SPANS
        starts, ends, labels = (np.array(part, np.int64) for part in zip(*_without_overlaps(found), strict=True))
        return Spans(starts, ends, labels)

    def _found(self, texts: FlatTexts) -> Iterator[tuple[int, int, int]]:
        for row, text in enumerate(texts.values.to_pylist()):
            first = int(texts.offsets[row])
            for result in self.analyzer.analyze(text, language=self.language, entities=list(_ENTITIES)):
                start = first + len(text[: result.start].encode())
                yield start, start + len(text[result.start : result.end].encode()), _ENTITIES.index(result.entity_type)


def _without_overlaps(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    kept: list[tuple[int, int, int]] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def model_version(model: str | None) -> str:
    """The name and version of the model that :func:`entity_finder` uses, as it calls itself."""
    import spacy

    name = _chosen(model) or ""
    if spacy.util.is_package(name):
        return f"{name} {metadata.version(name)}"
    about = spacy.util.load_meta(Path(name) / "meta.json")
    return f"{about['lang']}_{about['name']} {about['version']}"


def _chosen(model: str | None) -> str | None:
    import spacy

    return model or next(iter(sorted(spacy.util.get_installed_models())), None)


@lru_cache(maxsize=4)
def entity_finder(model: str | None) -> EntityFinder:
    """The finder that uses an installed spaCy model: that one, or the one there is.

    :raises MaskingError: the extra `ner` or the model is not installed; nothing is downloaded.
    """
    if util.find_spec("presidio_analyzer") is None:
        raise MaskingError("`ner: true` needs presidio: pip install 'dataops-infra[ner]'")
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    name = _chosen(model)
    if name is None or not (spacy.util.is_package(name) or Path(name).is_dir()):
        wanted = f"the spaCy model {name}" if name else "a spaCy model"
        raise MaskingError(
            f"`ner: true` needs {wanted}, which is not installed; install it, nothing is downloaded here"
        )
    language = str(spacy.util.load_meta(Path(name) / "meta.json")["lang"]) if Path(name).is_dir() else name[:2]
    engine = SpacyNlpEngine(models=[{"lang_code": language, "model_name": name}])
    engine.load()
    registry = RecognizerRegistry(supported_languages=[language])
    registry.add_recognizer(SpacyRecognizer(supported_language=language, supported_entities=list(_ENTITIES)))
    return EntityFinder(AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language]), language)
