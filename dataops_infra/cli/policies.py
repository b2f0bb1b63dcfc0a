"""``dataops policies``: what the packs enforce, where they are, and how they learn the organisation's rules."""

import json
import os
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dataops_infra.cli.days import day
from dataops_infra.conventions import Conventions, load_conventions
from dataops_infra.errors import InvalidInputError

LIST_SCHEMA = "dataops.policies/v1"
PLAIN_WIDTH = 120
"""Columns of a line of the list in a file or a pipe."""


class ListFormat(StrEnum):
    """How the policies are printed."""

    table = "table"
    json = "json"


class PathFormat(StrEnum):
    """How a folder is printed."""

    text = "text"
    json = "json"


class ConfigFormat(StrEnum):
    """How the config is printed; the Pulumi CLI reads JSON."""

    json = "json"


ConventionsFile = Annotated[Path | None, typer.Option("--conventions", help="This file, not the nearest dataops.yaml.")]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=day,
        metavar="DATE",
        help="Judge dates by this day for ever; else by the day on which a pack runs.",
    ),
]
StackName = Annotated[
    str | None, typer.Option("--stack", help="Leave out exemptions that cannot concern this stack.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the group ``policies`` to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="List the policy packs, find them, configure and bundle them.")
    group.command("list")(list_policies)
    group.command("path")(path)
    group.command("config")(config)
    group.command("bundle")(bundle)
    app.add_typer(group, name="policies")


def list_policies(
    format: Annotated[ListFormat, typer.Option(help="table or json.")] = ListFormat.table,  # noqa: A002
) -> None:
    """List the packs and their policies, with level and severity.

    Example: dataops policies list --format json
    """
    packs = _described_packs()
    if format is ListFormat.json:
        _print_json({"schema": LIST_SCHEMA, "packs": packs})
        return
    from rich.console import Console
    from rich.table import Table

    from dataops_infra.pack_folders import shown_name

    console = Console()
    # Where nobody says how wide the output is, rich takes 80 columns, into which long names of rules do not fit.
    console.width = console.width if console.is_terminal else PLAIN_WIDTH
    for pack in packs:
        option = f"--policy-pack {shown_name(pack['folder'])}"
        table = Table(title=f"{pack['name']} {pack['version']} ({option})", title_justify="left")
        for heading in ("policy", "level", "severity", "what holds"):
            table.add_column(heading, overflow="fold", no_wrap=heading == "policy")
        for policy in pack["policies"]:
            table.add_row(policy["name"], policy["level"], policy["severity"], policy["description"])
        console.print(table)


def _described_packs() -> list[dict[str, Any]]:
    import yaml

    from dataops_infra.pack_folders import PACK_FILE, PACKS, pack_folder, shown_name
    from dataops_infra.policy.packs import pack_rules

    described = []
    for name in PACKS:
        declared = yaml.safe_load((pack_folder(name) / PACK_FILE).read_text(encoding="utf-8"))
        rules = [
            {
                "name": rule.name,
                "description": rule.description,
                "level": rule.level.value,
                "severity": rule.severity.value,
                "kind": rule.kind,
                "onUnknown": rule.on_unknown.value,
                "remediates": rule.remediate is not None,
                "remediation": list(rule.remediation),
                "frameworks": list(rule.frameworks),
            }
            for rule in pack_rules(name)
        ]
        full_name = f"dataops-{shown_name(name)}"
        described.append({"folder": name, "name": full_name, "version": declared["version"], "policies": rules})
    return described


def path(
    pack: Annotated[str, typer.Argument(help="A pack, such as tagging.")],
    format: Annotated[PathFormat, typer.Option(help="text or json.")] = PathFormat.text,  # noqa: A002
) -> None:
    """Write a pack's folder, bound to this Python environment, to the cache and print where it is.

    The Pulumi CLI runs it as it is, also when the project has a virtual environment of its own.

    Example: pulumi preview --policy-pack "$(dataops policies path tagging)"
    """
    from dataops_infra.pack_folders import bound_pack

    folder = bound_pack(pack)
    if format is PathFormat.json:
        _print_json({"pack": folder.name, "path": str(folder)})
    else:
        typer.echo(str(folder))


def config(
    packs: Annotated[list[str] | None, typer.Argument(help="Packs; all of them when none is named.")] = None,
    stack: StackName = None,
    conventions: ConventionsFile = None,
    as_of: AsOf = None,
    format: Annotated[ConfigFormat, typer.Option(help="json.")] = ConfigFormat.json,  # noqa: A002, ARG001
) -> None:
    """Print conventions and contracts as config of the packs' policies, for --policy-pack-config.

    Example: dataops policies config tagging --stack prod > tagging.json
    """
    from dataops_infra.pack_folders import PACKS
    from dataops_infra.policy.packs import pack_config

    document = _compiled(conventions, stack, as_of)
    _print_json({name: entry for pack in packs or PACKS for name, entry in pack_config(pack, document).items()})


def bundle(
    folder: Annotated[str, typer.Argument(help="The packs' folders are written below this one.")],
    packs: Annotated[list[str] | None, typer.Option("--pack", help="Only this pack (repeatable).")] = None,
    conventions: ConventionsFile = None,
    as_of: AsOf = None,
    format: Annotated[PathFormat, typer.Option(help="text or json.")] = PathFormat.text,  # noqa: A002
) -> None:
    """Write folders for `pulumi policy publish`, each with requirements, the conventions as config, and a digest.

    Example: dataops policies bundle build/packs
    """
    from dataops_infra.pack_folders import DIGEST_FILE, PACKS, bundle_pack
    from dataops_infra.policy.packs import pack_config

    if not folder.strip():
        raise InvalidInputError("folder", "the path of a folder, such as build/packs", folder)
    document = _compiled(conventions, None, as_of)
    written = [bundle_pack(pack, Path(folder), pack_config(pack, document)) for pack in packs or PACKS]
    if format is PathFormat.json:
        _print_json([{"path": str(each), "digest": (each / DIGEST_FILE).read_text().strip()} for each in written])
    else:
        for each in written:
            typer.echo(str(each))


def _compiled(file: Path | None, stack: str | None, as_of: date | None) -> dict[str, Any]:
    from dataops_infra.conventions.compiled import compiled

    loaded = load_conventions(Path.cwd(), file, os.environ)
    rules = _for_stack(loaded.conventions, stack) if stack else loaded.conventions
    # The document outlives today: a published pack must see exemptions and sandboxes expire.
    document = compiled(rules, loaded.contracts, loaded.source, as_of)
    # Exemptions that are left out because they concern other stacks change nothing about which rules these are.
    return {**document, "digest": loaded.digest}


def _for_stack(conventions: Conventions, stack: str) -> Conventions:
    prefix = f"urn:pulumi:{stack.rsplit('/', 1)[-1]}::"
    kept = tuple(exemption for exemption in conventions.exemptions if exemption.may_concern(prefix))
    return conventions.model_copy(update={"exemptions": kept})


def _print_json(value: Mapping[str, Any] | list[Any]) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))
