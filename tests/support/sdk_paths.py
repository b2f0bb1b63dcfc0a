"""Which property paths a resource type has, from the sources of the installed provider SDKs."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from dataops_infra.provider_facts.derive import PROVIDERS, ResourceSource, camel, read_resource

_CLASS = re.compile(r"'(?:_\w+\.)?(\w+?)Args(?:Dict)?'")


@cache
def source_of(token: str) -> ResourceSource | None:
    """The resource class of a type token; None where the SDK has no such type."""
    provider, module, _ = token.split(":")
    package = PROVIDERS[provider]
    folder = Path(str(distribution(package.replace("_", "-")).locate_file(package)))
    service, _, name = module.partition("/")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    candidates = [folder / part / f"{snake}.py" for part in (service, f"{service}_")]
    for path in [*candidates, *sorted((folder / service).glob("*.py"))]:
        found = read_resource(path) if path.is_file() and not path.name.startswith("_") else None
        if found is not None and found.token == token:
            return found
    return None


@cache
def _fields(folder: Path, name: str) -> Mapping[str, str]:
    text = (folder / "_inputs.py").read_text(encoding="utf-8")
    begin = text.index(f"class {name}ArgsDict(")
    body = text[begin : text.index("@pulumi.input_type", begin)]
    return {camel(field): kind for field, kind in re.findall(r"^    (\w+): (.*)$", body, re.MULTILINE)}


def has_path(token: str, path: str) -> bool:
    """Whether inputs of a type have a path such as ``clusters[].kmsKeyName``; ``[]`` must stand exactly after lists."""
    source = source_of(token)
    if source is None:
        return False
    fields: Mapping[str, str] = {camel(name): kind for name, kind in source.inputs.items()}
    for step in path.split("."):
        kind = fields.get(step.removesuffix("[]"))
        if kind is None or ("Sequence[" in kind) != step.endswith("[]"):
            return False
        nested = _CLASS.search(kind)
        fields = _fields(source.folder, nested[1]) if nested else {}
    return True
