"""Rules become a policy pack: the policies of ``pulumi_policy``, and the kernel's four that speak beyond verdicts.

The engine carries nothing but violations, so what else a pack has to say goes out as advisory violations of policies
with fixed names and fixed texts (docs/architecture.md); the preview recognises them by name.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PulumiSeverity

from dataops_infra.conventions.exemptions import Exemption
from dataops_infra.pack_folders import CONFIG_FILE
from dataops_infra.policy.exempting import meant_policy
from dataops_infra.policy.remediation import EditableResource
from dataops_infra.policy.rules import Remediation, Rule
from dataops_infra.policy.settings import CONFIG_SCHEMA, read_settings, use_bundled
from dataops_infra.policy.stack_requests import share_stack_requests, urn_prefixes_of
from dataops_infra.policy.verdicts import Verdicts, resource_verdicts, stack_verdicts, violation_text

DEFERRED_CHECKS: Final = "deferred-checks"
USED_EXEMPTIONS: Final = "used-exemptions"
UNUSED_EXEMPTIONS: Final = "unused-exemptions"
CONVENTIONS_SOURCE: Final = "conventions-source"
KERNEL_POLICIES: Final = (DEFERRED_CHECKS, USED_EXEMPTIONS, UNUSED_EXEMPTIONS, CONVENTIONS_SOURCE)

_DIGEST_LENGTH: Final = 12


def deferred_text(policy: str, path: str) -> str:
    """The text of ``deferred-checks``."""
    return f"{policy}: `{path}` is unknown before deployment; `dataops audit` judges it afterwards"


def used_exemption_text(policy: str, exemption: Exemption, message: str) -> str:
    """The text of ``used-exemptions``."""
    return f"{policy}: exempted until {exemption.expires} by {exemption.owner} ({exemption.reason}): {message}"


def unused_exemption_text(exemption: Exemption, meant: str | None = None) -> str:
    """The text of ``unused-exemptions``; ``meant`` is the policy whose name was misspelt."""
    hint = f", or correct it: did you mean {meant}?" if meant else ""
    return f"{exemption.policy} {exemption.resource}: no violation needed this exemption; remove it{hint}"


def conventions_source_text(source: str, digest: str) -> str:
    """The text of ``conventions-source``."""
    return f"{source} (digest {digest[:_DIGEST_LENGTH]}): give this pack the output of dataops policies config"


class Ledger:
    """What the rules of one pack said beside violations, kept until the kernel's policies report it.

    The server calls a pack from several threads, one resource each; within a call the kernel's policies run last.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._notes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._used: set[Exemption] = set()

    def record(self, scope: str, rule: Rule, verdicts: Verdicts) -> None:
        """Keep what a rule said about ``scope`` (a resource's URN, "" for the stack)."""
        deferred = [(item.urn, deferred_text(rule.name, item.path)) for item in verdicts.deferred]
        used = [(item.urn, used_exemption_text(rule.name, item.exemption, item.message)) for item in verdicts.exempted]
        with self._lock:
            for policy, notes in ((DEFERRED_CHECKS, deferred), (USED_EXEMPTIONS, used)):
                if notes:
                    self._notes.setdefault((policy, scope), []).extend(notes)
            self._used.update(item.exemption for item in verdicts.exempted)

    def take(self, policy: str, scope: str) -> list[tuple[str, str]]:
        """Hand out, once, the URNs and texts that a kernel policy has to report about ``scope``."""
        with self._lock:
            return self._notes.pop((policy, scope), [])

    def take_used(self) -> set[Exemption]:
        """The exemptions that some violation needed since the last call."""
        with self._lock:
            used, self._used = self._used, set()
            return used


class _NotesPolicy(ResourceValidationPolicy):
    """A kernel policy that reports, in Analyze, what the resource rules noted."""

    def __init__(self, name: str, description: str, ledger: Ledger) -> None:
        Policy.__init__(self, name, description, EnforcementLevel.ADVISORY, _config_schema({}))
        self._ledger = ledger

    def validate(self, args: Any, report_violation: ReportViolation) -> None:
        scope = args.urn if isinstance(args, ResourceValidationArgs) else ""
        for urn, text in self._ledger.take(self.name, scope):
            report_violation(text, urn or None)

    def has_validation(self) -> bool:
        """Asked by the SDK before ``validate``, in Analyze only."""
        return True

    def has_remediation(self) -> bool:
        """Asked by the SDK in Remediate."""
        return False


class _StackNotesPolicy(_NotesPolicy, StackValidationPolicy):
    """The same for packs whose stack rules note something: in AnalyzeStack too.

    One name must do both, and the SDK asks by class which calls a policy takes part in. It unpacks the whole stack anew
    for each policy of AnalyzeStack, which a pack without such rules should not pay.
    """


def _config_schema(own: Mapping[str, Mapping[str, Any]]) -> PolicyConfigSchema:
    # The SDK compares nothing and copies nothing: hand it plain dicts.
    return PolicyConfigSchema(properties={key: dict(schema) for key, schema in {**CONFIG_SCHEMA, **own}.items()})


def _shared_arguments(rule: Rule) -> dict[str, Any]:
    framework = PolicyComplianceFramework(name=rule.frameworks[0]) if rule.frameworks else None
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(rule.level.value),
        "config_schema": _config_schema(rule.config),
        "severity": PulumiSeverity(rule.severity.value),
        "framework": framework,
        "tags": list(rule.frameworks) or None,
        "remediation_steps": "; ".join(rule.remediation) or None,
    }


def _resource_policy(rule: Rule, ledger: Ledger) -> Policy:
    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if not rule.applies_to(args.resource_type):
            args.not_applicable()
        verdicts = resource_verdicts(rule, args)
        ledger.record(args.urn, rule, verdicts)
        for violation in verdicts.violations:
            report_violation(violation_text(rule, violation), None)

    remediate = rule.remediate and _remediation(rule, rule.remediate)
    return ResourceValidationPolicy(validate=validate, remediate=remediate, **_shared_arguments(rule))


def _remediation(rule: Rule, edit: Remediation) -> Callable[[ResourceValidationArgs], Any]:
    def remediate(args: ResourceValidationArgs) -> Any:
        if not rule.applies_to(args.resource_type):
            args.not_applicable()
        changed = edit(EditableResource(args.resource_type, args.props), read_settings(args.get_config()))
        # The properties themselves, edited in place: a copy would lose every mark of a secret.
        return args.props if changed else None

    return remediate


def _stack_policy(rule: Rule, ledger: Ledger) -> Policy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        verdicts = stack_verdicts(rule, args)
        ledger.record("", rule, verdicts)
        for violation in verdicts.violations:
            report_violation(violation_text(rule, violation), violation.urn or None)

    return StackValidationPolicy(validate=validate, **_shared_arguments(rule))


def _unused_exemptions(rules: Sequence[Rule], ledger: Ledger) -> Policy:
    names = {rule.name for rule in rules if rule.exemptible}

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        settings, used = read_settings(args.get_config()), ledger.take_used()
        prefixes = urn_prefixes_of(args)
        for exemption in settings.conventions.exemptions:
            meant = meant_policy(exemption.policy, names)
            idle = (exemption.policy in names or meant) and exemption not in used
            if not idle or exemption.expired(settings.as_of):
                continue
            if any(exemption.may_concern(prefix) for prefix in prefixes):
                report_violation(unused_exemption_text(exemption, meant), None)

    return StackValidationPolicy(
        UNUSED_EXEMPTIONS,
        "Every exemption is needed by some violation.",
        validate,
        EnforcementLevel.ADVISORY,
        _config_schema({}),
    )


def _conventions_source() -> Policy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        settings = read_settings(args.get_config())
        if not settings.given:
            report_violation(conventions_source_text(settings.source, settings.digest), None)

    return StackValidationPolicy(
        CONVENTIONS_SOURCE,
        "The pack knows the organisation's conventions.",
        validate,
        EnforcementLevel.ADVISORY,
        _config_schema({}),
    )


def build_pack(rules: Sequence[Rule], folder: Path | None = None) -> list[Policy]:
    """The policies of a pack: the rules in their order, then the kernel's own, which report what the rules said beside
    violations.

    :param folder: the pack's folder; the config that ``dataops policies bundle`` wrote there holds where the engine
        gives a policy no conventions.
    :raises ValueError: two rules share a name, or one has the name of a kernel policy.
    """
    bundled = folder / CONFIG_FILE if folder else None
    if bundled and bundled.is_file():
        use_bundled(json.loads(bundled.read_text(encoding="utf-8")))
    names = [rule.name for rule in rules] + list(KERNEL_POLICIES)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"policy names must be unique in a pack: {', '.join(twice)}")
    share_stack_requests()
    ledger = Ledger()
    policies = [
        _resource_policy(rule, ledger) if rule.kind == "resource" else _stack_policy(rule, ledger) for rule in rules
    ]
    noting = any(rule.kind == "stack" and (rule.types or rule.exemptible) for rule in rules)
    notes_policy = _StackNotesPolicy if noting else _NotesPolicy
    return [
        *policies,
        notes_policy(DEFERRED_CHECKS, "Every check can be decided before deployment.", ledger),
        notes_policy(USED_EXEMPTIONS, "No rule needs an exemption.", ledger),
        _unused_exemptions(rules, ledger),
        _conventions_source(),
    ]
