"""Runs one peer of the masking engine over Parquet files and prints what it took, as JSON.

``python masking.py WAY FOLDER ROWS [MODEL]`` in the environment of presidio.lock. Loading the libraries, reading the
files and one warm-up are left out; what is timed is the peer's own documented way over data frames in memory.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import tldextract
from faker import Faker
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngine, NoOpNlpEngine, SpacyNlpEngine
from presidio_anonymizer import BatchAnonymizerEngine
from presidio_structured import PandasDataProcessor, StructuredEngine
from presidio_structured.config import StructuredAnalysis

ENTITIES = {
    "first_name": "PERSON",
    "last_name": "PERSON",
    "full_name": "PERSON",
    "customer_name": "PERSON",
    "email": "EMAIL_ADDRESS",
    "customer_email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "customer_phone": "PHONE_NUMBER",
    "card_number": "CREDIT_CARD",
    "ssn": "US_SSN",
    "iban": "IBAN_CODE",
    "street": "LOCATION",
    "ship_street": "LOCATION",
    "city": "LOCATION",
    "ship_city": "LOCATION",
    "postcode": "LOCATION",
    "ship_postcode": "LOCATION",
}
"""Columns that hold personal data -> presidio's name for it."""

FAKERS: dict[str, Callable[[Faker], str]] = {
    "PERSON": lambda fake: fake.name(),
    "EMAIL_ADDRESS": lambda fake: fake.email(),
    "PHONE_NUMBER": lambda fake: fake.phone_number(),
    "CREDIT_CARD": lambda fake: fake.credit_card_number(),
    "US_SSN": lambda fake: fake.ssn(),
    "IBAN_CODE": lambda fake: fake.iban(),
    "LOCATION": lambda fake: fake.city(),
}

Frames = dict[str, pd.DataFrame]


def frames(folder: Path, rows: int) -> Frames:
    """The first rows of each table, as many in proportion as the files have."""
    files = sorted(folder.glob("*.parquet"))
    total = sum(pq.read_metadata(file).num_rows for file in files)
    found = {}
    for file in files:
        count = round(pq.read_metadata(file).num_rows * rows / total)
        batch = next(pq.ParquetFile(file).iter_batches(batch_size=max(count, 1)))
        found[file.stem] = batch.to_pandas()
    return found


def analyzer(model: str | None) -> AnalyzerEngine:
    """Presidio's analyzer with a spaCy model, or with none and so without its recogniser of names."""
    if model is None:
        engine: NlpEngine = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
        registry = RecognizerRegistry()
        registry.load_predefined_recognizers(nlp_engine=engine)
        registry.remove_recognizer("SpacyRecognizer")
        return AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"])
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}])
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def presidio(tables: Frames, model: str | None) -> Callable[[], None]:
    """Analyse every column as texts and anonymise what was found: presidio's sample "batch processing"."""
    batches, anonymizer = BatchAnalyzerEngine(analyzer_engine=analyzer(model)), BatchAnonymizerEngine()

    def work() -> None:
        for frame in tables.values():
            columns = {name: [str(value) for value in frame[name]] for name in frame.columns}
            anonymizer.anonymize_dict(batches.analyze_dict(columns, language="en"))

    return work


def structured(tables: Frames, _model: str | None) -> Callable[[], None]:
    """presidio-structured with the columns already known: only its transforming is timed."""
    engine = StructuredEngine(data_processor=PandasDataProcessor())
    analyses = {
        name: StructuredAnalysis(entity_mapping={c: ENTITIES[c] for c in frame.columns if c in ENTITIES})
        for name, frame in tables.items()
    }

    def work() -> None:
        for name, frame in tables.items():
            engine.anonymize(frame, analyses[name], operators=None)

    return work


def faker(tables: Frames, _model: str | None) -> Callable[[], None]:
    """Faker seeded by each value, with a cache per kind so that equal values get equal replacements."""
    fake = Faker("en_US")

    def work() -> None:
        caches: dict[str, dict[str, str]] = {kind: {} for kind in FAKERS}
        for frame in tables.values():
            for column in frame.columns:
                if (kind := ENTITIES.get(column)) is not None:
                    frame[column].map(lambda value, kind=kind: _replacement(fake, kind, value, caches[kind]))

    return work


def _replacement(fake: Faker, kind: str, value: str, cache: dict[str, str]) -> str:
    if value not in cache:
        fake.seed_instance(value)
        cache[value] = FAKERS[kind](fake)
    return cache[value]


def texts(tables: Frames, model: str | None) -> Callable[[], None]:
    """Presidio over the free text alone."""
    return presidio({"tickets": tables["tickets"][["body"]]}, model)


WAYS = {"presidio": presidio, "structured": structured, "faker": faker, "texts": texts}


def main(way: str, folder: str, rows: str, model: str | None = None) -> None:
    """Prints the number of rows and the seconds they took."""
    # Without this its e-mail recogniser asks the network for the list of public suffixes, again for each value.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    tables = frames(Path(folder), int(rows))
    WAYS[way]({name: frame.head(20) for name, frame in tables.items()}, model)()
    work = WAYS[way](tables, model)
    start, cpu = time.perf_counter(), time.process_time()
    work()
    counted = tables["tickets"] if way == "texts" else pd.concat([frame.iloc[:, 0] for frame in tables.values()])
    print(json.dumps({"rows": len(counted), "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
