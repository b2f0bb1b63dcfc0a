"""The rules of the pack ``dataops-tagging``: tags on AWS, labels on GCP, as the conventions want them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dataops_infra.conventions.base import glob_matches
from dataops_infra.conventions.tags import (
    ENVIRONMENT,
    EXPIRES_ON,
    SANDBOX_ZONE,
    ZONE,
    canonical_tag_key,
    is_mandated_tag_key,
)
from dataops_infra.policy import (
    PROVIDER_TYPE_PREFIX,
    Level,
    OnUnknown,
    Properties,
    Resource,
    Rule,
    Severity,
    Stack,
    Unknown,
    Violation,
    is_billable,
    taggable,
)
from dataops_infra.policy.personal_data import EMAIL_KIND, find_personal_data
from dataops_infra.policy.remediation import EditableResource
from dataops_infra.policy.settings import Settings
from dataops_infra.policy.tag_reading import DEFAULT_TAGS, as_text, every_tag, provider_defaults

ASSET_INVENTORY = "ISO/IEC 27001:2022 A.5.9"
LABELLING = "ISO/IEC 27001:2022 A.5.13"
PRIVACY = "ISO/IEC 27001:2022 A.5.34"
POLICY_COMPLIANCE = "ISO/IEC 27001:2022 A.5.36"
RETURN_OF_ASSETS = "ISO/IEC 27001:2022 A.8.10"


def _in_scope(resource: Resource) -> bool:
    return resource.settings.conventions.tags.scope == "taggable" or is_billable(resource.type)


def required_tags(resource: Resource) -> Iterator[Violation]:
    """Every required tag is there, under its one spelling."""
    if not _in_scope(resource):
        return
    for key in resource.settings.conventions.tags.required:
        if resource.tags.get(key) is None:
            variants = [name for name in resource.tags.keys() if name != key and canonical_tag_key(name) == key]  # noqa: SIM118
            spelled = f" (`{variants[0]}` is another spelling)" if variants else ""
            step = f"rename `{variants[0]}` to `{key}`" if variants else f"set `{key}` in `{resource.tags.path}`"
            yield Violation(f"tag `{key}` is missing{spelled}", (step,))


def rename_spelling_variants(resource: EditableResource, settings: Settings) -> bool:
    """Give required tags their one spelling: ``CostCenter`` and ``cost_center`` become ``cost-center``."""
    required = settings.conventions.tags.required

    def renamed(keys: Sequence[str]) -> Mapping[str, str]:
        variants: dict[str, list[str]] = {}
        for key in keys:
            canonical = canonical_tag_key(key)
            if canonical in required and canonical not in keys and not is_mandated_tag_key(key):
                variants.setdefault(canonical, []).append(key)
        # Two variants of one key may differ in their values: which one is right is for a person to say.
        return {found[0]: canonical for canonical, found in variants.items() if len(found) == 1}

    return resource.rename_own_tags(renamed)


def tag_values_allowed(resource: Resource) -> Iterator[str]:
    """The values of required tags, and of ``zone``, are what the conventions allow."""
    conventions = resource.settings.conventions
    for key in dict.fromkeys((*conventions.tags.required, ZONE)):
        rule, value = conventions.tag_rule(key), resource.tags.get(key)
        if rule is None or value is None or isinstance(value, Unknown):
            continue
        text = as_text(value)
        reason = "must be a text" if text is None else rule.check(text, conventions)
        if reason:
            yield f"tag `{key}` {reason}"
    yield from _another_environment(resource)


def _another_environment(resource: Resource) -> Iterator[str]:
    """A resource of one environment does not say that it belongs to another."""
    own, named = resource.environment, as_text(resource.tags.get(ENVIRONMENT))
    if own is not None and named != own.name and named in resource.settings.conventions.environments:
        yield f"tag `{ENVIRONMENT}` names another environment than {own.name}, to which the stack belongs"


def default_tags_declared(provider: Resource) -> Iterator[str]:
    """A provider declares default tags, so that no resource is ever without any."""
    cloud = provider.type.removeprefix(PROVIDER_TYPE_PREFIX)
    declared = provider_defaults(cloud, provider.props)
    # One that is unknown as a whole is no missing one: it may be empty or not, which the deployment shows.
    if not isinstance(declared, Unknown) and not len(declared):
        yield f"the {cloud} provider declares no `{DEFAULT_TAGS[cloud]}`"


def tags_carry_no_personal_data(resource: Resource) -> Iterator[str]:
    """Tags are shown in bills, logs and consoles: they hold no data of persons."""
    allowed = resource.config["allowedAddresses"]
    for path, key, value in _all_tags(resource):
        for place, text in (("key", key), ("value", value)):
            for kind in dict.fromkeys(_kinds(text, allowed)):
                # A key that is personal data itself is not repeated either.
                named = (
                    f"a tag's key in `{path}`" if _kinds(key, allowed) else f"the {place} of tag `{key}` in `{path}`"
                )
                yield f"{named} looks like {kind}"


def _kinds(value: Any, allowed: Sequence[str]) -> list[str]:
    return [
        found.kind
        for found in find_personal_data(as_text(value) or "")
        if not (found.kind == EMAIL_KIND and any(glob_matches(glob, found.text) for glob in allowed))
    ]


def _all_tags(resource: Resource) -> Iterator[tuple[str, str, Any]]:
    """Path, key and value of everything that serves as a tag; a provider's default tags are judged on the provider."""
    if resource.type.startswith(PROVIDER_TYPE_PREFIX):
        cloud = resource.type.removeprefix(PROVIDER_TYPE_PREFIX)
        defaults = provider_defaults(cloud, resource.props)
        if isinstance(defaults, Properties):
            for key in defaults:
                yield DEFAULT_TAGS[cloud], key, defaults[key]
    else:
        resource.tags.own()  # where the type's own tags stand, an unknown on the way to them is noted
        # Beside labels of the user, a channel's `labels` say whom it tells: no labels, whatever their name.
        setting = "labels" if resource.tags.path == "userLabels" else None
        yield from (found for found in every_tag(resource.props) if found[0] != setting)


def sandbox_expires(resource: Resource) -> Iterator[str]:
    """What belongs to a sandbox says when it ends, and that day is neither past nor too far away."""
    if resource.tags.get(ZONE) != SANDBOX_ZONE:
        return
    value, settings = resource.tags.get(EXPIRES_ON), resource.settings
    if isinstance(value, Unknown):
        return
    if value is None:
        yield f"a sandbox resource needs the tag `{EXPIRES_ON}`"
        return
    limit = settings.as_of + timedelta(days=settings.conventions.sandbox.maximum_days)
    expires = _iso_date(as_text(value))
    if expires is None:
        yield f"tag `{EXPIRES_ON}` must be a date such as {limit.isoformat()}"
    elif expires < settings.as_of:
        yield f"tag `{EXPIRES_ON}` lies before {settings.as_of.isoformat()}: the sandbox has expired"
    elif expires > limit:
        yield f"tag `{EXPIRES_ON}` lies after {limit.isoformat()}, the longest life of a sandbox"


def _iso_date(text: str | None) -> date | None:
    """The day, of a text in the one form 2026-12-22: Python also reads 20261222 and 2026-W52-2."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def exemption_valid(stack: Stack) -> Iterator[Violation]:
    """No exemption that may concern the stack has outlived its date."""
    for exemption in stack.settings.conventions.exemptions:
        if exemption.expired(stack.settings.as_of) and stack.concerned_by(exemption):
            yield Violation(
                f"the exemption of {exemption.policy} for {exemption.resource} expired on {exemption.expires}"
                f" (owner {exemption.owner})"
            )


def _tagged_or_provider(token: str) -> bool:
    return taggable(token) or token in PROVIDERS


PROVIDERS = frozenset(PROVIDER_TYPE_PREFIX + cloud for cloud in DEFAULT_TAGS)

RULES = (
    Rule(
        name="required-tags",
        description="Resources carry the tags that the conventions require.",
        types=taggable,
        check=required_tags,
        remediate=rename_spelling_variants,
        remediation=("add the tag to the resource, or to the provider's default tags",),
        level=Level.REMEDIATE,
        on_unknown=OnUnknown.DEFER,
        frameworks=(ASSET_INVENTORY, LABELLING),
    ),
    Rule(
        name="tag-values-allowed",
        description="The values of tags are what the conventions allow.",
        types=taggable,
        check=tag_values_allowed,
        remediation=("give the tag a value that the conventions allow (dataops conventions show)",),
        frameworks=(LABELLING,),
    ),
    Rule(
        name="default-tags-declared",
        description="Providers declare default tags or labels.",
        types=PROVIDERS,
        check=default_tags_declared,
        remediation=("declare default_tags (AWS) or default_labels (GCP), in the provider or in the stack's config",),
        level=Level.ADVISORY,
        severity=Severity.LOW,
        frameworks=(ASSET_INVENTORY,),
    ),
    Rule(
        name="tags-carry-no-personal-data",
        description="Tags and labels hold no personal data.",
        types=_tagged_or_provider,
        check=tags_carry_no_personal_data,
        remediation=("name a team or a role instead",),
        severity=Severity.HIGH,
        frameworks=(PRIVACY,),
        config={
            "allowedAddresses": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Globs of e-mail addresses that belong to no person, such as *-team@example.com.",
            }
        },
    ),
    Rule(
        name="sandbox-expires",
        description="Sandbox resources say when they end, within the longest life of a sandbox.",
        types=taggable,
        check=sandbox_expires,
        remediation=(
            f"set the tag or label `{EXPIRES_ON}` (the argument `{EXPIRES_ON.replace('-', '_')}` of our sandboxes)"
            " to an ISO date within the longest life of a sandbox",
        ),
        frameworks=(RETURN_OF_ASSETS,),
    ),
    Rule(
        name="exemption-valid",
        description="No exemption that may concern the stack has expired.",
        kind="stack",
        check=exemption_valid,
        remediation=("mend what the exemption covered and remove it, or agree on a later date",),
        severity=Severity.HIGH,
        frameworks=(POLICY_COMPLIANCE,),
        exemptible=False,
    ),
)
