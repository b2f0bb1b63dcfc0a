"""presidio's recognisers one by one, without what its package loads beside them.

``import presidio_analyzer`` loads spaCy, hundreds of recognisers and a command line, half a second of it, whichever
recogniser is wanted. Those of identifiers need none of that: their modules are loaded below empty packages of the same
names, which are taken away again, so that whoever imports presidio later gets all of it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module, util
from threading import Lock
from types import ModuleType
from typing import Any

_PACKAGE = "presidio_analyzer"
_BASES: Mapping[str, str] = {
    "analysis_explanation": "AnalysisExplanation",
    "recognizer_result": "RecognizerResult",
    "entity_recognizer": "EntityRecognizer",
    "local_recognizer": "LocalRecognizer",
    "pattern": "Pattern",
    "pattern_recognizer": "PatternRecognizer",
}
"""Module -> the class of it that recognisers import from the package, in the order in which they need each other."""
_MODULES: Mapping[str, str] = {
    "CreditCardRecognizer": "generic.credit_card_recognizer",
    "EmailRecognizer": "generic.email_recognizer",
    "IbanRecognizer": "generic.iban_recognizer",
    "IpRecognizer": "generic.ip_recognizer",
    "MacAddressRecognizer": "generic.mac_recognizer",
    "NhsRecognizer": "country_specific.uk.uk_nhs_recognizer",
    "PhoneRecognizer": "generic.phone_recognizer",
    "UrlRecognizer": "generic.url_recognizer",
    "UsItinRecognizer": "country_specific.us.us_itin_recognizer",
    "UsSsnRecognizer": "country_specific.us.us_ssn_recognizer",
}
"""Recogniser -> its module, as presidio 2.2.366 has them."""
_SHELLS = ("", ".predefined_recognizers", *(f".predefined_recognizers.{name}" for name in (
    "generic", "country_specific", "country_specific.uk", "country_specific.us",
)))  # fmt: skip
"""Packages whose own code is not run."""
_UNUSED = ("tldextract",)
"""What :class:`EmailRecognizer` imports for its look at the network, which nobody takes here."""
_lock = Lock()


def recognizers(names: Sequence[str]) -> dict[str, Any]:
    """Name -> class of each recogniser.

    Another thread must not import presidio in the meantime. A version that is laid out in another way, and one that is
    loaded already, is imported as usual.

    :raises ImportError: presidio is not installed.
    """
    if _PACKAGE not in sys.modules:
        with _lock, _shells():
            try:
                found = {name: import_module(f"{_PACKAGE}.predefined_recognizers.{_MODULES[name]}") for name in names}
                return {name: getattr(module, name) for name, module in found.items()}
            except (ImportError, AttributeError):
                pass
    known = import_module(f"{_PACKAGE}.predefined_recognizers")
    return {name: getattr(known, name) for name in names}


@contextmanager
def _shells() -> Iterator[None]:
    """Empty packages where presidio's would be; none of its modules is left afterwards."""
    unused = [name for name in _UNUSED if name not in sys.modules]
    try:
        sys.modules.update({name: ModuleType(name) for name in unused})
        folders = _folders()
        for suffix in _SHELLS:
            shell = ModuleType(_PACKAGE + suffix)
            shell.__path__ = [folder + suffix.replace(".", "/") for folder in folders]
            sys.modules[_PACKAGE + suffix] = shell
        engine = ModuleType(f"{_PACKAGE}.nlp_engine")
        vars(engine)["NlpArtifacts"] = object  # the type of an argument that is not given
        sys.modules[engine.__name__] = engine
        _load_bases()
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE or name in unused]:
            del sys.modules[name]


def _folders() -> list[str]:
    spec = util.find_spec(_PACKAGE)
    return [] if spec is None else list(spec.submodule_search_locations or ())


def _load_bases() -> None:
    try:
        for module, name in _BASES.items():
            setattr(sys.modules[_PACKAGE], name, getattr(import_module(f"{_PACKAGE}.{module}"), name))
    except (ImportError, AttributeError):
        return  # what needs it tells so itself
