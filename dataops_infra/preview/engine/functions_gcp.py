"""Google Cloud functions whose answer follows from arguments, configuration and published formats.

Formats are those of the Google provider (``terraform-provider-google``, data sources of ``services/resourcemanager``).
"""

import json
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from .offline import Facts, MadeUp, Partial
from .policy_document import go_json, texts
from .records import EngineFailure
from .values import Properties

_POLICY_TOKEN = "gcp:organizations/getIAMPolicy:getIAMPolicy"  # noqa: S105 - a function's name
_PROJECT_VARIABLES = ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
_REGION_VARIABLES = ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION")
_ZONE_VARIABLES = ("GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE")


def project(facts: Facts) -> str:
    """The project of the provider, the environment, or the conventions; "" when none names it."""
    named = facts.setting("project", _PROJECT_VARIABLES)
    return "" if named is None else named or str(facts.declared.get("gcpProject") or "")


def region(facts: Facts) -> str | None:
    """The provider's region; "" when it has none, None when it is unknown."""
    return facts.setting("region", _REGION_VARIABLES)


def _client_config(_args: Properties, facts: Facts) -> Partial:
    named, where, zone = project(facts), region(facts), facts.setting("zone", _ZONE_VARIABLES)
    labels = facts.json_setting("defaultLabels") if facts.says("defaultLabels") else {}
    complete = named and where is not None and zone is not None
    return {
        "project": named or MadeUp(),
        "region": MadeUp() if where is None else where,
        "zone": MadeUp() if zone is None else zone,
        "id": f"projects/{named}/regions/{where}/zones/{zone}" if complete else MadeUp(),
        "defaultLabels": MadeUp() if labels is None else labels,
        "accessToken": MadeUp(),
    }


def _project(args: Properties, facts: Facts) -> Partial | None:
    named = args.get("projectId") or project(facts)
    return {"projectId": named, "id": f"projects/{named}"} if named else None


def _storage_agent(args: Properties, facts: Facts) -> Partial | None:
    """The account that Cloud Storage itself acts as in a project: https://cloud.google.com/iam/docs/service-agents."""
    return _agent(args, facts, "emailAddress", "service-{number}@gs-project-accounts.iam.gserviceaccount.com")


def _bigquery_agent(args: Properties, facts: Facts) -> Partial | None:
    """The account that encrypts for BigQuery: https://cloud.google.com/bigquery/docs/customer-managed-encryption."""
    return _agent(args, facts, "email", "bq-{number}@bigquery-encryption.iam.gserviceaccount.com")


def _agent(args: Properties, facts: Facts, field: str, form: str) -> Partial | None:
    """An account of Google's that has the project's number in its address, which only the conventions tell."""
    named, number = args.get("project") or project(facts), facts.declared.get("gcpProjectNumber")
    if not number or named != facts.declared.get("gcpProject"):
        return None
    mail = form.format(number=number)
    return {field: mail, "member": f"serviceAccount:{mail}", "id": mail, "project": named}


def _service_account(args: Properties, facts: Facts) -> Partial | None:
    """``accountId`` may be the short name, the e-mail or the full resource name."""
    given = str(args.get("accountId", "")).rpartition("/")[2]
    named = args.get("project") or project(facts)
    if "@" not in given and not named:
        return None
    mail = given if "@" in given else f"{given}@{named}.iam.gserviceaccount.com"
    owner = args.get("project") or mail.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    resource = f"projects/{owner}/serviceAccounts/{mail}"
    return {
        "accountId": args.get("accountId"),
        "email": mail,
        "id": resource,
        "name": resource,
        "member": f"serviceAccount:{mail}",
        "project": args.get("project"),
    }


def _iam_policy(args: Properties, _facts: Facts) -> Partial:
    """``policyData`` as the provider renders it: bindings of one role and condition joined, everything sorted."""
    merged: dict[tuple[str, str], dict[str, object]] = {}
    for binding in args.get("bindings") or []:
        condition = binding.get("condition")
        members = texts(_POLICY_TOKEN, "members", binding.get("members"))
        if any(member.startswith("deleted:") for member in members):
            raise EngineFailure("program", f"{_POLICY_TOKEN}: a deleted: principal cannot be a member")
        key = (binding["role"], json.dumps(condition, sort_keys=True) if condition else "")
        entry = merged.setdefault(key, {"condition": _condition(condition), "members": set(), "role": binding["role"]})
        entry["members"] |= set(members)  # type: ignore[operator]
    policy: dict[str, object] = {}
    audits = [_audit_config(config) for config in args.get("auditConfigs") or []]
    if audits:
        policy["auditConfigs"] = audits
    bindings = [_rendered(merged[key]) for key in sorted(merged, key=lambda key: _order(key[0], merged[key]))]
    if bindings:
        policy["bindings"] = bindings
    text = go_json(policy)
    return {
        "policyData": text,
        "id": str(zlib.crc32(text.encode())),
        "bindings": args.get("bindings"),
        "auditConfigs": args.get("auditConfigs"),
    }


def _order(role: str, binding: Mapping[str, object]) -> tuple[str, ...]:
    condition = binding["condition"]
    texts = condition if isinstance(condition, dict) else {}
    return (role, *(str(texts.get(key, "")) for key in ("expression", "title", "description")))


def _condition(given: Mapping[str, str] | None) -> dict[str, str]:
    return {key: given[key] for key in ("description", "expression", "title") if given.get(key)} if given else {}


def _rendered(binding: Mapping[str, object]) -> dict[str, object]:
    members = binding["members"]
    assert isinstance(members, set)
    rendered = {"condition": binding["condition"], "members": sorted(members), "role": binding["role"]}
    return {key: value for key, value in rendered.items() if value}


def _audit_config(config: Properties) -> dict[str, object]:
    logs = []
    for log in config.get("auditLogConfigs") or []:
        exempted = texts(_POLICY_TOKEN, "exemptedMembers", log.get("exemptedMembers"))
        logs.append({**({"exemptedMembers": sorted(exempted)} if exempted else {}), "logType": log["logType"]})
    return {"auditLogConfigs": sorted(logs, key=lambda log: str(log["logType"])), "service": config["service"]}


ANSWERS: Mapping[str, Callable[[Properties, Facts], Partial | None]] = MappingProxyType(
    {
        "gcp:bigquery:getDefaultServiceAccount": _bigquery_agent,
        "gcp:organizations:getClientConfig": _client_config,
        "gcp:organizations:getProject": _project,
        "gcp:organizations:getIAMPolicy": _iam_policy,
        "gcp:serviceaccount:getAccount": _service_account,
        "gcp:storage:getProjectServiceAccount": _storage_agent,
    }
)
"""Short token → function of (arguments, facts); None means: not known offline."""
