"""Measures a CSV table with pycanon each time a line comes in; prints seconds and figures as JSON.

    python measures.py TABLE.csv QUASI_IDENTIFIER,... SENSITIVE,...

Runs in pycanon's own environment.
"""

import json
import sys
import time

import pandas
from pycanon import anonymity


def main() -> None:
    table, identifiers, sensitive = sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(",")
    frame = pandas.read_csv(table, dtype={"zip": str})
    print("ready", flush=True)
    for _line in sys.stdin:
        start = time.perf_counter()
        found = [
            int(anonymity.k_anonymity(frame, identifiers)),
            int(anonymity.l_diversity(frame, identifiers, sensitive)),
            float(anonymity.t_closeness(frame, identifiers, sensitive)),
        ]
        print(json.dumps({"seconds": time.perf_counter() - start, "figures": found}), flush=True)


if __name__ == "__main__":
    main()
