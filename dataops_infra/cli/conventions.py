"""``dataops conventions``: what rules hold here, whether their files are right, and what may stand in them."""

import json
import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dataops_infra.cli.days import AsOf, today
from dataops_infra.conventions import BUILT_IN, Conventions, LoadedConventions, load_conventions, rules_digest
from dataops_infra.conventions.loading import canonical, expired_exemptions, find_conventions
from dataops_infra.conventions.model import conventions_schema
from dataops_infra.errors import ConventionsError, FileError, FileProblem

CHECK_SCHEMA = "dataops.conventions-check/v1"
DIGEST_SHOWN = 12
"""Characters of a digest that are shown to people."""


class ShowFormat(StrEnum):
    """How the conventions are printed."""

    yaml = "yaml"
    json = "json"


class CheckFormat(StrEnum):
    """How the findings are printed."""

    text = "text"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the group ``conventions`` to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="Show, check and describe dataops.yaml.")
    group.command("show")(show)
    group.command("check")(check)
    group.command("schema")(schema)
    app.add_typer(group, name="conventions")


def show(
    format: Annotated[ShowFormat, typer.Option(help="yaml or json.")] = ShowFormat.yaml,  # noqa: A002
    conventions: Annotated[Path | None, typer.Option(help="This file, not the nearest dataops.yaml.")] = None,
) -> None:
    """Print the conventions that hold in this folder, with every default filled in, their source and digest.

    Looked up: --conventions, the file named by DATAOPS_CONVENTIONS, the nearest dataops.yaml in this folder or above,
    the built-in defaults.

    Example: dataops conventions show --format json
    """
    loaded = load_conventions(Path.cwd(), conventions, os.environ)
    rules = canonical(loaded.conventions)
    if format is ShowFormat.json:
        _print_json({"source": loaded.source, "digest": loaded.digest, "conventions": rules})
        return
    import yaml

    typer.echo(f"# source: {loaded.source}\n# digest: {loaded.digest}")
    typer.echo(yaml.safe_dump(rules, sort_keys=False, allow_unicode=True, width=120), nl=False)


def check(
    file: Annotated[Path | None, typer.Argument(help="This file, not the nearest dataops.yaml.")] = None,
    format: Annotated[CheckFormat, typer.Option(help="text or json.")] = CheckFormat.text,  # noqa: A002
    as_of: AsOf = None,
) -> None:
    """Check dataops.yaml and the dataset contracts in the folder `contracts` beside it; print every mistake at once.

    Exit code 0: all is right. 1: something is wrong, or an exemption has expired. 2: there is no such file.
    Warnings, such as an exemption whose policy is almost one of ours, leave the exit code as it is.

    Example: dataops conventions check dataops.yaml --as-of 2027-02-01
    """
    day = as_of or today()
    # A file that does not exist is no finding about it: the error of the look-up goes through to exit code 2.
    path = find_conventions(Path.cwd(), file, os.environ)
    report = _checked(path, day)
    if format is CheckFormat.json:
        _print_json(report)
    else:
        _print_text(report)
    if report["problems"]:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON Schema of dataops.yaml, for editors.

    Example: dataops conventions schema > dataops.schema.json
    """
    _print_json(conventions_schema())


def _checked(path: Path | None, day: date) -> dict[str, Any]:
    report: dict[str, Any] = {"schema": CHECK_SCHEMA, "source": BUILT_IN, "digest": None, "asOf": day.isoformat()}
    try:
        loaded = load_conventions(None, path, {}) if path else LoadedConventions(Conventions(), BUILT_IN)
    except ConventionsError as error:
        return {**report, "source": error.path, "contracts": 0, "problems": _findings(error), "warnings": []}
    contracts, errors = _contracts(loaded)
    expired = expired_exemptions(path, loaded.conventions, day) if path else []
    problems = [_finding(loaded.source, problem) for problem in expired]
    problems += [finding for error in errors for finding in _findings(error)]
    digest = None if errors else rules_digest(loaded.conventions, contracts)
    return {
        **report,
        "source": loaded.source,
        "digest": digest,
        "contracts": len(contracts),
        "problems": problems,
        "warnings": _misspelt_policies(path, loaded) if path else [],
    }


def _misspelt_policies(path: Path, loaded: LoadedConventions) -> list[dict[str, Any]]:
    """Exemptions whose policy is almost one of ours: other names may belong to packs that we do not know."""
    exemptions = loaded.conventions.exemptions
    if not exemptions:
        return []
    from dataops_infra.conventions.documents import read_document
    from dataops_infra.pack_folders import PACKS
    from dataops_infra.policy.exempting import meant_policy
    from dataops_infra.policy.packs import pack_rules

    ours = [rule.name for pack in PACKS for rule in pack_rules(pack)]
    lines = read_document(path)
    meant = ((position, each, meant_policy(each.policy, ours)) for position, each in enumerate(exemptions))
    return [
        _finding(
            loaded.source,
            FileProblem(
                lines.line_of(("exemptions", position, "policy")),
                f"`exemptions[{position}].policy`: none of our packs has a policy {exemption.policy!r}",
                f"did you mean {policy}?",
            ),
        )
        for position, exemption, policy in meant
        if policy
    ]


def _contracts(loaded: LoadedConventions) -> Any:
    folder = loaded.contracts_folder
    if folder is None:
        return (), []
    from dataops_infra.conventions.contract_files import check_contracts

    return check_contracts(folder, loaded.conventions)


def _findings(error: FileError) -> list[dict[str, Any]]:
    return [_finding(error.path, problem) for problem in error.problems]


def _finding(path: str, problem: FileProblem) -> dict[str, Any]:
    return {"file": path, "line": problem.line, "message": problem.message, "hint": problem.hint}


def _print_text(report: dict[str, Any]) -> None:
    for kind, prefix in (("problems", ""), ("warnings", "warning: ")):
        for finding in report[kind]:
            where = f"{finding['file']}:{finding['line']}" if finding["line"] else finding["file"]
            hint = f" ({finding['hint']})" if finding["hint"] else ""
            typer.echo(f"{where}: {prefix}{finding['message']}{hint}")
    found = len(report["problems"])
    verdict = f"{found} {'problem' if found == 1 else 'problems'}" if found else "all is right"
    contracts = f"{report['contracts']} {'contract' if report['contracts'] == 1 else 'contracts'}"
    digest = f", digest {report['digest'][:DIGEST_SHOWN]}" if report["digest"] else ""
    typer.echo(f"{report['source']}: {verdict} ({contracts}{digest}, as of {report['asOf']})")


def _print_json(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
