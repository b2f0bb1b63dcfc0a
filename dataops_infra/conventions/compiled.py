"""Conventions and contracts as one JSON document: what a policy pack is given.

Under the engine a pack stands in a folder of its own and sees no ``dataops.yaml``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError

from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.loading import canonical, rules_digest
from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import InvalidInputError

SCHEMA = "dataops.conventions/v1"
_KEYS = frozenset({"schema", "conventions", "contracts", "source", "digest", "asOf"})


class CompiledRules(NamedTuple):
    """What a compiled document holds; ``digest`` is that of the rules as they were read, not the one written in it."""

    conventions: Conventions
    contracts: tuple[DatasetContract, ...]
    source: str
    digest: str
    as_of: date


def compiled(
    conventions: Conventions, contracts: Sequence[DatasetContract], source: str, as_of: date
) -> dict[str, Any]:
    """The document for the packs' config key ``conventions``: plain JSON data, the same for the same rules.

    :param source: where the conventions came from, for reports.
    :param as_of: the day on which dates are judged (expired exemptions).
    """
    ordered = sorted(contracts, key=lambda contract: contract.name)
    return {
        "schema": SCHEMA,
        "conventions": canonical(conventions),
        "contracts": [contract.model_dump(mode="json") for contract in ordered],
        "source": source,
        "digest": rules_digest(conventions, ordered),
        "asOf": as_of.isoformat(),
    }


def from_compiled(document: Mapping[str, Any]) -> CompiledRules:
    """The rules in a document made by :func:`compiled` (numbers may have become floats on their way).

    :raises InvalidInputError: it is not such a document.
    """
    if document.get("schema") != SCHEMA or set(document) != _KEYS:
        raise InvalidInputError("conventions", f"what `dataops policies config` prints ({SCHEMA})", sorted(document))
    try:
        conventions = Conventions.model_validate(document["conventions"])
        contracts = tuple(DatasetContract.model_validate(contract) for contract in document["contracts"])
        as_of = date.fromisoformat(document["asOf"])
    except (ValidationError, ValueError, TypeError) as error:
        first = str(error).replace("\n", " ")[:300]
        raise InvalidInputError("conventions", "what `dataops policies config` prints", first) from None
    return CompiledRules(conventions, contracts, str(document["source"]), rules_digest(conventions, contracts), as_of)
