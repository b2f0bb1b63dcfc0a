"""Default tags and labels merged with a resource's own, as the AWS and GCP providers do it in Check and in outputs."""

import json
from typing import Any

from .records import ProviderRecord
from .values import UNKNOWN, Properties, Wire, contains_unknown, is_unknown, secret, strip_secrets

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
"""The label that the GCP provider adds unless ``addPulumiAttributionLabel`` is false."""


def _json_object(value: Wire) -> dict[str, Any] | None:
    """A provider's argument, which is a mapping or its JSON; None when it is unknown."""
    plain = strip_secrets(value)
    if contains_unknown(plain):
        return None
    if isinstance(plain, str):
        try:
            plain = json.loads(plain)
        except ValueError:
            return {}
    return plain if isinstance(plain, dict) else {}


def tags_all(inputs: Properties, tags_property: str, provider: ProviderRecord) -> Wire:
    """``tagsAll``: the provider's default tags, overridden by the resource's own; unknown as a whole when one value is.

    Secret tags stand in it as plain text, as in the real provider.
    """
    own = strip_secrets(inputs.get(tags_property)) or {}
    defaults = _json_object(provider.inputs.get("defaultTags") or {})
    if defaults is None or contains_unknown(own) or not isinstance(own, dict):
        return UNKNOWN
    merged = {**(defaults.get("tags") or {}), **own}
    return {key: value for key, value in merged.items() if value is not None}


def effective_labels(inputs: Properties, provider: ProviderRecord) -> Wire:
    """``effectiveLabels`` and ``pulumiLabels``: default labels, own labels and the attribution label, as one secret."""
    own = strip_secrets(inputs.get("labels")) or {}
    defaults = _json_object(provider.inputs.get("defaultLabels") or {})
    if defaults is None or is_unknown(own):
        return secret(UNKNOWN)
    attributed = str(strip_secrets(provider.inputs.get("addPulumiAttributionLabel", "true"))).lower() != "false"
    return secret({**(ATTRIBUTION if attributed else {}), **defaults, **own})
