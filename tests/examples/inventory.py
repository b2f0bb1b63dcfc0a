"""YAML inventories of what a program is expected to deploy: counts by type, and chosen properties (partial match).

``pytest tests/examples --update`` rewrites them from what the programs deploy now; the diff shows the blast radius.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "inventories"
HEADER = (
    "# Rewritten by: pytest tests/examples --update. `values` is a partial match: add a property here to pin it down.\n"
)


def read_inventory(name: str) -> dict[str, Any]:
    """The inventory of this name, empty where there is none yet."""
    path = FOLDER / f"{name}.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text()) if path.is_file() else {}
    return found


def write_inventory(name: str, inventory: Mapping[str, Any]) -> None:
    """Write an inventory; what it says beside the chosen properties is complete."""
    text = yaml.safe_dump(dict(inventory), sort_keys=True, allow_unicode=True, width=120)
    (FOLDER / f"{name}.yaml").write_text(HEADER + text)


def inventory_of(preview: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What ``preview`` (``dataops preview --format json``) says about everything that ``wanted`` speaks of."""
    resources = {resource["name"]: resource for resource in preview["resources"]}
    chosen = wanted.get("values", {})
    return {
        "counts": dict(Counter(resource["type"] for resource in preview["resources"])),
        "outputs": sorted(preview["outputs"]),
        "summary": {key: preview["summary"][key] for key in ("advisory", "deferred", "exempted", "mandatory")},
        "violations": sorted(
            {f"{v['level']} {v['policy']} {v['urn'].rsplit('::', 1)[-1]}" for v in preview["violations"]}
        ),
        "values": {
            name: select(resources[name]["inputs"], properties) if name in resources else "is not deployed"
            for name, properties in chosen.items()
        },
    }


def select(actual: Any, wanted: Any) -> Any:
    """The part of ``actual`` at the places where ``wanted`` holds something; lists and JSON documents as a whole."""
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return {key: select(actual[key], wanted[key]) if key in actual else "is absent" for key in wanted}
    return json.loads(actual) if isinstance(actual, str) and actual.startswith("{") else actual
