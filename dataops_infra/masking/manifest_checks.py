"""Whether the manifest beside a copy tells of this copy: its plan, its rows, its operators, and what its gate found."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from dataops_infra import __version__
from dataops_infra.conventions.listing import clauses
from dataops_infra.masking.gate.model import Check, GateReport
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.manifest import (
    described_checks,
    described_columns,
    fingerprint,
    make_manifest,
    manifest_path,
)
from dataops_infra.masking.plan import Plan
from dataops_infra.masking.sources import Source

MAXIMUM_BYTES = 20_000_000
"""As large as the largest plan."""
NOT_REPEATED = frozenset({"approval", "subset", "manifest", "unjudged-files", "foreign-metadata", "unread-values"})
"""Checks that a run does not make, or makes of other things."""
SAMPLED = frozenset(
    {
        *("chance-bound", "consistent-replacements", "distinct-kept", "joins-kept", "foreign-e-mails"),
        *(
            "kept-personal-data",
            "kept-as-classified",
            "own-row-survivors",
            "known-names",
            "known-values",
            "residual-text",
        ),
    }
)
"""Checks whose numbers hang on hashes of this version of a library, or on what is installed: their verdicts do not."""
UNASKED = "a check that is not made now"
"""Named so, because the manifest's text may be anything."""
_SHOWN = 5
_DETECTORS = frozenset({"presidio-analyzer", "plain-scan"})
_READERS = _DETECTORS | {"name", "version", "dataops-infra", "presidio-anonymizer", "model"}
_VERSION = re.compile(r"[A-Za-z0-9_.+-]{1,64}( [0-9][A-Za-z0-9.+-]{0,31})?")
"""A version, or the name of a model with its version."""
_KEY_ID = re.compile(r"[0-9a-f]{16}")
_CHECK = re.compile(r"[a-z-]{1,40}")
_STATE = re.compile(r"missing|(not )?(valid|measured|compared)|[0-9,]{1,20} matched, [0-9,]{1,20} unmatched")
"""What checks that count nothing, or two things, say."""
_LARGEST = 2**53
"""Beyond nothing is counted: larger numbers may say something else."""


def read_manifest(path: Path) -> Any:
    """What stands in the file, whatever that is; None where it cannot be read, or says something twice."""
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
    except OSError:
        return None
    return _parsed(content)


def _parsed(content: bytes) -> Any:
    if len(content) > MAXIMUM_BYTES:
        return None
    try:
        # Of bytes the library would take UTF-16 and UTF-32 too, which whoever else reads the manifest does not.
        return json.loads(content.decode(), object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        return None


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that stands there twice, the first value would be read by nobody, and published."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def key_id_in(path: Path) -> str | None:
    """Which key a copy was made with, by its manifest at ``path``; None where none says so."""
    return _key_id(read_manifest(path))


def key_id_of(manifest: bytes | None) -> str | None:
    """Which key a copy was made with, by what a manifest holds, whatever that is; None where it does not say so."""
    return None if manifest is None else _key_id(_parsed(manifest))


def _key_id(manifest: Any) -> str | None:
    stated = manifest.get("keyId") if isinstance(manifest, dict) else None
    return stated if isinstance(stated, str) and _KEY_ID.fullmatch(stated) else None


def loaded_part(manifest: Any) -> frozenset[str] | None:
    """The tables that a database took in, by what stands in a manifest, whatever that is; None = all."""
    stated = manifest.get("loaded") if isinstance(manifest, dict) else None
    return frozenset(name for name in stated if isinstance(name, str)) if isinstance(stated, list) else None


def manifest_checks(
    plan: Plan, target: Source, gate: GateReport, judged_tables: frozenset[str] | None = None
) -> Iterator[Check]:
    """One check where a manifest stands beside the copy.

    :param gate: what was found just now.
    :param judged_tables: the only tables that were judged; None = all that the copy should have.
    """
    path = manifest_path(target.path)
    if not path.is_file():
        return
    wrong = list(dict.fromkeys(_differences(read_manifest(path), plan, target, gate, judged_tables)))
    explanation = f"the manifest is not of this copy: {clauses(wrong, _SHOWN)}; mask the source again"
    yield judged("manifest", len(wrong), 0, explanation=explanation)


def _differences(
    manifest: Any, plan: Plan, target: Source, gate: GateReport, judged_tables: frozenset[str] | None
) -> Iterator[str]:
    mistakes = list(_mistakes(manifest))
    if mistakes:
        yield from mistakes
        return
    if manifest["planHash"] != plan.digest:
        yield "it was made by another plan"
    yield from _of_texts(manifest, plan)
    file = manifest.get("file")
    if target.path.is_file() and file is not None and file != fingerprint(target.path):
        yield "it is of another file, as an interrupted run leaves it, or the file was changed"
    there = loaded_part(manifest)
    told = {n: t for n, t in manifest["tables"].items() if (there is None or n in there) and _is_in(n, judged_tables)}
    yield from _of_tables(told, plan, target, gate)
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    if manifest["planHash"] == plan.digest and rows.keys() == plan.tables.keys():
        expected = make_manifest(plan, manifest["keyId"], rows, gate)
        if manifest["poolHashes"] != expected["poolHashes"]:
            yield "it tells of other pools of replacements"
        yield from _of_gate(manifest, gate, is_whole=told.keys() == rows.keys())


def _is_in(name: str, names: frozenset[str] | None) -> bool:
    return names is None or name in names


def _mistakes(manifest: Any) -> Iterator[str]:
    """What is wrong with its form; values are not repeated."""
    for error in _validator().iter_errors(manifest):
        place = ".".join(str(part) for part in list(error.absolute_path)[:2])
        yield f"it is no manifest in the form of manifest.schema.json ({place or 'its keys'}: {error.validator})"


def _of_texts(manifest: Any, plan: Plan) -> Iterator[str]:
    """Where it says what no manifest says: of other versions nothing else is compared."""
    readers = manifest["detector"]
    is_known = readers.keys() <= _READERS and readers["name"] in _DETECTORS
    if not (is_known and all(map(_VERSION.fullmatch, readers.values()))):
        yield "it tells of other detectors than there are"
    paths = {name: _places(table.columns) for name, table in plan.tables.items()}
    if not all(_is_usual(check, paths) for check in manifest["gate"]["checks"]):
        yield "its gate says what no check says"


def _places(paths: Iterable[str]) -> frozenset[str]:
    """What checks call columns: their paths, and of nested ones their names too."""
    inside = {path[: match.start()] for path in paths for match in re.finditer(r"[.\[]", path)}
    return frozenset(paths) | inside


def _is_usual(check: Mapping[str, Any], paths: Mapping[str, Collection[str]]) -> bool:
    table, column = check.get("table"), check.get("column")
    is_there = table is None or (table in paths and (column is None or column in paths[table]))
    told = [check["observed"], check["allowed"]]
    is_said = all(_STATE.fullmatch(each) if isinstance(each, str) else abs(each) <= _LARGEST for each in told)
    return bool(_CHECK.fullmatch(check["name"])) and is_there and is_said and (column is None or table is not None)


@cache
def _validator() -> Draft202012Validator:
    text = resources.files("dataops_infra.masking").joinpath("manifest.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _of_tables(told: Mapping[str, Any], plan: Plan, target: Source, gate: GateReport) -> Iterator[str]:
    # How many rows a CSV file has, nobody knows before it is read; the gate has read them all.
    counts = (check for check in gate.checks if check.name == "row-counts")
    counted = {check.table: check.observed for check in counts if isinstance(check.observed, int)}
    for name in dict.fromkeys((*told, *target.tables)):
        if name not in target.tables or name not in told:
            yield f"table {name} is only on one side"
            continue
        rows, found = told[name]["rows"], counted.get(name, target.tables[name].rows)
        if found not in (rows, None):
            yield f"table {name} has {found:,} rows, and the manifest says {rows:,}"
        if name in plan.tables and told[name]["columns"] != described_columns(plan, name):
            yield f"table {name} has other operators or domains than the plan"


def _of_gate(manifest: Mapping[str, Any], gate: GateReport, *, is_whole: bool) -> Iterator[str]:
    """A copy is published because its gate passed, and the same gate finds the same again.

    :param is_whole: whether all tables were judged; in some, what is found of a domain stands with another column.
    """
    told = manifest["gate"]
    if told["verdict"] != "pass":
        yield "it says that the gate did not pass the copy"
    if manifest["detector"].get("dataops-infra") != __version__:
        return
    before, after = _comparable(told["checks"]), _comparable(described_checks(gate))
    if not is_whole:
        before, after = {found[:2] for found in before}, {found[:2] for found in after}
    asked = {check.name for check in gate.checks}
    names = sorted(
        {name if name in asked else UNASKED for name, *_ in (before ^ after if is_whole else after - before)}
    )
    if names:
        yield f"its gate found other things than are found now ({', '.join(names)})"


def _comparable(checks: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for check in checks:
        if check["name"] not in NOT_REPEATED:
            numbers = ("", "") if check["name"] in SAMPLED else (str(check["observed"]), str(check["allowed"]))
            where = (check.get("table", ""), check.get("column", ""))
            found.add((check["name"], check["verdict"], *where, *numbers))
    return found
