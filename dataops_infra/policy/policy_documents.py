"""Policy documents of AWS (bucket, key, access point, IAM) as statements of one form, and who they let in.

``read_document`` takes what stands in a property: JSON text, an object (``Properties``) or UNKNOWN, and never raises::

    document = read_document(bucket_policy.props["policy"])
    document.problem                     why it is no policy document; None = it is one
    document.complete                    False where something in it is unknown (which has been noted)
    for statement in document.statements:
        statement.effect, .sid, .principals, .not_principals, .actions, .not_actions, .resources, .not_resources
        statement.conditions             (operator, key, values) each, key in lower case
    is_public(statement)                 whether it lets in anybody at all
    is_narrowed(statement)               whether a condition fixes who asks or from where
    matches(pattern, text)               IAM's wildcards: ``*`` and ``?``
    statement.covers_action("s3:PutObject"), statement.covers_resource("arn:aws:s3:::lake/*")
    statement.names_everybody            a wildcard principal, or NotPrincipal
"""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dataops_infra.conventions.base import glob_matches
from dataops_infra.policy.values import Items, is_unknown

ANYBODY: Final = "*"
ASSUMING: Final = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
"""Actions by which a role is assumed; ``sts:TagSession`` and the like only accompany them."""


@dataclass(frozen=True)
class Condition:
    """One line of a condition block."""

    operator: str
    """As written: ``StringEquals``, ``ForAnyValue:StringLike``, ``BoolIfExists``, …"""
    key: str
    """In lower case: condition keys have no case."""
    values: tuple[str, ...]

    @property
    def holds_without_key(self) -> bool:
        """Whether a request that lacks the key satisfies it.

        Negated operators, ``…IfExists``, ``ForAllValues`` and ``Null: true`` are true for an absent key: IAM user
        guide, "IAM JSON policy elements: Condition operators".
        """
        operator = self.operator.lower()
        if operator == "null":
            return "true" in (value.lower() for value in self.values)
        return operator.startswith("forallvalues:") or operator.endswith("ifexists") or "not" in operator


@dataclass(frozen=True)
class Statement:
    """One statement; absent elements are empty."""

    effect: str
    sid: str = ""
    principals: tuple[tuple[str, str], ...] = ()
    """(kind, identifier), such as ``("AWS", "arn:…")``, ``("Service", "logging.s3.amazonaws.com")``, ``("*", "*")``."""
    not_principals: tuple[tuple[str, str], ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    complete: bool = True
    """False where something in it is unknown."""

    @property
    def allows(self) -> bool:
        """Whether it allows rather than denies."""
        return self.effect == "Allow"

    @property
    def names_everybody(self) -> bool:
        """Whether its principals are everybody, or everybody but some."""
        wild = any(ANYBODY in identifier for kind, identifier in self.principals if kind in {"AWS", ANYBODY})
        return wild or bool(self.not_principals)

    def covers_action(self, action: str) -> bool:
        """Whether it speaks of an action such as ``s3:PutObject``, or of all that a pattern such as ``s3:*`` means."""
        if self.not_actions:
            return not any(_overlap(pattern.lower(), action.lower()) for pattern in self.not_actions)
        return any(matches(pattern.lower(), action.lower()) for pattern in self.actions)

    def covers_resource(self, resource: str) -> bool:
        """Whether it speaks of a resource, given as an ARN or as a pattern of ARNs such as ``arn:aws:s3:::lake/*``."""
        if self.not_resources:
            return not any(_overlap(pattern, resource) for pattern in self.not_resources)
        return any(matches(pattern, resource) for pattern in self.resources)


@dataclass(frozen=True)
class PolicyDocument:
    """The statements of one document."""

    statements: tuple[Statement, ...] = ()
    problem: str | None = None
    complete: bool = True


def read_document(value: Any) -> PolicyDocument:
    """The document in a property's value; None (absent) is a document without statements."""
    if value is None:
        return PolicyDocument()
    if is_unknown(value):
        return PolicyDocument(complete=False)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return PolicyDocument(problem="is no JSON")
    if not isinstance(value, Mapping):
        return PolicyDocument(problem="is no JSON object")
    return _read_statements(value)


def _read_statements(document: Mapping[str, Any]) -> PolicyDocument:
    given = document.get("Statement")
    if is_unknown(given):
        return PolicyDocument(complete=False)
    items = list(given) if isinstance(given, list | Items) else [given]
    known = [item for item in items if isinstance(item, Mapping)]
    if not items or not all(isinstance(item, Mapping) or is_unknown(item) for item in items):
        return PolicyDocument(problem="has no `Statement`")
    statements = tuple(_statement(item) for item in known)
    if not all(statement.effect in {"Allow", "Deny"} or not statement.complete for statement in statements):
        return PolicyDocument(problem="has a statement that neither allows nor denies")
    complete = all(statement.complete for statement in statements) and len(statements) == len(items)
    return PolicyDocument(statements, complete=complete)


def _statement(given: Mapping[str, Any]) -> Statement:
    reader = _Reader()
    effect, sid = reader.texts(given.get("Effect")), reader.texts(given.get("Sid"))
    return Statement(
        effect="".join(effect),
        sid="".join(sid),
        principals=reader.principals(given.get("Principal")),
        not_principals=reader.principals(given.get("NotPrincipal")),
        actions=reader.texts(given.get("Action")),
        not_actions=reader.texts(given.get("NotAction")),
        resources=reader.texts(given.get("Resource")),
        not_resources=reader.texts(given.get("NotResource")),
        conditions=tuple(reader.conditions(given.get("Condition"))),
        complete=reader.complete,
    )


class _Reader:
    """Reads the elements of one statement and remembers whether all was known."""

    def __init__(self) -> None:
        self.complete = True

    def texts(self, value: Any) -> tuple[str, ...]:
        """One text or a list of them; numbers and booleans as IAM compares them."""
        if value is None:
            return ()
        found = []
        for item in value if isinstance(value, list | Items) else [value]:
            if is_unknown(item):
                self.complete = False
            else:
                found.append(str(item).lower() if isinstance(item, bool) else str(item))
        return tuple(found)

    def principals(self, value: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, Mapping):
            return tuple((ANYBODY, text) for text in self.texts(value))
        return tuple((kind, text) for kind in sorted(value) for text in self.texts(value[kind]))

    def conditions(self, block: Any) -> Iterator[Condition]:
        for operator, lines in self._items(block):
            for key, values in self._items(lines):
                yield Condition(operator, key.lower(), self.texts(values))

    def _items(self, value: Any) -> Iterator[tuple[str, Any]]:
        if is_unknown(value):
            self.complete = False
        elif isinstance(value, Mapping):
            for key in sorted(value):
                yield key, value[key]


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of IAM covers a text: ``*`` is any text, also with slashes, ``?`` one character."""
    return pattern == text or glob_matches(pattern, text)


def _overlap(pattern: str, other: str) -> bool:
    """Whether two patterns can mean the same thing: for what is excepted, any common part counts."""
    return matches(pattern, other) or matches(other, pattern)


# Amazon S3 user guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public"
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html); the KMS key policy
# has the like for the caller's account ("kms:CallerAccount").
_FIXED_BY_VALUE: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
"""Keys that say who asks, or from where; `aws:ResourceOrgID` says what is asked for and narrows nobody."""
_FIXED_BY_ACCOUNT: Final = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})
_FIXED_BY_ORGANISATION: Final = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"})
_WIDEST_NETWORKS: Final = {4: 8, 6: 32}
"""IP version -> shortest prefix of a network that is not the public; private networks may be wider."""
_ARN_WITH_ACCOUNT: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[^:]*:[0-9]{12}:.+")
_BUCKET_ARN: Final = re.compile(r"arn:[a-z-]+:s3:::[^*?/$]+")
_WITHIN_ORGANISATION: Final = re.compile(r"o-[a-z0-9]+/.*")
_WILD: Final = re.compile(r"[*?]|\$\{")


def is_public(statement: Statement) -> bool:
    """Whether a statement lets in anybody: a wildcard principal (or NotPrincipal) that no condition narrows.

    A condition narrows if it fails for requests without its key and fixes one of the keys that say who asks or from
    where, as "The meaning of public" in the Amazon S3 user guide has it.
    """
    return statement.allows and statement.names_everybody and not is_narrowed(statement)


def is_narrowed(statement: Statement) -> bool:
    """Whether some condition fixes who asks or from where, so that not anybody passes."""
    return any(_narrows(condition) for condition in statement.conditions)


def _narrows(condition: Condition) -> bool:
    operator = condition.operator.lower().removeprefix("foranyvalue:")
    if condition.holds_without_key or operator in {"null", "bool"} or not condition.values:
        return False
    return all(_is_fixed(condition.key, value) for value in condition.values)


def _is_fixed(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        return _is_narrow_network(value)
    if key in _FIXED_BY_VALUE:
        return not _WILD.search(value)
    if key in _FIXED_BY_ACCOUNT:
        return bool(_ARN_WITH_ACCOUNT.fullmatch(value) or _BUCKET_ARN.fullmatch(value)) and "${" not in value
    return key in _FIXED_BY_ORGANISATION and bool(_WITHIN_ORGANISATION.fullmatch(value)) and "${" not in value


def _is_narrow_network(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _WIDEST_NETWORKS[network.version] or network.is_private
