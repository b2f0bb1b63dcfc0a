"""IAM policy documents as the AWS provider's ``getPolicyDocument`` renders them.

Rules and order of keys are those of ``internal/service/iam/policy_model.go`` and ``policy_document_data_source.go`` of
terraform-provider-aws: sources, then the own statements, then overrides; a statement replaces an earlier one with its
``sid``; lists of one are a text; actions, resources and principals are sets, sorted in reverse; ``&{`` means ``${``.
One thing differs: several ``principals`` of one type, and several conditions on one variable, are joined in the order
given (the provider's order depends on a hash; IAM gives the order no meaning).
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from .records import EngineFailure
from .values import Properties

TOKEN = "aws:iam/getPolicyDocument:getPolicyDocument"  # noqa: S105 - a function's name
NEWEST_VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"
_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")

Statement = dict[str, Any]
Document = dict[str, Any]


def go_json(value: Any, indent: int | None = None) -> str:
    """JSON as Go's encoder writes it: of what JSON leaves free, ``<``, ``>``, ``&`` and line separators are escaped."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def policy_document(args: Properties) -> Properties:
    """The result of the function.

    :raises EngineFailure: kind ``program``: the arguments are wrong in a way the provider refuses too.
    """
    document = _merged(args)
    text = go_json(document, indent=2)
    statements = args.get("statements")
    echoed = [{"effect": "Allow", **_given(statement)} for statement in statements] if statements else None
    return {
        **_given(args),
        "version": args.get("version") or NEWEST_VERSION,
        "statements": echoed,
        "json": text,
        "minifiedJson": go_json(document),
        "id": str(zlib.crc32(text.encode())),
    }


def _given(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if value is not None}


def _merged(args: Properties) -> Document:
    merged: Document = {}
    seen: set[str] = set()
    for number, text in enumerate(args.get("sourcePolicyDocuments") or []):
        source = _parsed(text, f"source document {number}")
        for statement in source.get("Statement", []):
            _refuse_duplicate(statement.get("Sid", ""), seen, f"source document {number}")
        _merge(merged, source)
    _merge(merged, _own_document(args))
    for number, text in enumerate(args.get("overridePolicyDocuments") or []):
        _merge(merged, _parsed(text, f"override document {number}"))
    keys = [key for key in ("Version", "Id", "Statement") if merged.get(key)]
    return {key: merged[key] for key in keys}


def _merge(merged: Document, document: Document) -> None:
    if document.get("Id"):
        merged["Id"] = document["Id"]
    if document.get("Version", "") > merged.get("Version", ""):
        merged["Version"] = document["Version"]
    statements = merged.setdefault("Statement", [])
    for statement in document.get("Statement", []):
        sid = statement.get("Sid")
        places = [place for place, earlier in enumerate(statements) if sid and earlier.get("Sid") == sid]
        if places:
            statements[places[0]] = statement
        else:
            statements.append(statement)


def _own_document(args: Properties) -> Document:
    version = args.get("version") or NEWEST_VERSION
    seen: set[str] = set()
    statements = []
    for given in args.get("statements") or []:
        _refuse_duplicate(given.get("sid") or "", seen, "statements")
        statements.append(_statement(given, version))
    return {"Version": version, "Id": args.get("policyId") or "", "Statement": statements}


def _refuse_duplicate(sid: str, seen: set[str], where: str) -> None:
    if sid and sid in seen:
        raise EngineFailure("program", f"{TOKEN}: {where}: the sid {sid} is used twice; remove it or make it unique")
    seen.add(sid)


def _statement(given: Properties, version: str) -> Statement:
    parts = {
        "Sid": given.get("sid"),
        "Effect": given.get("effect") or "Allow",
        "Action": _text_or_list(texts(TOKEN, "actions", given.get("actions"))),
        "NotAction": _text_or_list(texts(TOKEN, "notActions", given.get("notActions"))),
        "Resource": _text_or_list(_variables("resources", given.get("resources"), version)),
        "NotResource": _text_or_list(_variables("notResources", given.get("notResources"), version)),
        "Principal": _principals(given.get("principals") or [], version),
        "NotPrincipal": _principals(given.get("notPrincipals") or [], version),
        "Condition": _conditions(given.get("conditions") or [], version),
    }
    return {key: parts[key] for key in _KEYS if parts[key]}


def _text_or_list(values: Iterable[str]) -> Any:
    distinct = sorted(set(values), reverse=True)
    return distinct[0] if len(distinct) == 1 else distinct


def texts(token: str, name: str, values: Any) -> list[str]:
    """A list of texts as providers read it: None is empty, numbers and booleans are spelled out.

    :raises EngineFailure: kind ``program``: not a list of scalars. (The SDK does not check dict arguments.)
    """
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, (str, bool, float, int)) for value in values):
        raise EngineFailure("program", f"{token}: {name} must be a list of texts")
    return [_spelled(value) for value in values]


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _variables(name: str, given: Any, version: str) -> list[str]:
    """``&{`` is how policy variables are written where ``${`` would be interpolated."""
    values = texts(TOKEN, name, given)
    if version == _OLD_VERSION and any("&{" in value for value in values):
        raise EngineFailure("program", f"{TOKEN}: policy variables (&{{) need document version {NEWEST_VERSION}")
    return [value.replace("&{", "${") for value in values]


def _principals(blocks: list[Properties], version: str) -> Any:
    joined: dict[str, Any] = {}
    for block in blocks:
        identifiers = sorted(set(_variables("identifiers", block["identifiers"], version)), reverse=True)
        joined.setdefault(block["type"], []).extend(identifiers)
    if len(blocks) == 1 and joined == {"*": ["*"]}:
        return "*"
    return {kind: _single(joined[kind]) for kind in sorted(joined)}


def _conditions(blocks: list[Properties], version: str) -> Any:
    joined: dict[str, dict[str, Any]] = {}
    for block in blocks:
        values = joined.setdefault(block["test"], {}).setdefault(block["variable"], [])
        values.extend(_variables("values", block["values"], version))
    return {
        test: {variable: _single(variables[variable]) for variable in sorted(variables)}
        for test, variables in sorted(joined.items())
    }


def _single(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


def _parsed(text: str, which: str) -> Document:
    """A document given as JSON, in the form the provider writes it back."""
    try:
        document = json.loads(text)
        statements = [_restated(statement) for statement in document.get("Statement") or []]
    except (ValueError, AttributeError, TypeError) as error:
        raise EngineFailure("program", f"{TOKEN}: {which} is no policy document with a list of statements") from error
    return {**document, "Statement": statements}


def _restated(statement: Mapping[str, Any]) -> Statement:
    parts = dict(statement)
    for key in ("Principal", "NotPrincipal"):
        if isinstance(parts.get(key), dict):
            parts[key] = {kind: _reversed(value) for kind, value in sorted(parts[key].items())}
        elif parts.get(key):
            parts[key] = "*"
    if parts.get("Condition"):
        parts["Condition"] = {
            test: {variable: _condition_value(value) for variable, value in sorted(variables.items())}
            for test, variables in sorted(parts["Condition"].items())
        }
    return {key: parts[key] for key in _KEYS if parts.get(key)}


def _reversed(value: Any) -> Any:
    return sorted(value, reverse=True) if isinstance(value, list) else value


def _condition_value(value: Any) -> Any:
    return _single(value) if isinstance(value, list) else _spelled(value)
