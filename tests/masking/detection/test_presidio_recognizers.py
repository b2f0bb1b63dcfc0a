"""presidio's recognisers without its package."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataops_infra.masking.detection import presidio_recognizers
from dataops_infra.masking.detection.presidio_recognizers import recognizers

TEXT = (
    "card 4111 1111 1111 1111, iban DE89370400440532013000, from 10.20.30.40 at 00:1a:2b:3c:4d:5e, see "
    "https://firm.com/u/17, call (212) 555-1234, ssn 219-09-9999, itin 911-70-1234, nhs 943 476 5919"
)
NAMES = sorted(set(presidio_recognizers._MODULES) - {"EmailRecognizer"})
ALONE = """
import sys
from dataops_infra.masking.detection.presidio_recognizers import recognizers
text = sys.argv[1]
def found(names):
    made = [kind() for kind in recognizers(names).values()]
    every = [result for one in made for result in one.analyze(text, one.supported_entities, None) or ()]
    return [(result.entity_type, result.start, result.end, result.score) for result in every]
names = sys.argv[2:]
alone = found(names)
left = [name for name in sys.modules if name.startswith(("presidio_analyzer", "spacy", "tldextract"))]
assert not left, left
import presidio_analyzer
assert presidio_analyzer.AnalyzerEngine
assert alone == found(names)
print(len({entity for entity, *_ in alone}))
"""


def test_alone_they_find_what_they_find_in_their_package() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE, TEXT, *NAMES], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", f"{len(NAMES)}\n")


@pytest.mark.parametrize("lacking", ["bases", "modules"])
def test_another_layout_is_imported_as_usual(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "presidio_analyzer"]:
        monkeypatch.delitem(sys.modules, name)
    if lacking == "bases":
        monkeypatch.setattr(presidio_recognizers, "_BASES", {"no_such_module": "Pattern"})
    else:
        monkeypatch.setattr(presidio_recognizers, "_MODULES", {"IpRecognizer": "generic.no_such_module"})
    found = recognizers(["IpRecognizer"])["IpRecognizer"]()
    assert [result.entity_type for result in found.analyze("from 10.20.30.40", ["IP_ADDRESS"], None)] == ["IP_ADDRESS"]
    assert "presidio_analyzer.analyzer_engine" in sys.modules


def test_where_presidio_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "presidio_analyzer"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(ImportError):
        recognizers(["IpRecognizer"])
