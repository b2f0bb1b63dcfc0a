"""Check: what a provider does to the inputs of a resource before they reach policies."""

import json
from dataclasses import dataclass, field

from .classes import TypeShape
from .facts import NameRule, ProviderFacts, TypeFacts
from .naming import Autonaming, NameTooLong, apply_condition, automatic_name
from .records import ProviderRecord
from .tags import tags_all
from .values import (
    UNKNOWN,
    Properties,
    Wire,
    contains_secret,
    contains_unknown,
    is_secret,
    referenced,
    secret,
    signature,
    strip_secrets,
    unwrap,
)

_ESCAPED = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})
"""What Go's encoder, which providers use, escapes in JSON beyond the standard."""


@dataclass
class Checked:
    """Inputs after Check; ``filled`` are the properties Check added (``__defaults``), ``failures`` what it refuses."""

    inputs: Properties
    filled: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def has_unknown_arguments(provider: ProviderRecord) -> bool:
    """True for a provider that cannot be configured yet: it is not called, its resources stay unchecked."""
    return contains_unknown(provider.inputs)


def mark_secrets(value: Wire) -> Wire:
    """Secrets as the engine marks them again after Check: in a map the value alone, a list as a whole."""
    if is_secret(value):
        return secret(strip_secrets(value))
    if isinstance(value, list):
        return secret(strip_secrets(value)) if contains_secret(value) else value
    if isinstance(value, dict):
        return {key: mark_secrets(item) for key, item in value.items()}
    return value


def json_text(value: Wire) -> Wire:
    """A document given as an object, as the text the provider makes of it; anything else stays as it is."""
    document = unwrap(value)
    if not isinstance(document, (dict, list)) or signature(document):
        return value
    text: Wire = UNKNOWN
    if not contains_unknown(document):
        plain = _whole_numbers(strip_secrets(document))
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPED)
    return secret(text) if contains_secret(value) else text


def _whole_numbers(value: Wire) -> Wire:
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Checker:
    """Does Check for every custom resource, from the provider facts and the stack's autonaming configuration."""

    def __init__(self, facts: ProviderFacts, autonaming: Autonaming) -> None:
        self._facts = facts
        self._autonaming = autonaming

    def check(
        self, urn: str, token: str, name: str, inputs: Properties, provider: ProviderRecord, shape: TypeShape
    ) -> Checked:
        """The checked inputs of one resource; ``inputs`` is not changed."""
        facts = self._facts.of(token)
        result = Checked({key: mark_secrets(referenced(value)) for key, value in inputs.items()})
        for key in shape.documents & result.inputs.keys():
            result.inputs[key] = json_text(result.inputs[key])
        self._name(urn, token, name, facts, result)
        if facts.tags_all and facts.tags:
            result.inputs["tagsAll"] = tags_all(result.inputs, facts.tags, provider)
        result.failures += [
            f"property {wire_name} value {{<nil>}} has a problem: Missing required argument."
            f' The argument "{sdk_name}" is required, but no definition was found.'
            for wire_name, sdk_name in shape.required
            if result.inputs.get(wire_name) is None
        ]
        return result

    def _name(self, urn: str, token: str, name: str, facts: TypeFacts, result: Checked) -> None:
        rule = facts.name
        if rule is None or not _needs_name(rule, result.inputs):
            return
        proposal = self._autonaming.propose(urn, token, name)
        if proposal is not None and proposal.name is None:
            return
        try:
            made = proposal.name if proposal else automatic_name(apply_condition(rule, result.inputs), urn, name)
        except NameTooLong as problem:
            result.failures.append(str(problem))
            return
        result.inputs[rule.property] = made
        result.filled.append(rule.property)


def _needs_name(rule: NameRule, inputs: Properties) -> bool:
    """No automatic name beside a name of the program's own (also an unknown one) or a prefix (``bucketPrefix``)."""
    return all(inputs.get(given) is None for given in (rule.property, rule.unless) if given)
