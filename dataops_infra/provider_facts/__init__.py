"""What the installed provider SDKs say about their types, as data: ``aws.json`` and ``gcp.json``.

Derived by ``python -m dataops_infra.provider_facts.derive``; a test fails when the files differ from the SDKs.
The policy packs, the components and the embedded engine read the same files; the engine reads them as plain JSON.

File format::

    {"provider": "aws", "sdk": "pulumi_aws 7.51.1",
     "shapes": {"<label>": {facts}, ...},           the combinations of facts that occur
     "types": {"<type token>": "<label>", ...}}     types with no facts at all are left out

    facts = json["shapes"][json["types"][token]]

Keys of ``facts``, each absent when it does not apply:

``tags``      property that holds the tags or labels: ``tags``, ``labels``, ``userLabels``, ``resourceLabels``; a dot
              leads into an object (``settings.userLabels``). On GCP a property called ``tags`` is never it: those are
              network tags or resource-manager tags.
``tagList``   true: the property is a list of ``{key, value, …}``, not a map
``moreTags``  further string maps with tags or labels (``resourceTags``, ``volumeTags``); nobody requires keys there
``tagsAll``   true: the type has ``tagsAll``, which Check fills with the provider's default tags merged with ``tags``
``region``    true: the type accepts a ``region`` of its own
``autoName``  how the provider fills a name that was not given::

    {"property": "bucket",       the input that is filled; never when it is given, or when ``unless`` is given
     "maxLength": 63,            a longer name fails; 0 = no limit. Counted before ``when.suffix``
     "separator": "-",           between the logical name and the random part
     "random": 7,                random characters; 0 = the logical name alone, without separator and random part
     "charset": "letters",       of the random part: a-z; absent = hexadecimal digits
     "lower": true,              the logical name is lower-cased first
     "prefix": "alias/",         put in front unless the name has it already
     "unless": "bucketPrefix",
     "when": {"property": "fifoQueue", "equals": true, "suffix": ".fifo"}}
                                 if that input equals this, add the suffix; or {"property", "contains", "maxLength",
                                 "random"}: if it contains this, lower-cased, use these numbers

Known limit: whether a type of the Terraform plugin framework, such as
``aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule``, gets ``tagsAll`` in Check cannot be read from the SDK.
Both kinds look the same there, so both have ``tagsAll`` here; no rule may depend on ``tagsAll`` being filled.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent
"""Folder of ``aws.json`` and ``gcp.json``."""

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class TypeFacts:
    """The facts of one resource type; see the module's docstring for the meaning of each.

    ``tags`` is the path to the tags (``("settings", "userLabels")``), empty if the type takes none.
    """

    token: str
    tags: tuple[str, ...] = ()
    tag_list: bool = False
    more_tags: tuple[str, ...] = ()
    tags_all: bool = False
    region: bool = False
    auto_name: Mapping[str, Any] = field(default_factory=lambda: _NONE)

    @property
    def provider(self) -> str:
        """``aws``, ``gcp``, … : the token's first part."""
        return self.token.partition(":")[0]

    @property
    def taggable(self) -> bool:
        """Whether the type takes tags or labels."""
        return bool(self.tags)


@cache
def _document(provider: str) -> Mapping[str, Any]:
    path = FOLDER / f"{provider}.json"
    if not path.is_file():
        return {"sdk": "", "shapes": {}, "types": {}}
    loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def facts(token: str) -> TypeFacts:
    """The facts of a type token; a type of another provider, or one with nothing to say, has empty facts."""
    document = _document(token.partition(":")[0])
    label = document["types"].get(token)
    if label is None:
        return TypeFacts(token)
    shape = document["shapes"][label]
    return TypeFacts(
        token=token,
        tags=tuple(shape["tags"].split(".")) if "tags" in shape else (),
        tag_list=shape.get("tagList", False),
        more_tags=tuple(shape.get("moreTags", ())),
        tags_all=shape.get("tagsAll", False),
        region=shape.get("region", False),
        auto_name=MappingProxyType(shape.get("autoName", {})),
    )


def tokens(provider: str) -> Iterator[str]:
    """The tokens of a provider (``aws`` or ``gcp``) that have any facts, sorted."""
    yield from _document(provider)["types"]


def sdk(provider: str) -> str:
    """Package and version the facts were derived from, such as ``pulumi_aws 7.51.1``; empty for an unknown provider."""
    return str(_document(provider)["sdk"])
