"""From a rule and the arguments of ``pulumi_policy`` to verdicts: violations, exempted violations, deferred reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from pulumi_policy import ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UnknownValueError

from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.policy.rules import Finding, OnUnknown, Provider, Resource, Rule, Stack, Violation, properties
from dataops_infra.policy.settings import Settings, read_settings
from dataops_infra.policy.stack_requests import resources_of, urn_prefixes_of
from dataops_infra.policy.values import ReadLog


class RuleError(Exception):
    """A rule raised: the run must fail. The text says where, and never what (it could hold a secret)."""


@dataclass(frozen=True)
class Deferred:
    """A check that waits for the deployment: the resource and the path of the value that is not known yet."""

    urn: str
    path: str


@dataclass(frozen=True)
class Exempted:
    """A violation that an exemption covers."""

    urn: str
    message: str
    exemption: Exemption


@dataclass(frozen=True)
class Verdicts:
    """What one rule concluded on one resource or stack."""

    violations: tuple[Violation, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    exempted: tuple[Exempted, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong and nothing had to wait."""
        return not (self.violations or self.deferred or self.exempted)


def resource_verdicts(rule: Rule, args: ResourceValidationArgs) -> Verdicts:
    """The verdicts of a resource rule.

    :raises RuleError: the rule's check raised.
    """
    config = args.get_config()
    settings, log = read_settings(config), ReadLog()
    resource = _resource(rule, args, settings, log)
    return _concluded(rule, settings, _run(rule, resource, log), [(resource.urn, log)])


def stack_verdicts(rule: Rule, args: StackValidationArgs) -> Verdicts:
    """The verdicts of a stack rule.

    :raises RuleError: the rule's check raised.
    """
    config = args.get_config()
    settings = read_settings(config)
    received = [given for given in resources_of(args) if rule.applies_to(given.resource_type)]
    logs = [(given.urn, ReadLog()) for given in received]
    resources = [_resource(rule, given, settings, log) for given, (_, log) in zip(received, logs, strict=True)]
    ordered = tuple(sorted(resources, key=lambda resource: resource.urn))
    stack = Stack(ordered, settings, rule.own_config(config), urn_prefixes_of(args))
    overall = ReadLog()
    findings = _run(rule, stack, overall)
    return _concluded(rule, settings, findings, [("", overall), *sorted(logs, key=lambda pair: pair[0])])


def _resource(rule: Rule, given: Any, settings: Settings, log: ReadLog) -> Resource:
    opts, config = given.opts, given.get_config() if isinstance(given, ResourceValidationArgs) else {}
    provider = given.provider and Provider(
        given.provider.resource_type, given.provider.name, properties(given.provider.props, log, "provider")
    )
    dependencies = getattr(given, "property_dependencies", {})
    return Resource(
        type=given.resource_type,
        name=given.name,
        urn=given.urn,
        props=properties(given.props, log),
        provider=provider or None,
        settings=settings,
        config=rule.own_config(config),
        protect=bool(opts and opts.protect),
        ignore_changes=tuple(opts.ignore_changes) if opts else (),
        parent=_parent(given),
        dependencies=tuple(other.urn for other in getattr(given, "dependencies", ())),
        property_dependencies={name: tuple(other.urn for other in others) for name, others in dependencies.items()},
        inputs=getattr(given, "inputs", None),
    )


def _parent(given: Any) -> str:
    parent = getattr(given, "parent", None)
    return str(parent.urn if parent is not None else (given.opts and given.opts.parent) or "")


def _run(rule: Rule, subject: Any, log: ReadLog) -> list[Violation]:
    check: Callable[[Any], Iterable[Finding]] = rule.check
    found: list[Violation] = []
    try:
        for finding in check(subject):
            found.append(finding if isinstance(finding, Violation) else Violation(finding))
    except UnknownValueError as unknown:
        # A check that went around our accessors: the SDK would let it pass as a mere advisory.
        log.note(".".join(unknown.props))
    except Exception as error:  # noqa: BLE001 - whatever a check raises must fail the run
        frame = extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        raise RuleError(
            f"policy {rule.name} raised {type(error).__name__} at {place}, a mistake in the policy"
        ) from None
    return found


def _concluded(rule: Rule, settings: Settings, found: list[Violation], logs: list[tuple[str, ReadLog]]) -> Verdicts:
    unknowns = [Deferred(urn, path) for urn, log in logs for path in log.paths]
    if rule.on_unknown is OnUnknown.DENY:
        found = found + [
            Violation(f"`{unknown.path}` is unknown before deployment, so the rule cannot be checked", urn=unknown.urn)
            for unknown in unknowns
        ]
        unknowns = []
    default_urn = logs[0][0]
    violations, exempted = [], []
    for violation in found:
        urn = violation.urn or default_urn
        exemption = _exemption(rule, settings, urn)
        if exemption is None:
            violations.append(violation)
        else:
            exempted.append(Exempted(urn, violation.message, exemption))
    return Verdicts(tuple(violations), tuple(unknowns), tuple(exempted))


def _exemption(rule: Rule, settings: Settings, urn: str) -> Exemption | None:
    """The exemption in force that covers a violation; an expired one covers nothing."""
    if not rule.exemptible or not urn:
        return None
    covering = settings.conventions.exemptions_for(rule.name, urn)
    return next((exemption for exemption in covering if not exemption.expired(settings.as_of)), None)


def violation_text(rule: Rule, violation: Violation) -> str:
    """The text of a violation: ``<message>``, then ``Fix: <step>; <step>`` on a line of its own."""
    steps = violation.fix or rule.remediation
    return violation.message + (f"\nFix: {'; '.join(steps)}" if steps else "")
