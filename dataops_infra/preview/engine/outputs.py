"""Outputs in a preview: the inputs, what can be known of the rest, and unknowns."""

from .classes import TypeShape
from .records import ProviderRecord
from .tags import effective_labels, tags_all
from .values import UNKNOWN, Properties, Wire, secret

_LABELS = ("effectiveLabels", "pulumiLabels")
_FROM_PROVIDER = {"aws": ("region",), "gcp": ("project", "region")}
"""Computed outputs that are the provider's own arguments unless the resource says otherwise."""


def computed_outputs(
    inputs: Properties,
    shape: TypeShape,
    provider: ProviderRecord,
    identity: str,
    additional_secrets: list[str],
) -> Properties:
    """The outputs of a custom resource that does not exist yet.

    :param identity: the physical id, "" while it is unknown (known for an imported resource).
    :param additional_secrets: outputs that become secrets.
    """
    outputs: Properties = dict(inputs)
    outputs["id"] = identity or UNKNOWN
    for name in shape.outputs:
        if name not in outputs:
            outputs[name] = _computed(name, inputs, provider)
    if provider.package == "aws" and "tagsAll" in outputs:
        # The provider merges again when it creates: a remediation of `tags` shows here, not in the input `tagsAll`.
        outputs["tagsAll"] = tags_all(inputs, "tags", provider)
    for name in additional_secrets:
        if name in outputs:
            outputs[name] = secret(outputs[name])
    return outputs


def _computed(name: str, inputs: Properties, provider: ProviderRecord) -> Wire:
    if name in _LABELS and provider.package == "gcp":
        return effective_labels(inputs, provider)
    if name in _FROM_PROVIDER.get(provider.package, ()):
        return provider.inputs.get(name, UNKNOWN)
    return UNKNOWN


def for_program(outputs: Properties) -> Properties:
    """The outputs as the program gets them: to an SDK an absent output is unknown, so plain unknowns are left out."""
    return {name: value for name, value in outputs.items() if value != UNKNOWN and name != "id"}
