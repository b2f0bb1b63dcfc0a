"""Finds the columns that presidio-structured takes for personal data, without a language model: JSON on stdout.

``python columns.py FOLDER VALUES`` in the environment of presidio.lock; VALUES: how many of each column it is shown.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_structured import PandasAnalysisBuilder


def main(folder: str, values: str) -> None:
    """Prints table -> columns that it would mask, and the seconds of CPU that took."""
    # Without this its e-mail recogniser asks the network for the list of public suffixes, again for each value.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    warnings.simplefilter("ignore")
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(nlp_engine=nlp)
    registry.remove_recognizer("SpacyRecognizer")
    engine = AnalyzerEngine(nlp_engine=nlp, registry=registry, supported_languages=["en"])
    builder = PandasAnalysisBuilder(analyzer=engine)
    frames = {path.stem: pd.read_parquet(path).astype(str) for path in sorted(Path(folder).glob("*.parquet"))}
    start = time.process_time()
    found = {
        name: sorted(builder.generate_analysis(frame.head(int(values)), language="en").entity_mapping)
        for name, frame in frames.items()
    }
    print(json.dumps({"columns": found, "cpu": time.process_time() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
