"""``make bench``: measure, print, and write docs/benchmarks.md (ratios first; times are of this machine and run)."""

import argparse
import datetime
import os
import platform
import re
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    audit,
    environments,
    graph,
    masking,
    masking_100m,
    masking_anonymity,
    masking_classify,
    masking_postgres,
    masking_prf,
    masking_spark,
    masking_synth,
    masking_text,
    preview,
)

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PULUMI = ("pulumi", "pulumi-aws", "pulumi-policy", "grpcio", "protobuf", "typer")
MASKING = ("polars", "pyarrow", "numpy", "cryptography", "fastfpe")

SECTIONS: dict[str, tuple[Callable[[Path], str], tuple[str, ...], str]] = {
    "preview": (preview.section, PULUMI, ""),
    "graph": (graph.section, PULUMI, ""),
    "audit": (audit.section, PULUMI, ""),
    "masking": (masking.section, MASKING, "presidio"),
    "masking_text": (masking_text.section, MASKING, "presidio"),
    "masking_prf": (masking_prf.section, MASKING, ""),
    "masking_anonymity": (masking_anonymity.section, MASKING, "pycanon"),
    "masking_classify": (masking_classify.section, MASKING, "presidio"),
    "masking_postgres": (masking_postgres.section, (*MASKING, "adbc-driver-postgresql"), ""),
    "masking_synth": (masking_synth.section, MASKING[:3], "synth"),
    "masking_100m": (masking_100m.section, MASKING, ""),
    "masking_spark": (masking_spark.section, (*MASKING[:2], "pyspark"), ""),
}
"""Part of the page -> what measures it, the packages whose versions matter to it, the environment of its peers."""
OPT_IN = frozenset({"masking_100m"})
"""Parts that are measured only when they are named: they take half an hour and some 25 GB."""

_HEAD = """\
# Benchmarks

Written by `make bench`. Ratios are ours over the peer's unless said otherwise, measured in turn in one run; below 1 is
faster.
"""


def _measured(name: str) -> str:
    measure, packages, peers = SECTIONS[name]
    with tempfile.TemporaryDirectory(prefix="dataops-bench-") as folder:
        text = measure(Path(folder))
    date = datetime.datetime.now(datetime.UTC).date()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    if peers:
        versions += f". Peers: {', '.join(environments.pinned(peers))}"
    return f"{text.strip()}\n\n<sub>Machine: {machine}. Date: {date}. {versions}.</sub>\n"


def _kept(page: str) -> dict[str, str]:
    """Part -> its text in the page as it is."""
    parts = re.split(r"^<!-- (\w+) -->\n", page, flags=re.MULTILINE)
    return {name: text.strip() + "\n" for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    usual = [name for name in SECTIONS if name not in OPT_IN]
    parser.add_argument("--only", choices=list(SECTIONS), nargs="+", default=usual, help="parts to measure")
    parser.add_argument("--dry-run", action="store_true", help="print the page, leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    parts = _kept(PAGE.read_text(encoding="utf-8")) | {name: _measured(name) for name in arguments.only}
    page = "\n".join([_HEAD, *(f"<!-- {name} -->\n\n{parts[name]}" for name in SECTIONS if name in parts)])
    print(page)
    if not arguments.dry_run:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
