"""Synthetic rows of seven columns beside faker and mimesis, which make them value by value: one core each, in turn."""

import json
import subprocess
import time
from pathlib import Path

import yaml

from benchmarks import environments
from dataops_infra.conventions.model import Conventions
from dataops_infra.masking.synth.making import SynthRequest, plan_tables
from dataops_infra.masking.synth.writing import CHUNK, made_rows

ROWS = 1_000_000
PEER_ROWS = 4_000
TURNS = 3
PEERS = Path(__file__).with_name("peers") / "rows.py"
TARGET = 20
"""Times as fast as faker, at least."""


def section(folder: Path) -> str:
    """What stands in docs/benchmarks.md."""
    (table,) = plan_tables(_request(folder))[1]
    ours, peers = 0.0, {"faker": 0.0, "mimesis": 0.0}
    for _ in range(TURNS):
        started = time.process_time()
        for first in range(0, ROWS, CHUNK):
            made_rows(table, first, min(CHUNK, ROWS - first))
        ours = max(ours, ROWS / (time.process_time() - started))
        for name, rate in _peers().items():
            peers[name] = max(peers[name], rate)
    lines = [f"| {name} | {rate:,.0f} | **{ours / rate:,.0f}** |" for name, rate in peers.items()]
    return "\n".join(
        [
            "## `dataops mask synth` beside faker and mimesis",
            "",
            "An id, a name, an e-mail address, a street, a city, a date of birth and a price in each row, in seconds",
            f"of CPU; ours as Arrow columns, theirs as Python objects. Target: {TARGET} times as fast as faker.",
            "",
            "| peer | its rows a second | ours, times as fast |",
            "|---|---|---|",
            *lines,
            "",
            f"Ours: {ours:,.0f} rows a second.",
        ]
    )


def _peers() -> dict[str, float]:
    python = environments.interpreter("synth")
    done = subprocess.run([python, PEERS, str(PEER_ROWS), "1"], capture_output=True, text=True, check=True)
    rates: dict[str, float] = json.loads(done.stdout)
    return rates


def _request(folder: Path) -> SynthRequest:
    columns = [
        {"name": "id", "logicalType": "integer", "primaryKey": True, "required": True},
        {"name": "name", "logicalType": "string", "required": True, **_meaning("full_name")},
        {"name": "email", "logicalType": "string", "required": True},
        {"name": "street", "logicalType": "string", "required": True},
        {"name": "city", "logicalType": "string", "required": True},
        {"name": "birth_date", "logicalType": "date", "required": True},
        {
            "name": "total",
            "logicalType": "number",
            "required": True,
            "logicalTypeOptions": {"minimum": 1, "maximum": 500},
        },
    ]
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "benchmark",
        "name": "people",
        "version": "1.0.0",
        "status": "active",
        "domain": "sales",
        "customProperties": [{"property": "dataClassification", "value": "internal"}],
        "team": {"name": "x", "members": [{"username": "sales-data", "role": "owner"}]},
        "schema": [{"name": "people", "properties": columns}],
    }
    path = folder / "people.yaml"
    path.write_text(yaml.safe_dump(contract), encoding="utf-8")
    return SynthRequest([path], Conventions.model_validate({"domains": {"sales": {}}}), folder / "made", ROWS)


def _meaning(name: str) -> dict[str, object]:
    return {"customProperties": [{"property": "synthetic", "value": {"meaning": name}}]}
