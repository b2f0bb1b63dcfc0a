"""Cases for rules: stacks that must pass and stacks that must fail, each one rule and exactly what it must say.

A module of cases, ``tests/policies/cases/<topic>.py``, exports ``CASES``; ``test_rule_cases.py`` runs them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.loading import read_conventions
from dataops_infra.conventions.model import Conventions
from dataops_infra.policy import UNKNOWN, Rule
from dataops_infra.policy.judging import Given, judge, judge_stack
from dataops_infra.policy.packs import pack_rules
from dataops_infra.policy.verdicts import Deferred, Verdicts

AS_OF = date(2026, 11, 22)
CASES_FOLDER = Path(__file__).parents[1] / "policies" / "cases"
CONVENTIONS = read_conventions(Path(__file__).parents[2] / "dataops.yaml")
"""The reference conventions: organisation acme, environments dev, staging and prod with accounts and projects."""
CANARY = "canary-4711"
STACK = "<stack>"
"""Stands for the stack itself among the resources that messages speak of."""


@dataclass(frozen=True)
class Case:
    """One stack for one rule.

    :param resources: the stack; for a resource rule every resource is judged on its own.
    :param messages: name of a resource -> what must be said of it, in order; empty for a stack that must pass.
    :param deferred: name of a resource -> paths of values that the rule must wait for.
    :param needless: resources and paths (``bucket.tags``) that the rule does not need to know: an unknown there may
        leave the case passing. Keep it empty unless it says why.
    :param fuzzed: False where an unknown anywhere may rightly change the verdict to a pass; say why beside it.
    :param echoed: True where messages must repeat values to be understood (names of stores), so a canary would show.
    """

    rule: str
    resources: tuple[Given, ...]
    messages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label: str = ""
    conventions: Conventions = CONVENTIONS
    contracts: tuple[DatasetContract, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    deferred: Mapping[str, Sequence[str]] = field(default_factory=dict)
    needless: frozenset[str] = frozenset()
    fuzzed: bool = True
    echoed: bool = False

    def __str__(self) -> str:
        types = "+".join(dict.fromkeys(resource.type.rpartition(":")[2] for resource in self.resources))
        return "-".join(filter(None, (self.rule, self.label or types)))

    @property
    def bites(self) -> bool:
        """Whether something must be said."""
        return bool(self.messages)


@cache
def rules_of(pack: str) -> Mapping[str, Rule]:
    """The rules of a pack by name."""
    return {rule.name: rule for rule in pack_rules(pack)}


@cache
def every_case() -> tuple[Case, ...]:
    """The cases of all modules, sorted by module."""
    found: list[Case] = []
    for path in sorted(CASES_FOLDER.glob("*.py")):
        spec = spec_from_file_location(f"tests.policies.cases.{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found += module.CASES
    return tuple(found)


def judged(case: Case, rule: Rule) -> Verdicts:
    """What the rule concludes on the stack of a case."""
    given: dict[str, Any] = {
        "conventions": case.conventions,
        "contracts": case.contracts,
        "as_of": AS_OF,
        "config": case.config,
    }
    if rule.kind == "stack":
        return judge_stack(rule, case.resources, **given)
    verdicts = [_resource_verdicts(rule, resource, given) for resource in case.resources]
    return Verdicts(*(tuple(item for each in verdicts for item in getattr(each, name)) for name in _PARTS))


_PARTS = ("violations", "deferred", "exempted")


def _resource_verdicts(rule: Rule, resource: Given, given: Mapping[str, Any]) -> Verdicts:
    verdicts = judge(
        rule,
        resource.type,
        resource.properties,
        **given,
        **{name: getattr(resource, name) for name in ("name", "provider", "stack", "project", "protect", "parent")},
    )
    named = tuple(replace(violation, urn=violation.urn or resource.urn) for violation in verdicts.violations)
    waiting = tuple(Deferred(item.urn or resource.urn, item.path) for item in verdicts.deferred)
    return Verdicts(named, waiting, verdicts.exempted)


def spoken(case: Case, found: Sequence[Any], text: str) -> dict[str, list[str]]:
    """Name of the resource -> texts, of violations (``message``) or deferred checks (``path``)."""
    names = {resource.urn: resource.name for resource in case.resources}
    heard: dict[str, list[str]] = {}
    for item in found:
        heard.setdefault(names.get(item.urn, STACK), []).append(getattr(item, text))
    return heard


def with_unknowns(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and the value with that part replaced by an unknown: each part in turn, at every depth."""
    entries: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, list | tuple):
        entries = list(enumerate(value))
    for key, item in entries:
        here = f"{path}[{key}]" if isinstance(key, int) else ".".join(filter(None, (path, key)))
        for place, changed in ((here, UNKNOWN), *with_unknowns(item, here)):
            copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
            copy[key] = changed
            yield place, copy


def fuzzed(case: Case) -> Iterator[tuple[str, Case]]:
    """The case with each part of its resources' properties and providers in turn unknown."""
    for position, resource in enumerate(case.resources):
        for part in ("properties", "provider"):
            for path, changed in with_unknowns(getattr(resource, part) or {}):
                place = f"{resource.name}.{path}" if part == "properties" else f"{resource.name}.provider.{path}"
                if place not in case.needless:
                    yield place, _replaced(case, position, replace(resource, **{part: changed}))


def with_canary(case: Case) -> Case:
    """The case with every text that is a value replaced by one that no message may hold."""
    resources = [replace(resource, properties=_canaries(resource.properties)) for resource in case.resources]
    return replace(case, resources=tuple(resources))


def _canaries(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canaries(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canaries(item) for item in value]
    return f"{value} {CANARY}" if isinstance(value, str) else value


def _replaced(case: Case, position: int, resource: Given) -> Case:
    resources = list(case.resources)
    resources[position] = resource
    return replace(case, resources=tuple(resources))
