"""Jobs, providers and calls for the tests of provider functions."""

from pathlib import Path
from typing import Any

from dataops_infra.preview.engine.functions import FunctionAnswer, Functions
from dataops_infra.preview.engine.records import JobSpec, ProviderRecord

CONFIG = {"aws:region": "eu-west-1", "gcp:project": "acme-dev", "gcp:region": "europe-west1"}


def job(**changes: Any) -> JobSpec:
    """A job without packs whose program nobody runs; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "project": "p",
        "stack": "dev",
        "organization": "organization",
        "root": Path("/project"),
        "main": Path("/project"),
        "config": CONFIG,
        "config_secret_keys": [],
        "config_unknown": {},
        "autonaming": None,
        "stack_outputs": None,
        "answers": [],
        "facts": {},
        "provider_facts": Path("/facts"),
        "packs": [],
        "timeouts": {},
        "workdir": Path("/work"),
        "trace": False,
    }
    return JobSpec(**{**fields, **changes})


def provider(package: str, name: str = "default_1", **inputs: Any) -> ProviderRecord:
    """A provider with these inputs; explicit unless its name starts with ``default``."""
    kind = f"pulumi:providers:{package}"
    return ProviderRecord(f"urn:pulumi:dev::p::{kind}::{name}", "id", kind, name, inputs)


def ask(token: str, args: dict[str, Any] | None = None, *, plain: bool = True, **changes: Any) -> FunctionAnswer:
    """One call in a preview of its own; ``result_type`` and ``provider`` are of the call, the rest changes the job."""
    call = {key: changes.pop(key) for key in ("result_type", "frames", "secret") if key in changes}
    served_by = changes.pop("provider", None)
    return Functions(job(**changes)).answer(token, args or {}, served_by, plain, **call)
