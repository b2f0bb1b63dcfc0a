"""Resources that exist already: ``.get()``, and the outputs of other stacks. Nothing is fetched."""

from typing import Any

from .records import EngineFailure, JobSpec, ProviderRecord, ResourceRecord
from .values import UNKNOWN, Properties, Wire, contains_secret, from_struct, is_unknown, secret

STACK_REFERENCE = "pulumi:pulumi:StackReference"


def read_record(
    request: Any, urn: str, provider: ProviderRecord, job: JobSpec, place: dict[str, Any] | None
) -> ResourceRecord:
    """The record of a ``ReadResource`` request: its id and what the program itself says of it are known.

    :raises EngineFailure: it refers to a stack that ``--stack-outputs`` does not have (kind ``stack-reference``).
    """
    inputs = {name: value for name, value in from_struct(request.properties).items() if value is not None}
    identity = "" if is_unknown(request.id) else request.id
    outputs = dict(inputs)
    if request.type == STACK_REFERENCE:
        outputs = _stack_outputs(identity, job, place)
    return ResourceRecord(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=True,
        parent=request.parent,
        provider=provider,
        inputs=inputs,
        outputs={**outputs, "id": identity or UNKNOWN},
        dependencies=sorted(request.dependencies),
        id=identity,
        read=True,
    )


def _stack_outputs(name: str, job: JobSpec, place: dict[str, Any] | None) -> Properties:
    known = job.stack_outputs
    if known is None or not name:
        return {"name": name or UNKNOWN}
    found = known.get(name)
    if found is None:
        # A reference may leave out the organization, as may a key of the file.
        ending = name.removeprefix(f"{job.organization}/")
        found = known.get(ending, known.get(f"{job.organization}/{name}"))
    if found is None:
        raise EngineFailure("stack-reference", f'unknown stack "{name}"', source=place)
    outputs = {key: _from_notation(value) for key, value in found.items()}
    return {
        "name": name,
        "outputs": outputs,
        "secretOutputNames": sorted(key for key, value in outputs.items() if contains_secret(value)),
    }


def _from_notation(value: Any) -> Wire:
    """A value of ``--stack-outputs``: ``{"<secret>": v}`` is a secret, ``"<unknown>"`` an unknown."""
    if value == "<unknown>":
        return UNKNOWN
    if isinstance(value, dict):
        if set(value) == {"<secret>"}:
            return secret(_from_notation(value["<secret>"]))
        return {key: _from_notation(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_notation(item) for item in value]
    return value
