"""The reference page of the components, from the schema that other languages see."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider

from dataops_infra.components import COMPONENTS

_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}


def page(notice: str) -> str:
    """The page; ``notice`` says how it came about."""
    schema = json.loads(ComponentProvider(COMPONENTS, "dataops-infra", None, "0.0.0").schema or "{}")
    parts = [
        f"# Components\n\n{notice}\n\nNames as other languages spell them; Python writes `data_classification` for "
        "`dataClassification`. An argument marked *known* must not be an output: names, resources and documents are "
        "made of it; the items of a list or map marked *itself known* may be outputs.\n"
    ]
    for token, component in sorted(schema["resources"].items()):
        parts += _component(token, component)
    for token, kind in sorted(schema["types"].items()):
        name = token.rpartition(":")[2]
        rows = _values(kind["enum"]) if "enum" in kind else _table(kind["properties"], kind.get("required", []))
        parts += [f'## <a id="{name}"></a>{name}\n\n{_text(kind)}\n', *rows]
    return "\n".join(parts)


def _component(token: str, component: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {token.rpartition(':')[2]}\n\n{_text(component)}\n\nToken `{token}`.\n\n### Arguments\n"
    yield from _table(component["inputProperties"], component["requiredInputs"])
    yield "### Outputs\n"
    yield from _table(component["properties"], component["required"])


def _table(fields: Mapping[str, Any], required: list[str]) -> Iterator[str]:
    yield "| name | value | meaning |\n|---|---|---|"
    for name, field in fields.items():
        marks = [word for word, holds in (("required", name in required), (_known(field), True)) if holds and word]
        value = _kind(field) + (f" ({', '.join(marks)})" if marks else "")
        yield f"| `{name}` | {value} | {_text(field)} |"
    yield ""


def _values(values: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield "| value | meaning |\n|---|---|"
    for value in values:
        yield f"| `{value['value']}` | {_text(value)} |"
    yield ""


def _known(field: Mapping[str, Any]) -> str:
    """Whether an argument must be known, and whether that goes for its items too."""
    inner = field.get("items") or field.get("additionalProperties")
    if not field.get("plain"):
        return ""
    return "known" if inner is None or _known(inner) == "known" else "itself known"


def _kind(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition(":")[2]
        return f"[{name}](#{name})"
    if field["type"] == "array":
        return f"list of {_kind(field['items'])}"
    if field["type"] == "object":
        return f"map of {_kind(field['additionalProperties'])}"
    return _WORDS[field["type"]]


def _text(described: Mapping[str, Any]) -> str:
    return " ".join(described.get("description", "").split())
