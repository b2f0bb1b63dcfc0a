"""Judge a rule in a unit test, without engine, server or cloud.

The rule runs as it does in a pack: through the objects and the guarding proxies of ``pulumi_policy``. Write
:data:`~dataops_infra.policy.values.UNKNOWN` in the properties for what a preview does not know::

    verdicts = judge(RULE, "aws:s3/bucket:Bucket", {"tags": {"owner": UNKNOWN}})
    assert [violation.message for violation in verdicts.violations] == [...]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy
from pulumi_policy.secret import Secret, secrets_preserving_proxy

from dataops_infra.conventions.compiled import CONFIG_KEY, compiled
from dataops_infra.conventions.contracts import DatasetContract
from dataops_infra.conventions.model import Conventions
from dataops_infra.policy.remediation import EditableResource
from dataops_infra.policy.rules import PROVIDER_TYPE_PREFIX, Rule
from dataops_infra.policy.settings import read_settings
from dataops_infra.policy.values import Unknown
from dataops_infra.policy.verdicts import Verdicts, resource_verdicts, stack_verdicts

NO_VERDICTS: Final = Verdicts()


@dataclass(frozen=True)
class Given:
    """One resource of a test.

    :param properties: as a rule sees them: camelCase; ``UNKNOWN`` for unknown values.
    :param provider: properties of its provider, such as ``{"defaultTags": '{"tags": {…}}'}``.
    :param depends_on: for stack rules: input -> names of the resources it was made from.
    :param computed: for stack rules: outputs that the cloud fills in; None = nobody said which of them are inputs.
    """

    type: str
    properties: Mapping[str, Any]
    name: str = "resource"
    provider: Mapping[str, Any] | None = None
    stack: str = "dev"
    project: str = "test"
    protect: bool = False
    parent: str = ""
    depends_on: Mapping[str, Sequence[str]] | None = None
    computed: Mapping[str, Any] | None = None

    @property
    def urn(self) -> str:
        """The URN that the resource would have at the top of its stack."""
        return f"urn:pulumi:{self.stack}::{self.project}::{self.type}::{self.name}"


def judge(
    rule: Rule,
    type: str,  # noqa: A002 - the word of the domain
    properties: Mapping[str, Any],
    *,
    conventions: Conventions | None = None,
    contracts: Sequence[DatasetContract] = (),
    as_of: date | None = None,
    config: Mapping[str, Any] | None = None,
    **given: Any,
) -> Verdicts:
    """What a resource rule concludes on one resource; no verdicts at all where the rule does not look at the type.

    :param conventions: None = the pack was given none and uses the built-in defaults.
    :param as_of: the day on which dates are judged, today unless given; needs ``conventions``.
    :param config: the policy's own config keys.
    :param given: further fields of :class:`Given`.
    :raises RuleError: the rule raised.
    """
    if not rule.applies_to(type):
        return NO_VERDICTS
    resource = Given(type, properties, **given)
    return resource_verdicts(rule, _arguments(resource, policy_config(conventions, contracts, as_of, config)))


def judge_stack(
    rule: Rule,
    resources: Sequence[Given],
    *,
    conventions: Conventions | None = None,
    contracts: Sequence[DatasetContract] = (),
    as_of: date | None = None,
    config: Mapping[str, Any] | None = None,
) -> Verdicts:
    """What a stack rule concludes on some resources; see :func:`judge`."""
    made = {resource.name: _stack_resource(resource) for resource in resources}
    for resource in resources:
        for name, sources in (resource.depends_on or {}).items():
            made[resource.name].property_dependencies[name] = [made[source] for source in sources]
    arguments = StackValidationArgs(list(made.values()), policy_config(conventions, contracts, as_of, config))
    return stack_verdicts(rule, arguments)


def remediated(
    rule: Rule,
    type: str,  # noqa: A002 - the word of the domain
    properties: Mapping[str, Any],
    *,
    conventions: Conventions | None = None,
    secrets: Sequence[str] = (),
) -> dict[str, Any] | None:
    """The properties after a rule's remediation, or None where it changes nothing.

    :param secrets: paths of properties (``tags.owner``) to mark as secret; such a value comes back as ``Secret``.
    """
    data = _marked(properties)
    for path in secrets:
        *way, last = path.split(".")
        holder = data
        for step in way:
            holder = holder[step]
        holder[last] = Secret(holder[last])
    editable = EditableResource(type, secrets_preserving_proxy(data))
    if rule.remediate is None or not rule.applies_to(type):
        return None
    return data if rule.remediate(editable, read_settings(policy_config(conventions))) else None


def policy_config(
    conventions: Conventions | None = None,
    contracts: Sequence[DatasetContract] = (),
    as_of: date | None = None,
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A policy's config as an engine would hand it over.

    :raises ValueError: a date without conventions: a pack that is given nothing judges by today.
    """
    if conventions is None:
        if as_of is not None or contracts:
            raise ValueError("as_of and contracts are part of the compiled conventions: give conventions too")
        return dict(config or {})
    document = compiled(conventions, contracts, "a unit test", as_of)
    return {**(config or {}), CONFIG_KEY: document}


def _arguments(resource: Given, config: Mapping[str, Any]) -> ResourceValidationArgs:
    return ResourceValidationArgs(
        resource.type,
        unknown_checking_proxy(_marked(resource.properties)),
        resource.urn,
        resource.name,
        _options(resource),
        _provider(resource),
        config,
    )


def _stack_resource(resource: Given) -> PolicyResource:
    properties = unknown_checking_proxy(_marked({**(resource.computed or {}), **resource.properties}))
    options, provider = _options(resource), _provider(resource)
    made = PolicyResource(resource.type, properties, resource.urn, resource.name, options, provider, None, [], {})
    if resource.computed is not None:
        made.inputs = frozenset(resource.properties)  # type: ignore[attr-defined]
    return made


def _options(resource: Given) -> PolicyResourceOptions:
    timeouts = PolicyCustomTimeouts(0, 0, 0)
    return PolicyResourceOptions(resource.protect, [], None, [], timeouts, [], resource.parent or None)


def _provider(resource: Given) -> PolicyProviderResource | None:
    if resource.provider is None:
        return None
    token = PROVIDER_TYPE_PREFIX + resource.type.partition(":")[0]
    urn = f"urn:pulumi:{resource.stack}::{resource.project}::{token}::default"
    return PolicyProviderResource(token, unknown_checking_proxy(_marked(resource.provider)), urn, "default")


def _marked(value: Any) -> Any:
    """Plain mutable data with the wire's marker for unknowns and floats for numbers, as a pack receives it."""
    if isinstance(value, Unknown):
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
