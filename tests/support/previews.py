"""Observations of an engine and results of previews, built in one line for the tests of verdicts and reports."""

from pathlib import Path
from typing import Any

from dataops_infra.preview.model import Conventions, PreviewResult
from dataops_infra.preview.verdicts import Circumstances, join

REPOSITORY = Path("/repository")
STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
LAKE = "urn:pulumi:dev::shop::dataops-infra:index:S3DataLake::lake"
RAW = "urn:pulumi:dev::shop::dataops-infra:index:S3DataLake$aws:s3/bucket:Bucket::lake-raw"
EXPORTS = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::exports"

Document = dict[str, Any]


def resource(urn: str, line: int | None = None, file: str = "/repository/infra/__main__.py", **more: Any) -> Document:
    """One resource of a result.json; a line of ``None`` means an unknown source."""
    _, _, types, name = urn.split("::", 3)
    token = types.rpartition("$")[2]
    default = {
        "urn": urn,
        "type": token,
        "name": name,
        "custom": token.startswith("aws:"),
        "parent": "" if urn == STACK else STACK,
        "provider": "",
        "inputs": {},
        "dependencies": [],
        "propertyDependencies": {},
        "protect": False,
        "retainOnDelete": False,
        "aliases": [],
        "read": False,
        "external": False,
        "source": None if line is None else {"file": file, "line": line},
        "frames": [],
    }
    return default | more


def event(policy: str, urn: str, text: str, level: str = "mandatory", **more: Any) -> Document:
    """One policy event; ``text`` follows the rule's description as the engine words it."""
    default = {
        "pack": "dataops-tagging",
        "packVersion": "0.1.0",
        "policy": policy,
        "level": level,
        "severity": "",
        "urn": urn,
        "message": f"{policy} described.\n{text}\n",
    }
    return default | more


def pack(*policies: str, name: str = "dataops-tagging", level: str = "mandatory") -> Document:
    """One pack whose policies are described as ``<policy> described.``."""
    described = [
        {
            "name": policy,
            "level": level,
            "severity": "high",
            "description": f"{policy} described.",
            "kind": "resource",
            "remediates": False,
        }
        for policy in policies
    ]
    return {"name": name, "version": "0.1.0", "folder": "tagging", "policies": described}


def observed(**parts: Any) -> Document:
    """A result.json of a stack with a lake of one bucket and a bucket of its own; ``parts`` replace its keys."""
    default: Document = {
        "schema": "dataops.engine/v1",
        "sdk": "3.272.0",
        "resources": [
            resource(STACK),
            resource(LAKE, 12),
            resource(RAW, 40, file="/repository/infra/lake.py", parent=LAKE, inputs={"bucket": "acme-raw"}),
            resource(EXPORTS, 31, inputs={"bucket": "<unknown>", "tags": {"token": "<secret>"}}),
        ],
        "outputs": {},
        "packs": [pack("required-tags", "tag-values-allowed")],
        "policyEvents": [],
        "remediations": [],
        "functions": [],
        "placeholders": [],
        "diagnostics": [],
        "error": None,
    }
    return default | parts


def result(seconds: float = 1.23, output: tuple[str, ...] = (), **parts: Any) -> PreviewResult:
    """The result of a preview that observed :func:`observed` with ``parts``."""
    circumstances = Circumstances(
        project="shop",
        stack="dev",
        engine="embedded",
        repository=REPOSITORY,
        project_file=REPOSITORY / "infra" / "Pulumi.yaml",
        conventions=Conventions("dataops.yaml", "0123456789ab"),
        as_of="2026-11-22",
        seconds=seconds,
        program_output=output,
    )
    return join(observed(**parts), circumstances)


def hostile() -> PreviewResult:
    """A result whose every name tries to act on the reader."""
    name = "\x1b[2J[red]<script>alert(1)</script>\n::error::injected\r##[warning]x %0A,:\u202e\ud800 ]]>\x00"
    urn = f"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::{name}"
    file = "/repository/::warning,:\n<b>.py"
    frame = {"file": file, "line": 3, "function": name, "text": name}
    return result(
        output=(name, "::stop-commands::x"),
        resources=[resource(STACK), resource(urn, 3, file=file, inputs={"bucket": name}), resource(LAKE, 12)],
        outputs={"name": name},
        packs=[pack("required-tags", name), pack(name, name=name)],
        policyEvents=[
            event("required-tags", urn, f"{name}\nFix: {name}", severity=name),
            event("used-exemptions", urn, f"{name}: exempted until 2027-01-31 by {name} ({name}): {name}", "advisory"),
            event("used-exemptions", urn, f"p: exempted until 2027-01-31 by {name} ({name}): {name}", "advisory"),
            event("deferred-checks", urn, f"required-tags: `{name}` is unknown before deployment; x", "advisory"),
        ],
        remediations=[{"pack": name, "policy": name, "urn": urn, "before": {}, "after": {name: name}}],
        functions=[
            {"function": name, "form": "plain", "answeredBy": "placeholder", "source": frame, "entry": {"a": name}}
        ],
        diagnostics=[{"severity": "warning", "message": name, "urn": urn}],
        error={"kind": "program", "message": name, "frames": [frame], "detail": name},
    )


def many(number: int) -> PreviewResult:
    """A result with ``number`` buckets made on one line, all of which break one rule in the same words."""
    urns = [f"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::b{i:04}" for i in range(number)]
    return result(
        resources=[resource(STACK), *(resource(urn, 7) for urn in urns)],
        policyEvents=[event("required-tags", urn, "no tag `owner`\nFix: add `owner`") for urn in urns],
    )
