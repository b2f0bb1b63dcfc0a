"""Derive ``aws.json`` and ``gcp.json`` from the installed SDKs: ``python -m dataops_infra.provider_facts.derive``.

The SDKs' sources are parsed, never imported: importing one of the 260 service modules costs up to half a second.
"""

import ast
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final, NamedTuple

from dataops_infra.errors import DataopsError
from dataops_infra.provider_facts.naming import BRIDGE_RULE, SPECIAL

PROVIDERS: Final[Mapping[str, str]] = {"aws": "pulumi_aws", "gcp": "pulumi_gcp"}
"""Provider -> the Python package that is parsed."""

NESTED_TAGS: Final[Mapping[str, str]] = {"gcp:sql/databaseInstance:DatabaseInstance": "settings.userLabels"}
"""Types whose labels stand one level down (the input class of ``settings`` has ``user_labels``)."""

_TAG_INPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws": ("tags",),
    # Where a type has both, `labels` is a setting (an e-mail address in NotificationChannel), `userLabels` the labels.
    "gcp": ("user_labels", "resource_labels", "labels"),
}
_SECONDARY: Final = re.compile(r"(^|_)(tags|labels)$")
_NOT_TAGS: Final = frozenset({"principal_tags", "allocation_resource_tags", "node_affinity_labels", "namespace_labels"})
_STRING_MAP: Final = "pulumi.Input[Optional[Mapping[str, pulumi.Input[_builtins.str]]]]"
_STRING: Final = "pulumi.Input[Optional[_builtins.str]]"

_TOKEN: Final = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'([a-z]+:[^']+)'")
_REQUIRED: Final = re.compile(r"Missing required property '(\w+)'")
_LIST_CLASS: Final = re.compile(r"Sequence\[pulumi\.Input\[Union\['(\w+)Args'")


class ResourceSource(NamedTuple):
    """What one resource class of an SDK says: wire inputs by Python name, which are required, and its folder."""

    token: str
    inputs: Mapping[str, str]
    required: frozenset[str]
    tags_all: bool
    folder: Path


def camel(name: str) -> str:
    """The wire name of a Python property: ``user_labels`` -> ``userLabels``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def read_resource(path: Path) -> ResourceSource | None:
    """The resource class of one SDK module; None for data sources, input types and the provider class."""
    text = path.read_text(encoding="utf-8")
    token = _TOKEN.search(text)
    begin = text.find("    def _internal_init(")
    if token is None or begin < 0:
        return None
    body = textwrap.dedent(text[begin : text.index("super(", begin)])
    function = ast.parse(body).body[0]
    assert isinstance(function, ast.FunctionDef)
    inputs = {
        argument.arg: ast.unparse(argument.annotation)
        for argument in function.args.args
        if argument.annotation is not None and argument.arg not in ("resource_name", "opts")
    }
    return ResourceSource(
        token[1],
        inputs,
        frozenset(_REQUIRED.findall(body)),
        "    def tags_all(self) -> pulumi.Output" in text,
        path.parent,
    )


def resources(package: Path) -> Iterator[ResourceSource]:
    """All resource classes of an SDK, by path."""
    for path in sorted(package.glob("*/*.py")):
        if not path.name.startswith(("_", "get_", "outputs")):
            source = read_resource(path)
            if source is not None:
                yield source


def facts_of(provider: str, source: ResourceSource) -> dict[str, Any]:
    """The facts of one type as the file format has them; empty if there is nothing to say.

    :raises DataopsError: an entry of ``naming.SPECIAL`` names an input that the SDK does not have or requires.
    """
    facts: dict[str, Any] = {}
    tags = next((name for name in _TAG_INPUTS[provider] if name in source.inputs), None)
    if source.token in NESTED_TAGS:
        facts["tags"] = NESTED_TAGS[source.token]
    elif tags is not None and source.inputs[tags] == _STRING_MAP:
        facts["tags"] = camel(tags)
    elif tags is not None and _is_pair_list(source, tags):
        facts |= {"tags": camel(tags), "tagList": True}
    settings = {"tags_all", *_NOT_TAGS, *(["labels"] if tags == "user_labels" else [])}
    more = sorted(
        camel(name)
        for name, annotation in source.inputs.items()
        if annotation == _STRING_MAP and _SECONDARY.search(name) and name not in {tags, *settings}
    )
    # Only what stands beside the type's own tags: a lone `labels` of an AWS type belongs to what it configures.
    if more and "tags" in facts:
        facts["moreTags"] = more
    if "tags" in facts and source.tags_all and "tagList" not in facts:
        facts["tagsAll"] = True
    if source.inputs.get("region") == _STRING:
        facts["region"] = True
    rule = _automatic_name(source)
    if rule is not None:
        facts["autoName"] = rule
    return facts


def _is_pair_list(source: ResourceSource, name: str) -> bool:
    """Whether an input is a list of ``{key, value}``: its input class, in the folder's ``_inputs.py``, has both."""
    found = _LIST_CLASS.search(source.inputs[name])
    if found is None:
        return False
    text = (source.folder / "_inputs.py").read_text(encoding="utf-8")
    begin = text.index(f"class {found[1]}ArgsDict(")
    fields = re.findall(r"^    (\w+): ", text[begin : text.index("@pulumi.input_type", begin)], re.MULTILINE)
    return {"key", "value"} <= set(fields)


def _automatic_name(source: ResourceSource) -> dict[str, Any] | None:
    special = SPECIAL.get(source.token)
    rule = dict(special or BRIDGE_RULE)
    by_wire_name = {camel(name): name for name in source.inputs}
    name = by_wire_name.get(rule["property"])
    usable = name is not None and name not in source.required and source.inputs[name] == _STRING
    if not usable:
        if special is not None:
            raise DataopsError(f"naming.py: {source.token} has no optional input {rule['property']}; correct its entry")
        return None
    prefix = f"{rule['property']}Prefix"
    # The bridge leaves the name out when a property that conflicts with it is given.
    return rule | ({"unless": prefix} if prefix in by_wire_name else {})


def shape_label(facts: Mapping[str, Any]) -> str:
    """A short name of a combination of facts, by which types are grouped and diffs stay readable."""
    words = [*(("tags=" + facts["tags"],) if "tags" in facts else ())]
    words += [key for key in ("tagList", "tagsAll", "region") if facts.get(key)]
    words += ["more=" + "+".join(facts["moreTags"])] if "moreTags" in facts else []
    rule = facts.get("autoName")
    if rule:
        details = [f"{rule['maxLength']}{rule['separator']}{rule['random']}"]
        details += [key for key in ("lower", "charset", "prefix", "unless") if key in rule]
        details += [rule["when"]["property"]] if "when" in rule else []
        words.append(f"{rule['property']}({','.join(details)})")
    return " ".join(words)


def derive(provider: str) -> dict[str, Any]:
    """The document of one provider, derived from the installed SDK."""
    package = PROVIDERS[provider]
    installed = distribution(package)
    shapes: dict[str, dict[str, Any]] = {}
    types: dict[str, str] = {}
    for source in resources(Path(str(installed.locate_file(package)))):
        facts = facts_of(provider, source)
        if facts:
            label = shape_label(facts)
            if shapes.setdefault(label, facts) != facts:
                raise DataopsError(f"two sets of facts share the label {label!r}: extend shape_label")
            types[source.token] = label
    return {
        "provider": provider,
        "sdk": f"{package} {installed.version}",
        "shapes": dict(sorted(shapes.items())),
        "types": dict(sorted(types.items())),
    }


def render(document: Mapping[str, Any]) -> str:
    """The file's text: one line per shape and per type."""
    head = "".join(f" {json.dumps(key)}: {json.dumps(document[key])},\n" for key in ("provider", "sdk"))
    tables = []
    for key in ("shapes", "types"):
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in document[key].items())
        tables.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
    return "{\n" + head + ",\n".join(tables) + "\n}\n"


def main() -> None:
    """Write the files of all providers beside this module."""
    for provider in PROVIDERS:
        document = derive(provider)
        (Path(__file__).parent / f"{provider}.json").write_text(render(document), encoding="utf-8")
        sys.stdout.write(f"{document['sdk']}: {len(document['types'])} types, {len(document['shapes'])} shapes\n")


if __name__ == "__main__":
    main()
