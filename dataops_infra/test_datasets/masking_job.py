"""The script that Glue and EMR Serverless run: it hands the job's arguments to ``spark_job``, as ``python -m`` would.

Deployed as a file of its own, so it imports nothing but what the wheels or the image bring. Glue passes arguments of
its own beside ours, and takes any ``sys.exit`` for a failure, 0 too.
"""

import argparse
import runpy
import sys

MODULE = "dataops_infra.masking.engines.spark_job"
NEEDED = ("plan", "source", "target", "staging", "key-secret", "plan-hash", "report")
OPTIONAL = ("approval", "root", "rows", "fraction", "keep-values")


def words_for_job(given: list[str]) -> list[str]:
    """The command line of ``spark_job`` from that of this script; what is not ours is left out."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in (*NEEDED, *OPTIONAL):
        parser.add_argument(f"--{name}", required=name in NEEDED)
    found = vars(parser.parse_known_args(given)[0])
    options = {name: found[name.replace("-", "_")] for name in (*NEEDED, *OPTIONAL)}
    return [word for name, value in options.items() if value is not None for word in (f"--{name}", value)] + [
        "--overwrite",
        "true",
    ]


def main() -> None:
    """Run the job; end with its exit code where that is not 0."""
    sys.argv = [MODULE, *words_for_job(sys.argv[1:])]
    try:
        runpy.run_module(MODULE, run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    main()
