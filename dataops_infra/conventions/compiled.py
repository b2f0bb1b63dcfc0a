"""Conventions and contracts as one JSON document: what a policy pack is given.

Under the engine a pack stands in a folder of its own and sees no ``dataops.yaml``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.loading import canonical, rules_digest
from dataops_infra.conventions.model import Conventions
from dataops_infra.errors import InvalidInputError

CONFIG_KEY: Final = "conventions"
"""Key of each policy's config that holds the document, as ``dataops policies config`` prints it."""

SCHEMA: Final = "dataops.conventions/v1"
_KEYS = frozenset({"schema", "conventions", "contracts", "source", "digest"})
_AS_OF = "asOf"


class CompiledRules(NamedTuple):
    """What a compiled document holds.

    ``digest`` is that of the rules as they were read, not the one written in it; ``as_of`` is None where the document
    holds whatever the day.
    """

    conventions: Conventions
    contracts: tuple[DatasetContract, ...]
    source: str
    digest: str
    as_of: date | None


def compiled(
    conventions: Conventions, contracts: Sequence[DatasetContract], source: str, as_of: date | None = None
) -> dict[str, Any]:
    """The document for the packs' config key ``conventions``: plain JSON data, the same for the same rules.

    :param source: where the conventions came from, for reports.
    :param as_of: the day on which dates are judged (expired exemptions); None = the day on which a pack judges, for a
        document that outlives today.
    """
    ordered = sorted(contracts, key=lambda contract: contract.name)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "conventions": canonical(conventions),
        "contracts": [contract.model_dump(mode="json") for contract in ordered],
        "source": source,
        "digest": rules_digest(conventions, ordered),
    }
    return document if as_of is None else {**document, _AS_OF: as_of.isoformat()}


def dated(document: Any, other: Mapping[str, Any]) -> Any:
    """The document, judged on the day that ``other`` names where it names none; anything else stays as it is."""
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA or _AS_OF in document:
        return document
    return {**document, **{key: day for key, day in other.items() if key == _AS_OF}}


def from_compiled(document: Any) -> CompiledRules:
    """The rules in a document made by :func:`compiled` (numbers may have become floats on their way).

    :raises InvalidInputError: it is not such a document.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA or set(document) - {_AS_OF} != _KEYS:
        # Any JSON may stand here; its keys say enough, and hold no secret.
        got = sorted(map(str, document)) if isinstance(document, Mapping) else type(document).__name__
        raise InvalidInputError(CONFIG_KEY, f"what `dataops policies config` prints ({SCHEMA})", got)
    try:
        conventions = Conventions.model_validate(document["conventions"])
        contracts = tuple(DatasetContract.model_validate(contract) for contract in document["contracts"])
        as_of = date.fromisoformat(document[_AS_OF]) if _AS_OF in document else None
    except (ValidationError, ValueError, TypeError) as error:
        first = str(error).replace("\n", " ")[:300]
        raise InvalidInputError(CONFIG_KEY, "what `dataops policies config` prints", first) from None
    return CompiledRules(conventions, contracts, str(document["source"]), rules_digest(conventions, contracts), as_of)
