"""A pack that writes down what it receives, one JSON object a line, to the file that RECORD_TO names."""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from dataops_infra.policy.values import plain

TARGET = Path(os.environ["RECORD_TO"])
WRITING = Lock()


def spelled(value: Any) -> Any:
    """Plain data with unknowns as ``<unknown>``."""
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spelled(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else "<unknown>"


def write(method: str, resource: Any, **more: Any) -> None:
    line = {
        "method": method, "urn": resource.urn, "type": resource.resource_type, "name": resource.name,
        "properties": spelled(plain(resource.props)), "protect": resource.opts.protect,
        "ignoreChanges": sorted(resource.opts.ignore_changes), "parent": resource.opts.parent,
        "provider": resource.provider.urn if resource.provider else None, **more,
    }  # fmt: skip
    with WRITING, TARGET.open("a") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")


def resource(args: ResourceValidationArgs, _report: ReportViolation) -> None:
    write("Analyze", args)


def stack(args: StackValidationArgs, _report: ReportViolation) -> None:
    for item in args.resources:
        depends = {name: sorted(r.urn for r in found) for name, found in item.property_dependencies.items()}
        write("AnalyzeStack", item, dependencies=sorted(r.urn for r in item.dependencies), propertyDependencies=depends)


PolicyPack(
    "recorder",
    [
        ResourceValidationPolicy("resource", "Writes down.", resource, EnforcementLevel.ADVISORY),
        StackValidationPolicy("stack", "Writes down.", stack, EnforcementLevel.ADVISORY),
    ],
)
