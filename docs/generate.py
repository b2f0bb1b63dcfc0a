"""``make docs``: writes docs/reference/ from the command line, models and JSON Schemas, and docs/images/ from runs.

``python -m docs.generate --check`` says which reference pages are out of date and exits with 1; pictures are not
compared, because they show line numbers of programs.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from dataops_infra.audit import reports as audit_reports
from dataops_infra.cli import GROUPS, build
from dataops_infra.masking import manifest
from dataops_infra.masking.reports import json_report
from dataops_infra.preview import reports
from docs import components, conventions, mask_plan
from docs.picture import write_pictures

DOCS = Path(__file__).parent
SCHEMA = Path(reports.__file__).with_name("preview-v1.schema.json")
AUDIT_SCHEMA = Path(audit_reports.__file__).with_name("audit-v1.schema.json")
MANIFEST_SCHEMA = Path(manifest.__file__).with_name("manifest.schema.json")
GATE_SCHEMA = Path(json_report.__file__).with_name("mask-gate-v1.schema.json")
_AS_WRITTEN = re.compile(r"\x08\n(.*?)(?=\n\n)", re.DOTALL)
"""A paragraph of a help page whose lines stay as they are."""
_PLAIN = {"urn": "URN", "sha256": "SHA-256 as 64 hex digits", "verdict": "`pass` or `fail`"}
"""Definitions that are said where they are used."""
WRITTEN = "<!-- Written by `make docs`. -->"


def pages() -> dict[Path, str]:
    """Every generated page and its text."""
    reference = DOCS / "reference"
    return {
        reference / "audit-json.md": report_json(AUDIT_SCHEMA),
        reference / "cli.md": command_line(),
        reference / "components.md": components.page(WRITTEN),
        reference / "dataops-yaml.md": conventions.page(WRITTEN),
        reference / "mask-gate-json.md": report_json(GATE_SCHEMA),
        reference / "mask-manifest.md": report_json(MANIFEST_SCHEMA, "The manifest"),
        reference / "mask-plan.md": mask_plan.page(WRITTEN),
        reference / "preview-json.md": report_json(SCHEMA),
    }


def command_line() -> str:
    """The commands with their arguments and options, from the same declarations as ``--help``."""
    from typer.cli import get_docs_for_click

    parts = [
        f"# The command line\n\n{WRITTEN}\n\nExit codes: 0 fine, 1 the check failed, 2 the command could not work.\n"
    ]
    for name in GROUPS:
        group = typer.main.get_command(build([name]))
        context = typer.Context(group, info_name="dataops")
        command = group.get_command(context, name)  # type: ignore[attr-defined]
        text = get_docs_for_click(obj=command, ctx=context, name=name, call_prefix="dataops", indent=1)
        parts.append(_AS_WRITTEN.sub(r"```text\n\1\n```", text).strip() + "\n")
    return "\n".join(parts)


def report_json(path: Path, whole: str = "The report") -> str:
    """What ``--format json`` prints by its schema at ``path``, one table per kind of object.

    :param whole: what the document as a whole is called.
    """
    schema = json.loads(path.read_text(encoding="utf-8"))
    parts = [f"# {schema['title']}\n\n{WRITTEN}\n\n{schema['description']}\n", *_table(whole, schema, "report")]
    for name, definition in schema["$defs"].items():
        if "properties" in definition:
            parts += _table(name, definition, name)
    return "\n".join(parts)


def _table(title: str, definition: Mapping[str, Any], anchor: str) -> Iterator[str]:
    yield f'## <a id="{anchor}"></a>{title}\n\n| key | value | meaning |\n|---|---|---|'
    for key, value in definition["properties"].items():
        yield f"| `{key}` | {_kind(value)} | {value.get('description', '')} |"
    yield ""


def _kind(value: Mapping[str, Any]) -> str:
    """What a value is, in words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return _PLAIN.get(name, f"[{name}](#{name})")
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    if "oneOf" in value:
        return "null or " + _kind(value["oneOf"][1])
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    if "properties" in value:
        return "object with " + ", ".join(f"`{key}`" for key in value["properties"])
    if isinstance(value.get("additionalProperties"), Mapping):
        return f"object: name → {_kind(value['additionalProperties'])}"
    if isinstance(value.get("type"), list):
        return " or ".join(value["type"])
    return str(value.get("format") or value.get("type", "anything"))


def main(arguments: list[str]) -> int:
    """Write the pages and pictures, or compare the pages (``--check``); the exit code."""
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text() != text}
    if "--check" in arguments:
        for path in stale:
            typer.echo(f"{path.relative_to(DOCS.parent)} is out of date: run make docs", err=True)
        return 1 if stale else 0
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_pictures(DOCS / "images")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
