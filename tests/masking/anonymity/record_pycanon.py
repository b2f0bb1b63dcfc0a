"""Asks pycanon for the measures of the random tables and rewrites recorded/pycanon.json.

    python -m benchmarks --only masking_anonymity --dry-run  # makes pycanon's environment when it is missing
    python -m tests.masking.anonymity.record_pycanon \\
      | .venv-peers/pycanon/bin/python tests/masking/anonymity/record_pycanon.py

Run as a module it prints the tables as JSON; run as a file it reads them, so that pycanon needs nothing of ours.
"""

import json
import math
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded" / "pycanon.json"


def print_tables() -> None:
    from tests.masking.anonymity.random_tables import CASES, random_case

    cases = [random_case(seed) for seed in range(CASES)]
    print(json.dumps([[case.quasi_identifiers, case.sensitive, case.columns] for case in cases]))


def ask(identifiers: list[str], sensitive: list[str], columns: dict[str, list[Any]]) -> dict[str, Any]:
    pandas, anonymity = import_module("pandas"), import_module("pycanon.anonymity")

    # pandas leaves out rows with a null group: a text stands for it.
    filled = {
        name: ["<null>" if value is None else str(value) for value in values] if None in values else values
        for name, values in columns.items()
    }
    frame = pandas.DataFrame(filled)
    t: float | None = None  # one distinct value: pycanon divides 0 by 0
    if all(len(set(columns[name])) > 1 for name in sensitive):
        t = float(anonymity.t_closeness(frame, identifiers, sensitive))
        t = None if math.isnan(t) else t
    return {
        "k": int(anonymity.k_anonymity(frame, identifiers)),
        "l": int(anonymity.l_diversity(frame, identifiers, sensitive)),
        "entropy_l": int(anonymity.entropy_l_diversity(frame, identifiers, sensitive)),
        "t": t,
    }


def record() -> None:
    answers = [ask(*case) for case in json.load(sys.stdin)]
    document = {"pycanon": version("pycanon"), "answers": answers}
    RECORDED.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    if __spec__ is None:
        record()
    else:
        print_tables()
